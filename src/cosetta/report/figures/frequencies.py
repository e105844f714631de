"""Frequencies of an abelian group: strength, phases of their neurons, and whether they are clocks or pizzas."""

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosetta.report.figures.style import PANEL, QUIET, Caption, blank, new_figure, percent_axis, styled
from cosetta.report.notation import count, decimal, percent, plural
from cosetta.report.waves import CLOCK, PIZZA, kind_of, named
from cosetta.results import Frequency, FrequencyFindings

__all__ = ["caption_frequencies", "draw_frequencies"]

SHOWN = 12
"""Most frequencies that are drawn."""


def draw_frequencies(found: FrequencyFindings, colours: Mapping[str, str]) -> tuple[Figure, ...]:
    """Strength and unevenness of each frequency, and the phases of its neurons: left minus right, and the phase error.

    Args:
        found: frequencies of a network.
        colours: of the irreps; a frequency is one.

    Returns:
        Two panels with the same rows; one that says so without live neurons.
    """
    if not found.frequencies:
        return (blank("no live neurons"),)
    return _draw_strength(found, colours), _draw_phases(found, colours)


@styled
def _draw_strength(found: FrequencyFindings, colours: Mapping[str, str]) -> Figure:
    shown = found.frequencies[:SHOWN]
    figure = new_figure(PANEL, _height(shown))
    strength, uneven = figure.subplots(1, 2, sharey=True, width_ratios=[3, 2])
    for row, frequency in enumerate(shown):
        colour = colours.get(frequency.irrep, QUIET)
        strength.barh(row, frequency.strength, 0.62, color=colour)
        place = {"textcoords": "offset points", "va": "center", "fontsize": 7.5}
        strength.annotate(str(frequency.neurons), (frequency.strength, row), (3, 0), **place)
        if frequency.unevenness is not None:
            uneven.plot(min(1.2, frequency.unevenness), row, "o", color=colour, markersize=5.5, clip_on=False, zorder=3)
    _name_rows(strength, shown)
    strength.set_xlabel("strength (%)")
    strength.margins(x=0.2)
    percent_axis(strength, "x")
    for place in (CLOCK, PIZZA):
        uneven.axvline(place, color=QUIET, linewidth=0.7, linestyle=(0, (1, 2)))
    uneven.set_xlim(-0.05, 1.2)
    uneven.set_xticks([0, 1], ["clock", "pizza"])
    uneven.set_xlabel("unevenness")
    _calm(strength, uneven)
    return figure


@styled
def _draw_phases(found: FrequencyFindings, colours: Mapping[str, str]) -> Figure:
    shown = found.frequencies[:SHOWN]
    figure = new_figure(PANEL, _height(shown))
    turns, errors = figure.subplots(1, 2, sharey=True)
    for row, frequency in enumerate(shown):
        own = [neuron for neuron in found.neurons if neuron.frequency == row]
        loudest = max((neuron.amplitudes["out"] for neuron in own), default=0.0) or 1.0
        sizes = [4 + 22 * n.amplitudes["out"] / loudest for n in own]
        marks = {"color": colours.get(frequency.irrep, QUIET), "alpha": 0.55, "linewidths": 0, "clip_on": False}
        rows = [row] * len(own)
        turns.scatter([_turned(n.phases["left"] - n.phases["right"]) for n in own], rows, sizes, zorder=3, **marks)
        errors.scatter([n.phase_error for n in own], rows, sizes, zorder=3, **marks)
    _name_rows(turns, shown)
    for axis, name in ((turns, "left − right"), (errors, "left + right − out")):
        axis.set_xlim(-math.pi - 0.15, math.pi + 0.15)
        axis.set_xticks([-math.pi, 0, math.pi], ["−π", "0", "π"])
        axis.set_xlabel(f"phase, {name}" if axis is turns else name)
    _calm(turns, errors)
    return figure


def _height(shown: Sequence[Frequency]) -> float:
    return 1.1 + 0.26 * len(shown)


def _name_rows(axis: Axes, shown: Sequence[Frequency]) -> None:
    axis.set_yticks(range(len(shown)), [named(frequency) for frequency in shown], fontsize=9)
    axis.set_ylim(len(shown) - 0.4, -0.6)
    axis.set_ylabel("frequency k")


def _calm(*axes: Axes) -> None:
    for axis in axes:
        axis.tick_params(axis="y", length=0)
        axis.grid(axis="x")


def caption_frequencies(found: FrequencyFindings) -> Caption:
    """How many frequencies there are and of which kind.

    Args:
        found: frequencies of a network.

    Returns:
        The caption.
    """
    kinds: dict[str, int] = {}
    for frequency in found.frequencies:
        kinds[kind_of(frequency)] = kinds.get(kind_of(frequency), 0) + 1
    said = ", ".join(f"{count(number)} {kind}" for kind, number in sorted(kinds.items(), key=lambda item: -item[1]))
    first = found.frequencies[0] if found.frequencies else None
    top = f"; the strongest, {named(first)}, carries {percent(first.strength, 1)}" if first else ""
    irrelevance = ""
    if found.distance_irrelevance is not None:
        irrelevance = f" Distance irrelevance {decimal(found.distance_irrelevance)} on {count(found.pairs)} pairs."
    hidden = len(found.frequencies) - SHOWN
    more = f" The {count(hidden)} weakest are not drawn." if hidden > 0 else ""
    number = f"{count(len(found.frequencies))} frequenc{'y' if len(found.frequencies) == 1 else 'ies'}"
    return Caption(
        f"{plural(len(found.neurons), 'live neuron')} use {number} ({said}){top}.",
        "Numbers at the bars are neurons; a dot is a neuron, larger with a larger out amplitude. Differences of phases "
        "all round the circle make a clock, one difference a pizza; a phase error of 0 means that the neuron speaks "
        f"loudest for the right answer.{irrelevance}{more}",
    )


def _turned(angle: float) -> float:
    return (angle + math.pi) % (2 * math.pi) - math.pi
