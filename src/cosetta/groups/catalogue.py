"""The library of small groups: `SmallGroup(n, k)` is the k-th group of order n.

All 92,804 groups of order up to 511 are shipped with their ids, made by GAP's library of small groups. Those of order
up to 63 are permutation generators with their structures (tests/oracles/make_group_data.py), the others polycyclic
presentations, 150 kB in all (tests/oracles/make_small_groups.py). Larger groups are asked of GAP itself, which the
extra `gap` installs. Ids agree with GAP and Magma. A group with points is the same set of permutations in either order
of multiplication, and a presentation knows no order, so nothing has to be converted.
"""

import gzip
import json
import lzma
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from cosetta.errors import Unsupported
from cosetta.groups.cayley import MAX_ORDER
from cosetta.groups.families import Recipe, permutation_recipe
from cosetta.groups.generated import permutation_group
from cosetta.groups.group import Group
from cosetta.groups.integers import prime_factors
from cosetta.groups.isomorphism import find_isomorphism
from cosetta.groups.polycyclic import polycyclic_labels, polycyclic_table

__all__ = ["CATALOGUE_LIMIT", "SmallGroupEntry", "catalogue", "number_of_groups", "small_group", "small_group_id"]

CATALOGUE_LIMIT = 511
"""Largest order in the shipped catalogue; there are 10,494,213 groups of order 512."""

IDENTIFIED_UP_TO = 63
"""Largest order whose groups are shipped with structures, and told apart by `small_group_id`."""


class SmallGroupEntry(NamedTuple):
    """One group of the catalogue."""

    order: int
    number: int
    structure: str
    generators: tuple[tuple[int, ...], ...]


@cache
def catalogue() -> tuple[SmallGroupEntry, ...]:
    """All groups of order up to 63, by order and number.

    Returns:
        The entries; `structure` is GAP's description, `generators` are 0-based one-line images of one degree.

    Source:
        Besche, Eick and O'Brien, A millennium project: constructing small groups, Int. J. Algebra Comput. 12 (2002).

    Example:
        >>> [entry.structure for entry in catalogue() if entry.order == 8]
        ['C8', 'C4xC2', 'D8', 'Q8', 'C2xC2xC2']
    """
    packed = files("cosetta.groups").joinpath("data", "small_groups.json.gz").read_bytes()
    rows = json.loads(gzip.decompress(packed))["groups"]
    return tuple(SmallGroupEntry(n, k, name, tuple(map(tuple, generators))) for n, k, name, generators in rows)


def small_group(order: int, number: int) -> Group:
    """The group `SmallGroup(order, number)`.

    Args:
        order: number of elements.
        number: its number among the groups of that order, from 1.

    Returns:
        A permutation group.

    Example:
        >>> small_group(8, 4), int((small_group(8, 4).element_orders == 2).sum())     # Q8 has one involution
        (Group('SmallGroup(8,4)', order=8), 1)
    """
    return small_group_recipe(order, number).build()


def small_group_recipe(order: int, number: int) -> Recipe:
    """How to make `SmallGroup(order, number)`.

    Args:
        order: number of elements.
        number: its number among the groups of that order, from 1.

    Returns:
        The recipe; beyond the catalogue it starts GAP when it is built.

    Raises:
        Unsupported: if there is no such group, or it is larger than a table can be.

    Example:
        >>> small_group_recipe(96, 64).order
        96
    """
    name = f"SmallGroup({order},{number})"
    if order < 1 or number < 1:
        raise Unsupported(f"`{name}` needs an order and a number from 1 on")
    if order > CATALOGUE_LIMIT:
        return Recipe(name, order, lambda: _from_gap(order, number, name))
    if number > number_of_groups(order):
        raise Unsupported(f"there are {number_of_groups(order):,} groups of order {order}; `{name}` is not among them")
    if order > IDENTIFIED_UP_TO:
        return Recipe(name, order, lambda: _from_presentation(order, number, name))
    found = [entry for entry in catalogue() if entry.order == order]
    return permutation_recipe(name, order, lambda: list(found[number - 1].generators))


