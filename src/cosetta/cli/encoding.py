"""Output on terminals and pipes whose encoding has no `₅`: ASCII in its place, never an error.

Subscripts become digits, superscripts `^` and digits, signs their usual spellings; anything else is a question mark.
"""

import codecs
import re
from typing import Any

__all__ = ["plain_where_needed"]

_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_SIGNS = str.maketrans(
    dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
    | {"×": "x", "⋊": ":", "·": ".", "…": "~", "–": "-", "−": "-", "’": "'", "“": '"', "”": '"', "≥": ">", "≤": "<"}
    | {"■": "#", "●": "*", "→": ">", "∞": "inf", "\u00a0": " ", "ρ": "rho", "±": "+-", "½": "1/2", "⟨": "<", "⟩": ">"}
    | dict.fromkeys("─━═╌", "-")
    | dict.fromkeys("│┃║", "|")
    | dict.fromkeys("┌┐└┘├┤┬┴┼╷╵╶╴╭╮╰╯╇╈╪", "+")
)


def plain_where_needed(stream: Any) -> None:
    """Let a text stream replace what its encoding lacks.

    Args:
        stream: standard output or error; streams that cannot be told are left alone.

    Example:
        >>> import io
        >>> ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        >>> plain_where_needed(ascii_only)
        >>> _ = ascii_only.write("S₅×C₂, 3.5 × 10⁻⁶")
        >>> ascii_only.flush(), ascii_only.buffer.getvalue()
        (None, b'S5xC2, 3.5 x 10^-6')
    """
    if hasattr(stream, "reconfigure") and (stream.encoding or "").lower().replace("-", "") not in {"utf8", "utf16"}:
        codecs.register_error("cosetta", _replaced)
        stream.reconfigure(errors="cosetta")


def _replaced(error: UnicodeError) -> tuple[str, int]:
    """What stands for the characters that cannot be encoded."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    text = re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda match: "^" + match[0].translate(_SUPERSCRIPTS), text).translate(_SIGNS)
    return "".join(c if c.isascii() else "?" for c in text), error.end
