"""How one neuron becomes constant on cosets: its values at four checkpoints, coloured by the coset they end up in."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cosetta.report.figures.style import QUIET, blank, new_figure, styled
from cosetta.report.notation import count, percent, scientific
from cosetta.report.palette import coset_colours

__all__ = ["draw_formation"]

BINS = 40


@styled
def draw_formation(data: Mapping[str, Any]) -> Figure:
    """Histograms of a neuron's values at checkpoints, coloured by the coset that each element ends up in.

    Args:
        data: `subgroup`, `run`, `neuron`, `side` (`left` or `right`), and `moments`, each with `step`, `accuracy` (of
            the test pairs), `fraction` (coset variance fraction), `values` and `cosets`, one an element.

    Returns:
        A figure with one panel a moment, each with its own range of values and one common scale of counts.
    """
    moments = [moment for moment in data.get("moments") or [] if moment.get("values")]
    if not moments:
        return blank("not measured: no neuron of this class, or no checkpoints")
    side = data.get("side") or "left"
    kind = "right coset Ha" if side == "left" else "left coset bK"
    colours = coset_colours(1 + max(max(moment["cosets"]) for moment in moments))
    figure = new_figure(7.2, 2.45)
    axes = figure.subplots(1, len(moments), sharey=True, squeeze=False)[0]
    tallest = [_stack(axis, moment, colours) for axis, moment in zip(axes, moments, strict=True)]
    axes[0].set_ylim(0, 1.06 * max(tallest))
    axes[0].set_ylabel("elements")
    for axis, moment in zip(axes, moments, strict=True):
        axis.set_title(f"step {count(moment.get('step'))}", pad=27)
        axis.annotate(
            f"test accuracy {percent(moment.get('accuracy'), 1)}\nfraction {scientific(moment.get('fraction'), 1)}",
            (0, 1),
            (0, 4),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=8,
            linespacing=1.35,
        )
        axis.axvline(0, color=QUIET, linewidth=0.6, zorder=0)
        axis.locator_params(axis="x", nbins=4)
    figure.supxlabel(f"{side} value of an element (pre-activation units), coloured by its final {kind}", fontsize=9)
    return figure


def _stack(axis: Axes, moment: Mapping[str, Any], colours: tuple[str, ...]) -> float:
    """Bars of the elements in each bin, stacked by coset; returns the height of the tallest."""
    values, labels = np.asarray(moment["values"], dtype=float), np.asarray(moment["cosets"])
    reach = 1.08 * float(np.abs(values).max()) or 1.0
    edges = np.linspace(-reach, reach, BINS + 1)
    base = np.zeros(BINS)
    for coset, colour in enumerate(colours):
        heights = np.histogram(values[labels == coset], edges)[0]
        boxes = [Rectangle((edges[i], base[i]), edges[1] - edges[0], heights[i]) for i in np.flatnonzero(heights)]
        axis.add_collection(PatchCollection(boxes, facecolor=colour, edgecolor="white", linewidth=0.15))
        base += heights
    axis.set_xlim(-reach, reach)
    return float(base.max())
