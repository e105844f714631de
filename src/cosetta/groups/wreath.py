"""Wreath products A wr B: the power A^n, whose n factors a permutation group B on n points permutes.

An element is a tuple (a_1, .., a_n) with a permutation b; its order is |A|^n |B|. The product acts on n copies of the
points of A: b carries copy i to copy b(i). C2 wr S3 is the symmetry group of the cube, S3 wr C2 = (S3xS3):C2.
"""

import numpy as np

from cosetta.errors import Unsupported
from cosetta.groups.cayley import MAX_ORDER
from cosetta.groups.generated import permutation_group
from cosetta.groups.group import Group

__all__ = ["wreath_product"]


def wreath_product(A: Group, B: Group, name: str | None = None) -> Group:
    """Wreath product of a group with a permutation group.

    Args:
        A: the group whose copies are permuted. A group without points acts on its own elements.
        B: the permuting group, on its own points; a group without points permutes its own elements.
        name: what to call the product; by default the two names joined by `wr`.

    Returns:
        The product as a permutation group on (points of A) x (points of B).

    Raises:
        Unsupported: if the product is larger than a table can be.

    Example:
        >>> C2 = Group.from_permutations([(1, 0)], name="C2")
        >>> wreath_product(C2, C2).order                        # the symmetries of the square
        8
    """
    name = name or f"{A.name}wr{B.name}"
    inner, outer = _points(A), _points(B)
    copies, degree = outer.shape[1], inner.shape[1]
    if A.order > 1 and (copies * np.log2(A.order) > 20 or A.order**copies * B.order > MAX_ORDER):
        size = f"{A.order}^{copies}·{B.order}"
        raise Unsupported(f"groups are held up to order {MAX_ORDER:,}; {name} has order {size}")
    points = np.arange(copies * degree).reshape(copies, degree)
    generators = [points[image].ravel() for image in outer]
    for first in _orbit_minima(outer):  # one copy of A in each orbit of B makes all of them
        for image in inner:
            moved = points.copy()
            moved[first] = first * degree + image
            generators.append(moved.ravel())
    return permutation_group([g.tolist() for g in generators], name=name)


def _points(group: Group) -> np.ndarray:
    """Images of the generators on the points, or on the elements if there are none; the identity if trivial."""
    rows = list(group.generators) or [0]
    return group.table[rows] if group.permutations is None else group.permutations[rows]


def _orbit_minima(images: np.ndarray) -> list[int]:
    """Smallest point of each orbit."""
    smallest = np.arange(images.shape[1])
    for _ in range(images.shape[1]):
        for image in images:
            smallest = np.minimum(smallest, smallest[image])
    return np.unique(smallest).tolist()
