"""Planted networks solve the task exactly when theory says so, and their truth is what their weights do."""

import numpy as np
import pytest
import torch

from cosetta.groups import Group, Subgroup, core, cosets, named_group
from cosetta.harmonics import irreps, power
from cosetta.models.planted import CosetPlan, PlantedModel, plant, random_model
from cosetta.models.scoring import PairScorer


def element(group: Group, *images: int) -> int:
    """The element with these images of the points 0, 1, ..."""
    assert group.permutations is not None
    return group.permutations.tolist().index(list(images))


@pytest.fixture(scope="module")
def S5() -> Group:
    return named_group("S5")


@pytest.fixture(scope="module")
def S4_in_S5(S5) -> Subgroup:
    return S5.subgroup([element(S5, 1, 2, 3, 0, 4), element(S5, 1, 0, 2, 3, 4)])


@pytest.fixture(scope="module")
def F20(S5) -> Subgroup:
    return S5.subgroup([element(S5, 1, 2, 3, 4, 0), element(S5, 0, 2, 4, 1, 3)])


@pytest.fixture(scope="module")
def A5(S5) -> Subgroup:
    return S5.subgroup([element(S5, 1, 2, 3, 4, 0), element(S5, 1, 2, 0, 3, 4)])


@pytest.fixture(scope="module")
def S3xS2(S5) -> Subgroup:
    return S5.subgroup([element(S5, 1, 2, 0, 3, 4), element(S5, 1, 0, 2, 3, 4), element(S5, 0, 1, 2, 4, 3)])


@pytest.fixture(scope="module")
def by_name(S5) -> dict:
    return {irrep.name: irrep for irrep in irreps(S5)}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def accuracy(planted: PlantedModel, group: Group) -> float:
    return PairScorer(group)(planted.folded).accuracy


def all_logits(planted: PlantedModel, group: Group) -> np.ndarray:
    a, b = torch.meshgrid(torch.arange(group.order), torch.arange(group.order), indexing="ij")
    return planted.folded.logits(a, b).numpy()


@pytest.mark.parametrize("seed", [0, 1])
def test_complete_s4_circuit_is_exact(S5, S4_in_S5, seed):
    planted = plant(S5, [CosetPlan(S4_in_S5)], seeded(seed))
    assert planted.folded.width == 2 * 25
    assert accuracy(planted, S5) == 1
    points = range(5)
    expected = {tuple(np.flatnonzero(S5.permutations[:, i] == j).tolist()) for i in points for j in points}
    assert {tuple(neuron.shared_coset.tolist()) for neuron in planted.truth} == expected  # {x: x(i) = j}


def test_complete_f20_circuit_is_exact(S5, F20):
    planted = plant(S5, [CosetPlan(F20)], seeded())
    assert len({neuron.shared_coset.tobytes() for neuron in planted.truth}) == 36
    assert planted.folded.width == 2 * 36
    assert accuracy(planted, S5) == 1


def test_three_double_cosets_are_no_obstacle_to_a_complete_circuit(S5, S3xS2, by_name):
    assert accuracy(plant(S5, [CosetPlan(S3xS2)], seeded()), S5) == 1
    assert accuracy(plant(S5, [CosetPlan(S3xS2, by_name["(3,2)"])], seeded()), S5) == 1


@pytest.mark.parametrize(
    ("subgroup", "irrep", "width"), [("S4_in_S5", "(4,1)", 25), ("F20", "(2,2,1)", 36), ("S3xS2", "(3,2)", 100)]
)
def test_irrep_circuit_needs_no_partners(S5, by_name, request, subgroup, irrep, width):
    plan = CosetPlan(request.getfixturevalue(subgroup), by_name[irrep], partners=False)
    planted = plant(S5, [plan], seeded())
    assert planted.folded.width == width
    assert accuracy(planted, S5) == 1
    found, position = list(by_name.values()), list(by_name).index(irrep)
    for values in (planted.folded.left, planted.folded.right, planted.folded.out):
        assert np.allclose(power(values.T.numpy(), found)[:, position], 1)
    assert {neuron.irrep for neuron in planted.truth} == {irrep}


