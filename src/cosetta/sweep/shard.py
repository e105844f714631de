"""The unit of a sweep: train and explain the runs of one shard, in any process, as often as it takes.

A run that is done is left alone, one that another process works on is skipped and said to be busy, one that cannot be
trained or explained gets a file `failed.json` with the reason. What stops every run, such as a full disk, is raised.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, final

from cosetta._version import __version__
from cosetta.errors import BadConfig
from cosetta.explanation import explain_run
from cosetta.files import write_whole
from cosetta.groups import Group, named_group
from cosetta.sweep.locks import run_lock
from cosetta.sweep.plan import FAILED, Shard, Work, is_done, is_explained
from cosetta.training import TrainConfig, TrainedRun, train_stack

__all__ = ["RunRow", "failure", "run_shard"]


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
        BadConfig: if a configuration does not fit this machine.
        OSError: if a file cannot be written; what was written stays valid.
    """
    group = named_group(shard.configs[0].group)
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


def failure(folder: Path) -> str | None:
    """Why a run failed, as its folder says.

    Args:
        folder: of the run.

    Returns:
        The reason in one line, or None if it did not fail.
    """
    try:
        return str(json.loads((folder / FAILED).read_text(encoding="utf-8"))["reason"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return f"`{folder / FAILED}` is damaged"


def _work(configs: Sequence[TrainConfig], group: Group, shard: Shard) -> Iterator[RunRow]:
    """Train and explain runs that are locked; a row each."""
    folders = [shard.out / config.run_name for config in configs]
    started = time.monotonic()
    try:
        outcomes: Sequence[TrainedRun | Exception] = train_stack(configs, group, folders, threads=1)
    except (OSError, BadConfig):
        raise
    except Exception as error:
        outcomes = [error] * len(configs)
    shared = (time.monotonic() - started) / max(1, len(configs))
    for folder, outcome in zip(folders, outcomes, strict=True):
        started = time.monotonic()
        reason = _end(folder, outcome, group, shard.work)
        seconds = shared + time.monotonic() - started
        yield RunRow(folder.name, "failed" if reason else "finished", reason, seconds)


def _end(folder: Path, outcome: TrainedRun | Exception, group: Group, work: Work) -> str:
    """Explain a trained run, or record why there is none; the reason of a failure, or an empty string."""
    try:
        if isinstance(outcome, Exception):
            raise outcome
        _explain(outcome, group, work)
    except (OSError, BadConfig):
        raise
    except Exception as error:  # of this run alone, such as a loss that is not finite: the others go on
        reason = _line(error)
        _record_failure(folder, reason)
        return reason
    return ""


def _explain(run: TrainedRun, group: Group, work: Work) -> None:
    """The explanation and the trajectory, as far as they are asked for and missing."""
    if work.explain and not is_explained(run.folder, work.analysis):
        explain_run(run, group, work.analysis, report=False)
    if work.trajectory and not (run.folder / "trajectory.json").is_file():
        from cosetta.trajectory import trajectory

        trajectory(run, group)


def _clear(folder: Path) -> None:
    """Remove what a killed process left half written, and the record of an earlier failure."""
    for path in folder.rglob(".*.part"):
        path.unlink(missing_ok=True)
    (folder / FAILED).unlink(missing_ok=True)


def _record_failure(folder: Path, reason: str) -> None:
    """Say in the folder why the run failed; a folder that is not the run's own is left alone."""
    if (folder / "config.json").is_file():
        record = {"schema": 1, "run": folder.name, "reason": reason, "versions": {"cosetta": __version__}}
        text = json.dumps(record, indent=1) + "\n"
        write_whole(folder / FAILED, lambda path: path.write_text(text, encoding="utf-8"))


def _line(error: Exception) -> str:
    """The error as one line; ours say enough, others need their name."""
    text = " ".join(str(error).split())
    return text if isinstance(error, ValueError) and text else f"{type(error).__name__}: {text}"
