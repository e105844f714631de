"""Laws of the Fourier transform, with the sums over G written out as twins."""

import inspect

import numpy as np
import pytest

from cosetta.harmonics import autocorrelation, convolve, fourier, inverse_fourier, isotypic_projection, power

DTYPES = [np.float32, np.float64]


def naive_fourier(f, irrep):
    return sum(f[g] * irrep.matrices[g] for g in range(len(f)))


def naive_convolve(f, h, group):
    result = np.zeros(group.order)
    for a in range(group.order):
        for b in range(group.order):
            result[group.table[a, b]] += f[a] * h[b]
    return result


def naive_autocorrelation(f, group, side):
    product = group.table if side == "left" else group.table.T  # product[g, h] = gh or hg
    return np.array([sum(f[g] * f[product[g, h]] for g in range(group.order)) for h in range(group.order)])


@pytest.mark.parametrize("dtype", DTYPES)
def test_fourier_is_the_sum_over_the_group(small_irreps, functions, dtype):
    for group, found in small_irreps:
        f = functions(group, dtype=dtype)
        for irrep, matrices in zip(found, fourier(f, found), strict=True):
            assert matrices.dtype == np.float64
            assert np.allclose(matrices, naive_fourier(f.astype(np.float64), irrep), atol=1e-12), (group.name, irrep)


@pytest.mark.parametrize("dtype", DTYPES)
def test_inversion(small_irreps, functions, dtype):
    for group, found in small_irreps:
        f = functions(group, 2, 3, dtype=dtype)
        assert np.allclose(inverse_fourier(fourier(f, found), found), f, atol=1e-12), group.name


def test_plancherel(small_irreps, functions):
    for group, found in small_irreps:
        f = functions(group)
        energy = sum(irrep.weight * (m**2).sum() for irrep, m in zip(found, fourier(f, found), strict=True))
        assert np.isclose(energy / group.order, (f**2).sum()), group.name


@pytest.mark.parametrize("dtype", DTYPES)
def test_power_sums_to_one_and_is_the_energy_of_the_projections(small_irreps, functions, dtype):
    for group, found in small_irreps:
        f = functions(group, 4, dtype=dtype)
        shares = power(f, found)
        assert shares.shape == (4, len(found))
        assert np.allclose(shares.sum(axis=-1), 1), group.name
        for i, irrep in enumerate(found):
            part = isotypic_projection(f, irrep)
            assert np.allclose(shares[:, i], (part**2).sum(-1) / (f.astype(float) ** 2).sum(-1)), (group.name, irrep)


def test_power_of_zero_is_zero(small_irreps):
    for group, found in small_irreps:
        assert (power(np.zeros((2, group.order)), found) == 0).all(), group.name


def test_isotypic_projections_are_idempotent_orthogonal_and_complete(small_irreps, functions):
    for group, found in small_irreps:
        f = functions(group)
        parts = [isotypic_projection(f, irrep) for irrep in found]
        assert np.allclose(sum(parts), f), group.name
        for i, irrep in enumerate(found):
            for j, part in enumerate(parts):
                expected = part if i == j else np.zeros(group.order)
                assert np.allclose(isotypic_projection(part, irrep), expected, atol=1e-12), (group.name, i, j)


def test_power_is_invariant_under_translation(small_irreps, functions):
    for group, found in small_irreps:
        f = functions(group)
        for g in group.generators:
            assert np.allclose(power(f[group.table[g]], found), power(f, found)), group.name
            assert np.allclose(power(f[group.table[:, g]], found), power(f, found)), group.name


def test_a_delta_has_the_matrix_of_its_element(small_irreps):
    for group, found in small_irreps:
        for irrep, matrices in zip(found, fourier(np.eye(group.order), found), strict=True):
            assert np.allclose(matrices, irrep.matrices), (group.name, irrep)


@pytest.mark.parametrize("dtype", DTYPES)
def test_convolution_is_the_sum_over_factorisations(small_irreps, functions, dtype):
    for group, found in small_irreps:
        f, h = functions(group, dtype=dtype, seed=1), functions(group, dtype=dtype, seed=2)
        expected = naive_convolve(f.astype(np.float64), h.astype(np.float64), group)
        assert np.allclose(convolve(f, h, found), expected, atol=1e-11), group.name


def test_mirror_correlation_is_a_convolution(small_irreps, functions):
    for group, found in small_irreps:
        left, right = functions(group, seed=1), functions(group, seed=2)
        everything = np.arange(group.order)
        expected = [(left[group.table[g, group.inverse]] * right[everything]).sum() for g in everything]
        assert np.allclose(convolve(left, right, found), expected, atol=1e-11), group.name


@pytest.mark.parametrize("side", ["left", "right"])
def test_autocorrelation_is_its_sum(small_irreps, functions, side):
    for group, found in small_irreps:
        f = functions(group)
        expected = naive_autocorrelation(f, group, side)
        assert np.allclose(autocorrelation(f, found, side=side), expected, atol=1e-11), group.name


@pytest.mark.parametrize("side", ["left", "right"])
def test_autocorrelation_gives_the_energy_of_coset_means(small_irreps, functions, side):
    for group, found in small_irreps:
        f = functions(group)
        correlation = autocorrelation(f, found, side=side)
        for a in range(group.order):
            H = group.subgroup([a]).elements
            cosets = group.table[:, H] if side == "left" else group.table[H].T  # row g: the coset of g
            energy = (f[cosets].mean(axis=1) ** 2).sum()
            assert np.isclose(correlation[H].mean(), energy), (group.name, a)


def test_functions_of_the_wrong_length_are_refused(small_irreps):
    group, found = next((group, found) for group, found in small_irreps if group.name == "S3")
    for call in (lambda f: fourier(f, found), lambda f: power(f, found), lambda f: isotypic_projection(f, found[1])):
        with pytest.raises(ValueError, match=r"`f` has 5 values on its last axis; the group of irrep .* has order 6"):
            call(np.zeros((2, group.order - 1)))


def test_unknown_side_is_refused(small_irreps):
    group, found = small_irreps[1]
    with pytest.raises(ValueError, match="`side` must be 'left' or 'right', not 'l'"):
        inspect.unwrap(autocorrelation)(np.zeros(group.order), found, side="l")  # past the type check of the test run


def test_lists_of_different_length_are_refused(small_irreps, functions):
    group, found = next((group, found) for group, found in small_irreps if group.name == "S3")
    with pytest.raises(ValueError, match="got 3 for 2"):
        inverse_fourier(fourier(functions(group), found), found[:2])
