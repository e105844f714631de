"""Neurons of an abelian group in words people know: frequencies, amplitudes and phases.

An abelian group is a product of cyclic groups, so an element g is a list of numbers (g_1, ..) modulo (n_1, ..), and a
frequency k = (k_1, ..) is the character exp(2 pi i (k_1 g_1 / n_1 + ..)). Modulo n there is one number, and the
character is the wave exp(2 pi i k g / n). This says what a function is, whether any account of the network holds or
not.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import final

from cosetta.shown import short_repr

__all__ = ["Frequency", "FrequencyFindings", "FrequencyNeuron"]


@final
@dataclass(frozen=True)
class FrequencyNeuron:
    """One live neuron as waves of one frequency: f(g) = amplitude cos(angle_k(g) + phase) for left, right and out.

    Args:
        neuron: its position in the network.
        frequency: number of its frequency in `FrequencyFindings.frequencies`: that with most power in `left`.
        shares: share of the power of `left`, `right` and `out` that this frequency has, in [0, 1].
        amplitudes: of `left`, `right` and `out`, in their own units, at least 0.
        phases: of the same, in (-pi, pi]; a sign character has 0 or pi.
        phase_error: phase of left + phase of right - phase of out, in (-pi, pi]: 0 when the neuron speaks loudest for
            the right answer, pi when it speaks loudest against it.
    """

    neuron: int
    frequency: int
    shares: dict[str, float]
    amplitudes: dict[str, float]
    phases: dict[str, float]
    phase_error: float
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class Frequency:
    """One frequency that neurons use.

    Args:
        k: one number a cyclic factor; k and -k are one frequency, of which the smaller is given.
        irrep: name of the real irrep.
        order: number of values of the character: it is a function on the quotient of this order.
        kernel: number of elements at which the character is 1; above 1 the frequency sees a proper quotient only.
        neurons: number of live neurons.
        strength: their share of the logit variance, in [0, 1].
        unevenness: how much the vote of these neurons for the right answer depends on a - b, in units of what a single
            phase difference gives: 0 is even (the clock), 1 is the pizza; None for a sign.
        phase_spread: 1 - |mean of exp(i (phase of left - phase of right))|, each neuron weighed by its strength, in
            [0, 1]: 0 when all neurons share one difference of phases; None for a sign.
    """

    k: tuple[int, ...]
    irrep: str
    order: int
    kernel: int
    neurons: int
    strength: float
    unevenness: float | None
    phase_spread: float | None


@final
@dataclass(frozen=True)
class FrequencyFindings:
    """Frequencies of a network on an abelian group.

    Args:
        moduli: orders of the cyclic factors, largest first; the group is their product.
        generators: printed labels of the elements that generate the factors.
        frequencies: the frequencies in use, strongest first.
        neurons: one entry a live neuron.
        distance_irrelevance: standard deviation of the correct logit over pairs with one a - b, averaged over a - b,
            over its standard deviation on all pairs, in [0, 1]: near 0 for the pizza, which depends on a - b alone;
            near 1 for the clock. None if the correct logits do not vary.
        pairs: number of pairs on which it and `unevenness` were measured.
    """

    moduli: tuple[int, ...]
    generators: tuple[str, ...]
    frequencies: tuple[Frequency, ...]
    neurons: tuple[FrequencyNeuron, ...]
    distance_irrelevance: float | None
    pairs: int
    __repr__ = short_repr

    @cached_property
    def by_neuron(self) -> dict[int, FrequencyNeuron]:
        """The neurons by position."""
        return {neuron.neuron: neuron for neuron in self.neurons}

    @property
    def is_cyclic(self) -> bool:
        """Whether the group is cyclic: a frequency is then one number."""
        return len(self.moduli) == 1
