r"""How long networks take to grok, when some have not grokked by the time their training ends.

A run has grokked at the first evaluation with test accuracy 0.99 or more after which none falls below. A run that never
gets there is censored: its time is only known to be longer than its training. The Kaplan-Meier estimate of the share
that has not grokked yet, $S(t) = \prod_{t_i \le t} (1 - d_i/n_i)$ over the times $t_i$ at which $d_i$ of the $n_i$ runs
still in training grok, uses both kinds; a mean over those that grokked would be too short.
"""

import warnings
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
import polars as pl
from scipy import stats

from cosetta.errors import BadConfig
from cosetta.population.shares import FEWEST_RUNS, _note
from cosetta.population.tables import Census

__all__ = ["GrokTimes", "grok_times"]

CONFIDENCE = 0.95


@final
@dataclass(frozen=True)
class GrokTimes:
    """Kaplan-Meier estimate of the time to grok of a population.

    Args:
        unit: `steps` of the optimiser, or wall-clock `seconds` of training, on whatever machine it was.
        runs: number of finished runs.
        censored: how many of them had not grokked at their end.
        time: 0, then the times at which a run grokked or ended, ascending.
        not_grokked: share not grokked by each time, in [0, 1].
        low: lower bound of its pointwise 95 % band (log-log); None where there are too few runs.
        high: upper bound, likewise.
        censored_at: times at which censored runs ended.
        median: first time by which half have grokked; None if that is not reached.
        median_low: lower bound of its 95 % interval, where the lower band falls to a half; None likewise.
        median_high: upper bound, where the upper band does; None likewise.
        note: what is not reached or cannot be said, or an empty string.
    """

    unit: Literal["steps", "seconds"]
    runs: int
    censored: int
    time: tuple[float, ...]
    not_grokked: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    censored_at: tuple[float, ...]
    median: float | None
    median_low: float | None
    median_high: float | None
    note: str = ""


def grok_times(census: Census, unit: Literal["steps", "seconds"] = "steps") -> GrokTimes:
    """Kaplan-Meier estimate of the time to grok over the finished runs of a population.

    Unfinished and failed runs are left out: when their training would have ended is not known.

    Args:
        census: one population.
        unit: `steps`, or wall-clock `seconds`, which depend on the machine and its load.

    Returns:
        The estimate, with a band and a median.

    Raises:
        BadConfig: if no run is finished.

    Source:
        Kaplan and Meier 1958, through `scipy.stats.ecdf`; the interval of the median is Brookmeyer and Crowley's
        (1982), on the log-log band.

    Example:
        >>> runs = pl.DataFrame({"run": ["a", "b"], "status": "finished", "steps": [90, 50], "grok_step": [40, None]})
        >>> found = grok_times(Census(runs, pl.DataFrame()))
        >>> found.time, found.not_grokked, found.median, found.censored
        ((0.0, 40.0, 50.0), (1.0, 0.5, 0.5), 40.0, 1)
    """
    event, end = {"steps": ("grok_step", "steps"), "seconds": ("grok_seconds", "seconds")}[unit]
    runs = census.runs.filter(pl.col("status") == "finished", pl.col(end).is_not_null())
    if not runs.height:
        raise BadConfig("grok times need finished runs; there is none here: train some, or name another folder")
    censored = runs[event].is_null().to_numpy()
    times = runs.select(pl.coalesce(event, end)).to_series().cast(pl.Float64).to_numpy()
    estimate = stats.ecdf(stats.CensoredData.right_censored(times, censored)).sf
    low, high = _band(estimate, runs.height)
    time, share = estimate.quantiles, estimate.probabilities
    median = _first_at_half(time, share)
    notes = [_note(runs.height)] if runs.height < FEWEST_RUNS else []
    if median is None:
        notes.append("the median is not reached: more than half of the population has not grokked")
    return GrokTimes(
        unit=unit,
        runs=runs.height,
        censored=int(censored.sum()),
        time=(0.0, *time.tolist()),
        not_grokked=(1.0, *share.tolist()),
        low=(None, *low),
        high=(None, *high),
        censored_at=tuple(sorted(times[censored].tolist())),
        median=median,
        median_low=_first_at_half(time, low),
        median_high=_first_at_half(time, high),
        note="; ".join(notes),
    )


def _band(estimate: Any, runs: int) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
    """Pointwise log-log band; None where it is not defined: too few runs, or an estimate of exactly 0 or 1."""
    if runs < FEWEST_RUNS:
        return (None,) * len(estimate.quantiles), (None,) * len(estimate.quantiles)
    with warnings.catch_warnings(), np.errstate(all="ignore"):  # the band at estimates of 0 and 1 is 0/0: None below
        warnings.simplefilter("ignore", RuntimeWarning)
        found = estimate.confidence_interval(CONFIDENCE, method="log-log")
    bounds = (found.low.probabilities, found.high.probabilities)
    low, high = (tuple(float(p) if np.isfinite(p) else None for p in bound) for bound in bounds)
    return low, high


def _first_at_half(times: Any, shares: Any) -> float | None:
    """First time at which a falling curve is at one half or below; a product of fractions may miss 1/2 by rounding."""
    for time, share in zip(times, shares, strict=True):
        if share is not None and share <= 0.5 + 1e-9:
            return float(time)
    return None
