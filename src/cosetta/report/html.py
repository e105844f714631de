"""The report: one HTML file that needs nothing else, neither a network nor another file.

Figures are inline SVG, styles and the script of the neuron table are inline too, and a content security policy lets no
other script run. All text from the analysis is escaped by the template. The page renders the analysis and computes
nothing.
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import accumulate, count
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from cosetta.config import AnalysisConfig
from cosetta.files import FilePath, write_whole
from cosetta.report import accounts, figures, headline, notation, waves
from cosetta.report.palette import class_palette, irrep_palette
from cosetta.results import Analysis, CosetNeuron, Exemplar, LiveNeuron, Neuron, OpenNeuron

__all__ = ["render_report", "write_report"]


_PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "−01234567890123456789")


class Plot(NamedTuple):
    """A figure of the page: its number, markup and caption."""

    number: int
    svg: Markup
    caption: figures.Caption


class ExemplarView(NamedTuple):
    """The clearest neuron of a class with what was found about it and its four figures."""

    exemplar: Exemplar
    neuron: Neuron
    finding: CosetNeuron
    plots: tuple[Plot, ...]


class Section(NamedTuple):
    """A part of the page: its number and its title."""

    number: int
    title: str


class NeuronView(NamedTuple):
    """A row of the table of neurons; a dead neuron has no finding, `wave` is empty without frequencies."""

    neuron: Neuron
    finding: CosetNeuron | OpenNeuron | None
    status: str
    row: str
    sentence: str
    labels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    wave: str = ""


def write_report(analysis: Analysis, path: FilePath) -> None:
    """Write the report, whole or not at all.

    Args:
        analysis: what to report.
        path: the HTML file; its folder must exist.
    """
    text = render_report(analysis)
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def render_report(analysis: Analysis) -> str:
    """The report as text.

    Args:
        analysis: what to report.

    Returns:
        An HTML document without any outside reference; equal analyses give equal text.
    """
    environment = Environment(
        loader=PackageLoader("cosetta.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=set_scripts,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for function in (notation.count, notation.decimal, notation.draws, notation.percent, notation.scientific):
        environment.filters[function.__name__] = function
    environment.filters |= {"typeset": notation.typeset, "plain_class": notation.plain_class}
    script = _source(environment, "table.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    training = _training_part(analysis.run)
    return environment.get_template("report.html").render(
        analysis=analysis,
        script=Markup(script),
        script_hash=digest,
        style=Markup(_source(environment, "report.css")),
        stats=headline.headline_stats(analysis),
        accuracy_sentence=headline.accuracy_sentence(analysis),
        learning=headline.verdict_of_learning(analysis),
        sentence=headline.headline_sentence(analysis),
        instead=headline.found_instead(analysis),
        best=headline.best_sentence(analysis),
        judged=headline.judged(analysis),
        sections=_sections(analysis),
        accounts=accounts.account_rows(analysis),
        uncovered=(left_open := accounts.uncovered(analysis)),
        uncovered_strength=sum(row.neuron.facts.strength for row in left_open),
        modes=accounts.MODES,
        recovered_by_control=accounts.recovered_by_control,
        detail=accounts.detail,
        waves=analysis.frequencies,
        quotients=[f for f in analysis.frequencies.frequencies if f.kernel > 1] if analysis.frequencies else [],
        no_subgroups=analysis.frequencies is not None and _is_prime(analysis.order),
        named=waves.named,
        kind_of=waves.kind_of,
        clock=waves.CLOCK,
        pizza=waves.PIZZA,
        open_sentence=headline.open_sentence(analysis),
        neurons=(views := tuple(_view(analysis, neuron) for neuron in analysis.neurons)),
        statuses=Counter(view.status for view in views),
        class_colours=class_palette(_class_names(analysis)),
        irrep_colours=irrep_palette([name for name, _, _ in analysis.irreps]),
        share_bar=share_bar,
        config=tuple(_flatten({k: v for k, v in training.items() if k != "phases"})),
        phases=training.get("phases", ()),
        run=tuple(_flatten({k: v for k, v in analysis.run.items() if k != "config"})),
        thresholds={name: (value, _reason(name)) for name, value in analysis.thresholds.items()},
        circuits_by_class={
            name: [circuit for circuit in analysis.coset.circuits if circuit.subgroup == name]
            for name in dict.fromkeys(circuit.subgroup for circuit in analysis.coset.circuits)
        },
        digest=hashlib.sha256(analysis.to_json()).hexdigest(),
        **_plots(analysis),
    )


def set_scripts(value: object) -> object:
    """Text with its Unicode sub- and superscripts as `sub` and `sup` elements, everything else escaped.

    Args:
        value: what the template prints; only plain text is changed.

    Returns:
        Markup for plain text, the value itself otherwise.

    Example:
        >>> set_scripts("S₅ < 10⁻⁶")
        Markup('S<sub>5</sub> &lt; 10<sup>−6</sup>')
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    text = re.sub("[₀-₉]+", lambda found: f"<sub>{found[0].translate(_PLAIN)}</sub>", str(escape(value)))
    return Markup(re.sub("[⁻⁰¹²³⁴-⁹]+", lambda found: f"<sup>{found[0].translate(_PLAIN)}</sup>", text))


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


