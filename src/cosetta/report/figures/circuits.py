"""Which shared cosets a class of neurons covers, and what removing each circuit does."""

import re
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cosetta.report.figures.style import CONTROL, INK, QUIET, Caption, blank, new_figure, styled
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
        A figure; a cell holds the number of neurons, an uncovered cell is empty.
    """
    members = [circuit for circuit in circuits if circuit.subgroup == summary.subgroup]
    if not members or not conjugates:
        return blank(f"no circuit of class {typeset(summary.subgroup)}")
    cell = min(0.3, 2.2 / conjugates)
    side = cell * conjugates
    figure = new_figure(max(side + 0.75, 1.5), side + 0.7)
    axis = figure.subplots()
    shade = LinearSegmentedColormap.from_list("class", ["#FFFFFF", colour])
    targets, sources = _points_by_conjugate(members) or ({}, {})
    row, column = _places(targets, conjugates), _places(sources, conjugates)
    cells: dict[tuple[int, int], list[CircuitRecord]] = {}
    for circuit in members:
        cells.setdefault((row[circuit.left_conjugate], column[circuit.right_conjugate]), []).append(circuit)
    neurons = {place: sum(len(circuit.neurons) for circuit in found) for place, found in cells.items()}
    top = max(neurons.values())
    for (i, j), number in neurons.items():
        fill = shade(0.25 + 0.75 * number / top)
        axis.add_patch(Rectangle((j, i), 1, 1, facecolor=fill, linewidth=0))
        if conjugates <= 15:
            dark = sum(w * c for w, c in zip((0.3, 0.59, 0.11), fill[:3], strict=True)) < 0.55
            axis.text(
                j + 0.5,
                i + 0.52,
                str(number),
                ha="center",
                va="center",
                fontsize=7.5 if conjugates <= 10 else 6,
                color="white" if dark else INK,
            )
    lines = range(conjugates + 1)
    axis.hlines(lines, 0, conjugates, color="#C8C8C8", linewidth=0.5, clip_on=False)
    axis.vlines(lines, 0, conjugates, color="#C8C8C8", linewidth=0.5, clip_on=False)
    _name_cells(axis, targets, sources, conjugates)
    axis.set_xlim(0, conjugates)
    axis.set_ylim(conjugates, 0)
    axis.set_aspect("equal")
    axis.tick_params(length=0, labelsize=7 if conjugates <= 10 else 6)
    for side_name in axis.spines:
        axis.spines[side_name].set_visible(False)
    return figure


def _places(points: dict[int, str], conjugates: int) -> list[int]:
    """Row or column of each conjugate: by the point it stands for where known, else by its number."""
    order = sorted(range(conjugates), key=lambda i: (i not in points, len(points.get(i, "")), points.get(i, ""), i))
    return [order.index(i) for i in range(conjugates)]


def _name_cells(axis: Axes, targets: dict[int, str], sources: dict[int, str], conjugates: int) -> None:
    """Label rows and columns by points when every coset is of the kind "ab maps j to i", else by conjugate number."""
    middles, numbers = [i + 0.5 for i in range(conjugates)], [str(i + 1) for i in range(conjugates)]
    by_point = bool(targets)
    for points, ticks in ((targets, axis.set_yticks), (sources, axis.set_xticks)):
        places = _places(points, conjugates)
        names = {places[i]: points.get(i, "") if by_point else numbers[i] for i in range(conjugates)}
        upright = conjugates <= 15 and max(map(len, names.values())) <= 3
        ticks(middles, [names[i] if upright or ticks == axis.set_yticks else "" for i in range(conjugates)])
    axis.set_xlabel("ab maps this" if by_point else "conjugate K")
    axis.set_ylabel("to this" if by_point else "conjugate H")


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
        f"{plural(summary.neurons, 'neuron')}, counted in the cells.{several}",
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
    figure = new_figure(7.2, 2.9)
    axis = figure.subplots()
    start = 0
    for name in names:
        members = sorted((a for c, a in tested if c.subgroup == name), key=lambda a: -a.lift)
        x = range(start, start + len(members))
        axis.vlines(x, [a.control_lift for a in members], [a.lift for a in members], color=colours[name], linewidth=0.8)
        axis.scatter(x, [a.lift for a in members], 15, color=colours[name], label=typeset(name), zorder=3)
        axis.scatter(
            x, [a.control_lift for a in members], 13, facecolors="white", edgecolors=CONTROL, linewidths=0.8, zorder=3
        )
        start += len(members) + 1
    axis.scatter([], [], 13, facecolors="white", edgecolors=CONTROL, label="control: other\ncosets of H")
    axis.axhline(0, color=QUIET, linewidth=0.7)
    axis.grid(axis="y")
    axis.set_xticks([])
    axis.set_xlim(-1, start - 1)
    axis.set_xlabel("circuits, by class and lift")
    axis.set_ylabel("rise of mean logit (logit units)")
    axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
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
