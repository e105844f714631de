"""Accounts against networks: bits against what is recovered, what is covered, and where accounts cover the same.

Each figure takes parts of a `Comparison`; nothing is computed but places on the paper.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from cosetta.report.figures.style import INK, QUIET, Caption, blank, new_figure, percent_axis, styled
from cosetta.report.notation import count, percent, plural, scientific
from cosetta.report.palette import IRREP_COLOURS
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

SHAPES = ("o", "s", "D", "^")
"""Marks of accounts; a new one begins when the colours are used up."""

LOWEST, HIGHEST = -0.1, 1.05
"""Where values below and above are drawn: an ideal may reproduce less of the logits than their mean, and recover more
than a network that is half learned."""

PRINTED = 16
"""Most columns of a heat map whose cells carry their number."""


@styled
def draw_front(network: ComparedNetwork, entries: Sequence[Entry], accounts: Sequence[ComparedAccount]) -> Figure:
    """Description length against recovered loss, and against the share of the logits' variance that is reproduced.

    Args:
        network: the network.
        entries: its accounts.
        accounts: all accounts; each has its colour.

    Returns:
        A figure; filled marks are accounts that hold, the line joins those that no other beats.
    """
    shown = [entry for entry in entries if entry.bits is not None]
    if not shown:
        return blank("no account could be fitted")
    figure = new_figure(7.2, 3.5)
    marks = {account.id: _mark(i) for i, account in enumerate(accounts)}
    for axis, name in zip(figure.subplots(1, 2), ("recovered", "fidelity"), strict=True):
        values = [min(HIGHEST, max(LOWEST, getattr(entry, name) or 0.0)) for entry in shown]
        on_front = [e.on_front if name == "recovered" else e.on_logit_front for e in shown]
        front = sorted((e.bits or 0.0, v) for e, v, on in zip(shown, values, on_front, strict=True) if on)
        axis.step([x for x, _ in front], [y for _, y in front], where="post", color=QUIET, linewidth=0.8, zorder=1)
        for entry, value in zip(shown, values, strict=True):
            colour, shape = marks[entry.account]
            face = colour if entry.verdict == "holds" else "white"
            style: Any = {"color": colour, "marker": shape, "markersize": 5, "linestyle": "none"}
            axis.plot(entry.bits, value, markerfacecolor=face, clip_on=False, zorder=3, **style)
            if name == "recovered":
                figure.axes[0].plot([], [], label=entry.account, **style)
        axis.axvline(network.lookup_bits, color=QUIET, linewidth=0.6, linestyle=":")
        axis.set_xscale("symlog", linthresh=10)
        axis.xaxis.set_major_formatter(FuncFormatter(_bits))
        axis.set_xlim(left=-2)
        axis.set_ylim(LOWEST - 0.03, HIGHEST + 0.03)
        axis.set_xlabel("description length (bits)")
        axis.set_ylabel("loss recovered (%)" if name == "recovered" else "variance of the logits (%)")
        percent_axis(axis)
        axis.grid(axis="y")
    figure.legend(loc="outside lower center", ncols=6)
    return figure


def _mark(i: int) -> tuple[str, str]:
    """Colour and shape of an account: as many of each as its place needs."""
    return IRREP_COLOURS[i % len(IRREP_COLOURS)], SHAPES[i // len(IRREP_COLOURS) % len(SHAPES)]


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
        "Right: share of the variance of the centred logits over pairs that they reproduce. Filled: the account holds. "
        "The line joins accounts that no other beats in bits and height; the dotted one is the table of products. "
        "What lies above 105 % or below -10 % is drawn there.",
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
    grid = np.full((len(accounts), len(networks)), np.nan)
    holds = []
    for entry in entries:
        at = rows[entry.account], columns[entry.network]
        if not entry.refused:
            grid[at] = entry.strength
            holds += [at] if entry.verdict == "holds" else []
    figure = new_figure(7.2, 1.4 + 0.24 * len(accounts))
    axis = figure.subplots()
    mesh = axis.pcolormesh(grid, cmap="Blues", vmin=0, vmax=1.2, edgecolors="white", linewidth=0.4)
    mesh.set_rasterized(len(networks) > 40)
    few = len(networks) <= PRINTED
    for i, j in np.argwhere(~np.isnan(grid)).tolist() if few else ():
        text = f"{100 * grid[i, j]:.0f}" + (" ●" if (i, j) in holds else "")
        axis.text(
            j + 0.5, i + 0.5, text, ha="center", va="center", fontsize=7, color="white" if grid[i, j] > 0.7 else INK
        )
    if not few:
        axis.plot(*_places(holds), "o", color="white", markersize=2)
    axis.set_yticks(np.arange(len(accounts)) + 0.5, [account.id for account in accounts])
    labels = [_short(network.name) for network in networks] if len(networks) <= 40 else []
    axis.set_xticks(np.arange(len(labels)) + 0.5, labels, rotation=35 if few else 90, ha="right")
    axis.set_xlim(0, len(networks))
    axis.set_ylim(len(accounts), 0)
    axis.tick_params(length=0)
    return figure


def _places(cells: Sequence[tuple[int, int]]) -> tuple[list[float], list[float]]:
    return [j + 0.5 for _, j in cells], [i + 0.5 for i, _ in cells]


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
    figure = new_figure(1.9 + 0.55 * len(names), 1.0 + 0.34 * len(names))
    axis = figure.subplots()
    grid = np.array(agreement.overlap)
    axis.pcolormesh(grid, cmap="Greens", vmin=0, vmax=1.2, edgecolors="white", linewidth=0.4)
    for i, j in np.ndindex(grid.shape):
        colour = "white" if grid[i, j] > 0.7 else INK
        axis.text(
            j + 0.5, i + 0.5, percent(float(grid[i, j]), 0)[:-2], ha="center", va="center", fontsize=7, color=colour
        )
    axis.set_yticks(np.arange(len(names)) + 0.5, names)
    axis.set_xticks(np.arange(len(names)) + 0.5, names, rotation=35, ha="right")
    axis.set_ylim(len(names), 0)
    axis.tick_params(length=0)
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
    grid = np.stack([np.isin(live, covered) for covered in agreement.covered])
    figure = new_figure(7.2, 0.9 + 0.23 * len(names))
    axis = figure.subplots()
    axis.imshow(grid, cmap="Blues", vmin=0, vmax=1.3, aspect="auto", interpolation="none", rasterized=True)
    axis.set_yticks(range(len(names)), names)
    axis.set_xlabel("live neurons, strongest first")
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
    return Caption(finding, "Blue: the account covers the neuron.")


def _short(name: str) -> str:
    """A name that fits under a column; characters that no font has are shown as such."""
    name = "".join(c if c.isprintable() else "\ufffd" for c in name)
    return name if len(name) <= 24 else f"…{name[-23:]}"
