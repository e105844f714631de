"""The two coset laws in both directions, and the irrep content of subgroup indicators."""

import numpy as np
import pytest

from cosetta.groups.group import Group
from cosetta.harmonics import (
    fixed_projection,
    fixed_space_dimension,
    fourier,
    indicator_shares,
    inverse_fourier,
    irreps,
    power,
)

S5_NAMES = ["(4,1)", "(3,2)", "(3,1,1)", "(2,2,1)", "(2,1^3)", "(1^5)"]
# Generators in cycle notation, order, shares in percent: exact values, rounded to one digit.
S5_SHARES = {
    "C2 (12)": ("(12)", 2, [20.3, 25.4, 30.5, 16.9, 6.8, 0]),
    "C2 (12)(34)": ("(12)(34)", 2, [13.6, 25.4, 20.3, 25.4, 13.6, 1.7]),
    "C3": ("(123)", 3, [20.5, 12.8, 30.8, 12.8, 20.5, 2.6]),
    "C4": ("(1234)", 4, [13.8, 17.2, 20.7, 34.5, 13.8, 0]),
    "V4 <(12),(34)>": ("(12) (34)", 4, [27.6, 34.5, 20.7, 17.2, 0, 0]),
    "V4 in A4": ("(12)(34) (13)(24)", 4, [13.8, 34.5, 0, 34.5, 13.8, 3.4]),
    "C5": ("(12345)", 5, [0, 21.7, 52.2, 21.7, 0, 4.3]),
    "C6": ("(123)(45)", 6, [21.1, 26.3, 31.6, 0, 21.1, 0]),
    "S3": ("(123) (12)", 6, [42.1, 26.3, 31.6, 0, 0, 0]),
    "S3 twisted": ("(123) (12)(45)", 6, [21.1, 26.3, 0, 26.3, 21.1, 5.3]),
    "D8": ("(1234) (13)", 8, [28.6, 35.7, 0, 35.7, 0, 0]),
    "D10": ("(12345) (25)(34)", 10, [0, 45.5, 0, 45.5, 0, 9.1]),
    "S3xS2": ("(123) (12) (45)", 12, [44.4, 55.6, 0, 0, 0, 0]),
    "A4": ("(123) (234)", 12, [44.4, 0, 0, 0, 44.4, 11.1]),
    "F20": ("(12345) (2354)", 20, [0, 0, 0, 100, 0, 0]),
    "S4": ("(1234) (12)", 24, [100, 0, 0, 0, 0, 0]),
    "A5": ("(12345) (123)", 60, [0, 0, 0, 0, 0, 100]),
}
# S6, the largest classes; a star marks the image under the outer automorphism, here PGL(2,5) on the projective line.
S6_SHARES = {
    "S5": ("(12345) (12)", 120, {"(5,1)": 1}),
    "S5*": ("(12345) (2354) (16)(25)", 120, {"(2,2,2)": 1}),
    "(S3xS3):C2": ("(123) (12) (14)(25)(36)", 72, {"(4,2)": 1}),
    "A6": ("(12345) (123) (456)", 360, {"(1^6)": 1}),
    "A5": ("(12345) (123)", 60, {"(5,1)": 5 / 11, "(2,1^4)": 5 / 11, "(1^6)": 1 / 11}),
    "A5*": ("(12345) (25)(34) (16)(25)", 60, {"(3,3)": 5 / 11, "(2,2,2)": 5 / 11, "(1^6)": 1 / 11}),
    "C2xS4": ("(1234) (12) (56)", 48, {"(5,1)": 5 / 14, "(4,2)": 9 / 14}),
    "S3xS3": ("(123) (12) (456) (45)", 36, {"(5,1)": 5 / 19, "(4,2)": 9 / 19, "(3,3)": 5 / 19}),
}


def symmetric(n: int) -> Group:
    return Group.from_permutations([(1, 0, *range(2, n)), (*range(1, n), 0)], name=f"S{n}")


def from_cycles(text: str, group: Group) -> list[int]:
    """Elements written in cycles on points 1 .. n, separated by spaces."""
    elements = []
    for word in text.split():
        image = list(range(group.permutations.shape[1]))
        for cycle in word.strip("()").split(")("):
            points = [int(digit) - 1 for digit in cycle]
            for point, following in zip(points, points[1:] + points[:1], strict=True):
                image[point] = following
        elements.append(group.permutations.tolist().index(image))
    return elements


