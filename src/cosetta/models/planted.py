"""Networks written by hand from coset circuits, with known answers for the tests of everything that looks inside.

A coset neuron of a subgroup H and an element g has a value s on each right coset of H, all different: left(a) = s(Ha)
and right(b) = -s(H g b^-1), so pre = 0 if and only if ab lies in the shared coset C = Hg = gK, where K = g^-1 H g. So
left is constant on right cosets of H, right on left cosets of K, and right(b) = -left(g b^-1). A partner with both
signs flipped restores the other half, relu(x) + relu(-x) = |x|, and out is low on C. A complete circuit has every
conjugate of H and every shared coset: the product ab is then the only element that no active neuron speaks against, up
to the core of H, so accuracy is 1 when the core is trivial. Nothing here searches for circuits.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, final

import numpy as np
import torch
from jaxtyping import Float, Int

from cosetta.groups import Group, Subgroup, conjugate, cosets, transversal
from cosetta.harmonics import Irrep, fixed_projection
from cosetta.models.folded import FoldedModel
from cosetta.shown import short_repr

__all__ = ["CosetPlan", "PlantedModel", "PlantedNeuron", "plant", "random_model"]

JITTER = 0.25
"""Random values start from evenly spaced levels and move by at most this share of the spacing, so they stay apart."""

MIN_GAP = 1e-6
"""Values of an irrep on two cosets that differ by less than this, in units of their spread, are taken as equal."""

SIDE_SCALE = 0.1
"""Standard deviation of `out` of random and dead neurons: small beside a circuit's, which is about 1."""

_Draw = Callable[[Subgroup, int], tuple[np.ndarray, np.ndarray]]
"""For a conjugate u H u^-1: left, and a function that is largest on the conjugate and has mean 0."""


@final
@dataclass(frozen=True, eq=False)
class CosetPlan:
    """A complete circuit to plant: all conjugates of a subgroup with all their cosets.

    Args:
        H: any subgroup of the conjugacy class; must not be the whole group.
        irrep: None draws the values on cosets at random, afresh for every pair of partners. An irrep takes them from
            it: left(x) = v^T rho(x) w with v fixed by H and one random w a circuit, and out(z) = -v^T rho(z g^-1) v.
        amplitude: scale of `out`; left and right have variance 1 over the group (on average over w unless the irrep is
            of real type).
        partners: whether each neuron comes with its negative. Without partners a circuit is exact when it has an irrep
            and H is its own normalizer: then the images of v under G are met once each and sum to 0, which cancels all
            but |x|/2 of relu(x).

    Source:
        Stander et al. 2024 (arXiv:2312.06581) for the neuron; Wu et al. 2024 (arXiv:2410.07476) for the form with an
        irrep.
    """

    H: Subgroup
    irrep: Irrep | None = None
    amplitude: float = 1.0
    partners: bool = True
    __repr__ = short_repr


@final
@dataclass(frozen=True, eq=False)
class PlantedNeuron:
    """What one planted neuron is.

    Args:
        kind: "coset"; "random" for random weights; "dead" for a neuron that fires on no pair.
        circuit: position of its plan in the list given to `plant`; None unless kind is "coset", like all that follows.
        H: left is constant on the right cosets of this subgroup.
        K: right is constant on the left cosets of this subgroup, g^-1 H g.
        g: right(b) = -left(g b^-1); any element of the shared coset, here its smallest.
        shared_coset: the elements of C = Hg = gK, sorted; pre = 0 exactly when ab is one of them.
        sign: 1, or -1 for the partner.
        irrep: name of the irrep that the values come from; None for random values.
    """

    kind: Literal["coset", "random", "dead"]
    circuit: int | None = None
    H: Subgroup | None = None
    K: Subgroup | None = None
    g: int | None = None
    shared_coset: Int[np.ndarray, " h"] | None = None
    sign: int | None = None
    irrep: str | None = None
    __repr__ = short_repr


