"""Which shared cosets a class of neurons covers, and what removing each circuit does."""

import re
from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cosetta.report.figures.style import CONTROL, INK, LINE, PANEL, PAPER, QUIET, Caption, blank, new_figure, styled
from cosetta.report.notation import count, plural, typeset
from cosetta.report.palette import class_palette
from cosetta.results import CircuitRecord, ClassSummary

__all__ = ["caption_coverage", "caption_lifts", "draw_coverage", "draw_lifts"]


@styled
def draw_coverage(circuits: Sequence[CircuitRecord], summary: ClassSummary, conjugates: int, colour: str) -> Figure:
    """Grid of the shared cosets Hg = gK of one class: rows are the conjugates H, columns the conjugates K.

    Args:
        circuits: all circuits; those of the class are drawn.
        summary: the class.
        conjugates: how many conjugates the class has.
        colour: the class's colour.

    Returns:
        A figure; a cell holds the number of neurons, an uncovered cell is empty. All conjugates are drawn if each has
        a name, else those that a circuit uses.
    """
    members = [circuit for circuit in circuits if circuit.subgroup == summary.subgroup]
    if not members or not conjugates:
        return blank(f"no circuit of class {typeset(summary.subgroup)}")
    points = _points_by_conjugate(members)
    targets, sources = points or ({}, {})
    rows = _names(targets, (circuit.left_conjugate for circuit in members), conjugates)
    columns = _names(sources, (circuit.right_conjugate for circuit in members), conjugates)
    most, longest = max(len(rows), len(columns)), max(map(len, [*rows.values(), *columns.values()]))
    cell = min(0.3, 2.5 / most)
    size = min(7.0, max(3.5, 45 * cell))
    margin = 0.45 + 0.011 * size * longest
    figure = new_figure(max(cell * len(columns) + margin, 1.5), max(cell * len(rows) + margin, 1.2))
    axis = figure.subplots()
    column, row = ({conjugate: i for i, conjugate in enumerate(names)} for names in (columns, rows))
    neurons: dict[tuple[int, int], int] = {}
    for circuit in members:
        place = row[circuit.left_conjugate], column[circuit.right_conjugate]
        neurons[place] = neurons.get(place, 0) + len(circuit.neurons)
    top = max(neurons.values())
    for (i, j), number in neurons.items():
        axis.add_patch(Rectangle((j, i), 1, 1, facecolor=colour, alpha=0.18 + 0.4 * number / top, linewidth=0))
        if cell >= 0.14:
            axis.text(j + 0.5, i + 0.52, str(number), ha="center", va="center", fontsize=size, color=INK)
    grid = {"color": LINE, "linewidth": 0.5, "clip_on": False}
    axis.hlines(range(len(rows) + 1), 0, len(columns), **grid)
    axis.vlines(range(len(columns) + 1), 0, len(rows), **grid)
    axis.set_yticks([i + 0.5 for i in range(len(rows))], list(rows.values()))
    upright = max(map(len, columns.values())) <= 2
    axis.set_xticks([i + 0.5 for i in range(len(columns))], list(columns.values()), rotation=0 if upright else 90)
    axis.set_xlabel("ab maps this" if points else "conjugate K")
    axis.set_ylabel("to this" if points else "conjugate H")
    _bare(axis, size)
    axis.set_xlim(0, len(columns))
    axis.set_ylim(len(rows), 0)
    axis.set_aspect("equal")
    return figure


def _bare(axis: Axes, size: float) -> None:
    axis.tick_params(length=0, labelsize=size)
    for side in axis.spines:
        axis.spines[side].set_visible(False)


def _names(points: dict[int, str], used: Iterable[int], conjugates: int) -> dict[int, str]:
    """Conjugates along an axis with their names: points, shortest first, or numbers from 1."""
    if points:
        return dict(sorted(points.items(), key=lambda item: (len(item[1]), item[1], item[0])))
    shown = range(conjugates) if conjugates <= 15 else sorted(set(used))
    return {conjugate: str(conjugate + 1) for conjugate in shown}


