"""Files that are whole or absent: written under a temporary name in the same folder, then renamed.

A file that has its final name is complete, so a killed process never leaves one that looks finished.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file under a temporary name in the same folder, then rename it into place.

    Args:
        path: the final name.
        write: writes the content to the path it is given.

    Raises:
        OSError: as `write` does, for example when the disk is full; the temporary file is removed and `path` is
            untouched.

    Example:
        >>> path = Path(tempfile.mkdtemp()) / "note.txt"
        >>> write_whole(path, lambda temporary: temporary.write_text("whole"))
        >>> path.read_text(), len(list(path.parent.iterdir()))
        ('whole', 1)
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