def subgroups_of(group: Group):
    """Cyclic subgroups and those made by two neighbours: enough to meet normal and non-normal ones."""
    for a in range(group.order):
        yield group.subgroup([a])
        yield group.subgroup([a, (a + 1) % group.order])


def coset_average(f, H, side):
    table = H.group.table
    members = table[:, H.elements] if side == "left" else table[H.elements].T
    return f[members].mean(axis=1)


@pytest.mark.parametrize("side", ["left", "right"])
def test_constant_on_cosets_implies_the_fourier_law(small_irreps, functions, side):
    for group, found in small_irreps:
        for H in subgroups_of(group):
            f = coset_average(functions(group), H, side)
            for irrep, matrices in zip(found, fourier(f, found), strict=True):
                P = fixed_projection(irrep, H)
                projected = matrices @ P if side == "left" else P @ matrices
                assert np.allclose(projected, matrices, atol=1e-11), (group.name, H.elements, irrep)


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_fourier_law_implies_constant_on_cosets(small_irreps, functions, side):
    for group, found in small_irreps:
        for H in subgroups_of(group):
            fhat = fourier(functions(group), found)
            projections = [fixed_projection(irrep, H) for irrep in found]
            pairs = zip(fhat, projections, strict=True)
            f = inverse_fourier([m @ P if side == "left" else P @ m for m, P in pairs], found)
            for h in H.elements:
                moved = f[group.table[:, h]] if side == "left" else f[group.table[h]]
                assert np.allclose(moved, f, atol=1e-11), (group.name, H.elements, h)


def test_the_laws_tell_the_sides_apart(functions):
    group = symmetric(3)
    H, found = group.subgroup([1]), irreps(group)
    f = coset_average(functions(group), H, "left")
    fhat, P = fourier(f, found)[1], fixed_projection(found[1], H)
    assert np.allclose(fhat @ P, fhat)
    assert not np.allclose(P @ fhat, fhat, atol=0.1)


def test_fixed_projection_is_an_orthogonal_projection_of_the_right_rank(small_irreps):
    for group, found in small_irreps:
        for H in subgroups_of(group):
            for irrep in found:
                P = fixed_projection(irrep, H)
                assert np.allclose(P @ P, P, atol=1e-12), (group.name, irrep)
                assert np.allclose(P, P.T, atol=1e-12), (group.name, irrep)
                assert fixed_space_dimension(irrep, H) == np.linalg.matrix_rank(P, tol=1e-9), (group.name, irrep)
                assert np.allclose(irrep.matrices[H.elements] @ P, P, atol=1e-12), (group.name, irrep)


def test_fixed_dimensions_add_up_to_the_index(small_irreps):
    for group, found in small_irreps:
        for H in subgroups_of(group):
            total = sum(irrep.weight * fixed_space_dimension(irrep, H) for irrep in found)
            assert total == H.index, (group.name, H.elements)


def test_indicator_shares_are_the_power_of_the_centred_indicator(small_irreps):
    for group, found in small_irreps:
        for H in subgroups_of(group):
            indicator = np.zeros(group.order)
            indicator[H.elements] = 1
            shares = indicator_shares(H, found)
            assert np.allclose(shares, power(indicator - indicator.mean(), found), atol=1e-12), (group.name, H.elements)
            assert np.isclose(shares.sum(), H.index > 1), (group.name, H.elements)


def test_indicator_shares_of_s5():
    group = symmetric(5)
    found = irreps(group)
    assert [irrep.name for irrep in found[1:]] == S5_NAMES
    for name, (cycles, order, expected) in S5_SHARES.items():
        H = group.subgroup(from_cycles(cycles, group))
        assert H.order == order, name
        shares = indicator_shares(H, found)
        assert shares[0] == 0, name
        assert np.round(100 * shares[1:], 1).tolist() == expected, name


def test_indicator_shares_of_s6():
    group = symmetric(6)
    found = irreps(group)
    for name, (cycles, order, expected) in S6_SHARES.items():
        H = group.subgroup(from_cycles(cycles, group))
        assert H.order == order, name
        shares = indicator_shares(H, found)
        assert np.allclose(shares, [expected.get(irrep.name, 0) for irrep in found]), name


def test_irreps_of_another_group_are_refused():
    H = symmetric(3).subgroup([1])
    other = irreps(symmetric(4))[1]
    for call in (fixed_projection, fixed_space_dimension):
        with pytest.raises(ValueError, match=r"`irrep` \(3,1\) is of a group of order 24; H lies in S3 of order 6"):
            call(other, H)
