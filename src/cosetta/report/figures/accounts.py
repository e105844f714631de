"""The accounts on one scale: how many bits each takes, against what it recovers and how faithful it is."""

from collections.abc import Sequence

from matplotlib.axes import Axes
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
from cosetta.report.notation import count, percent
from cosetta.report.palette import IRREP_COLOURS
from cosetta.results import Analysis, Contest

__all__ = ["caption_pareto", "draw_pareto"]

Point = tuple[int, float, float]
"""Number of an account, its bits (at least 1) and its height."""


@styled
def draw_pareto(analysis: Analysis) -> Figure:
    """Bits (log scale) against recovered loss and against fidelity, each account alone; the front is a line.

    Args:
        analysis: the analysis; its accounts have competed.

    Returns:
        A figure of two panels, with the accounts numbered in the order of the table.
    """
    entries = _entries(analysis)
    if not entries or analysis.arena is None:
        return blank("the accounts did not compete")
    figure = new_figure(7.2, 3.3 + 0.17 * ((len(entries) + 2) // 3))
    panels = figure.subplots(1, 2, sharex=True)
    heights = ("recovered", lambda c: c.recovered), ("fidelity", lambda c: c.fidelity)
    for axis, (name, height) in zip(panels, heights, strict=True):
        points = [(number, max(1.0, bits), min(1.0, max(0.0, height(c)))) for number, _, bits, c in entries]
        axis.axvline(analysis.arena.lookup_bits, color=QUIET, linewidth=0.8, linestyle=(0, (1, 2)))
        _front(axis, points)
        for number, title, bits, contest in entries:
            x, colour = max(1.0, bits), IRREP_COLOURS[(number - 1) % len(IRREP_COLOURS)]
            if name == "recovered" and contest.control is not None:
                low, high = contest.control.recovered_interval
                axis.plot([x, x], [min(1, low), min(1, high)], color=CONTROL, linewidth=1.2, alpha=0.6, zorder=2)
                middle = min(1.0, contest.control.recovered)
                axis.plot(x, middle, "D", color=CONTROL, markerfacecolor="white", markersize=4, zorder=3)
            marker = {"holds": "o", "fails": "X", "cannot tell": "P"}.get(contest.verdict, "s")
            y = next(y for n, _, y in points if n == number)
            label = f"{number}  {title}" if name == "recovered" else None
            axis.plot(x, y, marker, color=colour, markersize=6, zorder=4, clip_on=False, label=label)
        _numbers(axis, points)
        power_axis(axis, "x")
        axis.set_ylim(-0.04, 1.3)
        axis.set_yticks([0, 0.25, 0.5, 0.75, 1])
        axis.grid(axis="y")
        axis.set_xlabel("description length (bits)")
        percent_axis(axis)
    panels[0].set_ylabel("recovered loss (%)")
    panels[1].set_ylabel("variance of the logits reproduced (%)")
    panels[1].annotate(
        "table",
        (analysis.arena.lookup_bits, 1.27),
        (-3, 0),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=7.5,
        color=QUIET,
    )
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def caption_pareto(analysis: Analysis) -> Caption:
    """Which account is the shortest that holds, and how the axes are to be read.

    Args:
        analysis: the analysis; its accounts have competed.

    Returns:
        The caption.
    """
    arena = analysis.arena
    finding = "No account holds alone, reproduces the logits and is shorter than the multiplication table."
    if arena is not None and arena.best:
        best, alone = analysis.account(arena.best), arena.contest(arena.best, "alone")
        finding = (
            f"The shortest account that holds is {best.title}: {count(round(best.bits))} bits, "
            f"{percent(alone.recovered, 1)} of the loss recovered, {percent(max(0.0, alone.fidelity), 1)} of the "
            "logits’ variance reproduced."
        )
    return Caption(
        finding,
        "Each account alone, with everything silenced that it does not mention. Circles hold, crosses fail, plus signs "
        "cannot be told, squares do not apply; hollow diamonds are the controls with the interval of their draws. The "
        "line is the Pareto front. Right of the dotted line the multiplication table itself is shorter. Recovered loss "
        "is cut at 0 and 100 %, an account of 0 bits stands at 1, and accounts that cover no neuron are not drawn.",
    )


def _entries(analysis: Analysis) -> list[tuple[int, str, float, Contest]]:
    """Number, title, bits and hardest contest of each account that covers a neuron and competed."""
    alone = {c.account: c for c in analysis.arena.contests if c.mode == "alone"} if analysis.arena else {}
    numbered = enumerate(analysis.accounts, 1)
    found = [(i, record.title, record.bits, alone.get(record.id)) for i, record in numbered if record.covered]
    return [(i, title, bits, contest) for i, title, bits, contest in found if contest is not None]


def _front(axis: Axes, points: Sequence[Point]) -> None:
    """The best height that any number of bits buys."""
    x, y, top = [], [], -1.0
    for _, bits, height in sorted(points, key=lambda point: (point[1], -point[2])):
        if height > top:
            x.append(bits)
            y.append(height)
            top = height
    axis.step(
        [*x, 10 * max(bits for _, bits, _ in points)], [*y, top], where="post", color=INK, linewidth=0.8, alpha=0.5
    )


def _numbers(axis: Axes, points: Sequence[Point]) -> None:
    """The number of each account above its mark, in three heights where marks are close."""
    for place, (number, bits, height) in enumerate(sorted(points, key=lambda point: point[1])):
        offset = (0, 6 + 9 * (place % 3))
        axis.annotate(
            str(number),
            (bits, height),
            offset,
            textcoords="offset points",
            ha="center",
            fontsize=7.5,
            color=INK,
            arrowprops={"arrowstyle": "-", "color": "#C4C4C4", "linewidth": 0.5, "shrinkA": 0, "shrinkB": 2},
        )
