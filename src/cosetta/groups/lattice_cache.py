"""Copies of subgroup lattices on disk.

One .npz file a group (no pickle), named by a hash of its table, labels and permutations and of the format's
version. Files are written under a temporary name and renamed, so a killed process never leaves half a file in
place. Nothing here can fail a
computation: a file that does not read back whole is logged and made again, a folder that cannot be written is logged.
"""

import hashlib
import logging
import os
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cosetta.groups.group import Group

__all__ = ["LatticeArrays", "cache_folder", "load_lattice", "save_lattice"]

FORMAT_VERSION = 1
"""Raise it whenever the numbering of subgroups or their names change."""

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
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            packed, class_of, carriers, normalizers, names = (stored[name] for name in LatticeArrays._fields)
        arrays = LatticeArrays(packed, class_of, carriers, normalizers, tuple(names.tolist()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        _log.warning("the stored subgroup lattice %s is damaged (%s) and will be made again", path, error)
        return None
    if not _fits(arrays, group):
        _log.warning("the stored subgroup lattice %s does not fit %s and will be made again", path, group.name)
        return None
    return arrays


def save_lattice(group: Group, arrays: LatticeArrays) -> None:
    """Store the arrays of a group's lattice; a folder that cannot be written is logged and left alone.

    Args:
        group: the group.
        arrays: what to store.
    """
    path = _path(group)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez_compressed(file, **{**arrays._asdict(), "class_names": np.array(arrays.class_names)})
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        _log.info("the subgroup lattice of %s is not kept on disk: %s", group.name, error)


def _path(group: Group) -> Path:
    """File of a group, named by everything that numbering and names depend on."""
    digest = hashlib.sha256(f"{FORMAT_VERSION} {group.content_hash} {group.labels!r}".encode())
    if group.permutations is not None:
        digest.update(np.ascontiguousarray(group.permutations, dtype="<i4").tobytes())
    return cache_folder() / f"subgroups-{digest.hexdigest()[:32]}.npz"


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
