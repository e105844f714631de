"""The null distribution: known values for the irrep (4,1) of S5, the definition, and its own calibration."""

import numpy as np
import pytest
from scipy import stats

from cosetta.groups import named_group, subgroup_lattice
from cosetta.harmonics import irreps
from cosetta.measures import CosetNull
from cosetta.measures.cells import Cells


@pytest.fixture(scope="module")
def null():
    return null_of("S5", samples=4000)


def null_of(name, samples, seed=0):
    group = named_group(name)
    return CosetNull(Cells(subgroup_lattice(group), irreps(group)), samples=samples, seed=seed)


def only(null, name):
    return np.array([float(irrep.name == name) for irrep in null.cells.irreps])


def log_chance(null, power, family, fraction):
    """Log chance of one family of cells that leaves this fraction."""
    cells = null.cells
    return cells.log_chance(power, np.full(len(cells.families), fraction))[cells.families.index(family)]


def test_random_standard_vectors_against_point_stabilisers(null):
    """The oracle is geometry: the S4-fixed vectors of (4,1) are the corners of a regular simplex in four dimensions."""
    corners = np.eye(5) - 1 / 5
    corners /= np.linalg.norm(corners, axis=1, keepdims=True)
    v = np.random.default_rng(5).standard_normal((4000, 5))
    v -= v.mean(axis=1, keepdims=True)
    expected = ((v @ corners.T) ** 2 / (v**2).sum(axis=1, keepdims=True)).max(axis=1)
    stabilisers = np.array([name == "S4" for name in null.cells.lattice.names])
    draws = null._draws([rho.name for rho in null.cells.irreps].index("(4,1)"))[:, stabilisers].max(axis=1)
    for quantile in (0.05, 0.5, 0.95, 0.99):
        assert np.quantile(draws, quantile) == pytest.approx(np.quantile(expected, quantile), abs=0.02)
    assert draws.mean() == pytest.approx(0.655, abs=0.01)  # the figure of docs/theory.md


def test_draws_are_what_averaging_over_cosets_leaves(null):
    """|P_H v|^2 from the definition, for a function <u, rho(g) v> of one irrep."""
    rho = next(irrep for irrep in null.cells.irreps if irrep.name == "(2,2,1)").matrices
    rng, group = np.random.default_rng(0), null.cells.lattice.group
    u, v = rng.standard_normal((2, rho.shape[1]))
    f = np.einsum("i,gij,j->g", u, rho, v)
    H = null.cells.lattice.subgroup(100)
    mean = f[group.table[:, H.elements]].mean(axis=1)
    projected = rho[H.elements].mean(axis=0) @ v
    assert (mean**2).sum() / (f**2).sum() == pytest.approx((projected**2).sum() / (v**2).sum())


def test_structure_forced_by_the_irrep_is_not_significant(null):
    sign = only(null, "(1^5)")
    assert null.p_value(sign, log_chance(null, sign, "A5", 1e-8)) == 1.0
    assert null.covered(sign) == 1.0


def test_structure_not_forced_by_the_irrep_is(null):
    standard = only(null, "(4,1)")
    assert null.p_value(standard, log_chance(null, standard, "S4", 1e-6)) == pytest.approx(1 / 4001)
    assert 5e-5 < null.p_value(standard, log_chance(null, standard, "S4", 1e-3)) < 0.01  # of many cells, some are lucky
    assert null.p_value(standard, log_chance(null, standard, "S3", 0.21)) > 0.2


def test_the_share_that_chance_covers_against_transpositions(null):
    """The oracle is geometry again: <(ij)> leaves (v_i - v_j)^2 / 2, so four in five vectors fit one by chance.

    Those that fit no better than the best of ten lines must, within 5 %, are no label; those beyond that are.
    """
    v = np.random.default_rng(7).standard_normal((4000, 5))
    v -= v.mean(axis=1, keepdims=True)
    gaps = v[:, :, None] - v[:, None]
    left = (gaps**2 / 2 / (v**2).sum(axis=1)[:, None, None])[:, *np.triu_indices(5, 1)].min(axis=1)
    beyond_chance = left < stats.beta(1 / 2, 3 / 2).ppf(0.05 / 10)
    fits = left < null.threshold
    assert (beyond_chance.mean(), fits.mean()) == (pytest.approx(0.05, abs=0.01), pytest.approx(0.8, abs=0.03))
    assert beyond_chance.mean() - 0.01 < null.covered(only(null, "(4,1)")) < fits.mean() / 2


@pytest.mark.parametrize("name", ["S4", "S5", "A5", "D8"])
def test_null_functions_are_rarely_significant(name):
    """Of random functions, each with the cell that it chooses for itself, at most a share alpha has p < alpha.

    Where the least chance is shared (an irrep that forces the structure), p is 1 and the test rejects less often.
    """
    null, fresh = null_of(name, samples=999), null_of(name, samples=999, seed=1)
    widths = [irrep.dim for irrep in null.cells.irreps]
    mixture = np.array(widths, dtype=float) ** 2
    mixture[0] = 0
    largest = (np.arange(len(widths)) == int(np.argmax(widths))).astype(float)
    for power in (largest, mixture / mixture.sum()):
        p = np.array([null.p_value(power, chance) for chance in fresh._choices(power)[0]])
        for alpha in (0.05, 0.2, 0.5):
            assert (p < alpha).mean() <= alpha + 3 * np.sqrt(2 * alpha * (1 - alpha) / 999)


def test_p_values_of_null_functions_are_uniform_where_nothing_is_forced(null):
    power = 0.6 * only(null, "(4,1)") + 0.4 * only(null, "(2,2,1)")
    p = np.array([null.p_value(power, chance) for chance in null_of("S5", samples=999, seed=1)._choices(power)[0]])
    for alpha in (0.05, 0.2, 0.5):
        assert (p <= alpha).mean() == pytest.approx(alpha, abs=0.04)
