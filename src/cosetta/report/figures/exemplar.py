"""The clearest neuron of a class, looked at whole: its values by coset, its pre-activations, its out column.

A neuron is three functions on the group. Left takes one value on each right coset Ha of H, right one on each left coset
bK of K; the pre-activation left(a) + right(b) vanishes on one block of pairs, those with ab in the shared coset C.
"""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from cosetta.report.figures.style import INK, LINE, PANEL, PAPER, QUIET, Caption, blank, new_figure, styled
from cosetta.report.notation import decimal, percent, scientific
from cosetta.results import CosetNeuron, Exemplar, NeuronFacts

__all__ = ["caption_exemplar", "draw_blocks", "draw_exemplar", "draw_histograms", "draw_out"]

HEIGHT = 2.75
BINS = 60
NAMED = 12
"""Most cosets that are numbered along an axis."""


def draw_exemplar(exemplar: Exemplar, colour: str) -> tuple[Figure, ...]:
    """A neuron in three panels: left and right by coset, the pre-activation by pairs of cosets, the out column.

    Args:
        exemplar: the neuron.
        colour: of its class; grey is everything else.

    Returns:
        The panels.
    """
    return draw_histograms(exemplar, colour), draw_blocks(exemplar, colour), draw_out(exemplar, colour)


@styled
def draw_histograms(exemplar: Exemplar, colour: str) -> Figure:
    """Histograms of the left and of the right values, neighbouring cosets in two strengths of one colour.

    Args:
        exemplar: the neuron.
        colour: of its class.

    Returns:
        A figure, left above right.
    """
    if not exemplar.left:
        return blank("no values")
    edges = np.linspace(*_span(exemplar.left + exemplar.right), BINS + 1)
    figure = new_figure(PANEL, HEIGHT)
    upper, lower = figure.subplots(2, 1, sharex=True)
    for axis, function, values, labels, kind in (
        (upper, "left(a)", exemplar.left, exemplar.left_cosets, "right coset Ha"),
        (lower, "right(b)", exemplar.right, exemplar.right_cosets, "left coset bK"),
    ):
        _stack(axis, np.asarray(values), np.asarray(labels), colour, edges)
        axis.set_ylabel("elements")
        axis.set_title(f"{function}, by {kind}", fontweight="normal")
        axis.axvline(0, color=QUIET, linewidth=0.6)
    lower.set_xlabel("value (pre-activation units)")
    return figure


def _stack(axis: Axes, values: np.ndarray, labels: np.ndarray, colour: str, edges: np.ndarray) -> None:
    """Bars of the elements in each bin, stacked by coset; empty ones are left out."""
    base = np.zeros(len(edges) - 1)
    for coset in range(int(labels.max()) + 1):
        heights = np.histogram(values[labels == coset], edges)[0]
        filled = np.flatnonzero(heights)
        boxes = [Rectangle((edges[i], base[i]), edges[i + 1] - edges[i], heights[i]) for i in filled]
        strength = 1.0 if coset % 2 == 0 else 0.55
        axis.add_collection(PatchCollection(boxes, facecolor=colour, edgecolor=PAPER, linewidth=0.2, alpha=strength))
        base += heights
    axis.set_xlim(edges[0], edges[-1])
    axis.set_ylim(0, 1.08 * max(1.0, base.max()))


def _span(values: tuple[float, ...]) -> tuple[float, float]:
    """A range symmetric about 0 that holds all values."""
    reach = 1.06 * max(abs(value) for value in values) or 1.0
    return -reach, reach


@styled
def draw_blocks(exemplar: Exemplar, colour: str) -> Figure:
    """The pre-activation left(a) + right(b) by the right coset of a and the left coset of b.

    Args:
        exemplar: the neuron.
        colour: of its class: pairs with a positive pre-activation have it, the stronger the larger.

    Returns:
        A figure; a block whose pairs have their product in C is outlined, a grey block is negative.
    """
    if not exemplar.left:
        return blank("no values")
    rows, columns = _levels(exemplar.left, exemplar.left_cosets), _levels(exemplar.right, exemplar.right_cosets)
    pre = np.add.outer(rows, columns)
    limit = float(np.abs(pre).max()) or 1.0
    figure = new_figure(PANEL, HEIGHT)
    axis = figure.subplots()
    count = len(rows)
    cells: dict[float, list[tuple[int, int]]] = {}
    for i, j in np.ndindex(pre.shape):
        cells.setdefault(round(float(pre[i, j]) / limit, 2), []).append((i, j))
    edge = {"linewidth": 0.6 if count <= 24 else 0, "edgecolor": PAPER}
    for share, places in cells.items():
        axis.add_patch(PathPatch(_boxes(places), facecolor=colour if share > 0 else QUIET, alpha=abs(share), **edge))
    shared = [(i, i) for i in range(min(pre.shape))]  # coset i of right is the mirror of coset i of left
    axis.add_patch(PathPatch(_boxes(shared), fill=False, edgecolor=INK, linewidth=0.9, zorder=3))
    for i, _ in shared if count <= NAMED else ():
        axis.text(i + 0.5, i + 0.53, "C", ha="center", va="center", fontsize=7.5, zorder=4)
    numbers = list(range(count)) if count <= NAMED else [0, count - 1]
    for ticks in (axis.set_xticks, axis.set_yticks):
        ticks([i + 0.5 for i in numbers], [str(i + 1) for i in numbers])
    axis.tick_params(length=0)
    axis.set_xlim(0, len(columns))
    axis.set_ylim(count, 0)
    axis.set_aspect("equal")
    for side in axis.spines:
        axis.spines[side].set_visible(False)
    axis.set_ylabel("coset Ha of a")
    axis.set_xlabel("coset bK of b")
    for shade, name in ((colour, "fires"), (QUIET, "cut"), (PAPER, "silent: ab in C")):
        border = INK if shade == PAPER else LINE
        axis.add_patch(Rectangle((-9, -9), 0.1, 0.1, facecolor=shade, edgecolor=border, label=name))
    figure.legend(loc="outside lower center", ncols=3, handlelength=0.9, handleheight=0.9, columnspacing=1.0)
    return figure