def _points_by_conjugate(members: Sequence[CircuitRecord]) -> tuple[dict[int, str], dict[int, str]] | None:
    """Names of the target of each H and the source of each K, if the descriptions agree on them."""
    targets: dict[int, str] = {}
    sources: dict[int, str] = {}
    for circuit in members:
        match = re.fullmatch(r"ab maps (\d+|\{[\d,]+\}) to (\d+|\{[\d,]+\})", circuit.description)
        if match is None:
            return None
        if targets.setdefault(circuit.left_conjugate, match[2]) != match[2]:
            return None
        if sources.setdefault(circuit.right_conjugate, match[1]) != match[1]:
            return None
    return targets, sources


def caption_coverage(summary: ClassSummary, conjugates: int) -> Caption:
    """How many of the possible shared cosets have a circuit.

    Args:
        summary: the class.
        conjugates: how many conjugates the class has.

    Returns:
        The caption.
    """
    each = summary.possible_circuits // conjugates**2
    several = f" A cell holds {each} cosets." if each > 1 else ""
    return Caption(
        f"{typeset(summary.subgroup)}: {count(summary.circuits)} of {count(summary.possible_circuits)} shared cosets.",
        f"{plural(summary.neurons, 'neuron')}, counted in the cells; conjugates without a circuit may be "
        f"left out.{several}",
    )


@styled
def draw_lifts(circuits: Sequence[CircuitRecord]) -> Figure:
    """Rise of the mean logit on C when a circuit is removed, beside the rise on the other cosets of H.

    Args:
        circuits: all circuits; those with an ablation are drawn.

    Returns:
        A figure; circuits of a class stand together, largest lift first.
    """
    tested = [(circuit, circuit.ablation) for circuit in circuits if circuit.ablation]
    if not tested:
        return blank("no circuit was ablated")
    names = list(dict.fromkeys(circuit.subgroup for circuit, _ in tested))
    colours = class_palette(names)
    figure = new_figure(PANEL, 3.0)
    axis = figure.subplots()
    hollow = {"facecolors": PAPER, "edgecolors": CONTROL, "linewidths": 0.7, "zorder": 3}
    start = 0
    for name in names:
        members = sorted((a for c, a in tested if c.subgroup == name), key=lambda a: -a.lift)
        x = range(start, start + len(members))
        axis.vlines(x, [a.control_lift for a in members], [a.lift for a in members], color=colours[name], linewidth=0.8)
        axis.scatter(x, [a.lift for a in members], 12, color=colours[name], label=typeset(name), zorder=3)
        axis.scatter(x, [a.control_lift for a in members], 10, **hollow)
        start += len(members) + 1
    axis.scatter([], [], 10, label="control", **hollow)
    axis.axhline(0, color=QUIET, linewidth=0.7)
    axis.grid(axis="y")
    axis.set_xticks([])
    axis.set_xlim(-1, start - 1)
    axis.set_xlabel("circuits, by class and lift")
    axis.set_ylabel("rise of the mean logit (logits)")
    figure.legend(loc="outside lower left", ncols=4, handletextpad=0.2, columnspacing=0.8)
    return figure


def caption_lifts(circuits: Sequence[CircuitRecord]) -> Caption:
    """In how many circuits removal raised the logits on C, as predicted.

    Args:
        circuits: all circuits.

    Returns:
        The caption.
    """
    tested = [circuit.ablation for circuit in circuits if circuit.ablation]
    held = [ablation for ablation in tested if ablation.verdict == "as predicted"]
    return Caption(
        f"Removing a circuit raises the logits on its shared coset C, as predicted, in {count(len(held))} of "
        f"{count(len(tested))} circuits.",
        "Prediction, stated first: the circuit lowers C when ab is outside C, so replacing its neurons by their "
        "mean raises the mean logit on C against the rest, over pairs with ab outside C. Control: the same rise for "
        "the other cosets of H.",
    )
