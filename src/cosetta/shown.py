"""How an object shows itself: one short line at a prompt, a small table in a notebook.

`short_repr` is the `__repr__` of dataclasses that hold arrays or long lists: the line has every field, long values by
their size alone, so that no repr prints 14,400 numbers. `card` and `table` make the markup of `_repr_html_`; all text
that they are given is escaped. The numbers themselves are in the fields, unrounded. `plural` and `percent` are how
counts and shares are written wherever text is written.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any

__all__ = ["MISSING", "card", "percent", "plural", "short_repr", "table"]

MISSING = "–"
"""Printed where a record has no value."""

SUM_ERROR = 1e-12
"""Rounding error of a sum of shares that is 1."""

LONGEST_TEXT = 40
"""Characters of a text that are shown."""

LONGEST_LIST = 4
"""A list of more items is shown by their number."""

LONGEST_LINE = 400
"""Characters of a repr; fields that no longer fit are named without their values."""


def percent(share: float | None, digits: int = 2) -> str:
    r"""A proportion in per cent, rounded so that only exact 0 and 1 print as `0 %` and `100 %`.

    Args:
        share: the proportion; within 1e-12 of 0 or 1, where sums of shares end, it is that. It may lie outside of
            [0, 1], as the share of a loss or a variance that is recovered does.
        digits: digits after the point.

    Returns:
        Text with a no-break space before the sign.

    Example:
        >>> percent(14399 / 14400), percent(1.0), percent(1e-6), percent(0.25, digits=0)
        ('99.99\xa0%', '100\xa0%', '<\xa00.01\xa0%', '25\xa0%')
        >>> percent(-1e-17), percent(-1e-6)
        ('0\xa0%', '>\xa0−0.01\xa0%')
    """
    if share is None or math.isnan(share):
        return MISSING
    share = next((whole for whole in (0.0, 1.0) if abs(share - whole) < SUM_ERROR), share)
    if share in {0.0, 1.0}:
        return f"{100 * share:.0f}\u00a0%"
    step = 10.0**-digits
    if -step / 2 < 100 * share < 0:
        return f">\u00a0−{step:.{digits}f}\u00a0%"
    if 0 < share < 1 and 100 * share < step / 2:
        return f"<\u00a0{step:.{digits}f}\u00a0%"
    shown = 100 - step if 0 < share < 1 and 100 * share > 100 - step / 2 else 100 * share
    return f"{shown:.{digits}f}\u00a0%".replace("-", "−")


def plural(number: int, noun: str, nouns: str = "") -> str:
    """A count with its noun, which agrees with it.

    Args:
        number: how many.
        noun: what, in the singular.
        nouns: in the plural; with an s, or es after s and x, if not given.

    Returns:
        Text, thousands separated.

    Example:
        >>> plural(1, "rule"), plural(0, "rule"), plural(1200, "class"), plural(2, "coset of H", "cosets of H")
        ('1 rule', '0 rules', '1,200 classes', '2 cosets of H')
    """
    return f"{number:,} {noun if number == 1 else nouns or noun + ('es' if noun.endswith(('s', 'x')) else 's')}"


def short_repr(self: Any) -> str:
    """One line for a dataclass: its fields, with long values by their size.

    Args:
        self: an instance of a dataclass.

    Returns:
        The line, of a few hundred characters at most.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Found:
        ...     name: str
        ...     values: tuple[float, ...]
        ...     __repr__ = short_repr
        >>> Found("S5", (0.5,) * 120)
        Found(name='S5', values=<120>)
    """
    parts, length = [], 0
    for field in fields(self):
        if not field.repr:
            continue
        part = f"{field.name}={_brief(getattr(self, field.name))}"
        length += len(part) + 2
        parts.append(part if length < LONGEST_LINE else field.name)
    return f"{type(self).__name__}({', '.join(parts)})"


def _brief(value: Any) -> str:
    """A value in at most a few words."""
    if isinstance(value, bool | int) or value is None:
        return repr(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str):
        return repr(value if len(value) <= LONGEST_TEXT else f"{value[: LONGEST_TEXT - 2]}..")
    shape = getattr(value, "shape", None)
    if shape is not None and len(shape):
        kind = str(getattr(value, "dtype", "")).removeprefix("torch.") or type(value).__name__
        return f"<{'x'.join(map(str, shape))} {kind}>"
    if is_dataclass(value):
        return f"{type(value).__name__}(..)"
    if isinstance(value, Mapping):
        return _brief_mapping(value)
    if isinstance(value, tuple | list | set | frozenset):
        plain = len(value) <= LONGEST_LIST and all(isinstance(item, str | int | float | None) for item in value)
        if not plain:
            return f"<{len(value)}>"
        items = ", ".join(_brief(item) for item in value)
        return f"({items}{',' * (len(value) == 1)})"
    text = repr(value)
    return text if len(text) <= LONGEST_TEXT else f"{type(value).__name__}(..)"


def _brief_mapping(value: Mapping[Any, Any]) -> str:
    plain = len(value) <= LONGEST_LIST and all(isinstance(item, str | int | float | None) for item in value.values())
    if not plain:
        return f"<{len(value)}>"
    return "{" + ", ".join(f"{key!r}: {_brief(item)}" for key, item in value.items()) + "}"


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows as markup; the first cell of a row heads it.

    Args:
        head: titles of the columns.
        rows: cells, shown as their text.

    Returns:
        A `table` element.

    Example:
        >>> table(["class"], [["<S4>"]])
        '<table><thead><tr><th>class</th></tr></thead><tbody><tr><th>&lt;S4&gt;</th></tr></tbody></table>'
    """
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    body = "".join(
        f"<tr>{''.join(f'<{tag}>{escape(str(cell))}</{tag}>' for tag, cell in _tagged(row))}</tr>" for row in rows
    )
    return f"<table>{f'<thead><tr>{titles}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"


def _tagged(row: Sequence[Any]) -> list[tuple[str, Any]]:
    return [("td" if i else "th", cell) for i, cell in enumerate(row)]


def card(title: str, *sentences: str, tables: Sequence[str] = ()) -> str:
    """A title, sentences and tables as markup.

    Args:
        title: what is shown.
        *sentences: plain text, one paragraph each; empty ones are left out.
        tables: markup from `table`.

    Returns:
        A `div` element.

    Example:
        >>> card("Group S3", "order 6")
        '<div><p><strong>Group S3</strong></p><p>order 6</p></div>'
    """
    said = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences if sentence)
    return f"<div><p><strong>{escape(title)}</strong></p>{said}{''.join(tables)}</div>"
