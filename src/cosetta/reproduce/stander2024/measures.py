"""Everything that the reproduction measures on one run, as plain data cached in the run's folder.

The analysis has the interventions and the labels; this adds what only the paper needs: its concentration C_H, the
ablation curves, the bins of out columns, the logits on and off a shared coset, and the measures of the competing
account. The cache `stander2024.json` is whole or absent; a damaged one, or one of another schema, is made again.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, final

import numpy as np
import torch
from jaxtyping import Bool, Int

from cosetta.groups import Group, SubgroupLattice, cosets, subgroup_lattice
from cosetta.harmonics import irreps as all_irreps
from cosetta.interventions import EMBEDDING_SWAP, STANDER2024
from cosetta.measures.gcr import GcrMeasures, gcr_measures
from cosetta.models import FoldedModel, PairScorer
from cosetta.reproduce.frame.beside import Beside
from cosetta.reproduce.frame.folded_runs import FoldedRecord, FoldedRun
from cosetta.reproduce.stander2024.concentration import (
    THRESHOLDS,
    AblationCurves,
    LeastConcentration,
    ablation_curves,
    least_concentrations,
)
from cosetta.reproduce.stander2024.noise import ScaledNoise, scaled_noise
from cosetta.reproduce.stander2024.out_columns import (
    Bin,
    CosetLogits,
    OutLevels,
    coset_logits,
    out_bins,
    out_levels,
)
from cosetta.results import Analysis, CosetNeuron, DeadNeuron, Neuron
from cosetta.training.pairs import split_pairs
from cosetta.training.run_folder import TrainedRun

__all__ = [
    "CACHE",
    "INTERVENTIONS",
    "NeuronMeasures",
    "RunMeasures",
    "Scores",
    "folded",
    "measure_run",
    "right_cosets",
    "shared_cosets",
]

CACHE = "stander2024.json"
"""Name of the cache in a run folder."""

SCHEMA = 4
"""Number of the cache's layout; raised when a field changes its meaning, which makes every cache be made again."""

MAX_PAIRS = 20_000
"""At most this many pairs are scored for the ablation curves and the excluded losses; S5 has 14,400 in all."""

GROKKED = 0.99
"""A run has generalised from the first evaluation at which its test accuracy stays at least this."""

INTERVENTIONS = {"none": "none"} | {found.id: found.name for found in (EMBEDDING_SWAP, *STANDER2024)}
"""How the interventions of Table 1 are printed, by id; `none` is the untouched network."""


@final
@dataclass(frozen=True)
class Scores:
    """How a network does under one intervention.

    Args:
        accuracy: in [0, 1].
        loss: cross-entropy, nats.
        pairs: number of pairs scored.
    """

    accuracy: float
    loss: float
    pairs: int


@final
@dataclass(frozen=True)
class NeuronMeasures:
    """One neuron under the paper's rule and under ours.

    Args:
        status: `dead`, `covered` by cosets or `open`.
        concentration: smallest C_H over proper nontrivial H; None if the group has none.
        argmin: class of the subgroup that has it, or an empty string.
        fraction: coset variance fraction on that subgroup, in [0, 1].
        largest: class of the largest subgroup under the coset threshold, or an empty string.
        irrep: dominant irrep of the left function, or an empty string for a dead neuron.
    """

    status: Literal["dead", "covered", "open"]
    concentration: float | None
    argmin: str
    fraction: float | None
    largest: str
    irrep: str


