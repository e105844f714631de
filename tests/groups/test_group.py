"""Group axioms with their witnesses, and what is derived from the table."""

import numpy as np
import pytest

from cosetta.errors import CosettaError, NotAGroup, Unsupported
from cosetta.groups import Group, named_group


def cyclic_table(order: int) -> np.ndarray:
    """Addition modulo the order."""
    return (np.arange(order)[:, None] + np.arange(order)) % order


def test_axioms_hold(small_group: Group) -> None:
    table, g = small_group.table, np.arange(small_group.order)
    assert (table[0] == g).all()
    assert (table[:, 0] == g).all()
    assert (table[g, small_group.inverse] == 0).all()
    assert (table[small_group.inverse, g] == 0).all()
    assert (table[table] == table[:, table]).all()  # (ab)c = a(bc) for all triples


def test_orders_classes_and_generators(small_group: Group) -> None:
    table, inverse = small_group.table, small_group.inverse
    for a in range(small_group.order):
        power, naive = a, 1
        while power != 0:
            power, naive = table[power, a], naive + 1
        assert small_group.element_orders[a] == naive
        conjugates = {int(table[table[g, a], inverse[g]]) for g in range(small_group.order)}
        assert conjugates == set(small_group.conjugacy_classes[small_group.class_of[a]].tolist())
    assert [members[0] for members in small_group.conjugacy_classes] == sorted(
        members[0] for members in small_group.conjugacy_classes
    )
    assert small_group.subgroup(small_group.generators).order == small_group.order
    assert small_group.is_abelian == (len(small_group.conjugacy_classes) == small_group.order)


def test_permutations_multiply_with_the_right_factor_first(small_groups: tuple[Group, ...]) -> None:
    """(ab)(i) = a(b(i)) for every pair."""
    acting = [group for group in small_groups if group.permutations is not None]
    assert len(acting) >= 10
    for group in acting:
        images = group.permutations
        for a in range(group.order):
            assert (images[group.table[a]] == images[a][images]).all()


def test_content_hash_depends_on_the_table_alone() -> None:
    assert Group(cyclic_table(6), name="x").content_hash == named_group("C6").content_hash
    assert named_group("S3").content_hash != named_group("C6").content_hash


def test_tables_are_frozen_copies() -> None:
    table = cyclic_table(4)
    group = Group(table)
    table[1, 1] = 0
    assert group.table[1, 1] == 2
    with pytest.raises(ValueError, match="read-only"):
        group.table[1, 1] = 0


def test_not_associative_shows_the_triple() -> None:
    """A Latin square with identity 0 that is no group (order 5)."""
    loop = np.array([[0, 1, 2, 3, 4], [1, 0, 3, 4, 2], [2, 4, 0, 1, 3], [3, 2, 4, 0, 1], [4, 3, 1, 2, 0]])
    with pytest.raises(NotAGroup, match="not associative") as refusal:
        Group(loop)
    message = str(refusal.value)
    x, g, y, left, _, _, _, right = map(int, "".join(c if c.isdigit() else " " for c in message).split())
    assert loop[loop[x, g], y] == left
    assert loop[x, loop[g, y]] == right
    assert left != right


def test_not_associative_far_down_a_large_table() -> None:
    """The check runs in blocks of rows; the witness must count from the start of the table."""
    table = cyclic_table(300)
    table[290, [5, 7]] = table[290, [7, 5]]
    with pytest.raises(NotAGroup, match="not associative") as refusal:
        Group(table)
    x, g, y, left, _, _, _, right = map(int, "".join(c if c.isdigit() else " " for c in str(refusal.value)).split())
    assert (table[table[x, g], y], table[x, table[g, y]]) == (left, right)
    assert left != right


@pytest.mark.parametrize(
    ("table", "match"),
    [
        (np.array([[0, 1], [1, 2]]), "not closed: 1·1 = 2"),
        (np.array([[1, 0], [0, 1]]), "renumber the identity 1 to 0"),
        (np.array([[0, 1], [1, 1]]), "row 1 never reaches 0"),
        (np.zeros((0, 0), dtype=int), "at least one row"),
    ],
)
def test_broken_tables_are_refused_with_a_witness(table: np.ndarray, match: str) -> None:
    with pytest.raises(NotAGroup, match=match):
        Group(table)


def test_wrong_permutations_and_labels_are_refused() -> None:
    C3 = named_group("C3")
    with pytest.raises(NotAGroup, match=r"\(ab\)\(i\) = a\(b\(i\)\)"):
        Group(C3.table, permutations=np.array([[0, 1, 2], [1, 2, 0], [1, 0, 2]]))
    with pytest.raises(NotAGroup, match="`labels` must name all 3 elements; 2 given"):
        Group(C3.table, labels=("a", "b"))


def test_generators_that_are_no_permutations_are_refused() -> None:
    with pytest.raises(NotAGroup, match=r"permutation of 0\.\.2 in one-line form; got \[0, 0, 1\]"):
        Group.from_permutations([(0, 0, 1)])
    with pytest.raises(NotAGroup, match="one-line form"):
        Group.from_permutations([(1, 0, 2), (1, 0)])
    with pytest.raises(Unsupported, match="up to order 100"):
        Group.from_permutations([(1, 0, 2, 3, 4), (1, 2, 3, 4, 0)], max_order=100)


def test_matrix_groups() -> None:
    rotation, shear = np.array([[0, -1], [1, 0]]), np.array([[1, 1], [0, 1]])
    group = Group.from_matrices([rotation, shear], modulus=3, name="SL(2,3)")
    assert (group.order, group.labels[0]) == (24, "[[1,0],[0,1]]")
    assert len(group.conjugacy_classes) == 7
    with pytest.raises(NotAGroup, match="invertible modulo 2"):
        Group.from_matrices([np.array([[1, 1], [1, 1]])], modulus=2)
    with pytest.raises(NotAGroup, match="one size"):
        Group.from_matrices([rotation, np.eye(3, dtype=int)], modulus=3)
    with pytest.raises(NotAGroup, match="at least one generator"):
        Group.from_matrices([], modulus=3)


def test_errors_are_value_errors() -> None:
    assert issubclass(NotAGroup, CosettaError)
    assert issubclass(CosettaError, ValueError)