def test_random_values_without_partners_are_not_exact(S5, S4_in_S5):
    assert accuracy(plant(S5, [CosetPlan(S4_in_S5, partners=False)], seeded()), S5) < 1


def test_sign_circuit_solves_exactly_the_parity(S5, A5):
    planted = plant(S5, [CosetPlan(A5)], seeded())
    assert planted.folded.width == 4
    logits, parity = all_logits(planted, S5), cosets(A5)
    even, odd = logits[..., parity == 0], logits[..., parity == 1]
    for half in (even, odd):  # each logit depends on the parity alone
        assert np.allclose(half, half[..., :1], atol=1e-12)
    expected = parity[S5.table]
    assert ((odd[..., 0] > even[..., 0]) == expected).all()
    margin = np.where(expected, odd[..., 0] - even[..., 0], even[..., 0] - odd[..., 0])
    assert margin.min() > 1
    assert accuracy(planted, S5) < 0.1  # 60 elements tie for the largest logit, so rounding decides


@pytest.mark.parametrize("names", [("S4_in_S5", "A5"), ("F20", "S4_in_S5"), ("S4_in_S5", "S4_in_S5", "A5")])
def test_mixtures_are_exact_and_their_logits_add_up(S5, request, names):
    plans = [CosetPlan(request.getfixturevalue(name), amplitude=1.0 + i) for i, name in enumerate(names)]
    planted = plant(S5, plans, seeded())
    assert accuracy(planted, S5) == 1
    circuit = torch.tensor([neuron.circuit for neuron in planted.truth])
    a, b = torch.tensor([3, 50]), torch.tensor([7, 110])
    parts = [planted.folded.keep(torch.nonzero(circuit == i).ravel()).logits(a, b) for i in range(len(names))]
    assert torch.allclose(sum(parts), planted.folded.logits(a, b))


def test_complete_circuit_is_exact_up_to_the_core(small_groups):
    for group in small_groups:
        seen = set()
        for x in range(group.order):
            H = group.subgroup([x])
            if H.index == 1 or H.elements.tobytes() in seen:
                continue
            seen.add(H.elements.tobytes())
            logits = all_logits(plant(group, [CosetPlan(H)], seeded(x)), group)
            at_product = np.take_along_axis(logits, group.table[..., None].astype(np.int64), axis=-1)
            ties = np.isclose(logits, at_product, atol=1e-9)
            same_coset = cosets(core(H))[group.table][..., None] == cosets(core(H))
            assert (ties == same_coset).all(), (group.name, H.elements)
            assert (logits <= at_product + 1e-9).all(), (group.name, H.elements)


def test_the_truth_is_what_the_weights_do(S5, F20, S3xS2, by_name):
    planted = plant(S5, [CosetPlan(F20), CosetPlan(S3xS2, by_name["(3,2)"])], seeded())
    left, right, out = (getattr(planted.folded, name).numpy() for name in ("left", "right", "out"))
    for n, neuron in enumerate(planted.truth):
        C = np.isin(np.arange(S5.order), neuron.shared_coset)
        assert neuron.g in neuron.shared_coset
        assert (np.sort(S5.table[neuron.g, neuron.K.elements]) == neuron.shared_coset).all()
        for h in neuron.H.elements:
            assert np.allclose(left[S5.table[h], n], left[:, n]), n
        for k in neuron.K.elements:
            assert np.allclose(right[S5.table[:, k], n], right[:, n]), n
        pre = left[:, None, n] + right[None, :, n]
        assert (np.isclose(pre, 0, atol=1e-9) == C[S5.table]).all(), n
        assert out[C, n].max() < out[~C, n].min(), n
        assert np.isclose(out[:, n].mean(), 0, atol=1e-12), n
        assert np.isclose(left[:, n].var(), 1), n


def test_partners_are_negatives(S5, S4_in_S5):
    planted = plant(S5, [CosetPlan(S4_in_S5)], seeded(), shuffle=False)
    folded = planted.folded
    assert torch.equal(folded.left[:, ::2], -folded.left[:, 1::2])
    assert torch.equal(folded.right[:, ::2], -folded.right[:, 1::2])
    assert torch.equal(folded.out[:, ::2], folded.out[:, 1::2])
    assert [neuron.sign for neuron in planted.truth] == [1, -1] * 25


