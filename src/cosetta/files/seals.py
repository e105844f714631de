"""A seal in a Parquet file: a digest of all its other bytes, where readers of Parquet do not look.

A Parquet file is `PAR1`, column data, a footer, the footer's length, `PAR1`; positions in the footer count from the
start, so 48 bytes between data and footer change nothing for any reader. A file with a whole seal is as it was written.
That matters because a changed byte can make the reader panic or abort the process, or be believed.
"""

import hashlib

__all__ = ["is_sealed", "sealed"]

MARK = b"cosetta-sha-256:"
LENGTH = len(MARK) + 32


def sealed(content: bytes) -> bytes:
    """A Parquet file with its seal.

    Args:
        content: the file as polars writes it.

    Returns:
        The file with 48 bytes more.

    Example:
        >>> whole = sealed(b"PAR1 data footer" + (6).to_bytes(4, "little") + b"PAR1")
        >>> is_sealed(whole), is_sealed(whole.replace(b"data", b"date"))
        (True, False)
    """
    at = _footer(content)
    return content[:at] + MARK + hashlib.sha256(content).digest() + content[at:]


def is_sealed(content: bytes) -> bool:
    """Whether a file has a seal and is as it was written.

    Args:
        content: the file.

    Returns:
        False for a damaged file and for one that was never sealed.
    """
    at = _footer(content)
    seal = content[max(0, at - LENGTH) : at]
    rest = content[: at - LENGTH] + content[at:]
    return seal == MARK + hashlib.sha256(rest).digest()


def _footer(content: bytes) -> int:
    """Where the footer begins, as far as the file can be believed."""
    return min(max(0, len(content) - 8 - int.from_bytes(content[-8:-4], "little")), len(content))
