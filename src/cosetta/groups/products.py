"""Direct and semidirect products of groups.

In N:K the element (n, k) acts as x -> n·φ_k(x) on N, where φ is a homomorphism from K to the automorphisms of N.
Products of permutation groups act on the disjoint union of the points, and so keep short cycle notation. Names such
as `S4xC2` are read in `named.py`.
"""

from functools import cache
from math import gcd

import numpy as np

from cosetta.errors import Unsupported
from cosetta.groups.actions import faithful_action
from cosetta.groups.cayley import MAX_ORDER
from cosetta.groups.group import Group
from cosetta.groups.isomorphism import all_automorphisms

__all__ = ["direct_product", "semidirect_product"]

MAX_DEGREE = 100
"""Most points that named permutation groups act on; on more, cycle notation is not readable and fills memory."""


def direct_product(G: Group, H: Group, name: str | None = None) -> Group:
    """Direct product of two groups.

    Args:
        G: first factor.
        H: second factor.
        name: what to call the product; by default the two names joined by `x`.

    Returns:
        G x H. Two permutation groups give a permutation group on the disjoint union of their points, G on the first
        ones; otherwise the pair (a, b) is element `a * H.order + b`.

    Raises:
        Unsupported: if the product is larger than a table can be.

    Example:
        >>> C2 = Group.from_permutations([(1, 0)], name="C2")
        >>> direct_product(C2, C2).labels
        ('e', '(34)', '(12)', '(12)(34)')
    """
    name = name or f"{G.name}x{H.name}"
    if G.order * H.order > MAX_ORDER:
        raise Unsupported(f"groups are held up to order {MAX_ORDER:,}; {name} has order {G.order * H.order:,}")
    if G.permutations is not None and H.permutations is not None:
        return Group.from_permutations(_disjoint(_images(G), _images(H)), name=name)
    table = G.table[:, None, :, None] * H.order + H.table[None, :, None, :]
    labels = tuple(f"({a},{b})" for a in G.labels for b in H.labels)
    return Group(table.reshape(G.order * H.order, -1), name=name, labels=labels)


def semidirect_product(N: Group, K: Group, name: str | None = None) -> Group:
    r"""Semidirect product N:K, K acting on N as faithfully as it can.

    For a K that is not cyclic see `faithful_action`. For a cyclic K, among the automorphisms of N whose order divides
    |K|, the generator of K acts by the one with, in this order: the largest order; the largest order modulo inner
    automorphisms (so that the product is not direct in disguise); the fewest fixed elements; the first in the order of
    the images of 0, 1, 2, .... For N = C_n that is multiplication by a unit of the largest order that |K| allows: C7:C3
    is the Frobenius group F21, C3:C4 the dicyclic group Dic3, C4:C2 the dihedral D8.

    Args:
        N: the normal factor. Its automorphisms are listed, so it must be small.
        K: the acting factor.
        name: what to call the product; by default the two names joined by `:`.

    Returns:
        The product as a permutation group, on the points of N where the action of K can be given by moving those
        points, and otherwise on the elements of N; with |K| points more when the action alone would not be
        faithful. Where that takes more than 100 points, a plain table in which the pair (n, k) is element `n *
        K.order + k`.

    Raises:
        Unsupported: if K cannot act on N but trivially, or if N has too many automorphisms to
            list.

    Example:
        >>> C3 = Group.from_permutations([(1, 2, 0)], name="C3")
        >>> C2 = Group.from_permutations([(1, 0)], name="C2")
        >>> semidirect_product(C3, C2).labels
        ('e', '(23)', '(12)', '(123)', '(132)', '(13)')
    """
    name = name or f"{N.name}:{K.name}"
    if N.order * K.order > MAX_ORDER:
        raise Unsupported(f"groups are held up to order {MAX_ORDER:,}; {name} has order {N.order * K.order:,}")
    if K.order not in K.element_orders:
        return _with_action(N, K, faithful_action(N, K), name)
    action = None if K.order == 1 else _best_action(N, K.order)
    if action is None:
        raise Unsupported(f"{K.name} acts on {N.name} only trivially; write the direct product `{N.name}x{K.name}`")
    mover = None if N.permutations is None else _induced_move(N, action)
    if mover is not None and K.order % _order(mover) == 0:
        images = _images(N)
    else:
        images, mover = N.table[list(N.generators)], action
    if len(mover) + K.order > MAX_DEGREE:
        return _semidirect_table(N, K.order, action, name)
    product = Group.from_permutations([*images.tolist(), mover.tolist()], name=name)
    if product.order == N.order * K.order:
        return product
    cycle = len(mover) + np.roll(np.arange(K.order), -1)  # K.order more points tell the elements of K apart
    fixed = len(mover) + np.arange(K.order)
    wider = [np.concatenate([p, fixed]).tolist() for p in images] + [np.concatenate([mover, cycle]).tolist()]
    return Group.from_permutations(wider, name=name)