def test_noise_has_the_stated_deviation(S5, S4_in_S5):
    clean = plant(S5, [CosetPlan(S4_in_S5)], seeded(), shuffle=False).folded
    noisy = plant(S5, [CosetPlan(S4_in_S5)], seeded(), noise=0.02, shuffle=False).folded
    for name in ("left", "right", "out"):
        added = getattr(noisy, name) - getattr(clean, name)
        assert float(added.std()) == pytest.approx(0.02, rel=0.05), name
        assert abs(float(added.mean())) < 0.002, name
    assert PairScorer(S5)(noisy).accuracy == 1


def test_random_and_dead_neurons_are_appended_and_labelled(S5, S4_in_S5):
    planted = plant(S5, [CosetPlan(S4_in_S5, amplitude=10.0)], seeded(), random_neurons=7, dead_neurons=5)
    kinds = [neuron.kind for neuron in planted.truth]
    assert (kinds.count("coset"), kinds.count("random"), kinds.count("dead")) == (50, 7, 5)
    largest = planted.folded.left.amax(0) + planted.folded.right.amax(0)  # largest pre-activation over all pairs
    assert [kind == "dead" for kind in kinds] == (largest <= 0).tolist()
    assert kinds != sorted(kinds, key=["coset", "random", "dead"].index)  # shuffled
    assert accuracy(planted, S5) == 1


def test_shuffling_moves_truth_and_weights_together(S5, S4_in_S5):
    options = {"random_neurons": 3, "dead_neurons": 2}
    still = plant(S5, [CosetPlan(S4_in_S5)], seeded(), shuffle=False, **options)
    moved = plant(S5, [CosetPlan(S4_in_S5)], seeded(), **options)

    def rows(planted: PlantedModel) -> dict:
        columns = zip(planted.folded.left.T.tolist(), planted.truth, strict=True)
        return {tuple(column): (neuron.kind, neuron.g, neuron.sign) for column, neuron in columns}

    assert rows(still) == rows(moved)


def test_the_generator_decides_everything(S5, S4_in_S5):
    plans, options = [CosetPlan(S4_in_S5)], {"noise": 0.1, "random_neurons": 2, "dead_neurons": 2}
    one, same, other = (plant(S5, plans, seeded(seed), **options).folded for seed in (0, 0, 1))
    assert torch.equal(one.left, same.left)
    assert torch.equal(one.out, same.out)
    assert not torch.equal(one.left, other.left)


def test_no_circuits_is_an_empty_network(S5):
    planted = plant(S5, [], seeded())
    assert planted.folded.width == 0
    assert planted.truth == ()


def test_random_model_is_at_chance(S5):
    model = random_model(S5, 64, seeded())
    assert (model.order, model.width) == (120, 64)
    assert PairScorer(S5)(model).accuracy < 0.05


def test_plans_that_cannot_work_are_refused(S5, S4_in_S5, F20, by_name):
    A4 = S5.subgroup([element(S5, 1, 2, 0, 3, 4), element(S5, 0, 2, 3, 1, 4)])
    whole = S5.subgroup(list(range(120)))
    with pytest.raises(ValueError, match=r"irrep \(4,1\) must have a vector that H fixes; it has none"):
        plant(S5, [CosetPlan(F20, by_name["(4,1)"])], seeded())
    with pytest.raises(ValueError, match=r"irrep \(4,1\) gives Hx and Hy the same one for x = \d+, y = \d+"):
        plant(S5, [CosetPlan(A4, by_name["(4,1)"])], seeded())
    with pytest.raises(ValueError, match="at least two cosets; circuit 0 has H = S5"):
        plant(S5, [CosetPlan(whole)], seeded())
    with pytest.raises(ValueError, match="subgroups of S4; circuit 0 has one of S5"):
        plant(named_group("S4"), [CosetPlan(S4_in_S5)], seeded())
