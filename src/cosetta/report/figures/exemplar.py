"""The clearest neuron of a class, looked at whole: its values by coset, its pre-activations, its out column.

A neuron is three functions on the group. Left takes one value on each right coset Ha of H, right one on each left coset
bK of K; the pre-activation left(a) + right(b) vanishes on one block of pairs, those with ab in the shared coset C.
"""

import math
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cosetta.report.figures.style import INK, QUIET, Caption, blank, new_figure, styled
from cosetta.report.notation import count, decimal, percent, scientific
from cosetta.report.palette import coset_colours
from cosetta.results import CosetNeuron, Exemplar, NeuronFacts

__all__ = [
    "caption_histograms",
    "caption_matrix",
    "caption_mirror",
    "caption_out",
    "draw_histograms",
    "draw_matrix",
    "draw_mirror",
    "draw_out",
]

WIDTH = 5.2
BINS = 80
PIXELS = 360
"""Most rows and columns of a drawn matrix; a larger one is drawn on evenly spaced elements."""


@styled
def draw_histograms(exemplar: Exemplar) -> Figure:
    """Histograms of the left and of the right values, one colour for each coset, one scale for both.

    Args:
        exemplar: the neuron.

    Returns:
        A figure of two panels, left above right.
    """
    if not exemplar.left:
        return blank("no values")
    cosets = max(exemplar.left_cosets + exemplar.right_cosets) + 1
    colours = coset_colours(cosets)
    edges = np.linspace(*_span(exemplar.left + exemplar.right), BINS + 1)
    figure = new_figure(WIDTH, 3.7)
    upper, lower = figure.subplots(2, 1, sharex=True)
    for axis, function, values, labels, kind in (
        (upper, "left", exemplar.left, exemplar.left_cosets, "right coset Ha"),
        (lower, "right", exemplar.right, exemplar.right_cosets, "left coset bK"),
    ):
        _stack(axis, np.asarray(values), np.asarray(labels), colours, edges)
        axis.set_ylabel("elements")
        axis.set_title(f"{function}, coloured by {kind}", fontweight="normal")
        axis.axvline(0, color=QUIET, linewidth=0.6)
    lower.set_xlabel("value (pre-activation units)")
    if cosets <= 10:
        handles = [Rectangle((0, 0), 1, 1, color=colour) for colour in colours]
        figure.legend(
            handles,
            [str(i + 1) for i in range(cosets)],
            loc="outside lower center",
            ncols=cosets,
            handlelength=0.8,
            handleheight=0.8,
            columnspacing=0.9,
            handletextpad=0.3,
            title="coset, by ascending left value",
        )
    return figure


def _stack(axis: Axes, values: np.ndarray, labels: np.ndarray, colours: tuple[str, ...], edges: np.ndarray) -> None:
    """Bars of the elements in each bin, stacked by coset; empty ones are left out."""
    base = np.zeros(len(edges) - 1)
    for coset, colour in enumerate(colours):
        heights = np.histogram(values[labels == coset], edges)[0]
        filled = np.flatnonzero(heights)
        boxes = [Rectangle((edges[i], base[i]), edges[i + 1] - edges[i], heights[i]) for i in filled]
        axis.add_collection(PatchCollection(boxes, facecolor=colour, edgecolor="white", linewidth=0.2))
        base += heights
    axis.set_xlim(edges[0], edges[-1])
    axis.set_ylim(0, 1.08 * max(1.0, base.max()))


def _span(values: tuple[float, ...]) -> tuple[float, float]:
    """A range symmetric about 0 that holds all values."""
    reach = 1.06 * max(abs(value) for value in values) or 1.0
    return -reach, reach


def caption_histograms(finding: CosetNeuron) -> Caption:
    """How much of the variance of left and right lies inside cosets.

    Args:
        finding: what was found of the neuron.

    Returns:
        The caption.
    """
    left, right = finding.left, finding.right
    return Caption(
        f"Of the variance of left, {scientific(left.fraction)} lies inside the {left.index} right cosets of H; of "
        f"right, {scientific(right.fraction)} inside the {right.index} left cosets of K.",
        f"Every element of the group is in both panels once. Chance: p = {scientific(left.p_value, 1)} (left) and "
        f"{scientific(right.p_value, 1)} (right) against random functions of the same irrep content and every subgroup "
        "at least as large.",
    )


@styled
def draw_matrix(exemplar: Exemplar) -> Figure:
    """The pre-activation left(a) + right(b) on all pairs, rows sorted by left coset and columns by right coset.

    Args:
        exemplar: the neuron.

    Returns:
        A figure with a diverging map, symmetric about 0.
    """
    if not exemplar.left:
        return blank("no values")
    rows = sorted(range(len(exemplar.left)), key=lambda a: (exemplar.left_cosets[a], a))
    columns = sorted(range(len(exemplar.right)), key=lambda b: (exemplar.right_cosets[b], b))
    rows, columns = _thin(rows), _thin(columns)
    pre = np.asarray(exemplar.left)[rows][:, None] + np.asarray(exemplar.right)[columns][None, :]
    limit = float(np.abs(pre).max()) or 1.0
    figure = new_figure(WIDTH, 3.7)
    axis = figure.subplots()
    image = axis.imshow(pre, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="none", rasterized=True)
    for cosets, order, line in (
        (exemplar.left_cosets, rows, axis.axhline),
        (exemplar.right_cosets, columns, axis.axvline),
    ):
        for i, (before, after) in enumerate(pairwise(cosets[element] for element in order)):
            if before != after and max(cosets) < 24:
                line(i + 0.5, color=INK, linewidth=0.25)
    axis.set_xticks([])
    axis.set_yticks([])
    for side in ("top", "right", "bottom", "left"):
        axis.spines[side].set_visible(False)
    axis.set_ylabel(f"a, by right coset Ha ({max(exemplar.left_cosets) + 1})")
    axis.set_xlabel(f"b, by left coset bK ({max(exemplar.right_cosets) + 1})")
    bar = figure.colorbar(image, ax=axis, shrink=0.85, aspect=24)
    bar.set_label("pre-activation left(a) + right(b)")
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    return figure


