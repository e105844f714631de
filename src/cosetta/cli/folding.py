"""What `explain` does with a network that is folded by measurement: what it reads, and what it prints."""

from pathlib import Path
from typing import Any

import rich
from rich.markup import escape
from rich.table import Table

from cosetta.errors import BadConfig, BadNetwork
from cosetta.files import map_array
from cosetta.shown import MISSING, percent

__all__ = ["fold_arrays", "read_array", "show_parts"]

MAX_BYTES = 2**34
"""Largest array that is read without being asked to, 16 GiB; one of S6 with 512 neurons has 1."""


def read_array(path: Path) -> Any:
    """An array of a `.npy` file, mapped from the disk; nothing in the file is executed.

    Args:
        path: the file.

    Returns:
        The array.

    Raises:
        BadNetwork: if it is missing, damaged, holds objects, or is larger than 16 GiB.
    """
    what = "a whole `.npy` file of numbers"
    array = map_array(path, what=what, advice="save it with numpy.save", error=BadNetwork)
    if array.nbytes > MAX_BYTES:
        raise BadNetwork(f"an array may have {MAX_BYTES:,} bytes; `{path}` declares {array.nbytes:,}")
    return array


def fold_arrays(activations: Path, logits: Path | None, group: str | None, activation: str | None) -> tuple[Any, Any]:
    """Fold activations on disk.

    Args:
        activations: a `.npy` file, |G| x |G| x neurons.
        logits: a `.npy` file, |G| x |G| x |G|, or None.
        group: name of the group.
        activation: what follows the site; found from the logits if None.

    Returns:
        The folding and the group.

    Raises:
        BadConfig: if the group is not named.
    """
    from cosetta.groups import read_group
    from cosetta.models.fold import fold

    if group is None:
        raise BadConfig("activations do not say their group; `--group` is missing: name it, as --group S5")
    G = read_group(group)
    arrays = [None if path is None else read_array(path) for path in (activations, logits)]
    return fold(arrays[0], G, activations.stem, logits=arrays[1], activation=activation), G


def show_parts(folding: Any, parts: Any) -> None:
    """Print why there is no analysis of three functions on G, and what there is instead.

    Args:
        folding: what the measurement found.
        parts: its parts, described.
    """
    rich.print(f"\n{escape(folding.obstacle)}; the parts:")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("part", "of the\nsite", "of the\nlogits", "accuracy\nwithout", "irreps", "rank\none", "on\ncosets"):
        table.add_column(title, justify="left" if title in ("part", "irreps") else "right", no_wrap=True)
    for part in parts:
        known = bool(part.power)
        irreps = "\n".join(
            f"{name} {percent(share, 0)}" for name, share in list(part.power.items())[:4] if share > 0.01
        )
        table.add_row(
            part.name,
            percent(part.share),
            percent(part.logit_share),
            percent(part.accuracy_without),
            escape(irreps) or MISSING,
            f"{part.rank_share:.3f}" if known else MISSING,
            percent(part.on_cosets, 1) if known else MISSING,
        )
    rich.print(table)
