"""Any one neuron, covered by cosets or not: its three functions and its pre-activation on all pairs."""

import math
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosetta.report.figures.style import INK, QUIET, Caption, new_figure, styled
from cosetta.report.notation import percent
from cosetta.report.palette import coset_colours
from cosetta.results import OneNeuron

__all__ = ["caption_neuron", "draw_neuron"]

PIXELS = 360
"""Most rows and columns of the drawn matrix; a larger one is drawn on evenly spaced elements."""

ON, OFF = "#D55E00", "#0072B2"
"""Answers inside and outside the shared coset, as in the report."""


@styled
def draw_neuron(neuron: OneNeuron) -> Figure:
    """Left and right by coset, the pre-activation on all pairs, and the out column.

    Args:
        neuron: its values.

    Returns:
        A figure of four panels: left above right, the map of pairs, the out column.
    """
    figure = new_figure(8.6, 3.3)
    columns = figure.add_gridspec(2, 3, width_ratios=(1.0, 1.15, 0.95))
    left, right = figure.add_subplot(columns[0, 0]), figure.add_subplot(columns[1, 0])
    _strip(left, neuron.left, neuron.left_cosets, f"left(a), by coset {_coset(neuron.left_subgroup, 'Ha')}")
    _strip(right, neuron.right, neuron.right_cosets, f"right(b), by coset {_coset(neuron.right_subgroup, 'bK')}")
    reach = 1.08 * max(map(abs, neuron.left + neuron.right)) or 1.0
    for axis in (left, right):
        axis.set_xlim(-reach, reach)
    right.set_xlabel("value (pre-activation units)")
    _map(figure, figure.add_subplot(columns[:, 1]), neuron)
    _out(figure.add_subplot(columns[:, 2]), neuron)
    return figure


def _coset(subgroup: str, pattern: str) -> str:
    return f"{pattern} of {subgroup}" if subgroup else "(no subgroup)"


def _strip(axis: Axes, values: tuple[float, ...], cosets: tuple[int, ...], title: str) -> None:
    """One dot an element, one row a coset."""
    count = max(cosets) + 1
    heights = [coset + 0.5 * (math.fmod(0.618 * i, 1.0) - 0.5) for i, coset in enumerate(cosets)]
    colours = coset_colours(count)
    axis.scatter(values, heights, 9, color=[colours[coset] for coset in cosets], linewidths=0, alpha=0.85)
    axis.axvline(0, color=QUIET, linewidth=0.6)
    axis.set_ylim(-0.6, count - 0.4)
    step = math.ceil(count / 8)
    axis.set_yticks(range(0, count, step), [str(i + 1) for i in range(0, count, step)])
    axis.set_ylabel("coset")
    axis.set_title(title, fontweight="normal")


def _map(figure: Figure, axis: Axes, neuron: OneNeuron) -> None:
    """left(a) + right(b), rows and columns in the order of their cosets."""
    order = [_in_order(cosets) for cosets in (neuron.left_cosets, neuron.right_cosets)]
    pre = np.asarray(neuron.left)[order[0]][:, None] + np.asarray(neuron.right)[order[1]][None, :]
    limit = float(np.abs(pre).max()) or 1.0
    image = axis.imshow(pre, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="none", rasterized=True)
    for cosets, elements, line in (
        (neuron.left_cosets, order[0], axis.axhline),
        (neuron.right_cosets, order[1], axis.axvline),
    ):
        for i, (before, after) in enumerate(pairwise(cosets[element] for element in elements)):
            if before != after and max(cosets) < 24:
                line(i + 0.5, color=INK, linewidth=0.25)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.spines[:].set_visible(False)
    axis.set_ylabel("a, by coset")
    axis.set_xlabel("b, by coset")
    axis.set_title("left(a) + right(b) on all pairs", fontweight="normal")
    bar = figure.colorbar(image, ax=axis, shrink=0.85, aspect=24)
    bar.set_label("pre-activation")
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]


def _in_order(cosets: tuple[int, ...]) -> list[int]:
    """Elements by coset, at most PIXELS of them."""
    order = sorted(range(len(cosets)), key=lambda element: (cosets[element], element))
    return order[:: math.ceil(len(order) / PIXELS)]


def _out(axis: Axes, neuron: OneNeuron) -> None:
    """Out weights of the answers in the shared coset and of the others."""
    inside = neuron.in_shared_coset or (False,) * len(neuron.out)
    for row, member, colour in ((0, True, ON), (1, False, OFF)):
        values = [value for value, is_in in zip(neuron.out, inside, strict=True) if is_in is member]
        heights = [row + 0.6 * (math.fmod(0.618 * i, 1.0) - 0.5) for i in range(len(values))]
        axis.scatter(values, heights, 9, color=colour, linewidths=0, alpha=0.85)
    counts = sum(inside), len(inside) - sum(inside)
    named = [f"c in C ({counts[0]})", f"c off C ({counts[1]})"] if neuron.in_shared_coset else ["", "all c"]
    axis.set_yticks([0, 1], named)
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(1.5, -0.5 if neuron.in_shared_coset else 0.5)
    axis.axvline(0, color=QUIET, linewidth=0.6)
    axis.grid(axis="x")
    axis.set_xlabel("out weight (logits per unit)")
    axis.set_title("out(c), by answer", fontweight="normal")


def caption_neuron(neuron: OneNeuron) -> Caption:
    """What the neuron does, and how the panels are read.

    Args:
        neuron: its values.

    Returns:
        The caption.
    """
    reading = "Red pairs fire, blue pairs are cut by the activation, white is zero."
    shared = f" C: {neuron.shared_coset}." if neuron.shared_coset else ""
    return Caption(
        f"Neuron {neuron.neuron}, {percent(neuron.strength)} of the strength, in {neuron.irrep}: {neuron.sentence}.",
        f"{reading}{shared} Every element is one dot in the panels of left, right and out.",
    )
