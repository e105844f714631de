"""Named groups against known orders and class counts; the words that are refused."""

import numpy as np
import pytest

from cosetta.errors import Unsupported
from cosetta.groups import Group, find_isomorphism, named_group
from cosetta.groups.finite_field import finite_field

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
    "PSL(2,8)": (504, 9, 63),
    "PGL(2,9)": (720, 11, 81),
    "GL(2,3)": (48, 8, 13),
    "GL(2,4)": (180, 15, 15),
    "SL(2,5)": (120, 9, 1),
    "SL(2,9)": (720, 13, 1),
    "AGL(1,8)": (56, 8, 7),
    "AGL(2,3)": (432, 11, 45),
    "Aff(8)": (32, 11, 15),
    "Heis(3)": (27, 11, 0),
    "C2^3": (8, 8, 7),
    "(C2xC4)^2": (64, 64, 15),
    "C2wrS3": (48, 10, 19),
    "S3wrC2": (72, 9, 21),
    "Q8wrC2": (128, 20, 11),
    "SmallGroup(32,6)": (32, 11, 11),
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
        ("GL(3,2)", "PSL(2,7)"),
        ("PSL(2,9)", "A6"),
        ("SL(2,4)", "A5"),
        ("PGL(2,5)", "S5"),
        ("AGL(1,5)", "F20"),
        ("AGL(1,4)", "A4"),
        ("Aff(5)", "F20"),
        ("S3wrC2", "(S3xS3):C2"),
        ("C2wrC2", "D8"),
        ("Heis(2)", "D8"),
        ("SmallGroup(60,5)", "A5"),
        ("SL(2,3)", "Q8:C3"),
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
        ("K5", "`K5` is not a group name; names are S5"),
        ("S4xx", "stopped at `x`"),
        ("(S4", "not a group name"),
        ("", "not a group name"),
        ("D4", "the symmetries of the 4-gon are `D8` or `Dih4`, the Klein four-group is `V4`"),
        ("D7", "the symmetries of the 7-gon are `D14`"),
        ("S0", "at least 1"),
        ("Q12", "`Dic3` may be meant"),
        ("V5", "`V4`, not V5"),
        ("F15", "Frobenius"),
        ("C5:C3", "write the direct product `C5xC3`"),
        ("C2:(C2xC2)", "write the direct product `C2xC2xC2`"),
        ("PSL(2,6)", "field with 6 elements"),
        ("SL(2,23)", "12,144"),
        ("GL(40,2)", "is larger"),
        ("SL(1,5)", "at least 2"),
        ("PGL(3,2)", "offered for n = 2"),
        ("Heis(4)", "modulo a prime"),
        ("M12", "only `M11`"),
        ("Aff(1)", "at least 2"),
        ("C2^0", "at least 1"),
        ("C2^99", "about 10"),
        ("C2^", "not a group name"),
        ("S5wrS5", "groups are held up to order 10,000"),
        ("S4wrS3", "82,944"),
        ("SmallGroup(8,6)", "there are 5 groups of order 8"),
        ("SmallGroup(0,1)", "from 1 on"),
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


@pytest.mark.slow
def test_m11_is_sharply_4_transitive() -> None:
    images = named_group("M11").permutations
    assert len(images) == 11 * 10 * 9 * 8
    assert len(np.unique(images[:, :4], axis=0)) == len(images)


def test_matrix_labels_multiply_like_the_group() -> None:
    """Entries of GL(2,3) are residues, so the labels can be multiplied by hand."""
    group = named_group("GL(2,3)")
    matrices = np.array([eval(label, {}) for label in group.labels])
    products = (matrices[:, None] @ matrices[None]) % 3
    assert (products == matrices[group.table]).all()


def test_large_affine_group_is_the_same_as_its_permutations() -> None:
    table = named_group("Aff(120)")
    assert (table.order, table.permutations is None, len(table.labels[-1])) == (3840, True, 8)
    rng = np.random.default_rng(0).integers(3840, size=(200, 2))
    for a, b in rng:
        (u, t), (v, s), (w, r) = ([int(x) for x in table.labels[i].split("x+")] for i in (a, b, table.table[a, b]))
        assert all((u * (v * x + s) + t - w * x - r) % 120 == 0 for x in (0, 1, 7))


@pytest.mark.parametrize("order", [2, 3, 4, 5, 7, 8, 9, 16, 25, 27, 49])
def test_field_axioms(order: int) -> None:
    field = finite_field(order)
    a, b, c = np.ix_(*[np.arange(order)] * 3)
    add, multiply = field.add, field.multiply
    assert (add[add[a, b], c] == add[a, add[b, c]]).all()
    assert (multiply[multiply[a, b], c] == multiply[a, multiply[b, c]]).all()
    assert (multiply[a, add[b, c]] == add[multiply[a, b], multiply[a, c]]).all()
    assert (add == add.T).all()
    assert (multiply == multiply.T).all()
    assert (add[np.arange(order), field.negative] == 0).all()
    assert (multiply[np.arange(1, order), field.inverse[1:]] == 1).all()


@pytest.mark.parametrize("order", [0, 1, 6, 12, 1009])
def test_numbers_that_no_field_has_are_refused(order: int) -> None:
    with pytest.raises(Unsupported, match=r"p\^k elements"):
        finite_field(order)
