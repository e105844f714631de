"""Their idealised networks for S4, with what their own files say of each: the bound, its failures, the irreps."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from cosetta.errors import BadRun
from cosetta.files import read_json
from cosetta.models.importers import open_checkpoint
from cosetta.reproduce.wu2024.measures import RhoMeasures, rho_measures

__all__ = ["FILES", "Ideals", "read_ideals"]

FILES = ("ideal_S4_first30.safetensors", "ideal_S4_first30.json")
"""What the folder of `--data` must hold."""


@final
@dataclass(frozen=True)
class Ideals:
    """What their file says of their idealised networks, by number.

    Args:
        bounds: proven accuracy of the network that each is the ideal of.
        accuracies: accuracy found by trying all pairs.
        bound_seconds: time of the bound.
        accuracy_seconds: time of trying all pairs.
        a_bad: numbers of the networks on their list of varying a.
        rho_bad: numbers of those on their list of failing irreps.
        irreps: neurons by irrep, under their names.
        measured: what the rho-set account says of each ideal.
    """

    bounds: tuple[float, ...]
    accuracies: tuple[float, ...]
    bound_seconds: tuple[float, ...]
    accuracy_seconds: tuple[float, ...]
    a_bad: tuple[int, ...]
    rho_bad: tuple[int, ...]
    irreps: tuple[dict[str, list[int]], ...]
    measured: tuple[RhoMeasures, ...]


def read_ideals(folder: Path) -> Ideals:
    """Read their file and fit rho-sets to every ideal.

    Args:
        folder: holds both of `FILES`.

    Returns:
        The ideals, measured.

    Raises:
        BadRun: if a file is missing or damaged, or the two are not of as many networks.
    """
    for name in FILES:
        if not (folder / name).is_file():
            raise BadRun(f"`{folder}` must hold {' and '.join(FILES)}; it lacks {name}: name another folder")
    what, advice = "their bounds and failures", "fetch it again"
    said = read_json(folder / FILES[1], dict[str, Any], what=what, advice=advice, finite=False)
    columns = ("irrep_accs", "naive_accs", "irrep_times", "naive_times", "avar_bad", "irrep_bad", "irrep_idxs")
    if missing := [name for name in columns if name not in said]:
        raise BadRun(f"`{folder / FILES[1]}` must be {what}; it lacks `{missing[0]}`: {advice}")
    number = len(said["irrep_accs"])
    path = folder / FILES[0]
    first = open_checkpoint(path, instance=0, group="S4")
    order = first.recovered.relabelling  # one order for all: a network that errs does not tell its own
    opened = [open_checkpoint(path, instance=i, group="S4", element_order=order) for i in range(number)]
    measured = tuple(rho_measures(f"ideal {i}", found.model, found.group) for i, found in enumerate(opened))
    floats = {name: tuple(float(value) for value in said[name]) for name in columns[:4]}
    if {len(values) for values in floats.values()} != {number} or len(said["irrep_idxs"]) != number:
        raise BadRun(f"`{folder / FILES[1]}` must be {what}; its columns have different lengths: {advice}")
    return Ideals(
        bounds=floats["irrep_accs"],
        accuracies=floats["naive_accs"],
        bound_seconds=floats["irrep_times"],
        accuracy_seconds=floats["naive_times"],
        a_bad=tuple(int(i) for i in said["avar_bad"]),
        rho_bad=tuple(int(i) for i in said["irrep_bad"]),
        irreps=tuple(said["irrep_idxs"]),
        measured=measured,
    )
