"""Structure of the subgroups in a lattice, as text: `C6`, `V4`, `D8`, `S4`, `F20`, `S3xC3`, `(S3xS3):C2`.

Everything is read off the lattice, and a name without `:` or `.` is a proof of the isomorphism type: S_n and A_n by
a core-free subgroup of index n, dihedral and dicyclic groups by a cyclic subgroup of index 2, direct products by
two normal subgroups, simple groups by their order. N:K (normal subgroup with a complement) and N.C2 (without) leave
the rest open, and `order-48 group` says that nothing was recognised. Telling several classes of one structure apart
is in `naming.py`.
"""

from collections.abc import Sequence
from functools import cache
from math import factorial

import numpy as np

from cosetta.groups.abelian import invariant_factors
from cosetta.groups.integers import is_prime, prime_factors
from cosetta.groups.lattice import SubgroupLattice

__all__ = ["commutes", "structure_names"]

_SIMPLE = {
    168: "PSL(3,2)",
    504: "PSL(2,8)",
    660: "PSL(2,11)",
    1092: "PSL(2,13)",
    2448: "PSL(2,17)",
    3420: "PSL(2,19)",
    4080: "PSL(2,16)",
    5616: "PSL(3,3)",
    6048: "PSU(3,3)",
    6072: "PSL(2,23)",
    7800: "PSL(2,25)",
    7920: "M11",
    9828: "PSL(2,27)",
}
"""Simple groups of order below 20,160 other than A_n; their orders tell them apart."""


def structure_names(lattice: SubgroupLattice) -> tuple[str, ...]:
    """Structure of the subgroups of each class.

    Args:
        lattice: the subgroups of a group.

    Returns:
        A name for each class. Classes of isomorphic subgroups may share a name, and so may a few that are not
        isomorphic.

    Source:
        Recognition by this project. Orders of simple groups: Conway et al., ATLAS of Finite Groups (1985).

    Example:
        >>> from cosetta.groups.group import Group
        >>> from cosetta.groups.enumeration import subgroup_lattice
        >>> structure_names(subgroup_lattice(Group.from_permutations([(1, 0, 2, 3), (1, 2, 3, 0)])))
        ('1', 'C2', 'C2', 'C3', 'C4', 'V4', 'V4', 'S3', 'D8', 'A4', 'S4')
    """
    names: list[str] = []
    for c in range(len(lattice.class_normalizers)):
        names.append(_Recognition(lattice, c, names).name())
    return tuple(names)


def commutes(lattice: SubgroupLattice, position: int) -> bool:
    """Whether a subgroup is abelian.

    Args:
        lattice: the subgroups of a group.
        position: which subgroup.

    Returns:
        Whether its generators commute with each other.
    """
    generators = lattice.generators[position]
    products = lattice.group.table[np.ix_(generators, generators)]
    return bool((products == products.T).all())


