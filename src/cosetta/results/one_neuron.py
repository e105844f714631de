"""The values of one neuron with the cosets that its elements are ordered by: what a picture of it needs."""

from dataclasses import dataclass
from typing import final

from cosetta.shown import card, short_repr, table

__all__ = ["OneNeuron"]


@final
@dataclass(frozen=True)
class OneNeuron:
    """The three functions of a neuron, covered by cosets or not.

    Args:
        neuron: its position in the network.
        left: left value of each element, pre-activation units.
        right: right value of each element.
        out: out weight of each element, logits per unit of activation.
        left_cosets: right coset Ha of each element, numbered by the mean left value, ascending; all 0 if no subgroup is
            chosen.
        right_cosets: left coset bK of each element, numbered so that coset i is the mirror of left coset i, or by the
            mean of -right where there is no mirror.
        left_subgroup: H by name, such as `S4#2`, or an empty string.
        right_subgroup: K by name, or an empty string.
        in_shared_coset: whether each element lies in the shared coset C; empty if the neuron is not covered, or another
            subgroup was chosen.
        shared_coset: C in words, or an empty string.
        strength: its share of the variance of the logits, in [0, 1].
        irrep: irrep with the most power in left.
        sentence: what it does, or why no coset account covers it.
        activation: name of the activation.
    """

    neuron: int
    left: tuple[float, ...]
    right: tuple[float, ...]
    out: tuple[float, ...]
    left_cosets: tuple[int, ...]
    right_cosets: tuple[int, ...]
    left_subgroup: str
    right_subgroup: str
    in_shared_coset: tuple[bool, ...]
    shared_coset: str
    strength: float
    irrep: str
    sentence: str
    activation: str
    __repr__ = short_repr

    def _repr_html_(self) -> str:
        """What it does, as a notebook shows it."""
        rows = [
            ("strength", f"{100 * self.strength:.3g} %"),
            ("main irrep of left", self.irrep),
            ("left by right cosets of", self.left_subgroup or "no subgroup"),
            ("right by left cosets of", self.right_subgroup or "no subgroup"),
        ]
        return card(f"Neuron {self.neuron}: {self.sentence}", tables=[table((), rows)])
