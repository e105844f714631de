"""One product worked through, and the neurons that cosets do not cover, as plain data for the report.

A neuron that fires says that the product is not in its shared coset. So on one pair (a, b) the circuits that fire rule
out cosets, one after the other, and what is left should be ab. Where no circuit is there, the logits are split by the
main irrep of the neurons instead.
"""

from dataclasses import dataclass
from typing import final

from cosetta.shown import short_repr

__all__ = ["Elimination", "Part", "Specimen", "WorkedProduct"]


@final
@dataclass(frozen=True)
class Elimination:
    """A circuit that fires on the pair, and the coset that it rules out.

    Args:
        circuit: number of the circuit.
        neurons: its neurons that fire.
        members: elements of its coset C.
        left: number of elements that neither it nor a circuit before it in the chain rules out.
        push: how far these neurons lower the mean logit on C against the rest, in logit units; predicted positive.
    """

    circuit: int
    neurons: tuple[int, ...]
    members: tuple[int, ...]
    left: int
    push: float
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class Part:
    """What the neurons of one irrep add to the logits.

    Args:
        irrep: name of the irrep; empty for all the rest: other neurons, the bias, a path around the neurons.
        neurons: number of live neurons with most of the power of `left` in it.
        logits: what they add to the logit of each element, less its mean.
    """

    irrep: str
    neurons: int
    logits: tuple[float, ...]
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class WorkedProduct:
    """One pair of elements, followed through the network.

    Args:
        a: the left factor.
        b: the right factor.
        product: the element ab.
        answer: the element with the largest logit.
        logits: of every element, less their mean.
        firing: number of live neurons whose activation moves away from that at 0.
        circuits: number of circuits with such a neuron.
        chain: circuits that fire, each the one that rules out most of what is left, until none rules out more.
        ruled_out: for each element, in how many of the cosets that are ruled out it lies; 0 is what is left.
        parts: the logits by irrep, the largest first.
        around: elements in the order of the powers of a generator; empty for a group that is not cyclic.
        sampled: number of random pairs on which the same was tried.
        settled: share of them on which the circuits that fire leave ab and nothing else, in [0, 1].
        steps: median length of the chain on those that were settled; 0 if none was.
    """

    a: int
    b: int
    product: int
    answer: int
    logits: tuple[float, ...]
    firing: int
    circuits: int
    chain: tuple[Elimination, ...]
    ruled_out: tuple[int, ...]
    parts: tuple[Part, ...]
    around: tuple[int, ...]
    sampled: int
    settled: float
    steps: float
    __repr__ = short_repr

    @property
    def left(self) -> tuple[int, ...]:
        """The elements that no circuit rules out."""
        return tuple(element for element, times in enumerate(self.ruled_out) if times == 0)


@final
@dataclass(frozen=True)
class Specimen:
    """A live neuron that cosets do not cover, with its values in the order in which a structure would show.

    Args:
        neuron: its position in the network.
        left: left value of each element.
        right: right value of each element.
        subgroup: the class of subgroups that comes nearest, or an empty string if there is none.
        fractions: coset variance fraction of left and of right for it; empty without a class.
        left_cosets: right coset Ha of each element, for the conjugate that leaves least of left, by ascending mean.
        right_cosets: left coset bK of each element, for the conjugate that leaves least of right, likewise.
        angles: angle of each element at the neuron's frequency, in [0, 2 pi); empty for a group that is not abelian.
    """

    neuron: int
    left: tuple[float, ...]
    right: tuple[float, ...]
    subgroup: str = ""
    fractions: tuple[float, ...] = ()
    left_cosets: tuple[int, ...] = ()
    right_cosets: tuple[int, ...] = ()
    angles: tuple[float, ...] = ()
    __repr__ = short_repr
