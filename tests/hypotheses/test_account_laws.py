"""What every account owes, whatever it claims: laws of ideals, controls, labels and bits on networks with noise.

A new account in `ACCOUNTS` is held to them with no other change.
"""

from functools import cache

import numpy as np
import pytest
import torch

from cosetta.config import AnalysisConfig
from cosetta.groups import named_group, subgroup_lattice
from cosetta.harmonics import irreps
from cosetta.hypotheses import ACCOUNTS
from cosetta.measures import measure
from cosetta.models import FoldedModel
from cosetta.models.planted import CosetPlan, plant
from cosetta.models.planted_vectors import join, plant_rank
from tests.hypotheses.planted_set import rng

CONFIG = AnalysisConfig(null_samples=19, arena_pairs=600, control_pairs=200, control_draws=5, dead_threshold=1e-6)
FUNCTIONS = ("left", "right", "out")
GROUPS = {"S4": "S3", "Q8": "C4 <i>", "C7:C3": "C3"}
PROJECTIONS = {"coset", "twisted", "irrep", "quotient", "rank_one", "rank_one_out"}
"""Accounts whose ideal is the nearest function of their kind: what is left is orthogonal to it."""

accounts = pytest.mark.parametrize("kind", ACCOUNTS, ids=lambda kind: kind.id)
groups = pytest.mark.parametrize("name", GROUPS)


@cache
def network(name):
    """Cosets with noise, rank one and three in one irrep, random and dead neurons: something for everybody."""
    group = named_group(name)
    lattice = subgroup_lattice(group)
    H = lattice.subgroup(lattice.names.index(GROUPS[name]))
    generator = torch.Generator().manual_seed(0)
    cosets = plant(group, [CosetPlan(H, amplitude=8.0)], generator, noise=0.01, random_neurons=2, dead_neurons=2)
    widest = max(irreps(group), key=lambda irrep: irrep.dim)
    vectors = plant_rank(group, widest, 1, rng(1)), plant_rank(group, widest, 3, rng(2))
    few = [model.keep(torch.arange(min(6, model.width))) for model in vectors]
    return group, join(cosets.folded, *few)


@cache
def facts_of(name):
    group, model = network(name)
    return measure(model, group, CONFIG)


@cache
def fitted(kind, name):
    return kind.fit(facts_of(name), CONFIG)


def values_of(model):
    return {name: getattr(model, name).double().numpy() for name in FUNCTIONS}


@groups
@accounts
def test_every_live_neuron_is_covered_or_open_with_a_reason(kind, name):
    account, facts = fitted(kind, name), facts_of(name)
    assert not set(account.labels) & set(account.reasons)
    assert set(account.labels) | set(account.reasons) == set(facts.live.tolist())
    assert all(account.labels.values())
    assert all(account.reasons.values())
    record = account.record()
    assert [neuron.neuron for neuron in record.neurons] == facts.live.tolist()
    assert record.strength == pytest.approx(facts.strength[sorted(account.labels)].sum())
    assert record.bits == account.bits >= 0


@groups
@accounts
def test_the_ideal_keeps_what_is_not_covered_and_every_mean(kind, name):
    account, given = fitted(kind, name), values_of(network(name)[1])
    for function, ideal in account.functions().items():
        assert np.array_equal(ideal[:, ~account.covers], given[function][:, ~account.covers])
        if (kind.id, function) != ("rho_set", "right"):  # it makes left and right opposite
            assert np.allclose(ideal.mean(axis=0), given[function].mean(axis=0), atol=1e-9)
        if kind.id in PROJECTIONS:
            part = ideal - ideal.mean(axis=0)
            assert np.allclose(((given[function] - ideal) * part).sum(axis=0), 0, atol=1e-7), function


@groups
@accounts
def test_an_ideal_is_its_own_ideal(kind, name):
    """Fitted to the network that it states, an account covers the same neurons and changes nothing."""
    account = fitted(kind, name)
    if kind.id not in PROJECTIONS or not account.labels:
        return
    again = kind.fit(measure(account.ideal(), network(name)[0], CONFIG), CONFIG)
    assert set(account.labels) <= set(again.labels)
    before, after = account.functions(), again.functions()
    for function in FUNCTIONS:
        assert np.allclose(before[function][:, account.covers], after[function][:, account.covers], atol=1e-6)


