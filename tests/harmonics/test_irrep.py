"""What makes a list of irreps right, on lists that are right and lists that are not."""

import numpy as np
import pytest

from cosetta.errors import NotARepresentation
from cosetta.harmonics import Irrep, check_irreps
from cosetta.harmonics.irrep import classify


def test_homomorphism_on_all_pairs(small_irreps):
    for group, found in small_irreps:
        for irrep in found:
            rho = irrep.matrices
            products = np.einsum("aij,bjk->abik", rho, rho)
            assert np.abs(products - rho[group.table]).max() < 1e-12, (group.name, irrep.name)


def test_matrices_are_orthogonal(small_irreps):
    for group, found in small_irreps:
        for irrep in found:
            assert np.allclose(irrep.matrices[group.inverse], irrep.matrices.transpose(0, 2, 1), atol=1e-12), group.name


def test_characters_are_orthogonal_by_type(small_irreps):
    for group, found in small_irreps:
        characters = np.stack([irrep.character for irrep in found])
        expected = np.diag([irrep.endomorphism_dim for irrep in found])
        assert np.allclose(characters @ characters.T / group.order, expected, atol=1e-12), group.name


def test_squared_dimensions_sum_to_the_order(small_irreps):
    for group, found in small_irreps:
        assert sum(irrep.dim * irrep.weight for irrep in found) == group.order, group.name


def test_complex_irreps_are_as_many_as_classes(small_irreps):
    for group, found in small_irreps:
        count = sum(2 if irrep.frobenius_schur == 0 else 1 for irrep in found)
        assert count == len(group.conjugacy_classes), group.name


def test_endomorphism_dim_is_the_dimension_of_the_commutant(small_irreps):
    for group, found in small_irreps:
        for irrep in found:
            eye = np.eye(irrep.dim)
            equations = [np.kron(rho, eye) - np.kron(eye, rho.T) for rho in irrep.matrices]  # rho X = X rho
            rank = np.linalg.matrix_rank(np.concatenate(equations), tol=1e-9)
            assert irrep.dim**2 - rank == irrep.endomorphism_dim, (group.name, irrep.name)


def test_trivial_comes_first(small_irreps):
    for group, found in small_irreps:
        assert np.allclose(found[0].matrices, 1, atol=1e-12), group.name
        assert found[0].matrices.shape == (group.order, 1, 1), group.name


def test_names_are_unique(small_irreps):
    for group, found in small_irreps:
        assert len({irrep.name for irrep in found}) == len(found), group.name


def test_classify_does_not_depend_on_order_or_basis(small_irreps):
    generator = np.random.default_rng(1)
    for group, found in small_irreps:
        named = classify(group, [irrep.matrices for irrep in found])
        rotated = []
        for i in generator.permutation(len(named)):
            basis = np.linalg.qr(generator.standard_normal((named[i].dim, named[i].dim)))[0]
            rotated.append(basis.T @ named[i].matrices @ basis)
        again = classify(group, rotated)
        assert [irrep.name for irrep in again] == [irrep.name for irrep in named], group.name
        for one, other in zip(named, again, strict=True):
            assert np.allclose(one.character, other.character), (group.name, one.name)


def test_check_names_the_pair_that_fails(small_irreps):
    group, found = next((group, found) for group, found in small_irreps if group.name == "S3")
    swapped = found[1].matrices[[0, 2, 1, 3, 4, 5]]
    with pytest.raises(NotARepresentation, match=r"\|ρ\(\d\)ρ\(\d\) − ρ\(\d·\d\)\| = .* > 1e-09 in irrep"):
        check_irreps([found[0], Irrep("swapped", swapped, 1), found[2]], group)


def test_check_refuses_matrices_that_are_not_orthogonal(small_irreps):
    group, found = next((group, found) for group, found in small_irreps if group.name == "S3")
    shear = np.array([[1.0, 1.0], [0.0, 1.0]])
    sheared = shear @ found[1].matrices @ np.linalg.inv(shear)
    with pytest.raises(NotARepresentation, match="must be orthogonal"):
        check_irreps([found[0], Irrep("sheared", sheared, 1), found[2]], group)


def test_check_refuses_a_repeated_a_missing_and_a_mistyped_irrep(small_irreps):
    group, found = next((group, found) for group, found in small_irreps if group.name == "S3")
    with pytest.raises(NotARepresentation, match="must be orthogonal with squared norm"):
        check_irreps([*found, found[1]], group)
    with pytest.raises(NotARepresentation, match=r"equal to its order 6; these have 2"):
        check_irreps([found[0], found[2]], group)
    with pytest.raises(NotARepresentation, match="by type"):
        check_irreps([found[0], Irrep("mistyped", found[1].matrices, 0), found[2]], group)


def test_check_refuses_the_irreps_of_another_group(small_irreps):
    S3 = next(found for group, found in small_irreps if group.name == "S3")
    S4 = next(group for group, _ in small_irreps if group.name == "S4")
    with pytest.raises(NotARepresentation, match="one matrix for each of 24 elements; got 6"):
        check_irreps(S3, S4)
