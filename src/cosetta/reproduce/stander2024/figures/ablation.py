"""What is left of the network when the neurons at or above, or below, a threshold of concentration are removed."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from cosetta.report.figures.style import INK, blank, new_figure, percent_axis, power_axis, styled
from cosetta.report.notation import plural

__all__ = ["draw_ablation"]

COLOURS = {"above": "#0072B2", "below": "#D55E00"}
TITLES = {"above": "removed: C_H ≥ threshold", "below": "removed: C_H < threshold"}


@styled
def draw_ablation(data: Mapping[str, Any]) -> Figure:
    """Accuracy and number of removed neurons against the threshold of C_H, in both directions.

    Args:
        data: `group`, `thresholds`, `runs`, and under `above` and `below` the quantiles `min`, `q25`, `median`, `q75`,
            `max` over runs of `accuracy` and of `removed` (neurons), one value a threshold.

    Returns:
        A figure of two by two panels; without quartiles only the median is drawn.
    """
    directions = [name for name in COLOURS if data.get(name)]
    if not directions or not data.get("thresholds"):
        return blank("not measured: no run was ablated")
    figure = new_figure(7.2, 4.3)
    axes = figure.subplots(2, len(directions), sharex=True, sharey="row", squeeze=False, height_ratios=[3, 2])
    for column, name in enumerate(directions):
        accuracy, removed = axes[0][column], axes[1][column]
        _bands(accuracy, data["thresholds"], data[name]["accuracy"], COLOURS[name])
        _bands(removed, data["thresholds"], data[name]["removed"], COLOURS[name])
        accuracy.set_title(TITLES[name])
        removed.set_xlabel("threshold of C_H")
        for axis in (accuracy, removed):
            power_axis(axis, "x")
            axis.grid(axis="y")
    axes[0][0].set_ylabel("accuracy on all pairs (%)")
    axes[0][0].set_ylim(-0.03, 1.04)
    percent_axis(axes[0][0])
    axes[1][0].set_ylabel("neurons removed")
    axes[1][0].set_ylim(bottom=0)
    handles = [
        Line2D([], [], color=INK, linewidth=1.6, label=f"median of {plural(data.get('runs') or 0, 'run')}"),
        Patch(facecolor="#8A8A8A", alpha=0.55, label="middle half"),
        Patch(facecolor="#8A8A8A", alpha=0.22, label="smallest to largest"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure


def _bands(axis: Axes, x: Sequence[int | float], quantiles: Mapping[str, Any], colour: str) -> None:
    """Nested bands of the runs about their median."""
    for low, high, alpha in (("min", "max", 0.18), ("q25", "q75", 0.4)):
        if _whole(quantiles.get(low)) and _whole(quantiles.get(high)):
            axis.fill_between(x, quantiles[low], quantiles[high], color=colour, alpha=alpha, linewidth=0)
    if quantiles.get("median"):
        axis.plot(x, [float("nan") if v is None else v for v in quantiles["median"]], color=colour, marker="o", ms=2.5)


def _whole(values: Sequence[int | float | None] | None) -> bool:
    return bool(values) and None not in values
