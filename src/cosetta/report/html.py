"""The report: one HTML file that needs nothing else, neither a network nor another file.

Figures are inline SVG, styles and the script of the neuron table are inline too, and a content security policy lets no
other script run. All text from the analysis is escaped by the template. The page renders the analysis and computes
nothing.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup
from matplotlib.figure import Figure

from cosetta.config import AnalysisConfig
from cosetta.files import FilePath, write_whole
from cosetta.groups.integers import is_prime
from cosetta.report import accounts, figures, headline, paper, views, waves
from cosetta.report.page import Plot, make_plot, page_environment, page_source
from cosetta.report.palette import TRIVIAL, UNEXPLAINED, variable
from cosetta.report.views import Colours, ExemplarView
from cosetta.results import Analysis, Exemplar

__all__ = ["EXPLORER", "render_report", "write_report"]

EXPLORER = "explorer.html"
"""The explorer's page beside the report, made by `cosetta explore RUN`; `#/neurons?n=17` in it is one neuron."""


class Section(NamedTuple):
    """A part of the page: its number, a letter for an appendix, and its title."""

    number: str
    title: str


def write_report(analysis: Analysis, path: FilePath) -> None:
    """Write the report, whole or not at all; where `explorer.html` lies beside it, every neuron links there.

    Args:
        analysis: what to report.
        path: the HTML file; its folder must exist.
    """
    text = render_report(analysis, explorer=Path(path).with_name(EXPLORER).is_file())
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def render_report(analysis: Analysis, *, explorer: bool = False) -> str:
    """The report as text.

    Args:
        analysis: what to report.
        explorer: whether the explorer's page lies beside the report, so that neurons may link to it.

    Returns:
        An HTML document without any outside reference; equal analyses give equal text.
    """
    environment = page_environment()
    script = page_source(environment, "table.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    training = _training_part(analysis.run)
    rows, colours = views.neuron_views(analysis), Colours(analysis)
    return environment.get_template("report.html").render(
        analysis=analysis,
        script=Markup(script),
        script_hash=digest,
        style=Markup(page_source(environment, "report.css")),
        explorer=EXPLORER if explorer else "",
        stats=headline.headline_stats(analysis),
        accuracy_sentence=headline.accuracy_sentence(analysis),
        learning=headline.verdict_of_learning(analysis),
        sentence=headline.headline_sentence(analysis),
        instead=headline.found_instead(analysis),
        best=headline.best_sentence(analysis),
        judged=headline.judged(analysis),
        origin=headline.origin(analysis),
        of_rank_one=headline.rank_sentence(analysis),
        element=(element := _element_names(analysis)),
        opens_with_cosets=headline.opens_with_cosets(analysis),
        margin=headline.MARGIN,
        sections=_sections(analysis),
        accounts=accounts.account_rows(analysis),
        uncovered=(left_open := accounts.uncovered(analysis)),
        uncovered_strength=sum(row.neuron.facts.strength for row in left_open),
        modes=accounts.MODES,
        recovered_by_control=accounts.recovered_by_control,
        detail=accounts.detail,
        waves=analysis.frequencies,
        generator=_generator(analysis),
        quotients=[f for f in analysis.frequencies.frequencies if f.kernel > 1] if analysis.frequencies else [],
        no_subgroups=analysis.frequencies is not None and is_prime(analysis.order),
        named=waves.named,
        kind_of=waves.kind_of,
        clock=waves.CLOCK,
        pizza=waves.PIZZA,
        open_sentence=headline.open_sentence(analysis),
        neurons=rows,
        paper=paper.on_paper(analysis),
        paper_classes=paper.CLASSES,
        paper_uncovered=paper.UNCOVERED,
        statuses=Counter(row.status for row in rows),
        class_colours={name: variable(colour) for name, colour in colours.classes.items()},
        irrep_colours={name: variable(colour) for name, colour in colours.irreps.items()},
        shown_irreps=[name for name, colour in colours.irreps.items() if colour != TRIVIAL],
        class_ids=(class_ids := {row.subgroup: f"class-{i}" for i, row in enumerate(analysis.coset.classes)}),
        steps=views.step_views(analysis, colours),
        share_bar=views.share_bar,
        gauge=views.gauge,
        config=tuple(_flatten({k: v for k, v in training.items() if k != "phases"})),
        phases=training.get("phases", ()),
        run=tuple(_flatten({k: v for k, v in analysis.run.items() if k not in ("config", "notes")})),
        notes=_notes(analysis.run),
        thresholds={name: (value, _reason(name)) for name, value in analysis.thresholds.items()},
        circuits_by_class={
            name: [circuit for circuit in analysis.coset.circuits if circuit.subgroup == name]
            for name in dict.fromkeys(circuit.subgroup for circuit in analysis.coset.circuits)
        },
        named_classes=set(class_ids),
        digest=hashlib.sha256(analysis.to_json()).hexdigest(),
        **_plots(analysis, colours, element),
    )


def _sections(analysis: Analysis) -> dict[str, Section]:
    """The parts of the page in reading order, by id."""
    titles = {
        "idea": "The idea, and one product worked through",
        "numbers": "In numbers",
        "trained": "What was trained",
        "accounts": "Accounts of the network, on one scale",
        "frequencies": "Frequencies, amplitudes and phases",
        "neurons-are": "What the neurons are, by cosets",
        "clearest": "The clearest neuron of each class",
        "circuits": "Circuits",
        "evidence": "Causal evidence with controls",
        "unexplained": "What is not covered, and what stays open",
        "definitions": "Thresholds and definitions",
        "reproduce": "How to reproduce",
    }
    if analysis.frequencies is None:
        del titles["frequencies"]
    sections = {id: Section(str(number), title) for number, (id, title) in enumerate(titles.items(), 1)}
    return sections | {"every-neuron": Section("A", "Appendix: every neuron")}


def _plots(analysis: Analysis, colours: Colours, element: Sequence[str]) -> dict[str, Any]:
    """Every figure of the page, numbered in reading order; what has nothing to show is None or absent."""
    numbers, covered = count(1), {finding.neuron: finding for finding in analysis.coset.covered}

    def plot(drawn: Figure | tuple[Figure, ...], caption: figures.Caption) -> Plot:
        number = next(numbers)
        return make_plot(number, drawn, caption, f"f{number}")

    def exemplar_view(exemplar: Exemplar) -> ExemplarView:
        neuron, finding = analysis.neurons[exemplar.neuron], covered[exemplar.neuron]
        drawn = figures.draw_exemplar(exemplar, colours.classes.get(exemplar.subgroup, UNEXPLAINED))
        caption = figures.caption_exemplar(finding, neuron.facts)
        return ExemplarView(exemplar, neuron, finding, plot(drawn, caption))

    curve, classes, circuits, worked = analysis.curve, analysis.coset.classes, analysis.coset.circuits, analysis.worked
    plots: dict[str, Any] = dict.fromkeys(("training", "fractions", "lifts", "pareto", "wave_plot", "votes", "parts"))
    exemplars = analysis.coset.exemplars
    plots["first"] = None
    if headline.opens_with_cosets(analysis):
        plots["first"], exemplars = (exemplar_view(exemplars[0]), exemplars[1:]) if exemplars else (None, ())
        if worked is not None and worked.circuits:
            answer = element[worked.product]
            plots["votes"] = plot(figures.draw_votes(worked, answer), figures.caption_votes(worked))
    elif worked is not None:
        drawn = figures.draw_parts(worked, element[worked.product], colours.irreps, _frequency_names(analysis))
        plots["parts"] = plot(drawn, figures.caption_parts(worked))
    if curve and curve.step:
        plots["training"] = plot(figures.draw_training(curve), figures.caption_training(curve))
    if analysis.arena is not None:
        plots["pareto"] = plot(figures.draw_pareto(analysis), figures.caption_pareto(analysis))
    if analysis.frequencies is not None:
        found = analysis.frequencies
        drawn = figures.draw_frequencies(found, colours.irreps)
        plots["wave_plot"] = plot(drawn, figures.caption_frequencies(found))
    if any(finding.left or finding.right for finding in analysis.coset.neurons):
        plots["fractions"] = plot(figures.draw_fractions(analysis), figures.caption_fractions(analysis))
    plots["exemplars"] = tuple(map(exemplar_view, exemplars))
    plots["coverage"] = tuple(
        plot(
            figures.draw_coverage(circuits, summary, number, colours.classes[summary.subgroup]),
            figures.caption_coverage(summary, number),
        )
        for summary in classes
        if summary.circuits and (number := _conjugates(analysis, summary.subgroup)) > 1
    )
    if any(circuit.ablation for circuit in circuits):
        plots["lifts"] = plot(figures.draw_lifts(circuits), figures.caption_lifts(circuits))
    plots["specimens"] = tuple(views.specimen_views(analysis, colours))
    return plots


def _element_names(analysis: Analysis) -> tuple[str, ...]:
    """How the worked product calls elements: by their labels, in a cyclic group by powers of its generator."""
    if analysis.worked is None or not analysis.worked.around:
        return analysis.elements
    power = {element: str(number) for number, element in enumerate(analysis.worked.around)}
    return tuple(power[element] for element in range(analysis.order))


def _generator(analysis: Analysis) -> str:
    """The element whose powers the worked product speaks of."""
    around = analysis.worked.around if analysis.worked is not None else ()
    return analysis.elements[around[1 % len(around)]] if around else ""


def _frequency_names(analysis: Analysis) -> dict[str, str]:
    """Frequencies by the irrep that they are."""
    found = analysis.frequencies
    return {frequency.irrep: f"k = {waves.named(frequency)}" for frequency in found.frequencies} if found else {}


def _conjugates(analysis: Analysis, subgroup: str) -> int:
    """How many conjugates a class has, as its neurons' labels say; 0 if none does."""
    labels = (finding.left for finding in analysis.coset.neurons)
    return next((label.conjugates for label in labels if label and label.subgroup == subgroup), 0)


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


def _notes(run: Mapping[str, Any]) -> tuple[str, ...]:
    """What was converted or assumed when a network of somebody else was read."""
    notes = run.get("notes", ())
    return tuple(map(str, notes)) if isinstance(notes, list | tuple) else ()
