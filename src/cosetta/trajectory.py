r"""How the neurons of one run formed: facts at each kept checkpoint and at the final weights.

A neuron's function has the spread C_H of the paper, the sum over cosets of the sample variance inside over the sample
variance of all; with the coset variance fraction F_H it is C_H = F_H (|G|-1)/(|H|-1). The similarity of the network
with an irrep is the cosine of the centred logits with chi(a b z^-1), over the pairs (a, b) and answers z. Both are
computed without holding logits: the squared norm of the centred logits is a quadratic form of the activations' second
moments. Facts are kept in `trajectory.json` beside the run, so they are computed once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from pydantic import TypeAdapter
from torch import Tensor

from cosetta.config import AnalysisConfig
from cosetta.errors import BadRun
from cosetta.files import FilePath, read_json, write_whole
from cosetta.groups import Group, SubgroupLattice, subgroup_lattice
from cosetta.harmonics import Irrep, power
from cosetta.harmonics import irreps as all_irreps
from cosetta.measures import coset_variance_fractions
from cosetta.measures.logit_sums import LogitSums
from cosetta.models import FoldedModel
from cosetta.training.run_folder import TrainedRun

__all__ = ["Trajectory", "concentrations", "has_trajectory", "load_trajectory", "trajectory"]

SCHEMA = 1
"""Number of the layout of `trajectory.json`; raised when a field changes its meaning."""

ENTRIES = 2**17
"""Largest number of activations held at once: 0.5 MB in float32, which a cache holds."""


@final
@dataclass(frozen=True)
class Trajectory:
    """Facts of one run, one entry a checkpoint, earliest first; the last entry is the final weights.

    Args:
        group: name of the group.
        step: optimiser steps so far.
        test_loss: on the test pairs, nats, of the evaluation nearest in steps.
        test_accuracy: of the same evaluation, in [0, 1].
        median_concentration: median over all neurons, dead ones too, of the smallest C_H of `left` over proper
            nontrivial subgroups H; at least 0, and 0 if there are no such subgroups.
        median_fraction: median of the smallest coset variance fraction of `left` over the same subgroups, in [0, 1].
        constant_share: share of the live neurons whose `left` and `right` are both constant within the threshold on the
            cosets of some proper nontrivial subgroup, in [0, 1].
        live: number of live neurons.
        classes: by class name, the number of live neurons whose `left` has its largest subgroup there; `none` counts
            those without one, `dead` the dead ones, so that the numbers of a checkpoint sum to the width.
        irreps: by irrep, the share of the live neurons whose `left` has most power there; the shares sum to 1.
        trace_similarity: by irrep but the trivial one, the cosine of the centred logits with its character, in [-1, 1].
        entropy_left: mean over neurons of the Shannon entropy of the power of `left` over irreps, nats.
        entropy_right: the same of `right`.
        entropy_out: the same of `out`.
        pairs: number of pairs behind `live` and `trace_similarity`: all |G|^2, or a fixed random sample.
        thresholds: the thresholds that decided the labels.
        additive_share: by strength, in [0, 1]: below 1 the facts are of the part f(a) + g(b) of the neurons. 1 for the
            paper's network; empty in files of earlier versions.
        schema: number of this layout.
    """

    group: str
    step: tuple[int, ...]
    test_loss: tuple[float, ...]
    test_accuracy: tuple[float, ...]
    median_concentration: tuple[float, ...]
    median_fraction: tuple[float, ...]
    constant_share: tuple[float, ...]
    live: tuple[int, ...]
    classes: dict[str, tuple[int, ...]]
    irreps: dict[str, tuple[float, ...]]
    trace_similarity: dict[str, tuple[float, ...]]
    entropy_left: tuple[float, ...]
    entropy_right: tuple[float, ...]
    entropy_out: tuple[float, ...]
    pairs: int
    thresholds: dict[str, float]
    additive_share: tuple[float, ...] = ()
    schema: int = SCHEMA


_TRAJECTORY = TypeAdapter(Trajectory)


def trajectory(run: TrainedRun, group: Group, config: AnalysisConfig | None = None) -> Trajectory:
    """Facts at each kept checkpoint of a finished run and at its final weights, read from `trajectory.json` if there.

    Cost: about a coset analysis of `left` and `right` and one pass over the pairs a checkpoint; 0.5 s for an S5 run.

    Args:
        run: the run.
        group: the group it was trained on.
        config: `coset_threshold`, `dead_threshold`, `evidence_pairs` and `seed` are used; the defaults if None.

    Returns:
        The trajectory. A stored one that is damaged, or was made with other settings, is made again.

    Raises:
        BadRun: if the group is another one, or a file of the run is missing or damaged.
        OSError: if `trajectory.json` cannot be written.

    Source:
        Figures 4 of Stander et al. 2023 (arXiv:2312.06581) and of Chughtai et al. 2023 (arXiv:2302.03025); the rest is
        this project's.

    Example:
        >>> import tempfile
        >>> from cosetta.groups import named_group
        >>> from cosetta.training import fast, train
        >>> S3, config = named_group("S3"), fast("S3", embed_dim=8, width=8, train_fraction=0.8)
        >>> formed = trajectory(train(config, S3, Path(tempfile.mkdtemp()) / "run"), S3)
        >>> formed.step[0], {sum(counts) for counts in zip(*formed.classes.values())}
        (0, {8})
    """
    run.check_group(group)
    config = config or AnalysisConfig()
    thresholds = _thresholds(config)
    path = run.folder / "trajectory.json"
    if (stored := load_trajectory(run.folder)) and stored.thresholds == thresholds:
        return stored
    made = _made(run, group, config, thresholds)
    content = _TRAJECTORY.dump_json(made)
    write_whole(path, lambda temporary: temporary.write_bytes(content))
    return made


def _thresholds(config: AnalysisConfig) -> dict[str, float]:
    """The settings that a trajectory depends on."""
    return {
        name: float(getattr(config, name)) for name in ("coset_threshold", "dead_threshold", "evidence_pairs", "seed")
    }


def has_trajectory(folder: FilePath, config: AnalysisConfig | None = None) -> bool:
    """Whether a run's folder holds its trajectory.

    Args:
        folder: the run's folder.
        config: settings that it must have been made with; None takes any.

    Returns:
        False if `trajectory.json` is missing, damaged, of another schema or made with other settings.
    """
    stored = load_trajectory(folder)
    return stored is not None and (config is None or stored.thresholds == _thresholds(config))


def load_trajectory(folder: FilePath) -> Trajectory | None:
    """The trajectory that a run's folder holds, if any; it can always be made again.

    Args:
        folder: the run's folder.

    Returns:
        The trajectory; None if `trajectory.json` is missing, damaged or of another schema.
    """
    path = Path(folder) / "trajectory.json"
    try:
        return read_json(path, Trajectory, what="a trajectory", advice="it is made again", schema=SCHEMA)
    except BadRun:
        return None


def concentrations(
    fractions: Float[np.ndarray, "function subgroup"], lattice: SubgroupLattice
) -> Float[np.ndarray, "function proper"]:
    r"""The paper's C_H for every proper nontrivial subgroup at once.

    C_H = F_H (|G|-1)/(|H|-1), with the coset variance fraction F_H; the cosets of one H have one size, so the sum of
    their sample variances is the sum of squares inside over |H|-1.

    Args:
        fractions: `coset_variance_fractions` of some functions, for all subgroups.
        lattice: the subgroups.

    Returns:
        Values >= 0, one a function and proper nontrivial subgroup, in the lattice's order.

    Source:
        Stander et al. 2023 (arXiv:2312.06581), section 5; the identity is this project's.

    Example:
        >>> from cosetta.groups import named_group
        >>> C4 = subgroup_lattice(named_group("C4"))
        >>> concentrations(np.array([[1.0, 0.5, 0.0]]), C4)
        array([[1.5]])
    """
    proper = _proper(lattice)
    return fractions[:, proper] * ((lattice.group.order - 1) / (lattice.orders[proper] - 1))


def _proper(lattice: SubgroupLattice) -> Bool[np.ndarray, " subgroup"]:
    return (lattice.orders > 1) & (lattice.orders < lattice.group.order)


def _made(run: TrainedRun, group: Group, config: AnalysisConfig, thresholds: dict[str, float]) -> Trajectory:
    lattice, irreps, pairs = subgroup_lattice(group), all_irreps(group), _pairs(group, config)
    last = int(run.metrics["step"][-1])
    kept = [*(kept for kept in run.checkpoints if kept[0] < last), (last, None)]
    run.folded()  # a network that ends otherwise has no functions on the group to follow
    models, additive = zip(*(_folded(run, path) for _, path in kept), strict=True)
    facts = [_facts(model, group, lattice, irreps, pairs, config) for model in models]
    evaluated = run.metrics["step"].to_numpy()
    nearest = [int(np.abs(evaluated - step).argmin()) for step, _ in kept]
    tables: dict[str, Any] = {
        name: {key: tuple(fact[name].get(key, 0) for fact in facts) for key in _keys(name, facts, lattice)}
        for name in ("classes", "irreps", "trace_similarity")
    }
    columns: dict[str, Any] = {name: tuple(fact[name] for fact in facts) for name in facts[0] if name not in tables}
    return Trajectory(
        group=group.name,
        step=tuple(step for step, _ in kept),
        test_loss=tuple(float(run.metrics["test_loss"][row]) for row in nearest),
        test_accuracy=tuple(float(run.metrics["test_accuracy"][row]) for row in nearest),
        pairs=len(pairs),
        thresholds=thresholds,
        additive_share=tuple(additive),
        **columns,
        **tables,
    )


def _folded(run: TrainedRun, checkpoint: Path | None) -> tuple[FoldedModel, float]:
    """The folded network at a checkpoint, and its additive share."""
    folding = run.folding(checkpoint)
    if folding is not None:
        return folding.model, folding.additive_share
    return run.folded(checkpoint), 1.0


def _keys(name: str, facts: list[dict], lattice: SubgroupLattice) -> list[str]:
    """Names that occur at any checkpoint: classes from the smallest subgroup up, irreps in the group's order."""
    if name == "classes":
        found = {key for fact in facts for key in fact[name]}
        return [cls for cls in (*lattice.class_names, "none", "dead") if cls in found]
    return list(facts[0][name])


