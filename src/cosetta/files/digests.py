"""A digest of a folder that two people can compare: same configuration, same software, same machine, same digest.

Left out are wall times and the machine (`timing.json`, certificates), what a process has not finished, pages, and what
other commands add to a run, so that a run that was explored or decompiled still has its digest.
"""

import hashlib
from pathlib import Path

from cosetta.files.paths import FilePath

__all__ = ["file_digest", "folder_digest"]

LEFT_OUT = (
    *("timing.json", "resume.safetensors", "failed.json"),
    *("certificate.json", "explorer.bin", "trajectory.json"),
    *("program.json", "program.py", "program.svg", "program.tex"),
)
"""Files that may differ when a run is made again, and those that other commands write from it."""

DIGITS = 16
"""Hexadecimal digits that are shown: 64 bits."""


def file_digest(path: FilePath) -> str:
    """The first digits of a file's SHA-256, as `sha256sum` prints them.

    Args:
        path: the file.

    Returns:
        Sixteen hexadecimal digits.

    Raises:
        OSError: if it cannot be read.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "empty"
        >>> path.touch()
        >>> file_digest(path)
        'e3b0c44298fc1c14'
    """
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:DIGITS]


def folder_digest(folder: FilePath) -> str:
    """The first digits of the SHA-256 of the data below a folder, with the files' names in it.

    Args:
        folder: a run's folder, or any other.

    Returns:
        Sixteen hexadecimal digits; they do not depend on where the folder is.

    Raises:
        OSError: if a file cannot be read.

    Example:
        >>> import tempfile
        >>> one, other = Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp())
        >>> [(path / "a").write_bytes(b"x") for path in (one, other)]
        [1, 1]
        >>> folder_digest(one) == folder_digest(other)
        True
    """
    folder, digest = Path(folder), hashlib.sha256()
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    for name in names:
        last = name.rpartition("/")[2]
        if last not in LEFT_OUT and not last.endswith((".part", ".html")):
            digest.update(f"{name} {file_digest(folder / name)}\n".encode())
    return digest.hexdigest()[:DIGITS]
