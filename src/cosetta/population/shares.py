r"""Which share of the neurons each class has, over the runs of a population, and how far two populations are apart.

A run is one vector of shares p, over all its neurons, dead ones too. The population's share is the mean over runs, with
a percentile bootstrap over runs. The distance between two populations is the total variation $\frac12 \sum_c |\bar
p_c - \bar q_c|$ of their means, in [0, 1]. Even two samples of one population are some distance apart, so the distance
comes with the one that shuffling the runs gives, and with the p-value of that permutation test.
"""

from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
import polars as pl
from jaxtyping import Float
from scipy import stats

from cosetta.errors import BadConfig
from cosetta.population.tables import Census

__all__ = ["FEWEST_RUNS", "CensusDistance", "ClassShares", "Labels", "census_distance", "class_shares", "mean_interval"]

FEWEST_RUNS = 5
"""Fewest runs of which an interval is given: a bootstrap of fewer knows too few different samples."""

RESAMPLES = 2000
"""Resamples of a bootstrap: enough that a bound of 95 % moves by less than a tenth of the interval's width."""

BATCH = 100
"""Resamples held at once."""

PERMUTATIONS = 9999
"""Shuffles of a permutation test; the smallest p-value is 1e-4."""

Labels = Literal["subgroup", "irrep", "argmin"]


@final
@dataclass(frozen=True)
class ClassShares:
    """Mean share of the neurons in each class, over the runs of a population.

    Args:
        by: `subgroup` (largest subgroup under the threshold), `argmin` (the paper's rule) or `irrep` (dominant irrep),
            all of the left function; `none` and `dead` are classes too.
        names: the classes, most neurons first, then `none` and `dead`.
        share: mean share of each, in [0, 1]; they sum to 1.
        low: lower bound of each 95 % interval; None if there are too few runs.
        high: upper bound, likewise.
        found_in: share of the runs in which the class has a neuron at all, in [0, 1].
        runs: number of runs.
        note: why there is no interval, or an empty string.
    """

    by: Labels
    names: tuple[str, ...]
    share: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    found_in: tuple[float, ...]
    runs: int
    note: str = ""


@final
@dataclass(frozen=True)
class CensusDistance:
    """How far apart the mean shares of two populations are.

    Args:
        by: which labels are compared.
        distance: total variation distance, in [0, 1].
        low: lower bound of its 95 % interval; None if there are too few runs.
        high: upper bound, likewise.
        by_chance: median distance when the runs are dealt out to the two populations at random.
        p_value: share of such deals with at least the measured distance, in (0, 1]; None if there are too few runs.
        runs: number of runs in each.
        note: why there is no interval, or an empty string.
    """

    by: Labels
    distance: float
    low: float | None
    high: float | None
    by_chance: float | None
    p_value: float | None
    runs: tuple[int, int]
    note: str = ""


def class_shares(census: Census, by: Labels = "subgroup", *, seed: int = 0) -> ClassShares:
    """Mean share of the neurons in each class over the explained runs of a population, with intervals over runs.

    Args:
        census: one population; `Census.populations` and `Census.where` make one.
        by: which label of the neurons.
        seed: seed of the bootstrap.

    Returns:
        The shares.

    Raises:
        BadConfig: if the runs are of several groups, or no run has such labels.

    Source:
        Figure 6 of Stander et al. 2023 (arXiv:2312.06581), which has no intervals.

    Example:
        >>> runs = pl.DataFrame({"run": ["a", "b"], "group": "S5", "status": "finished"})
        >>> neurons = pl.DataFrame({"run": ["a", "a", "b", "b"], "subgroup": ["S4", "S4", "S4", "dead"]})
        >>> found = class_shares(Census(runs, neurons))
        >>> found.names, found.share, found.note
        (('S4', 'dead'), (0.75, 0.25), 'n too small for an interval: 2 runs, at least 5 are needed')
    """
    names, (rows,) = _tables([census], by)
    low, high = mean_interval(rows, seed)
    order = sorted(
        range(len(names)), key=lambda i: (names[i] in _LAST, names[i] == "dead", -rows[:, i].mean(), names[i])
    )
    return ClassShares(
        by,
        names=tuple(names[i] for i in order),
        share=tuple(float(rows[:, i].mean()) for i in order),
        low=tuple(low[i] for i in order),
        high=tuple(high[i] for i in order),
        found_in=tuple(float((rows[:, i] > 0).mean()) for i in order),
        runs=len(rows),
        note=_note(len(rows)),
    )


