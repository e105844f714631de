"""What a subgroup makes of its group: cosets, conjugates, normalizer, and the action on cosets.

A left coset is aH, a right coset Ha, a double coset HgK; the conjugate of H by g is gHg^-1. A function is constant
on left cosets of H exactly when f(ah) = f(a) for h in H. Partitions are label arrays: `labels[a]` is the number of
the part that holds the element a, and parts are numbered by their smallest element. All subgroups at once are in
`lattice.py`.
"""

from typing import SupportsIndex

import numpy as np
from jaxtyping import Int

from cosetta.groups.group import Subgroup, conjugates, known_subgroup, same_group

__all__ = [
    "centralizer",
    "conjugate",
    "core",
    "coset_action",
    "cosets",
    "double_cosets",
    "normalizer",
    "transversal",
]


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
        >>> from cosetta.groups.group import Group
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
        >>> from cosetta.groups.group import Group
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
        >>> from cosetta.groups.group import Group
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> H = S3.subgroup([1])
        >>> np.bincount(double_cosets(H, H)).tolist()          # S_3 is 2-transitive on three points
        [2, 4]
    """
    if not same_group(H.group, K.group):
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
        >>> from cosetta.groups.group import Group
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> H = S3.subgroup([S3.labels.index("(12)")])
        >>> conjugate(H, S3.labels.index("(123)"))
        Subgroup(S3, order=2, <(23)>)
    """
    return known_subgroup(H.group, np.sort(conjugates(H.group, H.elements, np.array([g]))[0]))


def normalizer(H: Subgroup) -> Subgroup:
    """N_G(H), the elements g with gHg^-1 = H; H has |G:N_G(H)| conjugates.

    Args:
        H: the subgroup.

    Returns:
        The normalizer, which contains H.

    Example:
        >>> from cosetta.groups.group import Group
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> normalizer(S3.subgroup([1])).order, normalizer(S3.subgroup([3])).order
        (2, 6)
    """
    G = H.group
    moved = conjugates(G, np.array(H.generators, dtype=np.intp), np.arange(G.order))
    return known_subgroup(G, np.flatnonzero(H.members[moved].all(axis=1)))


def centralizer(H: Subgroup) -> Subgroup:
    """C_G(H), the elements that commute with every element of H.

    Args:
        H: the subgroup. `G.subgroup([a])` gives the centralizer of one element.

    Returns:
        The centralizer.

    Example:
        >>> from cosetta.groups.group import Group
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> centralizer(S3.subgroup([3])).elements.tolist()
        [0, 3, 4]
    """
    table, generators = H.group.table, list(H.generators)
    return known_subgroup(H.group, np.flatnonzero((table[:, generators] == table[generators].T).all(axis=1)))


def core(H: Subgroup) -> Subgroup:
    """Intersection of all conjugates of H: the largest normal subgroup in H, the kernel of G on G/H.

    Args:
        H: the subgroup.

    Returns:
        The core.

    Example:
        >>> from cosetta.groups.group import Group
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> core(S3.subgroup([1])).order
        1
    """
    moved = conjugates(H.group, H.elements, transversal(H))
    counts = np.bincount(moved.ravel(), minlength=H.group.order)
    return known_subgroup(H.group, np.flatnonzero(counts == H.index))


def coset_action(H: Subgroup) -> Int[np.ndarray, "g coset"]:
    """Action of the group on the left cosets of H.

    Args:
        H: the subgroup.

    Returns:
        `images[g, c]` is the label of the coset g·(coset c). It is a homomorphism: acting by b, then by a, is
        acting by ab. The stabiliser of coset 0 is H and the kernel is `core(H)`.

    Example:
        >>> from cosetta.groups.group import Group
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> bool((coset_action(S3.subgroup([1])) == S3.permutations).all())
        True
    """
    return cosets(H)[H.group.table[:, transversal(H)]]


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
