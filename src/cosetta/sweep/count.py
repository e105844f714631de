"""How far a sweep is: the row of each run so far, and what is told about it."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import final

from cosetta.explanation import failure
from cosetta.sweep.plan import SweepPlan
from cosetta.sweep.shard import RunRow
from cosetta.training import TrainConfig

__all__ = ["Count", "SweepProgress", "SweepResult"]


@final
@dataclass(frozen=True)
class SweepProgress:
    """Where a sweep stands.

    Args:
        total: number of runs.
        finished: runs that are done, those of earlier sittings included.
        failed: runs that failed, likewise.
        busy: runs that other processes work on, as far as known.
        seconds: wall time of this sitting.
        seconds_left: at the rate of this sitting so far; None until a run has finished in it.
    """

    total: int
    finished: int
    failed: int
    busy: int
    seconds: float
    seconds_left: float | None


@final
@dataclass(frozen=True)
class SweepResult:
    """What became of the runs of a sweep.

    Args:
        out: the folder that holds the run folders.
        finished: names of the finished runs, in the order of the configurations.
        failed: name and reason of each failed run, likewise.
        seconds: wall time of this sitting.
    """

    out: Path
    finished: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    seconds: float


@final
class Count:
    """The row of each run so far, and who is told.

    Args:
        plan: the sweep.
        progress: told at the start and whenever rows come.
    """

    def __init__(self, plan: SweepPlan, progress: Callable[[SweepProgress], None] | None) -> None:
        self.plan = plan
        self.progress = progress
        self.started = time.monotonic()
        self.rows: dict[str, RunRow] = {}
        self._statuses: Counter[str] = Counter()
        self.earlier = 0

    def begin(self) -> tuple[TrainConfig, ...]:
        """Note what is finished and what failed before.

        Returns:
            What is to be done.
        """
        rest = set(self.plan.unfinished())
        before = []
        for name, config in self.plan.runs.items():
            if config not in rest:
                before.append(RunRow(name, "finished"))
            elif not self.plan.work.retry_failed and (reason := failure(self.plan.out / name)) is not None:
                before.append(RunRow(name, "failed", reason))
        self.earlier = len(before)
        self.add(before)
        return tuple(config for name, config in self.plan.runs.items() if name not in self.rows)

    def add(self, rows: Iterable[RunRow]) -> None:
        """Note what became of some runs, and tell.

        Args:
            rows: of these runs.
        """
        for row in rows:
            if row.run in self.rows:
                self._statuses[self.rows[row.run].status] -= 1
            self._statuses[row.status] += 1
            self.rows[row.run] = row
        if self.progress:
            self.progress(self.now())

    def busy(self) -> tuple[TrainConfig, ...]:
        """The configurations that other processes work on.

        Returns:
            The configurations, to be looked at again.
        """
        return tuple(self.plan.runs[row.run] for row in self.rows.values() if row.status == "busy")

    def result(self) -> SweepResult:
        """What became of all runs.

        Returns:
            The finished and the failed runs, in the order of the plan.
        """
        rows = [self.rows[name] for name in self.plan.runs]
        return SweepResult(
            self.plan.out,
            tuple(row.run for row in rows if row.status == "finished"),
            tuple((row.run, row.reason) for row in rows if row.status == "failed"),
            time.monotonic() - self.started,
        )

    def now(self) -> SweepProgress:
        """Where the sweep stands.

        Returns:
            How many runs are in which state, and the time.
        """
        finished, failed, busy = (self._statuses[status] for status in ("finished", "failed", "busy"))
        seconds, total = time.monotonic() - self.started, len(self.plan.runs)
        made = finished + failed - self.earlier
        left = (total - finished - failed) * seconds / made if made else None
        return SweepProgress(total, finished, failed, busy, seconds, left)