def _boxes(places: Sequence[tuple[int, int]]) -> Path:
    """Boxes of unit size at rows and columns, as one path: a map of 60 by 60 is then a few of them."""
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)], dtype=float)
    starts = np.array([(column, row) for row, column in places], dtype=float)
    codes = [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY] * len(places)
    return Path((starts[:, None] + corners).reshape(-1, 2), codes)


def _levels(values: Sequence[float], labels: Sequence[int]) -> np.ndarray:
    """The middle between the smallest and the largest value on each coset."""
    ends = {}
    for value, label in zip(values, labels, strict=True):
        low, high = ends.get(label, (value, value))
        ends[label] = min(low, value), max(high, value)
    return np.array([(low + high) / 2 for _, (low, high) in sorted(ends.items())])


@styled
def draw_out(exemplar: Exemplar, colour: str) -> Figure:
    """The out column on and off the shared coset, one mark for each element.

    Args:
        exemplar: the neuron.
        colour: of its class, for the elements of C.

    Returns:
        A figure of two strips.
    """
    if not exemplar.out:
        return blank("no values")
    figure = new_figure(PANEL, HEIGHT)
    axis = figure.subplots()
    for row, inside, shade in ((0, True, colour), (1, False, QUIET)):
        values = [v for v, member in zip(exemplar.out, exemplar.in_shared_coset, strict=True) if member is inside]
        heights = [row + 0.6 * (math.fmod(0.618 * i, 1.0) - 0.5) for i in range(len(values))]
        axis.scatter(values, heights, 9, color=shade, alpha=0.75, linewidths=0)
    inside = sum(exemplar.in_shared_coset)
    axis.set_yticks([0, 1], [f"in C ({inside})", f"off C ({len(exemplar.out) - inside})"])
    axis.set_ylim(1.5, -0.5)
    axis.set_ylabel("element c")
    axis.tick_params(axis="y", length=0)
    axis.axvline(0, color=QUIET, linewidth=0.6)
    axis.grid(axis="x")
    axis.set_xlabel("out(c) (logits per unit of activation)")
    return figure


def caption_exemplar(finding: CosetNeuron, facts: NeuronFacts) -> Caption:
    """How constant the neuron is on cosets, how silent on C, how exact its mirror, and what it does to C.

    Args:
        finding: what was found of it.
        facts: what is measured of it.

    Returns:
        The caption.
    """
    left, right, shared = finding.left, finding.right, finding.shared_coset
    lowers = "lowers" if finding.out_on < finding.out_off else "raises"
    agree = "the same" if shared.routes_agree else "other"
    return Caption(
        f"Left takes one value on each of the {left.index} cosets Ha, right one on each of the {right.index} cosets "
        f"bK, and they cancel when ab is in C; when it fires, the neuron {lowers} C.",
        f"Inside the cosets lies {scientific(left.fraction)} of the variance of left and {scientific(right.fraction)} "
        f"of right (p = {scientific(left.p_value, 1)} and {scientific(right.p_value, 1)} against random functions of "
        f"the same irreps that choose their subgroup too). Where ab is in C, the rms of the pre-activation is "
        f"{scientific(finding.leak)} of that on all pairs; |pre| is under the zero tolerance on "
        f"{percent(facts.silent_share)} of pairs, and 1/[G:H] = {percent(finding.expected_silent_share)} if the values "
        f"on different cosets differ. Mirror law right(b) = −left(g b⁻¹), g = {shared.representative_label}: residual "
        f"{scientific(finding.mirror_residual)}; without any list of subgroups it finds {agree} {shared.size} "
        f"elements of C. Out is {decimal(finding.out_on)} standard deviations on C, {decimal(finding.out_off)} off C, "
        "and was not used to find C.",
    )
