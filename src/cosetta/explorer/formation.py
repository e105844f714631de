"""How neurons formed, for a page that scrubs through checkpoints.

Of each kept checkpoint: the facts of the trajectory, the coset variance fraction of each neuron for the subgroup that
it has at the end, and the left function of the strongest neurons in 8 bits between its own extremes.
"""

from typing import Any

import numpy as np

from cosetta.groups import Group, SubgroupLattice
from cosetta.harmonics import Irrep
from cosetta.measures import coset_variance_fractions
from cosetta.report.notation import typeset
from cosetta.results import Analysis, CosetNeuron
from cosetta.training.run_folder import TrainedRun
from cosetta.trajectory import trajectory

__all__ = ["formation"]

MAX_CHECKPOINTS = 48
"""Checkpoints that are kept, evenly spaced; recipes of S5 keep 35."""

MAX_NEURONS = 40
"""Neurons whose left function is kept at every checkpoint."""


def formation(
    run: TrainedRun, group: Group, lattice: SubgroupLattice, irreps: tuple[Irrep, ...], analysis: Analysis
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What a page shows of the training.

    Args:
        run: the run.
        group: its group.
        lattice: the subgroups.
        irreps: the irreps.
        analysis: of the finished network.

    Returns:
        Facts by checkpoint, and arrays: `formed` with left functions (checkpoint, neuron, g) and `formed_range` with
        their extremes, `formed_fraction` with (checkpoint, neuron) for all neurons, 1 where a neuron has no subgroup.

    Raises:
        BadRun: if a file of the run is missing or damaged.
    """
    facts = trajectory(run, group)
    saved = [*(kept for kept in run.checkpoints if kept[0] < facts.step[-1]), (facts.step[-1], None)]
    if len(saved) != len(facts.step) or len(saved) < 3:
        return {}, {}
    chosen = np.unique(np.linspace(0, len(saved) - 1, min(MAX_CHECKPOINTS, len(saved))).round().astype(int))
    final = np.full(analysis.width, -1)
    for finding in analysis.coset.covered:
        final[finding.neuron] = _position(finding, lattice)
    shown = _shown(analysis)
    lefts, fractions = [], []
    for i in chosen.tolist():
        folding = run.folding(saved[i][1])  # what is not additive yet is followed by its additive part
        model = run.folded(saved[i][1]) if folding is None else folding.model
        left = model.left.double().numpy().T
        by_subgroup = coset_variance_fractions(left, lattice, irreps, "right")
        taken = np.where(final >= 0, by_subgroup[np.arange(len(left)), np.maximum(final, 0)], 1.0)
        lefts.append(left[shown])
        fractions.append(taken)
    left = np.stack(lefts)
    low, high = left.min(axis=2), left.max(axis=2)
    scale = np.where(high > low, high - low, 1.0)
    header = {
        "step": [facts.step[i] for i in chosen],
        "test_loss": [_finite(facts.test_loss[i]) for i in chosen],
        "test_accuracy": [_finite(facts.test_accuracy[i]) for i in chosen],
        "constant_share": [facts.constant_share[i] for i in chosen],
        "classes": {
            name: [counts[i] for i in chosen]
            for name, counts in facts.classes.items()
            if any(counts[i] for i in chosen)
        },
        "titles": {name: typeset(name) for name in facts.classes},
        "irreps": {name: [round(shares[i], 5) for i in chosen] for name, shares in facts.irreps.items()},
        "similarity": {
            name: [round(_finite(values[i]) or 0.0, 5) for i in chosen]
            for name, values in facts.trace_similarity.items()
        },
        "neurons": shown,
    }
    arrays = {
        "formed": np.rint(255 * (left - low[..., None]) / scale[..., None]).astype(np.uint8),
        "formed_range": np.stack([low, high], axis=2).astype(np.float32),
        "formed_fraction": np.stack(fractions).astype(np.float32),
    }
    return header, arrays


def _position(finding: CosetNeuron, lattice: SubgroupLattice) -> int:
    members = lattice.classes[lattice.class_names.index(finding.left.subgroup)].subgroups
    return int(members[finding.left.conjugate])


def _shown(analysis: Analysis) -> list[int]:
    """The strongest neurons, among them the clearest of each class."""
    clearest = [exemplar.neuron for exemplar in analysis.coset.exemplars]
    strongest = sorted(analysis.live, key=lambda neuron: -neuron.facts.strength)
    return list(dict.fromkeys(clearest + [neuron.neuron for neuron in strongest]))[:MAX_NEURONS]


def _finite(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
