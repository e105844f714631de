"""Everything that the next training step depends on, and how it is put into one file and back."""

from pathlib import Path
from typing import final

import polars as pl
import torch
from torch import Tensor

from cosetta.errors import BadRun
from cosetta.groups import Group
from cosetta.models import load_tensors, save_tensors
from cosetta.training.config import TrainConfig
from cosetta.training.pairs import Batches, split_pairs
from cosetta.training.parameters import initial_parameters
from cosetta.training.step import FoldedStep

__all__ = ["METRICS", "TrainState"]

METRICS = {
    "step": pl.Int64,
    "phase": pl.Int64,
    "seconds": pl.Float64,
    "train_loss": pl.Float64,
    "test_loss": pl.Float64,
    "train_accuracy": pl.Float64,
    "test_accuracy": pl.Float64,
}
"""Columns of `metrics.parquet`: loss in nats, accuracy in [0, 1]."""


@final
class TrainState:
    """Parameters, optimiser, batches, random generator and counters of one run.

    The generator is used in this order: split, initial parameters, then an order of the training pairs each epoch.

    Args:
        config: what to train.
        group: the group.
        device: where to train.
    """

    def __init__(self, config: TrainConfig, group: Group, device: torch.device) -> None:
        self.config = config
        self.order = group.order
        self.table = torch.tensor(group.table, dtype=torch.int64, device=device)
        self.generator = torch.Generator().manual_seed(config.seed)
        self.train, self.test = (side.to(device) for side in split_pairs(group.order, config, self.generator))
        self.parameters = initial_parameters(group.order, config, self.generator).to(device)
        self.batches = Batches(self.train, self.generator)
        self.gradient = FoldedStep(self.parameters, self.table, config)
        self.optimizer = _optimizer(self.parameters, config)
        self.parameters.grad = self.gradient.gradient
        self.step = self.phase = self.phase_step = self.held = 0
        self.seconds = 0.0
        self.metrics: list[tuple] = []

    @property
    def is_finished(self) -> bool:
        """Whether the last phase has ended."""
        return self.phase == len(self.config.phases)

    @property
    def steps_left(self) -> int:
        """Steps to the end if no phase ends early from here on."""
        return sum(phase.max_steps for phase in self.config.phases[self.phase :]) - self.phase_step

    def advance(self) -> None:
        """Make one optimiser step."""
        phase = self.config.phases[self.phase]
        settings = self.optimizer.param_groups[0]
        settings["lr"], settings["weight_decay"] = phase.at(self.phase_step)
        self.gradient(self.batches.next(phase.batch_size))
        self.optimizer.step()
        self.step += 1
        self.phase_step += 1

    def end_evaluation(self, is_met: bool) -> None:
        """Count how long the phase's criterion has held, and go to the next phase if this one is over.

        Args:
            is_met: whether the evaluation just made meets the criterion.
        """
        phase = self.config.phases[self.phase]
        self.held = self.held + 1 if is_met else 0
        if self.held == phase.hold or self.phase_step == phase.max_steps:
            self.phase, self.phase_step, self.held = self.phase + 1, 0, 0

    def save(self, path: Path) -> None:
        """Write the state, whole or not at all.

        Args:
            path: a file name ending in `.safetensors`.
        """
        save_tensors(self._tensors(), path)

    def load(self, path: Path) -> None:
        """Go on from a saved state of the same configuration.

        Args:
            path: what `save` wrote.

        Raises:
            BadRun: if the file is damaged or of another run.
        """
        saved, expected = load_tensors(path), self._tensors()
        free = {"epoch", "metrics"}  # their length changes during a run
        odd = set(saved) ^ set(expected) or {
            name for name, t in expected.items() if name not in free and saved[name].shape != t.shape
        }
        if odd:
            raise BadRun(f"`{path}` must hold the state of this run; {min(odd)} does not fit: delete it to start again")
        moments = self._moments()
        self.parameters.copy_(saved["parameters"])
        for name, moment in moments.items():
            moment.copy_(saved[name])
        self.generator.set_state(saved["generator"])
        self.batches.epoch = saved["epoch"].to(self.parameters.device)
        counters = [int(count) for count in saved["counters"]]
        self.step, self.phase, self.phase_step, self.held, self.batches.position = counters
        self.seconds = float(saved["seconds"])
        self.metrics = [(int(row[0]), int(row[1]), *row[2:]) for row in saved["metrics"].tolist()]

    def _tensors(self) -> dict[str, Tensor]:
        return {
            "parameters": self.parameters,
            **self._moments(),
            "generator": self.generator.get_state(),
            "epoch": self.batches.epoch,
            "counters": torch.tensor([self.step, self.phase, self.phase_step, self.held, self.batches.position]),
            "seconds": torch.tensor(self.seconds, dtype=torch.float64),
            "metrics": torch.tensor(self.metrics, dtype=torch.float64).reshape(-1, len(METRICS)),
        }

    def _moments(self) -> dict[str, Tensor]:
        """The optimiser's tensors."""
        return self.optimizer.state[self.parameters]


def _optimizer(parameters: Tensor, config: TrainConfig) -> torch.optim.Optimizer:
    """AdamW or Adam over one flat tensor, with its moments made at once so that they can be saved and loaded."""
    kind = torch.optim.AdamW if config.optimizer == "adamw" else torch.optim.Adam
    fused = True if parameters.device.type in {"cpu", "cuda"} else None
    optimizer = kind([parameters], betas=config.betas, eps=config.epsilon, fused=fused)
    optimizer.state[parameters] = {
        "step": torch.zeros((), device=parameters.device),
        "exp_avg": torch.zeros_like(parameters),
        "exp_avg_sq": torch.zeros_like(parameters),
    }
    return optimizer
