"""What the machine refuses, in one line, and terminals that cannot show every sign.

A full disk, a limit on files or memory, a reader that has left: each is said with the path and the next step. Where the
output's encoding lacks a sign, as on Windows when output is redirected, a plainer one is written: nothing fails after
the work is done.
"""

import codecs
import errno
import os
import sys
import unicodedata
from contextlib import suppress
from io import TextIOWrapper
from typing import Any

__all__ = ["is_refusal", "leave_quietly", "plain", "refusal", "show_what_can_be_shown", "too_little_room"]

PLAIN = {
    "×": "x", "·": ".", "…": "...", "–": "-", "—": "-", "−": "-", "→": "->", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~",
    "⋊": ":", "∈": "in", "ρ": "rho", "χ": "chi", "λ": "lambda", "Σ": "sum", "∞": "inf", "⟨": "<", "⟩": ">", "✓": "+",
    "✗": "-", "●": "o", "○": "o", "“": '"', "”": '"', "‘": "'", "’": "'", "⁻": "-", "⁺": "+",
}  # fmt: skip
"""Signs that we write, and what stands for them."""

MEMORY = (
    "can't start new thread",
    "failed to map segment",
    "cannot allocate memory",
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "unable to mmap",
)
"""How libraries say that the machine gives them no more."""

ROOM = 2 * 1024**3
"""Bytes of address space for torch and polars: they map 1.1 GB on two cores, and more where there are more threads."""


def show_what_can_be_shown() -> None:
    """Let stdout and stderr write a plainer sign for one that their encoding lacks."""
    codecs.register_error("cosetta.plain", _plainer)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            with suppress(OSError, ValueError):
                stream.reconfigure(errors="cosetta.plain")


def _plainer(error: UnicodeError) -> tuple[str, int]:
    """The same characters in ASCII: by the table, by decomposition (subscripts, accents), or `?`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(map(plain, wrong)), error.end


def plain(sign: str) -> str:
    """What stands for a sign in ASCII.

    Args:
        sign: one character.

    Returns:
        One or a few characters.

    Example:
        >>> [plain(sign) for sign in "S₃×≤é…"]
        ['S', '3', 'x', '<=', 'e', '...']
    """
    if sign in PLAIN or sign.isascii():
        return PLAIN.get(sign, sign)
    return unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode() or "?"


def is_refusal(error: BaseException) -> bool:
    """Whether the machine, and not our code, is the reason.

    Args:
        error: what was raised.

    Returns:
        True for a want of memory or threads, in whatever class a library puts it.
    """
    if isinstance(error, MemoryError):
        return True
    said = isinstance(error, ImportError | RuntimeError | OSError) and any(w in str(error).lower() for w in MEMORY)
    # a library that could not load a part of itself says that it is broken, and names the want of memory as the cause
    return said or (isinstance(error, ImportError) and error.__cause__ is not None and is_refusal(error.__cause__))


def refusal(error: BaseException) -> str | None:
    """What the machine refused, and what to do.

    Args:
        error: what was raised.

    Returns:
        One line, or None if it is something else.

    Example:
        >>> refusal(OSError(errno.ENOSPC, "No space left on device", "runs/a"))
        'the disk is full: `runs/a` could not be written; free space and run again'
    """
    if is_refusal(error):
        return "memory ran out: choose a smaller group, raise the limit (ulimit -v), or close other programs"
    if not isinstance(error, OSError):
        return None
    name = f"`{_text(error.filename)}`" if error.filename is not None else "the output"
    return {
        errno.ENOSPC: f"the disk is full: {name} could not be written; free space and run again",
        errno.EDQUOT: f"the quota is used up: {name} could not be written; free space and run again",
        errno.EFBIG: f"the limit on the size of files is reached: {name} could not be written; raise it (ulimit -f)",
        errno.EMFILE: f"the limit on open files is reached: {name} could not be opened; raise it (ulimit -n)",
        errno.ENFILE: f"the machine has too many open files: {name} could not be opened; close other programs",
    }.get(error.errno or 0)


def too_little_room() -> str | None:
    """Whether a limit on address space (`ulimit -v`) leaves no room for torch and polars, before they are loaded.

    With too little they do not raise: they print lines of their own, abort, or wait for ever.

    Returns:
        One line, or None where there is room or no limit.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY or limit >= ROOM:
        return None
    return (
        f"the limit on memory must leave {ROOM / 1024**3:.0f} GiB of address space for torch and polars; "
        f"it leaves {limit / 1024**3:.2g} GiB: raise it (ulimit -v {ROOM // 1024})"
    )


def leave_quietly() -> None:
    """Go without a word when whoever reads our output has gone, as `head` does."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(1)


def _text(name: Any) -> str:
    return os.fsdecode(name) if isinstance(name, str | bytes) else str(name)
