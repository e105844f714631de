"""Planted networks must be recovered exactly; networks with nothing to find must be refused."""

import numpy as np
import pytest
import torch

from cosetta.config import AnalysisConfig
from cosetta.groups import named_group, subgroup_lattice
from cosetta.harmonics import irreps
from cosetta.hypotheses import CosetCircuit
from cosetta.measures import measure
from cosetta.models import FoldedModel, GroupNetwork
from cosetta.models.planted import CosetPlan, plant, random_model
from cosetta.results import CosetNeuron, OpenNeuron

CONFIG = AnalysisConfig(null_samples=99)


def fit(model, group, config=CONFIG):
    return CosetCircuit.fit(measure(model, group, config), config)


def find(model, group, config=CONFIG):
    """One finding a live neuron."""
    return fit(model, group, config).findings().neurons


def all_open(findings):
    return bool(findings) and all(isinstance(finding, OpenNeuron) for finding in findings)


def subgroup_of_class(group, name):
    lattice = subgroup_lattice(group)
    return lattice.subgroup(lattice.names.index(name))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def assert_recovered(planted, group):
    """Neuron by neuron: covered, open or dead, subgroups on both sides, shared coset."""
    lattice, account = subgroup_lattice(group), fit(planted.folded, group)
    found_of = {found.neuron: found for found in account.found}
    for n, truth in enumerate(planted.truth):
        found = found_of.get(n)
        if truth.kind == "coset":
            assert isinstance(found.finding, CosetNeuron)
            assert lattice.subgroup(found.left) == truth.H
            assert lattice.subgroup(found.right) == truth.K
            assert np.array_equal(np.flatnonzero(found.shared), truth.shared_coset)
            assert found.finding.shared_coset.representative == truth.g
        elif truth.kind == "dead":
            assert found is None
            assert account.facts.dead[n]
        else:
            assert isinstance(found, OpenNeuron)


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("S5", ["S4"]),
        ("S5", ["F20"]),
        ("S5", ["A5"]),
        ("S5", ["S4", "A5"]),
        ("S4", ["S3", "D8"]),
        ("Q8", ["C4 <i>"]),
        ("C7:C3", ["C3"]),
        ("D8", ["V4 <(13),(24)>"]),
        ("C6", ["C2", "C3"]),
    ],
)
def test_planted_circuits_are_recovered_exactly(name, classes):
    group = named_group(name)
    plans = [CosetPlan(H) for H in (subgroup_of_class(group, cls) for cls in classes)]
    planted = plant(group, plans, seeded(), random_neurons=3 if name == "S5" else 0, dead_neurons=2)
    assert_recovered(planted, group)


def test_planted_circuits_are_recovered_under_noise():
    """Noise of 3 % of a neuron's scale leaves a fraction of 0.001, under the threshold of 0.01."""
    group = named_group("S5")
    planted = plant(group, [CosetPlan(subgroup_of_class(group, "S4"))], seeded(), noise=0.03)
    assert_recovered(planted, group)


def test_noise_beyond_the_threshold_is_refused():
    group = named_group("S5")
    planted = plant(group, [CosetPlan(subgroup_of_class(group, "S4"))], seeded(), noise=0.2)
    assert all_open(find(planted.folded, group))


def test_irrep_values_are_recovered_with_their_irrep():
    group = named_group("S5")
    standard = next(irrep for irrep in irreps(group) if irrep.name == "(4,1)")
    planted = plant(group, [CosetPlan(subgroup_of_class(group, "S4"), standard)], seeded())
    assert_recovered(planted, group)
    facts = measure(planted.folded, group, CONFIG)
    place = [irrep.name for irrep in facts.irreps].index("(4,1)")
    for found in find(planted.folded, group):
        assert facts.irrep[found.neuron] == place
        assert facts.functions["left"].power[found.neuron, place] == pytest.approx(1)
        assert facts.silent_share[found.neuron] >= found.expected_silent_share == 1 / 5
        assert found.leak == pytest.approx(0, abs=1e-6)
        assert found.out_on < 0 < found.out_off
        assert found.out_residual == pytest.approx(0, abs=1e-12)


