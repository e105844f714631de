"""Accounts against networks: bits against what is recovered, what is covered, and where accounts cover the same.

Each figure takes parts of a `Comparison`; nothing is computed but places on the paper.
"""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter

from cosetta.report.figures.accounts import number_marks
from cosetta.report.figures.style import (
    INK,
    PANEL,
    PAPER,
    QUIET,
    Caption,
    blank,
    new_figure,
    percent_axis,
    short,
    styled,
)
from cosetta.report.notation import count, percent, plural, scientific
from cosetta.results import Agreement, ComparedAccount, ComparedNetwork, Entry

__all__ = [
    "caption_agreement",
    "caption_compared",
    "caption_front",
    "caption_who",
    "draw_agreement",
    "draw_compared",
    "draw_front",
    "draw_who",
]

LOWEST, HIGHEST = -0.1, 1.05
"""Where values below and above are drawn: an ideal may reproduce less of the logits than their mean, and recover more
than a network that is half learned."""

PRINTED = 16
"""Most columns of a map whose cells carry their number."""

DARKEST = 0.45
"""Strength of the ink of a full cell: its number stays readable."""


def draw_front(
    network: ComparedNetwork, entries: Sequence[Entry], accounts: Sequence[ComparedAccount]
) -> tuple[Figure, ...]:
    """Description length against recovered loss, and against the share of the logits' variance that is reproduced.

    Args:
        network: the network.
        entries: its accounts.
        accounts: all accounts; each has its number in this order.

    Returns:
        Two panels; full marks are accounts that hold, the line joins those that no other beats.
    """
    shown = [entry for entry in entries if entry.bits is not None]
    if not shown:
        return (blank("no account could be fitted"),)
    numbers = {account.id: i for i, account in enumerate(accounts, 1)}
    return tuple(_draw_panel(network, shown, numbers, height) for height in ("recovered", "fidelity"))


@styled
def _draw_panel(network: ComparedNetwork, shown: Sequence[Entry], numbers: dict[str, int], height: str) -> Figure:
    figure = new_figure(PANEL, 3.0)
    axis = figure.subplots()
    values = [min(HIGHEST, max(LOWEST, getattr(entry, height) or 0.0)) for entry in shown]
    on_front = [entry.on_front if height == "recovered" else entry.on_logit_front for entry in shown]
    front = sorted((e.bits or 0.0, v) for e, v, on in zip(shown, values, on_front, strict=True) if on)
    axis.step([x for x, _ in front], [y for _, y in front], where="post", color=QUIET, linewidth=0.8, zorder=1)
    for entry, value in zip(shown, values, strict=True):
        face = INK if entry.verdict == "holds" else PAPER
        axis.plot(entry.bits or 0.0, value, "o", color=INK, markerfacecolor=face, markersize=5, clip_on=False, zorder=3)
    number_marks(axis, [(numbers[e.account], e.bits or 0.0, v) for e, v in zip(shown, values, strict=True)])
    axis.axvline(network.lookup_bits, color=QUIET, linewidth=0.6, linestyle=":")
    axis.set_xscale("symlog", linthresh=10)
    axis.xaxis.set_major_formatter(FuncFormatter(_bits))
    axis.set_xlim(-2, 1.6 * max(network.lookup_bits, *(entry.bits or 0.0 for entry in shown)))
    axis.set_ylim(LOWEST - 0.03, 1.4)
    axis.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axis.set_xlabel("description length (bits)")
    axis.set_ylabel("loss recovered (%)" if height == "recovered" else "variance of the logits (%)")
    percent_axis(axis)
    axis.grid(axis="y")
    return figure


def _bits(value: float, _: int) -> str:
    return count(round(value)) if value < 1e4 else scientific(value, 0).replace("1\u00a0×\u00a0", "")


def caption_front(network: ComparedNetwork, entries: Sequence[Entry]) -> Caption:
    """Which account is best, and what the marks mean.

    Args:
        network: the network.
        entries: its accounts.

    Returns:
        The caption.
    """
    best = next((entry for entry in entries if entry.account == network.best), None)
    if best is None or best.bits is None:
        finding = "No account is shorter than the table, holds, and reproduces the logits."
    else:
        bits = count(round(best.bits))
        finding = f"The shortest account that holds and reproduces the logits is {best.account}, {bits} bits."
    return Caption(
        finding,
        "Left: share of the loss between nothing and the network that the covered neurons recover alone, idealised. "
        "Right: share of the variance of the centred logits over pairs that they reproduce. Full: the account holds; "
        "numbers are those of the table. The line joins accounts that no other beats in bits and height; the dotted "
        "one is the table of products. What lies above 105 % or below -10 % is drawn there.",
    )