@groups
@accounts
def test_alone_is_the_ideal_neurons_and_the_mean_of_all_others(kind, name):
    account, (group, model) = fitted(kind, name), network(name)
    if not account.idealised or kind.id == "rho_set_uniform":
        return
    a, b = (x.ravel() for x in np.indices(group.table.shape))
    ideal, given = account.functions(), values_of(model)
    expected = np.tile(model.bias.numpy(), (len(a), 1))
    for n in range(model.width):
        source = ideal if account.covers[n] else given
        post = np.maximum(source["left"][a, n] + source["right"][b, n], 0)
        expected += np.outer(post if account.covers[n] else np.full(len(a), post.mean()), source["out"][:, n])
    found = account.alone().logits(torch.from_numpy(a), torch.from_numpy(b)).double().numpy()
    assert np.allclose(found, expected, atol=1e-4)


@groups
@accounts
def test_a_control_is_of_the_same_size_with_other_content(kind, name):
    account = fitted(kind, name)
    controls = [account.control(np.random.default_rng(seed)) for seed in (3, 3)]
    if controls[0] is None:
        assert kind.id in ("lookup", "nothing")
        return
    assert all(control.labels == account.labels for control in controls)
    a, b = (torch.from_numpy(x.ravel()) for x in np.indices(network(name)[0].table.shape))
    own, first, same = (x.alone().logits(a, b).double() for x in (account, *controls))
    assert torch.equal(first, same)  # the draw is the generator's
    if account.labels and kind.id not in ("rho_set", "rho_set_uniform"):
        assert (first - own).abs().max() > 1e-3
    if kind.id in ("irrep", "rank_one", "rank_one_out", "program", "quotient"):
        assert controls[0].bits == pytest.approx(account.bits, rel=0.25)


@groups
def test_more_freedom_leaves_less(name):
    """Rank one with out is rank one, which lies in one irrep: each leaves no less of a neuron than the next."""
    given, kinds = values_of(network(name)[1]), {kind.id: kind for kind in ACCOUNTS}
    strict, loose, loosest = (
        {f: ((given[f] - ideal) ** 2).sum(axis=0) for f, ideal in fitted(kinds[id], name).functions().items()}
        for id in ("rank_one_out", "rank_one", "irrep")
    )
    covered = {kind.id: set(fitted(kind, name).labels) for kind in ACCOUNTS}
    assert covered["rank_one_out"] == covered["rank_one"] <= covered["irrep"]
    both = sorted(covered["rank_one"])
    assert both
    for f in FUNCTIONS:
        assert (strict[f][both] >= loose[f][both] - 1e-9).all()
        assert (loose[f][both] >= loosest[f][both] - 1e-9).all()


def moved(model, name):
    """The same network in another dress, and where its neurons went: permuted, rescaled, relabelled by conjugation."""
    group, order = named_group(name), torch.randperm(model.width, generator=torch.Generator().manual_seed(1))
    scale = torch.rand(model.width, generator=torch.Generator().manual_seed(2), dtype=torch.float64) + 0.5
    g = group.order - 1
    image = group.table[group.table[g], group.inverse[g]]  # a -> g a g^-1
    back = torch.from_numpy(np.argsort(image))
    return {
        "permuted": (model.keep(order), order),
        "rescaled": (
            FoldedModel(model.left * scale, model.right * scale, model.out / scale, model.bias),
            torch.arange(model.width),
        ),
        "conjugated": (
            FoldedModel(model.left[back], model.right[back], model.out[back], model.bias[back]),
            torch.arange(model.width),
        ),
    }


@groups
@pytest.mark.parametrize("dress", ["permuted", "rescaled", "conjugated"])
def test_labels_and_bits_do_not_know_the_dress(name, dress):
    group, model = network(name)
    other, order = moved(model, name)[dress]
    facts = measure(other, group, CONFIG)
    for kind in ACCOUNTS:
        before, after = fitted(kind, name), kind.fit(facts, CONFIG)
        assert {i: before.labels.get(n) for i, n in enumerate(order.tolist())} == {
            i: after.labels.get(i) for i in range(model.width)
        }, kind.id
        if kind.id != "program":  # its integers are rounded
            assert after.bits == pytest.approx(before.bits), kind.id
