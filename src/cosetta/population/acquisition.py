"""In which order networks come to use the classes and irreps of their group.

A class is acquired at the first kept checkpoint from which at least `NEURONS_NEEDED` neurons have it at every later
one. An irrep is acquired if the cosine of the final logits with its character is above `SIMILARITY_NEEDED`, at the
first checkpoint from which the cosine stays at half of its final value or more: the threshold alone is passed by every
irrep in the first dozens of steps, before anything is learned. What is never acquired has no rank in its run.
Checkpoints are spaced evenly in the logarithm of the step, so a step is known to within that spacing, and two things
acquired between the same checkpoints share their rank.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, final

import numpy as np
from scipy import stats

from cosetta.population.shares import mean_interval
from cosetta.trajectory import Trajectory, load_trajectory

__all__ = ["Acquisition", "acquired", "acquisition", "stored_trajectories"]

NEURONS_NEEDED = 3
"""Neurons that make a class acquired: one or two are often gone at the next checkpoint."""

SIMILARITY_NEEDED = 0.005
"""Cosine above which an irrep is key, as in the code of Chughtai et al. 2023 (arXiv:2302.03025)."""


@final
@dataclass(frozen=True)
class Acquisition:
    """When the classes or irreps of a population were acquired, in the order of their mean rank.

    Args:
        of: whether `names` are classes of subgroups or irreps.
        names: what was acquired in any run, earliest mean rank first.
        found_in: number of runs that acquired each.
        rank: mean rank within a run, 1 is the first, over the runs that acquired it; ties share the mean of theirs.
        low: lower bound of its 95 % interval over runs; None if fewer than five runs acquired it.
        high: upper bound, likewise.
        median_step: median step of acquisition over the same runs.
        runs: number of runs with a trajectory.
    """

    of: Literal["classes", "irreps"]
    names: tuple[str, ...]
    found_in: tuple[int, ...]
    rank: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    median_step: tuple[float, ...]
    runs: int


def stored_trajectories(folder: Path, runs: Iterable[str]) -> tuple[Trajectory, ...]:
    """The trajectories that runs have; nothing is computed.

    Args:
        folder: the folder of the census.
        runs: names of runs, as in the census.

    Returns:
        One each for the runs that have a whole `trajectory.json`, in the order given.
    """
    found = (load_trajectory(folder / run) or load_trajectory(folder) for run in runs)
    return tuple(trajectory for trajectory in found if trajectory is not None)


def acquisition(
    trajectories: Sequence[Trajectory], of: Literal["classes", "irreps"] = "classes", *, seed: int = 0
) -> Acquisition:
    """Order in which the runs of a population acquired classes or irreps.

    Args:
        trajectories: one a run.
        of: what is acquired; the trivial irrep, `none` and `dead` are not.
        seed: seed of the bootstrap of the mean ranks.

    Returns:
        The order, empty if nothing was acquired.

    Source:
        This project; ranks and bootstrap are scipy's.

    Example:
        >>> acquisition([]).names
        ()
    """
    steps = [acquired(trajectory, of) for trajectory in trajectories]
    ranks = [dict(zip(run, stats.rankdata(list(run.values())), strict=True)) if run else {} for run in steps]
    rows = []
    for name in dict.fromkeys(name for run in steps for name in run):
        own = np.array([[float(run[name])] for run in ranks if name in run])
        (low,), (high,) = mean_interval(own, seed)
        median = float(np.median([run[name] for run in steps if name in run]))
        rows.append((float(own.mean()), median, name, len(own), low, high))
    rows.sort(key=lambda row: row[:3])
    rank, median, names, found_in, low, high = zip(*rows, strict=True) if rows else ((),) * 6
    return Acquisition(of, names, found_in, rank, low, high, median, len(trajectories))


def acquired(trajectory: Trajectory, of: Literal["classes", "irreps"]) -> dict[str, int]:
    """Step at which each class or irrep was acquired for good, in one run.

    Args:
        trajectory: of the run.
        of: what is acquired; the trivial irrep, `none` and `dead` are not.

    Returns:
        Steps by name; what was never acquired is left out.
    """
    columns = trajectory.classes if of == "classes" else trajectory.trace_similarity
    found = {}
    for name, values in columns.items():
        if name in ("none", "dead") or (of == "irreps" and values[-1] <= SIMILARITY_NEEDED):
            continue
        needed = NEURONS_NEEDED if of == "classes" else values[-1] / 2
        below = np.flatnonzero(np.asarray(values) < needed)
        first = int(below[-1]) + 1 if below.size else 0
        if first < len(values):
            found[name] = trajectory.step[first]
    return found
