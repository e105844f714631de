r"""The paper's concentration C_H of every neuron, and what removing neurons by it does (Figure 5).

$C_H(f)$ is the sum over cosets of the sample variance of f inside, over the sample variance of f. With the coset
variance fraction v of population variances it is $C_H = v\,(|G|-1)/(|H|-1)$, so all subgroups come from one Fourier
transform. A neuron's concentration is the minimum over proper nontrivial H, for its left function on the cosets Ha.
"""

from dataclasses import dataclass
from typing import Literal, final

import numpy as np
import torch
from jaxtyping import Bool, Float

from cosetta.groups import SubgroupLattice
from cosetta.harmonics import Irrep
from cosetta.measures import coset_variance_fractions
from cosetta.models import FoldedModel, PairScorer
from cosetta.trajectory import concentrations

__all__ = [
    "THRESHOLDS",
    "AblationCurves",
    "Curve",
    "LeastConcentration",
    "ablation_curves",
    "least_concentrations",
]

THRESHOLDS = tuple(float(10.0 ** (half / 2)) for half in range(-16, 1))
"""Thresholds of C_H in Figure 5: 1e-8 .. 1, two a decade."""


@final
@dataclass(frozen=True)
class LeastConcentration:
    """A neuron's smallest C_H.

    Args:
        value: the smallest C_H over proper nontrivial subgroups; None if the group has none.
        subgroup: class of the subgroup that has it, or an empty string.
        fraction: coset variance fraction on that subgroup, in [0, 1]; None if the group has none.
        position: of that subgroup in the lattice; None if the group has none.
    """

    value: float | None
    subgroup: str
    fraction: float | None
    position: int | None = None


@final
@dataclass(frozen=True)
class Curve:
    """Accuracy after removing neurons, one entry a threshold.

    Args:
        accuracy: in [0, 1], on the scored pairs.
        removed: number of neurons removed.
    """

    accuracy: tuple[float, ...]
    removed: tuple[int, ...]


@final
@dataclass(frozen=True)
class AblationCurves:
    """Figure 5 for one network. Removed neurons contribute nothing: they are dropped, not replaced by their mean.

    Args:
        thresholds: of C_H.
        above: neurons with C_H >= threshold removed.
        below: neurons with C_H < threshold removed.
        above_live: number of live neurons among those removed above.
        random: accuracy after removing as many live neurons at random, the control of `above`.
        untouched: accuracy of the whole network on the same pairs.
        pairs: number of pairs scored.
    """

    thresholds: tuple[float, ...]
    above: Curve
    below: Curve
    above_live: tuple[int, ...]
    random: tuple[float, ...]
    untouched: float
    pairs: int


def least_concentrations(
    f: Float[np.ndarray, "neuron g"],
    lattice: SubgroupLattice,
    irreps: tuple[Irrep, ...],
    side: Literal["left", "right"] = "right",
) -> tuple[LeastConcentration, ...]:
    """The smallest C_H of each function, and the class of its subgroup: the paper's label of a neuron.

    A function constant on cosets of H is constant on those of every smaller subgroup too, so between them rounding
    decides; `CosetNeuron.left` has the label that this project uses.

    Args:
        f: left or right functions of neurons.
        lattice: all subgroups.
        irreps: all irreps.
        side: of the cosets: `right` for left functions, `left` for right ones.

    Returns:
        One entry a neuron.

    Source:
        Stander et al. 2023 (arXiv:2312.06581), section 5.

    Example:
        >>> from cosetta import irreps, named_group, subgroup_lattice
        >>> G = named_group("S3")
        >>> indicator = np.array([[1.0, 0, 0, 0, 0, 0]])        # of the identity: C_H = |G| / |H|
        >>> found = least_concentrations(indicator, subgroup_lattice(G), irreps(G))[0]
        >>> round(found.value, 6), found.subgroup
        (2.0, 'C3')
    """
    proper = np.flatnonzero((lattice.orders > 1) & (lattice.orders < lattice.group.order))
    values = concentrations(coset_variance_fractions(f, lattice, irreps, side), lattice)
    if not len(proper):
        return (LeastConcentration(None, "", None),) * len(f)
    best = values.argmin(axis=1)
    names, orders = lattice.names, lattice.orders
    return tuple(
        LeastConcentration(
            value=float(values[n, i]),
            subgroup=names[proper[i]],
            fraction=float(values[n, i] * (orders[proper[i]] - 1) / (lattice.group.order - 1)),
            position=int(proper[i]),
        )
        for n, i in enumerate(best.tolist())
    )


def ablation_curves(
    model: FoldedModel,
    least: tuple[LeastConcentration, ...],
    live: Bool[np.ndarray, " neuron"],
    score: PairScorer,
    thresholds: tuple[float, ...],
    seed: int = 0,
) -> AblationCurves:
    """Accuracy after removing all neurons with C_H at or above a threshold, or all below it.

    Args:
        model: the network.
        least: the concentration of each neuron.
        live: which neurons are not dead.
        score: scores a network on the chosen pairs.
        thresholds: of C_H, ascending.
        seed: seed of the order in which the control removes live neurons.

    Returns:
        Both curves and the control. At each threshold the two removed sets share no neuron and together are all.

    Source:
        Stander et al. 2023 (arXiv:2312.06581), Figure 5.
    """
    values = np.array([np.inf if neuron.value is None else neuron.value for neuron in least])
    known: dict[bytes, float] = {}

    def accuracy(kept: np.ndarray) -> float:
        key = kept.tobytes()
        if key not in known:
            known[key] = score(model.keep(torch.from_numpy(np.flatnonzero(kept)))).accuracy
        return known[key]

    def curve(kept: list[np.ndarray]) -> Curve:
        return Curve(tuple(accuracy(mask) for mask in kept), tuple(int((~mask).sum()) for mask in kept))

    def without(neurons: np.ndarray) -> float:
        kept = np.ones(len(values), dtype=bool)
        kept[neurons] = False
        return accuracy(kept)

    shuffled = np.random.default_rng(seed).permutation(np.flatnonzero(live))
    above_live = tuple(int((live & (values >= threshold)).sum()) for threshold in thresholds)
    return AblationCurves(
        thresholds=thresholds,
        above=curve([values < threshold for threshold in thresholds]),
        below=curve([values >= threshold for threshold in thresholds]),
        above_live=above_live,
        random=tuple(without(shuffled[:n]) for n in above_live),
        untouched=accuracy(np.ones(len(values), dtype=bool)),
        pairs=len(score.a),
    )
