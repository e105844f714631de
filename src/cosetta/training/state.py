"""Everything that the next training step of one run depends on, and how it is put into one file and back.

Parameters and moments may be rows of tensors that several runs share (`stack.py`); all else is the run's own.
"""

from pathlib import Path
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from cosetta.errors import BadRun
from cosetta.groups import Group
from cosetta.models import load_tensors, save_tensors
from cosetta.training.config import TrainConfig
from cosetta.training.metrics import METRICS
from cosetta.training.pairs import Batches, split_pairs
from cosetta.training.parameters import initial_parameters
from cosetta.training.resume_file import fault, with_digest

__all__ = ["TrainState", "table_on"]


@final
class TrainState:
    """Parameters, moments, batches, random generator and counters of one run.

    The generator is used in this order: split, initial parameters, then an order of the training pairs each epoch.

    Args:
        config: what to train.
        group: the group.
        device: where to train.
        table: the group's Cayley table on the device, if it is there already.
    """

    def __init__(
        self, config: TrainConfig, group: Group, device: torch.device, table: Int[Tensor, "g g"] | None = None
    ) -> None:
        self.config = config
        self.order = group.order
        self.table = table_on(group, device) if table is None else table
        self.generator = torch.Generator().manual_seed(config.seed)
        train, test = split_pairs(group.order, config, self.generator)
        parameters = initial_parameters(group.order, config, self.generator).to(device)
        self.train, self.test = train.to(device), test.to(device)
        self.batches = Batches(train, self.generator)  # on the CPU, as the generator is
        self.tensors = {
            "parameters": parameters,
            "step": torch.zeros((), device=device),
            "exp_avg": torch.zeros_like(parameters),
            "exp_avg_sq": torch.zeros_like(parameters),
        }
        self.step = self.phase = self.phase_step = self.held = 0
        self.seconds = 0.0
        self.metrics: list[tuple] = []

    @property
    def parameters(self) -> Float[Tensor, " parameter"]:
        """The flat parameters."""
        return self.tensors["parameters"]

    @property
    def is_finished(self) -> bool:
        """Whether the last phase has ended."""
        return self.phase == len(self.config.phases)

    @property
    def steps_left(self) -> int:
        """Steps to the end if no phase ends early from here on."""
        return sum(phase.max_steps for phase in self.config.phases[self.phase :]) - self.phase_step

    @property
    def batch_size(self) -> int:
        """Number of pairs in the next step."""
        return min(self.config.phases[self.phase].batch_size or len(self.train), len(self.train))

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
        save_tensors(with_digest(self._tensors()), path)

    def load(self, path: Path) -> None:
        """Go on from a saved state of the same configuration.

        Args:
            path: what `save` wrote.

        Raises:
            BadRun: if the file is damaged or of another run.
        """
        saved = load_tensors(path)
        if reason := fault(saved, self._tensors(), self.config):
            raise BadRun(f"`{path}` must hold the state of this run; {reason}: delete it to start again")
        for name, tensor in self.tensors.items():
            tensor.copy_(saved[name])
        self.generator.set_state(saved["generator"])
        self.batches.epoch = saved["epoch"]
        counters = [int(count) for count in saved["counters"]]
        self.step, self.phase, self.phase_step, self.held, self.batches.position = counters
        self.seconds = float(saved["seconds"])
        self.metrics = [(int(row[0]), int(row[1]), *row[2:]) for row in saved["metrics"].tolist()]

    def _tensors(self) -> dict[str, Tensor]:
        return {
            **self.tensors,
            "generator": self.generator.get_state(),
            "epoch": self.batches.epoch,
            "counters": torch.tensor([self.step, self.phase, self.phase_step, self.held, self.batches.position]),
            "seconds": torch.tensor(self.seconds, dtype=torch.float64),
            "metrics": torch.tensor(self.metrics, dtype=torch.float64).reshape(-1, len(METRICS)),
        }


def table_on(group: Group, device: torch.device) -> Int[Tensor, "g g"]:
    """The Cayley table on a device.

    Args:
        group: the group.
        device: where it goes.

    Returns:
        The table, in int64.
    """
    return torch.tensor(group.table, dtype=torch.int64, device=device)
