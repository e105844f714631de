"""What a sweep has to do: configurations, what of them is on disk already, and shards of the rest.

A shard is the unit of work and of retry: some runs of one group and one network size, so that they can be trained as
one stack. A shard writes only the folders of its own runs and needs nothing from other shards.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import final

import torch

from cosetta.config import AnalysisConfig
from cosetta.errors import BadConfig
from cosetta.groups import named_group
from cosetta.training import TrainConfig, stack_size

__all__ = ["FAILED", "Shard", "SweepPlan", "Work", "is_done", "is_explained"]

LARGEST_STACK = 128
"""Most runs in a shard if nobody says: what a kill can cost, and how long the first explanation waits."""

MEMORY_SHARE = 0.9
"""Share of a GPU's memory that stacks may fill."""

FAILED = "failed.json"
"""File that says why a run failed."""


@final
@dataclass(frozen=True)
class Work:
    """What is done with every run of a sweep.

    Args:
        explain: whether to explain each run once it is trained, without `report.html`.
        trajectory: whether to write `trajectory.json` too.
        analysis: thresholds; runs explained with others are explained again. None takes any explanation there is.
        retry_failed: whether to try runs again that failed before.
    """

    explain: bool = True
    trajectory: bool = False
    analysis: AnalysisConfig | None = None
    retry_failed: bool = False


@final
@dataclass(frozen=True)
class Shard:
    """Runs that one worker makes.

    Args:
        configs: of one group and one network size.
        out: the folder that holds the run folders.
        work: what to do with each.
    """

    configs: tuple[TrainConfig, ...]
    out: Path
    work: Work = Work()


@final
@dataclass(frozen=True)
class SweepPlan:
    """The configurations of a sweep and what to do with them.

    Args:
        configs: what to train; those that differ in nothing but the device are one run.
        out: the folder that holds the run folders.
        work: what to do with each run.
        stack: runs in a shard, trained as one tensor program; None is what fits a GPU, and 1 without one.

    Example:
        >>> from cosetta.sweep import grid
        >>> plan = SweepPlan(grid({"group": "S5", "seed": "0:4", "width": "64,128"}), Path("runs"), stack=3)
        >>> [[(config.width, config.seed) for config in shard.configs] for shard in plan.shards()]
        [[(64, 0), (64, 1), (64, 2)], [(128, 0), (128, 1), (128, 2)], [(64, 3)], [(128, 3)]]
    """

    configs: tuple[TrainConfig, ...]
    out: Path
    work: Work = Work()
    stack: int | None = None

    def __post_init__(self) -> None:
        if self.stack is not None and self.stack < 1:
            raise BadConfig(f"`stack` must be at least 1; got {self.stack}")
        if not self.configs:
            raise BadConfig("a sweep must have at least one configuration; it has none")

    @cached_property
    def runs(self) -> dict[str, TrainConfig]:
        """The configurations by the names of their run folders."""
        return {config.run_name: config for config in self.configs}

    @property
    def uses_gpu(self) -> bool:
        """Whether its runs may be trained on a CUDA device of this machine."""
        return torch.cuda.is_available() and any(config.device in {"auto", "cuda"} for config in self.configs)

    def unfinished(self) -> tuple[TrainConfig, ...]:
        """The configurations whose runs are not done, failed ones among them.

        Returns:
            The configurations, in order.
        """
        return tuple(config for name, config in self.runs.items() if not is_done(self.out / name, self.work))

    def shards(self, configs: Iterable[TrainConfig] | None = None) -> tuple[Shard, ...]:
        """Shards of `stack` runs of one group and one network size.

        Args:
            configs: which runs; all of the plan if None.

        Returns:
            The shards; those of different sizes take turns.
        """
        alike: dict[tuple[str, int, int], list[TrainConfig]] = {}
        for config in self.runs.values() if configs is None else configs:
            alike.setdefault((config.group, config.embed_dim, config.width), []).append(config)
        chunks = []
        for runs in alike.values():
            size = self.stack or self._stack(runs[0])
            chunks += [(start, tuple(runs[start : start + size])) for start in range(0, len(runs), size)]
        chunks.sort(key=lambda chunk: chunk[0])
        return tuple(Shard(runs, self.out, self.work) for _, runs in chunks)

    def _stack(self, config: TrainConfig) -> int:
        """Number of runs like this one that are trained together."""
        if not self.uses_gpu:
            return 1
        memory = int(MEMORY_SHARE * torch.cuda.get_device_properties(0).total_memory)
        return min(max(1, stack_size(config, named_group(config.group), memory)), LARGEST_STACK)


def is_done(folder: Path, work: Work) -> bool:
    """Whether a run has everything that is asked for.

    Args:
        folder: of the run.
        work: what is asked for.

    Returns:
        True if nothing is left to do.
    """
    wanted = ["model.safetensors"] + (["trajectory.json"] if work.trajectory else [])
    explained = not work.explain or is_explained(folder, work.analysis)
    return explained and all((folder / name).is_file() for name in wanted)


def is_explained(folder: Path, config: AnalysisConfig | None) -> bool:
    """Whether a run has an explanation.

    Args:
        folder: of the run.
        config: thresholds that it must have been made with; None takes any, without reading the file.

    Returns:
        True if nothing is left to explain.
    """
    path = folder / "analysis.json"
    if config is None or not path.is_file():
        return path.is_file()
    try:
        return json.loads(path.read_bytes())["thresholds"] == config.model_dump()
    except (ValueError, KeyError, TypeError):
        return False
