"""Subgroups, and the partitions of a group that they make.

A left coset is aH, a right coset Ha, a double coset HgK; the conjugate of H by g is gHg^-1. A function is constant
on left cosets of H exactly when f(ah) = f(a) for h in H. Partitions are label arrays: `labels[a]` is the number of
the part that holds the element a, and parts are numbered by their smallest element. All subgroups at once are in
`lattice.py`.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import SupportsIndex, final

import numpy as np
from jaxtyping import Bool, Int

from cosetta.errors import NotASubgroup
from cosetta.groups.group import Group, _generated

__all__ = [
    "Subgroup",
    "centralizer",
    "conjugate",
    "core",
    "coset_action",
    "cosets",
    "double_cosets",
    "normalizer",
    "transversal",
]


@final
@dataclass(frozen=True, eq=False, repr=False)
class Subgroup:
    """A subgroup as the sorted array of its elements.

    The set is checked when the object is made. Two subgroups are equal when their elements and their groups' tables
    are.

    Args:
        group: the group that it lies in.
        elements: its elements in any order.

    Raises:
        NotASubgroup: if the set is empty, has an element outside the group, or is not closed; the message names a
            product that leaves it.

    Example:
        >>> G = Group((np.arange(6)[:, None] + np.arange(6)) % 6, name="C6")
        >>> H = Subgroup(G, np.array([0, 2, 4]))
        >>> H.order, H.index, H.is_normal, H.generators
        (3, 2, True, (2,))
    """

    group: Group
    elements: Int[np.ndarray, " h"]

    def __post_init__(self) -> None:
        """Sort, check and freeze the elements."""
        elements = np.unique(self.elements).astype(np.int32)
        elements.setflags(write=False)
        object.__setattr__(self, "elements", elements)
        _check_closed(self.group, elements)

    @property
    def order(self) -> int:
        """Number of elements |H|."""
        return len(self.elements)

    @property
    def index(self) -> int:
        """Number of cosets |G:H|."""
        return self.group.order // self.order

    @cached_property
    def members(self) -> Bool[np.ndarray, " g"]:
        """Whether each element of the group lies in the subgroup."""
        members = np.zeros(self.group.order, dtype=bool)
        members[self.elements] = True
        members.setflags(write=False)
        return members

    @cached_property
    def generators(self) -> tuple[int, ...]:
        """A short generating set: each element is the smallest one outside the subgroup of those before it."""
        return _greedy_generators(self.group, self.elements)

    @cached_property
    def is_normal(self) -> bool:
        """Whether gHg^-1 = H for every g."""
        return normalizer(self).order == self.group.order

    def __contains__(self, element: SupportsIndex) -> bool:
        """Whether an element of the group lies in the subgroup."""
        return bool(self.members[element])

    def __eq__(self, other: object) -> bool:
        """Equal elements of equal groups."""
        if not isinstance(other, Subgroup):
            return NotImplemented
        return np.array_equal(self.elements, other.elements) and _same_group(self.group, other.group)

    def __hash__(self) -> int:
        """From the elements alone."""
        return hash(self.elements.tobytes())

    def __repr__(self) -> str:
        """Group, order and generators by label."""
        generators = ", ".join(self.group.labels[g] for g in self.generators)
        return f"Subgroup({self.group.name}, order={self.order}, <{generators}>)"


def cosets(H: Subgroup, side: str = "left") -> Int[np.ndarray, " g"]:
    """Coset of each element: aH on the left, Ha on the right.

    Args:
        H: the subgroup.
        side: which cosets.

    Returns:
        Labels 0 .. index - 1, numbered by the smallest element of each coset; H itself is 0.

    Raises:
        ValueError: if `side` is neither 'left' nor 'right'.

    Example:
        >>> G = Group((np.arange(6)[:, None] + np.arange(6)) % 6)
        >>> cosets(G.subgroup([3])).tolist()
        [0, 1, 2, 0, 1, 2]
    """
    return _numbered(_smallest_in_coset(H, side))


def transversal(H: Subgroup, side: str = "left") -> Int[np.ndarray, " coset"]:
    """Smallest element of each coset, in the order of the labels of `cosets`.

    Args:
        H: the subgroup.
        side: which cosets.

    Returns:
        One element a coset, ascending; the first is the identity.

    Raises:
        ValueError: if `side` is neither 'left' nor 'right'.

    Example:
        >>> G = Group((np.arange(6)[:, None] + np.arange(6)) % 6)
        >>> transversal(G.subgroup([3])).tolist()
        [0, 1, 2]
    """
    return np.unique(_smallest_in_coset(H, side))


def double_cosets(H: Subgroup, K: Subgroup) -> Int[np.ndarray, " g"]:
    r"""Double coset HgK of each element; its size is $|H||K| / |H \cap gKg^{-1}|$.

    Args:
        H: the subgroup on the left.
        K: the subgroup on the right.

    Returns:
        Labels numbered by the smallest element of each double coset; HK is 0. H acts on the left cosets of H with two
        orbits, that is, there are two labels for K = H, exactly when G is 2-transitive on G/H.

    Raises:
        ValueError: if the subgroups lie in different groups.

    Example:
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> H = S3.subgroup([1])
        >>> np.bincount(double_cosets(H, H)).tolist()          # S_3 is 2-transitive on three points
        [2, 4]
    """
    if not _same_group(H.group, K.group):
        raise ValueError(f"`H` and `K` must lie in one group, not in {H.group.name} and {K.group.name}")
    smallest_right = _smallest_in_coset(H, "right")
    orbit = smallest_right[H.group.table[:, K.elements]].min(axis=1)  # min over k of min over h of h a k
    return _numbered(orbit)


def conjugate(H: Subgroup, g: SupportsIndex) -> Subgroup:
    """The subgroup gHg^-1.

    Args:
        H: the subgroup.
        g: an element of its group.

    Returns:
        gHg^-1. If H fixes a point p of an action, gHg^-1 fixes g(p).

    Example:
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> H = S3.subgroup([S3.labels.index("(12)")])
        >>> conjugate(H, S3.labels.index("(123)"))
        Subgroup(S3, order=2, <(23)>)
    """
    return _known(H.group, np.sort(_conjugates(H.group, H.elements, np.array([g]))[0]))


def normalizer(H: Subgroup) -> Subgroup:
    """N_G(H), the elements g with gHg^-1 = H; H has |G:N_G(H)| conjugates.

    Args:
        H: the subgroup.

    Returns:
        The normalizer, which contains H.

    Example:
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> normalizer(S3.subgroup([1])).order, normalizer(S3.subgroup([3])).order
        (2, 6)
    """
    G = H.group
    moved = _conjugates(G, np.array(H.generators, dtype=np.intp), np.arange(G.order))
    return _known(G, np.flatnonzero(H.members[moved].all(axis=1)))


def centralizer(H: Subgroup) -> Subgroup:
    """C_G(H), the elements that commute with every element of H.

    Args:
        H: the subgroup. `G.subgroup([a])` gives the centralizer of one element.

    Returns:
        The centralizer.

    Example:
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> centralizer(S3.subgroup([3])).elements.tolist()
        [0, 3, 4]
    """
    table, generators = H.group.table, list(H.generators)
    return _known(H.group, np.flatnonzero((table[:, generators] == table[generators].T).all(axis=1)))


def core(H: Subgroup) -> Subgroup:
    """Intersection of all conjugates of H: the largest normal subgroup in H, the kernel of G on G/H.

    Args:
        H: the subgroup.

    Returns:
        The core.

    Example:
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> core(S3.subgroup([1])).order
        1
    """
    moved = _conjugates(H.group, H.elements, transversal(H))
    counts = np.bincount(moved.ravel(), minlength=H.group.order)
    return _known(H.group, np.flatnonzero(counts == H.index))


def coset_action(H: Subgroup) -> Int[np.ndarray, "g coset"]:
    """Action of the group on the left cosets of H.

    Args:
        H: the subgroup.

    Returns:
        `images[g, c]` is the label of the coset g·(coset c). It is a homomorphism: acting by b, then by a, is
        acting by ab. The stabiliser of coset 0 is H and the kernel is `core(H)`.

    Example:
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> bool((coset_action(S3.subgroup([1])) == S3.permutations).all())
        True
    """
    return cosets(H)[H.group.table[:, transversal(H)]]


def _known(group: Group, elements: np.ndarray) -> Subgroup:
    """A subgroup from ascending elements that are known to be closed, without the check."""
    H = object.__new__(Subgroup)
    elements = elements.astype(np.int32)
    elements.setflags(write=False)
    object.__setattr__(H, "group", group)
    object.__setattr__(H, "elements", elements)
    return H


def _same_group(G: Group, other: Group) -> bool:
    """One object, or equal tables."""
    return G is other or (G.order == other.order and G.content_hash == other.content_hash)


def _smallest_in_coset(H: Subgroup, side: str) -> np.ndarray:
    """Smallest element of the coset of each element."""
    if side not in {"left", "right"}:
        raise ValueError(f"`side` must be 'left' or 'right', not {side!r}")
    table = H.group.table
    if H.order <= 32:  # one gather is faster than a loop over many cosets
        return (table[:, H.elements] if side == "left" else table[H.elements].T).min(axis=1)
    smallest = np.full(H.group.order, -1, dtype=np.int32)
    for a in range(H.group.order):
        if smallest[a] < 0:
            smallest[table[a, H.elements] if side == "left" else table[H.elements, a]] = a
    return smallest


def _numbered(smallest: np.ndarray) -> np.ndarray:
    """Labels 0, 1, .. from the smallest element of each part."""
    return np.unique(smallest, return_inverse=True)[1].astype(np.int32)


def _conjugates(group: Group, elements: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Conjugates g a g^-1 for g in `by` (rows) and a in `elements` (columns)."""
    return group.table[group.table[np.ix_(by, elements)], group.inverse[by][:, None]]


