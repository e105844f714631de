"""Groups by name.

| name | group |
|---|---|
| `S5`, `A6` | symmetric and alternating groups on points 1 .. n |
| `C12`, `Z12` | cyclic group of order 12, rotating 12 points |
| `D8` | dihedral group **of order 8** (symmetries of the square), on 4 points |
| `V4` | Klein four-group {e, (12)(34), (13)(24), (14)(23)} |
| `Q8`, `Q16`, .. | generalised quaternion group of that order |
| `Dic3` | dicyclic group of order 12 |
| `F20`, `F21` | Frobenius group C_p:C_m of order p·m with p prime, on p points |
| `PSL(2,7)`, `PSL(3,2)` | for a prime p, on the p + 1 points of the projective line; and on 7 points |
| `S4xC2`, `C7:C3`, `(S3xS3):C2` | direct and semidirect products; `:` binds tighter than `x` |

Upper or lower case, `_`, `{}` and spaces are free, and `×` and `⋊` are read as `x` and `:`. Every order is known
before anything is built. Cyclic and dihedral groups on more than 100 points are plain tables with words a^k b as
labels. See `semidirect_product` for which action `N:K` means.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import factorial

import numpy as np

from cosetta.errors import Unsupported
from cosetta.groups.group import MAX_ORDER, Group
from cosetta.groups.products import MAX_DEGREE, direct_product, semidirect_product

__all__ = ["named_group"]

FORMS = "S5, A6, C12 (or Z12), D8 (order 8), Q8, Dic3, V4, F20, PSL(2,7), S4xC2, C7:C3, (S3xS3):C2"
_TOKEN = re.compile(r"psl\((\d{1,20}),(\d{1,20})\)|(dic|[aszcdqvf])(\d{1,20})|([x:()])")


def named_group(name: str) -> Group:
    """The group that a name stands for.

    Permutation groups carry `permutations` in lexicographic order (so the identity is 0) and cycle notation as
    labels.

    Args:
        name: a name from the table at the head of this module, such as `S5`, `C7:C3` or `S4xC2`.

    Returns:
        The group; its `name` is the normal spelling, for instance `C12` for `z_12`.

    Raises:
        Unsupported: if the name is unknown, or the group would have more than 10,000 elements.

    Example:
        >>> [(G.name, G.order) for G in map(named_group, ["s_5", "Z12", "D8", "c7:c3", "S4×C2"])]
        [('S5', 120), ('C12', 12), ('D8', 8), ('C7:C3', 21), ('S4xC2', 48)]
    """
    recipe = _Parser(name).parse()
    if recipe.order > MAX_ORDER:
        raise Unsupported(f"groups are held up to order {MAX_ORDER:,}; {recipe.name} has order {_big(recipe.order)}")
    return recipe.build()


@dataclass(frozen=True)
class _Recipe:
    """A group that is known by name and order but not built yet."""

    name: str
    order: int
    build: Callable[[], Group]
    is_atom: bool = True


class _Parser:
    """Recursive descent: product = semidirect (x semidirect)*, semidirect = atom (: atom)*, atom = word | (product)."""

    def __init__(self, text: str):
        self.text = text
        self.plain = text.lower().replace("×", "x").replace("*", "x").replace("⋊", ":")
        self.plain = "".join(c for c in self.plain if c not in "_{} \t")
        self.position = 0

    def parse(self) -> _Recipe:
        """The whole text."""
        if len(self.plain) > 200:
            raise Unsupported(f"a group name has at most 200 characters, not {len(self.plain)}; forms are: {FORMS}")
        recipe = self._product()
        if self.position < len(self.plain):
            raise self._unknown()
        return recipe

    def _product(self) -> _Recipe:
        """Factors joined by x."""
        recipe = self._semidirect()
        while self._take("x"):
            recipe = _direct(recipe, self._semidirect())
        return recipe

    def _semidirect(self) -> _Recipe:
        """Atoms joined by a colon."""
        recipe = self._atom()
        while self._take(":"):
            recipe = _semidirect(recipe, self._atom())
        return recipe

    def _atom(self) -> _Recipe:
        """A family with its number, or a product in parentheses."""
        if self._take("("):
            inside = self._product()
            if not self._take(")"):
                raise self._unknown()
            return inside
        token = _TOKEN.match(self.plain, self.position)
        if token is None or token.group(5):
            raise self._unknown()
        self.position = token.end()
        if token.group(1):
            return _projective(int(token.group(1)), int(token.group(2)))
        return _FAMILIES[token.group(3)](int(token.group(4)))

    def _take(self, symbol: str) -> bool:
        """Step over the symbol if it comes next."""
        found = self.plain.startswith(symbol, self.position)
        self.position += found
        return found

    def _unknown(self) -> Unsupported:
        """One line that says where reading stopped."""
        rest = self.plain[self.position :]
        where = f" (stopped at `{rest}`)" if self.position > 0 and rest else ""
        return Unsupported(f"`{self.text}` is not a group name{where}; forms that are: {FORMS}")


def _direct(left: _Recipe, right: _Recipe) -> _Recipe:
    """A x B."""
    name = f"{left.name}x{right.name}"
    return _Recipe(
        name, left.order * right.order, lambda: direct_product(left.build(), right.build(), name), is_atom=False
    )


def _semidirect(normal: _Recipe, acting: _Recipe) -> _Recipe:
    """N:K."""
    parts = [part.name if part.is_atom else f"({part.name})" for part in (normal, acting)]
    name = ":".join(parts)
    return _Recipe(
        name,
        normal.order * acting.order,
        lambda: semidirect_product(normal.build(), acting.build(), name),
        is_atom=False,
    )


def _permutation_recipe(name: str, order: int, generators: Callable[[], list]) -> _Recipe:
    """A permutation group whose generators are made only when it is built."""
    return _Recipe(name, order, lambda: Group.from_permutations(generators(), name=name))


def _symmetric(degree: int) -> _Recipe:
    """S_n from (12) and (12..n)."""
    _at_least(degree, 1, f"S{degree}")
    order = factorial(min(degree, 30))

    def generators() -> list:
        points = list(range(degree))
        return [[*points[1:], 0], [*points[1::-1], *points[2:]]]

    return _permutation_recipe(f"S{degree}", order, generators)


def _alternating(degree: int) -> _Recipe:
    """A_n from the 3-cycles (1 2 i)."""
    _at_least(degree, 1, f"A{degree}")
    order = max(1, factorial(min(degree, 30)) // 2)

    def generators() -> list:
        rows = np.tile(np.arange(degree), (max(1, degree - 2), 1))
        for row, i in zip(rows, range(2, degree), strict=False):
            row[[0, 1, i]] = 1, i, 0
        return rows.tolist()

    return _permutation_recipe(f"A{degree}", order, generators)


def _cyclic(order: int) -> _Recipe:
    """C_n as rotations of n points."""
    _at_least(order, 1, f"C{order}")
    if order > MAX_DEGREE:
        table = lambda: (np.arange(order)[:, None] + np.arange(order)) % order  # noqa: E731
        return _Recipe(f"C{order}", order, lambda: Group(table(), name=f"C{order}", labels=_powers(order)))
    return _permutation_recipe(f"C{order}", order, lambda: [[*range(1, order), 0]])


def _dihedral(order: int) -> _Recipe:
    """Rotations and reflections of the polygon with order/2 corners."""
    if order % 2 or order < 6:
        hint = f"the symmetries of the {order}-gon are `D{2 * order}`" if order > 2 else "the smallest is `D6`"
        hint += ", the Klein four-group is `V4`" if order == 4 else ""
        raise Unsupported(f"dihedral groups are named by their order, even and at least 6, not D{order}; {hint}")
    corners = order // 2
    if corners > MAX_DEGREE:
        return _Recipe(f"D{order}", order, lambda: _extended_cyclic(corners, 0, f"D{order}"))
    return _permutation_recipe(f"D{order}", order, lambda: [[*range(1, corners), 0], [0, *reversed(range(1, corners))]])


def _klein(number: int) -> _Recipe:
    """V4, transitive on 4 points."""
    if number != 4:
        raise Unsupported(f"the Klein four-group is `V4`, not V{number}; a larger one is `C2xC2xC2`")
    return _permutation_recipe("V4", 4, lambda: [[1, 0, 3, 2], [2, 3, 0, 1]])


def _quaternion(order: int) -> _Recipe:
    """Generalised quaternion group, order a power of two from 8 on."""
    if order < 8 or order & (order - 1):
        raise Unsupported(
            f"quaternion groups have order 8, 16, 32, .., not {order}; `Dic{max(order // 4, 2)}` may be meant"
        )
    return _Recipe(f"Q{order}", order, lambda: _dicyclic_group(order // 4, f"Q{order}"))


def _dicyclic(n: int) -> _Recipe:
    """Dic_n of order 4n."""
    _at_least(n, 2, f"Dic{n}")
    return _Recipe(f"Dic{n}", 4 * n, lambda: _dicyclic_group(n, f"Dic{n}"))


def _dicyclic_group(n: int, name: str) -> Group:
    """Dic_n with its words as labels; 1, i, -1, -i, j, k, -j, -k for Q8."""
    group = _extended_cyclic(2 * n, n, name)
    if n > 2:
        return group
    return Group(group.table, name=name, labels=("1", "i", "-1", "-i", "j", "k", "-j", "-k"))


def _extended_cyclic(m: int, square: int, name: str) -> Group:
    """Elements a^k (number k) and a^k b (number m + k) with a^m = e, b^2 = a^square, b a b^-1 = a^-1."""
    k = np.arange(m)
    same, opposite = (k[:, None] + k) % m, (k[:, None] - k) % m
    table = np.block([[same, m + same], [m + opposite, (opposite + square) % m]])
    powers = _powers(m)
    return Group(table, name=name, labels=(*powers, "b", *(f"{power}b" for power in powers[1:])))


def _powers(order: int) -> tuple[str, ...]:
    """Labels of the powers of a."""
    return ("e", "a", *(f"a{i}" for i in range(2, order)))[:order]


def _frobenius(order: int) -> _Recipe:
    """C_p:C_m with p the largest prime factor, acting on p points by x -> u x + t."""
    p = max((d for d in range(2, min(order, MAX_ORDER) + 1) if order % d == 0 and _is_prime(d)), default=1)
    m = order // p
    if m < 2 or m % p == 0 or (p - 1) % m:
        raise Unsupported(f"Frobenius groups C_p:C_m have order p·m with p prime and m > 1 dividing p - 1, not {order}")

    def generators() -> list:
        unit = next(u for u in range(2, p) if min(k for k in range(1, p) if pow(u, k, p) == 1) == m)
        return [[*range(1, p), 0], [unit * x % p for x in range(p)]]

    return _permutation_recipe(f"F{order}", order, generators)


def _projective(n: int, q: int) -> _Recipe:
    """PSL(2,p) from x -> x + 1 and x -> -1/x, infinity being the last point; PSL(3,2) on the Fano plane."""
    name = f"PSL({n},{q})"
    if (n, q) == (3, 2):
        return _permutation_recipe(name, 168, lambda: [[1, 2, 3, 4, 5, 6, 0], [1, 0, 5, 3, 4, 2, 6]])
    if n != 2 or not _is_prime(q):
        raise Unsupported(f"{name} is not offered; PSL(2,p) for a prime p and PSL(3,2) are")

    def generators() -> list:
        return [[*range(1, q), 0, q], [q, *(-pow(x, -1, q) % q for x in range(1, q)), 0]]

    return _permutation_recipe(name, q * (q * q - 1) // (1 if q == 2 else 2), generators)


def _is_prime(n: int) -> bool:
    """Trial division, stopped where the group is too large anyway."""
    return n > 1 and all(n % d for d in range(2, min(int(n**0.5), MAX_ORDER) + 1))


def _at_least(number: int, smallest: int, name: str) -> None:
    """Refuse S0 and the like."""
    if number < smallest:
        raise Unsupported(f"the number in `{name}` must be at least {smallest}")


def _big(order: int) -> str:
    """The order in full, or only its size."""
    return f"{order:,}" if order < 10**15 else f"about 10^{len(str(order)) - 1} or more"


_FAMILIES: dict[str, Callable[[int], _Recipe]] = {
    "s": _symmetric,
    "a": _alternating,
    "c": _cyclic,
    "z": _cyclic,
    "d": _dihedral,
    "v": _klein,
    "q": _quaternion,
    "dic": _dicyclic,
    "f": _frobenius,
}
