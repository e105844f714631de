"""What of a report is printed: all of a network of usual size, the strongest of what a large one has.

A network of 512 neurons would print on nineteen pages, eleven of them the table of its neurons. What is left out on
paper stays on the page, and the paper says how much that is.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from cosetta.results import Analysis

__all__ = ["CIRCUITS", "CLASSES", "NEURONS", "SPECIMENS", "UNCOVERED", "Paper", "on_paper"]

NEURONS = 128
CIRCUITS = 40
CLASSES = 2
SPECIMENS = 10
UNCOVERED = 6
"""Most that is printed of each; the tests count the pages of a network of 512 neurons with much uncovered."""

T = TypeVar("T")


class Paper(NamedTuple):
    """What is printed of a network.

    Args:
        neurons: rows of the table of neurons.
        circuits: rows of the table of circuits.
        specimens: neurons that cosets do not cover, drawn.
        strength: share of the network's strength that the printed neurons hold, in [0, 1].
    """

    neurons: frozenset[int]
    circuits: frozenset[int]
    specimens: frozenset[int]
    strength: float


def on_paper(analysis: Analysis) -> Paper:
    """The neurons, circuits and specimens of a network that its report prints.

    Args:
        analysis: of the network.

    Returns:
        The strongest of each, and of what is not many all.
    """
    strength = {neuron.neuron: neuron.facts.strength for neuron in analysis.neurons}
    neurons = _strongest(strength, NEURONS, strength.__getitem__)
    circuits = {circuit.circuit: sum(strength[n] for n in circuit.neurons) for circuit in analysis.coset.circuits}
    return Paper(
        neurons,
        _strongest(circuits, CIRCUITS, circuits.__getitem__),
        _strongest((each.neuron for each in analysis.specimens), SPECIMENS, strength.__getitem__),
        sum(strength[n] for n in neurons),
    )


def _strongest(items: Iterable[T], most: int, strength: Callable[[T], float]) -> frozenset[T]:
    return frozenset(sorted(items, key=strength, reverse=True)[:most])