def _greedy_generators(group: Group, elements: np.ndarray) -> tuple[int, ...]:
    """Smallest elements that are not in the closure of those before."""
    generators: list[int] = []
    inside = np.zeros(group.order, dtype=bool)
    inside[0] = True
    while (missing := elements[~inside[elements]]).size:
        generators.append(int(missing[0]))
        inside = _generated(group.table, generators)
    return tuple(generators)


def _check_closed(group: Group, elements: np.ndarray) -> None:
    """Refuse a set that is not a subgroup, with a product that leaves it."""
    if not elements.size or elements[0] < 0 or elements[-1] >= group.order:
        wanted = f"a non-empty set of elements 0..{group.order - 1} of {group.name}"
        raise NotASubgroup(f"a subgroup must be {wanted}; got {_shown(elements)}")
    generators = _greedy_generators(group, elements)
    generated = _generated(group.table, generators)
    if np.count_nonzero(generated) == len(elements):
        return
    hint = f"use G.subgroup(generators={list(generators)}) (order {np.count_nonzero(generated)})"
    inside = np.zeros(group.order, dtype=bool)
    inside[elements] = True
    for a in elements:
        for b in elements[~inside[group.table[a, elements]]]:
            raise NotASubgroup(f"{_shown(elements)} is not closed: {a}·{b} = {group.table[a, b]}; {hint}")


def _shown(elements: np.ndarray) -> str:
    """A set in braces, cut after eight elements."""
    head = ", ".join(str(a) for a in elements[:8])
    return "{" + head + (f", .. {len(elements)} in all" if len(elements) > 8 else "") + "}"
