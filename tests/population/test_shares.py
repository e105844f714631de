"""Planted populations: known shares are recovered, equal populations are not told apart, different ones are."""

import numpy as np
import polars as pl
import pytest

from cosetta.errors import BadConfig
from cosetta.population import Census, census_distance, class_shares
from cosetta.population.shares import FEWEST_RUNS, mean_interval

NAMES = ("S4", "F20", "A5", "none", "dead")


def population(probabilities, runs, seed, width=64, group="S5", spread=30.0):
    """Runs whose shares scatter around the probabilities, more than neurons drawn one by one would."""
    rng = np.random.default_rng(seed)
    rows = []
    for run in range(runs):
        own = rng.dirichlet(np.array(probabilities) * spread + 1e-9)
        rows += [{"run": f"{seed}-{run}", "subgroup": NAMES[i]} for i in rng.choice(len(NAMES), width, p=own)]
    names = [f"{seed}-{run}" for run in range(runs)]
    return Census(pl.DataFrame({"run": names, "group": group, "status": "finished"}), pl.DataFrame(rows))


SHARES = (0.6, 0.2, 0.1, 0.05, 0.05)
OTHER = (0.4, 0.2, 0.3, 0.05, 0.05)


def test_planted_shares_are_recovered():
    found = class_shares(population(SHARES, 200, seed=0))
    assert found.names == NAMES
    assert found.runs == 200
    assert found.note == ""
    assert sum(found.share) == pytest.approx(1)
    for share, low, high, truth in zip(found.share, found.low, found.high, SHARES, strict=True):
        assert low < share < high
        assert share == pytest.approx(truth, abs=0.03)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    covered = []
    for seed in range(100):
        found = class_shares(population(SHARES, 30, seed=seed, width=16))
        bounds = dict(zip(found.names, zip(found.low, found.high, strict=True), strict=True))
        covered.append(bounds["S4"][0] <= 0.6 <= bounds["S4"][1])
    assert 0.88 <= np.mean(covered) <= 0.99


def test_a_run_counts_once_however_wide_it_is():
    runs = pl.DataFrame({"run": ["narrow", "wide"], "group": "S5", "status": "finished"})
    wide = pl.DataFrame({"run": ["wide"] * 98, "subgroup": ["S4"] * 98})
    narrow = pl.DataFrame({"run": ["narrow"] * 2, "subgroup": ["A5", "A5"]})
    found = class_shares(Census(runs, pl.concat([wide, narrow])))
    assert dict(zip(found.names, found.share, strict=True)) == {"A5": 0.5, "S4": 0.5}
    assert dict(zip(found.names, found.found_in, strict=True)) == {"A5": 0.5, "S4": 0.5}


def test_too_few_runs_have_shares_and_no_interval():
    found = class_shares(population(SHARES, FEWEST_RUNS - 1, seed=0))
    assert set(found.low) == set(found.high) == {None}
    assert found.note == "n too small for an interval: 4 runs, at least 5 are needed"
    assert class_shares(population(SHARES, FEWEST_RUNS, seed=0)).note == ""
    apart = census_distance(population(SHARES, 4, seed=0), population(SHARES, 9, seed=1))
    assert (apart.low, apart.high, apart.p_value, apart.by_chance) == (None,) * 4
    assert apart.note.startswith("n too small")


def test_unfinished_runs_do_not_count():
    part = population(SHARES, 6, seed=0)
    runs = part.runs.with_columns(status=pl.Series(["finished"] * 5 + ["failed"]))
    assert class_shares(Census(runs, part.neurons)).runs == 5


def test_shares_are_those_of_one_group_with_labels():
    first, second = population(SHARES, 2, seed=0), population(SHARES, 2, seed=1, group="S4")
    both = Census(pl.concat([first.runs, second.runs]), pl.concat([first.neurons, second.neurons]))
    with pytest.raises(BadConfig, match="runs of one group; these are of S4, S5"):
        class_shares(both)
    with pytest.raises(BadConfig, match="runs of one group"):
        census_distance(first, second)
    with pytest.raises(BadConfig, match="has neurons with `subgroup`"):
        class_shares(Census(first.runs, first.neurons.clear()))


def test_the_distance_is_the_naive_one():
    first, second = population(SHARES, 5, seed=0), population(OTHER, 7, seed=1)

    def means(part):
        runs = [rows["subgroup"].to_list() for _, rows in part.neurons.group_by("run")]
        return [sum(run.count(name) / len(run) for run in runs) / len(runs) for name in NAMES]

    naive = sum(abs(p - q) for p, q in zip(means(first), means(second), strict=True)) / 2
    found = census_distance(first, second)
    assert found.distance == pytest.approx(naive)
    assert found.runs == (5, 7)
    assert census_distance(second, first).distance == pytest.approx(naive)
    assert census_distance(first, first).distance == 0


def test_the_interval_holds_the_distance():
    part = population(SHARES, 12, seed=0)
    same = census_distance(part, part)
    assert (same.low, same.distance, same.p_value) == (0, 0, 1)
    assert 0 < same.high < 0.3
    for seed in range(1, 12):
        found = census_distance(part, population(SHARES, 12, seed=seed, width=16))
        assert 0 <= found.low <= found.distance <= found.high <= 1


def test_different_populations_are_told_apart():
    found = census_distance(population(SHARES, 40, seed=0), population(OTHER, 40, seed=1))
    assert found.p_value == 1e-4
    assert found.low <= 0.2 <= found.high
    assert found.low > found.by_chance


def test_equal_populations_are_not(monkeypatch):
    monkeypatch.setattr("cosetta.population.shares.PERMUTATIONS", 199)
    monkeypatch.setattr("cosetta.population.shares.RESAMPLES", 99)
    found = [
        census_distance(population(SHARES, 12, 2 * i, width=16), population(SHARES, 12, 2 * i + 1, width=16))
        for i in range(60)
    ]
    p_values = np.array([row.p_value for row in found])
    assert np.mean(p_values <= 0.05) <= 0.15
    assert 0.35 < np.mean(p_values) < 0.65
    assert np.quantile(p_values, 0.25) < 0.45
    assert np.mean([row.low < row.by_chance for row in found]) > 0.8


def test_the_same_seed_gives_the_same_interval():
    part = population(SHARES, 9, seed=0)
    assert class_shares(part) == class_shares(part)
    assert class_shares(part, seed=1).low != class_shares(part).low
    shuffled = Census(part.runs, part.neurons.sample(fraction=1, shuffle=True, seed=3))
    assert class_shares(shuffled) == class_shares(part)


def test_the_interval_of_a_mean_is_near_the_normal_one():
    values = np.random.default_rng(0).normal(size=(400, 2))
    low, high = mean_interval(values)
    for column in range(2):
        mean, error = values[:, column].mean(), values[:, column].std() / 20
        assert low[column] == pytest.approx(mean - 1.96 * error, abs=0.2 * error)
        assert high[column] == pytest.approx(mean + 1.96 * error, abs=0.2 * error)
