"""What neurons write: how their out columns correlate, and what they add to logits on and off the shared coset."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from cosetta.report.figures.style import INK, QUIET, blank, new_figure, styled
from cosetta.report.notation import count, decimal, plain_class, plural
from cosetta.report.palette import class_palette

__all__ = ["draw_coset_logits", "draw_out_correlation", "draw_out_groups"]

ON, OFF = "#D55E00", "#0072B2"
TICKED = 3
"""Neurons from which a class has room for its name beside the heat map."""


@styled
def draw_out_correlation(data: Mapping[str, Any]) -> Figure:
    """Correlations of the out columns of one run, neurons ordered by class and shared coset.

    Args:
        data: `run`, `group`, and in the drawn order `neurons`, `classes`, `cosets` (number of the shared coset, None
            without one) and `matrix` of correlations in [-1, 1].

    Returns:
        A heat map; a strip tells the class, and a frame holds the neurons of one shared coset.
    """
    matrix = data.get("matrix") or []
    if not matrix:
        return blank("not measured: no neuron has a shared coset")
    classes, number = data["classes"], len(matrix)
    colours = class_palette(classes)
    values = np.array([[np.nan if v is None else v for v in row] for row in matrix], dtype=float)
    figure = new_figure(6.6, 5.2)
    figure.set_layout_engine("constrained", w_pad=0.12)
    axis = figure.subplots()
    image = axis.imshow(values, cmap="RdBu_r", vmin=-1, vmax=1, interpolation="none", rasterized=True)
    thick, start = max(1.0, 0.022 * number), 0
    ticks = {}
    for name, members in groupby(classes):
        size = len(list(members))
        for corner, width, height in (
            ((-0.5 - 1.4 * thick, start - 0.5), thick, size),
            ((start - 0.5, -0.5 - 1.4 * thick), size, thick),
        ):
            axis.add_patch(Rectangle(corner, width, height, facecolor=colours[name], linewidth=0, clip_on=False))
        if size >= max(TICKED, 0.025 * number):
            ticks[start + (size - 1) / 2] = plain_class(name)
        start += size
    _frame_circuits(axis, list(zip(classes, data["cosets"], strict=True)))
    axis.set_yticks(list(ticks), list(ticks.values()))
    axis.set_xticks([])
    axis.tick_params(axis="y", length=0, pad=12)
    axis.set_ylabel("neuron, by class of H and shared coset")
    axis.set_xlabel(f"the same {count(number)} neurons")
    for side in axis.spines:
        axis.spines[side].set_visible(False)
    bar = figure.colorbar(image, ax=axis, shrink=0.75, aspect=26)
    bar.set_label("correlation of out columns")
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    return figure


def _frame_circuits(axis: Axes, keys: Sequence[tuple[Any, Any]]) -> None:
    """A frame about each run of neurons with one shared coset."""
    start = 0
    for (_, coset), members in groupby(keys):
        size = len(list(members))
        if coset is not None and size > 1:
            corner = (start - 0.5, start - 0.5)
            axis.add_patch(Rectangle(corner, size, size, facecolor="none", edgecolor=INK, linewidth=0.5))
        start += size


@styled
def draw_coset_logits(data: Mapping[str, Any]) -> Figure:
    """Box plots of the logits that 1, 2, 4 neurons of one circuit add, on their shared coset and off it.

    Args:
        data: `group`, `runs`, `sizes` (numbers of neurons), and `on` and `off`: for each size `min`, `q25`, `median`,
            `q75`, `max` of the summed logits, or None where no circuit has so many neurons.

    Returns:
        A figure; a box holds the middle half, whiskers reach from the smallest to the largest.
    """
    sizes = data.get("sizes") or []
    keys = {"q1": "q25", "med": "median", "q3": "q75", "whislo": "min", "whishi": "max"}
    figure = new_figure(7.2, 3.1)
    drawn = False
    axis = figure.subplots()
    for side, colour, offset in (("on", ON, -0.17), ("off", OFF, 0.17)):
        found = [(i, box) for i, box in enumerate(data.get(side) or []) if _whole_box(box)]
        drawn = drawn or bool(found)
        stats = [{key: box[name] for key, name in keys.items()} for _, box in found]
        axis.bxp(
            stats,
            positions=[i + offset for i, _ in found],
            widths=0.26,
            showfliers=False,
            patch_artist=True,
            manage_ticks=False,
            boxprops={"facecolor": colour, "edgecolor": INK, "linewidth": 0.8, "alpha": 0.85},
            medianprops={"color": "white", "linewidth": 1.8},
            whiskerprops={"color": INK, "linewidth": 0.8},
            capprops={"color": INK, "linewidth": 0.8},
        )
        missing = [i for i in range(len(sizes)) if i not in {j for j, _ in found}]
        for i in missing:
            axis.annotate("not\nmeasured", (i + offset, 0), ha="center", va="center", color=QUIET, fontsize=8)
    if not drawn:
        return blank("not measured: no circuit found")
    axis.axhline(0, color=QUIET, linewidth=0.6, zorder=0)
    axis.set_xticks(range(len(sizes)), [plural(size, "neuron") for size in sizes])
    axis.set_xlim(-0.5, len(sizes) - 0.5)
    axis.grid(axis="y")
    axis.set_xlabel(f"neurons of one circuit summed, over {plural(data.get('runs') or 0, 'run')}")
    axis.set_ylabel("summed logits (logit units)")
    handles = [Patch(facecolor=ON, label="c on the shared coset"), Patch(facecolor=OFF, label="c off it")]
    axis.legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _whole_box(box: Any) -> bool:
    return isinstance(box, Mapping) and all(box.get(k) is not None for k in ("min", "q25", "median", "q75", "max"))


@styled
def draw_out_groups(data: Mapping[str, Any]) -> Figure:
    """Mean correlation of out columns by what a pair of neurons has in common, with its standard deviation.

    Args:
        data: `bars`, each with `name`, `n` (pairs), `mean` and `sd`; None where there is no such pair.

    Returns:
        A figure with one row a bar.
    """
    bars = data.get("bars") or []
    if not bars:
        return blank("not measured: no pair of live neurons")
    figure = new_figure(7.2, 0.75 + 0.36 * len(bars))
    axis = figure.subplots()
    for row, bar in enumerate(bars):
        mean, sd = bar.get("mean"), bar.get("sd")
        if mean is not None:
            colour = ON if row == 0 else OFF
            axis.barh(row, mean, 0.5, color=colour, alpha=0.35)
            if sd is not None:
                axis.plot([mean - sd, mean + sd], [row, row], color=colour, linewidth=1.6)
            axis.plot(mean, row, "o", color=colour, ms=6)
        shown = f"{decimal(mean, 3)} ± {decimal(sd, 3)}" if mean is not None else "not measured"
        place = axis.get_yaxis_transform()
        axis.annotate(shown, (1, row), (8, 0), xycoords=place, textcoords="offset points", va="center")
    axis.set_yticks(range(len(bars)), [f"{bar['name']} ({count(bar.get('n'))})" for bar in bars], fontsize=9)
    axis.set_ylim(len(bars) - 0.5, -0.5)
    axis.axvline(0, color=QUIET, linewidth=0.6)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x")
    axis.set_xlabel("correlation of out columns: mean ± standard deviation")
    axis.set_ylabel("pairs of neurons (number)")
    return figure
