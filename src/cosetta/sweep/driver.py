"""A sweep: shards through an engine, a bounded number at a time, until every run is finished or has failed.

Nothing is kept outside the run folders, so a sweep that was stopped in any way goes on when it is started again, and
several sweeps on one folder share the work. Runs that another process works on are looked at again at the end.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future
from concurrent.futures import wait as wait_for
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, final

from cosetta.config import AnalysisConfig
from cosetta.errors import BadConfig, CosettaError, Unsupported
from cosetta.machine import usable_cores
from cosetta.sweep.count import Count, SweepProgress, SweepResult
from cosetta.sweep.engines import LocalWorkers, RayWorkers
from cosetta.sweep.locks import LOCKS
from cosetta.sweep.plan import Shard, SweepPlan, Work
from cosetta.sweep.shard import RunRow, run_shard
from cosetta.tracking import tracker
from cosetta.training import TrainConfig

__all__ = ["ENGINES", "run_plan", "sweep"]

ENGINES = ("local", "ray")
"""Engines by name; any executor will do as well."""

RETRIES = 2
"""How often a shard is tried again whose worker died."""

LOOK_AGAIN = 1.0
"""Seconds between looks at futures that cannot be waited for, and at runs of other processes."""

WAKE = 0.2
"""Seconds after which a wait looks whether Ctrl-C was pressed."""


def sweep(
    configs: Iterable[TrainConfig],
    out: Path,
    *,
    engine: Any = "local",
    workers: int | None = None,
    explain: bool = True,
    trajectory: bool = False,
    analysis: AnalysisConfig | None = None,
    stack: int | None = None,
    retry_failed: bool = False,
    track: str | None = None,
    progress: Callable[[SweepProgress], None] | None = None,
) -> SweepResult:
    """Train and explain many networks; what is on disk already is not done again.

    Args:
        configs: what to train, for example from `grid`.
        out: the folder that holds the run folders; made if missing.
        engine: `local` (processes), `ray`, or an executor with `submit`.
        workers: shards at a time; None is the number of usable cores, or of what fits a Ray cluster.
        explain: whether to write `analysis.json` for each run (never `report.html`: `cosetta explain` does).
        trajectory: whether to write `trajectory.json` for each run.
        analysis: thresholds of the explanation.
        stack: runs in a shard: on a GPU one tensor program, on a CPU a loop; None is what fits a GPU, and 1 on a CPU.
        retry_failed: whether to try runs again that failed in an earlier sweep.
        track: dashboard that gets the curves of each run once it is trained, `wandb` or `trackio`; None is none.
        progress: called once at the start and after every shard. What it raises stops the sweep.

    Returns:
        The finished and the failed runs.

    Raises:
        BadConfig: if an argument is out of range, or a device is not on the machine.
        Unsupported: if the engine or the dashboard is not installed, or the engine has too few GPUs for a task or does
            not go on after a killed worker.
        OSError: if a file cannot be written, for example when the disk is full; what was written stays valid.

    Example:
        >>> import tempfile
        >>> from cosetta.sweep import grid
        >>> configs = grid({"group": "S3", "seed": "0:2", "embed_dim": 8, "width": 8, "max_steps": 5})
        >>> result = sweep(configs, Path(tempfile.mkdtemp()), workers=1, explain=False)
        >>> len(result.finished), result.failed
        (2, ())
    """
    work = Work(explain, trajectory, analysis, retry_failed, track)
    plan = SweepPlan(tuple(configs), Path(out).absolute(), work, stack)
    return run_plan(plan, engine=engine, workers=workers, progress=progress)


def run_plan(
    plan: SweepPlan,
    *,
    engine: Any = "local",
    workers: int | None = None,
    progress: Callable[[SweepProgress], None] | None = None,
) -> SweepResult:
    """Carry out a plan.

    Args:
        plan: what to do.
        engine: as for `sweep`.
        workers: as for `sweep`.
        progress: as for `sweep`.

    Returns:
        The finished and the failed runs.

    Raises:
        BadConfig: if an argument is out of range, or a device is not on the machine.
        Unsupported: as for `sweep`.
        OSError: if a file cannot be written.
    """
    if workers is not None and workers < 1:
        raise BadConfig(f"`workers` must be at least 1; got {workers}")
    if plan.work.track:
        with tracker(plan.work.track, plan.configs[0], ""):
            pass  # it is installed
    (plan.out / LOCKS).mkdir(parents=True, exist_ok=True)
    count = Count(plan, progress)
    todo = count.begin()
    with ExitStack() as opened:
        if todo and engine == "ray":
            engine = RayWorkers()
            opened.callback(engine.stop)
        if isinstance(engine, RayWorkers):
            plan = replace(plan, gpus=engine.gpus)
        lanes = _lanes(opened, plan, engine, workers) if todo else []
        while todo:
            for shard in plan.shards(todo):
                (lanes[0] if shard.on_gpu else lanes[-1]).add([shard])
            for lane, shard, rows in _through(lanes):
                count.add(_passed_on(lanes, lane, shard, rows))
            todo = count.busy()
            if todo:
                time.sleep(LOOK_AGAIN)
    return count.result()


@final
@dataclass
class _Lane:
    """Shards that wait for one executor, and those that are in it."""

    executor: Any
    bound: int
    work: Work
    waiting: deque[tuple[Shard, int]] = field(default_factory=deque)
    running: dict[Any, tuple[Shard, int]] = field(default_factory=dict)

    def add(self, shards: Iterable[Shard]) -> None:
        self.waiting.extend((replace(shard, work=self.work), 0) for shard in shards)

    def fill(self) -> None:
        """Start what waits, as far as there is room."""
        while self.waiting and len(self.running) < self.bound:
            shard, tries = self.waiting.popleft()
            try:
                self.running[self.executor.submit(run_shard, shard)] = shard, tries
            except BrokenExecutor as error:
                raise Unsupported(
                    "`engine` must go on when a worker was killed; this executor does not: use engine local"
                ) from error


def _lanes(opened: ExitStack, plan: SweepPlan, engine: Any, workers: int | None) -> list[_Lane]:
    """One lane; on a GPU of this machine two: one process trains stacks that fill it, others do all else."""
    if not isinstance(engine, str):
        if not hasattr(engine, "submit"):
            raise BadConfig(f"`engine` must be one of {', '.join(ENGINES)} or have `submit`; got {engine!r}")
        fits = engine.count if isinstance(engine, RayWorkers) and workers is None else usable_cores()
        return [_Lane(engine, workers or fits, plan.work)]
    if engine not in ENGINES:
        raise BadConfig(f"`engine` must be one of {', '.join(ENGINES)}; got '{engine}'")
    training, lanes = replace(plan.work, explain=False, trajectory=False), []
    for bound, work in [(1, training)] * plan.uses_gpu + [(workers or usable_cores(), plan.work)]:
        local = LocalWorkers(bound)
        opened.callback(local.stop)
        lanes.append(_Lane(local, bound, work))
    return lanes


def _passed_on(lanes: Sequence[_Lane], lane: _Lane, shard: Shard, rows: Sequence[RunRow]) -> list[RunRow]:
    """The rows that are final; runs that were trained in the first of two lanes go to the second, to be explained."""
    last = lanes[-1].work
    if lane is lanes[-1] or not (last.explain or last.trajectory):
        return list(rows)
    trained = {row.run for row in rows if row.status == "finished"}
    lanes[-1].add(replace(shard, configs=(config,)) for config in shard.configs if config.run_name in trained)
    return [row for row in rows if row.run not in trained]


def _through(lanes: Sequence[_Lane]) -> Iterator[tuple[_Lane, Shard, tuple[RunRow, ...]]]:
    """Each shard and its rows, in the order in which they come; a shard whose worker died is tried again."""
    while any(lane.waiting or lane.running for lane in lanes):
        for lane in lanes:
            lane.fill()
        for future in _done([future for lane in lanes for future in lane.running]):
            lane = next(lane for lane in lanes if future in lane.running)
            shard, tries = lane.running.pop(future)
            try:
                rows = future.result()
            except (ConnectionError, TimeoutError) as error:  # of the engine, though they are OSErrors
                rows = _again(lane.waiting, shard, tries, error)
            except (CosettaError, OSError, MemoryError):
                raise
            except Exception as error:
                rows = _again(lane.waiting, shard, tries, error)
            yield lane, shard, rows


def _again(waiting: deque[tuple[Shard, int]], shard: Shard, tries: int, error: Exception) -> tuple[RunRow, ...]:
    """Let the shard wait for another try; rows of failure once it has had all of them."""
    if tries < RETRIES:
        waiting.append((shard, tries + 1))
        return ()
    text = " ".join(str(error).split())
    reason = f"the worker ended {tries + 1} times without an answer, {type(error).__name__}: {text}"
    return tuple(RunRow(config.run_name, "failed", reason) for config in shard.configs)


def _done(futures: Sequence[Any]) -> list[Any]:
    """The futures that are done; waits for the first of them."""
    if all(isinstance(future, Future) for future in futures):
        ready: set[Any] = set()
        while not ready:  # a wait without an end is not left at Ctrl-C: polars makes waits for locks restart
            ready = wait_for(futures, WAKE, FIRST_COMPLETED).done
        return list(ready)
    while not (done := [future for future in futures if future.done()]):
        time.sleep(LOOK_AGAIN)
    return done
