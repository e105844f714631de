"""How a frequency is written, and whether it is called a clock or a pizza."""

from cosetta.results import Frequency

__all__ = ["CLOCK", "PIZZA", "kind_of", "named"]

CLOCK, PIZZA = 0.25, 0.75
"""Unevenness up to which a frequency is called a clock, and from which a pizza."""


def kind_of(frequency: Frequency) -> str:
    """Clock or pizza, in a word.

    Args:
        frequency: the frequency.

    Returns:
        `clock`, `pizza`, `between`, or `sign` for a character with two values.

    Example:
        >>> kind_of(Frequency((4,), "2d-complex", 113, 1, 21, 0.24, 0.025, 0.97))
        'clock'
    """
    if frequency.unevenness is None:
        return "sign"
    return "clock" if frequency.unevenness <= CLOCK else "pizza" if frequency.unevenness >= PIZZA else "between"


def named(frequency: Frequency) -> str:
    """A frequency as it is written: one number, or a list in brackets.

    Args:
        frequency: the frequency.

    Returns:
        Text.

    Example:
        >>> named(Frequency((1, 0), "2a-complex", 4, 2, 3, 1.0, 0.0, 1.0))
        '(1,0)'
    """
    return str(frequency.k[0]) if len(frequency.k) == 1 else f"({','.join(map(str, frequency.k))})"
