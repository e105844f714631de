"""The accounts on one scale: how many bits each takes, against what it recovers and how faithful it is."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosetta.report.figures.style import (
    CONTROL,
    INK,
    LINE,
    PANEL,
    PAPER,
    QUIET,
    Caption,
    blank,
    new_figure,
    percent_axis,
    power_axis,
    styled,
)
from cosetta.report.notation import count, percent
from cosetta.results import Analysis, Contest

__all__ = ["caption_pareto", "draw_pareto", "number_marks"]

Point = tuple[int, float, float]
"""Number of an account, its bits (at least 1) and its height."""


def draw_pareto(analysis: Analysis) -> tuple[Figure, ...]:
    """Bits (log scale) against recovered loss and against fidelity, each account alone; the front is a line.

    Args:
        analysis: the analysis; its accounts have competed.

    Returns:
        Two panels, with the accounts numbered as in the table; one that says so if they did not compete.
    """
    if not _entries(analysis) or analysis.arena is None:
        return (blank("the accounts did not compete"),)
    return _draw_panel(analysis, "recovered"), _draw_panel(analysis, "fidelity")


@styled
def _draw_panel(analysis: Analysis, height: str) -> Figure:
    """One height of every account against its bits; an account is its number, so that no colour stands for it."""
    assert analysis.arena is not None
    entries = _entries(analysis)
    figure = new_figure(PANEL, 2.9)
    axis = figure.subplots()
    points = [(number, max(1.0, bits), min(1.0, max(0.0, getattr(c, height)))) for number, bits, c in entries]
    axis.axvline(analysis.arena.lookup_bits, color=QUIET, linewidth=0.8, linestyle=(0, (1, 2)))
    _front(axis, points)
    for (_, bits, contest), (_, x, y) in zip(entries, points, strict=True):
        if height == "recovered" and contest.control is not None:
            low, high = contest.control.recovered_interval
            axis.plot([x, x], [min(1, low), min(1, high)], color=CONTROL, linewidth=1.2, alpha=0.6, zorder=2)
            middle = min(1.0, contest.control.recovered)
            axis.plot(x, middle, "D", color=CONTROL, markerfacecolor=PAPER, markersize=4, zorder=3)
        holds = contest.verdict == "holds"
        marker = "X" if contest.verdict == "fails" else "o"
        face = INK if holds or marker == "X" else PAPER
        axis.plot(max(1.0, bits), y, marker, color=INK, markerfacecolor=face, markersize=5, zorder=4, clip_on=False)
    number_marks(axis, points)
    power_axis(axis, "x")
    axis.set_ylim(-0.04, 1.34)
    axis.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axis.grid(axis="y")
    axis.set_xlabel("description length (bits)")
    axis.set_ylabel("recovered loss (%)" if height == "recovered" else "variance of the logits reproduced (%)")
    percent_axis(axis)
    axis.annotate(
        "table",
        (analysis.arena.lookup_bits, 1.32),
        (-3, 0),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=7.5,
        color=QUIET,
    )
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
        "Each account alone, under its number in the table, with everything silenced that it does not mention. Full "
        "circles hold, crosses fail, of hollow circles it cannot be told or does not apply; hollow diamonds are the "
        "controls with the interval of their draws. The line joins what no shorter account reaches. Right of the "
        "dotted line the multiplication table itself is shorter. Recovered loss is cut at 0 and 100 %, an account of "
        "0 bits stands at 1, and accounts that cover no neuron are not drawn.",
    )


def _entries(analysis: Analysis) -> list[tuple[int, float, Contest]]:
    """Number, bits and hardest contest of each account that covers a neuron and competed."""
    alone = {c.account: c for c in analysis.arena.contests if c.mode == "alone"} if analysis.arena else {}
    numbered = enumerate(analysis.accounts, 1)
    found = [(i, record.bits, alone.get(record.id)) for i, record in numbered if record.covered]
    return [(i, bits, contest) for i, bits, contest in found if contest is not None]


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


def number_marks(axis: Axes, points: Sequence[Point]) -> None:
    """Put the number of each account above its mark, in three heights where marks are close.

    Args:
        axis: the axes.
        points: number, bits and height of each account.
    """
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
            arrowprops={"arrowstyle": "-", "color": LINE, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 2},
        )
