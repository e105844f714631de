"""What a sweep will take: time and disk, from runs of the same kind on disk, or else from a few steps made now.

Runs of one kind differ in the seed alone. Training time is the median over trained runs of that kind; without any,
some optimiser steps of each phase are timed and multiplied by `max_steps`, which is too much when phases end early. All
times are those of a CPU core: a run that was trained on a GPU or in a stack tells the time of its whole stack, so such
runs are not measured.
"""

import itertools
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import torch

from cosetta.groups import Group, known_group
from cosetta.sweep.count import Count
from cosetta.sweep.plan import SweepPlan, is_explained
from cosetta.training import TrainConfig, load_run
from cosetta.training.metrics import read_analysis_seconds
from cosetta.training.parameters import parameter_shapes
from cosetta.training.stack import Stack
from cosetta.training.state import TrainState

__all__ = ["Estimate", "estimate"]

RUNS = 5
"""Most finished runs of a kind that are read."""

WEIGHTS = "model.safetensors"
"""File that only a trained run has."""

SECONDS = 2.0
"""Time spent on timing steps, shared by all kinds."""

NEURON_BYTES = 3_000
"""Of analysis.json, a neuron and its share of the rest; 128 neurons of an S5 run take 0.4 MB."""


@final
@dataclass(frozen=True)
class Estimate:
    """What is left to do, as far as can be told before.

    Args:
        runs: runs to make; those that failed before are not among them unless they are tried again.
        finished: runs that are done already.
        failed: runs that failed before and are left alone.
        shards: number of shards of the runs to make.
        train_seconds: of one core, for the training of all of them.
        explain_seconds: of one core, for the explanations; None if no trained run of any kind has one.
        disk_bytes: of the folders.
        measured_runs: trained runs of the same kinds that this rests on.
        timed_kinds: kinds of runs whose steps were timed instead; theirs is an upper bound.
    """

    runs: int
    finished: int
    failed: int
    shards: int
    train_seconds: float
    explain_seconds: float | None
    disk_bytes: int
    measured_runs: int
    timed_kinds: int


def estimate(plan: SweepPlan) -> Estimate:
    """Estimate what is left of a sweep.

    Args:
        plan: the sweep.

    Returns:
        The estimate; it takes about two seconds when nothing is finished yet.
    """
    kinds: dict[TrainConfig, list[TrainConfig]] = {}
    count = Count(plan, None)
    left = count.begin()
    for config in left:
        kinds.setdefault(_kind(config), []).append(config)
    untrained = Counter(_kind(config) for config in left if not (plan.out / config.run_name / WEIGHTS).is_file())
    trained = _trained(plan, set(kinds))
    untimed = [kind for kind in kinds if not trained.get(kind) and untrained[kind]]
    groups = {name: known_group(name, runs=plan.out) for name in {configs[0].group for configs in kinds.values()}}
    clock = _StepClock(SECONDS / max(1, len(untimed)))
    train, disk, explain = 0.0, 0, []
    for kind, configs in kinds.items():
        group, to_train = groups[configs[0].group], untrained[kind]
        size = _size(configs[0], group.order, plan.work.explain)
        if folders := trained.get(kind):
            seconds, size, explained = _measured(folders)
            explain += explained
        else:
            seconds = clock.seconds(configs[0], group) if to_train else 0.0
        train, disk = train + to_train * seconds, disk + to_train * size
        if plan.work.explain:
            disk += (len(configs) - to_train) * NEURON_BYTES * configs[0].width
    to_explain = sum(not is_explained(plan.out / config.run_name, plan.work.analysis) for config in left)
    is_needed, measured, now = plan.work.explain and to_explain, sum(map(len, trained.values())), count.now()
    explaining = (statistics.mean(explain) * to_explain if explain else None) if is_needed else 0.0
    shards = len(plan.shards(left))
    return Estimate(len(left), now.finished, now.failed, shards, train, explaining, disk, measured, len(untimed))


def _kind(config: TrainConfig) -> TrainConfig:
    """The configuration without the seed."""
    return config.model_copy(update={"seed": 0, "device": "auto"})


def _trained(plan: SweepPlan, kinds: set[TrainConfig]) -> dict[TrainConfig, list[Path]]:
    """Some trained runs of each kind, among those of the plan, each trained by itself on a CPU."""
    found: dict[TrainConfig, list[Path]] = {}
    if plan.stack not in {None, 1}:
        return found
    for name, config in plan.runs.items():
        folder, kind = plan.out / name, _kind(config)
        is_wanted = kind in kinds and len(found.get(kind, ())) < RUNS and (folder / WEIGHTS).is_file()
        if is_wanted and load_run(folder).record["device"] == "cpu":
            found.setdefault(kind, []).append(folder)
    return found


def _measured(folders: Sequence[Path]) -> tuple[float, int, list[float]]:
    """Median seconds of training, mean bytes, and seconds of each explanation there is."""
    seconds = [float(load_run(folder).metrics["seconds"][-1]) for folder in folders]
    sizes = [sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) for folder in folders]
    explained = []
    for folder in folders:
        if (analysis_seconds := read_analysis_seconds(folder)) is not None:
            explained.append(analysis_seconds)
    return statistics.median(seconds), round(statistics.mean(sizes)), explained


@final
class _StepClock:
    """Times optimiser steps, those of equal shape once."""

    def __init__(self, budget: float) -> None:
        self.budget = budget
        self.known: dict[tuple, float] = {}

    def seconds(self, config: TrainConfig, group: Group) -> float:
        """Of all steps of all phases, none of them ended early."""
        state = TrainState(config, group, torch.device("cpu"))
        total = 0.0
        for i, phase in enumerate(config.phases):
            state.phase, state.phase_step = i, 0
            sizes = (config.group, config.embed_dim, config.width, state.batch_size)
            key = (*sizes, config.architecture, config.activation, config.precision, config.loss_precision)
            if key not in self.known:
                self.known[key] = self._step(Stack([state]), self.budget / len(config.phases))
            total += self.known[key] * phase.max_steps
        return total

    def _step(self, stack: Stack, budget: float) -> float:
        """Seconds of a step; the first makes room and is not timed."""
        stack.advance()
        started = time.perf_counter()
        for steps in itertools.count(1):
            stack.states[0].phase_step = 0
            stack.advance()
            if (seconds := time.perf_counter() - started) > budget:
                return seconds / steps
        raise AssertionError


def _size(config: TrainConfig, order: int, explain: bool) -> int:
    """Bytes of a run: weights, each checkpoint, metrics, and the analysis."""
    parameters = sum(torch.Size(shape).numel() for shape in parameter_shapes(order, config).values())
    weights = parameters * (8 if config.precision == "float64" else 4)
    evaluations = config.max_steps // config.eval_every
    return (
        weights * (config.checkpoints + 1) + 30 * evaluations + (NEURON_BYTES * config.width if explain else 0) + 5000
    )