def number_of_groups(order: int) -> int:
    """How many groups of an order there are.

    Args:
        order: from 1 to 511.

    Returns:
        Their number up to isomorphism.

    Raises:
        Unsupported: if the order is not in the catalogue.

    Example:
        >>> number_of_groups(8), number_of_groups(384)
        (5, 20169)
    """
    if not 1 <= order <= CATALOGUE_LIMIT:
        raise Unsupported(f"groups are counted for orders 1 to {CATALOGUE_LIMIT}, not {order}")
    if order <= IDENTIFIED_UP_TO:
        return sum(entry.order == order for entry in catalogue())
    head, _ = _presentations()
    return head["counts"][order - head["first"]]


@cache
def _presentations() -> tuple[dict[str, Any], bytes]:
    """Head and body of the file of the larger groups."""
    packed = files("cosetta.groups").joinpath("data", "small_groups_64_511.xz").read_bytes()
    head, _, body = lzma.decompress(packed).partition(b"\n")
    return json.loads(head), body


def _from_presentation(order: int, number: int, name: str) -> Group:
    """A group of order 64 to 511 from the file."""
    head, body = _presentations()
    if generators := head["permutations"].get(f"{order},{number}"):
        return permutation_group(generators, name=name)
    others = [tuple(map(int, key.split(","))) for key in head["permutations"]]
    start = 0
    for n, count in enumerate(head["counts"], head["first"]):
        before = count if n < order else number - 1
        start += _stored_bytes(n) * (before - sum(m == n and k <= before for m, k in others))
        if n == order:
            break
    width = 1 if order <= 256 else 2
    numbers = np.frombuffer(body[start : start + _stored_bytes(order)], dtype=f">u{width}").tolist()
    length = len(prime_factors(order))
    primes, powers, rest = numbers[:length], numbers[length : 2 * length], iter(numbers[2 * length :])
    conjugates = [[next(rest) for _ in range(i + 1, length)] for i in range(length)]
    return Group(polycyclic_table(primes, powers, conjugates), name=name, labels=polycyclic_labels(primes))


def _stored_bytes(order: int) -> int:
    """Length of one presentation: primes, powers, conjugates."""
    length = len(prime_factors(order))
    return (1 if order <= 256 else 2) * (2 * length + length * (length - 1) // 2)


def small_group_id(group: Group) -> tuple[int, int] | None:
    """The id of a group in the catalogue.

    Args:
        group: any group.

    Returns:
        (order, number), or None for orders above 63.

    Example:
        >>> small_group_id(Group(np.arange(4)[:, None] ^ np.arange(4)))
        (4, 2)
    """
    if group.order > IDENTIFIED_UP_TO:
        return None
    profile = np.sort(group.element_orders).tobytes()
    alike = [(number, known) for number, known, orders in _identified(group.order) if orders == profile]
    for number, known in alike:
        if len(alike) == 1 or find_isomorphism(group, known) is not None:
            return group.order, number
    return None  # not reached: the catalogue is complete


@cache
def _identified(order: int) -> tuple[tuple[int, Group, bytes], ...]:
    """Number, group and sorted orders of elements of the shipped groups of one order."""
    groups = ((entry.number, permutation_group(entry.generators)) for entry in catalogue() if entry.order == order)
    return tuple((number, known, np.sort(known.element_orders).tobytes()) for number, known in groups)


def _from_gap(order: int, number: int, name: str) -> Group:
    """Ask GAP."""
    try:
        from passagemath_gap import libgap  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise Unsupported(
            f"the catalogue ends at order {CATALOGUE_LIMIT}, before {name}; `pip install 'cosetta[gap]'` installs GAP "
            "(GPL, 800 MB), which knows it"
        ) from None
    try:
        libgap.LoadPackage("smallgrp")
        count = int(libgap.NrSmallGroups(order))
        G = libgap.SmallGroup(order, number) if number <= count else None
    except Exception as error:  # GAP's own error classes are not known without GAP
        raise Unsupported(f"GAP has no list of the groups of order {order}: {error}") from None
    if G is None:
        raise Unsupported(f"there are {count:,} groups of order {order}; `{name}` is not among them")
    G = G.IsomorphismPermGroup().Image().SmallerDegreePermutationRepresentation().Image()
    degree = max(1, int(G.LargestMovedPoint()))
    generators = [[int(i) - 1 for i in g.ListPerm(degree)] for g in G.GeneratorsOfGroup()]
    return permutation_group(generators or [[0]], name=name, max_order=MAX_ORDER)
