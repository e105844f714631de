"""Groups that no text names, kept beside what was made with them.

A run records the name of its group. A group from a table of one's own cannot be made again from its name, so its table
and labels go into the run's folder (`group.npz`), and a sweep keeps them in `groups/` beside its runs.
"""

import re
from pathlib import Path

from cosetta.errors import BadRun, CosettaError, NotAGroup
from cosetta.groups.group import Group
from cosetta.groups.reading import read_group
from cosetta.groups.tables import read_table

__all__ = ["STORED_GROUP", "kept_path", "known_group", "names_itself"]

STORED_GROUP = "group.npz"
"""Name of the file in a run's folder."""


def names_itself(group: Group) -> bool:
    """Whether the group can be made again from its name, element by element.

    Args:
        group: the group.

    Returns:
        Whether `read_group(group.name)` has the same table.

    Example:
        >>> import numpy as np
        >>> from cosetta.groups.named import named_group
        >>> names_itself(named_group("S3")), names_itself(Group(np.array([[0]]), name="mine"))
        (True, False)
    """
    try:
        again = read_group(group.name)
    except (CosettaError, OSError):
        return False
    return again.order == group.order and again.content_hash == group.content_hash


def known_group(name: str, run: Path | None = None, runs: Path | None = None) -> Group:
    """The group that a run's record names: from the run's folder, from the sweep's, or from its name.

    Args:
        name: the name on record.
        run: folder of the run.
        runs: folder that holds the runs of a sweep.

    Returns:
        The group.

    Raises:
        BadRun: if a stored table is damaged.

    Example:
        >>> known_group("S3").order
        6
    """
    path = run / STORED_GROUP if run is not None else None
    if path is None or not path.is_file():
        path = kept_path(name, runs) if runs is not None else None
    if path is None or not path.is_file():
        return read_group(name)
    try:
        return read_table(path)
    except NotAGroup as error:
        raise BadRun(f"`{path}` must hold the table of {name}; {error}: train again in a new folder") from error


def kept_path(name: str, runs: Path) -> Path:
    """Where a sweep keeps a group.

    Args:
        name: the group's name.
        runs: folder that holds the runs.

    Returns:
        The file, in a folder `groups`.

    Example:
        >>> kept_path("my group", Path("runs")).as_posix()
        'runs/groups/my_group.npz'
    """
    return runs / "groups" / f"{re.sub(r'[^A-Za-z0-9(),.-]', '_', name)}.npz"
