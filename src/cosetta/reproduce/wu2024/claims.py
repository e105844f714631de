"""Their claims as rows: sizes of rho-sets, the idealised networks and their failures, |B|^2 neurons, and the bound."""

from cosetta.reproduce.wu2024.bound_rows import bound_rows
from cosetta.reproduce.wu2024.ideal_rows import ideal_rows
from cosetta.reproduce.wu2024.network_rows import network_rows
from cosetta.reproduce.wu2024.size_rows import size_rows
from cosetta.reproduce.wu2024.subjects import Row

__all__ = ["claim_rows"]


def claim_rows() -> tuple[Row, ...]:
    """Every claim, before anything is measured.

    Returns:
        The rows.
    """
    return (*size_rows(), *ideal_rows(), *network_rows(), *bound_rows())
