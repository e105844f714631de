"""Sets closed under products: all products of permutations, or of matrices modulo a number.

The elements are found breadth first and numbered in lexicographic order of their images or entries, with the identity
at 0, so the table depends on the set and not on the generators. For permutations (ab)(i) = a(b(i)).
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Int

from cosetta.errors import NotAGroup, Unsupported
from cosetta.groups.cayley import MAX_ORDER

__all__ = ["closed_matrices", "closed_permutations", "cycle_label"]


def closed_permutations(
    generators: Sequence[Sequence[int]], max_order: int = MAX_ORDER
) -> tuple[Int[np.ndarray, "g degree"], Int[np.ndarray, "g g"]]:
    """All products of permutations, with their Cayley table.

    Args:
        generators: 0-based one-line images of one degree.
        max_order: refuse a group that grows beyond this many elements.

    Returns:
        The images in lexicographic order, and the table.

    Raises:
        NotAGroup: if a generator is not a permutation or the degrees differ.
        Unsupported: if there are more than `max_order` products.

    Example:
        >>> images, table = closed_permutations([(1, 2, 0)])
        >>> images.tolist(), table.tolist()
        ([[0, 1, 2], [1, 2, 0], [2, 0, 1]], [[0, 1, 2], [1, 2, 0], [2, 0, 1]])
    """
    degree = len(generators[0]) if len(generators) else 1
    for g in generators:
        if sorted(g) != list(range(degree)):
            shown = list(g) if len(g) <= 20 else f"{list(g[:20])} .."
            raise NotAGroup(f"each generator must be a permutation of 0..{degree - 1} in one-line form; got {shown}")
    start = tuple(range(degree))
    gens = [tuple(int(i) for i in g) for g in generators]
    elements = sorted(_close(start, gens, _compose, max_order))
    table = _table_from_generators(elements, gens, _compose)
    assert table is not None  # permutations are invertible
    return np.array(elements, dtype=np.int32), table


def closed_matrices(
    generators: Sequence[np.ndarray], modulus: int, max_order: int = MAX_ORDER
) -> tuple[Int[np.ndarray, "g d d"], Int[np.ndarray, "g g"]]:
    """All products of invertible matrices modulo a number, with their Cayley table.

    Args:
        generators: square integer matrices of one size.
        modulus: entries are taken modulo this number, from 2 to a million.
        max_order: refuse a group that grows beyond this many elements.

    Returns:
        The matrices, the identity first, the rest in lexicographic order of their entries; and the table.

    Raises:
        NotAGroup: if the matrices are not square of one size, or one of them is not invertible mod `modulus`.
        Unsupported: if the group has more than `max_order` elements.

    Example:
        >>> matrices, table = closed_matrices([np.array([[1, 1], [0, 1]])], modulus=3)
        >>> matrices[2].tolist(), table[1, 1]
        ([[1, 2], [0, 1]], np.int32(2))
    """
    if not 2 <= modulus <= 10**6 or not len(generators):
        wanted = "a matrix group needs at least one generator and a modulus from 2 to a million"
        raise NotAGroup(f"{wanted}; got {len(generators)} and a modulus of {modulus}")
    matrices = [np.asarray(m, dtype=np.int64) % modulus for m in generators]
    size = matrices[0].shape[0] if matrices[0].ndim else 0
    for m in matrices:
        if m.shape != (size, size) or not size:
            raise NotAGroup(
                f"generators must be square matrices of one size; got shape {m.shape} beside ({size}, {size})"
            )

    def product(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
        rows = np.array(a).reshape(size, size) @ np.array(b).reshape(size, size)
        return tuple((rows % modulus).ravel().tolist())

    one = tuple((np.eye(size, dtype=np.int64) % modulus).ravel().tolist())
    gens = [tuple(m.ravel().tolist()) for m in matrices]
    found = _close(one, gens, product, max_order)
    elements = [one, *sorted(e for e in found if e != one)]
    table = _table_from_generators(elements, gens, product)
    if table is None:
        raise NotAGroup(
            f"generators must be invertible modulo {modulus}; their products do not reach back to the identity"
        )
    return np.array(elements).reshape(-1, size, size), table


def cycle_label(images: Int[np.ndarray, " degree"]) -> str:
    """Cycle notation on points 1 .. degree; commas only where points have two digits.

    Args:
        images: 0-based one-line images.

    Returns:
        The cycles, each from its smallest point, without fixed points; `e` for the identity.

    Example:
        >>> cycle_label(np.array([1, 0, 3, 4, 2]))
        '(12)(345)'
    """
    seen: set[int] = set()
    text = ""
    for start in range(len(images)):
        cycle, point = [], start
        while point not in seen:
            seen.add(point)
            cycle.append(str(point + 1))
            point = int(images[point])
        if len(cycle) > 1:
            text += "(" + ("," if len(images) > 9 else "").join(cycle) + ")"
    return text or "e"


def _close(start: Hashable, generators: list, product: Callable[[Any, Any], Any], max_order: int) -> set:
    """All products of the generators (any hashable elements), breadth first."""
    seen, frontier = {start}, [start]
    while frontier:
        reached = set()
        for e in frontier:  # counted inside, so that a group that is too large stops soon
            reached.update(x for g in generators if (x := product(e, g)) not in seen)
            if len(seen) + len(reached) > max_order:
                raise Unsupported(f"tables are held up to order {max_order}; these generators make a larger group")
        seen |= reached
        frontier = list(reached)
    return seen


def _compose(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """One-line image of ab, b acting first."""
    return tuple([a[i] for i in b])


def _table_from_generators(
    elements: list, generators: list, product: Callable[[Any, Any], Any]
) -> Int[np.ndarray, "g g"] | None:
    """Cayley table from the rows of the generators: row(ga) = row(g)[row(a)]; None if some row is never reached."""
    position = {element: i for i, element in enumerate(elements)}
    rows = [np.array([position[product(g, a)] for a in elements], dtype=np.int32) for g in generators]
    if not all(len(np.unique(row)) == len(elements) for row in rows):
        return None
    table = np.full((len(elements), len(elements)), -1, dtype=np.int32)
    table[0] = np.arange(len(elements))
    frontier = [0]
    while frontier:
        reached = []
        for a in frontier:
            for row in rows:
                if table[row[a], 0] < 0:
                    table[row[a]] = row[table[a]]
                    reached.append(row[a])
        frontier = reached
    return table
