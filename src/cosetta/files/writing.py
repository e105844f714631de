"""Files that are whole or absent: written under a temporary name in the same folder, then renamed.

A file that has its final name is complete, so a killed process never leaves one that looks finished. An error names the
file that was to be written, not the temporary one.
"""

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cosetta.files.paths import FilePath

__all__ = ["write_json", "write_text", "write_together", "write_whole"]


def write_whole(path: FilePath, write: Callable[[Path], object]) -> None:
    """Write a file under a temporary name in the same folder, then rename it into place.

    Args:
        path: the final name.
        write: writes the content to the path it is given.

    Raises:
        OSError: as `write` does, for example when the disk is full, with `path` as its file name; the temporary file is
            removed and `path` is untouched.

    Example:
        >>> path = Path(tempfile.mkdtemp()) / "note.txt"
        >>> write_whole(path, lambda temporary: temporary.write_text("whole"))
        >>> path.read_text(), len(list(path.parent.iterdir()))
        ('whole', 1)
    """
    write_together([(path, write)])


def write_together(files: list[tuple[FilePath, Callable[[Path], object]]]) -> None:
    """Write several files: all of them under temporary names, and only then rename them, in the order given.

    What fails while any of them is written leaves every one as it was. A process killed between the renames leaves some
    of the files new and others old, each of them whole; so the file whose presence says that all is there comes last.

    Args:
        files: the final name of each, and what writes its content to the path it is given.

    Raises:
        OSError: as `write_whole`.

    Example:
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_together([(folder / name, lambda path: path.write_text("x")) for name in ("a", "b")])
        >>> sorted(path.name for path in folder.iterdir())
        ['a', 'b']
    """
    written: list[tuple[Path, Path]] = []
    path = Path()
    try:
        for name, write in files:
            path = Path(name)
            handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:200]}.", suffix=".part", dir=path.parent)
            os.close(handle)
            written.append((Path(temporary), path))
            write(Path(temporary))
            Path(temporary).chmod(0o644)
        for temporary, path in written:
            temporary.replace(path)
    except OSError as error:
        if error.errno is not None:
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        for temporary, _ in written:
            temporary.unlink(missing_ok=True)


def write_text(path: FilePath, text: str) -> None:
    """Write a text as UTF-8 with plain line ends, whole or not at all.

    Args:
        path: the file.
        text: its content.

    Raises:
        OSError: if it cannot be written.
    """
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8", newline="\n"))


def write_json(path: FilePath, content: Mapping[str, Any]) -> None:
    """Write plain data as JSON, whole or not at all.

    Args:
        path: the file.
        content: values by name.

    Raises:
        ValueError: if a number is not finite, which JSON cannot say.
        OSError: if it cannot be written.
    """
    write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")
