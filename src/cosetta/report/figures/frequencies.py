"""Frequencies of an abelian group: strength, phases of their neurons, and whether they are clocks or pizzas."""

import math

from matplotlib.figure import Figure

from cosetta.report.figures.style import INK, QUIET, Caption, blank, new_figure, percent_axis, styled
from cosetta.report.notation import count, decimal, percent, plural
from cosetta.report.palette import IRREP_COLOURS
from cosetta.report.waves import CLOCK, PIZZA, kind_of, named
from cosetta.results import FrequencyFindings

__all__ = ["caption_frequencies", "draw_frequencies"]

SHOWN = 12
"""Most frequencies that are drawn."""


@styled
def draw_frequencies(found: FrequencyFindings) -> Figure:
    """Strength and unevenness of each frequency, and the phases of its neurons: left minus right, and the phase error.

    Args:
        found: frequencies of a network.

    Returns:
        A figure of four panels that share their rows.
    """
    shown = found.frequencies[:SHOWN]
    if not shown:
        return blank("no live neurons")
    figure = new_figure(7.2, 1.2 + 0.3 * len(shown))
    strength, uneven, turns, errors = figure.subplots(1, 4, sharey=True, width_ratios=[3, 2, 3, 3])
    for row, frequency in enumerate(shown):
        colour = IRREP_COLOURS[row % len(IRREP_COLOURS)]
        strength.barh(row, frequency.strength, 0.62, color=colour)
        said = f"{frequency.neurons}"
        strength.annotate(
            said, (frequency.strength, row), (3, 0), textcoords="offset points", va="center", fontsize=7.5
        )
        if frequency.unevenness is not None:
            uneven.plot(min(1.2, frequency.unevenness), row, "o", color=colour, markersize=5.5, clip_on=False, zorder=3)
        own = [neuron for neuron in found.neurons if neuron.frequency == row]
        loudest = max((neuron.amplitudes["out"] for neuron in own), default=0.0) or 1.0
        for axis, values in (
            (turns, [_turned(n.phases["left"] - n.phases["right"]) for n in own]),
            (errors, [n.phase_error for n in own]),
        ):
            sizes = [4 + 22 * n.amplitudes["out"] / loudest for n in own]
            axis.scatter(
                values, [row] * len(own), sizes, color=colour, alpha=0.55, linewidths=0, clip_on=False, zorder=3
            )
    strength.set_yticks(range(len(shown)), [named(frequency) for frequency in shown], fontsize=9)
    strength.set_ylim(len(shown) - 0.4, -0.6)
    strength.set_ylabel("frequency k")
    strength.set_xlabel("strength (%)")
    strength.margins(x=0.2)
    percent_axis(strength, "x")
    for place, colour in ((CLOCK, QUIET), (PIZZA, QUIET)):
        uneven.axvline(place, color=colour, linewidth=0.7, linestyle=(0, (1, 2)))
    uneven.set_xlim(-0.05, 1.2)
    uneven.set_xticks([0, 1], ["clock", "pizza"])
    uneven.set_xlabel("unevenness")
    for axis, name in ((turns, "phase, left − right"), (errors, "left + right − out")):
        axis.set_xlim(-math.pi - 0.15, math.pi + 0.15)
        axis.set_xticks([-math.pi, 0, math.pi], ["−π", "0", "π"])
        axis.set_xlabel(name)
    for axis in (strength, uneven, turns, errors):
        axis.tick_params(axis="y", length=0)
        axis.grid(axis="x")
    strength.tick_params(axis="y", labelcolor=INK)
    return figure


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
