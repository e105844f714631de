"""Every group of a small order, made once a process: laws hold for all of them, not for a chosen few."""

from functools import cache

import numpy as np

from cosetta.groups import Group, SubgroupLattice, small_group, subgroup_lattice
from cosetta.groups.catalogue import number_of_groups

__all__ = ["groups_of_order", "lattice_of", "shuffled"]


@cache
def groups_of_order(order: int) -> tuple[Group, ...]:
    """The groups of one order, by number."""
    return tuple(small_group(order, number) for number in range(1, number_of_groups(order) + 1))


@cache
def lattice_of(group: Group) -> SubgroupLattice:
    """Its subgroups."""
    return subgroup_lattice(group)


def shuffled(group: Group, seed: int = 0) -> Group:
    """The same group with its elements in another order, the identity still first, and no permutations to lean on."""
    new = np.concatenate([[0], 1 + np.random.default_rng([seed, group.order]).permutation(group.order - 1)])
    table = np.empty_like(group.table)
    table[np.ix_(new, new)] = new[group.table]
    return Group(table)
