"""Tables on a terminal of any width: names are folded over lines, numbers are never cut."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

__all__ = [
    "LONGEST_HEADING",
    "SHOWN",
    "add_names",
    "add_numbers",
    "character_tables",
    "cut",
    "plain_table",
    "print_lines",
]

SHOWN = 60
"""Most rows of a table on the terminal; --json has them all."""

LONGEST_HEADING = 13
"""Widest heading of a column of numbers; longer ones are folded."""


def print_lines(console: Console, lines: Iterable[str], hang: int = 4) -> None:
    """Print lines that a terminal does not hold on several, those after the first set in; a file gets them whole.

    Args:
        console: where.
        lines: plain text; what they begin with stays in front of the first.
        hang: how much further the others are set in.
    """
    for line in lines:
        inset = len(line) - len(line.lstrip()) + hang
        parts = textwrap.wrap(line, console.width, subsequent_indent=" " * inset, break_on_hyphens=False)
        for part in parts if console.is_terminal and len(line) > console.width else [line]:
            console.print(escape(part), soft_wrap=True, highlight=False)


def plain_table(title: str) -> Table:
    """An empty table.

    Args:
        title: shown above it.

    Returns:
        The table.
    """
    return Table(
        title=escape(title), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), caption_justify="left"
    )


def add_names(table: Table, *headings: str) -> None:
    """Columns of names, folded where the terminal is narrow.

    Args:
        table: the table.
        headings: one a column.
    """
    for heading in headings:
        table.add_column(heading, overflow="fold", min_width=min(8, len(heading)))


def add_numbers(table: Table, *headings: str) -> None:
    """Columns of numbers, always whole.

    Args:
        table: the table.
        headings: one a column.
    """
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)


def cut(table: Table, count: int) -> Table:
    """Say how many rows are not shown.

    Args:
        table: the table.
        count: rows in all.

    Returns:
        The same table.
    """
    if count > SHOWN:
        table.caption = f"{count - SHOWN} more with --json"
    return table


def character_tables(
    title: str,
    fixed: Sequence[str],
    rows: Sequence[Sequence[str]],
    headings: Sequence[str],
    values: Sequence[Sequence[str]],
) -> Iterator[Table]:
    """A wide table as several that fit the terminal, each with the columns that name the rows.

    Args:
        title: shown above the first.
        fixed: headings of the columns that every part repeats; only the first part has more than one of them.
        rows: their cells.
        headings: headings of the other columns; a line break separates what must not be joined.
        values: their cells, one list a row.

    Yields:
        The parts.
    """
    folded = [_folded(heading) for heading in headings]
    widths = [
        max(*(len(line) for line in folded[i].split("\n")), *(len(row[i]) for row in values)) + 2
        for i in range(len(headings))
    ]
    space, first, done = Console().width - 2, True, 0
    while first or done < len(headings):
        names = list(range(len(fixed))) if first else [0]
        left = space - sum(2 + max(len(fixed[n]), *(len(row[n]) for row in rows)) for n in names)
        stop = done
        while stop < len(headings) and (widths[stop] <= left or (stop == done and not first)):
            left -= widths[stop]
            stop += 1
        table = plain_table(title if first else f"{_columns(done + 1, stop)} of {len(headings)}")
        for n in names:
            table.add_column(fixed[n], no_wrap=True)
        add_numbers(table, *map(escape, folded[done:stop]))
        for row, numbers in zip(rows, values, strict=True):
            table.add_row(*(escape(row[n]) for n in names), *numbers[done:stop])
        yield table
        first, done = False, stop


def _columns(first: int, last: int) -> str:
    return f"column {first}" if first == last else f"columns {first} to {last}"


def _folded(heading: str) -> str:
    """Break the lines of a heading after every 13 characters, after a bracket or a star if there is one."""
    lines = []
    for line in heading.split("\n"):
        while len(line) > LONGEST_HEADING:
            end = max(line.rfind(mark, 0, LONGEST_HEADING) for mark in ")]*,") + 1 or LONGEST_HEADING
            lines.append(line[:end])
            line = line[end:]
        lines.append(line)
    return "\n".join(lines)
