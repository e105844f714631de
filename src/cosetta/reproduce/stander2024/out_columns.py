"""Out columns: how those of two neurons correlate, and what a circuit of them says on and off its shared coset.

Pairs of neurons fall into bins (Table 3 of the paper) with two controls: neurons of one dominant irrep that share no
coset, which an account by irreps alone would expect to agree as well, and random vectors. Coset bins take covered
neurons, since only they have a shared coset; the rest takes live ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from cosetta.groups import Group
from cosetta.models import FoldedModel
from cosetta.reproduce.frame.spread import five_numbers
from cosetta.results import Analysis, CosetNeuron

__all__ = ["BINS", "SIZES", "Bin", "CosetLogits", "OutLevels", "coset_logits", "out_bins", "out_levels"]

BINS = {
    "same-coset": "same shared coset",
    "same-labels": "same H and K, by the smallest C_H",
    "same-class": "same class, other coset",
    "same-irrep": "same irrep, other coset",
    "same-subgroup": "same subgroup, other coset",
    "all-live": "all live pairs",
    "random": "random vectors",
}
"""How the bins are printed, by id. `same-labels` takes every live neuron with the H of left and the K of right that
have the smallest C_H: where H is not its own normaliser they are those of several cosets Hg = gK, which it mixes. The
same irrep, the same subgroup and random vectors are controls that the paper lacks; the same subgroup is one H, not one
class, so that the left functions of both neurons lie in the same space."""

SIZES = (1, 2, 4)
"""Numbers of neurons whose contributions are summed."""

PAIRS_PER_CIRCUIT = 200
"""Pairs drawn for each circuit behind the box plot: with 10 circuits of S5, 240,000 logits."""


@final
@dataclass(frozen=True)
class Bin:
    """Correlations of the out columns of some pairs of neurons.

    Args:
        n: number of pairs.
        mean: of the correlations; None without pairs.
        sd: standard deviation of the correlations; None without pairs.
    """

    n: int
    mean: float | None
    sd: float | None


@final
@dataclass(frozen=True)
class OutLevels:
    """Level of the out columns of neurons covered by cosets, centred over the answers, in logits a unit of activation.

    Args:
        on: mean on the shared coset.
        off: mean off it.
        lowest: share of neurons whose shared coset Hg has the lowest mean of all right cosets of H.
        chance: that share for columns that know no coset, the mean of 1/[G:H].
    """

    on: float
    off: float
    lowest: float
    chance: float


@final
@dataclass(frozen=True)
class CosetLogits:
    """What the strongest 1, 2 and 4 neurons of a circuit add to the logits while at least one of the four fires.

    Over pairs with ab outside the shared coset C, the summed contributions are centred over the answers z; `on` are
    their values at z in C, `off` at the others. Circuits of fewer than four neurons are left out of all sizes.

    Args:
        sizes: numbers of neurons summed.
        on: the five numbers of a box plot for each size.
        off: the same, off C.
        circuits: number of circuits.
    """

    sizes: tuple[int, ...]
    on: tuple[dict[str, float], ...]
    off: tuple[dict[str, float], ...]
    circuits: int


def out_bins(
    out: Float[np.ndarray, "g neuron"],
    analysis: Analysis,
    generator: np.random.Generator,
    labels: Sequence[tuple[int, int]] = (),
) -> dict[str, Bin]:
    """Correlations of out columns by what two neurons have in common.

    Args:
        out: out columns.
        analysis: of the network.
        generator: source of the random vectors.
        labels: H of left and K of right by the smallest C_H, as positions in the lattice, one a neuron; none leaves
            that bin empty.

    Returns:
        A bin by each id of `BINS`.

    Source:
        Stander et al. 2023 (arXiv:2312.06581), Table 3; the controls are this project's.
    """
    live = [finding for finding in analysis.coset.neurons if np.ptp(out[:, finding.neuron]) > 0]
    correlation = _correlations(out[:, [finding.neuron for finding in live]])
    first, second = np.triu_indices(len(live), 1)
    covered = _both([isinstance(finding, CosetNeuron) for finding in live], first, second)
    circuits = [finding.circuit if isinstance(finding, CosetNeuron) else -1 for finding in live]
    same_coset = covered & _same(circuits, first, second)
    same_class = _same([finding.left.subgroup if finding.left else "" for finding in live], first, second)
    same_subgroup = _same([(f.left.subgroup, f.left.conjugate) if f.left else "" for f in live], first, second)
    same_irrep = _same([analysis.neurons[finding.neuron].facts.irrep for finding in live], first, second)
    other = covered & ~same_coset
    same_labels = _same([labels[finding.neuron] if labels else finding.neuron for finding in live], first, second)
    values = correlation[first, second]
    noise = _correlations(generator.standard_normal((len(out), len(live))))[first, second]
    return {
        "same-coset": _bin(values[same_coset]),
        "same-labels": _bin(values[same_labels]),
        "same-class": _bin(values[other & same_class]),
        "same-irrep": _bin(values[other & same_irrep]),
        "same-subgroup": _bin(values[other & same_subgroup]),
        "all-live": _bin(values),
        "random": _bin(noise),
    }


def out_levels(
    model: FoldedModel,
    analysis: Analysis,
    shared: dict[int, Bool[np.ndarray, " g"]],
    coset_of: dict[int, Int[np.ndarray, " g"]],
) -> OutLevels | None:
    """Mean level of the out columns on and off the shared coset.

    Args:
        model: the network.
        analysis: its analysis.
        shared: members of each circuit's shared coset.
        coset_of: the right coset of H of each element, for each circuit.

    Returns:
        The levels, or None without covered neurons.
    """
    out = model.out.double().numpy()
    out = out - out.mean(axis=0)
    rows = []
    for circuit in analysis.coset.circuits:
        members, labels = shared[circuit.circuit], coset_of[circuit.circuit]
        for n in circuit.neurons:
            column, sizes = out[:, n], np.bincount(labels)
            means = np.bincount(labels, column) / sizes
            lowest = means[labels[members][0]] <= means.min()
            rows.append((column[members].mean(), column[~members].mean(), lowest, 1 / len(sizes)))
    return OutLevels(*map(float, np.mean(rows, axis=0))) if rows else None


def coset_logits(
    model: FoldedModel,
    group: Group,
    analysis: Analysis,
    shared: dict[int, Bool[np.ndarray, " g"]],
    generator: np.random.Generator,
) -> CosetLogits | None:
    """Summed logits on and off the shared coset for 1, 2 and 4 neurons of one circuit.

    Args:
        model: the network.
        group: its group.
        analysis: its analysis.
        shared: members of each circuit's shared coset.
        generator: draws the pairs.

    Returns:
        The box plots, or None if no circuit has four neurons.

    Source:
        Stander et al. 2023 (arXiv:2312.06581), appendix; the choice of pairs and neurons is this project's.
    """
    strength = np.array([neuron.facts.strength for neuron in analysis.neurons])
    circuits = [circuit for circuit in analysis.coset.circuits if len(circuit.neurons) >= max(SIZES)]
    found: dict[tuple[int, bool], list[np.ndarray]] = {(size, on): [] for size in SIZES for on in (True, False)}
    for circuit in circuits:
        members = shared[circuit.circuit]
        chosen = sorted(circuit.neurons, key=lambda n: -strength[n])[: max(SIZES)]
        post = _firing(model, group, chosen, members, generator)
        out = model.out[:, chosen].double().numpy()
        out = out - out.mean(axis=0)
        for size in SIZES:
            logits = post[:, :size] @ out[:, :size].T
            found[size, True].append(logits[:, members].ravel())
            found[size, False].append(logits[:, ~members].ravel())
    if not any(values.size for values in found[1, True]):
        return None
    on, off = (tuple(five_numbers(np.concatenate(found[size, is_on])) for size in SIZES) for is_on in (True, False))
    return CosetLogits(SIZES, on, off, len(circuits))


def _firing(
    model: FoldedModel, group: Group, chosen: list[int], members: np.ndarray, generator: np.random.Generator
) -> Float[np.ndarray, "pair chosen"]:
    """Activations of some neurons on drawn pairs with ab outside the coset, of which at least one fires."""
    a, b = generator.integers(group.order, size=(2, 4 * PAIRS_PER_CIRCUIT))
    outside = ~members[group.table[a, b]]
    narrow = model.keep(torch.tensor(chosen))
    pre = narrow.pre(torch.from_numpy(a[outside]), torch.from_numpy(b[outside]))
    post = narrow.activate(pre).double().numpy()
    return post[(post > 0).any(axis=1)][:PAIRS_PER_CIRCUIT]


def _correlations(columns: np.ndarray) -> np.ndarray:
    centred = columns - columns.mean(axis=0)
    centred = centred / np.linalg.norm(centred, axis=0)
    return centred.T @ centred


def _same(labels: list, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    numbers = np.unique([str(label) for label in labels], return_inverse=True)[1] if labels else np.zeros(0, dtype=int)
    return numbers[first] == numbers[second]


def _both(flags: list[bool], first: np.ndarray, second: np.ndarray) -> np.ndarray:
    array = np.array(flags, dtype=bool)
    return array[first] & array[second]


def _bin(values: np.ndarray) -> Bin:
    if not len(values):
        return Bin(0, None, None)
    return Bin(len(values), float(values.mean()), float(values.std()))