@final
@dataclass(frozen=True)
class RunMeasures:
    """The measures of one run.

    Args:
        group: name of the group.
        recipe: name of the recipe.
        seed: seed of the run.
        accuracy: on all pairs, in [0, 1].
        loss: on all pairs, nats.
        test_accuracy: at the last evaluation.
        test_loss: at the last evaluation, nats.
        steps: optimiser steps.
        seconds: wall time of training.
        grok_step: first evaluated step from which test accuracy stays at least `GROKKED`; None if it never does.
        interventions: scores by id of intervention, `none` for the untouched network.
        neurons: one entry a neuron.
        ablation: Figure 5.
        out_bins: Table 3, by bin.
        out_levels: level of the out columns on and off the shared coset; None without covered neurons.
        coset_logits: summed logits of 1, 2 and 4 neurons of a circuit; None without a circuit of four.
        noise: Table 1's noise in units of the network's own pre-activations.
        gcr: the measures of Chughtai et al.
        measuring_seconds: wall time of these measurements.
        thresholds: those of the analysis, which decided the labels.
        schema: number of the layout.
    """

    group: str
    recipe: str
    seed: int
    accuracy: float
    loss: float
    test_accuracy: float
    test_loss: float
    steps: int
    seconds: float
    grok_step: int | None
    interventions: dict[str, Scores]
    neurons: tuple[NeuronMeasures, ...]
    ablation: AblationCurves
    out_bins: dict[str, Bin]
    out_levels: OutLevels | None
    coset_logits: CosetLogits | None
    noise: ScaledNoise
    gcr: GcrMeasures
    measuring_seconds: float
    thresholds: dict[str, float]
    schema: int = SCHEMA

    def shares(self, rule: Literal["argmin", "largest"]) -> dict[str, float]:
        """Share of all neurons by subgroup class, `none` and `dead` among them.

        Args:
            rule: `argmin` gives a live neuron the class of its smallest C_H, and `none` from 1 up, as the paper does;
                `largest` the largest subgroup under the coset threshold.

        Returns:
            Shares in [0, 1] that sum to 1.
        """
        found: dict[str, float] = {}
        for neuron in self.neurons:
            if neuron.status == "dead":
                name = "dead"
            elif rule == "largest":
                name = neuron.largest or "none"
            else:
                below_one = neuron.concentration is not None and neuron.concentration < 1
                name = neuron.argmin if below_one else "none"
            found[name] = found.get(name, 0.0) + 1 / len(self.neurons)
        return found


KEPT = Beside(CACHE, RunMeasures, "measures of a run", SCHEMA)
"""What is measured of a run, in its folder."""


def measure_run(run: TrainedRun | FoldedRun, group: Group, analysis: Analysis) -> RunMeasures:
    """The measures of a run, from the cache in its folder if there is a whole one of the same analysis.

    Args:
        run: the run; on a folded one the exchange of embeddings is not measured.
        group: the group it was trained on.
        analysis: its analysis.

    Returns:
        The measures, which now lie in the folder as well.

    Raises:
        BadRun: if the run is of another group, or a file of it is missing or damaged.
    """
    run.check_group(group)
    cached = KEPT.read(run.folder)
    if cached is not None and cached.thresholds == analysis.thresholds:
        return cached
    found = _measure(run, group, analysis)
    KEPT.write(run.folder, found)
    return found


def shared_cosets(analysis: Analysis, lattice: SubgroupLattice) -> dict[int, Bool[np.ndarray, " g"]]:
    """Which elements lie in the shared coset Hg of each circuit.

    Args:
        analysis: an analysis.
        lattice: the subgroups of its group.

    Returns:
        Membership by circuit number.
    """
    found = {}
    coset_of = right_cosets(analysis, lattice)
    representative = {n.circuit: n.shared_coset.representative for n in analysis.coset.covered}
    for circuit, element in representative.items():
        of_element = coset_of[circuit]
        found[circuit] = of_element == of_element[element]
    return found


def right_cosets(analysis: Analysis, lattice: SubgroupLattice) -> dict[int, Int[np.ndarray, " g"]]:
    """The right coset Ha that each element lies in, for the H of each circuit.

    Args:
        analysis: an analysis.
        lattice: the subgroups of its group.

    Returns:
        Numbers of cosets by circuit number.
    """
    classes = {cls.name: cls for cls in lattice.classes}
    return {
        circuit.circuit: cosets(
            lattice.subgroup(classes[circuit.subgroup].subgroups[circuit.left_conjugate]), side="right"
        )
        for circuit in analysis.coset.circuits
    }


