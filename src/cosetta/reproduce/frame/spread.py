"""How a number is spread over runs: the mean with a bootstrap interval, and the five numbers of a box plot.

A run is the unit: neurons, pairs and checkpoints of one network are not independent, so intervals resample runs. Below
`MIN_RUNS` runs there is no interval, and the words for that are "n too small".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from cosetta.population.shares import FEWEST_RUNS, mean_interval

__all__ = ["FIVE", "MIN_RUNS", "TOO_FEW", "Mean", "five_numbers", "mean_over_runs"]

MIN_RUNS = FEWEST_RUNS
"""Fewest runs that are given an interval: with fewer, resampling knows too few different means."""

TOO_FEW = "n too small"
"""What stands in place of an interval or verdict that needs more runs."""

FIVE = ("min", "q25", "median", "q75", "max")
"""Names of the five numbers."""


@final
@dataclass(frozen=True)
class Mean:
    """A mean over runs with its 95 % interval.

    Args:
        value: the mean; None without runs.
        low: lower end of the interval; None when n is too small.
        high: upper end of the interval; None when n is too small.
        n: number of runs.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int

    def says(self, form: str = "{:.1%}") -> str:
        """The mean in words, with its interval or the words that n is too small.

        Args:
            form: how a number is printed.

        Returns:
            Such as `55.0% [52.1%, 57.9%], 20 runs`.
        """
        runs = f"{self.n} run" + "s" * (self.n != 1)
        if self.value is None:
            return f"not measured, {runs}"
        if self.low is None or self.high is None:
            return f"{form.format(self.value)}, {runs} ({TOO_FEW} for an interval)"
        return f"{form.format(self.value)} [{form.format(self.low)}, {form.format(self.high)}], {runs}"

    def covers(self, value: float) -> bool:
        """Whether a value lies in the interval.

        Args:
            value: the value.

        Returns:
            False when there is no interval.
        """
        return self.low is not None and self.high is not None and self.low <= value <= self.high


def mean_over_runs(values: Sequence[float], seed: int = 0) -> Mean:
    """Mean with a 95 % percentile bootstrap interval over runs.

    Args:
        values: one number a run.
        seed: seed of the resampling.

    Returns:
        The mean; without an interval below `MIN_RUNS` runs.

    Source:
        Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 13.3; scipy's, by `mean_interval`.

    Example:
        >>> mean_over_runs([0.5, 0.7])
        Mean(value=0.6, low=None, high=None, n=2)
        >>> mean_over_runs([1.0] * 8).says()
        '100.0% [100.0%, 100.0%], 8 runs'
    """
    array = np.asarray(values, dtype=np.float64)
    if not len(array):
        return Mean(None, None, None, 0)
    value = float(array.mean())
    low, high = mean_interval(array[:, None], seed)
    return Mean(value, low[0], high[0], len(array))


def five_numbers(values: Sequence[float] | np.ndarray) -> dict[str, float]:
    """Minimum, quartiles and maximum.

    Args:
        values: at least one number.

    Returns:
        The numbers by the names in `FIVE`.

    Example:
        >>> five_numbers([1.0, 2.0, 3.0, 4.0, 9.0])
        {'min': 1.0, 'q25': 2.0, 'median': 3.0, 'q75': 4.0, 'max': 9.0}
    """
    return dict(
        zip(FIVE, np.quantile(np.asarray(values, dtype=np.float64), [0, 0.25, 0.5, 0.75, 1]).tolist(), strict=True)
    )
