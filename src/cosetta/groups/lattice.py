"""All subgroups of a group, ordered by inclusion.

Subgroups are numbered by order, then class by class, so 0 is the trivial subgroup and the last is the whole group.
Within one order, the first lists of elements in `display_order` come first, so that the subgroups that move the
first points, such as <(12)>, lead their classes and represent them. j covers i when i is maximal in j. The search
is in `extension.py`, names in `naming.py`, the copy on disk in `lattice_cache.py`.
"""

import difflib
from dataclasses import dataclass
from functools import cached_property
from typing import SupportsIndex, final

import numpy as np
from jaxtyping import Bool, Int, UInt8

from cosetta.groups.group import Group, Subgroup, known_subgroup
from cosetta.shown import card, short_repr, table

__all__ = ["SubgroupClass", "SubgroupLattice", "display_order"]


@final
@dataclass(frozen=True, eq=False)
class SubgroupClass:
    """A conjugacy class of subgroups.

    Args:
        name: human name, unique within the group, such as `S3 twisted`.
        order: number of elements of each subgroup.
        index: number of cosets of each.
        subgroups: positions of its subgroups in the lattice, ascending.
        normalizer: position of the normalizer of the representative.
        representative: position of the first subgroup of the class, the one that the name describes.
    """

    name: str
    order: int
    index: int
    subgroups: Int[np.ndarray, " subgroup"]
    normalizer: int
    representative: int
    __repr__ = short_repr


