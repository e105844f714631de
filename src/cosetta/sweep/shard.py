"""The unit of a sweep: train and explain the runs of one shard, in any process, as often as it takes.

A run that is done is left alone, one that another process works on is skipped and said to be busy, one that cannot be
trained or explained gets a file `failed.json` with the reason. What stops every run, such as a full disk, is raised.
"""

import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, final

import torch

from cosetta._version import __version__
from cosetta.errors import Unsupported
from cosetta.explanation import FAILED, explain_run, failure
from cosetta.files import write_json
from cosetta.groups import Group, known_group
from cosetta.sweep.locks import run_lock
from cosetta.sweep.plan import SWEEP_ANALYSIS, Shard, Work, is_done, is_explained
from cosetta.tracking import tracker
from cosetta.training import Progress, TrainConfig, TrainedRun, train_stack
from cosetta.training.trainer import training_device
from cosetta.trajectory import has_trajectory, trajectory

__all__ = ["RunRow", "run_shard"]


@final
@dataclass(frozen=True)
class RunRow:
    """What became of one run.

    Args:
        run: name of its folder.
        status: `finished`, `failed`, or `busy` when another process works on it.
        reason: why it failed, in one line, or an empty string.
        seconds: wall time that this took now; 0 for a run that was done before.
    """

    run: str
    status: Literal["finished", "failed", "busy"]
    reason: str = ""
    seconds: float = 0.0


def run_shard(shard: Shard) -> tuple[RunRow, ...]:
    """Make the runs of a shard: what is missing of each, and nothing else.

    Args:
        shard: the runs and what to do with them.

    Returns:
        A row a run.

    Raises:
        BadConfig: if a device is not on this machine.
        OSError: if a file cannot be written; what was written stays valid.
        MemoryError: if this machine has too little.
    """
    group = known_group(shard.configs[0].group, runs=shard.out)
    shard.out.mkdir(parents=True, exist_ok=True)
    rows: list[RunRow] = []
    with ExitStack() as locks:
        mine = []
        for config in shard.configs:
            folder = shard.out / config.run_name
            if is_done(folder, shard.work):
                rows.append(RunRow(config.run_name, "finished"))
            elif not locks.enter_context(run_lock(shard.out, config.run_name)):
                rows.append(RunRow(config.run_name, "busy"))
            elif (reason := failure(folder)) is not None and not shard.work.retry_failed:
                rows.append(RunRow(config.run_name, "failed", reason))
            else:
                _clear(folder)
                mine.append(config)
        rows += _work(mine, group, shard)
    order = {config.run_name: i for i, config in enumerate(shard.configs)}
    return tuple(sorted(rows, key=lambda row: order[row.run]))


def _work(configs: Sequence[TrainConfig], group: Group, shard: Shard) -> Iterator[RunRow]:
    """Train and explain runs that are locked; a row each."""
    for config in configs:
        training_device(config, group)  # is it there at all?
    folders = [shard.out / config.run_name for config in configs]
    is_old = {folder: (folder / "model.safetensors").is_file() for folder in folders}
    started = time.monotonic()
    outcomes = _trained(configs, group, folders)
    shared = (time.monotonic() - started) / max(1, len(configs))
    for folder, outcome in zip(folders, outcomes, strict=True):
        started = time.monotonic()
        reason = _end(folder, outcome, group, shard.work)
        if shard.work.track and isinstance(outcome, TrainedRun) and not is_old[folder]:
            _track(outcome, shard.work.track)
        seconds = shared + time.monotonic() - started
        yield RunRow(folder.name, "failed" if reason else "finished", reason, seconds)


def _trained(configs: Sequence[TrainConfig], group: Group, folders: Sequence[Path]) -> Sequence[TrainedRun | Exception]:
    """Each run, or what stopped it; a stack that fails, say for want of GPU memory, is halved down to the culprit."""
    try:
        return train_stack(configs, group, folders, threads=1)
    except (OSError, MemoryError):
        raise
    except Exception as error:
        if len(configs) == 1:
            return [error.with_traceback(None)]  # which would keep its tensors
    torch.cuda.empty_cache()  # out here the error is gone, and the tensors with it
    half = len(configs) // 2
    parts = (slice(half), slice(half, None))
    return [outcome for part in parts for outcome in _trained(configs[part], group, folders[part])]


def _end(folder: Path, outcome: TrainedRun | Exception, group: Group, work: Work) -> str:
    """Explain a trained run, or record why there is none; the reason of a failure, or an empty string."""
    try:
        if isinstance(outcome, Exception):
            raise outcome
        _explain(outcome, group, work)
    except (OSError, MemoryError):
        raise
    except Exception as error:  # of this run alone, such as a loss that is not finite: the others go on
        reason = _line(error)
        _record_failure(folder, reason)
        return reason
    return ""


def _explain(run: TrainedRun, group: Group, work: Work) -> None:
    """The explanation and the trajectory, as far as they are asked for and missing."""
    if work.explain and not is_explained(run.folder, work.analysis):
        explain_run(run, group, work.analysis or SWEEP_ANALYSIS, report=False)
    if work.trajectory and not has_trajectory(run.folder, work.analysis):
        trajectory(run, group, work.analysis)


def _track(run: TrainedRun, name: str) -> None:
    """Send the curves of a run to a dashboard; a worker that cannot warns, and nothing else happens."""
    try:
        with tracker(name, run.config, run.folder.name) as send:
            for row in run.metrics.iter_rows(named=True):
                send(Progress(max_steps=run.config.max_steps, **row))
    except Unsupported as error:
        warnings.warn(str(error), stacklevel=2)


def _clear(folder: Path) -> None:
    """Remove what a killed process left half written, and the record of an earlier failure."""
    for path in folder.rglob(".*.part"):
        path.unlink(missing_ok=True)
    (folder / FAILED).unlink(missing_ok=True)


def _record_failure(folder: Path, reason: str) -> None:
    """Say in the folder why the run failed; a folder that is not the run's own is left alone."""
    if (folder / "config.json").is_file():
        record = {"schema": 1, "run": folder.name, "reason": reason, "versions": {"cosetta": __version__}}
        write_json(folder / FAILED, record)


def _line(error: Exception) -> str:
    """The error as one line; ours say enough, others need their name."""
    text = " ".join(str(error).split())
    return text if isinstance(error, ValueError) and text else f"{type(error).__name__}: {text}"
