"""Young's orthogonal form against published character tables and the hook length formula."""

from math import factorial, prod

import numpy as np
import pytest

from cosetta.errors import Unsupported
from cosetta.groups.group import Group
from cosetta.harmonics import numerical_irreps, young_irreps
from cosetta.harmonics.young import partitions

# Characters on classes by cycle type: James and Kerber 1981, appendix I.
S4_CLASSES = [(1, 1, 1, 1), (2, 1, 1), (2, 2), (3, 1), (4,)]
S4_TABLE = {
    "(4)": [1, 1, 1, 1, 1],
    "(3,1)": [3, 1, -1, 0, -1],
    "(2,2)": [2, 0, 2, -1, 0],
    "(2,1,1)": [3, -1, -1, 0, 1],
    "(1^4)": [1, -1, 1, 1, -1],
}
S5_CLASSES = [(1, 1, 1, 1, 1), (2, 1, 1, 1), (2, 2, 1), (3, 1, 1), (3, 2), (4, 1), (5,)]
S5_TABLE = {
    "(5)": [1, 1, 1, 1, 1, 1, 1],
    "(4,1)": [4, 2, 0, 1, -1, 0, -1],
    "(3,2)": [5, 1, 1, -1, 1, -1, 0],
    "(3,1,1)": [6, 0, -2, 0, 0, 0, 1],
    "(2,2,1)": [5, -1, 1, -1, -1, 1, 0],
    "(2,1^3)": [4, -2, 0, 1, 1, 0, -1],
    "(1^5)": [1, -1, 1, 1, -1, -1, 1],
}


def symmetric(n: int) -> Group:
    return Group.from_permutations([(1, 0, *range(2, n)), (*range(1, n), 0)], name=f"S{n}")


def cycle_type(images) -> tuple[int, ...]:
    left, lengths = set(range(len(images))), []
    while left:
        point, length = left.pop(), 1
        while int(images[point]) in left:
            point = int(images[point])
            left.remove(point)
            length += 1
        lengths.append(length)
    return tuple(sorted(lengths, reverse=True))


@pytest.mark.parametrize(("n", "classes", "table"), [(4, S4_CLASSES, S4_TABLE), (5, S5_CLASSES, S5_TABLE)])
def test_characters_are_the_published_ones(n, classes, table):
    group = symmetric(n)
    types = [cycle_type(images) for images in group.permutations]
    found = young_irreps(group)
    assert [irrep.name for irrep in found] == list(table)
    for irrep in found:
        expected = [table[irrep.name][classes.index(kind)] for kind in types]
        assert np.allclose(irrep.character, expected, atol=1e-12), irrep.name


@pytest.mark.parametrize("n", [3, 4, 5])
def test_homomorphism_with_b_acting_first(n):
    group = symmetric(n)
    for irrep in young_irreps(group):
        rho, b = irrep.matrices, group.generators[-1]
        composed = group.permutations[:, group.permutations[b]]  # (ab)(i) = a(b(i)), without the table
        position = {tuple(images): i for i, images in enumerate(group.permutations.tolist())}
        ab = [position[tuple(images)] for images in composed.tolist()]
        assert np.allclose(rho @ rho[b], rho[ab], atol=1e-12), irrep.name


@pytest.mark.parametrize("n", [3, 4, 5, 6])
def test_dimensions_follow_the_hook_length_formula(n):
    dims = [irrep.dim for irrep in young_irreps(symmetric(n))]
    hooks = []
    for shape in partitions(n):
        columns = [sum(part > j for part in shape) for j in range(shape[0])]
        hooks.append(prod(shape[i] - j + columns[j] - i - 1 for i in range(len(shape)) for j in range(shape[i])))
    assert dims == [factorial(n) // hook for hook in hooks]


def test_conjugate_partition_is_the_product_with_sign():
    found = young_irreps(symmetric(5))
    for irrep, conjugate in zip(found, reversed(found), strict=True):
        assert np.allclose(irrep.character * found[-1].character, conjugate.character), irrep.name


@pytest.mark.parametrize("n", [3, 4, 5])
def test_young_and_numerical_route_have_the_same_characters(n):
    group = symmetric(n)
    young = sorted(np.round(irrep.character, 6).tolist() for irrep in young_irreps(group))
    numerical = sorted(np.round(irrep.character, 6).tolist() for irrep in numerical_irreps(group))
    assert np.allclose(young, numerical, atol=1e-6)


def test_other_groups_are_refused():
    A4 = Group.from_permutations([(1, 2, 0, 3), (0, 2, 3, 1)], name="A4")
    with pytest.raises(Unsupported, match=r"all permutations of n >= 3 points; got Group\('A4', order=12\)"):
        young_irreps(A4)


def test_an_action_with_a_kernel_is_not_taken_for_s_n():
    turn = np.array([[(a + i) % 3 for i in range(3)] for a in range(6)])
    a = np.arange(6)
    C6 = Group((a[:, None] + a) % 6, name="C6", permutations=turn)
    with pytest.raises(Unsupported, match="C6"):
        young_irreps(C6)


@pytest.mark.slow
def test_s7_is_within_reach():
    group = symmetric(7)
    found = young_irreps(group)
    assert sum(irrep.dim**2 for irrep in found) == 5040
    assert sum(irrep.matrices.nbytes for irrep in found) == 5040**2 * 8
    for irrep in found:
        b = group.generators[-1]
        assert np.abs(irrep.matrices @ irrep.matrices[b] - irrep.matrices[group.table[:, b]]).max() < 1e-12, irrep.name
