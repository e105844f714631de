"""Families of groups that a letter and a number name: S_n, A_n, C_n, D_n, Q_n, Dic_n, V4, F_n, Aff(n), Heis(p), M11.

A `Recipe` knows the name and the order of a group before anything is built. Cyclic and dihedral groups on more than
100 points are plain tables with words a^k b as labels. Linear groups over GF(q) are in `linear.py`, the grammar of
names in `named.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial, gcd
from typing import final

import numpy as np

from cosetta.errors import Unsupported
from cosetta.groups.cayley import MAX_ORDER
from cosetta.groups.generated import permutation_group
from cosetta.groups.group import Group
from cosetta.groups.integers import is_prime, prime_factors
from cosetta.groups.products import MAX_DEGREE

__all__ = ["FAMILIES", "Recipe", "affine", "heisenberg", "permutation_recipe"]


@final
@dataclass(frozen=True)
class Recipe:
    """A group that is known by name and order but not built yet.

    Args:
        name: its normal spelling.
        order: its number of elements, however large.
        build: makes it.
        is_atom: whether the name needs no parentheses inside a larger one.
    """

    name: str
    order: int
    build: Callable[[], Group]
    is_atom: bool = True


def permutation_recipe(name: str, order: int, generators: Callable[[], list]) -> Recipe:
    """A permutation group whose generators are made only when it is built.

    Args:
        name: its normal spelling.
        order: its order.
        generators: makes the 0-based one-line images.

    Returns:
        The recipe.

    Example:
        >>> permutation_recipe("C3", 3, lambda: [[1, 2, 0]]).build()
        Group('C3', order=3)
    """
    return Recipe(name, order, lambda: permutation_group(generators(), name=name))


def _symmetric(degree: int) -> Recipe:
    """S_n from (12) and (12..n)."""
    _at_least(degree, 1, f"S{degree}")
    order = factorial(min(degree, 30))

    def generators() -> list:
        points = list(range(degree))
        return [[*points[1:], 0], [*points[1::-1], *points[2:]]]

    return permutation_recipe(f"S{degree}", order, generators)


def _alternating(degree: int) -> Recipe:
    """A_n from the 3-cycles (1 2 i)."""
    _at_least(degree, 1, f"A{degree}")
    order = max(1, factorial(min(degree, 30)) // 2)

    def generators() -> list:
        rows = np.tile(np.arange(degree), (max(1, degree - 2), 1))
        for row, i in zip(rows, range(2, degree), strict=False):
            row[[0, 1, i]] = 1, i, 0
        return rows.tolist()

    return permutation_recipe(f"A{degree}", order, generators)


def _cyclic(order: int) -> Recipe:
    """C_n as rotations of n points."""
    _at_least(order, 1, f"C{order}")
    if order > MAX_DEGREE:
        table = lambda: (np.arange(order)[:, None] + np.arange(order)) % order  # noqa: E731
        return Recipe(f"C{order}", order, lambda: Group(table(), name=f"C{order}", labels=_powers(order)))
    return permutation_recipe(f"C{order}", order, lambda: [[*range(1, order), 0]])


def _dihedral(order: int) -> Recipe:
    """Rotations and reflections of the polygon with order/2 corners."""
    if order % 2 or order < 6:
        hint = (
            f"the symmetries of the {order}-gon are `D{2 * order}` or `Dih{order}`"
            if order > 2
            else "the smallest is `D6`"
        )
        hint += ", the Klein four-group is `V4`" if order == 4 else ""
        raise Unsupported(f"dihedral groups are named by their order, even and at least 6, not D{order}; {hint}")
    corners = order // 2
    if corners > MAX_DEGREE:
        return Recipe(f"D{order}", order, lambda: _extended_cyclic(corners, 0, f"D{order}"))
    return permutation_recipe(f"D{order}", order, lambda: [[*range(1, corners), 0], [0, *reversed(range(1, corners))]])


def _corners(corners: int) -> Recipe:
    """Dih_n, the symmetries of the n-gon."""
    _at_least(corners, 3, f"Dih{corners}")
    return _dihedral(2 * corners)


def _quasidihedral(order: int) -> Recipe:
    """X -> x + 1 and x -> (m/2 - 1) x on m = order/2 points."""
    if order < 16 or order & (order - 1):
        raise Unsupported(f"quasidihedral groups have order 16, 32, 64, .., not {order}")
    m = order // 2
    if m > MAX_DEGREE:
        return Recipe(f"QD{order}", order, lambda: _extended_cyclic(m, 0, f"QD{order}", m // 2 - 1))
    moves = lambda: [[*range(1, m), 0], [(m // 2 - 1) * x % m for x in range(m)]]  # noqa: E731
    return permutation_recipe(f"QD{order}", order, moves)


def _klein(number: int) -> Recipe:
    """V4, transitive on 4 points."""
    if number != 4:
        raise Unsupported(f"the Klein four-group is `V4`, not V{number}; a larger one is `C2xC2xC2`")
    return permutation_recipe("V4", 4, lambda: [[1, 0, 3, 2], [2, 3, 0, 1]])


def _quaternion(order: int) -> Recipe:
    """Generalised quaternion group, order a power of two from 8 on."""
    if order < 8 or order & (order - 1):
        raise Unsupported(
            f"quaternion groups have order 8, 16, 32, .., not {order}; `Dic{max(order // 4, 2)}` may be meant"
        )
    return Recipe(f"Q{order}", order, lambda: _dicyclic_group(order // 4, f"Q{order}"))


def _dicyclic(n: int) -> Recipe:
    """Dic_n of order 4n."""
    _at_least(n, 2, f"Dic{n}")
    return Recipe(f"Dic{n}", 4 * n, lambda: _dicyclic_group(n, f"Dic{n}"))


def _dicyclic_group(n: int, name: str) -> Group:
    """Dic_n with its words as labels; 1, i, -1, -i, j, k, -j, -k for Q8."""
    group = _extended_cyclic(2 * n, n, name)
    if n > 2:
        return group
    return Group(group.table, name=name, labels=("1", "i", "-1", "-i", "j", "k", "-j", "-k"))


def _extended_cyclic(m: int, square: int, name: str, moved: int = -1) -> Group:
    """Elements a^k (number k) and a^k b (number m + k) with a^m = e, b^2 = a^square, b a b^-1 = a^moved."""
    k = np.arange(m)
    same, opposite = (k[:, None] + k) % m, (k[:, None] + moved * k) % m
    table = np.block([[same, m + same], [m + opposite, (opposite + square) % m]])
    powers = _powers(m)
    return Group(table, name=name, labels=(*powers, "b", *(f"{power}b" for power in powers[1:])))


def _powers(order: int) -> tuple[str, ...]:
    """Labels of the powers of a."""
    return ("e", "a", *(f"a{i}" for i in range(2, order)))[:order]


def _frobenius(order: int) -> Recipe:
    """C_p:C_m with p the largest prime factor, acting on p points by x -> u x + t."""
    p = max(prime_factors(order), default=1)
    m = order // p
    if m < 2 or m % p == 0 or (p - 1) % m:
        raise Unsupported(f"Frobenius groups C_p:C_m have order p·m with p prime and m > 1 dividing p - 1, not {order}")

    def generators() -> list:
        unit = next(u for u in range(2, p) if min(k for k in range(1, p) if pow(u, k, p) == 1) == m)
        return [[*range(1, p), 0], [unit * x % p for x in range(p)]]

    return permutation_recipe(f"F{order}", order, generators)


def _at_least(number: int, smallest: int, name: str) -> None:
    """Refuse S0 and the like."""
    if number < smallest:
        raise Unsupported(f"the number in `{name}` must be at least {smallest}")


def affine(n: int) -> Recipe:
    """Aff(n), the maps x -> ux + t of the integers mod n with u a unit.

    Args:
        n: the modulus.

    Returns:
        The recipe of a group of order n·φ(n) on n points; a plain table with labels `ux+t` for n > 100.

    Raises:
        Unsupported: if the group would be larger than a table can be.

    Example:
        >>> affine(8).build().order
        32
    """
    name = f"Aff({n})"
    _at_least(n, 2, name)
    if n > MAX_ORDER:
        raise Unsupported(f"groups are held up to order {MAX_ORDER:,}; {name} is larger")
    units = np.array([u for u in range(1, n + 1) if gcd(u, n) == 1])
    if n <= MAX_DEGREE:
        points = np.arange(n)
        return permutation_recipe(
            name, n * len(units), lambda: [((points + 1) % n).tolist(), *((u * points % n).tolist() for u in units)]
        )

    def build() -> Group:
        u, t = np.divmod(np.arange(n * len(units)), n)
        number = np.zeros(n, dtype=np.int64)
        number[units % n] = np.arange(len(units))
        table = number[units[u][:, None] * units[u] % n] * n + (units[u][:, None] * t + t[:, None]) % n
        labels = tuple(f"{a}x+{b}" for a, b in zip(units[u], t, strict=True))
        return Group(table, name=name, labels=labels)

    return Recipe(name, n * len(units), build)


def heisenberg(p: int) -> Recipe:
    """Heis(p), the matrices [[1,a,c],[0,1,b],[0,0,1]] mod p.

    Args:
        p: a prime.

    Returns:
        The recipe of a group of order p^3 with the triples (a,b,c) as labels.

    Raises:
        Unsupported: if p is not a prime.

    Example:
        >>> heisenberg(3).build().labels[:3]
        ('(0,0,0)', '(0,0,1)', '(0,0,2)')
    """
    if not is_prime(p):
        raise Unsupported(f"Heisenberg groups are taken modulo a prime, not {p}")

    def build() -> Group:
        a, b, c = np.unravel_index(np.arange(p**3), (p, p, p))
        first, second = (a[:, None] + a) % p, (b[:, None] + b) % p
        table = (first * p + second) * p + (c[:, None] + c + a[:, None] * b) % p
        return Group(table, name=f"Heis({p})", labels=tuple(f"({i},{j},{k})" for i, j, k in zip(a, b, c, strict=True)))

    return Recipe(f"Heis({p})", p**3, build)


def _mathieu(degree: int) -> Recipe:
    """M11 on 11 points."""
    orders = {12: "95,040", 22: "443,520", 23: "10,200,960", 24: "244,823,040"}
    if degree != 11:
        size = f", of order {orders[degree]}" if degree in orders else ""
        raise Unsupported(f"of the Mathieu groups only `M11` is small enough, not M{degree}{size}")
    cycle, other = [*range(1, 11), 0], list(range(11))
    for a, b, c, d in ((2, 6, 10, 7), (3, 9, 4, 5)):
        other[a], other[b], other[c], other[d] = b, c, d, a
    return permutation_recipe("M11", 7920, lambda: [cycle, other])


FAMILIES: dict[str, Callable[[int], Recipe]] = {
    "s": _symmetric,
    "a": _alternating,
    "c": _cyclic,
    "z": _cyclic,
    "d": _dihedral,
    "v": _klein,
    "q": _quaternion,
    "dic": _dicyclic,
    "dih": _corners,
    "qd": _quasidihedral,
    "f": _frobenius,
    "m": _mathieu,
}
"""Reader of the number after each letter."""