@final
@dataclass(frozen=True, eq=False)
class PlantedModel:
    """A network written by hand and the truth about it.

    Args:
        folded: the network, float64.
        truth: one entry a neuron, in the order of the neurons.
    """

    folded: FoldedModel
    truth: tuple[PlantedNeuron, ...]
    __repr__ = short_repr


def plant(
    group: Group,
    circuits: Sequence[CosetPlan],
    generator: torch.Generator,
    noise: float = 0.0,
    random_neurons: int = 0,
    dead_neurons: int = 0,
    shuffle: bool = True,
) -> PlantedModel:
    """Write a network down from the circuits that it should hold.

    Args:
        group: the group to multiply in.
        circuits: complete circuits; their logits add up.
        generator: source of all random choices, on the CPU.
        noise: standard deviation of the normal noise added to every value of left, right and out of the coset neurons,
            whose left and right have standard deviation 1.
        random_neurons: how many neurons to add with standard normal left and right, and out a tenth of that.
        dead_neurons: how many neurons to add that fire on no pair.
        shuffle: whether to put the neurons in random order; otherwise by circuit, then random, then dead ones.

    Returns:
        The network, with zero bias, and what each of its neurons is.

    Raises:
        ValueError: if a subgroup is of another group or the whole group, if an irrep has no vector that H fixes, or if
            its values do not tell the cosets of H apart.

    Source:
        This project.

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.models.scoring import PairScorer
        >>> S3 = named_group("S3")
        >>> planted = plant(S3, [CosetPlan(S3.subgroup([1]))], torch.Generator().manual_seed(0))
        >>> planted.folded.width, PairScorer(S3)(planted.folded).accuracy     # 3 conjugates, 3 cosets, 2 signs
        (18, 1.0)
    """
    columns, truth = [], []
    for i, plan in enumerate(circuits):
        for neuron, column in _circuit(group, plan, i, generator):
            truth.append(neuron)
            columns.append(column)
    weights = torch.from_numpy(np.array(columns).reshape(-1, 3, group.order))  # (neuron, left right out, g)
    weights = weights + noise * _normal((len(truth), 3, group.order), generator)
    weights = torch.cat([weights, _random(random_neurons, group, generator), _dead(dead_neurons, group, generator)])
    truth += [PlantedNeuron("random")] * random_neurons + [PlantedNeuron("dead")] * dead_neurons
    order = torch.randperm(len(truth), generator=generator) if shuffle else torch.arange(len(truth))
    left, right, out = weights[order].permute(1, 2, 0).contiguous()
    folded = FoldedModel(left, right, out, torch.zeros(group.order, dtype=torch.float64))
    return PlantedModel(folded, tuple(truth[i] for i in order.tolist()))


def random_model(group: Group, width: int, generator: torch.Generator) -> FoldedModel:
    """A network of standard normal weights: the control in which there is nothing to find.

    Args:
        group: gives the number of elements.
        width: number of neurons.
        generator: source of the weights, on the CPU.

    Returns:
        The network, float64, with zero bias.

    Example:
        >>> from cosetta.groups import named_group
        >>> random_model(named_group("S3"), 4, torch.Generator().manual_seed(0)).left.shape
        torch.Size([6, 4])
    """
    left, right, out = _normal((3, group.order, width), generator)
    return FoldedModel(left, right, out, torch.zeros(group.order, dtype=torch.float64))


def _circuit(
    group: Group, plan: CosetPlan, i: int, generator: torch.Generator
) -> Iterator[tuple[PlantedNeuron, Float[np.ndarray, "3 g"]]]:
    """Each neuron of a complete circuit with its left, right and out."""
    if plan.H.group.content_hash != group.content_hash:
        raise ValueError(f"circuits must use subgroups of {group.name}; circuit {i} has one of {plan.H.group.name}")
    if plan.H.index == 1:
        raise ValueError(f"a coset circuit needs at least two cosets; circuit {i} has H = {group.name}")
    draw = _random_draw(generator) if plan.irrep is None else _irrep_draw(plan.irrep, plan.H, generator)
    name = plan.irrep.name if plan.irrep is not None else None
    for H, u in _conjugates(plan.H):
        for g in transversal(H, side="right").tolist():
            left, profile = draw(H, u)
            right = -left[group.table[g, group.inverse]]
            out = -plan.amplitude * profile[group.table[:, group.inverse[g]]]
            K, coset = conjugate(H, int(group.inverse[g])), np.sort(group.table[H.elements, g])
            for sign in (1, -1) if plan.partners else (1,):
                yield PlantedNeuron("coset", i, H, K, g, coset, sign, name), np.stack([sign * left, sign * right, out])


