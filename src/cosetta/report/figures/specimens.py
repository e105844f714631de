"""Neurons that cosets do not cover, each in one small picture: by the nearest cosets, or by its frequency."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosetta.report.figures.style import QUIET, new_figure, styled
from cosetta.results import Specimen

__all__ = ["draw_specimen"]

WIDTH = 1.95
"""In inches: four to five beside each other on a wide page, two on a small one."""

FULL_TURN = 6.283185307179586


@styled
def draw_specimen(specimen: Specimen, colour: str) -> Figure:
    """Values of left and right, in rows by the nearest cosets, or against the angle of the neuron's frequency.

    Args:
        specimen: the neuron.
        colour: of its main irrep.

    Returns:
        A figure; a coset neuron would show one value in each row, a wave one period of a cosine.
    """
    figure = new_figure(WIDTH, 1.9)
    if specimen.angles:
        axis = figure.subplots()
        axis.axhline(0, color=QUIET, linewidth=0.5)
        axis.scatter(specimen.angles, specimen.left, 7, color=colour, linewidths=0)
        axis.scatter(specimen.angles, specimen.right, 7, facecolors="none", edgecolors=colour, linewidths=0.6)
        axis.set_xlim(-0.2, FULL_TURN + 0.2)
        axis.set_xticks([0, FULL_TURN / 2, FULL_TURN], ["0", "π", "2π"])
        axis.set_xlabel("angle", fontsize=8)
        axis.set_ylabel("left ●, right ○", fontsize=8)
        axis.tick_params(labelsize=7)
        return figure
    upper, lower = figure.subplots(2, 1, sharex=True)
    _rows(upper, specimen.left, specimen.left_cosets, colour, "left")
    _rows(lower, specimen.right, specimen.right_cosets, colour, "right")
    lower.set_xlabel("value", fontsize=8)
    return figure


def _rows(axis: Axes, values: Sequence[float], cosets: Sequence[int], colour: str, name: str) -> None:
    """One row a coset, one mark an element; all in one row without cosets."""
    rows = cosets or [0] * len(values)
    axis.axvline(0, color=QUIET, linewidth=0.5)
    axis.scatter(values, rows, 5, color=colour, alpha=0.6, linewidths=0)
    top = max(rows, default=0)
    axis.set_ylim(-0.6, top + 0.6)
    axis.set_yticks([0, top] if top else [0], ["1", str(top + 1)] if top else ["1"])
    axis.set_ylabel(f"coset ({name})" if cosets else name, fontsize=7.5)
    axis.tick_params(labelsize=7)
