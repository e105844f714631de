"""Tables before they are groups: the axioms, and the closure of a set under the product.

A table is an array with `table[a, b]` the product ab of the elements 0 .. |G|-1. `group.py` holds one that was checked.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int

from cosetta.errors import NotAGroup, Unsupported

__all__ = ["MAX_ORDER", "check_action", "check_table", "frozen", "generated", "greedy_generators"]

MAX_ORDER = 10_000
"""Largest order whose Cayley table is held in memory (400 MB of int32)."""


def frozen(array: np.ndarray) -> np.ndarray:
    """Read-only int32 copy, so that a shared table cannot be changed by accident.

    Args:
        array: integers.

    Returns:
        The copy.

    Example:
        >>> frozen(np.array([1, 2])).flags.writeable
        False
    """
    array = np.array(array, dtype=np.int32)
    array.setflags(write=False)
    return array


def check_table(table: np.ndarray) -> Int[np.ndarray, "g g"]:
    """Check every axiom of a group: closed, identity at 0, associative by Light's test, an inverse for each element.

    Args:
        table: the candidate.

    Returns:
        A read-only copy.

    Raises:
        NotAGroup: if an axiom fails; the message names the elements that break it.
        Unsupported: if the order is above 10,000.

    Source:
        Light's associativity test: Clifford and Preston, The Algebraic Theory of Semigroups I (1961), section 1.2.

    Example:
        >>> check_table(np.array([[0, 1], [1, 1]]))
        Traceback (most recent call last):
        cosetta.errors.NotAGroup: every element must have an inverse, but row 1 never reaches 0: it is [1, 1]
    """
    table = frozen(_checked_shape(table))
    _check_monoid(table)
    _check_group(table, greedy_generators(table))
    return table


def check_action(images: Int[np.ndarray, "a degree"], table: Int[np.ndarray, "g g"], generators: Sequence[int]) -> None:
    """Check that permutations multiply like the table, b acting first.

    Args:
        images: 0-based one-line images of each element.
        table: the table of a group.
        generators: elements that generate it.

    Raises:
        NotAGroup: if (ab)(i) = a(b(i)) fails; the message names a and b.

    Example:
        >>> check_action(np.array([[0, 1], [1, 0]]), np.array([[0, 1], [1, 0]]), [1])
    """
    if images.shape[0] != len(table):
        raise NotAGroup(f"`permutations` must have one row for each of {len(table)} elements; got {images.shape[0]}")
    for b in generators:
        wrong = (images[table[:, b]] != images[:, images[b]]).any(axis=1)
        if wrong.any():
            a = int(np.argmax(wrong))
            raise NotAGroup(f"`permutations` must satisfy (ab)(i) = a(b(i)); it fails for a = {a}, b = {b}")


def generated(table: Int[np.ndarray, "g g"], generators: Sequence[int]) -> Bool[np.ndarray, " g"]:
    """Which elements the generators reach from the identity by multiplying on the right.

    Args:
        table: the table of a group, or of any set with a product.
        generators: elements.

    Returns:
        Membership in the subgroup that they generate.

    Example:
        >>> generated((np.arange(6)[:, None] + np.arange(6)) % 6, [2]).tolist()
        [True, False, True, False, True, False]
    """
    members = np.zeros(table.shape[0], dtype=bool)
    members[0] = True
    gens, frontier = np.array(generators, dtype=np.intp), np.array([0])
    while frontier.size:
        reached = np.zeros_like(members)
        reached[table[frontier[:, None], gens]] = True
        frontier = np.flatnonzero(reached & ~members)
        members[frontier] = True
    return members


def greedy_generators(table: Int[np.ndarray, "g g"], elements: Int[np.ndarray, " h"] | None = None) -> tuple[int, ...]:
    """A short generating set: each element is the smallest one outside what those before it generate.

    Args:
        table: the table.
        elements: what is to be generated, ascending; all elements if None.

    Returns:
        The generators; none for the trivial subgroup.

    Example:
        >>> greedy_generators((np.arange(6)[:, None] + np.arange(6)) % 6, np.array([0, 2, 4]))
        (2,)
    """
    elements = np.arange(len(table)) if elements is None else elements
    generators: list[int] = []
    members = generated(table, generators)
    while (missing := elements[~members[elements]]).size:
        generators.append(int(missing[0]))
        members = generated(table, generators)
    return tuple(generators)


def _checked_shape(table: np.ndarray) -> np.ndarray:
    table = np.asarray(table)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or table.shape[0] == 0:
        raise NotAGroup(f"a table must be square with at least one row; got shape {table.shape}")
    if table.shape[0] > MAX_ORDER:
        raise Unsupported(f"tables are held up to order {MAX_ORDER}; this one has order {table.shape[0]}")
    if not np.issubdtype(table.dtype, np.integer):
        raise NotAGroup(f"table entries must be integers; got dtype {table.dtype}")
    return table


def _check_monoid(table: np.ndarray) -> None:
    """Closed, with the identity at 0."""
    order = table.shape[0]
    outside = (table < 0) | (table >= order)
    if outside.any():
        a, b = map(int, np.argwhere(outside)[0])
        raise NotAGroup(f"table is not closed: {a}·{b} = {table[a, b]} is not an element 0..{order - 1}")
    everything = np.arange(order)
    for side, line in (("row", table[0]), ("column", table[:, 0])):
        if (line != everything).any():
            a = int(np.argmax(line != everything))
            fixes_all = (table == everything).all(axis=1) & (everything == table.T).all(axis=1)
            hint = (
                f"renumber the identity {np.argmax(fixes_all)} to 0" if fixes_all.any() else "no element is an identity"
            )
            raise NotAGroup(f"element 0 must be the identity, but {side} 0 sends {a} to {line[a]}; {hint}")


def _check_group(table: np.ndarray, generators: Sequence[int]) -> None:
    """Light's test, then a right inverse for each element: with an identity these make a group."""
    for g in generators:  # (xg)y = x(gy) for generators g implies it for all g
        for start in range(0, len(table), 128):  # blocks of rows that stay in the processor's cache
            rows = table[start : start + 128]
            left, right = table[rows[:, g]], np.take(rows, table[g], axis=1)
            if (left != right).any():
                x, y = map(int, np.argwhere(left != right)[0])
                shown = f"({start + x}·{g})·{y} = {left[x, y]} but {start + x}·({g}·{y}) = {right[x, y]}"
                raise NotAGroup(f"table is not associative: {shown}")
    invertible = (table == 0).any(axis=1)
    if not invertible.all():
        a = int(np.argmin(invertible))
        raise NotAGroup(f"every element must have an inverse, but row {a} never reaches 0: it is {_head(table[a])}")


def _head(line: np.ndarray) -> str:
    """First entries of a row, for a message."""
    return str(line[:8].tolist()) + (" ..." if len(line) > 8 else "")
