"""Generators to show: as few as possible, and among those the ones that read most simply.

Elements generate H exactly when no maximal subgroup of H contains them all, so with the lattice at hand generating
sets are the sets that every maximal subgroup misses; none of them needs a closure.
"""

from math import log

import numpy as np

from cosetta.groups.integers import is_prime
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
    maximal = lattice.maximal_subgroups(position)
    missing = np.packbits(~lattice.members[maximal][:, elements], axis=0).T  # which maximal subgroups miss the element
    first: dict[bytes, int] = {}
    for a, row in zip(elements.tolist(), missing, strict=True):
        first.setdefault(row.tobytes(), a)
    columns = [int.from_bytes(row) >> -len(maximal) % 8 for row in first]
    counts = range(_fewest(lattice, position, maximal), len(maximal) + 1)
    covers = (_first_cover(columns, (1 << len(maximal)) - 1, count) for count in counts)
    return tuple(list(first.values())[i] for i in next(c for c in covers if c is not None))


def _fewest(lattice: SubgroupLattice, position: int, maximal: np.ndarray) -> int:
    """A lower bound of the number of generators: the rank of the largest elementary abelian quotient."""
    order, generators = int(lattice.orders[position]), lattice.generators[position]
    indices = order // lattice.orders[maximal]
    ranks = [min(len(maximal), 1)]
    for p in np.unique(indices):
        normal = lattice.members[lattice.normalizers[maximal[indices == p], None], generators].all(axis=1)
        if is_prime(int(p)) and normal.any():  # r generators have (p^r - 1) / (p - 1) normal subgroups of index p
            ranks.append(round(log(int(normal.sum()) * (p - 1) + 1, p)))
    return max(ranks)


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


def _first_cover(columns: list[int], open_: int, count: int, start: int = 0) -> tuple[int, ...] | None:
    """The first `count` columns (bit sets), in order, that together hold every bit of `open_`."""
    if not open_:
        return ()
    if count == 0:
        return None
    for i in range(start, len(columns)):
        left = open_ & ~columns[i]
        if left != open_ and (count > 1 or not left):
            rest = _first_cover(columns, left, count - 1, i + 1)
            if rest is not None:
                return (i, *rest)
    return None