@final
@dataclass(frozen=True, eq=False, repr=False)
class SubgroupLattice:
    """All subgroups of a group with their classes and inclusions. Made by `subgroup_lattice`.

    Args:
        group: the group.
        packed: the subgroups as bit sets (`np.packbits` of their membership).
        class_of: class number of each subgroup.
        carriers: for each subgroup an element g that conjugates the representative R of its class to it: gRg^-1.
        class_normalizers: position of the normalizer of each representative.
        class_names: name of each class.

    Example:
        >>> from cosetta.groups.enumeration import subgroup_lattice
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> lattice = subgroup_lattice(S3)
        >>> lattice.orders.tolist(), [c.name for c in lattice.classes]
        ([1, 2, 2, 2, 3, 6], ['1', 'C2', 'C3', 'S3'])
        >>> lattice.covers.tolist()
        [[0, 1], [0, 2], [0, 3], [0, 4], [1, 5], [2, 5], [3, 5], [4, 5]]
    """

    group: Group
    packed: UInt8[np.ndarray, "subgroup byte"]
    class_of: Int[np.ndarray, " subgroup"]
    carriers: Int[np.ndarray, " subgroup"]
    class_normalizers: Int[np.ndarray, " cls"]
    class_names: tuple[str, ...]

    def __len__(self) -> int:
        """Number of subgroups."""
        return len(self.packed)

    def __repr__(self) -> str:
        """Group and counts."""
        return f"SubgroupLattice({self.group.name}, {len(self)} subgroups in {len(self.class_normalizers)} classes)"

    def _repr_html_(self) -> str:
        """The classes of subgroups, as a notebook shows them."""
        rows = [(cls.name, cls.order, cls.index, len(cls.subgroups)) for cls in self.classes]
        return card(
            f"Subgroups of {self.group.name}: {len(self)} in {len(rows)} classes",
            tables=[table(("class", "order", "cosets", "conjugates"), rows)],
        )

    @cached_property
    def members(self) -> Bool[np.ndarray, "subgroup g"]:
        """Whether each element lies in each subgroup (57 MB for S_7)."""
        return np.unpackbits(self.packed, axis=1, count=self.group.order).view(bool)

    @cached_property
    def orders(self) -> Int[np.ndarray, " subgroup"]:
        """Order of each subgroup, ascending."""
        return np.bitwise_count(self.packed).sum(axis=1, dtype=np.int64)

    @cached_property
    def display_order(self) -> Int[np.ndarray, " g"]:
        """Elements in the order in which subgroups are compared and generators are chosen."""
        return display_order(self.group)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Name of the class of each subgroup."""
        return tuple(self.class_names[c] for c in self.class_of)

    @cached_property
    def classes(self) -> tuple[SubgroupClass, ...]:
        """Conjugacy classes of subgroups, by order."""
        starts = self._class_starts
        return tuple(
            SubgroupClass(
                name=self.class_names[c],
                order=int(self.orders[start]),
                index=self.group.order // int(self.orders[start]),
                subgroups=np.arange(start, end),
                normalizer=int(self.class_normalizers[c]),
                representative=int(start),
            )
            for c, (start, end) in enumerate(zip(starts, [*starts[1:], len(self)], strict=True))
        )

    @cached_property
    def normalizers(self) -> Int[np.ndarray, " subgroup"]:
        """Position of the normalizer of each subgroup."""
        return self._conjugate(self.class_normalizers[self.class_of], self.carriers)

    @cached_property
    def covers(self) -> Int[np.ndarray, "edge 2"]:
        """Pairs (i, j) with subgroup i maximal in subgroup j, sorted by j, then i."""
        edges = [np.empty((0, 2), dtype=np.int64)]
        for c, start in enumerate(self._class_starts):
            size = np.count_nonzero(self.class_of == c)
            above = np.arange(start, start + size)
            maximal = self._maximal_below(int(start))
            below = self._conjugate(maximal[None, :], self.carriers[above, None])
            edges.append(np.stack([below.ravel(), np.repeat(above, len(maximal))], axis=1))
        pairs = np.concatenate(edges)
        return pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))]

    def subgroup(self, position: SupportsIndex) -> Subgroup:
        """The subgroup at a position.

        Args:
            position: 0 .. number of subgroups - 1.

        Returns:
            The subgroup.

        Example:
            >>> from cosetta.groups.enumeration import subgroup_lattice
            >>> subgroup_lattice(Group((np.arange(6)[:, None] + np.arange(6)) % 6)).subgroup(1).elements.tolist()
            [0, 3]
        """
        return known_subgroup(self.group, np.flatnonzero(self.members[position]))

    def __getitem__(self, name: str | SupportsIndex) -> Subgroup:
        """The subgroup with a name as reports print it, or at a position.

        Args:
            name: of a class, such as `S4`, for its first subgroup; `S4#2` is the second. Or a position.

        Returns:
            The subgroup.

        Raises:
            KeyError: if no class has this name, or it has fewer subgroups.
            IndexError: if there is no such position.

        Example:
            >>> from cosetta.groups import subgroup_lattice
            >>> C6 = subgroup_lattice(Group((np.arange(6)[:, None] + np.arange(6)) % 6, name="C6"))
            >>> C6["C3"].order, C6["C3#1"].elements.tolist() == C6[2].elements.tolist()
            (3, True)
        """
        if not isinstance(name, str):
            return self.subgroup(range(len(self))[name])
        cls, _, number = name.rpartition("#") if name not in self.class_names else (name, "", "1")
        if cls not in self.class_names or not number.isdecimal():
            near = difflib.get_close_matches(name, self.class_names, n=3, cutoff=0)
            raise KeyError(f"no subgroups of {self.group.name} are named `{name[:40]}`; near: {', '.join(near)}")
        members = self.classes[self.class_names.index(cls)].subgroups
        if not 1 <= int(number) <= len(members):
            raise KeyError(f"`{cls}` has {len(members)} subgroups in {self.group.name}; got number {number[:9]}")
        return self.subgroup(members[int(number) - 1])

    def position(self, H: Subgroup) -> int:
        """Position of a subgroup.

        Args:
            H: a subgroup of this group.

        Returns:
            Its position.

        Raises:
            ValueError: if the subgroup lies in a group of another order.

        Example:
            >>> from cosetta.groups.enumeration import subgroup_lattice
            >>> G = Group((np.arange(6)[:, None] + np.arange(6)) % 6)
            >>> subgroup_lattice(G).position(G.subgroup([3]))
            1
        """
        if H.group.order != self.group.order:
            raise ValueError(f"`H` must be a subgroup of {self.group.name}; it lies in {H.group.name}")
        return self.find(H.members)

    def find(self, members: Bool[np.ndarray, " g"]) -> int:
        """Position of a subgroup given by membership.

        Args:
            members: whether each element lies in it.

        Returns:
            Its position.

        Raises:
            NotASubgroup: if the set is none of the subgroups; the message names a product that leaves it.

        Example:
            >>> from cosetta.groups.enumeration import subgroup_lattice
            >>> C6 = Group((np.arange(6)[:, None] + np.arange(6)) % 6)
            >>> subgroup_lattice(C6).find(np.array([True, False, False, True, False, False]))
            1
        """
        packed = np.packbits(members).tobytes()
        if packed not in self._positions:
            Subgroup(self.group, np.flatnonzero(members))  # raises, with a witness
        return self._positions[packed]

    def below(self, position: SupportsIndex) -> Int[np.ndarray, " subgroup"]:
        """Positions of all subgroups contained in one, itself included.

        Args:
            position: a position.

        Returns:
            Positions, ascending, from 0 to `position`.

        Example:
            >>> from cosetta.groups.enumeration import subgroup_lattice
            >>> subgroup_lattice(Group((np.arange(6)[:, None] + np.arange(6)) % 6)).below(2).tolist()
            [0, 2]
        """
        return np.flatnonzero(self.members[position][self.generators].all(axis=1))

    def maximal_subgroups(self, position: SupportsIndex) -> Int[np.ndarray, " subgroup"]:
        """Positions of the maximal subgroups of one subgroup.

        Args:
            position: a position.

        Returns:
            Positions, ascending; none for the trivial subgroup.

        Example:
            >>> from cosetta.groups.enumeration import subgroup_lattice
            >>> subgroup_lattice(Group((np.arange(6)[:, None] + np.arange(6)) % 6)).maximal_subgroups(3).tolist()
            [1, 2]
        """
        return np.sort(self._maximal_below(position))

    @cached_property
    def _class_starts(self) -> np.ndarray:
        """First position of each class."""
        return np.unique(self.class_of, return_index=True)[1]

    @cached_property
    def _positions(self) -> dict[bytes, int]:
        """Position of each bit set."""
        return {row.tobytes(): i for i, row in enumerate(self.packed)}

    def images(
        self, positions: Int[np.ndarray, " of"], automorphisms: Int[np.ndarray, "automorphism g"]
    ) -> Int[np.ndarray, "automorphism of"]:
        """Positions of the images of subgroups under automorphisms.

        Args:
            positions: which subgroups.
            automorphisms: image of each element, one row an automorphism; a row that is none gives nonsense.

        Returns:
            The position of each image.

        Example:
            >>> from cosetta.groups.enumeration import subgroup_lattice
            >>> C3 = Group((np.arange(3)[:, None] + np.arange(3)) % 3, name="C3")
            >>> subgroup_lattice(C3).images(np.array([0, 1]), np.array([[0, 2, 1]])).tolist()
            [[0, 1]]
        """
        weights, keys, order = self._keys
        sums = weights[automorphisms] @ self.members[positions].T.astype(np.float64)
        return order[np.searchsorted(keys, sums)]

    @cached_property
    def _keys(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Weights of the elements whose sums tell the subgroups apart; the sums, ascending; and whose they are."""
        largest = 2**53 // self.group.order  # sums stay exact in float64
        for seed in range(20):
            weights = np.random.default_rng(seed).integers(1, largest, self.group.order).astype(np.float64)
            sums = self.members.astype(np.float64) @ weights
            order = np.argsort(sums)
            if (np.diff(sums[order]) > 0).all():
                return weights, sums[order], order
        raise AssertionError("random weights always told subgroups apart before")

    @cached_property
    def generators(self) -> Int[np.ndarray, "subgroup generator"]:
        """A few generators of each subgroup, padded with the identity: H lies in K exactly when these do."""
        found = [self.subgroup(int(start)).generators for start in self._class_starts]
        width = max(map(len, found))
        generators = np.array([[*g, *[0] * (width - len(g))] for g in found], dtype=np.int64)[self.class_of]
        table, by = self.group.table, self.carriers[:, None]
        return table[table[by, generators], self.group.inverse[by]]

    @cached_property
    def _conjugate_position(self) -> np.ndarray:
        """[c, g] -> position of gRg^-1, R the representative of class c."""
        positions = np.empty((len(self.class_normalizers), self.group.order), dtype=np.int32)
        for c, normalizer in enumerate(self.class_normalizers):
            of_class = np.flatnonzero(self.class_of == c)
            cosets = self.group.table[np.ix_(self.carriers[of_class], np.flatnonzero(self.members[normalizer]))]
            positions[c, cosets] = of_class[:, None]
        return positions

    def _conjugate(self, positions: np.ndarray, by: np.ndarray) -> np.ndarray:
        """Positions of the conjugates of subgroups by elements, broadcast against each other."""
        return self._conjugate_position[self.class_of[positions], self.group.table[by, self.carriers[positions]]]

    def _maximal_below(self, position: SupportsIndex) -> np.ndarray:
        """Maximal subgroups by descending order: take the largest one left, drop what it contains."""
        left, maximal = self.below(position)[:-1], []
        while left.size:
            largest = left[-1]
            maximal.append(largest)
            left = left[~self.members[largest][self.generators[left]].all(axis=1)]
        return np.array(maximal, dtype=np.int64)


def display_order(group: Group) -> np.ndarray:
    """Elements in the order in which a reader expects them.

    The identity comes first. Permutations go by descending order, then by the last point that they move, the length
    of their label and the label: (123) before (132) before (12) before (13). Other elements go by number.

    Args:
        group: the group.

    Returns:
        All elements; the identity is first.

    Example:
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> [S3.labels[a] for a in display_order(S3)]
        ['e', '(123)', '(132)', '(12)', '(13)', '(23)']
    """
    if group.permutations is None:
        return np.arange(group.order)
    moved = group.permutations != np.arange(group.permutations.shape[1])
    last = np.where(moved, np.arange(1, moved.shape[1] + 1), 0).max(axis=1).tolist()
    orders, labels = group.element_orders.tolist(), group.labels
    others = sorted(range(1, group.order), key=lambda a: (-orders[a], last[a], len(labels[a]), labels[a]))
    return np.array([0, *others])