def _conjugates(H: Subgroup) -> Iterator[tuple[Subgroup, int]]:
    """Each conjugate once, as u H u^-1 with its u."""
    seen = set()
    for u in transversal(H, side="left").tolist():
        moved = conjugate(H, u)
        if moved.elements.tobytes() not in seen:
            seen.add(moved.elements.tobytes())
            yield moved, u


def _random_draw(generator: torch.Generator) -> _Draw:
    """Fresh values on the right cosets of H, and the centred indicator of H."""
    return lambda H, u: (_random_values(H, generator), H.members - 1 / H.index)


def _irrep_draw(irrep: Irrep, H: Subgroup, generator: torch.Generator) -> _Draw:
    """The functions v^T rho(x) w and v^T rho(x) v: v is fixed by the conjugate, w is one for all, of length sqrt(d)."""
    vector = fixed_projection(irrep, H) @ _normal((irrep.dim,), generator).numpy()
    if np.linalg.norm(vector) < MIN_GAP:
        raise ValueError(f"irrep {irrep.name} must have a vector that H fixes; it has none for {H!r}")
    vector = vector / np.linalg.norm(vector)
    direction = _normal((irrep.dim,), generator).numpy()
    direction = direction * np.sqrt(irrep.dim) / np.linalg.norm(direction)

    def draw(conjugate_of_H: Subgroup, u: int) -> tuple[np.ndarray, np.ndarray]:
        fixed = irrep.matrices[u] @ vector  # u H u^-1 fixes rho(u) v
        return _irrep_values(conjugate_of_H, irrep, fixed, direction), fixed @ irrep.matrices @ fixed

    return draw


def _random_values(H: Subgroup, generator: torch.Generator) -> Float[np.ndarray, " g"]:
    """Distinct values on the right cosets of H, with mean 0 and variance 1."""
    shifts = JITTER * (2 * torch.rand(H.index, generator=generator, dtype=torch.float64) - 1)
    levels = (torch.randperm(H.index, generator=generator) + shifts).numpy()
    levels = (levels - levels.mean()) / levels.std()
    return levels[cosets(H, side="right")]


def _irrep_values(H: Subgroup, irrep: Irrep, fixed: np.ndarray, direction: np.ndarray) -> Float[np.ndarray, " g"]:
    """The function v^T rho(x) w, which must differ between right cosets."""
    first = transversal(H, side="right")
    values = fixed @ irrep.matrices[first] @ direction
    by_value = np.argsort(values)
    gaps = np.diff(values[by_value])
    if gaps.min() < MIN_GAP:
        x, y = first[by_value][np.argmin(gaps) : np.argmin(gaps) + 2]
        raise ValueError(
            f"values on the cosets of H must all differ; irrep {irrep.name} gives Hx and Hy the same one for "
            f"x = {x}, y = {y}: its fixed vector belongs to a larger subgroup than {H!r}"
        )
    return values[cosets(H, side="right")]


def _normal(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def _random(count: int, group: Group, generator: torch.Generator) -> torch.Tensor:
    """Weights (neuron, left right out, g) of neurons without structure."""
    return _normal((count, 3, group.order), generator) * torch.tensor([1.0, 1.0, SIDE_SCALE])[:, None]


def _dead(count: int, group: Group, generator: torch.Generator) -> torch.Tensor:
    """Weights (neuron, left right out, g) of neurons whose pre-activations are all negative."""
    weights = _random(count, group, generator)
    weights[:, :2] = -weights[:, :2].abs() - SIDE_SCALE
    return weights
