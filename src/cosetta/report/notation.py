"""How numbers and names are printed, in the report, in figures and in the terminal.

A proportion below 1 is never rounded up to 100 %, nor one above 0 down to 0 %. Small and large numbers carry a power of
ten in Unicode, so that text stays text. Names of groups get subscripts; nothing here escapes HTML, the template does.
"""

import math
import re

from cosetta.results import Control
from cosetta.shown import MISSING, percent, plural

__all__ = [
    "count",
    "decimal",
    "drawn",
    "draws",
    "duration",
    "percent",
    "plain_class",
    "plural",
    "scientific",
    "typeset",
]

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def scientific(value: float | None, digits: int = 2) -> str:
    r"""A number in at most `digits` + 1 significant figures, with a power of ten outside 0.001 to 10,000.

    Args:
        value: the number; its unit is the caller's.
        digits: figures after the first.

    Returns:
        Text.

    Example:
        >>> scientific(3.5e-6), scientific(0.0213), scientific(-22.391), scientific(0.0)
        ('3.50\xa0×\xa010⁻⁶', '0.0213', '−22.4', '0')
    """
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    rounded = abs(float(f"{value:.{digits}e}"))
    if 1e-3 <= rounded < 1e4:
        places = max(0, digits - math.floor(math.log10(rounded)))
        return f"{value:.{places}f}".replace("-", "−")
    mantissa, exponent = f"{value:.{digits}e}".split("e")
    return f"{mantissa}\u00a0×\u00a010{str(int(exponent)).translate(_SUPERSCRIPT)}".replace("-", "−")


def decimal(value: float | None, digits: int = 2) -> str:
    """A number with a fixed number of digits after the point.

    Args:
        value: the number; its unit is the caller's.
        digits: digits after the point.

    Returns:
        Text, with a true minus sign.

    Example:
        >>> decimal(-1.2345), decimal(None)
        ('−1.23', '–')
    """
    if value is None or math.isnan(value):
        return MISSING
    return f"{value:.{digits}f}".replace("-", "−")


def count(number: int | None) -> str:
    """A whole number with thousands separated.

    Args:
        number: the number.

    Returns:
        Text.

    Example:
        >>> count(14400)
        '14,400'
    """
    return MISSING if number is None else f"{number:,}"


def drawn(control: Control | None) -> str:
    r"""Accuracy of a control: its mean and the interval of its draws, or one number if it was drawn once.

    Args:
        control: the control, if there is one.

    Returns:
        Text.

    Example:
        >>> drawn(Control("random subgroups", 20, 0.0306, (0.018, 0.048), 3.1))
        '3.06\xa0% (1.8 to 4.8\xa0% over 20 draws)'
        >>> drawn(Control("recorded", 1, 0.5, (0.5, 0.5), 0.7)), drawn(None)
        ('50.00\xa0%', '–')
    """
    if control is None:
        return MISSING
    spread = draws(control)
    return f"{percent(control.accuracy)} ({spread})" if spread else percent(control.accuracy)


def draws(control: Control | None) -> str:
    r"""The interval of a control's accuracies over its draws.

    Args:
        control: the control, if there is one.

    Returns:
        Text; empty if the control was drawn once.

    Example:
        >>> draws(Control("random subgroups", 20, 0.0306, (0.0, 0.048), 3.1))
        '0 to 4.8\xa0% over 20 draws'
    """
    if control is None or control.draws == 1:
        return ""
    low, high = (percent(end, 1) for end in control.accuracy_interval)
    low = low.removesuffix("\u00a0%")  # one sign for both ends
    return f"{low} to {high} over {count(control.draws)} draws"


def duration(seconds: float | None) -> str:
    r"""A time span in its two largest units.

    Args:
        seconds: the span, at least 0.

    Returns:
        Text.

    Example:
        >>> duration(6.24), duration(95.0), duration(7300.0)
        ('6.2\xa0s', '1\xa0min 35\xa0s', '2\xa0h 1\xa0min')
    """
    if seconds is None or math.isnan(seconds):
        return MISSING
    if seconds < 60:
        return f"{seconds:.1f}\u00a0s"
    if seconds < 3600:
        return f"{int(seconds // 60)}\u00a0min {int(seconds % 60)}\u00a0s"
    return f"{int(seconds // 3600)}\u00a0h {int(seconds % 3600 // 60)}\u00a0min"


def typeset(name: str) -> str:
    """Name of a group or an irrep with subscripts, superscripts and product signs.

    Args:
        name: a plain name such as `S3xS2`, `C7:C3` or `(2,1^3)`.

    Returns:
        Text without markup; it is not escaped.

    Example:
        >>> typeset("(S3xS3):C2"), typeset("(2,1^3)"), typeset("S4 twisted")
        ('(S₃×S₃)⋊C₂', '(2,1³)', 'S₄ twisted')
    """
    text = re.sub(r"\^(-?\d+)", lambda match: match[1].translate(_SUPERSCRIPT), name)
    text = re.sub(r"(?<=[A-Za-z])_?(\d+)", lambda match: match[1].translate(_SUBSCRIPT), text)
    text = re.sub(r"(?<=[₀-₉)\*])x(?=[A-Z(])", "×", text)
    return re.sub(r"(?<=[₀-₉)\*]):(?=[A-Z(])", "⋊", text)


def plain_class(name: str) -> str:
    """How a row of the class table is called; `none` holds the live neurons that cosets do not cover.

    Args:
        name: class name of a `ClassSummary`.

    Returns:
        Text without markup; it is not escaped.

    Example:
        >>> plain_class("none"), plain_class("S3xS2")
        ('not covered', 'S₃×S₂')
    """
    return "not covered" if name == "none" else typeset(name)
