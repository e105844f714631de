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
from cosetta.shown import card, short_repr, table

__all__ = [
    "FEWEST_RUNS",
    "AccountShares",
    "CensusDistance",
    "ClassShares",
    "CoveredShares",
    "Labels",
    "account_shares",
    "census_distance",
    "class_shares",
    "covered_shares",
    "mean_interval",
]

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
    __repr__ = short_repr

    def _repr_html_(self) -> str:
        """The classes with their intervals, as a notebook shows them."""
        values = zip(self.names, self.share, self.low, self.high, self.found_in, strict=True)
        rows = [
            (name, f"{100 * share:.1f} %", _interval(low, high), f"{100 * found:.0f} %")
            for name, share, low, high, found in values
        ]
        title = f"Mean share of the neurons by {self.by}, over {self.runs} networks"
        return card(title, self.note, tables=[table((self.by, "share", "95 % interval", "in networks"), rows)])


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{100 * low:.1f} to {100 * high:.1f} %"


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


@final
@dataclass(frozen=True)
class CoveredShares:
    """The share of the live neurons in cosets as three numbers, means over the runs of a population.

    Args:
        names: `covered`, `p < 0.05` and `by chance`, as far as the runs have them.
        share: mean share of each, in [0, 1].
        low: lower bound of each 95 % interval over runs; None if there are too few runs.
        high: upper bound, likewise.
        runs: number of runs.
        note: why there is no interval, or which runs have no such numbers, or an empty string.
    """

    names: tuple[str, ...]
    share: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    runs: int
    note: str = ""


@final
@dataclass(frozen=True)
class AccountShares:
    """What each account covers and recovers, means over the runs of a population.

    Args:
        names: ids of the accounts, in the order of the list of accounts.
        titles: their names in words.
        strength: mean share of the network's strength that each covers, in [0, 1]; a run in which an account was left
            out does not count for it.
        low: lower bound of each 95 % interval over runs; None if there are too few runs.
        high: upper bound, likewise.
        bits: median description length.
        runs: number of runs in which the account was fitted.
        recovered: mean share of the loss that the account recovers alone; None where no run has an arena.
        fidelity: mean fidelity, likewise.
        holds: share of the runs with an arena in which the account holds; None without any.
        best: the same for being the shortest that holds.
    """

    names: tuple[str, ...]
    titles: tuple[str, ...]
    strength: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    bits: tuple[float, ...]
    runs: tuple[int, ...]
    recovered: tuple[float | None, ...]
    fidelity: tuple[float | None, ...]
    holds: tuple[float | None, ...]
    best: tuple[float | None, ...]


def covered_shares(census: Census, *, seed: int = 0) -> CoveredShares:
    """Shares of the live neurons in cosets: covered, covered with p < 0.05, and what chance would reach.

    Args:
        census: one population.
        seed: seed of the bootstrap.

    Returns:
        The shares; runs of older analyses have the first number alone, and if any has, so has the population.

    Raises:
        BadConfig: if no finished run is explained.

    Example:
        >>> shares = {"explained_share": [0.9, 1.0], "significant_share": [0.8, 0.6], "chance_share": [0.5, 0.7]}
        >>> runs = pl.DataFrame({"run": ["a", "b"], "status": "finished", "is_explained": True, **shares})
        >>> covered_shares(Census(runs, pl.DataFrame())).share
        (0.95, 0.7, 0.6)
    """
    runs = census.runs.filter(pl.col("status") == "finished", pl.col("is_explained"))
    if not runs.height:
        raise BadConfig("no finished run here is explained: explain the runs with `cosetta explain RUN`")
    columns = {"explained_share": "covered", "significant_share": "p < 0.05", "chance_share": "by chance"}
    unknown = int(runs.select(pl.any_horizontal(pl.col(*list(columns)[1:]).is_null()).sum()).item())
    kept = [name for name in columns if not unknown or name == "explained_share"]
    values = runs.select(kept).cast(pl.Float64).to_numpy()
    low, high = mean_interval(values, seed)
    notes = [f"{unknown} of {runs.height} runs were explained before chance was measured"] if unknown else []
    notes += [note] if (note := _note(runs.height)) else []
    share = tuple(float(x) for x in values.mean(axis=0))
    return CoveredShares(tuple(columns[name] for name in kept), share, low, high, runs.height, "; ".join(notes))


def account_shares(census: Census, *, seed: int = 0) -> AccountShares:
    """What each account covers in the runs of a population, and recovers where the accounts competed.

    Args:
        census: one population.
        seed: seed of the bootstrap.

    Returns:
        One entry an account, whatever accounts there are.

    Raises:
        BadConfig: if no finished run knows an account.
    """
    finished = census.runs.filter(pl.col("status") == "finished")["run"].to_list()
    table = census.accounts.filter(pl.col("run").is_in(finished), pl.col("strength").is_not_null())
    if not table.height:
        raise BadConfig("no finished run here knows an account: explain the runs with `cosetta explain RUN`")
    rows = []
    for (name,), part in table.group_by("account", maintain_order=True):
        strength = part["strength"].to_numpy()[:, None]
        (low,), (high,) = mean_interval(strength, seed)
        tried = part.filter(pl.col("verdict").is_not_null())
        means = (tried["recovered"].mean(), tried["fidelity"].mean(), (tried["verdict"] == "holds").mean())
        competed = tuple(map(_number, (*means, tried["is_best"].mean())))
        bits = float(np.median(part["bits"].to_numpy()))
        rows.append((name, part["title"][0], float(strength.mean()), low, high, bits, part.height, *competed))
    return AccountShares(*map(tuple, zip(*rows, strict=True)))


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


def _number(value: Any) -> float | None:
    """A mean that there may be none of."""
    return None if value is None or np.isnan(value) else float(value)


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
