"""The subgroup lattice against a naive twin, known counts, and laws of classes and covers."""

import numpy as np
import pytest

from cosetta.errors import NotASubgroup
from cosetta.groups import Group, Subgroup, conjugate, named_group, normalizer, subgroup_lattice

# name: subgroups, classes. S_n: OEIS A005432 and A000638; A5, A6: published; C2^n: sums of Gaussian binomials.
# PSL(2,q), A7 and M11 (below) are this program's own values, not confirmed by another here; they guard against change.
COUNTS = {
    "S4": (30, 11),
    "A5": (59, 9),
    "S5": (156, 19),
    "PSL(2,7)": (179, 15),
    "A6": (501, 22),
    "PSL(2,11)": (620, 16),
    "S6": (1455, 56),
    "A7": (3786, 40),
    "S7": (11300, 96),
    "C2xC2": (5, 5),
    "C2xC2xC2": (16, 16),
    "C2xC2xC2xC2": (67, 67),
    "C2xC2xC2xC2xC2": (374, 374),
}


def naive_subgroups(group: Group) -> set[frozenset[int]]:
    """Close the set of subgroups under joining one more element."""
    found = {frozenset({0})}
    frontier = list(found)
    while frontier:
        H = frontier.pop()
        for a in set(range(group.order)) - H:
            K = closed = H | {a}
            while (closed := frozenset(int(group.table[x, y]) for x in K for y in K)) != K:
                K = closed
            if K not in found:
                found.add(K)
                frontier.append(K)
    return found


def test_all_subgroups_are_found(small_group: Group) -> None:
    lattice = subgroup_lattice(small_group)
    found = {frozenset(np.flatnonzero(row).tolist()) for row in lattice.members}
    assert len(found) == len(lattice)
    assert found == naive_subgroups(small_group)


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n == "S7" else n for n in COUNTS])
def test_counts(name: str) -> None:
    lattice = subgroup_lattice(named_group(name), cache=False)
    assert (len(lattice), len(lattice.classes)) == COUNTS[name]
    assert len(set(lattice.class_names)) == len(lattice.classes)


@pytest.mark.parametrize("corners", [3, 4, 6, 12, 30])
def test_dihedral_counts(corners: int) -> None:
    """D_2n has tau(n) + sigma(n) subgroups."""
    divisors = [d for d in range(1, corners + 1) if corners % d == 0]
    assert len(subgroup_lattice(named_group(f"D{2 * corners}"))) == len(divisors) + sum(divisors)


def test_perfect_subgroups_are_found() -> None:
    """SL(2,5) is perfect with centre of order 2: 76 subgroups, among them no A5."""
    a, b = np.array([[1, 1], [0, 1]]), np.array([[1, 0], [1, 1]])
    lattice = subgroup_lattice(Group.from_matrices([a, b], modulus=5, name="SL(2,5)"))
    names = ["1", "C2", "C3", "C4", "C5", "C6", "Q8", "C10", "Dic3", "Dic5", "Q8:C3", "SL(2,5)"]
    assert (len(lattice), list(lattice.class_names)) == (76, names)


@pytest.mark.slow
def test_mathieu_group() -> None:
    """M11 (order 7,920) has 8,651 subgroups in 39 classes."""
    a = [0, 9, 2, 10, 6, 5, 4, 8, 7, 1, 3]  # (2,10)(4,11)(5,7)(8,9)
    b = [3, 4, 7, 2, 5, 8, 6, 0, 1, 9, 10]  # (1,4,3,8)(2,5,6,9)
    lattice = subgroup_lattice(Group.from_permutations([a, b]), cache=False)
    assert (len(lattice), len(lattice.classes)) == (8651, 39)
    assert lattice.class_names[-1] == "M11"


def test_order_of_the_positions(small_group: Group) -> None:
    lattice = subgroup_lattice(small_group)
    assert (np.diff(lattice.orders) >= 0).all()
    assert (np.diff(lattice.class_of) >= 0).all()
    assert lattice.orders[0] == 1
    assert lattice.orders[-1] == small_group.order
    for i in range(len(lattice)):
        assert lattice.position(lattice.subgroup(i)) == i
        assert lattice.orders[i] == lattice.subgroup(i).order


def test_classes_are_conjugates_and_normalizers_are_right(small_group: Group) -> None:
    lattice = subgroup_lattice(small_group)
    for cls in lattice.classes:
        H = lattice.subgroup(cls.representative)
        assert cls.representative == cls.subgroups[0]
        assert (cls.order, cls.index) == (H.order, H.index)
        assert lattice.position(normalizer(H)) == cls.normalizer
        conjugates = {lattice.position(conjugate(H, g)) for g in range(small_group.order)}
        assert conjugates == set(cls.subgroups.tolist())
        assert len(conjugates) == normalizer(H).index
    for i, position in enumerate(lattice.normalizers):
        assert lattice.subgroup(int(position)) == normalizer(lattice.subgroup(i))
        representative = lattice.classes[lattice.class_of[i]].representative
        assert conjugate(lattice.subgroup(representative), int(lattice.carriers[i])) == lattice.subgroup(i)


@pytest.mark.parametrize("name", ["S4", "Q8", "C12", "C7:C3", "S5", "D8xC2"])
def test_covers_are_maximality(name: str) -> None:
    lattice = subgroup_lattice(named_group(name))
    members = lattice.members.astype(np.int64)
    inside = (members @ members.T == members.sum(axis=1)[:, None]) & ~np.eye(len(lattice), dtype=bool)
    between = inside.astype(np.int64) @ inside.astype(np.int64) > 0
    naive = np.argwhere((inside & ~between).T)[:, ::-1]
    assert lattice.covers.tolist() == naive.tolist()
    for j in range(0, len(lattice), 5):
        assert lattice.maximal_subgroups(j).tolist() == naive[naive[:, 1] == j, 0].tolist()
        assert lattice.below(j).tolist() == np.flatnonzero(inside[:, j] | (np.arange(len(lattice)) == j)).tolist()


def test_relabelled_table_has_the_same_lattice() -> None:
    """The search reads the table alone: shuffled S4 has as many subgroups of each order."""
    S4 = named_group("S4")
    shuffle = np.concatenate([[0], 1 + np.random.default_rng(0).permutation(23)])
    table = np.empty_like(S4.table)
    table[np.ix_(shuffle, shuffle)] = shuffle[S4.table]
    plain, shuffled = subgroup_lattice(S4), subgroup_lattice(Group(table))
    assert plain.orders.tolist() == shuffled.orders.tolist()
    assert sorted(len(c.subgroups) for c in plain.classes) == sorted(len(c.subgroups) for c in shuffled.classes)


def test_foreign_and_open_sets_are_refused() -> None:
    lattice = subgroup_lattice(named_group("S3"))
    C6 = named_group("C6")
    with pytest.raises(ValueError, match="`H` must be a subgroup of S3; it lies in S4"):
        lattice.position(named_group("S4").subgroup([1]))
    with pytest.raises(NotASubgroup, match="is not closed"):
        lattice.position(Subgroup(C6, np.array([0, 2, 4])))
    with pytest.raises(NotASubgroup, match="is not closed"):
        lattice.find(np.array([True, True, True, False, False, False]))
