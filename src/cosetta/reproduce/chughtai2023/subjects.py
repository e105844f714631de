"""Whom their claims are asked of: their released networks, and networks trained here, by what both have in common."""

from dataclasses import dataclass
from typing import final

from cosetta.reproduce.chughtai2023.agreement import Compared

__all__ = ["KeyRun", "Subject"]


@final
@dataclass(frozen=True)
class KeyRun:
    """What irreps explain of one network.

    Args:
        name: of the network.
        group: name of its group.
        order: number of elements.
        architecture: `MLP` or `transformer`, with the number of neurons: networks of one kind are compared.
        key: key irreps, as Cosetta names them where it can.
        test_loss: nats; None if it is not known.
        restricted: loss with rho(ab) of the key irreps alone, nats; None if it is not measured.
        excluded: loss without it, nats; None if it is not measured.
        acquired: step at which each irrep was acquired; empty without checkpoints.
    """

    name: str
    group: str
    order: int
    architecture: str
    key: tuple[str, ...]
    test_loss: float | None = None
    restricted: float | None = None
    excluded: float | None = None
    acquired: tuple[tuple[str, int], ...] = ()


@final
@dataclass(frozen=True)
class Subject:
    """One population.

    Args:
        runs: its networks that generalise.
        compared: their released runs, whose figures are held against ours; empty for networks trained here.
    """

    runs: tuple[KeyRun, ...]
    compared: tuple[Compared, ...] = ()

    def of(self, group: str) -> tuple[KeyRun, ...]:
        """Its networks of one group.

        Args:
            group: name of the group.

        Returns:
            The networks.
        """
        return tuple(run for run in self.runs if run.group == group)
