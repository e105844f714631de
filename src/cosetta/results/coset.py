"""What the coset account says of a network: a finding for each live neuron, circuits, classes, chance.

A finding is one of two kinds: a neuron that the account covers, with everything that follows from it, or one that it
leaves open, with the reason. Dead neurons have no finding. Numbers carry their range or unit; nothing here searches.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal, final

from pydantic import Field

from cosetta.results.evidence import Verdict
from cosetta.shown import short_repr

__all__ = [
    "Ablation",
    "CircuitRecord",
    "ClassSummary",
    "CosetFindings",
    "CosetLabel",
    "CosetNeuron",
    "Exemplar",
    "OpenNeuron",
    "SharedCoset",
]


@final
@dataclass(frozen=True)
class CosetLabel:
    """The largest subgroup on whose cosets a function is constant within the threshold.

    Args:
        subgroup: name of the subgroup's conjugacy class, such as `S4`.
        order: its number of elements |H|.
        index: its number of cosets [G:H].
        conjugate: which subgroup of the class, 0-based in the lattice's order; printed from 1, as `S4#1`.
        conjugates: how many subgroups the class has.
        generators: generators of this conjugate, as printed labels.
        side: whether cosets aH (`left`) or Ha (`right`) are meant.
        fraction: `coset_variance_fraction` in [0, 1]; 0 is constant on every coset.
        p_value: share of random functions of the same irrep content that some subgroup at least this large explains as
            well, in (0, 1]; 1 when the irreps alone force it.
        twisted: name of a subgroup K > H of index 2 under which the function only changes sign (it carries the
            nontrivial character of K/H), or an empty string.
    """

    subgroup: str
    order: int
    index: int
    conjugate: int
    conjugates: int
    generators: str
    side: Literal["left", "right"]
    fraction: float
    p_value: float
    twisted: str = ""
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class SharedCoset:
    """The coset C = Hg = gK such that the pre-activation vanishes when the product ab lies in C.

    Args:
        representative: smallest element g of C.
        representative_label: its printed label.
        size: number of elements |C| = |H|.
        description: C in words, such as `ab maps 3 to 1`.
        correlation: correlation of right(b) with -left(g b^-1), in [-1, 1]; 1 is an exact mirror.
        routes_agree: whether the mirror law alone (no subgroup lattice) finds the same set of elements.
        conjugate_pair: whether K = g^-1 H g, as the pairing law asks.
    """

    representative: int
    representative_label: str
    size: int
    description: str
    correlation: float
    routes_agree: bool
    conjugate_pair: bool
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class CosetNeuron:
    """A neuron that the coset account covers.

    Args:
        neuron: its position in the network.
        sentence: what the neuron does, in one plain line.
        left: label of the left function (right cosets Ha).
        right: label of the right function (left cosets bK).
        out: label of the out column (left cosets cK), or None if it is constant on the cosets of no proper subgroup.
        shared_coset: the coset at which it falls silent.
        mirror_residual: Var(right(b) + left(g b^-1)) / Var(right), 0 is an exact mirror.
        expected_silent_share: 1/[G:H], what the account predicts for the silent share when coset values are distinct.
        leak: rms of pre over pairs with ab in C, over its rms on all pairs; 0 is exact silence.
        out_on: mean of the out column on C, minus the column's mean, in units of its standard deviation.
        out_off: the same off C.
        out_residual: coset variance fraction of the out column on the double cosets HcK, in [0, 1]; 0 is what the
            account allows.
        circuit: number of the circuit it belongs to.
    """

    neuron: int
    sentence: str
    left: CosetLabel
    right: CosetLabel
    out: CosetLabel | None
    shared_coset: SharedCoset
    mirror_residual: float
    expected_silent_share: float
    leak: float
    out_on: float
    out_off: float
    out_residual: float
    circuit: int
    kind: Literal["covered"] = "covered"
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class OpenNeuron:
    """A live neuron that the coset account does not cover.

    Args:
        neuron: its position in the network.
        reason: why not, in one plain line.
        left: label of the left function, if it has one.
        right: label of the right function, if it has one.
        out: label of the out column, if it has one.
    """

    neuron: int
    reason: str
    left: CosetLabel | None = None
    right: CosetLabel | None = None
    out: CosetLabel | None = None
    kind: Literal["open"] = "open"
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class Ablation:
    """What happens when a circuit's neurons are replaced by their mean.

    Args:
        accuracy: accuracy on all pairs afterwards, in [0, 1].
        loss: cross-entropy afterwards, nats.
        control_accuracy: accuracy after removing as many other neurons of the same class, drawn at random.
        control_loss: loss after the same.
        lift: rise of the mean logit on C against the rest, over pairs with ab outside C; predicted positive, logit
            units.
        control_lift: the same rise for the other cosets of H, on average.
        verdict: whether `lift` is positive and above `control_lift`, as predicted.
    """

    accuracy: float
    loss: float
    control_accuracy: float | None
    control_loss: float | None
    lift: float
    control_lift: float
    verdict: Verdict


@final
@dataclass(frozen=True)
class CircuitRecord:
    """Neurons that share H, K and the shared coset C.

    Args:
        circuit: its number.
        subgroup: class name of H.
        left_conjugate: which conjugate H is.
        right_conjugate: which conjugate K is.
        representative_label: smallest element of C.
        size: |C|.
        description: C in words.
        neurons: its members.
        ablation: what removing it does; None before the causal tests have run.
    """

    circuit: int
    subgroup: str
    left_conjugate: int
    right_conjugate: int
    representative_label: str
    size: int
    description: str
    neurons: tuple[int, ...]
    ablation: Ablation | None = None
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class ClassSummary:
    """One row of the table of classes.

    Args:
        subgroup: class name of the left subgroup, `none` for unexplained neurons, `dead` for dead ones.
        neurons: number of neurons.
        share: share of all neurons, in [0, 1].
        strength: summed share of logit variance, in [0, 1].
        circuits: number of distinct shared cosets.
        possible_circuits: number of shared cosets that the class has in this group.
        median_fraction: median `coset_variance_fraction` of the left functions.
        irreps: share of the neurons by dominant irrep.
    """

    subgroup: str
    neurons: int
    share: float
    strength: float
    circuits: int
    possible_circuits: int
    median_fraction: float | None
    irreps: dict[str, float]
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class Exemplar:
    """The clearest neuron of a class, with its values, for the figures.

    Args:
        subgroup: class name.
        neuron: position of the neuron.
        left: left value of each element.
        right: right value of each element.
        out: out weight of each element.
        left_cosets: right coset Ha of each element, numbered by the mean left value, ascending.
        right_cosets: left coset bK of each element, numbered so that coset i is the mirror of left coset i.
        in_shared_coset: whether each element lies in C.
        irrep: its dominant irrep.
        sentence: what it does.
    """

    subgroup: str
    neuron: int
    left: tuple[float, ...]
    right: tuple[float, ...]
    out: tuple[float, ...]
    left_cosets: tuple[int, ...]
    right_cosets: tuple[int, ...]
    in_shared_coset: tuple[bool, ...]
    irrep: str
    sentence: str
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class CosetFindings:
    """Everything that the coset account found in one network.

    Args:
        neurons: one finding a live neuron, in the order of the neurons.
        circuits: neurons grouped by shared coset, largest subgroups first.
        classes: neurons counted by subgroup class, most first, then `none` (not covered) and `dead`.
        exemplars: the clearest neuron of each class.
        refused: why the account could not be fitted to this group, or an empty string.
    """

    neurons: tuple[Annotated[CosetNeuron | OpenNeuron, Field(discriminator="kind")], ...] = ()
    circuits: tuple[CircuitRecord, ...] = ()
    classes: tuple[ClassSummary, ...] = ()
    exemplars: tuple[Exemplar, ...] = ()
    refused: str = ""
    __repr__ = short_repr

    @cached_property
    def covered(self) -> tuple[CosetNeuron, ...]:
        """The neurons that the account covers."""
        return tuple(finding for finding in self.neurons if isinstance(finding, CosetNeuron))

    @cached_property
    def open(self) -> tuple[OpenNeuron, ...]:
        """The live neurons that it does not cover."""
        return tuple(finding for finding in self.neurons if isinstance(finding, OpenNeuron))

    @cached_property
    def by_neuron(self) -> dict[int, CosetNeuron | OpenNeuron]:
        """The findings by position of the neuron."""
        return {finding.neuron: finding for finding in self.neurons}

    def row_of(self, neuron: int) -> str:
        """Name of the row of the class table that a neuron is counted in.

        Args:
            neuron: its position.

        Returns:
            The class of its left subgroup, `none` if the account leaves it open, `dead` if there is no finding.

        Example:
            >>> CosetFindings((OpenNeuron(0, "no subgroup"),)).row_of(0)
            'none'
        """
        finding = self.by_neuron.get(neuron)
        if finding is None:
            return "dead"
        return finding.left.subgroup if isinstance(finding, CosetNeuron) else "none"
