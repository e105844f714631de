r"""The coset account: a neuron's functions depend on cosets only.

The ideal replaces, for each labelled neuron with subgroups H and K and shared coset C = Hg = gK,

    left  by its mean over right cosets Ha,   right by its mean over left cosets bK,
    out   by its mean over double cosets HcK  (the coarsest partition that both allow, C among them).

With `mirror`, right is not averaged but written down from left: right(b) = mean(right) - (left - mean(left))(g b^-1).
"""

from dataclasses import dataclass, replace
from typing import Literal, final

import numpy as np
import torch
from jaxtyping import Float, Int

from cosetta.circuits import FoundNeuron, mirror_of
from cosetta.groups import Subgroup, SubgroupLattice, conjugate, cosets, double_cosets
from cosetta.hypotheses.base import AbstractHypothesis
from cosetta.models import FoldedModel

__all__ = ["Assignment", "CosetCircuit", "assignments", "random_assignments"]


@final
@dataclass(frozen=True)
class Assignment:
    """The cosets that one neuron is claimed to use.

    Args:
        neuron: its position.
        left: H.
        right: K, a conjugate g^-1 H g.
        representative: g, an element of the shared coset.
        relabelled: elements are renumbered by this permutation before their cosets are taken; for controls only, as it
            turns cosets into random parts of the same sizes.
    """

    neuron: int
    left: Subgroup
    right: Subgroup
    representative: int
    relabelled: Int[np.ndarray, " g"] | None = None


def assignments(neurons: tuple[FoundNeuron, ...], lattice: SubgroupLattice) -> tuple[Assignment, ...]:
    """The cosets of every explained neuron, as found.

    Args:
        neurons: the labelled neurons.
        lattice: the group's subgroups.

    Returns:
        One assignment for each explained neuron.
    """
    return tuple(
        Assignment(
            neuron.record.neuron,
            lattice.subgroup(neuron.left_subgroup),
            lattice.subgroup(neuron.right_subgroup),
            neuron.record.shared_coset.representative,
        )
        for neuron in neurons
        if neuron.record.status == "explained"
        and neuron.left_subgroup is not None
        and neuron.right_subgroup is not None
        and neuron.record.shared_coset is not None
    )


def random_assignments(
    found: tuple[Assignment, ...], lattice: SubgroupLattice, generator: np.random.Generator
) -> tuple[Assignment, ...]:
    """The control: for each neuron another subgroup of the same index, with a random shared coset.

    Where there is no other subgroup of that index (A5 in S5, every subgroup of a cyclic group), the cosets are replaced
    by random parts of the same sizes.

    Args:
        found: the assignments to replace.
        lattice: the group's subgroups.
        generator: source of the choices.

    Returns:
        One assignment for each one given, for the same neurons.
    """
    replaced = []
    for assignment in found:
        same_order = np.flatnonzero(lattice.orders == assignment.left.order)
        others = [i for i in same_order.tolist() if i != lattice.position(assignment.left)]
        if not others:
            relabelled = generator.permutation(lattice.group.order)
            replaced.append(replace(assignment, relabelled=relabelled))
            continue
        H = lattice.subgroup(int(generator.choice(others)))
        g = int(generator.integers(lattice.group.order))
        K = conjugate(H, int(lattice.group.inverse[g]))
        replaced.append(replace(assignment, left=H, right=K, representative=g))
    return tuple(replaced)


@final
@dataclass(frozen=True)
class CosetCircuit(AbstractHypothesis):
    """The coset account of a model, for the neurons that have an assignment; the others are left as they are.

    Args:
        model: the model it is about.
        assigned: the cosets of each explained neuron.
        mirror: write `right` down from `left` by the mirror law instead of averaging it.
        functions: which of the three functions are replaced.

    Source:
        Stander et al. 2023 (arXiv:2312.06581), sections 4 and 5.
    """

    model: FoldedModel
    assigned: tuple[Assignment, ...]
    functions: tuple[Literal["left", "right", "out"], ...] = ("left", "right", "out")
    mirror: bool = False

    @property
    def name(self) -> str:
        """Short name."""
        return "coset circuit"

    @property
    def predictions(self) -> tuple[str, ...]:
        """What should be seen if the claim is right."""
        return (
            "replacing left, right and out by their coset means leaves the accuracy as it is",
            "the same with random subgroups of equal index destroys it",
            "a neuron is silent when the product lies in its shared coset",
        )

    @property
    def ideal(self) -> FoldedModel:
        """The model with coset means in place of the assigned neurons' functions."""
        values = {name: getattr(self.model, name).double().numpy().copy() for name in ("left", "right", "out")}
        for assignment in self.assigned:
            n, H, K = assignment.neuron, assignment.left, assignment.right
            left = values["left"][:, n]
            partition = {
                "left": cosets(H, side="right"),
                "right": cosets(K, side="left"),
                "out": double_cosets(H, K),
            }
            if assignment.relabelled is not None:
                partition = {name: parts[assignment.relabelled] for name, parts in partition.items()}
            means = {name: _averaged(values[name][:, n], partition[name]) for name in self.functions}
            if self.mirror:
                mean = values["right"][:, n].mean() + left.mean()
                means["right"] = mean + mirror_of(means["left"][None], assignment.representative, H.group)[0]
            for name, averaged in means.items():
                values[name][:, n] = averaged
        dtype = self.model.left.dtype
        return replace(self.model, **{name: torch.from_numpy(array).to(dtype) for name, array in values.items()})


def _averaged(f: Float[np.ndarray, " g"], parts: Int[np.ndarray, " g"]) -> Float[np.ndarray, " g"]:
    return (np.bincount(parts, weights=f) / np.bincount(parts))[parts]
