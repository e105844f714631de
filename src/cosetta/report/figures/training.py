"""Training curves: loss and accuracy against the optimiser step."""

from collections.abc import Sequence
from itertools import takewhile

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosetta.report.figures.style import (
    INK,
    PANEL,
    QUIET,
    Caption,
    blank,
    new_figure,
    percent_axis,
    positive,
    power_axis,
    styled,
)
from cosetta.report.notation import count, percent, scientific
from cosetta.results import TrainingCurve

__all__ = ["caption_training", "draw_training"]

DASHED = (0, (4, 1.5))


def draw_training(curve: TrainingCurve | None) -> tuple[Figure, ...]:
    """Loss (log scale) and accuracy against the step (log scale), train and test, with the step of lasting perfection.

    Args:
        curve: the metrics, or None.

    Returns:
        Two panels; one that says so if there is no curve.
    """
    if curve is None or not curve.step:
        return (blank("this run has no training metrics"),)
    return _draw_loss(curve), _draw_accuracy(curve)


@styled
def _draw_loss(curve: TrainingCurve) -> Figure:
    figure, axis = _panel(curve, positive(curve.train_loss), positive(curve.test_loss))
    power_axis(axis, "y")
    axis.set_ylabel("cross-entropy (nats)")
    axis.legend(loc="lower left")
    return figure


@styled
def _draw_accuracy(curve: TrainingCurve) -> Figure:
    figure, axis = _panel(curve, curve.train_accuracy, curve.test_accuracy)
    axis.set_ylabel("accuracy (%)")
    axis.set_ylim(-0.02, 1.04)
    percent_axis(axis)
    lasting = stays_at_one(curve.test_accuracy)
    if lasting is not None:
        axis.annotate(
            f"test stays at 100 % from step {count(curve.step[lasting])}",
            (1, 1),
            (0, 4),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="right",
            fontsize=8,
            color=INK,
        )
    return figure


def _panel(curve: TrainingCurve, train: Sequence[float], test: Sequence[float]) -> tuple[Figure, Axes]:
    """One quantity against the step: test is a full line, train a dashed one."""
    figure = new_figure(PANEL, 2.5)
    axis = figure.subplots()
    axis.plot(curve.step, train, color=QUIET, linestyle=DASHED, label="train")
    axis.plot(curve.step, test, color=INK, label="test")
    power_axis(axis, "x")
    axis.set_xlabel("optimiser step")
    axis.grid(axis="y")
    lasting = stays_at_one(curve.test_accuracy)
    if lasting is not None:
        axis.axvline(max(1, curve.step[lasting]), color=QUIET, linewidth=0.8, linestyle=(0, (1, 2)))
    return figure, axis


def caption_training(curve: TrainingCurve) -> Caption:
    """When training and test accuracy reached 1 for good, and where the losses end.

    Args:
        curve: the metrics, not empty.

    Returns:
        The caption.
    """
    lasting, fitted = stays_at_one(curve.test_accuracy), stays_at_one(curve.train_accuracy)
    if lasting is None:
        finding = f"Test accuracy does not stay at 100 %; it ends at {percent(curve.test_accuracy[-1])}."
    else:
        finding = f"Test accuracy is 100 % at every evaluation from step {count(curve.step[lasting])} to the end."
    if fitted is None:
        start = f"Training accuracy does not stay at 100 %; it ends at {percent(curve.train_accuracy[-1])}. "
    else:
        start = f"Training accuracy does so from step {count(curve.step[fitted])}. "
    check = (
        f"{start}Evaluated {count(len(curve.step))} times up to step {count(curve.step[-1])}; final cross-entropy "
        f"{scientific(curve.test_loss[-1])} nats on test pairs, {scientific(curve.train_loss[-1])} on training pairs."
    )
    return Caption(finding, check)


def stays_at_one(accuracy: tuple[float, ...]) -> int | None:
    """Position from which every evaluation is exactly 1, or None.

    Args:
        accuracy: values in [0, 1] by evaluation.

    Returns:
        The first such position.

    Example:
        >>> stays_at_one((0.2, 1.0, 0.9, 1.0, 1.0))
        3
    """
    lasting = sum(1 for _ in takewhile(lambda value: value == 1.0, reversed(accuracy)))
    return len(accuracy) - lasting if lasting else None
