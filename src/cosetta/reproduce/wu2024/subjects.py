"""Whom their claims are asked of: their idealised networks, and S5 networks trained here."""

from dataclasses import dataclass
from typing import final

from cosetta.reproduce.frame.claims import ClaimRow
from cosetta.reproduce.frame.rules import Measured, plain
from cosetta.reproduce.wu2024.ideals import Ideals
from cosetta.reproduce.wu2024.measures import MATTERS, RhoMeasures, SetFacts

__all__ = ["IDEALS", "NOT_MEASURED", "OURS", "Row", "Subject", "strong_sets"]

IDEALS = "their idealised S4"
"""Name of the population that their file holds."""

OURS = "this project"
"""Source of what their paper does not say in numbers."""

NOT_MEASURED = Measured("not measured", (plain(None, 0),))
"""What a population says of a claim that is not about it."""


@final
@dataclass(frozen=True)
class Subject:
    """One population.

    Args:
        networks: its networks; for their file, the ideals.
        ideals: what their file says; None for networks trained here.
    """

    networks: tuple[RhoMeasures, ...]
    ideals: Ideals | None = None


Row = ClaimRow[Subject]


def strong_sets(network: RhoMeasures) -> list[SetFacts]:
    """Rho-sets that matter.

    Args:
        network: what is measured of it.

    Returns:
        Those with at least `MATTERS` of the network's strength.
    """
    return [found for found in network.sets if found.strength >= MATTERS]