class _Recognition:
    """The representative of one class, with the names of all smaller classes."""

    def __init__(self, lattice: SubgroupLattice, c: int, names: Sequence[str]):
        self.lattice, self.names = lattice, names
        self.position = int(np.flatnonzero(lattice.class_of == c)[0])
        self.order = int(lattice.orders[self.position])
        elements = np.flatnonzero(lattice.members[self.position])
        self.elements, self.element_orders = elements, lattice.group.element_orders[elements]
        self.is_abelian = commutes(lattice, self.position)

    def name(self) -> str:
        """First description that fits."""
        if self.is_abelian:
            return _abelian_name(self.element_orders)
        self.below = self.lattice.below(self.position)
        self.orders = self.lattice.orders[self.below]
        self.normal = self._normal_subgroups()
        found = self._cyclic_index_two() or self._symmetric_or_alternating() or self._simple() or self._frobenius()
        return found or self._direct() or self._split() or self._extension() or f"order-{self.order} group"

    def _normal_subgroups(self) -> np.ndarray:
        """Positions of the proper non-trivial normal subgroups."""
        inner = self.below[1:-1]
        generators = self.lattice.generators[self.position]
        return inner[self.lattice.members[self.lattice.normalizers[inner, None], generators].all(axis=1)]

    def _cyclic_index_two(self) -> str | None:
        """Dihedral and dicyclic groups: a cyclic subgroup of index 2 and all elements of order 2, or 4, outside."""
        for a in self.elements[self.element_orders * 2 == self.order][:1]:
            inside = self.lattice.group.subgroup([int(a)]).members[self.elements]
            outside = set(self.element_orders[~inside].tolist())
            if outside == {2}:
                return "S3" if self.order == 6 else f"D{self.order}"
            if outside == {4}:
                return f"Q{self.order}" if self.order & (self.order - 1) == 0 else f"Dic{self.order // 4}"
        return None

    def _symmetric_or_alternating(self) -> str | None:
        """Order n! or n!/2 and a core-free subgroup of index n, hence S_n, or of index 2 in S_n, hence A_n."""
        for degree in range(4, 9):
            for letter, order in (("S", factorial(degree)), ("A", factorial(degree) // 2)):
                if order == self.order:
                    for stabiliser in self.below[self.orders * degree == order]:
                        if not np.isin(self.normal, self.lattice.below(int(stabiliser))).any():
                            return f"{letter}{degree}"
        return None

    def _simple(self) -> str | None:
        """Simple groups by order, and SL(2,5) as the perfect group of order 120."""
        if not self.normal.size:
            return _SIMPLE.get(self.order)
        if self.order == 120 and self.lattice.orders[self.normal].tolist() == [2]:
            return "SL(2,5)"
        return None

    def _frobenius(self) -> str | None:
        """C_p:C_m with p prime, m > 2 and C_p its own centralizer."""
        p = prime_factors(self.order)[-1]
        m, kernel = self.order // p, self.normal[self.lattice.orders[self.normal] == p]
        if m < 3 or m % p == 0 or (p - 1) % m or not kernel.size:
            return None
        a = int(np.flatnonzero(self.lattice.members[kernel[0]])[1])
        table = self.lattice.group.table
        centralizer = np.count_nonzero(table[a, self.elements] == table[self.elements, a])
        return f"F{self.order}" if centralizer == p else None

    def _direct(self) -> str | None:
        """Two normal subgroups that meet trivially and whose orders multiply to the order."""
        pairs = {
            tuple(sorted((self._name_of(N), self._name_of(K))))
            for N in self.normal.tolist()
            for K in self._complements(N, self.normal).tolist()
        }
        options = []
        for parts in pairs:
            factors = sorted((f for part in parts for f in _factors(part)), key=_factor_key)
            options.append((sum(map(_depth, factors)), len(factors), "x".join(map(_bracketed, factors))))
        return str(min(options)[2]) if options else None

    def _split(self) -> str | None:
        """A normal subgroup with a complement; plainest factors first, then the smallest complement."""
        options = []
        for N in self.normal.tolist():
            for K in self._complements(N, self.below)[:1].tolist():
                parts = [self._name_of(N), self._name_of(K)]
                depth = sum(map(_depth, parts))
                name = ":".join(_bracketed(p) if "x" not in p else f"({p})" for p in parts)
                options.append((depth, int(self.lattice.orders[K]), name))
        return min(options)[2] if options else None

    def _extension(self) -> str | None:
        """A normal subgroup of prime index, without a complement or the group would have split."""
        options = []
        for N in self.normal.tolist():
            p, name = self.order // int(self.lattice.orders[N]), self._name_of(N)
            if is_prime(p):
                options.append((_depth(name), f"{_bracketed(name)}.C{p}"))
        return min(options)[1] if options else None

    def _complements(self, N: int, candidates: np.ndarray) -> np.ndarray:
        """Those candidates K with |N||K| the order and N, K meeting trivially."""
        fitting = candidates[self.lattice.orders[candidates] * self.lattice.orders[N] == self.order]
        common = np.bitwise_count(self.lattice.packed[fitting] & self.lattice.packed[N]).sum(axis=1)
        return fitting[common == 1]

    def _name_of(self, position: int) -> str:
        """Structure of a smaller subgroup."""
        return self.names[int(self.lattice.class_of[position])]


def _abelian_name(element_orders: np.ndarray) -> str:
    """V4 or a product of cyclic groups, one an invariant factor."""
    factors = invariant_factors(element_orders)
    if factors == (2, 2):
        return "V4"
    return "x".join(f"C{n}" for n in reversed(factors)) or "1"


@cache
def _factors(name: str) -> list[str]:
    """Direct factors that a name shows; names with parentheses stay whole."""
    return [name] if "(" in name or _depth(name) else name.split("x")


def _factor_key(factor: str) -> tuple[bool, int, str]:
    """Non-abelian factors first, larger numbers first."""
    digits = "".join(c for c in factor if c.isdigit())
    return factor.startswith("C"), -int(digits or 0), factor


def _bracketed(name: str) -> str:
    """Parentheses around a semidirect product inside a larger name."""
    return f"({name})" if _depth(name) else name


@cache
def _depth(name: str) -> int:
    """How far a name is from a proof of the isomorphism type."""
    return sum(name.count(mark) for mark in (":", ".", " "))
