"""The comparison printed in a terminal: accounts of each network, or their means where there are many.

It fits 80 columns with everything and 60 without the columns on controls and accuracy. Names are untrusted: they are
never parsed as markup, and control characters are shown as `�`.
"""

from collections.abc import Sequence
from typing import Literal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cosetta.report.notation import count, percent, plural, scientific, typeset
from cosetta.results import ComparedNetwork, Comparison, Entry, Mean, Summary

__all__ = ["comparison_summary"]

SHOWN = 5
"""Most networks that get a table of their own; of more, accounts are shown by their means."""

LISTED = 40
"""Most networks in the table of networks; compare.json has all."""

NARROW = 78
"""Columns below which a table leaves some out."""

MARKS = {"holds": "●", "fails": "○", "cannot tell": "?", "not applicable": "·"}
VERDICTS = {
    "holds": Text("holds"),
    "fails": Text("fails", "red"),
    "cannot tell": Text("cannot tell", "yellow"),
    "not applicable": Text("–", "dim"),
}


def comparison_summary(comparison: Comparison, width: int = 80) -> RenderableType:
    """Tables for a terminal.

    Args:
        comparison: what to summarise.
        width: columns of the terminal, at least 60.

    Returns:
        Something that `rich.print` prints.

    Example:
        >>> isinstance(comparison_summary(Comparison((), (), ())), Group)
        True
    """
    parts: list[RenderableType] = []
    many = len(comparison.networks) > SHOWN
    if not many:
        for network in comparison.networks:
            parts += [_title(network), _accounts(comparison.of(network.name), network, width), Text()]
        if width >= NARROW and comparison.networks:
            parts += [Text("control: what 97.5 % of its draws recover at most", "dim"), Text()]
    for group in dict.fromkeys(summary.group for summary in comparison.summaries) if many else ():
        rows = [summary for summary in comparison.summaries if summary.group == group]
        heading = f"{_plain(typeset(group))}  {plural(max(row.networks for row in rows), 'network')}: means"
        parts += [Text(heading, "bold"), _means(rows, width), Text()]
    if len(comparison.networks) > 1:
        parts += [_networks(comparison, width), _legend(comparison), Text()]
    parts += [Text.assemble(("left out  ", "yellow"), _plain(line)) for line in comparison.skipped[:LISTED]]
    if len(comparison.skipped) > LISTED:
        parts.append(Text(f"left out  {count(len(comparison.skipped) - LISTED)} more, see compare.json", "yellow"))
    return Group(*parts)


def _title(network: ComparedNetwork) -> Text:
    text = Text.assemble(
        (_plain(network.name), "bold"),
        f"  {_plain(typeset(network.group))}, {count(len(network.live))} of {plural(network.width, 'neuron')} live, "
        f"accuracy {percent(network.accuracy)}\n",
    )
    if network.irreps is not None:
        key = ", ".join(typeset(name) for name in network.irreps.key) or "none"
        text.append(f"key irreps {_plain(key)}: {percent(network.irreps.hidden_share, 1)} of hidden explained; ")
    if not network.best:
        text.append("no account holds, reproduces the logits and is shorter than the table")
        return text
    text.append("best account ")
    text.append(network.best, "bold")
    return text


def _accounts(entries: Sequence[Entry], network: ComparedNetwork, width: int) -> Table:
    wide = width >= NARROW
    table = _table("account", *(("covers", "bits") if not wide else ("covers", "bits", "accuracy")))
    for name in ("recovered", "logits", *(("control",) if wide else ())):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for entry in entries:
        name = Text(_plain(entry.account), "bold" if entry.account == network.best else "")
        if entry.bits is None:
            blanks = [Text("–", "dim")] * (6 if wide else 4)
            table.add_row(name, *blanks, Text("refused", "dim"))
            continue
        control = percent(entry.control.recovered_interval[1], 1) if entry.control else "–"
        table.add_row(
            name,
            percent(entry.strength, 1),
            _bits(entry.bits),
            *((percent(entry.accuracy, 1),) if wide else ()),
            _interval(entry),
            percent(entry.fidelity, 1),
            *((control,) if wide else ()),
            VERDICTS[entry.verdict],
        )
    return table


def _interval(entry: Entry) -> str:
    """The recovered share, with half the width of its interval if it is of a sample of pairs."""
    low, high = entry.recovered_interval or (0.0, 0.0)
    half = f" ±{50 * (high - low):.1f}" if high > low else ""
    return percent(entry.recovered, 1) + half


def _means(rows: Sequence[Summary], width: int) -> Table:
    wide = width >= NARROW
    table = _table("account", "covers", "bits", "recovered", *(("95 % interval",) if wide else ()), "logits", "holds")
    table.add_column("best", justify="right")
    for row in rows:
        table.add_row(
            Text(_plain(row.account)),
            percent(row.strength.value, 1),
            _bits(row.bits.value),
            percent(row.recovered.value, 1),
            *((_bounds(row.recovered),) if wide else ()),
            percent(row.fidelity.value, 1),
            f"{count(row.holds)}/{count(row.networks)}",
            count(row.best),
        )
    return table


def _bounds(found: Mean) -> str:
    if found.low is None:
        return "n too small"
    return f"{percent(found.low, 1)[:-2]} to {percent(found.high, 1)}"


def _networks(comparison: Comparison, width: int) -> Table:
    wide = width >= NARROW
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("network", overflow="fold", ratio=1)
    for name in ("key irreps", "hidden") if wide else ():
        table.add_column(name, justify="left" if name == "key irreps" else "right", overflow="fold")
    table.add_column("accuracy", justify="right", no_wrap=True)
    table.add_column("verdicts", no_wrap=True)
    table.add_column("best", no_wrap=True)
    for network in comparison.networks[:LISTED]:
        irreps = network.irreps
        facts = (
            (", ".join(_plain(typeset(name)) for name in irreps.key) or "none", percent(irreps.hidden_share, 1))
            if irreps
            else ("–", "–")
        )
        marks = "".join("✕" if e.bits is None else MARKS[e.verdict] for e in comparison.of(network.name))
        table.add_row(
            Text(_plain(network.name)),
            *(map(Text, facts) if wide else ()),
            percent(network.accuracy, 1),
            Text(marks),
            Text(_plain(network.best) or "none"),
        )
    if len(comparison.networks) > LISTED:
        table.add_row(Text(f"and {count(len(comparison.networks) - LISTED)} more", "dim"))
    return table


def _legend(comparison: Comparison) -> Text:
    order = ", ".join(_plain(account.id) for account in comparison.accounts)
    return Text(
        f"verdicts, in this order: {order}\n● holds  ○ fails  ? cannot tell  · not applicable  ✕ refused", "dim"
    )


def _bits(bits: float) -> str:
    return count(round(bits)) if bits < 1e6 else scientific(bits, 1)


def _table(first: str, *others: str) -> Table:
    justify: Literal["right"] = "right"
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify=justify, no_wrap=True)
    return table


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\u00a0" else "�" for c in text)
