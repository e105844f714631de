"""One run while it is trained: what is written into its folder, and when.

Weights are kept at a few steps, metrics grow by a row an evaluation, and a resume file holds all that is needed to go
on. The final weights are written last, so that a run that has them is finished.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import final

from cosetta.models import save_network, save_tensors
from cosetta.training.architectures import AUTOGRAD
from cosetta.training.config import TrainConfig
from cosetta.training.metrics import write_metrics
from cosetta.training.parameters import network_of, parameter_views
from cosetta.training.state import TrainState

__all__ = ["Progress", "Sitting", "checkpoint_steps", "remove_resume"]

RESUME = Path("checkpoints", "resume.safetensors")
"""File that an unfinished run goes on from."""

SAVE_SECONDS = 10.0
"""At most this much training is lost when a run is killed, and about one evaluation interval."""


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


@final
class Sitting:
    """One run while it is trained: its state, its folder, and what is written there when.

    Args:
        position: number of the run among those trained together.
        state: the run at its start; moved to where it stopped, if the folder has a resume file.
        folder: the run's folder, claimed.

    Raises:
        BadRun: if the resume file is damaged or of another run.
    """

    def __init__(self, position: int, state: TrainState, folder: Path) -> None:
        self.position, self.state, self.folder = position, state, folder
        self.kept = checkpoint_steps(state.config)
        self.resume = folder / RESUME
        started = self.saved = time.monotonic()
        if self.resume.exists():
            state.load(self.resume)
        self.clock = started - state.seconds  # when second 0 was

    @property
    def is_due(self) -> bool:
        """Whether an evaluation follows the step just made."""
        config, done = self.state.config, self.state.phase_step
        return done % config.eval_every == 0 or done == config.phases[self.state.phase].max_steps

    def keep(self) -> None:
        """Keep the weights if this step is one of those."""
        if self.state.step in self.kept:
            self._write(self.folder / "checkpoints" / f"step-{self.state.step:08d}.safetensors")

    def record(self, scores: tuple[float, float, float, float]) -> Progress:
        """Append a row of metrics.

        Args:
            scores: training loss, test loss, training accuracy, test accuracy.

        Returns:
            Where training stands.
        """
        state, seconds = self.state, time.monotonic() - self.clock
        if state.metrics and state.metrics[-1][0] == state.step:  # the last evaluation repeats the one before
            state.metrics.pop()
        state.metrics.append((state.step, state.phase, seconds, *scores))
        left = state.config.max_steps if state.step == 0 else state.step + state.steps_left
        return Progress(state.step, left, state.phase, seconds, *scores)

    def end_evaluation(self) -> None:
        """Let the phase end if it is over, and save what is needed to go on, now and then."""
        *_, loss, _, accuracy = self.state.metrics[-1]
        self.state.end_evaluation(self.state.config.phases[self.state.phase].is_met(accuracy, loss))
        if time.monotonic() - self.saved > SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        """Write what is needed to go on; not between an evaluation that is due and the next step."""
        self.state.seconds = time.monotonic() - self.clock
        self.state.save(self.resume)
        self.saved = time.monotonic()

    def finish(self) -> None:
        """Write what a finished run has, the weights last."""
        write_metrics(self.folder, self.state.metrics)
        self._write(self.folder / "model.safetensors")
        remove_resume(self.folder)

    def _write(self, path: Path) -> None:
        """The present weights, under the names of the network."""
        state = self.state
        if state.config.architecture in AUTOGRAD:
            save_tensors(parameter_views(state.parameters.detach().cpu(), state.order, state.config), path)
        else:
            save_network(network_of(state.parameters, state.order, state.config), path)


def remove_resume(folder: Path) -> None:
    """Remove the resume file of a finished run; a process killed as it finished leaves it behind.

    Args:
        folder: of the run.

    Raises:
        OSError: if it is there and cannot be removed.
    """
    if (folder / RESUME).exists():
        (folder / RESUME).unlink(missing_ok=True)


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
