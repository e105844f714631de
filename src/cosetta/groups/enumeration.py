"""All subgroups of a group: found, put in order, named, and kept on disk.

The search is in `extension.py`, the order is described in `lattice.py`, names are in `naming.py`, the copy on disk in
`lattice_cache.py`.
"""

from dataclasses import replace

import numpy as np

from cosetta.errors import LatticeTooLarge
from cosetta.groups.abelian import abelian_subgroups, invariant_factors, quotient_factors
from cosetta.groups.extension import CLASS_LIMIT, SUBGROUP_LIMIT, FoundClass, find_subgroup_classes
from cosetta.groups.group import Group, conjugates
from cosetta.groups.lattice import SubgroupLattice, display_order
from cosetta.groups.lattice_cache import LatticeArrays, load_lattice, save_lattice
from cosetta.groups.naming import name_classes
from cosetta.groups.subgroups import centralizer

__all__ = ["subgroup_lattice"]

STORED_FROM = 1_000
"""Fewest subgroups that are worth a file; smaller lattices are found again in less than 0.2 s."""


def subgroup_lattice(group: Group, cache: bool = True) -> SubgroupLattice:
    """All subgroups of a group.

    **Cost**: with names and without the copy on disk, on one core: S_5 0.02 s, S_6 0.2 s, S_7 2 s.

    Args:
        group: any group; the number of subgroup classes is what costs time and memory.
        cache: read and write a copy on disk, of lattices with 1,000 subgroups or more, in the folder
            `COSETTA_CACHE` or else the user's cache folder. The copy is found by the content of the table, the labels
            and the permutations; a damaged one is made again.

    Returns:
        The lattice. Numbers and names are the same on every run.

    Raises:
        LatticeTooLarge: if there are more than 30,000 subgroups or 3,000 classes of them; before the search where the
            subgroups of the abelianisation or of the centre alone are too many.

    Source:
        See `find_subgroup_classes`. S_5 has 156 subgroups in 19 classes, S_6 1,455 in 56, S_7 11,300 in 96 (OEIS
        A005432, A000638).

    Example:
        >>> lattice = subgroup_lattice(Group((np.arange(6)[:, None] + np.arange(6)) % 6, name="C6"))
        >>> lattice.names
        ('1', 'C2', 'C3', 'C6')
    """
    _refuse_too_large(group)
    if cache and (stored := load_lattice(group)) is not None:
        return SubgroupLattice(group, *stored)
    unnamed = _arranged(group, find_subgroup_classes(group))
    lattice = replace(unnamed, class_names=name_classes(unnamed))
    if cache and len(lattice) >= STORED_FROM:
        arrays = lattice.packed, lattice.class_of, lattice.carriers, lattice.class_normalizers, lattice.class_names
        save_lattice(group, LatticeArrays(*arrays))
    return lattice


def _refuse_too_large(group: Group) -> None:
    """Count normal subgroups that are known without a search: those above G' and those of the centre."""
    derived, centre = group.subgroup(group.commutators), centralizer(group.subgroup(group.generators))
    normal = max(
        abelian_subgroups(quotient_factors(derived)),
        abelian_subgroups(invariant_factors(group.element_orders[centre.elements])),
    )
    if normal > CLASS_LIMIT:
        shown = f"{normal:,}" if normal < 10**9 else f"about {float(normal):.1g}"
        has = f"has {shown} subgroups" if group.is_abelian else f"has at least {shown} normal subgroups"
        raise LatticeTooLarge(
            f"subgroups are listed up to {SUBGROUP_LIMIT:,} in {CLASS_LIMIT:,} classes; {group.name} {has}, each a "
            "class of its own"
        )


def _arranged(group: Group, found: list[FoundClass]) -> SubgroupLattice:
    """Put classes, and subgroups within them, in the order that the module's head describes."""
    by_rank = display_order(group)
    blocks = []
    for cls in found:
        members = np.unpackbits(cls.conjugates, axis=1, count=group.order)
        keys = [row.tobytes() for row in ~np.packbits(members[:, by_rank], axis=1)]
        order = np.array(sorted(range(len(keys)), key=keys.__getitem__))
        blocks.append((cls.representative.order, keys[order[0]], order, cls))
    blocks.sort(key=lambda block: block[:2])
    packed = np.concatenate([cls.conjugates[order] for _, _, order, cls in blocks])
    position = {row.tobytes(): i for i, row in enumerate(packed)}
    carriers, normalizers = [], []
    for _, _, order, cls in blocks:
        first = cls.carriers[order[0]]
        carriers.append(group.table[cls.carriers[order], group.inverse[first]])
        moved = np.zeros(group.order, dtype=bool)
        moved[conjugates(group, cls.normalizer.elements, np.array([first]))] = True
        normalizers.append(position[np.packbits(moved).tobytes()])
    class_of = np.repeat(np.arange(len(blocks)), [len(order) for _, _, order, _ in blocks])
    return SubgroupLattice(
        group, packed, class_of, np.concatenate(carriers).astype(np.int32), np.array(normalizers, dtype=np.int64), ()
    )
