"""Subgroups and partitions, remembered: accounts ask for the same ones in every contest and control draw."""

from functools import lru_cache

import numpy as np
from jaxtyping import Int

from cosetta.groups import Subgroup, SubgroupLattice, conjugate, cosets, double_cosets

__all__ = ["conjugate_by", "coset_partition", "double_coset_partition", "subgroup_at"]

REMEMBERED = 4096
"""Partitions of each kind: 12 MB in S6."""


@lru_cache(REMEMBERED)
def coset_partition(H: Subgroup, side: str) -> Int[np.ndarray, " g"]:
    """`cosets`, remembered and not to be written to.

    Args:
        H: the subgroup.
        side: `left` or `right`.

    Returns:
        The number of each element's coset.
    """
    return _closed(cosets(H, side=side))


@lru_cache(REMEMBERED)
def double_coset_partition(H: Subgroup, K: Subgroup) -> Int[np.ndarray, " g"]:
    """`double_cosets`, remembered and not to be written to.

    Args:
        H: the subgroup on the left.
        K: the subgroup on the right.

    Returns:
        The number of each element's double coset.
    """
    return _closed(double_cosets(H, K))


@lru_cache(REMEMBERED)
def conjugate_by(H: Subgroup, g: int) -> Subgroup:
    """`conjugate`, remembered.

    Args:
        H: the subgroup.
        g: an element.

    Returns:
        gHg^-1.
    """
    return conjugate(H, g)


@lru_cache(REMEMBERED)
def subgroup_at(lattice: SubgroupLattice, position: int) -> Subgroup:
    """`lattice.subgroup`, remembered: one object a subgroup, so that what is remembered of it is found at once.

    Args:
        lattice: the subgroups of a group.
        position: 0 .. number of subgroups - 1.

    Returns:
        The subgroup.
    """
    return lattice.subgroup(position)


def _closed(parts: Int[np.ndarray, " g"]) -> Int[np.ndarray, " g"]:
    parts.flags.writeable = False
    return parts
