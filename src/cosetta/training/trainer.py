"""Training of one network: split, phases of steps, evaluations, checkpoints, and resumption.

On the CPU one configuration gives the same bytes on every run of one machine, also when it was killed and resumed on
the way: all randomness comes from one explicit generator, and everything that a step reads is in the resume file.
Training prints nothing; a caller that wants to show progress passes a function.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import final

import polars as pl
import torch

from cosetta.errors import BadConfig, BadRun
from cosetta.files import write_whole
from cosetta.groups import Group
from cosetta.models import save_network
from cosetta.training.config import TrainConfig
from cosetta.training.parameters import network_of
from cosetta.training.run_folder import TrainedRun, claim_folder, load_run
from cosetta.training.scoring import score_pairs
from cosetta.training.state import METRICS, TrainState

__all__ = ["Progress", "checkpoint_steps", "train"]

SAVE_SECONDS = 10.0
"""At most this much training is lost when a run is killed, and about one evaluation interval."""

FINAL_PAIRS = 1_000_000
"""The last evaluation takes this many pairs of each side at most: all of them up to S6."""

GPU_WORK = 2**28
"""`device=auto` takes a GPU when batch x width x order is at least this (S5: 2^25, S6: 2^30): below, it waits."""


@final
@dataclass(frozen=True)
class Progress:
    """Where training stands, at each evaluation.

    Args:
        step: optimiser steps so far.
        max_steps: steps if no later phase ends early; falls when one does.
        phase: number of the phase, from 0.
        seconds: wall time so far, of all sittings.
        train_loss: nats.
        test_loss: nats.
        train_accuracy: in [0, 1].
        test_accuracy: in [0, 1].
    """

    step: int
    max_steps: int
    phase: int
    seconds: float
    train_loss: float
    test_loss: float
    train_accuracy: float
    test_accuracy: float


def train(
    config: TrainConfig,
    group: Group,
    folder: Path,
    *,
    progress: Callable[[Progress], None] | None = None,
    threads: int = 1,
) -> TrainedRun:
    """Train a network, or finish what is in the folder.

    Args:
        config: what to train.
        group: the group that `config.group` names.
        folder: where the run goes; a finished run is returned as it is, an unfinished one resumed.
        progress: called at each evaluation. What it raises stops training and leaves the run resumable.
        threads: CPU threads. One is fastest up to S5, whose matrices are small; the bytes may depend on this number.

    Returns:
        The finished run.

    Raises:
        BadConfig: if the configuration does not fit the group or the machine.
        BadRun: if the folder belongs to something else, a file in it is damaged, or the loss is no longer finite.
        OSError: if a file cannot be written; what was saved before stays resumable.

    Example:
        >>> import tempfile
        >>> from cosetta.groups import named_group
        >>> from cosetta.training.recipes import fast
        >>> config = fast("S3", seed=0, embed_dim=8, width=8, train_fraction=0.8)
        >>> run = train(config, named_group("S3"), Path(tempfile.mkdtemp()) / config.run_name)
        >>> run.network().width, run.metrics["step"][0]
        (8, 0)
    """
    if config.group != group.name:
        raise BadConfig(f"`group` of the configuration must be the group's name {group.name!r}; got {config.group!r}")
    device = _device(config, group)
    status = claim_folder(folder, config, group, device.type)
    if status != "finished":
        with _threads(threads):
            started = time.monotonic()
            resume = folder / "checkpoints" / "resume.safetensors"
            state = TrainState(config, group, device)
            if status == "unfinished" and resume.exists():
                state.load(resume)
            _run(state, folder, started - state.seconds, progress)
            resume.unlink(missing_ok=True)
    return load_run(folder)


def checkpoint_steps(config: TrainConfig) -> frozenset[int]:
    """Steps at which weights are kept: 0 and then evenly spaced in the logarithm, up to `max_steps`.

    Args:
        config: gives the number of checkpoints and the steps.

    Returns:
        At most `config.checkpoints` steps.

    Example:
        >>> from cosetta.training.config import Phase
        >>> phase = Phase(max_steps=1000, learning_rate=0.1)
        >>> sorted(checkpoint_steps(TrainConfig(group="S3", phases=(phase,), checkpoints=5)))
        [0, 1, 10, 100, 1000]
    """
    gaps = max(1, config.checkpoints - 2)
    spaced = {round(config.max_steps ** (i / gaps)) for i in range(config.checkpoints - 1)}
    return frozenset({0} | spaced if config.checkpoints else ())


def _run(state: TrainState, folder: Path, clock: float, progress: Callable[[Progress], None] | None) -> None:
    """Go from where the state is to the end of the last phase; `clock` is when second 0 was."""
    config, kept = state.config, checkpoint_steps(state.config)
    saved = time.monotonic()
    if state.step == 0:
        _evaluate(state, folder, clock, progress)
        _keep(state, folder, kept)
    while not state.is_finished:
        phase = config.phases[state.phase]
        state.advance()
        _keep(state, folder, kept)
        if state.phase_step % config.eval_every and state.phase_step < phase.max_steps:
            continue
        accuracy, loss = _evaluate(state, folder, clock, progress)
        state.end_evaluation(phase.is_met(accuracy, loss))
        if time.monotonic() - saved > SAVE_SECONDS:
            state.seconds = time.monotonic() - clock
            state.save(folder / "checkpoints" / "resume.safetensors")
            saved = time.monotonic()
    _evaluate(state, folder, clock, progress, FINAL_PAIRS)
    table = BytesIO()  # so that a full disk is an OSError, not one of polars
    pl.DataFrame(state.metrics, schema=METRICS, orient="row").write_parquet(table)
    write_whole(folder / "metrics.parquet", lambda temporary: temporary.write_bytes(table.getvalue()))
    save_network(network_of(state.parameters, state.order, config), folder / "model.safetensors")


def _evaluate(
    state: TrainState, folder: Path, clock: float, progress: Callable[[Progress], None] | None, pairs: int | None = None
) -> tuple[float, float]:
    """Append a row of metrics, refuse weights or a loss that are not finite, report; test accuracy and loss."""
    train_loss = loss = train_accuracy = accuracy = math.nan
    if bool(torch.isfinite(state.parameters).all()):
        model = network_of(state.parameters, state.order, state.config).fold()
        pairs = pairs or state.config.eval_pairs
        train_accuracy, train_loss = score_pairs(model, state.train[:pairs], state.table)
        accuracy, loss = score_pairs(model, state.test[:pairs], state.table)
    if not math.isfinite(train_loss + loss):
        raise BadRun(
            f"the loss must stay finite; in run '{folder.name}' it is {train_loss + loss} at step {state.step}: lower "
            "`learning_rate` or choose another seed"
        )
    seconds = time.monotonic() - clock
    if state.metrics and state.metrics[-1][0] == state.step:  # the last evaluation repeats the one before on more pairs
        state.metrics.pop()
    state.metrics.append((state.step, state.phase, seconds, train_loss, loss, train_accuracy, accuracy))
    if progress:
        left = state.config.max_steps if state.step == 0 else state.step + state.steps_left
        progress(Progress(state.step, left, state.phase, seconds, train_loss, loss, train_accuracy, accuracy))
    return accuracy, loss


def _keep(state: TrainState, folder: Path, kept: frozenset[int]) -> None:
    """Keep the weights if this step is one of those."""
    if state.step in kept:
        network = network_of(state.parameters, state.order, state.config)
        save_network(network, folder / "checkpoints" / f"step-{state.step:08d}.safetensors")


def _device(config: TrainConfig, group: Group) -> torch.device:
    """The device that `config.device` means on this machine."""
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if config.device != "auto":
        if not available[config.device]:
            raise BadConfig(f"`device` must be available; {config.device} is not on this machine: use auto or cpu")
        return torch.device(config.device)
    batch = max(phase.batch_size or round(config.train_fraction * group.order**2) for phase in config.phases)
    usable = available["cuda"] and batch * config.width * group.order >= GPU_WORK
    return torch.device("cuda" if usable else "cpu")


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Let torch use this many CPU threads, and what it used before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
