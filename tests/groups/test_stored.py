"""Groups without a name of their own: written, found again, damaged; abelian counts; series; what is refused unpaid."""

from itertools import pairwise, product

import numpy as np
import pytest

from cosetta.errors import BadRun, LatticeTooLarge, NotAGroup, Unsupported
from cosetta.groups import Group, known_group, named_group, read_group, read_table, subgroup_lattice, write_table
from cosetta.groups.abelian import abelian_subgroups, invariant_factors, quotient_factors
from cosetta.groups.cayley import generated, greedy_generators, power
from cosetta.groups.series import commutator_subgroup, derived_series, lower_central_series, nilpotency_class
from cosetta.groups.stored import STORED_GROUP, kept_path, names_itself


def relabelled(name, seed=0):
    """A group whose elements are numbered at random, the identity first."""
    group = named_group(name)
    order = np.concatenate([[0], 1 + np.random.default_rng(seed).permutation(group.order - 1)])
    position = np.argsort(order)
    return Group(position[group.table[np.ix_(order, order)]], name="mine", labels=tuple(f"x{i}" for i in order))


def test_a_run_finds_its_own_table_before_any_name(tmp_path):
    mine = relabelled("S3")
    write_table(mine, tmp_path / STORED_GROUP)
    found = known_group("mine", tmp_path)
    assert (found.name, found.labels, found.content_hash) == ("mine", mine.labels, mine.content_hash)
    assert known_group("S3", tmp_path / "elsewhere").name == "S3"
    assert read_group(str(tmp_path / STORED_GROUP)).name == "mine"
    assert [path.name for path in tmp_path.iterdir()] == [STORED_GROUP]  # no part is left


def test_a_sweep_finds_the_table_that_it_kept(tmp_path):
    mine = relabelled("S3")
    kept_path("mine", tmp_path).parent.mkdir()
    write_table(mine, kept_path("mine", tmp_path))
    assert known_group("mine", runs=tmp_path).content_hash == mine.content_hash


def test_names_itself_compares_tables_not_names(small_group):
    assert names_itself(small_group)
    if small_group.order > 3:
        other = relabelled(small_group.name)
        as_if = Group(other.table, name=small_group.name)
        assert names_itself(as_if) == (as_if.content_hash == small_group.content_hash)
    assert not names_itself(Group(small_group.table, name="no such group"))


def test_damaged_tables_are_one_line(tmp_path):
    path = tmp_path / STORED_GROUP
    path.write_bytes(b"PK not a zip")
    with pytest.raises(BadRun, match="must hold the table of mine"):
        known_group("mine", tmp_path)
    np.savez(path, labels=np.array(["e"]))
    with pytest.raises(NotAGroup, match=r"whole \.npz file with a `table`"):
        read_table(path)
    np.savez(path, table=np.zeros((30_000, 10), dtype=np.uint16))
    with pytest.raises(NotAGroup, match="square"):
        read_table(path)


@pytest.mark.parametrize("name", ["C1", "C2", "C12", "C2^3", "C4xC2", "C8xC4", "C3xC9xC2", "C6xC6", "C4^2xC2", "C2^5"])
def test_subgroups_of_abelian_groups_are_counted_without_finding_them(name):
    group = named_group(name)
    assert abelian_subgroups(invariant_factors(group.element_orders)) == len(subgroup_lattice(group))


@pytest.mark.parametrize(
    ("name", "match"),
    [("C2^7", "29,212 subgroups"), ("C2^12", "about"), ("C2^7xS3", "at least 417,199 normal subgroups")],
)
def test_lattices_out_of_reach_are_refused_before_the_search(name, match, monkeypatch):
    from cosetta.groups import enumeration

    monkeypatch.setattr(enumeration, "find_subgroup_classes", lambda group: pytest.fail("it was searched"))
    with pytest.raises(LatticeTooLarge, match=match) as refusal:
        subgroup_lattice(named_group(name), cache=False)
    assert isinstance(refusal.value, Unsupported)


def test_lattices_that_turn_out_too_large_are_the_same_error():
    with pytest.raises(LatticeTooLarge, match="more than"):
        subgroup_lattice(named_group("SmallGroup(256,56000)"), cache=False)


def naive_commutators(group, H, K):
    """The subgroup that all commutators of elements generate."""
    t, inverse = group.table, group.inverse
    found = {int(t[t[a, b], t[inverse[a], inverse[b]]]) for a, b in product(H.elements, K.elements)}
    return group.subgroup(sorted(found))


@pytest.mark.parametrize("name", ["C1", "C6", "S3", "D16", "Q8", "A4", "S4", "C7:C3", "SL(2,3)", "A5", "D8xS3"])
def test_series_from_all_commutators(name):
    group = named_group(name)
    whole = group.subgroup(group.generators)
    derived, central = derived_series(group), lower_central_series(group)
    for series, other in ((derived, None), (central, whole)):
        assert series[0].order == group.order
        for H, following in pairwise(series):
            assert naive_commutators(group, H, other or H) == following
            assert following.is_normal
        assert naive_commutators(group, series[-1], other or series[-1]) == series[-1]
    assert commutator_subgroup(whole, whole) == naive_commutators(group, whole, whole)
    assert nilpotency_class(group) == (len(central) - 1 if central[-1].order == 1 else None)


def test_known_lengths_of_series():
    assert [H.order for H in derived_series(named_group("GL(2,3)"))] == [48, 24, 8, 2, 1]
    assert [nilpotency_class(named_group(n)) for n in ("C1", "C9", "Heis(3)", "D16", "D32", "D12")] == [
        0,
        1,
        2,
        3,
        4,
        None,
    ]
    assert derived_series(named_group("SL(2,5)"))[-1].order == 120  # perfect


def test_orders_of_cosets(small_group):
    derived = small_group.subgroup(small_group.commutators)
    factors = quotient_factors(derived)
    assert np.prod(factors, dtype=int) == derived.index
    assert all(n % m == 0 for n, m in pairwise(factors))


def test_closures_against_repeated_products(small_group):
    rng = np.random.default_rng(0)
    for size in (0, 1, 2, 3):
        chosen = rng.integers(small_group.order, size=size).tolist()
        members = {0}
        while len(larger := members | {int(small_group.table[a, g]) for a in members for g in chosen}) > len(members):
            members = larger
        found = generated(small_group.table, chosen)
        assert set(np.flatnonzero(found).tolist()) == members
        again = greedy_generators(small_group.table, np.flatnonzero(found))
        assert (generated(small_group.table, again) == found).all()


def test_powers_against_repeated_products(small_group):
    everything, expected = np.arange(small_group.order), np.zeros(small_group.order, dtype=int)
    for exponent in range(12):
        assert (power(small_group.table, everything, exponent) == expected).all()
        expected = small_group.table[expected, everything]
