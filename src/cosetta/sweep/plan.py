"""What a sweep has to do: configurations, what of them is on disk already, and shards of the rest.

A shard is the unit of work and of retry: some runs of one group and one network size, so that they can be trained as
one stack. A shard writes only the folders of its own runs and needs nothing from other shards.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import final

import torch

from cosetta.config import AnalysisConfig
from cosetta.errors import BadConfig, BadRun
from cosetta.files import read_json
from cosetta.groups import known_group
from cosetta.training import TrainConfig, stack_size
from cosetta.training.trainer import is_large
from cosetta.trajectory import has_trajectory

__all__ = ["SWEEP_ANALYSIS", "Shard", "SweepPlan", "Work", "is_done", "is_explained"]

LARGEST_STACK = 128
"""Most runs in a shard if nobody says: what a kill can cost, and how long the first explanation waits."""

MEMORY_SHARE = 0.9
"""Share of a GPU's memory, or of a worker's part of it, that stacks may fill."""

UNSEEN_MEMORY = 16 * 2**30
"""Bytes that a GPU of another machine is taken to have; a stack that does not fit is halved there."""


SWEEP_ANALYSIS = AnalysisConfig(arena=False)
"""How a sweep explains if nobody says: every account is fitted, so the census has what each covers, but they do not
compete, which is most of the time of an explanation."""


@final
@dataclass(frozen=True)
class Work:
    """What is done with every run of a sweep.

    Args:
        explain: whether to explain each run once it is trained, without `report.html`.
        trajectory: whether to write `trajectory.json` too.
        analysis: thresholds; runs explained with others are explained again, but for an arena that is there and not
            asked for. None takes any explanation there is, and makes what is missing by `SWEEP_ANALYSIS`.
        retry_failed: whether to try runs again that failed before.
        track: dashboard that gets the curves of each run once it is trained: `wandb` or `trackio`; None is none.
    """

    explain: bool = True
    trajectory: bool = False
    analysis: AnalysisConfig | None = None
    retry_failed: bool = False
    track: str | None = None


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

    @property
    def on_gpu(self) -> bool:
        """Whether it is to be trained on a GPU."""
        return self.configs[0].device == "cuda"


@final
@dataclass(frozen=True)
class SweepPlan:
    """The configurations of a sweep and what to do with them.

    Args:
        configs: what to train; those that differ in nothing but the device are one run.
        out: the folder that holds the run folders.
        work: what to do with each run.
        stack: runs in a shard, trained together; None is what fits a GPU, and 1 on a CPU.
        gpus: GPUs that each worker has; None is one, if this machine has one.

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
    gpus: float | None = None

    def __post_init__(self) -> None:
        if self.stack is not None and self.stack < 1:
            raise BadConfig(f"`stack` must be at least 1; got {self.stack}")
        if not self.configs:
            raise BadConfig("a sweep must have at least one configuration; it has none")
        if self.gpus == 0 and any(config.device == "cuda" for config in self.configs):
            raise BadConfig("`device` cuda must have a GPU in each worker; `gpus` is 0: add --gpus 1, or leave it auto")

    @cached_property
    def runs(self) -> dict[str, TrainConfig]:
        """The configurations by the names of their run folders."""
        return {config.run_name: config for config in self.configs}

    @property
    def uses_gpu(self) -> bool:
        """Whether its runs may be trained on a GPU."""
        has_gpu = torch.cuda.is_available() if self.gpus is None else self.gpus > 0
        return has_gpu and any(config.device in {"auto", "cuda"} for config in self.configs)

    def unfinished(self) -> tuple[TrainConfig, ...]:
        """The configurations whose runs are not done, failed ones among them.

        Returns:
            The configurations, in order.
        """
        return tuple(config for name, config in self.runs.items() if not is_done(self.out / name, self.work))

    def shards(self, configs: Iterable[TrainConfig] | None = None) -> tuple[Shard, ...]:
        """Shards of `stack` runs of one group and one network size.

        Where there are GPUs, runs whose device is `auto` have one or the CPU in their shard, so that the worker that it
        is sent to is the one it needs: stacks that are too little work for a GPU are shards of the CPU.

        Args:
            configs: which runs; all of the plan if None.

        Returns:
            The shards; those of different sizes take turns.
        """
        alike: dict[tuple[str, int, int, str], list[TrainConfig]] = {}
        for config in self.runs.values() if configs is None else configs:
            alike.setdefault((config.group, config.embed_dim, config.width, config.device), []).append(config)
        chunks = [chunk for runs in alike.values() for chunk in self._chunks(runs)]
        chunks.sort(key=lambda chunk: chunk[0])
        return tuple(Shard(runs, self.out, self.work) for _, runs in chunks)

    def _chunks(self, runs: list[TrainConfig]) -> Iterator[tuple[int, tuple[TrainConfig, ...]]]:
        """The runs of each shard, and the place of the first."""
        single, size = self.stack or 1, self.stack or self._stack(runs[0])
        for start in range(0, len(runs), size):
            chunk = runs[start : start + size]
            if self.uses_gpu and runs[0].device == "auto":
                group = known_group(runs[0].group, runs=self.out)
                device = "cuda" if any(is_large(config, group, len(chunk)) for config in chunk) else "cpu"
                chunk = [config.model_copy(update={"device": device}) for config in chunk]
            length = size if chunk[0].device == "cuda" else single
            for first in range(0, len(chunk), length):
                yield start + first, tuple(chunk[first : first + length])

    def _stack(self, config: TrainConfig) -> int:
        """Number of runs like this one that fit a worker's part of a GPU."""
        if not self.uses_gpu:
            return 1
        has_gpu = torch.cuda.is_available()
        memory = torch.cuda.get_device_properties(0).total_memory if has_gpu else UNSEEN_MEMORY
        part = int(MEMORY_SHARE * min(1.0, self.gpus or 1.0) * memory)
        return min(max(1, stack_size(config, known_group(config.group, runs=self.out), part)), LARGEST_STACK)


@dataclass(frozen=True)
class _Explained:
    """What is read of an analysis."""

    thresholds: dict[str, float | bool]


def is_done(folder: Path, work: Work) -> bool:
    """Whether a run has everything that is asked for.

    Args:
        folder: of the run.
        work: what is asked for.

    Returns:
        True if nothing is left to do.
    """
    return (
        (folder / "model.safetensors").is_file()
        and (not work.explain or is_explained(folder, work.analysis))
        and (not work.trajectory or has_trajectory(folder, work.analysis))
    )


def is_explained(folder: Path, config: AnalysisConfig | None) -> bool:
    """Whether a run has an explanation.

    Args:
        folder: of the run.
        config: thresholds that it must have been made with; None takes any, without reading the file.

    Returns:
        True if nothing is left to explain.
    """
    path = folder / "analysis.json"
    if not path.is_file() and (folder / "folding.json").is_file():
        return True  # its neurons are not functions on the group, whatever the thresholds
    if config is None or not path.is_file():
        return path.is_file()
    try:
        found = read_json(path, _Explained, what="an analysis", advice="").thresholds
    except BadRun:
        return False
    wanted = config.model_dump()
    return found == wanted or (not config.arena and found == wanted | {"arena": True})