def _pairs(group: Group, config: AnalysisConfig) -> Int[Tensor, " pair"]:
    """All pairs a |G| + b, or a random sample of them in ascending order."""
    every = group.order**2
    if every <= config.evidence_pairs:
        return torch.arange(every)
    chosen = np.random.default_rng(config.seed).choice(every, config.evidence_pairs, replace=False)
    return torch.from_numpy(np.sort(chosen))


def _facts(
    model: FoldedModel,
    group: Group,
    lattice: SubgroupLattice,
    irreps: tuple[Irrep, ...],
    pairs: Int[Tensor, " pair"],
    config: AnalysisConfig,
) -> dict:
    """Everything about one checkpoint, by field."""
    values = {name: _centred(getattr(model, name)) for name in ("left", "right", "out")}
    left = coset_variance_fractions(values["left"], lattice, irreps, "right")
    right = coset_variance_fractions(values["right"], lattice, irreps, "left")
    powers = {name: power(f, irreps) for name, f in values.items()}
    moments = _Moments(model, group, pairs)
    live = moments.live(config.dead_threshold)
    proper = _proper(lattice)
    constant = _under(left[:, proper], config) & _under(right[:, proper], config)
    dominant = powers["left"][live].argmax(axis=1)
    return {
        "median_concentration": _median_of_smallest(concentrations(left, lattice)),
        "median_fraction": _median_of_smallest(left[:, proper]),
        "constant_share": float(constant[live].mean()) if live.any() else 0.0,
        "live": int(live.sum()),
        "classes": _classes(left, live, lattice, config),
        "irreps": {irrep.name: float((dominant == i).mean()) if live.any() else 0.0 for i, irrep in enumerate(irreps)},
        "trace_similarity": {irrep.name: moments.similarity(irrep) for irrep in irreps[1:]},
        **{f"entropy_{name}": _mean_entropy(shares) for name, shares in powers.items()},
    }


