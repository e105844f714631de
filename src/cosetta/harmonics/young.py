r"""Irreps of the symmetric group S_n in Young's orthogonal form.

The irrep of a partition has the standard tableaux of that shape as an orthonormal basis. The transposition $s_i =
(i\;i{+}1)$ sends a tableau T to $r^{-1} T + \sqrt{1 - r^{-2}}\, s_i T$, where $r = c(i{+}1) - c(i)$ is the axial
distance and the content c of an entry is its column minus its row. Other elements are products of these, with (ab)(i) =
a(b(i)). Matrices are float64 and held in full: 4 MB for S_6, 203 MB for S_7 (the order limit on groups excludes S_8).
"""

from math import factorial

import numpy as np
from jaxtyping import Float

from cosetta.errors import Unsupported
from cosetta.groups.group import Group
from cosetta.harmonics.irrep import Irrep
from cosetta.harmonics.words import fill, word_steps

__all__ = ["partition_name", "partitions", "symmetric_degree", "young_irreps"]


def partitions(n: int) -> tuple[tuple[int, ...], ...]:
    """Partitions of n, in reverse lexicographic order: (n) first, (1, ..., 1) last.

    Args:
        n: a non-negative integer.

    Returns:
        Weakly decreasing tuples of positive integers that sum to n.

    Example:
        >>> partitions(4)
        ((4,), (3, 1), (2, 2), (2, 1, 1), (1, 1, 1, 1))
    """

    def below(rest: int, largest: int) -> list[tuple[int, ...]]:
        if rest == 0:
            return [()]
        return [(part, *tail) for part in range(min(rest, largest), 0, -1) for tail in below(rest - part, part)]

    return tuple(below(n, n))


def partition_name(partition: tuple[int, ...]) -> str:
    """Printed form of a partition: three or more ones are written as a power.

    Args:
        partition: weakly decreasing positive integers.

    Returns:
        The label of the irrep.

    Example:
        >>> [partition_name(p) for p in [(5,), (3, 1, 1), (2, 1, 1, 1), (1, 1, 1, 1, 1)]]
        ['(5)', '(3,1,1)', '(2,1^3)', '(1^5)']
    """
    ones = partition.count(1)
    parts = [str(part) for part in partition if part > 1]
    parts += [f"1^{ones}"] if ones >= 3 else ["1"] * ones
    return f"({','.join(parts)})"


def symmetric_degree(group: Group) -> int | None:
    """The n for which the group is held as all permutations of n >= 3 points, or None.

    S_1 and S_2 are left to the abelian route, so that C_2 is named the same however it was made.

    Args:
        group: any group; only its `permutations` are looked at.

    Returns:
        The degree n, or None.

    Example:
        >>> symmetric_degree(Group.from_permutations([(1, 0, 2), (1, 2, 0)]))
        3
    """
    images = group.permutations
    if images is None or images.shape[1] < 3 or group.order != factorial(images.shape[1]):
        return None
    return images.shape[1] if len(np.unique(images, axis=0)) == group.order else None


def young_irreps(group: Group) -> tuple[Irrep, ...]:
    """Irreps of S_n, one a partition of n, trivial (n) first and sign (1^n) last.

    Args:
        group: S_n as permutations of n points, n >= 3.

    Returns:
        The irreps in the order of `partitions(n)`; all are of real type.

    Raises:
        Unsupported: if the group is not held as all permutations of n >= 3 points.

    Source:
        James and Kerber, The Representation Theory of the Symmetric Group (1981), chapter 3.

    Example:
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> [(irrep.name, irrep.dim) for irrep in young_irreps(S3)]
        [('(3)', 1), ('(2,1)', 2), ('(1^3)', 1)]
    """
    degree = symmetric_degree(group)
    if degree is None:
        raise Unsupported(f"Young's form covers S_n held as all permutations of n >= 3 points; got {group!r}")
    transpositions = _adjacent_transpositions(group, degree)
    steps = word_steps(group, transpositions)
    found = []
    for partition in partitions(degree):
        matrices = fill(group.order, steps, _young_matrices(partition))
        found.append(Irrep(partition_name(partition), matrices, frobenius_schur=1))
    return tuple(found)


def _standard_tableaux(partition: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Standard tableaux as words: entry i is in row `word[i]`."""
    if sum(partition) == 0:
        return [()]
    words = []
    for row, part in enumerate(partition):
        following = partition[row + 1] if row + 1 < len(partition) else 0
        if part > following:
            smaller = (*partition[:row], part - 1, *partition[row + 1 :])
            words += [(*word, row) for word in _standard_tableaux(smaller)]
    return words


def _contents(word: tuple[int, ...]) -> list[int]:
    return [word[:i].count(row) - row for i, row in enumerate(word)]


def _young_matrices(partition: tuple[int, ...]) -> Float[np.ndarray, "transposition d d"]:
    """Matrices of s_1, ..., s_{n-1}."""
    words = _standard_tableaux(partition)
    position = {word: i for i, word in enumerate(words)}
    matrices = np.zeros((sum(partition) - 1, len(words), len(words)))
    for j, word in enumerate(words):
        contents = _contents(word)
        for i in range(len(word) - 1):
            distance = contents[i + 1] - contents[i]
            matrices[i, j, j] = 1 / distance
            if abs(distance) > 1:
                swapped = (*word[:i], word[i + 1], word[i], *word[i + 2 :])
                matrices[i, position[swapped], j] = np.sqrt(1 - 1 / distance**2)
    return matrices


def _adjacent_transpositions(group: Group, degree: int) -> list[int]:
    """The elements (1 2), (2 3), ..., of the group."""
    assert group.permutations is not None
    elements = []
    for i in range(degree - 1):
        image = np.arange(degree)
        image[[i, i + 1]] = i + 1, i
        elements.append(int(np.argmax((group.permutations == image).all(axis=1))))
    return elements