@styled
def draw_compared(
    networks: Sequence[ComparedNetwork], entries: Sequence[Entry], accounts: Sequence[ComparedAccount]
) -> Figure:
    """Strength that each account covers in each network.

    Args:
        networks: the columns.
        entries: one a network and account.
        accounts: the rows.

    Returns:
        A figure; a dot says that the account holds.
    """
    if not networks or not accounts:
        return blank("nothing was compared")
    rows, columns = (
        {item: i for i, item in enumerate(names)} for names in ([a.id for a in accounts], [n.name for n in networks])
    )
    few = len(networks) <= PRINTED
    wanted = 1.6 + 0.6 * len(networks)
    figure = new_figure(min(7.2, max(PANEL, wanted)), 1.5 + 0.24 * len(accounts))
    axis = figure.subplots()
    cells = {}
    for entry in entries:
        if not entry.refused:
            cells[rows[entry.account], columns[entry.network]] = entry.strength
            if entry.verdict == "holds" and not few:
                axis.plot(columns[entry.network] + 0.5, rows[entry.account] + 0.5, "o", color=INK, markersize=1.5)
            elif few:
                text = f"{100 * entry.strength:.0f}" + (" ●" if entry.verdict == "holds" else "")
                place = columns[entry.network] + 0.5, rows[entry.account] + 0.5
                axis.text(*place, text, ha="center", va="center", fontsize=7)
    _shade(axis, cells)
    axis.set_yticks(np.arange(len(accounts)) + 0.5, [account.id for account in accounts])
    labels = [short(network.name) for network in networks] if len(networks) <= 40 else []
    axis.set_xticks(np.arange(len(labels)) + 0.5, labels, rotation=35 if few else 90, ha="right")
    axis.set_xlim(0, len(networks))
    axis.set_ylim(len(accounts), 0)
    axis.tick_params(length=0)
    axis.set_xlabel("network")
    axis.set_ylabel("account")
    return figure


def _shade(axis: Axes, cells: dict[tuple[int, int], float]) -> None:
    """Fill cells of unit size, the darker the larger their value in [0, 1]."""
    for (row, column), value in cells.items():
        box = Rectangle((column, row), 1, 1, facecolor=INK, alpha=DARKEST * min(1.0, max(0.0, value)), linewidth=0)
        axis.add_patch(box)


def caption_compared(networks: Sequence[ComparedNetwork]) -> Caption:
    """What the heat map shows.

    Args:
        networks: its columns.

    Returns:
        The caption.
    """
    return Caption(
        f"What each account covers in {plural(len(networks), 'network')}.",
        "Strength of the covered neurons in per cent of that of all live ones; a dot marks an account that holds. "
        "White: the account cannot be stated for the group.",
    )


@styled
def draw_agreement(agreement: Agreement) -> Figure:
    """For each two accounts, how far they cover the same neurons.

    Args:
        agreement: of one network.

    Returns:
        A figure.
    """
    names = agreement.accounts
    if len(names) < 2:
        return blank("fewer than two accounts speak of neurons")
    figure = new_figure(1.5 + 0.42 * len(names), 1.3 + 0.3 * len(names))
    axis = figure.subplots()
    cells = {(i, j): agreement.overlap[i][j] for i in range(len(names)) for j in range(len(names))}
    _shade(axis, cells)
    for (i, j), value in cells.items():
        axis.text(j + 0.5, i + 0.5, percent(float(value), 0)[:-2], ha="center", va="center", fontsize=7)
    axis.set_yticks(np.arange(len(names)) + 0.5, names)
    axis.set_xticks(np.arange(len(names)) + 0.5, names, rotation=35, ha="right")
    axis.set_xlim(0, len(names))
    axis.set_ylim(len(names), 0)
    axis.tick_params(length=0)
    axis.set_xlabel("account")
    axis.set_ylabel("account")
    return figure


def caption_agreement(agreement: Agreement) -> Caption:
    """Which accounts coincide.

    Args:
        agreement: of one network.

    Returns:
        The caption.
    """
    pairs = [f"{r.first} and {r.second}" for r in agreement.relations if r.kind == "coincide"]
    finding = f"Coincide: {'; '.join(pairs)}." if pairs else "No two accounts cover the same neurons."
    return Caption(finding, "Strength of the neurons that both cover in per cent of that of those that either covers.")


@styled
def draw_who(agreement: Agreement, network: ComparedNetwork) -> Figure:
    """Which account covers which neuron.

    Args:
        agreement: of the network.
        network: its live neurons and their strength.

    Returns:
        A figure; one column a live neuron, the strongest first.
    """
    names = agreement.accounts
    if not names or not network.live:
        return blank("no account speaks of neurons")
    order = np.argsort([-s for s in network.strength], kind="stable")
    live = np.array(network.live)[order]
    figure = new_figure(PANEL + 1.3, 0.9 + 0.2 * len(names))
    axis = figure.subplots()
    for row, covered in enumerate(agreement.covered):
        runs = groupby(enumerate(np.isin(live, covered).tolist()), key=lambda item: item[1])
        spans = [[place for place, _ in run] for inside, run in runs if inside]
        boxes = [Rectangle((span[0] - 0.5, row - 0.4), len(span), 0.8) for span in spans]
        axis.add_collection(PatchCollection(boxes, facecolor=QUIET, linewidth=0))
    axis.set_xlim(-0.5, len(live) - 0.5)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.set_yticks(range(len(names)), names)
    axis.set_xlabel("live neurons, strongest first")
    axis.set_ylabel("account")
    axis.tick_params(axis="y", length=0)
    return figure


def caption_who(agreement: Agreement, network: ComparedNetwork) -> Caption:
    """How many neurons no account covers.

    Args:
        agreement: of the network.
        network: the network.

    Returns:
        The caption.
    """
    open_, live = len(network.uncovered), len(network.live)
    accounts = plural(len(agreement.accounts), "account")
    finding = f"{count(open_)} of {count(live)} live neurons are covered by none of {accounts}."
    return Caption(finding, "A bar: the account covers the neurons below it.")