def _thin(order: list[int]) -> list[int]:
    """At most PIXELS of the elements, evenly spaced."""
    step = math.ceil(len(order) / PIXELS)
    return order[::step]


def caption_matrix(exemplar: Exemplar, finding: CosetNeuron, facts: NeuronFacts) -> Caption:
    """How silent the neuron is on the shared coset.

    Args:
        exemplar: the neuron's values.
        finding: what was found of it.
        facts: what is measured of it.

    Returns:
        The caption.
    """
    reading = "Red pairs fire, blue pairs are cut by the activation, white is zero."
    if len(exemplar.left) > PIXELS:
        reading += f" Drawn on every {math.ceil(len(exemplar.left) / PIXELS)}th element."
    return Caption(
        f"Where ab lies in C, the pre-activation's rms is {scientific(finding.leak)} of its rms on all pairs: the "
        "white blocks.",
        f"|pre| is under the zero tolerance on {percent(facts.silent_share)} of pairs; "
        f"1/[G:H] = {percent(finding.expected_silent_share)} if coset values are distinct. {reading}",
    )


@styled
def draw_out(exemplar: Exemplar) -> Figure:
    """The out column on and off the shared coset, one mark for each element.

    Args:
        exemplar: the neuron.

    Returns:
        A figure of two strips.
    """
    if not exemplar.out:
        return blank("no values")
    figure = new_figure(WIDTH, 2.9)
    axis = figure.subplots()
    for row, inside, colour in ((0, True, "#D55E00"), (1, False, "#0072B2")):
        values = [v for v, member in zip(exemplar.out, exemplar.in_shared_coset, strict=True) if member is inside]
        heights = [row + 0.6 * (math.fmod(0.618 * i, 1.0) - 0.5) for i in range(len(values))]
        axis.scatter(values, heights, 9, color=colour, alpha=0.75, linewidths=0)
    inside = sum(exemplar.in_shared_coset)
    axis.set_yticks([0, 1], [f"c in C ({inside})", f"c off C ({len(exemplar.out) - inside})"])
    axis.set_ylim(1.5, -0.5)
    axis.set_ylabel("elements")
    axis.tick_params(axis="y", length=0)
    axis.axvline(0, color=QUIET, linewidth=0.6)
    axis.grid(axis="x")
    axis.set_xlabel("out weight of element c (logits per unit of activation)")
    return figure


def caption_out(finding: CosetNeuron) -> Caption:
    """Where the out column is low.

    Args:
        finding: what was found of the neuron.

    Returns:
        The caption.
    """
    direction = "lowers" if finding.out_on < finding.out_off else "raises"
    return Caption(
        f"When it fires, the neuron {direction} C against the rest: mean out weight {decimal(finding.out_on)} standard "
        f"deviations on C, {decimal(finding.out_off)} off C.",
        "Firing means that ab is not in C, so the coset account asks for a lower weight on C. C was found from left "
        "and right alone.",
    )


@styled
def draw_mirror(exemplar: Exemplar) -> Figure:
    """Values of right on each coset against the negated values of left on its mirror coset.

    Args:
        exemplar: the neuron; right coset i is the mirror of left coset i.

    Returns:
        A figure; each cross spans all values on one coset, and an exact mirror puts every cross on the diagonal.
    """
    if not exemplar.left:
        return blank("no values")
    figure = new_figure(WIDTH, 2.9)
    axis = figure.subplots()
    low, high = _span(exemplar.left + exemplar.right)
    axis.plot([low, high], [low, high], color=QUIET, linewidth=0.7)
    cosets = max(exemplar.left_cosets + exemplar.right_cosets) + 1
    for coset, colour in enumerate(coset_colours(cosets)):
        x = [-v for v, label in zip(exemplar.left, exemplar.left_cosets, strict=True) if label == coset]
        y = [v for v, label in zip(exemplar.right, exemplar.right_cosets, strict=True) if label == coset]
        if x and y:
            middle = (min(x) + max(x)) / 2, (min(y) + max(y)) / 2
            axis.plot([min(x), max(x)], [middle[1]] * 2, color=colour, linewidth=1.6)
            axis.plot([middle[0]] * 2, [min(y), max(y)], color=colour, linewidth=1.6)
            axis.plot(*middle, "o", color=colour, markersize=5.5, markeredgecolor="white", markeredgewidth=0.5)
    axis.set_xlim(low, high)
    axis.set_ylim(low, high)
    axis.set_aspect("equal", anchor="W")
    axis.grid()
    axis.set_xlabel("−left on the mirror coset (pre-activation units)")
    axis.set_ylabel("right on coset bK")
    return figure


def caption_mirror(finding: CosetNeuron) -> Caption:
    """How exact the mirror law is, and whether the second route agrees.

    Args:
        finding: what was found of the neuron.

    Returns:
        The caption.
    """
    shared = finding.shared_coset
    agree = "finds the same" if shared.routes_agree else "finds other"
    return Caption(
        f"Mirror law right(b) = −left(g b⁻¹): correlation {scientific(shared.correlation, 5)}, residual "
        f"{scientific(finding.mirror_residual)} of the variance of right.",
        f"g = {shared.representative_label}. The elements g with the best correlation, found without any list of "
        f"subgroups: this route {agree} {count(shared.size)} elements of C. Crosses span all values on a coset.",
    )
