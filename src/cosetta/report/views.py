"""Rows and pictures of the report that need more than a record: neurons, steps of the worked product, small marks."""

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import NamedTuple

from markupsafe import Markup

from cosetta.report import accounts, figures, notation, waves
from cosetta.report.page import Plot, make_svg
from cosetta.report.palette import UNEXPLAINED, class_palette, irrep_palette, variable
from cosetta.results import (
    Analysis,
    CircuitRecord,
    CosetNeuron,
    Elimination,
    Evidence,
    Exemplar,
    LiveNeuron,
    Neuron,
    OpenNeuron,
    Specimen,
)

__all__ = [
    "Colours",
    "ExemplarView",
    "NeuronView",
    "SpecimenView",
    "StepView",
    "gauge",
    "neuron_views",
    "share_bar",
    "specimen_views",
    "step_views",
]


class ExemplarView(NamedTuple):
    """The clearest neuron of a class with what was found about it and its figure."""

    exemplar: Exemplar
    neuron: Neuron
    finding: CosetNeuron
    plot: Plot


class StepView(NamedTuple):
    """A step of the worked product: the circuit that fires, the elements it takes away, and the bar of the rest."""

    step: Elimination
    circuit: CircuitRecord
    taken: int
    bar: str


class SpecimenView(NamedTuple):
    """A neuron that cosets do not cover, drawn small, with its reason."""

    specimen: Specimen
    neuron: Neuron
    reason: str
    svg: Markup


class NeuronView(NamedTuple):
    """A row of the table of neurons; a dead neuron has no finding, `wave` is empty without frequencies.

    `short` is what paper says of a neuron that cosets do not cover, where the page has the whole sentence.
    """

    neuron: Neuron
    finding: CosetNeuron | OpenNeuron | None
    status: str
    row: str
    sentence: str
    labels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    wave: str = ""
    short: str = ""


class Colours:
    """The two palettes of one page."""

    def __init__(self, analysis: Analysis) -> None:
        names = {summary.subgroup for summary in analysis.coset.classes}
        self.classes = class_palette(names | {circuit.subgroup for circuit in analysis.coset.circuits})
        self.irreps = irrep_palette([name for name, _, _ in analysis.irreps], list(analysis.strength_by_irrep))


def neuron_views(analysis: Analysis) -> tuple[NeuronView, ...]:
    """Every neuron with what the coset account says of it, in one plain line.

    Args:
        analysis: the analysis.

    Returns:
        The rows of the table of neurons.
    """
    return tuple(_view(analysis, neuron) for neuron in analysis.neurons)


def _view(analysis: Analysis, neuron: Neuron) -> NeuronView:
    """A neuron with what the coset account says of it, in one plain line."""
    finding, row = analysis.coset.by_neuron.get(neuron.neuron), analysis.coset.row_of(neuron.neuron)
    if isinstance(finding, CosetNeuron):
        return NeuronView(neuron, finding, "covered", row, finding.sentence, *_said(analysis, neuron))
    if finding is None:
        return NeuronView(neuron, finding, "dead", row, "dead: it moves no logit")
    sentence = f"not covered by cosets ({finding.reason}); mostly irrep {neuron.facts.irrep}"
    short = finding.reason.partition(":")[0]
    return NeuronView(neuron, finding, "open", row, sentence, *_said(analysis, neuron), short)


def _said(analysis: Analysis, neuron: Neuron) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], str]:
    """What the accounts call a live neuron, and its wave in words."""
    labels = accounts.labels_of(analysis, neuron) if isinstance(neuron, LiveNeuron) else ()
    found = analysis.frequencies
    if found is None or neuron.neuron not in found.by_neuron:
        return labels, ""
    wave = found.by_neuron[neuron.neuron]
    phases = ", ".join(notation.decimal(wave.phases.get(part)) for part in ("left", "right", "out"))
    return labels, f"frequency {waves.named(found.frequencies[wave.frequency])}; phases {phases}"


def step_views(analysis: Analysis, colours: Colours) -> tuple[StepView, ...]:
    """The chain of the worked product; what is left shrinks to the left end of the bar.

    Args:
        analysis: the analysis.
        colours: of its classes.

    Returns:
        A row a step; none without a worked product.
    """
    worked, before, steps = analysis.worked, analysis.order, []
    circuits = {circuit.circuit: circuit for circuit in analysis.coset.circuits}
    for step in worked.chain if worked is not None else ():
        circuit = circuits[step.circuit]
        left, gone = (f"{100 * number / analysis.order:.2f}%" for number in (step.left, before))
        taken = f"{variable(colours.classes[circuit.subgroup])} {left} {gone}"
        bar = f"linear-gradient(90deg,var(--quiet) 0% {left},{taken},#0000 0)"
        steps.append(StepView(step, circuit, before - step.left, bar))
        before = step.left
    return tuple(steps)


def specimen_views(analysis: Analysis, colours: Colours) -> Iterator[SpecimenView]:
    """The neurons that cosets do not cover, drawn small.

    Args:
        analysis: the analysis.
        colours: of its irreps.

    Yields:
        A view a specimen.
    """
    reasons = {finding.neuron: finding.reason for finding in analysis.coset.open}
    for specimen in analysis.specimens:
        neuron = analysis.neurons[specimen.neuron]
        drawn = figures.draw_specimen(specimen, colours.irreps.get(neuron.facts.irrep, UNEXPLAINED))
        svg = make_svg(drawn, f"left and right values of neuron {specimen.neuron}", f"s{specimen.neuron}")
        yield SpecimenView(specimen, neuron, reasons[specimen.neuron], svg)


def share_bar(shares: Mapping[str, float], colours: Mapping[str, str]) -> str:
    """A stacked bar of power shares as a CSS background.

    Args:
        shares: share by irrep, in [0, 1].
        colours: hex colour by irrep.

    Returns:
        The value of `background`, made of numbers and colours only.

    Example:
        >>> share_bar({"(2,1)": 1.0}, {"(2,1)": "#0072B2"})
        'linear-gradient(90deg,#0072B2 0% 100.0%,#0000 0)'
    """
    shown = [(colours[name], share) for name, share in shares.items() if share > 0.005 and name in colours]
    ends = [f"{100 * end:.1f}%" for end in accumulate(share for _, share in shown)]
    starts = ["0%", *ends[:-1]]
    stops = [f"{colour} {start} {end}" for (colour, _), start, end in zip(shown, starts, ends, strict=True)]
    return f"linear-gradient(90deg,{','.join([*stops, '#0000 0'])})"


def gauge(test: Evidence) -> str:
    """Places of a test's accuracy and of its control's on a line from 0 to 100 %.

    Args:
        test: the test.

    Returns:
        CSS variables, made of numbers only: `--at` is the test, `--control` its control, `--from` to `--to` its draws.

    Example:
        >>> gauge(Evidence("flip", "flip", "intervention", "", 0.5, 1.0, 0.1, 36, None, "baseline"))
        '--at:50.0%'
    """
    places = {"at": test.accuracy}
    if test.control is not None:
        low, high = test.control.accuracy_interval
        places |= {"control": test.control.accuracy, "from": low, "width": high - low}
    return ";".join(f"--{name}:{100 * place:.1f}%" for name, place in places.items())
