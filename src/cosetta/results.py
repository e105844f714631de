"""What an analysis says, as plain frozen data: the content of `analysis.json`.

The report, the command line and the tests read these objects and compute nothing of their own. Every number carries its
range or unit here; thresholds that decided a label stand in `thresholds`. This module imports neither torch nor the
finder.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, final

from pydantic import TypeAdapter, ValidationError

from cosetta.errors import BadRun

__all__ = [
    "Ablation",
    "Analysis",
    "CircuitRecord",
    "ClassSummary",
    "CosetLabel",
    "Evidence",
    "Exemplar",
    "NeuronRecord",
    "SharedCoset",
    "TrainingCurve",
    "load_analysis",
]

SCHEMA = 1
"""Number of this layout; raised when a field changes its meaning."""

Verdict = Literal["as predicted", "not as predicted", "control", "baseline"]


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


@final
@dataclass(frozen=True)
class NeuronRecord:
    """Everything found about one neuron.

    Args:
        neuron: its position in the network.
        status: `dead`, `explained` (left, right and a shared coset found) or `unexplained`.
        reason: why it is not explained, or an empty string.
        sentence: what the neuron does, in one plain line.
        strength: its share of the variance of the logits over all pairs, in [0, 1], each neuron taken alone.
        silent_share: share of all pairs with |pre| under the zero tolerance.
        irrep: irrep with the largest power in `left`.
        irrep_shares: power share by irrep for `left`, `right` and `out`; each sums to 1 (or 0 for a constant function).
        left: label of the left function (right cosets Ha).
        right: label of the right function (left cosets bK).
        out: label of the out column (left cosets cK).
        shared_coset: the coset at which it falls silent.
        mirror_residual: Var(right(b) + left(g b^-1)) / Var(right), 0 is an exact mirror.
        expected_silent_share: 1/[G:H], what the coset account predicts for `silent_share` when coset values are
            distinct.
        leak: rms of pre over pairs with ab in C, over its rms on all pairs; 0 is exact silence.
        out_on: mean of the out column on C, minus the column's mean, in units of its standard deviation.
        out_off: the same off C.
        out_residual: coset variance fraction of the out column on the double cosets HcK, in [0, 1]; 0 is what the coset
            account allows.
        circuit: number of the circuit it belongs to, or None.
    """

    neuron: int
    status: Literal["dead", "explained", "unexplained"]
    reason: str
    sentence: str
    strength: float
    silent_share: float
    irrep: str
    irrep_shares: dict[str, dict[str, float]]
    left: CosetLabel | None = None
    right: CosetLabel | None = None
    out: CosetLabel | None = None
    shared_coset: SharedCoset | None = None
    mirror_residual: float | None = None
    expected_silent_share: float | None = None
    leak: float | None = None
    out_on: float | None = None
    out_off: float | None = None
    out_residual: float | None = None
    circuit: int | None = None


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


@final
@dataclass(frozen=True)
class Evidence:
    """One causal test: what was predicted, what was measured, and the control beside it.

    Args:
        name: short name of the test.
        kind: `replacement` (functions swapped for the coset account's) or `intervention` (the paper's Table 1).
        prediction: what the coset account predicts, stated before the measurement.
        accuracy: measured accuracy on all pairs, in [0, 1].
        loss: measured cross-entropy on all pairs, nats.
        kl: mean KL divergence of the outputs from the untouched network's, nats.
        pairs: number of pairs measured.
        control: name of the control, or an empty string.
        control_accuracy: accuracy under the control.
        control_loss: loss under the control.
        verdict: whether the prediction held.
    """

    name: str
    kind: Literal["replacement", "intervention"]
    prediction: str
    accuracy: float
    loss: float
    kl: float
    pairs: int
    control: str
    control_accuracy: float | None
    control_loss: float | None
    verdict: Verdict


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


@final
@dataclass(frozen=True)
class TrainingCurve:
    """Training metrics at the evaluations, thinned to a few hundred points.

    Args:
        step: optimiser steps so far.
        seconds: wall time so far.
        train_loss: cross-entropy on the training pairs, nats.
        test_loss: cross-entropy on the test pairs, nats.
        train_accuracy: in [0, 1].
        test_accuracy: in [0, 1].
    """

    step: tuple[int, ...]
    seconds: tuple[float, ...]
    train_loss: tuple[float, ...]
    test_loss: tuple[float, ...]
    train_accuracy: tuple[float, ...]
    test_accuracy: tuple[float, ...]


@final
@dataclass(frozen=True)
class Analysis:
    """The whole analysis of one network.

    Args:
        group: name of the group.
        order: its number of elements.
        elements: printed label of each element.
        irreps: name of each irrep, with its real dimension and Frobenius-Schur indicator.
        width: number of neurons.
        activation: name of the activation.
        accuracy: accuracy on all pairs, or on a sample if `accuracy_interval` is given, in [0, 1].
        loss: cross-entropy on the same pairs, nats.
        neurons: one record a neuron.
        circuits: neurons grouped by shared coset, largest first.
        classes: neurons counted by subgroup class, most first.
        evidence: causal tests.
        exemplars: the clearest neuron of each class.
        thresholds: every threshold that decided a label.
        unexplained: what is not explained, in plain sentences.
        curve: training metrics, if the run has them.
        run: how the network was made (configuration, versions, host, seconds), as found in `config.json`.
        command: the command that makes this result again.
        seconds: wall time of the analysis.
        accuracy_pairs: number of pairs behind `accuracy`; None in files written before samples were possible.
        accuracy_interval: 95 % interval of the accuracy on all pairs when only a sample was scored, else None.
        schema: number of this layout.
    """

    group: str
    order: int
    elements: tuple[str, ...]
    irreps: tuple[tuple[str, int, int], ...]
    width: int
    activation: str
    accuracy: float
    loss: float
    neurons: tuple[NeuronRecord, ...]
    circuits: tuple[CircuitRecord, ...]
    classes: tuple[ClassSummary, ...]
    evidence: tuple[Evidence, ...]
    exemplars: tuple[Exemplar, ...]
    thresholds: dict[str, float]
    unexplained: tuple[str, ...]
    curve: TrainingCurve | None = None
    run: dict[str, Any] = field(default_factory=dict)
    command: str = ""
    seconds: float = 0.0
    accuracy_pairs: int | None = None
    accuracy_interval: tuple[float, float] | None = None
    schema: int = SCHEMA

    @property
    def explained_share(self) -> float:
        """Share of the live neurons that are explained, in [0, 1]; 0 without live neurons."""
        live = [neuron for neuron in self.neurons if neuron.status != "dead"]
        return sum(neuron.status == "explained" for neuron in live) / max(1, len(live))

    def to_json(self) -> bytes:
        """The analysis as JSON, the content of `analysis.json`.

        Returns:
            UTF-8 text; `load_analysis` reads it back to an equal object.
        """
        return _ANALYSIS.dump_json(self, indent=1)


_ANALYSIS = TypeAdapter(Analysis)


def load_analysis(path: Path) -> Analysis:
    """Read `analysis.json`.

    Args:
        path: the file, or a run folder that holds it.

    Returns:
        The analysis.

    Raises:
        BadRun: if the file is missing, damaged, or of another schema.
    """
    path = path / "analysis.json" if path.is_dir() else path
    if not path.is_file():
        raise BadRun(f"an analysis `{path}` is needed; it does not exist: run `cosetta explain {path.parent}` first")
    try:
        analysis = _ANALYSIS.validate_json(path.read_bytes())
    except (ValidationError, UnicodeDecodeError) as error:
        detail = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise BadRun(f"`{path}` must be a whole analysis; {detail}: run `cosetta explain` again") from error
    if analysis.schema != SCHEMA:
        raise BadRun(f"`{path}` must have schema {SCHEMA}; it has {analysis.schema}: run `cosetta explain` again")
    return analysis
