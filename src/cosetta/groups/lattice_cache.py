"""Copies of subgroup lattices on disk.

One file a group, named by a hash of its table, labels and permutations and of the format's version: a digest of that
name and of all that follows, then an .npz archive (no pickle). A file whose digest is not its own is not opened, so no
changed byte is ever believed. Nothing here can fail a computation: what does not read back whole is made again with one
line of log, a folder that cannot be written is logged.
"""

import hashlib
import logging
import os
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cosetta.files import write_whole
from cosetta.groups.group import Group

__all__ = ["LatticeArrays", "cache_folder", "load_lattice", "save_lattice"]

FORMAT_VERSION = 2
"""Raise it whenever the numbering of subgroups or their names change."""

DIGEST = 32
"""Bytes of a file before its archive: SHA-256."""

MAX_BYTES = 2**28
"""Largest file that is read; the lattice of S7 takes 1 MB."""

_log = logging.getLogger(__name__)


class LatticeArrays(NamedTuple):
    """What is stored: the fields of `SubgroupLattice` after the group."""

    packed: np.ndarray
    class_of: np.ndarray
    carriers: np.ndarray
    class_normalizers: np.ndarray
    class_names: tuple[str, ...]


def cache_folder() -> Path:
    """Folder of the copies: `COSETTA_CACHE`, else `XDG_CACHE_HOME`/cosetta, else the platform's cache folder.

    Returns:
        The folder, which may not exist yet.

    Example:
        >>> cache_folder().name != ""
        True
    """
    if chosen := os.environ.get("COSETTA_CACHE"):
        return Path(chosen)
    home = Path(os.path.expanduser("~"))
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "cosetta"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "cosetta"


def load_lattice(group: Group) -> LatticeArrays | None:
    """The stored arrays of a group's lattice.

    Args:
        group: the group.

    Returns:
        The arrays, or None if there is no file or it is damaged.
    """
    path = _path(group)
    try:
        arrays, reason = _opened(path), "it is not of this group"
        if _fits(arrays, group):
            return arrays
    except FileNotFoundError:
        return None
    except Exception as error:  # whatever numpy and zip make of it: the lattice can always be made again
        reason = str(error)
    _log.warning("the stored subgroup lattice %s is damaged (%s) and will be made again", path, reason)
    return None


def _opened(path: Path) -> LatticeArrays:
    """The arrays of a file that is as it was written."""
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
    content = path.read_bytes()
    if content[:DIGEST] != _digest(path, content[DIGEST:]):
        raise ValueError("its content is not what was written")
    with np.load(BytesIO(content[DIGEST:]), allow_pickle=False) as stored:
        packed, class_of, carriers, normalizers, names = (stored[name] for name in LatticeArrays._fields)
    return LatticeArrays(packed, class_of, carriers, normalizers, tuple(names.tolist()))


def save_lattice(group: Group, arrays: LatticeArrays) -> None:
    """Store the arrays of a group's lattice; a folder that cannot be written is logged and left alone.

    Args:
        group: the group.
        arrays: what to store.
    """
    path, archive = _path(group), BytesIO()
    np.savez_compressed(archive, **{**arrays._asdict(), "class_names": np.array(arrays.class_names)})
    content = _digest(path, archive.getvalue()) + archive.getvalue()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda temporary: temporary.write_bytes(content))
    except OSError as error:
        _log.info("the subgroup lattice of %s is not kept on disk: %s", group.name, error)


def _path(group: Group) -> Path:
    """File of a group, named by everything that numbering and names depend on."""
    digest = hashlib.sha256(f"{FORMAT_VERSION} {group.content_hash} {group.labels!r}".encode())
    if group.permutations is not None:
        digest.update(np.ascontiguousarray(group.permutations, dtype="<i4").tobytes())
    return cache_folder() / f"subgroups-{digest.hexdigest()[:32]}.lattice"


def _digest(path: Path, archive: bytes) -> bytes:
    """Of an archive under this name: a file of another group that was renamed is not believed either."""
    return hashlib.sha256(path.name.encode() + archive).digest()


def _fits(arrays: LatticeArrays, group: Group) -> bool:
    """Whether shapes and ranges are those of a lattice of the group."""
    packed, class_of, carriers, normalizers, names = arrays
    count = len(packed)
    return (
        packed.dtype == np.uint8
        and packed.shape == (count, -(-group.order // 8))
        and count > 0
        and class_of.shape == carriers.shape == (count,)
        and len(normalizers) == len(names) == int(class_of[-1]) + 1
        and int(np.bitwise_count(packed[0]).sum()) == 1
        and int(np.bitwise_count(packed[-1]).sum()) == group.order
        and bool((carriers >= 0).all() and (carriers < group.order).all())
        and bool((normalizers >= 0).all() and (normalizers < count).all())
    )
