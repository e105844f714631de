"""Groups on which claims about cosets and characters can be tested where they must fail.

- `equal-characters/..`: two groups that are not isomorphic and have the same character table, so nothing that depends
  on characters alone tells them apart;
- `coset-free/..`: groups of prime order, which have no proper subgroup beside the trivial one, so a network that has
  learned them cannot use cosets of one;
- `ambiguous/..`: a partial multiplication table that two groups complete, so a network trained on it may rightly
  generalise to either.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Int

from cosetta.errors import Unsupported
from cosetta.groups.group import Group, Subgroup, known_subgroup
from cosetta.groups.isomorphism import find_isomorphism
from cosetta.groups.named import named_group

__all__ = [
    "FALSIFICATION_SETS",
    "FalsificationSet",
    "ambiguous_completion",
    "falsification_set",
    "match_character_tables",
]

FALSIFICATION_SETS = (
    "equal-characters/D8-Q8",
    "equal-characters/D8xC3-Q8xC3",
    "equal-characters/Heis(3)-C9:C3",
    "equal-characters/SmallGroup(32,49)-SmallGroup(32,50)",
    "equal-characters/D8xS3-Q8xS3",
    "equal-characters/D8xA4-Q8xA4",
    "coset-free/C5",
    "coset-free/C13",
    "coset-free/C59",
    "coset-free/C113",
    "ambiguous/D8-Q8",
    "ambiguous/D8-C2xC4",
    "ambiguous/S4-A4xC2",
    "ambiguous/S5-A5xC2",
    "ambiguous/S6-A6xC2",
)
"""Names of the sets."""


@final
@dataclass(frozen=True, eq=False)
class FalsificationSet:
    """One or two groups and what they have in common.

    Args:
        name: one of `FALSIFICATION_SETS`.
        kind: the part of the name before the stroke.
        groups: one group for `coset-free`, else two of one order that are not isomorphic.
        class_map: for `equal-characters`, the class of the second group that answers to each class of the first.
        agreement: for `ambiguous`, the products on which both tables agree.
    """

    name: str
    kind: str
    groups: tuple[Group, ...]
    class_map: Int[np.ndarray, " cls"] | None = None
    agreement: Bool[np.ndarray, "g g"] | None = None


def falsification_set(name: str) -> FalsificationSet:
    """A set by name.

    Args:
        name: one of `FALSIFICATION_SETS`.

    Returns:
        The set; what it promises has been checked while it was made.

    Raises:
        Unsupported: if the name is not one of them.

    Example:
        >>> pair = falsification_set("equal-characters/D8-Q8")
        >>> pair.groups, find_isomorphism(*pair.groups) is None, pair.class_map.tolist()
        ((Group('D8', order=8), Group('Q8', order=8)), True, [0, 1, 3, 4, 2])
        >>> falsification_set("ambiguous/S4-A4xC2").agreement.mean().round(3)
        np.float64(0.583)
    """
    if name not in FALSIFICATION_SETS:
        raise Unsupported(f"`{name}` is not a falsification set; there are {', '.join(FALSIFICATION_SETS)}")
    kind, _, words = name.partition("/")
    groups = tuple(named_group(word) for word in words.split("-"))
    if kind == "coset-free":
        assert set(groups[0].element_orders[1:].tolist()) == {groups[0].order}
        return FalsificationSet(name, kind, groups)
    assert find_isomorphism(*groups) is None
    if kind == "equal-characters":
        class_map = match_character_tables(*groups)
        assert class_map is not None
        return FalsificationSet(name, kind, groups, class_map=class_map)
    first, second, agreement = ambiguous_completion(*groups)
    return FalsificationSet(name, kind, (first, second), agreement=agreement)


def match_character_tables(G: Group, H: Group) -> Int[np.ndarray, " cls"] | None:
    r"""A bijection of classes under which two groups have the same character table, or None.

    The table is fixed by the numbers $a_{ijk} = |\{(x, y) \in C_i \times C_j : xy = z\}|$ for z in C_k, and fixes them,
    so classes are matched until all of these integers agree. No character is computed.

    Args:
        G: one group.
        H: another one.

    Returns:
        The number of the class of H for each class of G, or None.

    Source:
        Isaacs, Character Theory of Finite Groups (1976), chapter 3 (class sums and central characters).

    Example:
        >>> from cosetta.groups import named_group
        >>> match_character_tables(named_group("C4"), named_group("V4")) is None
        True
    """
    if G.order != H.order or len(G.conjugacy_classes) != len(H.conjugacy_classes):
        return None
    a, b = _class_constants(G), _class_constants(H)
    count = len(a)
    colours_a, colours_b = (np.sort(c.reshape(count, -1), axis=1) for c in (a, b))
    chosen: list[int] = []

    def extend() -> bool:
        i = len(chosen)
        if i == count:
            return True
        for j in range(count):
            if j not in chosen and (colours_a[i] == colours_b[j]).all():
                chosen.append(j)
                if (a[np.ix_(*[range(i + 1)] * 3)] == b[np.ix_(chosen, chosen, chosen)]).all() and extend():
                    return True
                chosen.pop()
        return False

    return np.array(chosen) if extend() else None


def _class_constants(group: Group) -> np.ndarray:
    """[i, j, k] -> number of pairs in C_i x C_j with product a fixed element of C_k."""
    count = len(group.conjugacy_classes)
    planes = []
    for members in group.conjugacy_classes:
        right = group.class_of[group.table[group.inverse, members[0]]]
        planes.append(np.bincount(group.class_of * count + right, minlength=count**2).reshape(count, count))
    return np.stack(planes, axis=-1)


def ambiguous_completion(G: Group, H: Group) -> tuple[Group, Group, Bool[np.ndarray, "g g"]]:
    """Number the elements of two groups so that their tables agree on as many products as a shared half allows.

    Both groups must have isomorphic subgroups N and M of index 2. N is matched with M, and Nt with Mu for the t and u
    that agree most. All products with the left factor in N agree, so the share is at least one half.

    Args:
        G: one group; its numbering is kept.
        H: another group of the same order.

    Returns:
        G, H renumbered, and the products on which the two tables agree.

    Raises:
        Unsupported: if they have no isomorphic subgroups of index 2.

    Example:
        >>> from cosetta.groups import named_group
        >>> first, second, agreement = ambiguous_completion(named_group("D8"), named_group("Q8"))
        >>> bool((first.table == second.table)[agreement].all()), float(agreement.mean())
        (True, 0.75)
    """
    best: tuple[int, np.ndarray] | None = None
    for N in _halves(G):
        for M in _halves(H):
            image = find_isomorphism(_alone(N), _alone(M))
            if image is None:
                continue
            for t, u in ((t, u) for t in _outside(N) for u in _outside(M)):
                number = np.empty(G.order, dtype=np.int64)  # element of H for each element of G
                number[N.elements] = M.elements[image]
                number[G.table[N.elements, t]] = H.table[M.elements[image], u]
                same = int(np.count_nonzero(number[G.table] == H.table[np.ix_(number, number)]))
                if best is None or same > best[0]:
                    best = same, number
    if best is None:
        raise Unsupported(f"{G.name} and {H.name} have no isomorphic subgroups of index 2 to share")
    number = best[1]
    table = np.argsort(number)[H.table[np.ix_(number, number)]]
    second = Group(table, name=H.name, labels=tuple(H.labels[a] for a in number))
    return G, second, G.table == second.table


def _halves(group: Group) -> list[Subgroup]:
    """Subgroups of index 2: kernels of the maps onto signs, given by the signs of the generators."""
    found = []
    generators = group.generators
    for choice in range(1, 2 ** len(generators)):
        sign = np.full(group.order, -1)
        sign[0], queue = 0, [0]
        for a in queue:
            for i, g in enumerate(generators):
                b = int(group.table[a, g])
                if sign[b] < 0:
                    sign[b] = sign[a] ^ (choice >> i & 1)
                    queue.append(b)
        if all((sign[group.table[:, g]] == sign ^ (choice >> i & 1)).all() for i, g in enumerate(generators)):
            found.append(known_subgroup(group, np.flatnonzero(sign == 0)))
    return found


def _alone(N: Subgroup) -> Group:
    """A subgroup as a group of its own."""
    position = np.full(N.group.order, -1)
    position[N.elements] = np.arange(N.order)
    return Group(position[N.group.table[np.ix_(N.elements, N.elements)]])


def _outside(N: Subgroup) -> list[int]:
    """One element outside N of each conjugacy class."""
    return [int(members[0]) for members in N.group.conjugacy_classes if not N.members[members[0]]]
