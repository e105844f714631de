"""Kaplan-Meier against the product over hand-made runs; censored runs are neither dropped nor counted as grokked."""

import numpy as np
import polars as pl
import pytest

from cosetta.errors import BadConfig
from cosetta.population import Census, grok_times


def population(grokked, censored, status="finished"):
    runs = {
        "run": [f"{i}" for i in range(len(grokked) + len(censored))],
        "status": status,
        "steps": [10**6] * len(grokked) + list(censored),
        "grok_step": pl.Series([*grokked, *[None] * len(censored)], dtype=pl.Int64),
    }
    frame = pl.DataFrame(runs).with_columns(seconds=pl.col("steps") / 100, grok_seconds=pl.col("grok_step") / 100)
    return Census(frame, pl.DataFrame())


def product_limit(grokked, censored):
    """The estimate as its definition reads; runs censored at t are still at risk at t."""
    share, points = 1.0, [(0.0, 1.0)]
    for time in sorted({*grokked, *censored}):
        at_risk = sum(t >= time for t in (*grokked, *censored))
        share *= 1 - grokked.count(time) / at_risk
        points.append((float(time), share))
    return points


def test_the_textbook_example():
    """Times 6, 6, 6, 6+, 7, 9+, 10, 10+, 11+ of Freireich et al. 1963, worked by hand."""
    found = grok_times(population([6, 6, 6, 7, 10], [6, 9, 10, 11]))
    assert found.time == (0, 6, 7, 9, 10, 11)
    hand = (1, 6 / 9, 6 / 9 * 4 / 5, 6 / 9 * 4 / 5, 6 / 9 * 4 / 5 * 2 / 3, 6 / 9 * 4 / 5 * 2 / 3)
    assert found.not_grokked == pytest.approx(hand)
    assert found.censored == 4
    assert found.censored_at == (6, 9, 10, 11)
    assert found.median == 10


@pytest.mark.parametrize("seed", range(5))
def test_any_sample_agrees_with_the_product(seed):
    rng = np.random.default_rng(seed)
    grokked, censored = rng.integers(1, 12, 20).tolist(), rng.integers(1, 12, 8).tolist()
    found = grok_times(population(grokked, censored))
    expected = product_limit(grokked, censored)
    assert list(zip(found.time, found.not_grokked, strict=True)) == [(t, pytest.approx(s)) for t, s in expected]


def test_the_band_is_the_log_log_one():
    grokked, censored = [1, 3, 4, 5, 8, 9], [2, 6]
    found = grok_times(population(grokked, censored))
    position = found.time.index(4)
    variance = sum(1 / (n * (n - 1)) for n in (8, 6, 5))  # Greenwood: one grokked of n at risk, at 1, 3 and 4
    share = found.not_grokked[position]
    width = 1.959964 * np.sqrt(variance) / abs(np.log(share))
    assert found.low[position] == pytest.approx(share ** np.exp(width), rel=1e-5)
    assert found.high[position] == pytest.approx(share ** np.exp(-width), rel=1e-5)
    assert found.median_low <= found.median
    assert found.note == ""


def test_censoring_lengthens_the_median():
    everything = grok_times(population([10, 20, 30, 40, 50], []))
    assert everything.median == 30
    assert everything.not_grokked[-1] == 0
    some = grok_times(population([10, 20, 30, 40, 50], [100] * 4))
    assert some.median == 50
    assert some.censored == 4


def test_a_median_that_is_not_reached_is_said():
    found = grok_times(population([10, 20], [100] * 6))
    assert found.median is None
    assert found.median_high is None
    assert "median is not reached" in found.note
    never = grok_times(population([], [100] * 6))
    assert (never.median, never.censored, never.not_grokked) == (None, 6, (1.0, 1.0))


@pytest.mark.parametrize("runs", [24, 38, 44, 46])
def test_exactly_half_is_the_median_whatever_the_rounding(runs):
    """The product (1 - 1/n)(1 - 1/(n-1)).. is 1/2 after n/2 runs, up to the last digit."""
    assert grok_times(population(list(range(1, runs)), [runs])).median == runs / 2


def test_too_few_runs_have_no_band():
    found = grok_times(population([10, 20, 30], []))
    assert found.median == 20
    assert set(found.low) == set(found.high) == {None}
    assert (found.median_low, found.median_high) == (None, None)
    assert found.note == "n too small for an interval: 3 runs, at least 5 are needed"


def test_the_interval_of_the_median_covers_it():
    covered = []
    for seed in range(60):
        times = np.ceil(1000 * np.random.default_rng(seed).weibull(2, 40)).astype(int)
        found = grok_times(population(times[times <= 1500].tolist(), [1500] * int((times > 1500).sum())))
        covered.append(found.median_low <= 1000 * np.sqrt(np.log(2)) <= (found.median_high or np.inf))
    assert np.mean(covered) >= 0.9


def test_seconds_and_steps_are_the_same_runs():
    found = grok_times(population([10, 20, 30, 40, 50], [60]), "seconds")
    assert found.time == pytest.approx((0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6))
    assert found.unit == "seconds"


def test_only_finished_runs_have_a_time():
    with pytest.raises(BadConfig, match="need finished runs"):
        grok_times(population([10], [], status="failed"))
