"""A group's Cayley table from predictions of which some are wrong.

In a group (ac)y = a(cy). So every triple (a, c, y) gives one vote on the product of a and cy, namely the product of ac
and y, and about |G| votes fall on each pair. Right predictions vote alike and wrong ones do not, so a majority is right
long before the predictions are: with 40 % right products of S5 the table comes out exactly. Rounds alternate between
the two sides until nothing changes; whether the result is a group is checked, not assumed.
"""

from math import lgamma, log
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from cosetta.errors import NotAGroup
from cosetta.groups import Group

__all__ = ["MAX_REPAIR_ORDER", "Repair", "identity_first", "renumbered", "repair_table", "witness_of"]

MAX_ROUNDS = 20
"""Rounds of voting; right tables settle within five."""

MAX_REPAIR_ORDER = 1500
"""Largest order that is repaired: the cost is |G|^3 a round, seconds at order 720."""

CHANCE = 1e-9
"""A repaired table is accepted when the chance that random predictions agree with any group as well is below this."""


class Repair(NamedTuple):
    """A group in the file's element order, and how many predictions contradict it."""

    table: Int[np.ndarray, "g g"]
    identity: int
    mistakes: int


def repair_table(predictions: Int[np.ndarray, "g g"]) -> Repair | None:
    """The group table that predictions determine.

    **Cost**: |G|^2 when the predictions are a group already, else |G|^3 a round.

    Args:
        predictions: the predicted product of each pair of elements.

    Returns:
        The table, where its identity sits, and the number of predictions that differ from it; None if voting does not
        end at a group, or so few predictions agree that random ones might.

    Source:
        This project. The vote is the associative law; the bound on chance is Chernoff's over all relabelled groups.

    Example:
        >>> table = (np.arange(7)[:, None] + np.arange(7)) % 7
        >>> wrong = table.copy()
        >>> wrong[3, 4] = 5
        >>> repair = repair_table(wrong)
        >>> bool((repair.table == table).all()), repair.identity, repair.mistakes
        (True, 0, 1)
        >>> repair_table(np.zeros((7, 7), dtype=int)) is None
        True
    """
    table = np.asarray(predictions, dtype=np.int64)
    order = len(table)
    for sweep in range(MAX_ROUNDS):
        identity = _identity(table)
        if identity is not None and _is_group(table, identity):
            mistakes = int((table != predictions).sum())
            return Repair(table, identity, mistakes) if _beyond_chance(order, mistakes) else None
        if order > MAX_REPAIR_ORDER:
            return None
        voted = _vote(table) if sweep % 2 == 0 else _vote(table.T).T
        if sweep and (voted == table).all():
            return None
        table = voted
    return None


def witness_of(predictions: Int[np.ndarray, "g g"]) -> tuple[int, str]:
    """How far predictions are from associative.

    Args:
        predictions: the predicted product of each pair of elements.

    Returns:
        The number of products a·x that at least half of the triples (ac)y = a(cy) with cy = x contradict, and one
        triple that breaks the law, in words; an empty string when none of the triples looked at does.

    Example:
        >>> witness_of(np.array([[0, 1, 2], [1, 0, 0], [2, 1, 0]]))
        (2, '(1·1)·2 = 0·2 = 2 but 1·(1·2) = 1·0 = 1')
    """
    table = np.asarray(predictions, dtype=np.int64)
    order = len(table)
    inconsistent = _contradicted(table) if order <= MAX_REPAIR_ORDER else order * order
    for a in range(min(order, 50)):
        left, right = table[table[a]], table[a][table]  # (a·c)·y and a·(c·y)
        if (left != right).any():
            c, y = map(int, np.argwhere(left != right)[0])
            ac, cy = int(table[a, c]), int(table[c, y])
            return inconsistent, f"({a}·{c})·{y} = {ac}·{y} = {left[c, y]} but {a}·({c}·{y}) = {a}·{cy} = {right[c, y]}"
    return inconsistent, ""


def _vote(table: np.ndarray) -> np.ndarray:
    """New products of a with everything: for each c and y, a·(cy) ought to be (ac)·y."""
    order, voted = len(table), np.empty_like(table)
    places = table.ravel() * order  # cy, as the row of a count
    for a in range(order):
        counts = np.bincount(places + table[table[a]].ravel(), minlength=order * order).reshape(order, order)
        voted[a] = np.where(counts.any(axis=1), counts.argmax(axis=1), table[a])
    return voted


def _contradicted(table: np.ndarray) -> int:
    """Number of products that at least half of the triples on them contradict."""
    order, found = len(table), 0
    columns, votes = table.ravel(), np.maximum(np.bincount(table.ravel(), minlength=len(table)), 1)
    for a in range(order):
        agreeing = table[table[a]].ravel() == table[a][columns]  # (ac)y against a(cy)
        found += int((2 * np.bincount(columns, weights=agreeing, minlength=order) <= votes).sum())
    return found


def _identity(table: np.ndarray) -> int | None:
    """The element that leaves every element alone on both sides."""
    everything = np.arange(len(table))
    found = np.flatnonzero((table == everything).all(axis=1) & (everything == table.T).all(axis=1))
    return int(found[0]) if found.size else None


def _is_group(table: np.ndarray, identity: int) -> bool:
    try:
        Group(renumbered(table, identity_first(len(table), identity)))
    except NotAGroup:
        return False
    return True


def identity_first(order: int, identity: int) -> Int[np.ndarray, " g"]:
    """New numbers of the elements: the identity gets 0 and those before it move up by one.

    Args:
        order: number of elements.
        identity: where the identity sits.

    Returns:
        The new number of each element.
    """
    everything = np.arange(order)
    return np.where(everything < identity, everything + 1, np.where(everything == identity, 0, everything))


def renumbered(table: Int[np.ndarray, "g g"], numbers: Int[np.ndarray, " g"]) -> Int[np.ndarray, "g g"]:
    """The same multiplication with other numbers for the elements.

    Args:
        table: products.
        numbers: the new number of each element.

    Returns:
        The table in the new numbers.
    """
    new = np.empty_like(table)
    new[np.ix_(numbers, numbers)] = numbers[table]
    return new


def _beyond_chance(order: int, mistakes: int) -> bool:
    """Whether random predictions agree this well with some group on the elements with chance below `CHANCE`."""
    if mistakes == 0:
        return True
    pairs = order * order
    share, chance = 1 - mistakes / pairs, 1 / order
    if share <= chance:
        return False
    rest = mistakes / pairs
    divergence = share * log(share / chance) + rest * log(rest / (1 - chance))
    tables = lgamma(order + 1) + log(order) ** 2 * 3  # relabellings of one group, times a generous count of groups
    return tables - pairs * divergence < log(CHANCE)
