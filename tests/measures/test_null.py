"""The null distribution: known values for the irrep (4,1) of S5, the definition, and its own calibration."""

import numpy as np
import pytest

from cosetta.groups import named_group, subgroup_lattice
from cosetta.harmonics import irreps
from cosetta.measures import CosetNull


@pytest.fixture(scope="module")
def null():
    group = named_group("S5")
    return CosetNull(subgroup_lattice(group), irreps(group), samples=4000, seed=0)


def only(null, name):
    return np.array([float(irrep.name == name) for irrep in null.irreps])


def test_random_standard_vectors_against_point_stabilisers(null):
    """The oracle is geometry: the S4-fixed vectors of (4,1) are the corners of a regular simplex in four dimensions."""
    corners = np.eye(5) - 1 / 5
    corners /= np.linalg.norm(corners, axis=1, keepdims=True)
    v = np.random.default_rng(5).standard_normal((4000, 5))
    v -= v.mean(axis=1, keepdims=True)
    expected = ((v @ corners.T) ** 2 / (v**2).sum(axis=1, keepdims=True)).max(axis=1)
    stabilisers = np.array([name == "S4" for name in null.lattice.names])
    draws = null._draws([rho.name for rho in null.irreps].index("(4,1)"))[:, stabilisers].max(axis=1)
    for quantile in (0.05, 0.5, 0.95, 0.99):
        assert np.quantile(draws, quantile) == pytest.approx(np.quantile(expected, quantile), abs=0.02)
    assert draws.mean() == pytest.approx(0.655, abs=0.01)  # the figure of docs/theory.md


def test_draws_are_what_averaging_over_cosets_leaves(null):
    """|P_H v|^2 from the definition, for a function <u, rho(g) v> of one irrep."""
    rho = next(irrep for irrep in null.irreps if irrep.name == "(2,2,1)").matrices
    rng, group = np.random.default_rng(0), null.lattice.group
    u, v = rng.standard_normal((2, rho.shape[1]))
    f = np.einsum("i,gij,j->g", u, rho, v)
    H = null.lattice.subgroup(100)
    mean = f[group.table[:, H.elements]].mean(axis=1)
    projected = rho[H.elements].mean(axis=0) @ v
    assert (mean**2).sum() / (f**2).sum() == pytest.approx((projected**2).sum() / (v**2).sum())


def test_structure_forced_by_the_irrep_is_not_significant(null):
    assert null.p_value(only(null, "(1^5)"), order=60, fraction=1e-8) == 1.0


def test_structure_not_forced_by_the_irrep_is(null):
    assert null.p_value(only(null, "(4,1)"), order=24, fraction=1e-3) == pytest.approx(1 / 4001)
    assert null.p_value(only(null, "(4,1)"), order=6, fraction=0.21) > 0.2


def test_p_values_of_null_functions_are_uniform(null):
    """A test of size alpha rejects a share alpha of random functions: the calibration itself."""
    fresh = CosetNull(null.lattice, null.irreps, samples=999, seed=1)
    shares = 0.6 * only(null, "(4,1)") + 0.4 * only(null, "(2,2,1)")
    p = np.array([null.p_value(shares, 12, fraction) for fraction in fresh.best_fractions(shares, 12)])
    for alpha in (0.05, 0.2, 0.5):
        assert (p <= alpha).mean() == pytest.approx(alpha, abs=0.04)