def test_twisted_neurons_name_the_larger_subgroup():
    group = named_group("S5")
    sign = next(irrep for irrep in irreps(group) if irrep.name == "(1^5)").character
    planted = plant(group, [CosetPlan(subgroup_of_class(group, "S4"))], seeded())
    twisted = FoldedModel(
        *(getattr(planted.folded, side) * torch.from_numpy(sign)[:, None] for side in ("left", "right", "out")),
        planted.folded.bias,
    )
    labels = [found.left for found in find(twisted, group)]
    assert {(label.subgroup, label.twisted) for label in labels} == {("A4", "S4")}


def test_the_side_is_found():
    """Left and right exchanged: left would be constant on left cosets, and the conjugate pair breaks."""
    group = named_group("S5")
    model = plant(group, [CosetPlan(subgroup_of_class(group, "S4"))], seeded()).folded
    swapped = FoldedModel(model.right, model.left, model.out, model.bias)
    assert all_open(find(swapped, group))


def test_both_routes_to_the_shared_coset_agree():
    group = named_group("S5")
    planted = plant(group, [CosetPlan(subgroup_of_class(group, "F20"))], seeded())
    assert all(found.shared_coset.routes_agree for found in find(planted.folded, group))


@pytest.mark.parametrize("name", ["S5", "S4", "Q8", "C7:C3"])
def test_random_weights_are_refused(name):
    group = named_group(name)
    assert all_open(find(random_model(group, 40, seeded(1)), group))


@pytest.fixture(scope="module")
def memorised():
    """A network that has learned shuffled labels of S4 by heart."""
    group = named_group("S4")
    generator = seeded(2)
    labels = torch.randint(group.order, (group.order**2,), generator=generator)
    a, b = torch.arange(group.order).repeat_interleave(group.order), torch.arange(group.order).repeat(group.order)
    torch.manual_seed(0)
    network = GroupNetwork(group.order, 32, 96)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-2, weight_decay=0.1)
    for _ in range(300):
        loss = torch.nn.functional.cross_entropy(network(a, b), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert (network(a, b).argmax(-1) == labels).double().mean() > 0.95
    return group, network.fold()


def test_a_network_that_memorised_shuffled_labels_is_refused(memorised):
    group, model = memorised
    assert all_open(find(model, group))


def test_circuits_are_the_shared_cosets():
    group = named_group("S5")
    planted = plant(group, [CosetPlan(subgroup_of_class(group, "S4"))], seeded(), dead_neurons=2)
    findings = fit(planted.folded, group).findings()
    assert len(findings.circuits) == 25
    for circuit in findings.circuits:
        inside = {tuple(planted.truth[n].shared_coset) for n in circuit.neurons}
        assert len(inside) == 1
        assert len(circuit.neurons) == 2
        assert {findings.by_neuron[n].circuit for n in circuit.neurons} == {circuit.circuit}
    summary, dead = findings.classes
    assert (summary.subgroup, summary.neurons, summary.circuits, summary.possible_circuits) == ("S4", 50, 25, 25)
    assert (dead.subgroup, dead.neurons, dead.strength) == ("dead", 2, 0)


def test_exemplars_put_the_zeros_on_the_diagonal_blocks():
    group = named_group("S5")
    model = plant(group, [CosetPlan(subgroup_of_class(group, "F20"))], seeded()).folded
    (exemplar,) = fit(model, group).findings().exemplars
    left, right = np.array(exemplar.left), np.array(exemplar.right)
    same_block = np.equal.outer(exemplar.left_cosets, exemplar.right_cosets)
    assert np.array_equal(np.isclose(left[:, None] + right, 0), same_block)
    assert np.array_equal(np.array(exemplar.in_shared_coset)[group.table], same_block)


def test_permuting_neurons_permutes_the_records():
    group = named_group("S4")
    model = plant(group, [CosetPlan(subgroup_of_class(group, "S3"))], seeded(), noise=0.01).folded
    order = torch.randperm(model.width, generator=seeded(5))
    plain, moved = find(model, group), find(model.keep(order), group)
    for n, i in enumerate(order.tolist()):
        assert moved[n].sentence == plain[i].sentence
        assert moved[n].left.p_value == plain[i].left.p_value


def test_models_of_another_group_are_refused():
    with pytest.raises(ValueError, match="the model must have 24 outputs for S4; it has 120"):
        find(random_model(named_group("S5"), 3, seeded()), named_group("S4"))
