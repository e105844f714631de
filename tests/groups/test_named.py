"""Named groups against known orders and class counts; the words that are refused."""

import numpy as np
import pytest

from cosetta.errors import Unsupported
from cosetta.groups import Group, find_isomorphism, named_group

# name: order, number of conjugacy classes, number of involutions
KNOWN = {
    "C1": (1, 1, 0),
    "S1": (1, 1, 0),
    "S2": (2, 2, 1),
    "A2": (1, 1, 0),
    "A3": (3, 3, 0),
    "C12": (12, 12, 1),
    "V4": (4, 4, 3),
    "S3": (6, 3, 3),
    "D8": (8, 5, 5),
    "D10": (10, 4, 5),
    "Q8": (8, 5, 1),
    "Q16": (16, 7, 1),
    "Dic3": (12, 6, 1),
    "A4": (12, 4, 3),
    "F20": (20, 5, 5),
    "C7:C3": (21, 5, 0),
    "S4": (24, 5, 9),
    "F42": (42, 7, 7),
    "S4xC2": (48, 10, 19),
    "A5": (60, 5, 15),
    "(S3xS3):C2": (72, 9, 21),
    "S5": (120, 7, 25),
    "PSL(2,7)": (168, 6, 21),
    "PSL(3,2)": (168, 6, 21),
    "A6": (360, 7, 45),
    "S6": (720, 11, 75),
    "PSL(2,11)": (660, 8, 55),
}


@pytest.mark.parametrize("name", KNOWN)
def test_order_classes_and_involutions(name: str) -> None:
    group = named_group(name)
    involutions = int((group.element_orders == 2).sum())
    assert (group.order, len(group.conjugacy_classes), involutions) == KNOWN[name]
    assert group.name == name


@pytest.mark.parametrize("name", ["S4", "A5", "D8", "C6", "S3xS3", "C7:C3", "PSL(2,7)", "C3:C4"])
def test_permutations_are_lexicographic_and_identity_is_first(name: str) -> None:
    group = named_group(name)
    rows = group.permutations.tolist()
    assert rows == sorted(rows)
    assert rows[0] == list(range(len(rows[0])))
    assert group.labels[0] == "e"


def test_products_act_on_the_disjoint_union() -> None:
    group = named_group("S3xC2")
    assert group.permutations.shape == (12, 5)
    assert "(123)(45)" in group.labels


@pytest.mark.parametrize(
    ("spellings", "name"),
    [
        (["s5", "S_5", " S 5 ", "S_{5}"], "S5"),
        (["Z12", "z_12", "c12"], "C12"),
        (["S4×C2", "s4*c2", "S4 x C2", "(S4)xC2"], "S4xC2"),
        (["C7⋊C3", "c_7:c_3"], "C7:C3"),
        (["dic3", "DIC3"], "Dic3"),
    ],
)
def test_spellings(spellings: list[str], name: str) -> None:
    assert {named_group(spelling).name for spelling in spellings} == {name}


@pytest.mark.parametrize(
    ("name", "same_as"),
    [
        ("C7:C3", "F21"),
        ("C5:C4", "F20"),
        ("C3:C4", "Dic3"),
        ("C4:C2", "D8"),
        ("C3:C2", "S3"),
        ("V4:C3", "A4"),
        ("A4:C2", "S4"),
        ("PSL(2,7)", "PSL(3,2)"),
        ("PSL(2,5)", "A5"),
        ("Dic2", "Q8"),
        ("D6", "S3"),
    ],
)
def test_one_group_by_two_names(name: str, same_as: str) -> None:
    assert find_isomorphism(named_group(name), named_group(same_as)) is not None


def test_semidirect_swap_is_the_wreath_product() -> None:
    wreath = Group.from_permutations([(1, 0, 2, 3, 4, 5), (1, 2, 0, 3, 4, 5), (3, 4, 5, 0, 1, 2)])
    assert find_isomorphism(named_group("(S3xS3):C2"), wreath) is not None


def test_semidirect_beyond_point_moves() -> None:
    """Aut(S6) has an outer automorphism that moves no points; the product is then a table."""
    group = named_group("S6:C2")
    assert (group.order, len(group.conjugacy_classes)) == (1440, 13)


def test_large_cyclic_and_dihedral_groups_are_tables_with_short_labels() -> None:
    for name in ("C113", "D226"):
        group = named_group(name)
        assert group.permutations is None
        assert max(map(len, group.labels)) <= 5
    assert int((named_group("D226").element_orders == 2).sum()) == 113


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("S12", "S12 has order 479,001,600"),
        ("S1000000000", "about 10"),
        ("S7xS7", "25,401,600"),
        ("C99999999999999999999", "up to order 10,000"),
        ("C" + "9" * 30, "stopped at `9999999999`"),
        ("(" * 5000, "at most 200 characters, not 5000"),
        ("K5", "`K5` is not a group name; forms that are: S5"),
        ("S4xx", "stopped at `x`"),
        ("(S4", "not a group name"),
        ("", "not a group name"),
        ("D4", "the symmetries of the 4-gon are `D8`, the Klein four-group is `V4`"),
        ("D7", "the symmetries of the 7-gon are `D14`"),
        ("S0", "at least 1"),
        ("Q12", "`Dic3` may be meant"),
        ("V5", "`V4`, not V5"),
        ("F15", "Frobenius"),
        ("C5:C3", "write the direct product `C5xC3`"),
        ("C2:(C2xC2)", "must be cyclic"),
        ("PSL(2,9)", "for a prime p"),
    ],
)
def test_refusals_are_one_line_with_the_next_step(name: str, match: str) -> None:
    with pytest.raises(Unsupported, match=match.replace("(", r"\(").replace(")", r"\)").replace(".", r"\.")) as refusal:
        named_group(name)
    assert "\n" not in str(refusal.value)


def test_matrix_group_is_identified_by_name() -> None:
    """GL(2,3) has order 48 and SL(2,3) = Q8:C3."""
    a, b = np.array([[1, 1], [0, 1]]), np.array([[1, 0], [1, 1]])
    assert find_isomorphism(Group.from_matrices([a, b], modulus=3), named_group("Q8:C3")) is not None
    assert Group.from_matrices([a, b, np.array([[2, 0], [0, 1]])], modulus=3).order == 48
