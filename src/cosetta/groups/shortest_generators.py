"""Generators to show: as few as possible, and among those the ones that read most simply.

Elements generate H exactly when no maximal subgroup of H contains them all, so with the lattice at hand generating
sets are the sets that every maximal subgroup misses; none of them needs a closure.
"""

import numpy as np

from cosetta.groups.lattice import SubgroupLattice

__all__ = ["shortest_generators", "shown_generators"]


def shortest_generators(lattice: SubgroupLattice, position: int) -> tuple[int, ...]:
    """A smallest generating set of one subgroup.

    Args:
        lattice: the subgroups of a group.
        position: which subgroup.

    Returns:
        Elements of the group; of all smallest generating sets the first when elements are compared by the length of
        their labels, then by `display_order`.

    Example:
        >>> from cosetta.groups.group import Group
        >>> from cosetta.groups.enumeration import subgroup_lattice
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> [S3.labels[g] for g in shortest_generators(subgroup_lattice(S3), 5)]
        ['(12)', '(13)']
    """
    elements = lattice.display_order[lattice.members[position][lattice.display_order]]
    elements = np.array(sorted(elements, key=lambda a: len(lattice.group.labels[a])))
    missing = ~lattice.members[lattice.maximal_subgroups(position)][:, elements]  # maximal subgroup, element
    covers = (_first_cover(missing, count) for count in range(len(missing) + 1))
    return tuple(int(elements[i]) for i in next(c for c in covers if c is not None))


def shown_generators(lattice: SubgroupLattice, position: int) -> str:
    """Those generators as text: `(12)(34)` for a cyclic subgroup of a permutation group, else `<(12),(34)>`.

    Args:
        lattice: the subgroups of a group.
        position: which subgroup.

    Returns:
        The text.

    Example:
        >>> from cosetta.groups.group import Group
        >>> from cosetta.groups.enumeration import subgroup_lattice
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> shown_generators(subgroup_lattice(S3), 1), shown_generators(subgroup_lattice(S3), 5)
        ('(12)', '<(12),(13)>')
    """
    generators = shortest_generators(lattice, position)
    labels = [lattice.group.labels[g] for g in generators]
    if len(labels) == 1 and lattice.group.permutations is not None:
        return labels[0]
    return f"<{','.join(labels)}>"


def _first_cover(missing: np.ndarray, count: int) -> tuple[int, ...] | None:
    """The first `count` columns, in order, such that each row is true in one of them."""
    if not len(missing):
        return ()
    if count == 0:
        return None
    if count == 1:
        full = np.flatnonzero(missing.all(axis=0))
        return (int(full[0]),) if full.size else None
    for first in np.flatnonzero(missing.any(axis=0)):
        rest = _first_cover(missing[~missing[:, first]][:, first + 1 :], count - 1)
        if rest is not None:
            return (int(first), *(int(first) + 1 + i for i in rest))
    return None