def _with_action(N: Group, K: Group, images: np.ndarray | None, name: str) -> Group:
    """N:K for an action of a K that is not cyclic: the pair (n, k) moves x in N to n·φ_k(x), and the points of K."""
    if images is None:
        raise Unsupported(f"{K.name} acts on {N.name} only trivially; write the direct product `{N.name}x{K.name}`")
    shifts = np.zeros((K.order, 0), dtype=np.int64)
    if len(np.unique(images, axis=0)) < K.order:
        shifts = K.table if K.permutations is None else K.permutations
    points = N.order + np.arange(shifts.shape[1])
    if N.order + shifts.shape[1] <= MAX_DEGREE:
        moves = [np.concatenate([N.table[n], points]) for n in N.generators]
        moves += [np.concatenate([images[k], N.order + shifts[k]]) for k in K.generators]
        return Group.from_permutations([move.tolist() for move in moves], name=name)
    first, second = N.table[:, images], K.table  # n, k, m and k, l
    table = first[..., None] * K.order + second[None, :, None, :]
    labels = tuple(f"({n},{k})" for n in N.labels for k in K.labels)
    return Group(table.reshape(N.order * K.order, -1), name=name, labels=labels)


def _semidirect_table(N: Group, order: int, action: np.ndarray, name: str) -> Group:
    """(n, k)(m, l) = (n action^k(m), k + l); the pair (n, k) is element `n * order + k`."""
    powers = [np.arange(N.order)]
    for _ in range(order - 1):
        powers.append(action[powers[-1]])
    first = N.table[:, np.array(powers)]  # n, k, m
    second = (np.arange(order)[:, None] + np.arange(order)) % order  # k, l
    table = first[..., None] * order + second[None, :, None, :]
    labels = tuple(f"({n},t{k})" for n in N.labels for k in range(order))
    return Group(table.reshape(N.order * order, -1), name=name, labels=labels)


def _images(group: Group) -> np.ndarray:
    """One-line images of the generators; the identity for the trivial group."""
    assert group.permutations is not None
    return group.permutations[list(group.generators) or [0]]


def _disjoint(first: np.ndarray, second: np.ndarray) -> list[list[int]]:
    """Images of generators of both factors on the union of their points."""
    here, there = np.arange(first.shape[1]), np.arange(second.shape[1])
    left = [np.concatenate([p, len(here) + there]).tolist() for p in first]
    return left + [np.concatenate([here, len(here) + p]).tolist() for p in second]


def _order(images: np.ndarray) -> int:
    """Order of a permutation."""
    power, order = images, 1
    while (power != np.arange(len(images))).any():
        power, order = images[power], order + 1
    return order


def _best_action(N: Group, order: int) -> np.ndarray | None:
    """The automorphism that the generator of K acts by; None if only the identity has an order that divides |K|."""
    if N.order in N.element_orders:
        return _best_multiplication(N, order)
    everything = np.arange(N.order)
    inner = {row.tobytes() for row in _conjugations(N)}
    best: tuple[int, int, int] = (1, 0, 0)
    chosen = None
    for automorphism in np.array(sorted(all_automorphisms(N).tolist())):
        power, exponent, outer = automorphism, 1, 0
        while exponent <= order:
            if not outer and power.tobytes() in inner:
                outer = exponent
            if (power == everything).all():
                break
            power, exponent = automorphism[power], exponent + 1
        if order % exponent == 0:
            key = (exponent, outer, -int((automorphism == everything).sum()))
            if exponent > 1 and (chosen is None or key > best):
                best, chosen = key, automorphism
    return chosen


def _best_multiplication(N: Group, order: int) -> np.ndarray | None:
    """The same for a cyclic N, whose automorphisms are a -> a^u for units u."""
    generator = int(np.argmax(N.element_orders == N.order))
    powers = [0]
    while len(powers) < N.order:
        powers.append(int(N.table[powers[-1], generator]))
    powers = np.array(powers)
    exponents = np.argsort(powers)
    units = [(_unit_order(u, N.order), -gcd(u - 1, N.order), u) for u in range(2, N.order) if gcd(u, N.order) == 1]
    units = [unit for unit in units if order % unit[0] == 0]
    if not units:
        return None
    best = max(unit[:2] for unit in units)
    images = (powers[exponents * u % N.order] for *key, u in units if tuple(key) == best)
    return min(images, key=lambda image: image.tolist())


@cache
def _unit_order(u: int, n: int) -> int:
    """Least k >= 1 with u^k = 1 mod n."""
    power, k = u % n, 1
    while power != 1:
        power, k = power * u % n, k + 1
    return k


def _conjugations(N: Group) -> np.ndarray:
    """Row t: a -> t a t^-1, as the integers that `all_automorphisms` uses."""
    return N.table[N.table, N.inverse[:, None]].astype(np.int64)


def _induced_move(N: Group, automorphism: np.ndarray) -> np.ndarray | None:
    """A permutation p of the points of N with p a p^-1 = automorphism(a) for all a, or None."""
    assert N.permutations is not None
    images = N.permutations
    degree = images.shape[1]
    stabilisers = images == np.arange(degree)  # element, point
    carried = np.empty_like(stabilisers)
    carried[automorphism] = stabilisers
    move = np.full(degree, -1)
    for point in range(degree):
        if move[point] >= 0:
            continue
        # p carries the stabiliser of a point to that of its image
        fits = [q for q in range(degree) if q not in move and (stabilisers[:, q] == carried[:, point]).all()]
        if not fits:
            return None
        move[images[:, point]] = images[automorphism, fits[0]]
    return move
