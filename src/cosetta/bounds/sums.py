"""How a certificate sums: which tables over cosets are added to which, so that few rows are added in all.

A function that is constant on the cosets of H, plus one constant on those of K, is constant on those of their
intersection: x is reached through its cosets in few subgroups, as down a tree. Only the sizes of the common refinements
matter here; nothing is assumed of the partitions.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Int

__all__ = ["Refinements", "group_rights", "merge_order"]


class Refinements:
    """Common refinements of partitions of one set, each computed once.

    Args:
        partitions: block of each element, a row a partition.
    """

    def __init__(self, partitions: Int[np.ndarray, "partition g"]) -> None:
        self._known = {frozenset([i]): blocks for i, blocks in enumerate(partitions)}

    def blocks(self, parts: frozenset[int], other: frozenset[int] = frozenset()) -> Int[np.ndarray, " g"]:
        """Block of each element in the common refinement of two refinements.

        Args:
            parts: rows of the partitions of the first; known already.
            other: those of the second; known already, or empty.

        Returns:
            Numbers from 0.

        Example:
            >>> halves, thirds = np.arange(6) % 2, np.arange(6) % 3
            >>> len(set(Refinements(np.stack([halves, thirds])).blocks(frozenset([0]), frozenset([1])).tolist()))
            6
        """
        if parts | other not in self._known:
            first, second = self._known[parts], self._known[other]
            self._known[parts | other] = np.unique(first * len(first) + second, return_inverse=True)[1]
        return self._known[parts | other]

    def size(self, parts: frozenset[int], other: frozenset[int] = frozenset()) -> int:
        """Number of blocks of the common refinement of two refinements.

        Args:
            parts: rows of the partitions of the first.
            other: those of the second.

        Returns:
            At least 1.
        """
        return int(self.blocks(parts, other).max()) + 1


def merge_order(known: Refinements, leaves: Sequence[int]) -> tuple[list[list[int]], int]:
    """In which order to add tables over partitions until one is left.

    Two rules are followed to the end, and the one with fewer rows is taken: always the two tables with the smallest
    sum, or those whose sum grows least.

    Args:
        known: refinements.
        leaves: partition of each table.

    Returns:
        Pairs of tables, those that arise numbered on from the leaves; and the number of rows of all sums.

    Example:
        >>> halves, thirds = np.arange(12) % 2, np.arange(12) % 3
        >>> merge_order(Refinements(np.stack([halves, thirds, np.arange(12) % 4])), [0, 1, 2])
        ([[0, 2], [1, 3]], 16)
    """
    return min((_merged(known, leaves, grown) for grown in (0.0, 1.0)), key=lambda found: found[1])


def _merged(known: Refinements, leaves: Sequence[int], grown: float) -> tuple[list[list[int]], int]:
    """The order that always adds the two tables with the smallest sum, less a share of the larger of the two."""
    nodes = {i: frozenset([leaf]) for i, leaf in enumerate(leaves)}
    sizes = {i: known.size(parts) for i, parts in nodes.items()}
    merges, new, rows = [], len(nodes), 0
    while len(nodes) > 1:
        pairs = ((known.size(nodes[i], nodes[j]), i, j) for i in nodes for j in nodes if i < j)
        size, i, j = min(pairs, key=lambda pair: (pair[0] - grown * max(sizes[pair[1]], sizes[pair[2]]), *pair))
        nodes[new], sizes[new] = nodes.pop(i) | nodes.pop(j), size
        merges.append([i, j])
        rows += size
        new += 1
    return merges, rows


LARGEST = 2**22
"""Numbers in a table over the cosets of several right subgroups: 32 MB."""


def group_rights(known: Refinements, left: int, rights: Mapping[int, list[int]], order: int) -> list[list[list]]:
    """Which tables of one left partition to add once over the common refinement of their right partitions.

    Tables with n right partitions are added for every y at n - 1 rows, or once for each block of their refinement. Two
    groups are joined as long as that saves rows.

    Args:
        known: refinements.
        left: the left partition.
        rights: neurons by right partition.
        order: number of elements.

    Returns:
        Groups of pairs: a right partition and its neurons.
    """
    groups = [frozenset([Q]) for Q in rights]
    most = min(order - 1, LARGEST // (order * known.size(frozenset([left]))))

    def once(group: frozenset[int], other: frozenset[int] = frozenset()) -> int:
        return (len(group | other) - 1) * known.size(group, other)

    while len(groups) > 1:
        gains = [
            (order + once(a) + once(b) - once(a, b), i, j)
            for i, a in enumerate(groups)
            for j, b in enumerate(groups[:i])
            if known.size(a, b) <= most
        ]
        gain, i, j = max(gains, default=(0, 0, 0))
        if gain <= 0:
            break
        known.blocks(groups[i], groups[j])
        groups = [group for k, group in enumerate(groups) if k not in (i, j)] + [groups[i] | groups[j]]
    return [[[Q, rights[Q]] for Q in sorted(group)] for group in groups]