def _view(analysis: Analysis, neuron: Neuron) -> NeuronView:
    """A neuron with what the coset account says of it, in one plain line."""
    finding, row = analysis.coset.by_neuron.get(neuron.neuron), analysis.coset.row_of(neuron.neuron)
    if isinstance(finding, CosetNeuron):
        return NeuronView(neuron, finding, "covered", row, finding.sentence, *_said(analysis, neuron))
    if finding is None:
        return NeuronView(neuron, finding, "dead", row, "dead: it moves no logit")
    sentence = f"not covered by cosets ({finding.reason}); mostly irrep {neuron.facts.irrep}"
    return NeuronView(neuron, finding, "open", row, sentence, *_said(analysis, neuron))


def _said(analysis: Analysis, neuron: Neuron) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], str]:
    """What the accounts call a live neuron, and its wave in words."""
    labels = accounts.labels_of(analysis, neuron) if isinstance(neuron, LiveNeuron) else ()
    found = analysis.frequencies
    if found is None or neuron.neuron not in found.by_neuron:
        return labels, ""
    wave = found.by_neuron[neuron.neuron]
    phases = ", ".join(notation.decimal(wave.phases.get(part)) for part in ("left", "right", "out"))
    return labels, f"frequency {waves.named(found.frequencies[wave.frequency])}; phases {phases}"


def _sections(analysis: Analysis) -> dict[str, Section]:
    """The parts of the page in reading order, by id."""
    titles = {
        "trained": "What was trained",
        "accounts": "Accounts of the network, on one scale",
        "frequencies": "Frequencies, amplitudes and phases",
        "neurons-are": "What the neurons are, by cosets",
        "clearest": "The clearest neuron of each class",
        "circuits": "Circuits",
        "evidence": "Causal evidence with controls",
        "every-neuron": "Every neuron",
        "unexplained": "What stays open",
        "definitions": "Thresholds and definitions",
        "reproduce": "How to reproduce",
    }
    if analysis.frequencies is None:
        del titles["frequencies"]
    return {id: Section(number, title) for number, (id, title) in enumerate(titles.items(), 1)}


def _is_prime(order: int) -> bool:
    """Whether the order is prime: such a group has no proper subgroup besides 1."""
    return order > 1 and all(order % divisor for divisor in range(2, int(order**0.5) + 1))


