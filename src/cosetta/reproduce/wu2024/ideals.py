"""Their idealised networks for S4, with what their own files say of each: the bound, its failures, the irreps."""

from dataclasses import dataclass
from pathlib import Path
from typing import final

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


@final
@dataclass(frozen=True)
class _Said:
    """Their file, under their names."""

    irrep_accs: tuple[float, ...]
    naive_accs: tuple[float, ...]
    irrep_times: tuple[float, ...]
    naive_times: tuple[float, ...]
    avar_bad: tuple[int, ...]
    irrep_bad: tuple[int, ...]
    irrep_idxs: tuple[dict[str, list[int]], ...]

    def __post_init__(self) -> None:
        """Refuse columns that are not of as many networks, and numbers of networks that there are not."""
        number = len(self.irrep_accs)
        for name in ("naive_accs", "irrep_times", "naive_times", "irrep_idxs"):
            if len(getattr(self, name)) != number:
                raise ValueError(f"`{name}` has {len(getattr(self, name))} values where `irrep_accs` has {number}")
        for name in ("avar_bad", "irrep_bad"):
            if any(not 0 <= i < number for i in getattr(self, name)):
                raise ValueError(f"`{name}` names a network that is none of {number}")
        if not number or min(self.naive_times) <= 0:
            raise ValueError("`naive_times` must be above 0, one a network")


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
    said = read_json(folder / FILES[1], _Said, what=what, advice=advice)
    path = folder / FILES[0]
    first = open_checkpoint(path, instance=0, group="S4")
    order = first.recovered.relabelling  # one order for all: a network that errs does not tell its own
    number = len(said.irrep_accs)
    opened = [open_checkpoint(path, instance=i, group="S4", element_order=order) for i in range(number)]
    measured = tuple(rho_measures(f"ideal {i}", found.model, found.group) for i, found in enumerate(opened))
    for i, (network, irreps) in enumerate(zip(measured, said.irrep_idxs, strict=True)):
        width = len(network.irreps)
        if any(not 0 <= n < width for neurons in irreps.values() for n in neurons):
            wrong = f"`irrep_idxs` {i} names a neuron that is none of {width}"
            raise BadRun(f"`{folder / FILES[1]}` must be {what}; {wrong}: {advice}")
    return Ideals(
        bounds=said.irrep_accs,
        accuracies=said.naive_accs,
        bound_seconds=said.irrep_times,
        accuracy_seconds=said.naive_times,
        a_bad=said.avar_bad,
        rho_bad=said.irrep_bad,
        irreps=said.irrep_idxs,
        measured=measured,
    )
