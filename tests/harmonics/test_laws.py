"""Theorems about characters, on every group of order up to 31: they tie irreps to what is counted in the table."""

import numpy as np
import pytest

from cosetta.groups import coset_action, double_cosets
from cosetta.harmonics import fixed_space_dimension, irreps
from tests.every_group import groups_of_order, lattice_of

ORDERS = range(1, 32)


@pytest.mark.parametrize("order", ORDERS)
def test_square_roots_are_counted_by_the_indicator(order: int) -> None:
    """The number of x with x^2 = g is the sum of indicator times complex character (Frobenius and Schur 1906)."""
    for group in groups_of_order(order):
        roots = np.bincount(group.table.diagonal(), minlength=order)
        weight = {1: 1.0, 0: 0.0, -1: -0.5}  # a real irrep of quaternionic type has twice the complex character
        found = sum(weight[irrep.frobenius_schur] * irrep.character for irrep in irreps(group))
        assert np.allclose(found, roots, atol=1e-8)


@pytest.mark.parametrize("order", ORDERS)
def test_columns_of_the_character_table_are_orthogonal(order: int) -> None:
    """Sum of chi(g) chi(h) over c: half of |C(g)| for each of g ~ h and g ~ h^-1."""
    for group in groups_of_order(order):
        found = irreps(group)
        first = np.array([cls[0] for cls in group.conjugacy_classes])
        characters = np.array([irrep.character[first] for irrep in found])
        types = np.array([irrep.endomorphism_dim for irrep in found])
        centralizers = order / np.array([len(cls) for cls in group.conjugacy_classes])
        same, inverse = np.eye(len(first)), np.zeros((len(first), len(first)))
        inverse[np.arange(len(first)), group.class_of[group.inverse[first]]] = 1
        expected = centralizers[:, None] * (same + inverse) / 2
        assert np.allclose(characters.T @ (characters / types[:, None]), expected, atol=1e-7)


@pytest.mark.parametrize("order", ORDERS)
def test_irreps_are_counted_by_classes_and_by_the_abelian_quotient(order: int) -> None:
    """Complex irreps: as many as classes, as many real ones as classes of inverses; |G : G'| of degree 1."""
    for group in groups_of_order(order):
        found = irreps(group)
        own_inverse = np.count_nonzero(
            [group.class_of[group.inverse[cls[0]]] == group.class_of[cls[0]] for cls in group.conjugacy_classes]
        )
        copies = [2 if irrep.frobenius_schur == 0 else 1 for irrep in found]
        assert sum(copies) == len(group.conjugacy_classes)
        assert copies.count(1) == own_inverse
        degrees = [irrep.dim if irrep.frobenius_schur == 1 else irrep.dim // 2 for irrep in found]
        linear = sum(count for count, degree in zip(copies, degrees, strict=True) if degree == 1)
        assert linear == group.subgroup(group.commutators).index
        assert all(order % degree == 0 for degree in degrees)
        centre = sum(len(cls) == 1 for cls in group.conjugacy_classes)
        assert all(degree**2 <= order // centre for degree in degrees)


@pytest.mark.parametrize("order", range(1, 25))
def test_frobenius_reciprocity(order: int) -> None:
    """<functions on G/H, chi> over G is <1, chi> over H, and <G/H, G/K> is the number of double cosets."""
    for group in groups_of_order(order):
        found, lattice = irreps(group), lattice_of(group)
        subgroups = [lattice.subgroup(cls.representative) for cls in lattice.classes]
        subgroups = subgroups[:: -(-len(subgroups) // 10)]
        fixed = np.array([(coset_action(H) == np.arange(H.index)).sum(axis=1) for H in subgroups])
        for irrep in found:
            over_group = fixed @ irrep.character / order
            over_subgroup = [irrep.character[H.elements].mean() for H in subgroups]
            assert np.allclose(over_group, over_subgroup, atol=1e-9)
            assert np.allclose(over_group, [fixed_space_dimension(irrep, H) for H in subgroups], atol=1e-9)
        for i, H in enumerate(subgroups):
            assert (fixed @ fixed[i] / order).tolist() == [double_cosets(H, K).max() + 1 for K in subgroups]


@pytest.mark.parametrize("order", ORDERS)
def test_kernels_are_normal_subgroups_and_all_of_them(order: int) -> None:
    """Normal subgroups are the intersections of kernels: the lattice has these alone in their classes, and no other."""
    for group in groups_of_order(order):
        kernels = {frozenset(np.flatnonzero(r.character > r.dim - 1e-6).tolist()) for r in irreps(group)}
        closed = set(kernels)
        while new := {a & b for a in closed for b in kernels} - closed:
            closed |= new
        lattice = lattice_of(group)
        normal = [lattice.subgroup(c.representative) for c in lattice.classes if len(c.subgroups) == 1]
        assert closed == {frozenset(N.elements.tolist()) for N in normal}
        assert all(N.is_normal for N in normal)
