"""The chance of a label: known geometry, the definition, and calibration with the choice repeated."""

import numpy as np
import pytest
from scipy.stats import binomtest

from cosetta.groups import named_group, subgroup_lattice
from cosetta.harmonics import irreps
from cosetta.measures import CosetNull
from cosetta.measures.cells import Cells, choose


def cells_of(name, twisted=False):
    group = named_group(name)
    return Cells(subgroup_lattice(group), irreps(group), twisted)


@pytest.fixture(scope="module")
def null():
    return CosetNull(cells_of("S5"), samples=4000, seed=0)


def only(cells, name):
    return np.array([float(irrep.name == name) for irrep in cells.irreps])


def test_random_standard_vectors_against_point_stabilisers(null):
    """The oracle is geometry: the S4-fixed vectors of (4,1) are the corners of a regular simplex in four dimensions."""
    corners = np.eye(5) - 1 / 5
    corners /= np.linalg.norm(corners, axis=1, keepdims=True)
    v = np.random.default_rng(5).standard_normal((4000, 5))
    v -= v.mean(axis=1, keepdims=True)
    expected = ((v @ corners.T) ** 2 / (v**2).sum(axis=1, keepdims=True)).max(axis=1)
    lattice = null.cells.lattice
    stabilisers = np.array([name == "S4" for name in lattice.names])
    draws = null._draws([rho.name for rho in null.cells.irreps].index("(4,1)"))[:, stabilisers].max(axis=1)
    for quantile in (0.05, 0.5, 0.95, 0.99):
        assert np.quantile(draws, quantile) == pytest.approx(np.quantile(expected, quantile), abs=0.02)
    assert draws.mean() == pytest.approx(0.655, abs=0.01)  # the figure of docs/theory.md


def test_draws_are_what_averaging_over_cosets_leaves(null):
    """|P_H v|^2 from the definition, for a function <u, rho(g) v> of one irrep."""
    rho = next(irrep for irrep in null.cells.irreps if irrep.name == "(2,2,1)").matrices
    lattice = null.cells.lattice
    rng, group = np.random.default_rng(0), lattice.group
    u, v = rng.standard_normal((2, rho.shape[1]))
    f = np.einsum("i,gij,j->g", u, rho, v)
    H = lattice.subgroup(100)
    mean = f[group.table[:, H.elements]].mean(axis=1)
    projected = rho[H.elements].mean(axis=0) @ v
    assert (mean**2).sum() / (f**2).sum() == pytest.approx((projected**2).sum() / (v**2).sum())


def test_the_chance_of_one_irrep_is_the_beta_distribution_of_a_random_vector(null):
    """One cell of a family of one: the closed form against 4,000 draws."""
    cells, power = null.cells, only(null.cells, "(3,2)")
    family = cells.families.index("S3xS2")
    fractions = null.fractions(power)[:, cells.starts[family]]
    for level in (0.1, 0.3, 0.6, 0.9):
        at = np.quantile(fractions, level)
        best = np.ones(len(cells.families))
        best[family] = at
        chance = np.exp(cells.log_chance(power, best)[family] - np.log(cells.sizes[family]))
        assert chance == pytest.approx(level, abs=0.03) or chance == pytest.approx(1 / cells.sizes[family])


def test_structure_forced_by_the_irrep_is_not_significant(null):
    power = only(null.cells, "(1^5)")
    assert null.p_value(power, 0.0) == 1.0
    assert null.covered(power) == 1.0


def test_structure_not_forced_by_the_irrep_is(null):
    cells, power = null.cells, only(null.cells, "(4,1)")
    best = np.ones(len(cells.families))
    best[cells.families.index("S4")] = 1e-3
    assert null.p_value(power, float(cells.log_chance(power, best).min())) < 0.01
    best[cells.families.index("S4")] = 0.4
    assert null.p_value(power, float(cells.log_chance(power, best).min())) > 0.2


@pytest.mark.parametrize("name", ["S4", "S5", "A5", "D8"])
@pytest.mark.parametrize("twisted", [False, True])
def test_null_neurons_get_small_p_values_no_more_often_than_they_may(name, twisted):
    """Every irrep, fresh draws, each with the cell that it would choose: at most 5 % below 0.05, by its interval."""
    cells = cells_of(name, twisted)
    null, fresh = CosetNull(cells, samples=1000, seed=0), CosetNull(cells, samples=300, seed=7)
    small = total = 0
    for i in range(1, len(cells.irreps)):
        power = np.eye(len(cells.irreps))[i]
        best = cells.best(fresh.fractions(power))
        chances = cells.log_chance(power, best)
        chosen = choose(chances, np.where(cells.evident(power, chances), best, 1.0), cells.orders, 0.01)
        p = [null.p_value(power, float(chances[k, f])) for k, f in enumerate(chosen)]
        small, total = small + sum(value < 0.05 for value in p), total + len(p)
    assert binomtest(small, total, 0.05, alternative="greater").pvalue > 0.001


def test_without_repeating_the_choice_null_neurons_look_significant():
    """The fault that the null mends: the chance of the best of all families, taken as if it had been the only one."""
    cells = cells_of("S5")
    fresh, power = CosetNull(cells, samples=2000, seed=7), only(cells, "(3,1,1)")
    chances = cells.log_chance(power, cells.best(fresh.fractions(power)))
    assert (np.exp(chances.min(axis=1)) < 0.05).mean() > 0.06


@pytest.mark.parametrize("name", ["S4", "S5", "C7:C3", "Q8"])
def test_cells_of_a_function_are_the_definition(name):
    """What a signed cell leaves, by projecting f on functions with f(gh) = chi(h) f(g)."""
    cells = cells_of(name, twisted=True)
    lattice, group = cells.lattice, cells.lattice.group
    f = np.random.default_rng(0).standard_normal(group.order)
    f -= f.mean()
    of_subgroups = np.array(
        [
            1 - (f[group.table[:, H]].mean(axis=1) ** 2).sum() / (f**2).sum()
            for H in map(np.flatnonzero, lattice.members)
        ]
    )
    found = cells.fractions(of_subgroups)
    for cell in range(0, len(cells.subgroups), max(1, len(cells.subgroups) // 40)):
        H, kernel = (np.flatnonzero(lattice.members[x[cell]]) for x in (cells.subgroups, cells.kernels))
        signs = np.where(np.isin(H, kernel), 1.0, -1.0)
        projected = (f[group.table[:, H]] * signs).mean(axis=1)
        assert found[cell] == pytest.approx(1 - (projected**2).sum() / (f**2).sum(), abs=1e-9)


def test_a_smaller_subgroup_is_not_chosen_because_it_has_more_freedom():
    """S4 with noise, beside its subgroups, which leave a little less: the largest that the evidence does not part."""
    cells = cells_of("S5")
    power = only(cells, "(4,1)")
    best = np.full(len(cells.families), 0.6)
    for name, left in (("S4", 0.009), ("A4", 0.0089), ("S3", 0.008), ("C2 (12)", 0.004)):
        best[cells.families.index(name)] = left
    chances = cells.log_chance(power, best)
    assert cells.families[int(choose(chances, best, cells.orders, 0.01))] == "S4"
