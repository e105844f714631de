"""The null distribution against numbers computed elsewhere: spec facts about random vectors of the irrep (4,1) of S5."""

import numpy as np
import pytest

from cosetta.circuits import CosetNull
from cosetta.groups import named_group, subgroup_lattice
from cosetta.harmonics import irreps


@pytest.fixture(scope="module")
def null():
    group = named_group("S5")
    return CosetNull(subgroup_lattice(group), irreps(group), samples=4000, seed=0)


def only(null, name):
    return np.array([float(irrep.name == name) for irrep in null.irreps])


def explained_by(null, irrep, name):
    """Share explained by the best conjugate of one class, one a draw."""
    members = np.array([n == name for n in null.lattice.names])
    i = [rho.name for rho in null.irreps].index(irrep)
    return null._draws(i)[:, members].max(axis=1)


def test_the_best_conjugate_of_a_random_standard_vector(null):
    s3, s4 = explained_by(null, "(4,1)", "S3"), explained_by(null, "(4,1)", "S4")
    assert s3.mean() == pytest.approx(0.79, abs=0.01)
    assert np.quantile(s3, 0.95) == pytest.approx(0.90, abs=0.01)
    assert s4.mean() == pytest.approx(0.507, abs=0.01)
    assert np.quantile(s4, 0.99) == pytest.approx(0.756, abs=0.015)


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