def _centred(values: Float[Tensor, "g neuron"]) -> Float[np.ndarray, "neuron g"]:
    values = values.double()
    return (values - values.mean(0)).T.contiguous().numpy()


def _under(fractions: Float[np.ndarray, "neuron proper"], config: AnalysisConfig) -> Bool[np.ndarray, " neuron"]:
    return np.any(fractions < config.coset_threshold, axis=1)


def _median_of_smallest(values: Float[np.ndarray, "neuron proper"]) -> float:
    return float(np.median(values.min(axis=1))) if values.size else 0.0


def _mean_entropy(shares: Float[np.ndarray, "neuron irrep"]) -> float:
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return float(np.abs((shares * logs).sum(axis=1)).mean())


def _classes(
    fractions: Float[np.ndarray, "neuron subgroup"],
    live: Bool[np.ndarray, " neuron"],
    lattice: SubgroupLattice,
    config: AnalysisConfig,
) -> dict[str, int]:
    """Live neurons by the class of the largest subgroup under the threshold; ties go to the smaller fraction."""
    allowed = (fractions < config.coset_threshold) & _proper(lattice)
    rank = np.where(allowed, lattice.orders - fractions, -1.0)  # fractions are below 1: orders decide first
    names = np.array([*lattice.names, "none", "dead"])
    position = np.where(allowed.any(axis=1), rank.argmax(axis=1), len(lattice))
    found, counts = np.unique(names[np.where(live, position, len(lattice) + 1)], return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


class _Moments:
    """Activations over the pairs: sums by product, first and second moments; logits only along a direct path."""

    def __init__(self, model: FoldedModel, group: Group, pairs: Int[Tensor, " pair"]) -> None:
        self.group, self.pairs, self.sums = group, len(pairs), LogitSums(model)
        self.out = model.out.double()
        for post, a, b, product in _activations(model, group, pairs):
            self.sums.add(post, a, b, product)

    def live(self, threshold: float) -> Bool[np.ndarray, " neuron"]:
        """Neurons that give the logits more than this share of the variance that the strongest neuron gives."""
        variance = self.sums.second.diagonal() / self.pairs - (self.sums.first / self.pairs) ** 2
        strength = (variance.clamp(min=0) * self.out.var(0, correction=0)).numpy()
        return np.greater(strength, threshold * strength.max(initial=0.0))

    def similarity(self, irrep: Irrep) -> float:
        """Cosine of the centred logits with chi(a b z^-1), over the pairs and all answers z."""
        character = torch.from_numpy(irrep.character.astype(np.float64))
        norm = float((self.sums.square() * self.pairs * character.square().sum()).sqrt())
        chosen = character[torch.from_numpy(self.group.table[:, self.group.inverse])]
        inner = float((self.sums.logits() * chosen).sum())
        return max(-1.0, min(1.0, inner / norm)) if norm > 0 else 0.0


def _activations(
    model: FoldedModel, group: Group, pairs: Int[Tensor, " pair"]
) -> Iterator[tuple[Float[Tensor, "pair neuron"], Int[Tensor, " pair"], Int[Tensor, " pair"], Int[Tensor, " pair"]]]:
    """Post-activations, factors and products of the pairs, block by block."""
    table = torch.from_numpy(group.table.astype(np.int64)).reshape(-1)
    for block in pairs.split(max(1, ENTRIES // max(1, model.width))):
        a, b = block // group.order, block % group.order
        yield model.activate(model.pre(a, b)), a, b, table[block]
