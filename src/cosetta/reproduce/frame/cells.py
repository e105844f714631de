"""How a cell of a table is printed: one wording for the page, the Markdown page and LaTeX.

Numbers follow `report/notation.py`. None and nan are a dash everywhere; a word such as `n too small` stands as it is.
"""

import math
import re

from cosetta.report.notation import MISSING, count, decimal, percent, scientific, typeset
from cosetta.reproduce.frame.results import Cell, Column

__all__ = ["file_name", "is_missing", "show_cell", "typeset_text"]

_GROUP = re.compile(r"(?<![\w\-])\(?[ACDFQSVZ]_?\d{1,3}\*?\)?(?:[x:]\(?[ACDFQSVZ]\d{1,3}\*?\)?)*(?![\w])")
_POWER = re.compile(r"(?<=[\w)])\^-?\d+")
_MINUS = re.compile(r"(?<![\w.)\]^\-])-(?=\.?\d)")
_EXPONENT = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)e([+-]?)0*(\d+)(?![\w.]*\w)")


def show_cell(value: Cell, column: Column) -> str:
    r"""A cell as text.

    Args:
        value: what was measured.
        column: its column; proportions in [0, 1] of a `percent` column are printed in per cent.

    Returns:
        Text, not escaped.

    Example:
        >>> loss, share, number = Column("loss", "loss"), Column("share", "percent"), Column("mean", "number")
        >>> show_cell(3.5e-6, loss), show_cell(0.25, share), show_cell(0.5, number), show_cell(None, loss)
        ('3.50\xa0×\xa010⁻⁶', '25.00\xa0%', '0.5', '–')
        >>> show_cell(14400, Column("pairs", "count")), show_cell("n too small", share), show_cell("S3xS2", Column("H"))
        ('14,400', 'n too small', 'S₃×S₂')
    """
    if is_missing(value) or value == "":
        return MISSING
    if not isinstance(value, int | float):
        return typeset_text(str(value))
    if column.format == "percent":
        return percent(float(value))
    if column.format == "loss":
        return scientific(float(value))
    if math.isinf(value):
        return scientific(value)
    if float(value).is_integer() and abs(value) < 1e9:
        return count(int(value)).replace("-", "−")
    if column.format == "count":
        return decimal(float(value), 1)
    return _short(scientific(float(value)))


def _short(number: str) -> str:
    """Without zeros at the end of the decimals."""
    return re.sub(r"(\.\d*?)0+(?!\d)", lambda found: found[1].rstrip("."), number, count=1)


def is_missing(value: Cell) -> bool:
    """Whether a cell holds no measurement.

    Args:
        value: the cell.

    Returns:
        True for None and nan.
    """
    return value is None or (isinstance(value, float) and math.isnan(value))


def typeset_text(text: str) -> str:
    r"""Prose with the names of groups, partitions, powers and exponents typeset, and every other letter left alone.

    Args:
        text: plain text.

    Returns:
        Text without markup; it is not escaped.

    Example:
        >>> typeset_text("S3xS2 in (2,1^3): 10^-6 of float64, run S5-fast-3 of Z_53")
        'S₃×S₂ in (2,1³): 10⁻⁶ of float64, run S5-fast-3 of Z₅₃'
        >>> typeset_text("median 3.5e-06, N(-1, 1), C_H >= 1, w^-1 z")
        'median 3.5\xa0×\xa010⁻⁶, N(−1, 1), C_H ≥ 1, w⁻¹ z'
    """
    text = _EXPONENT.sub(lambda found: f"{found[1]}\u00a0×\u00a010^{found[2].strip('+')}{found[3]}", text)
    text = _MINUS.sub("−", text.replace(" >= ", " ≥ ").replace(" <= ", " ≤ "))
    text = _POWER.sub(lambda found: typeset(found[0]), text)
    return _GROUP.sub(lambda found: found[0] if text[found.end() :].startswith("-") else typeset(found[0]), text)


def file_name(name: str) -> str:
    """A name that is safe as a file name and as an anchor.

    Args:
        name: name of a table or figure.

    Returns:
        Letters, digits, dots, underscores and hyphens; a star, which marks an outer automorphism, is spelled out.

    Example:
        >>> file_name("formation-S6-(S3xS3):C2"), file_name("shares-S5*"), file_name("../x")
        ('formation-S6-S3xS3-C2', 'shares-S5-star', 'x')
    """
    return re.sub(r"(?:[^A-Za-z0-9._]|-)+", "-", name.replace("*", "-star")).strip("-._") or "unnamed"
