"""Quantities over training, one thin line a run and the median over runs as a thick one.

The median at a step is over the runs that kept a checkpoint there, and is drawn where at least half of them did.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosetta.report.figures.style import INK, QUIET, blank, new_figure, positive, power_axis, styled
from cosetta.report.notation import plural, typeset
from cosetta.report.palette import irrep_palette

__all__ = ["draw_concentration", "draw_entropy", "draw_trace_similarity", "group_irrep_colours"]

CONCENTRATION, LOSS = "#0072B2", "#D55E00"
SIDES = {"left": "#0072B2", "right": "#D55E00", "out": "#009E73"}
FEWEST = 3
"""Runs from which a median line is drawn."""

NO_RUNS = "not measured: no run has these checkpoints"

Lines = list[tuple[Sequence[int | float], list[float]]]
"""Steps and values of each run."""


@styled
def draw_concentration(data: Mapping[str, Any]) -> Figure:
    """Median concentration C_H over the neurons of a run, and its test loss, against the step; all axes logarithmic.

    Args:
        data: `group`, and `runs`, each with `seed`, `step`, `median_concentration` (the paper's C_H, smallest over the
            proper nontrivial subgroups) and `test_loss` (nats).

    Returns:
        A figure of two panels.
    """
    runs = data.get("runs") or []
    if not runs:
        return blank(NO_RUNS)
    figure = new_figure(7.2, 3.0)
    concentration, loss = figure.subplots(1, 2)
    for axis, key, colour, name in (
        (concentration, "median_concentration", CONCENTRATION, "median over neurons of smallest C_H"),
        (loss, "test_loss", LOSS, "test cross-entropy (nats)"),
    ):
        _draw(axis, [(run["step"], positive(_numbers(run[key]))) for run in runs], colour)
        power_axis(axis, "y")
        axis.set_ylabel(name)
    _finish(figure, (concentration, loss), len(runs))
    return figure


@styled
def draw_entropy(data: Mapping[str, Any]) -> Figure:
    """Fourier entropy of left, right and out over training.

    Args:
        data: `group`, and `runs`, each with `seed`, `step`, and `left`, `right`, `out`: the mean over neurons of the
            Shannon entropy (nats) of the power over irreps.

    Returns:
        A figure of three panels that share their scale.
    """
    runs = data.get("runs") or []
    if not runs:
        return blank(NO_RUNS)
    figure = new_figure(7.2, 2.7)
    axes = figure.subplots(1, 3, sharey=True)
    for axis, (side, colour) in zip(axes, SIDES.items(), strict=True):
        _draw(axis, [(run["step"], _numbers(run[side])) for run in runs], colour)
        axis.set_title(side)
    axes[0].set_ylim(bottom=0)
    axes[0].set_ylabel("Fourier entropy (nats)")
    _finish(figure, axes, len(runs))
    return figure


@styled
def draw_trace_similarity(data: Mapping[str, Any]) -> Figure:
    """Cosine similarity of the centred logits with each character chi(ab c^-1) over training, one panel an irrep.

    Args:
        data: `group`, `irreps` in the group's own order, and `runs`, each with `seed`, `step`, and `similarity`: by
            irrep one value in [-1, 1] a step.

    Returns:
        A figure; the medians of the other irreps are grey in every panel, so the order of acquisition can be read.
    """
    runs = data.get("runs") or []
    names = [name for name in data.get("irreps") or [] if any(_known(run["similarity"].get(name)) for run in runs)]
    if not names:
        return blank(NO_RUNS)
    colours = group_irrep_colours(data["irreps"])
    columns = min(3, len(names))
    rows = math.ceil(len(names) / columns)
    figure = new_figure(7.2, 0.7 + 1.6 * rows)
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    lines: dict[str, Lines] = {
        name: [(r["step"], _numbers(r["similarity"][name])) for r in runs if _known(r["similarity"].get(name))]
        for name in names
    }
    for axis, name in zip(axes.flat, names, strict=False):
        for other in names:
            if other != name:
                axis.plot(*_median(lines[other]), color="#C9C9C9", linewidth=0.8, zorder=1)
        _draw(axis, lines[name], colours[name])
        axis.set_title(typeset(name))
    for axis in axes.flat[len(names) :]:
        axis.remove()
    for column in range(columns):
        last = max(i for i in range(len(names)) if i % columns == column)
        axes.flat[last].xaxis.set_tick_params(labelbottom=True)
    shown = list(axes.flat[: len(names)])
    _finish(figure, shown, len(runs), labelled=False)
    shown[0].set_ylim(top=1.02)
    figure.supxlabel("optimiser step", fontsize=9)
    figure.supylabel("cosine with the character", fontsize=9)
    return figure


def group_irrep_colours(irreps: Sequence[str]) -> dict[str, str]:
    """Colours of irreps as in the report, whether or not the list starts with the trivial irrep.

    Args:
        irreps: names in the group's own order.

    Returns:
        Hex colour by name.

    Example:
        >>> group_irrep_colours(["(4,1)"]) == {"(4,1)": group_irrep_colours(["(5)", "(4,1)"])["(4,1)"]}
        True
    """
    trivial = bool(irreps) and irreps[0].strip("()").isdigit()
    colours = irrep_palette(irreps if trivial else ["trivial", *irreps])
    return {name: colours[name] for name in irreps}


def _draw(axis: Axes, lines: Lines, colour: str) -> None:
    """A thin line for each run and, from three runs on, their median."""
    alone = len(lines) < FEWEST
    for step, values in lines:
        axis.plot(
            positive(_numbers(step)),
            values,
            color=colour,
            linewidth=1.2 if alone else 0.6,
            alpha=0.9 if alone else max(0.12, min(0.5, 8 / len(lines))),
            zorder=2,
        )
    if not alone:
        middle = _median(lines)
        axis.plot(*middle, color="white", linewidth=3.2, zorder=3)
        axis.plot(*middle, color=INK, linewidth=1.7, zorder=4)


def _median(lines: Lines) -> tuple[list[float], list[float]]:
    """Median over runs at the steps that at least half of them have."""
    found: dict[float, list[float]] = {}
    for steps, values in lines:
        for step, value in zip(steps, values, strict=True):
            if step > 0 and not math.isnan(value):
                found.setdefault(float(step), []).append(value)
    kept = sorted(step for step, values in found.items() if 2 * len(values) >= len(lines))
    return kept, [median(found[step]) for step in kept]


def _finish(figure: Figure, axes: Iterable[Axes], runs: int, *, labelled: bool = True) -> None:
    """Step axes, grid, and the legend under the panels."""
    panels = list(axes)
    for axis in panels:
        power_axis(axis, "x")
        axis.grid(axis="y")
        if labelled:
            axis.set_xlabel("optimiser step")
    handles = [panels[0].plot([], [], color=QUIET, linewidth=0.8)[0]]
    names = [plural(runs, "run") if runs < FEWEST else f"one line for each of {plural(runs, 'run')}"]
    if runs >= FEWEST:
        handles.append(panels[0].plot([], [], color=INK, linewidth=1.7)[0])
        names.append("median over runs")
    figure.legend(handles, names, loc="outside upper right", ncols=2)


def _numbers(values: Iterable[int | float | None]) -> list[float]:
    """None becomes nan, which matplotlib leaves out."""
    return [float("nan") if value is None else float(value) for value in values]


def _known(values: Sequence[int | float | None] | None) -> bool:
    return bool(values) and any(value is not None for value in values)
