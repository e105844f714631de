"""Human names of the classes of subgroups, unique within a group and the same on every run.

A name is the structure (`structure.py`) where that is enough. In S_n, Young subgroups are written as products of
symmetric groups, `S3xS2`. Classes of one structure are told apart by, in this order:

1. abelian groups by generators of the representative: `C2 (12)(34)`, `V4 <(12),(34)>`;
2. `*` for the image of a class under an automorphism of the whole group: `A5*` in S_6 is transitive;
3. the plainest class keeps the plain name: a Young subgroup, else the one that fixes most points, else the one with
   most orbits of points;
4. `twisted` for {h t^chi(h)}, where h runs through the plainest class, the involution t commutes with it and chi is a
   sign character: `S3 twisted` = <(123),(12)(45)> (the plainest such class, if there are several);
5. generators.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from math import factorial, prod

import numpy as np

from cosetta.errors import Unsupported
from cosetta.groups.isomorphism import outer_automorphisms
from cosetta.groups.lattice import SubgroupLattice
from cosetta.groups.shortest_generators import shown_generators
from cosetta.groups.structure import commutes, structure_names
from cosetta.groups.subgroups import centralizer

__all__ = ["class_orbits", "name_classes"]

NAMING_LIMIT = 20_000
"""Most generator images tried in the search for automorphisms; beyond it no class is starred."""

IMAGE_BLOCK = 1_000_000
"""Entries of the table of automorphisms worked on at once."""


def name_classes(lattice: SubgroupLattice) -> tuple[str, ...]:
    """Names of the classes of subgroups.

    Args:
        lattice: the subgroups of a group; its own names are not read.

    Returns:
        One name a class, all different.

    Source:
        Conventions of this project; starred, twisted and Young-type names after Stander et al. 2023
        (arXiv:2312.06581).

    Example:
        >>> from cosetta.groups.group import Group
        >>> from cosetta.groups.enumeration import subgroup_lattice
        >>> name_classes(subgroup_lattice(Group.from_permutations([(1, 0, 2, 3), (1, 2, 3, 0)])))[:6]
        ('1', 'C2 (12)', 'C2 (12)(34)', 'C3', 'C4', 'V4 <(12),(34)>')
    """
    structures, starts = structure_names(lattice), _representatives(lattice)
    subjects = [_subject(lattice, c, int(starts[c]), structure) for c, structure in enumerate(structures)]
    by_base: dict[str, list[list[_Subject]]] = {}
    for orbit in _orbits(lattice, subjects):
        by_base.setdefault(orbit[0].base, []).append(orbit)
    names: dict[int, str] = {}
    for orbits in by_base.values():
        names.update(_told_apart(lattice, orbits))
    return _made_unique([names[c] for c in range(len(subjects))])


def class_orbits(lattice: SubgroupLattice, limit: int = NAMING_LIMIT) -> tuple[tuple[int, ...], ...]:
    """Orbits of the automorphism group on the classes of subgroups.

    Args:
        lattice: the subgroups of a group.
        limit: the largest number of generator images to try, see `outer_automorphisms`.

    Returns:
        Class numbers, each orbit ascending, orbits by their first class.

    Raises:
        Unsupported: if more than `limit` generator images would have to be tried.

    Example:
        >>> from cosetta.groups.group import Group
        >>> from cosetta.groups.enumeration import subgroup_lattice
        >>> class_orbits(subgroup_lattice(Group(np.arange(4)[:, None] ^ np.arange(4))))     # V4: three C2 alike
        ((0,), (1, 2, 3), (4,))
    """
    starts = _representatives(lattice)
    automorphisms = outer_automorphisms(lattice.group, limit)[1:]
    orbit_of = np.arange(len(starts))
    for block in np.array_split(automorphisms, max(1, len(automorphisms) * lattice.group.order // IMAGE_BLOCK)):
        for images in lattice.class_of[lattice.images(starts, block)]:  # class of the image of each class
            while True:
                low = np.minimum(orbit_of, orbit_of[images])
                np.minimum.at(low, images, orbit_of)
                if (low == orbit_of).all():
                    break
                orbit_of = low
    return tuple(tuple(np.flatnonzero(orbit_of == first).tolist()) for first in np.unique(orbit_of))


def _representatives(lattice: SubgroupLattice) -> np.ndarray:
    """First position of each class."""
    return np.unique(lattice.class_of, return_index=True)[1]


@dataclass(frozen=True)
class _Subject:
    """What naming needs to know of one class."""

    number: int
    position: int
    structure: str
    base: str  # structure, or a product of symmetric groups
    is_abelian: bool
    plainness: tuple[bool, int, int, int]  # smaller is plainer: Young subgroups, more fixed points, more orbits, number


def _subject(lattice: SubgroupLattice, c: int, position: int, structure: str) -> _Subject:
    """Read one class off the lattice."""
    is_abelian, orbits = commutes(lattice, position), _orbit_lengths(lattice, position)
    is_symmetric = lattice.group.order == factorial(sum(orbits))
    is_young = is_symmetric and lattice.orders[position] == prod(map(factorial, orbits))
    moved = sorted((length for length in orbits if length > 1), reverse=True)
    base = "x".join(f"S{length}" for length in moved) if is_young and not is_abelian else structure
    return _Subject(c, position, structure, base, is_abelian, (not is_young, -orbits.count(1), -len(orbits), c))


def _orbit_lengths(lattice: SubgroupLattice, position: int) -> list[int]:
    """Lengths of the orbits of points; none without permutations."""
    images = lattice.group.permutations
    if images is None:
        return []
    smallest = images[lattice.members[position]].min(axis=0)
    return np.unique(smallest, return_counts=True)[1].tolist()


def _orbits(lattice: SubgroupLattice, subjects: list[_Subject]) -> list[list[_Subject]]:
    """Pairs of non-abelian classes that an automorphism exchanges, plainest first, and every other class by itself."""
    sizes = np.bincount(lattice.class_of)
    kinds = [(s.structure, sizes[s.number]) for s in subjects if not s.is_abelian]
    orbits: tuple[tuple[int, ...], ...] = ()
    if len(set(kinds)) < len(kinds):
        with suppress(Unsupported):
            orbits = class_orbits(lattice)
    pairs = [[subjects[c] for c in o] for o in orbits if len(o) == 2 and not subjects[o[0]].is_abelian]
    paired = {s.number for pair in pairs for s in pair}
    return [sorted(pair, key=lambda s: s.plainness) for pair in pairs] + [
        [s] for s in subjects if s.number not in paired
    ]


def _told_apart(lattice: SubgroupLattice, orbits: list[list[_Subject]]) -> dict[int, str]:
    """Names of orbits that share a base name."""
    orbits = sorted(orbits, key=lambda orbit: orbit[0].plainness)
    plain = orbits[0][0]
    named, others = {plain.base: orbits[0]}, orbits[1:]
    if others and plain.is_abelian:
        named, others = {}, orbits
    elif others:
        twisted = _twisted_classes(lattice, plain)
        alike = [orbit for orbit in others if orbit[0].number in twisted][:1]
        if alike:
            named[f"{plain.base} twisted"] = alike[0]
        others = [orbit for orbit in others if orbit not in alike]
        if any(orbit[0].plainness[:3] == plain.plainness[:3] for orbit in others):
            others.append(named.pop(plain.base))
    names = {s.number: name + "*" * i for name, orbit in named.items() for i, s in enumerate(orbit)}
    for s in (s for orbit in others for s in orbit):
        names[s.number] = f"{plain.base} {shown_generators(lattice, s.position)}"
    return names


def _twisted_classes(lattice: SubgroupLattice, plain: _Subject) -> set[int]:
    """Classes of {h t^chi(h)} for an involution t outside K = {h} that commutes with K, and a sign character chi."""
    group, members = lattice.group, lattice.members[plain.position]
    commuting = centralizer(lattice.subgroup(plain.position)).elements
    involutions = [t for t in commuting if group.element_orders[t] == 2 and not members[t]]
    below = lattice.below(plain.position)
    kernels = below[2 * lattice.orders[below] == np.count_nonzero(members)]
    found = set()
    for t in involutions:
        for kernel in lattice.members[kernels]:
            image = kernel.copy()
            image[group.table[np.flatnonzero(members & ~kernel), t]] = True
            found.add(int(lattice.class_of[lattice.find(image)]))
    return found


def _made_unique(names: list[str]) -> tuple[str, ...]:
    """Number names that are still equal, which needs elements with equal labels."""
    seen: Counter[str] = Counter()
    unique = []
    for name in names:
        seen[name] += 1
        unique.append(name if names.count(name) == 1 else f"{name} #{seen[name]}")
    return tuple(unique)
