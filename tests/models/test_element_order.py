import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cosetta import FoldedModel, PairScorer, named_group
from cosetta.errors import BadRun, Unsupported
from cosetta.groups import Group, find_isomorphism
from cosetta.models.element_order import name_group, predicted_table, recover_group
from cosetta.models.planted import CosetPlan, plant
from cosetta.models.table_repair import renumbered, repair_table, witness_of


def shuffled(group, seed):
    numbers = np.random.default_rng(seed).permutation(group.order)
    return numbers, renumbered(group.table.astype(np.int64), numbers)


def spoiled(table, count, seed):
    """The table with this many entries replaced by random ones."""
    rng, spoiled_table = np.random.default_rng(seed), table.copy()
    where = rng.choice(table.size, count, replace=False)
    spoiled_table.ravel()[where] = (table.ravel()[where] + rng.integers(1, len(table), count)) % len(table)
    return spoiled_table


def model_of(table):
    """A network that predicts any table: one neuron a pair, active on that pair alone."""
    order = len(table)
    a, b = (x.reshape(-1) for x in torch.meshgrid(torch.arange(order), torch.arange(order), indexing="ij"))
    everything = torch.arange(order)[:, None]
    left, right = (everything == a).float(), (everything == b).float() - 1
    out = (torch.from_numpy(table).reshape(-1) == everything).float()
    return FoldedModel(left, right, out, torch.zeros(order))


def test_every_small_group_is_recovered_from_a_shuffled_table(small_group):
    numbers, table = shuffled(small_group, 3)
    recovered = recover_group(model_of(table))
    image = recovered.relabelling
    assert recovered.mistakes == 0
    assert recovered.identity == numbers[0]
    assert find_isomorphism(recovered.group, small_group) is not None
    assert recovered.group.name != f"G{small_group.order}"
    assert np.array_equal(image[table], recovered.group.table[np.ix_(image, image)])


def test_files_in_our_order_keep_it(small_group):
    recovered = recover_group(model_of(small_group.table.astype(np.int64)), small_group)
    assert np.array_equal(recovered.relabelling, np.arange(small_group.order))


def test_relabelling_keeps_every_logit():
    S4 = named_group("S4")
    model = plant(S4, [CosetPlan(S4.subgroup([1, 2]))], generator=torch.Generator().manual_seed(0)).folded
    places = torch.from_numpy(np.random.default_rng(0).permutation(24))
    hidden = FoldedModel(model.left[places], model.right[places], model.out[places], model.bias[places])
    recovered = recover_group(hidden)
    moved, image = recovered.relabel(hidden), torch.from_numpy(recovered.relabelling)
    a, b = torch.meshgrid(torch.arange(24), torch.arange(24), indexing="ij")
    torch.testing.assert_close(moved.logits(image[a], image[b])[..., image], hidden.logits(a, b))
    assert PairScorer(recovered.group)(moved).accuracy == recovered.accuracy == 1


@pytest.mark.parametrize(("name", "share"), [("S4", 0.2), ("C7:C3", 0.15), ("A5", 0.4), ("S5", 0.55)])
def test_wrong_predictions_are_outvoted(name, share):
    group = named_group(name)
    _, table = shuffled(group, 1)
    count = int(share * table.size)
    repair = repair_table(spoiled(table, count, 2))
    assert repair is not None
    assert np.array_equal(repair.table, table)
    assert repair.mistakes == count


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), order=st.integers(4, 24))
def test_random_tables_are_never_taken_for_a_group(seed, order):
    assert repair_table(np.random.default_rng(seed).integers(0, order, (order, order))) is None


def test_quasigroups_that_are_no_group_are_refused_with_a_witness():
    table = (np.arange(5)[:, None] * 2 + np.arange(5) * 3) % 5  # a Latin square without an identity
    with pytest.raises(
        BadRun, match=r"determine a group; \d+ of 25 products are inconsistent.*\(0·0\)·1 = 0·1 = 3 but"
    ):
        recover_group(model_of(table))


def test_a_constant_network_is_refused():
    with pytest.raises(BadRun, match="no element is an identity, and the most frequent product is 5"):
        recover_group(FoldedModel(*(torch.zeros(6, 2),) * 3, torch.arange(6.0)))


def test_large_networks_are_refused_after_one_row():
    with pytest.raises(BadRun, match=r"above order 1,500 .* gives 1 different products of element 0, not 1,501"):
        recover_group(FoldedModel(*(torch.zeros(1501, 1),) * 3, torch.zeros(1501)))


def test_the_witness_breaks_associativity():
    table = spoiled(named_group("S3").table.astype(np.int64), 9, 0)
    naive = next(
        (a, c, y) for a, c, y in itertools.product(range(6), repeat=3) if table[table[a, c], y] != table[a, table[c, y]]
    )
    assert witness_of(table)[1].startswith("({}·{})·{}".format(*naive))


def test_contradicted_products_are_counted_as_the_slow_twin_does():
    table = spoiled(named_group("S3").table.astype(np.int64), 5, 1)
    naive = 0
    for a, x in itertools.product(range(6), repeat=2):
        votes = [table[table[a, c], y] == table[a, x] for c in range(6) for y in range(6) if table[c, y] == x]
        naive += 2 * sum(votes) <= max(len(votes), 1)
    assert witness_of(table)[0] == naive


def test_an_order_given_by_the_user_is_believed_and_scored():
    S3 = named_group("S3")
    numbers, table = shuffled(S3, 5)
    wrong = spoiled(table, 20, 0)
    recovered = recover_group(model_of(wrong), S3, element_order=np.argsort(numbers))
    assert recovered.mistakes == 20
    with pytest.raises(BadRun, match=r"every element 0\.\.5 of S3 once"):
        recover_group(model_of(table), S3, element_order=np.zeros(6, dtype=int))
    with pytest.raises(Unsupported, match="name the group too"):
        recover_group(model_of(table), element_order=np.arange(6))


@pytest.mark.parametrize("name", ["S4xC2", "Q16", "Dic5", "F21", "C6xC2", "PSL(2,7)", "D118", "A4xC5", "S3xS3"])
def test_groups_get_the_name_of_their_isomorphism_type(name):
    group = named_group(name)
    _, table = shuffled(group, 0)
    identity = int(np.flatnonzero((table == np.arange(group.order)).all(axis=1))[0])
    numbers = np.r_[np.arange(1, identity + 1), 0, np.arange(identity + 1, group.order)]
    named, image = name_group(Group(renumbered(table, numbers)))
    assert named.name != f"G{group.order}"
    assert np.array_equal(np.bincount(named.element_orders), np.bincount(group.element_orders))
    assert len(set(image.tolist())) == group.order


def test_hints_that_cannot_be_are_passed_over():
    group = named_group("S3")
    named, _ = name_group(group, ("C10000", "no group at all", "S" + "9" * 4000, "C6", "S3"))
    assert named.name == "S3"


def test_predictions_in_blocks_are_those_of_the_logits():
    model = model_of(shuffled(named_group("S4"), 0)[1])
    a, b = torch.arange(24)[:, None].expand(24, 24), torch.arange(24)[None, :].expand(24, 24)
    assert np.array_equal(predicted_table(model), model.logits(a, b).argmax(-1).numpy())
