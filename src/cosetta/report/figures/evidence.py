"""Causal tests as a chart: what each replacement or intervention does to accuracy and loss, with its control."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from cosetta.report.figures.style import (
    CONTROL,
    INK,
    QUIET,
    Caption,
    blank,
    new_figure,
    percent_axis,
    power_axis,
    styled,
)
from cosetta.report.notation import count
from cosetta.results import Evidence

__all__ = ["caption_evidence", "draw_evidence"]

COLOURS = {
    "as predicted": "#0072B2",
    "not as predicted": "#D55E00",
    "baseline": INK,
    "control": CONTROL,
    "not applicable": QUIET,
}
FLOOR = 1e-16
"""Losses below this are drawn here on the log axis."""

MARKERS = {"as predicted": "o", "not as predicted": "X", "baseline": "s", "control": "D", "not applicable": "_"}


@styled
def draw_evidence(evidence: Sequence[Evidence]) -> Figure:
    """Accuracy and loss (log scale) under each test, with the control of each as a hollow diamond.

    A control drawn more than once has a bar from the 2.5 to the 97.5 % point of its accuracies.

    Args:
        evidence: the tests, in the order of the rows.

    Returns:
        A figure of two panels that share their rows.
    """
    if not evidence:
        return blank("no causal test has run")
    figure = new_figure(7.2, 0.8 + 0.25 * len(evidence))
    accuracy, loss = figure.subplots(1, 2, sharey=True)
    for row, test in enumerate(evidence):
        if test.control is not None and test.control.draws > 1:
            accuracy.plot(test.control.accuracy_interval, [row, row], color=CONTROL, linewidth=2.5, zorder=2)
        colour, marker = COLOURS[test.verdict], MARKERS[test.verdict]
        for axis, value, control in (
            (accuracy, test.accuracy, test.control and test.control.accuracy),
            (loss, max(test.loss, FLOOR), test.control and max(test.control.loss, FLOOR)),
        ):
            if control is not None:
                axis.plot([value, control], [row, row], color="#C4C4C4", linewidth=1.0, zorder=2)
                axis.plot(
                    control, row, "D", color=CONTROL, markerfacecolor="white", markersize=5, zorder=3, clip_on=False
                )
            axis.plot(value, row, marker, color=colour, markersize=6, zorder=4, clip_on=False)
    accuracy.set_yticks(range(len(evidence)), [test.name for test in evidence])
    accuracy.set_ylim(len(evidence) - 0.5, -0.6)
    accuracy.set_xlim(-0.02, 1.02)
    accuracy.set_xlabel("accuracy (%)")
    accuracy.set_ylabel("test")
    percent_axis(accuracy, "x")
    power_axis(loss, "x")
    loss.set_xlabel("cross-entropy (nats)")
    for axis in (accuracy, loss):
        axis.grid()
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
    for verdict in [verdict for verdict in COLOURS if any(test.verdict == verdict for test in evidence)]:
        loss.plot([], [], MARKERS[verdict], color=COLOURS[verdict], markersize=6, label=verdict)
    if any(test.control for test in evidence):
        loss.plot([], [], "D", color=CONTROL, markerfacecolor="white", markersize=5, label="its control")
    figure.legend(*loss.get_legend_handles_labels(), loc="outside lower right", ncols=5)
    for axis in (accuracy, loss):
        axis.axhline(-0.6, color=QUIET, linewidth=0)
    return figure


def caption_evidence(evidence: Sequence[Evidence]) -> Caption:
    """How many predictions held.

    Args:
        evidence: the tests.

    Returns:
        The caption.
    """
    held = [test for test in evidence if test.verdict == "as predicted"]
    failed = [test for test in evidence if test.verdict == "not as predicted"]
    controlled = [test for test in evidence if test.control is not None]
    pairs = " and ".join(count(number) for number in sorted({test.pairs for test in evidence}))
    drawn = ", drawn as a hollow diamond joined to its test" if controlled else ""
    if any(test.control.draws > 1 for test in controlled if test.control):
        drawn += " (bar: 2.5 to 97.5 % of its draws)"
    return Caption(
        f"{count(len(held))} of {count(len(held) + len(failed))} predictions held.",
        f"Measured on {pairs} pairs. {count(len(controlled))} of {count(len(evidence))} tests have a control{drawn}. "
        "The table states each prediction and each control.",
    )