def _plots(analysis: Analysis) -> dict[str, Any]:
    """Every figure of the page, numbered in reading order; what has nothing to show is None or absent."""
    numbers, irreps = count(1), [name for name, _, _ in analysis.irreps]
    covered = {finding.neuron: finding for finding in analysis.coset.covered}

    def plot(figure: Figure, caption: figures.Caption) -> Plot:
        number = next(numbers)
        label = Markup('role="img" aria-label="{}"').format(caption.finding)
        svg = figures.to_svg(figure, f"f{number}").replace('role="img"', str(label), 1)
        return Plot(number, Markup(svg), caption)

    curve, classes, circuits = analysis.curve, analysis.coset.classes, analysis.coset.circuits
    plots: dict[str, Any] = dict.fromkeys(("training", "classes", "irreps", "fractions", "lifts", "replacements"))
    plots |= dict.fromkeys(("interventions", "pareto", "wave_plot"))
    if curve and curve.step:
        plots["training"] = plot(figures.draw_training(curve), figures.caption_training(curve))
    if analysis.arena is not None:
        plots["pareto"] = plot(figures.draw_pareto(analysis), figures.caption_pareto(analysis))
    if analysis.frequencies is not None:
        found = analysis.frequencies
        plots["wave_plot"] = plot(figures.draw_frequencies(found), figures.caption_frequencies(found))
    if classes:
        plots["classes"] = plot(figures.draw_classes(classes, irreps), figures.caption_classes(classes, analysis.width))
        plots["irreps"] = plot(figures.draw_irreps(classes, irreps), figures.caption_irreps(classes))
    if any(finding.left or finding.right for finding in analysis.coset.neurons):
        plots["fractions"] = plot(figures.draw_fractions(analysis), figures.caption_fractions(analysis))
    plots["exemplars"] = tuple(
        ExemplarView(
            exemplar,
            neuron := analysis.neurons[exemplar.neuron],
            finding := covered[exemplar.neuron],
            (
                plot(figures.draw_histograms(exemplar), figures.caption_histograms(finding)),
                plot(figures.draw_matrix(exemplar), figures.caption_matrix(exemplar, finding, neuron.facts)),
                plot(figures.draw_mirror(exemplar), figures.caption_mirror(finding)),
                plot(figures.draw_out(exemplar), figures.caption_out(finding)),
            ),
        )
        for exemplar in analysis.coset.exemplars
    )
    colours = class_palette(_class_names(analysis))
    plots["coverage"] = tuple(
        plot(
            figures.draw_coverage(
                circuits, summary, _conjugates(analysis, summary.subgroup), colours[summary.subgroup]
            ),
            figures.caption_coverage(summary, _conjugates(analysis, summary.subgroup)),
        )
        for summary in classes
        if summary.circuits and _conjugates(analysis, summary.subgroup)
    )
    if any(circuit.ablation for circuit in circuits):
        plots["lifts"] = plot(figures.draw_lifts(circuits), figures.caption_lifts(circuits))
    for kind in ("replacement", "intervention"):
        tests = [test for test in analysis.evidence if test.kind == kind]
        if tests:
            plots[f"{kind}s"] = plot(figures.draw_evidence(tests), figures.caption_evidence(tests))
    return plots


def _conjugates(analysis: Analysis, subgroup: str) -> int:
    """How many conjugates a class has, as its neurons' labels say; 0 if none does."""
    labels = (finding.left for finding in analysis.coset.neurons)
    return next((label.conjugates for label in labels if label and label.subgroup == subgroup), 0)


def _class_names(analysis: Analysis) -> set[str]:
    return {summary.subgroup for summary in analysis.coset.classes} | {c.subgroup for c in analysis.coset.circuits}


def _training_part(run: Mapping[str, Any]) -> Mapping[str, Any]:
    config = run.get("config", {})
    return config if isinstance(config, Mapping) else {"config": config}


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested settings as (dotted name, text) in their own order."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}.")
        elif isinstance(value, list | tuple):
            yield f"{prefix}{name}", ", ".join(str(item) for item in value)
        else:
            yield f"{prefix}{name}", f"{value:g}" if isinstance(value, float) else str(value)


def _reason(threshold: str) -> str:
    """Why a threshold is what it is, from the configuration's own description."""
    known = AnalysisConfig.model_fields.get(threshold)
    return (known.description or "") if known else ""


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]