def census_distance(first: Census, second: Census, by: Labels = "subgroup", *, seed: int = 0) -> CensusDistance:
    """Total variation distance between the mean shares of two populations, with an interval and a permutation test.

    The interval is a bootstrap over runs. Resampling adds noise that mostly lengthens a distance, so the lower bound is
    the basic (reflected) one, cut at 0; the upper is the larger of the basic and the percentile bound, because that of
    two populations that are close may be reflected below the distance itself.

    Args:
        first: one population.
        second: the other, of the same group.
        by: which labels are compared.
        seed: seed of the bootstrap and of the shuffles.

    Returns:
        The distance.

    Raises:
        BadConfig: if the runs are of several groups, or a population has no such labels.

    Source:
        This project; the resampling is scipy's.

    Example:
        >>> runs = pl.DataFrame({"run": ["a"], "group": "S5", "status": "finished"})
        >>> one, other = (pl.DataFrame({"run": ["a", "a"], "subgroup": [name, "S4"]}) for name in ("S4", "A5"))
        >>> census_distance(Census(runs, one), Census(runs, other)).distance
        0.5
    """
    _, (one, other) = _tables([first, second], by)
    distance, runs = _distance(one, other), (len(one), len(other))
    if min(runs) < FEWEST_RUNS:
        return CensusDistance(by, distance, None, None, None, None, runs, _note(min(runs)))
    pooled = np.concatenate([one, other])

    def statistic(i: Any, j: Any, axis: int = -1) -> Any:
        """Distance between the runs at positions i and those at positions j, one sample a row."""
        return np.abs(pooled[i].mean(axis=-2) - pooled[j].mean(axis=-2)).sum(axis=-1) / 2

    positions = np.arange(runs[0]), np.arange(runs[0], sum(runs))
    shared: dict[str, Any] = {"vectorized": True, "batch": BATCH}
    found = stats.bootstrap(
        positions,
        statistic,
        n_resamples=RESAMPLES,
        method="basic",
        rng=np.random.default_rng(seed),
        **shared,
    )
    basic, longest = found.confidence_interval, np.quantile(found.bootstrap_distribution, 0.975)
    dealt = stats.permutation_test(
        positions,
        statistic,
        n_resamples=PERMUTATIONS,
        alternative="greater",
        rng=np.random.default_rng(seed),
        **shared,
    )
    return CensusDistance(
        by,
        distance,
        low=float(max(0.0, min(distance, basic.low))),
        high=float(min(1.0, max(distance, basic.high, longest))),
        by_chance=float(np.median(dealt.null_distribution)),
        p_value=float(dealt.pvalue),
        runs=runs,
    )


def mean_interval(
    values: Float[np.ndarray, "run column"], seed: int = 0
) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
    """95 % interval of each column's mean: percentile bootstrap over the rows, all columns resampled together.

    Args:
        values: one row a run.
        seed: seed of the bootstrap.

    Returns:
        Lower and upper bounds, one a column; None where there are fewer than `FEWEST_RUNS` rows.

    Source:
        scipy's bootstrap.

    Example:
        >>> mean_interval(np.full((5, 1), 0.25)), mean_interval(np.zeros((4, 1)))
        (((0.25,), (0.25,)), ((None,), (None,)))
    """
    runs, columns = values.shape
    if runs < FEWEST_RUNS or not columns:
        return (None,) * columns, (None,) * columns
    found = stats.bootstrap(
        (values,),
        np.mean,
        axis=0,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=BATCH,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return tuple(map(float, found.low)), tuple(map(float, found.high))


_LAST = ("none", "dead")


def _distance(one: Float[np.ndarray, "_ column"], other: Float[np.ndarray, "_ column"]) -> float:
    return float(np.abs(one.mean(axis=0) - other.mean(axis=0)).sum() / 2)


def _note(runs: int) -> str:
    few = f"{runs} run{'' if runs == 1 else 's'}, at least {FEWEST_RUNS} are needed"
    return f"n too small for an interval: {few}" if runs < FEWEST_RUNS else ""


def _tables(populations: list[Census], by: Labels) -> tuple[tuple[str, ...], list[Float[np.ndarray, "run column"]]]:
    """Shares of the classes in each run, for each population, over all classes that any of them has."""
    groups = sorted({group for part in populations for group in part.runs["group"].unique()})
    if len(groups) > 1:
        raise BadConfig(f"shares need runs of one group; these are of {', '.join(groups)}: choose with where(group=..)")
    counted = [_counted(part, by) for part in populations]
    names = sorted({name for frame in counted for name in frame[by].unique()})
    return tuple(names), [_shares(frame, by, names) for frame in counted]


def _counted(part: Census, by: Labels) -> pl.DataFrame:
    """Neurons by run and class, of the runs that are finished."""
    finished = part.runs.filter(pl.col("status") == "finished")["run"].to_list()
    neurons = part.neurons.filter(pl.col("run").is_in(finished), pl.col(by).is_not_null())
    if not neurons.height:
        raise BadConfig(f"no finished run here has neurons with `{by}`: explain the runs with `cosetta explain RUN`")
    return neurons.group_by("run", by).len()


def _shares(counted: pl.DataFrame, by: Labels, names: list[str]) -> Float[np.ndarray, "run column"]:
    """One row a run in the order of their names, one column a class."""
    table = counted.pivot(by, index="run", values="len").sort("run").drop("run")
    missing = {name: pl.lit(0) for name in names if name not in table.columns}
    counts = table.with_columns(**missing).select(names).fill_null(0).to_numpy().astype(np.float64)
    return counts / counts.sum(axis=1, keepdims=True)