def _measure(run: TrainedRun | FoldedRun, group: Group, analysis: Analysis) -> RunMeasures:
    started = time.monotonic()
    lattice, irreps = subgroup_lattice(group), all_irreps(group)
    model, trained, curve = folded(run), _trained(run, group), _curve(run)
    least = least_concentrations(model.left.double().numpy().T, lattice, irreps)
    live = np.array([not isinstance(neuron, DeadNeuron) for neuron in analysis.neurons], dtype=bool)
    score = PairScorer(group, max_pairs=MAX_PAIRS, seed=curve.seed)
    shared = shared_cosets(analysis, lattice)
    generator = np.random.default_rng(curve.seed)
    scores = {
        row.id: Scores(row.accuracy, row.loss, row.pairs) for row in analysis.evidence if row.kind == "intervention"
    }
    return RunMeasures(
        group=group.name,
        recipe=curve.recipe,
        seed=curve.seed,
        accuracy=analysis.accuracy,
        loss=analysis.loss,
        test_accuracy=curve.test_accuracy[-1],
        test_loss=curve.test_loss[-1],
        steps=curve.step[-1],
        seconds=_seconds(run),
        grok_step=_grok_step(curve.step, curve.test_accuracy),
        interventions={"none": Scores(analysis.accuracy, analysis.loss, group.order**2)} | scores,
        neurons=tuple(_neuron(neuron, analysis, c) for neuron, c in zip(analysis.neurons, least, strict=True)),
        ablation=ablation_curves(model, least, live, score, THRESHOLDS, curve.seed),
        out_bins=out_bins(model.out.double().numpy(), analysis, generator, _pairs_of_subgroups(model, least, lattice)),
        out_levels=out_levels(model, analysis, shared, right_cosets(analysis, lattice)),
        coset_logits=coset_logits(model, group, analysis, shared, generator),
        noise=scaled_noise(model, live, score, curve.seed),
        gcr=gcr_measures(model, group, irreps, trained),
        measuring_seconds=time.monotonic() - started,
        thresholds=dict(analysis.thresholds),
    )


def folded(run: TrainedRun | FoldedRun) -> FoldedModel:
    """The final network of a run as functions on G.

    Args:
        run: a run, with all its files or folded.

    Returns:
        The folded network.

    Raises:
        BadRun: if its file is missing or damaged.
    """
    return run.model if isinstance(run, FoldedRun) else run.folded()


def _curve(run: TrainedRun | FoldedRun) -> FoldedRecord:
    """Recipe, seed and evaluations of a run."""
    if isinstance(run, FoldedRun):
        return run.record
    config, metrics = run.config, run.metrics
    step, accuracy, loss = (tuple(metrics[name].to_list()) for name in ("step", "test_accuracy", "test_loss"))
    return FoldedRecord(config.group, config.recipe, config.seed, "trained here", step, accuracy, loss)


def _trained(run: TrainedRun | FoldedRun, group: Group) -> Int[torch.Tensor, " pair"]:
    """Training pairs behind the excluded losses, in random order where the recipe tells the split."""
    if isinstance(run, FoldedRun):
        return run.trained(group)[:MAX_PAIRS]
    train, _ = split_pairs(group.order, run.config, torch.Generator().manual_seed(run.config.seed))
    return train[:MAX_PAIRS]


def _seconds(run: TrainedRun | FoldedRun) -> float:
    """Wall time of training; 0 where it is unknown."""
    return 0.0 if isinstance(run, FoldedRun) else float(run.metrics["seconds"][-1] or 0.0)


def _pairs_of_subgroups(
    model: FoldedModel, least: Sequence[LeastConcentration], lattice: SubgroupLattice
) -> list[tuple[int, int]]:
    """Positions of H and K with the smallest C_H for left and for right, one pair a neuron; none without subgroups."""
    right = least_concentrations(model.right.double().numpy().T, lattice, all_irreps(lattice.group), "left")
    return [
        (one.position, other.position)
        for one, other in zip(least, right, strict=True)
        if one.position is not None and other.position is not None
    ]


def _neuron(neuron: Neuron, analysis: Analysis, c: LeastConcentration) -> NeuronMeasures:
    finding = analysis.coset.by_neuron.get(neuron.neuron)
    if finding is None:
        return NeuronMeasures("dead", c.value, c.subgroup, c.fraction, "", "")
    status = "covered" if isinstance(finding, CosetNeuron) else "open"
    largest = finding.left.subgroup if finding.left else ""
    return NeuronMeasures(status, c.value, c.subgroup, c.fraction, largest, neuron.facts.irrep)


def _grok_step(steps: Sequence[int], accuracy: Sequence[float]) -> int | None:
    """First step from which the accuracy stays at `GROKKED` or above."""
    failing = [i for i, value in enumerate(accuracy) if value < GROKKED]
    first = failing[-1] + 1 if failing else 0
    return steps[first] if first < len(steps) else None
