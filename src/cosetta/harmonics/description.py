"""What there is to know about a group before a network is trained on it.

Structure, centre, derived subgroup and abelianisation, classes of elements, irreps over the reals with their types,
classes of subgroups with the irreps of their cosets, and which of them give 2-transitive actions: those with exactly
two double cosets HgH, where the argument of Stander et al. applies. Parts that would take too long are left out, and
the reason is kept in their place.
"""

from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, final

import numpy as np

from cosetta.errors import Unsupported
from cosetta.groups.abelian import quotient_factors
from cosetta.groups.catalogue import small_group_id
from cosetta.groups.enumeration import subgroup_lattice
from cosetta.groups.group import Group, Subgroup
from cosetta.groups.lattice import SubgroupLattice
from cosetta.groups.series import derived_series, nilpotency_class
from cosetta.groups.subgroups import centralizer, coset_action
from cosetta.harmonics.invariants import indicator_shares
from cosetta.harmonics.irrep import Irrep
from cosetta.harmonics.irreps import irreps

__all__ = ["ClassFacts", "GroupDescription", "IrrepFacts", "SubgroupFacts", "describe_group"]

TYPES = {1: "real", 0: "complex", -1: "quaternionic"}

OPEN_NAMES = ":", ".", "order-"
"""Marks of a name of a subgroup that leaves its isomorphism type open (`groups/structure.py`)."""

LISTED_CLASSES = 1_000
"""Most conjugacy classes whose characters are listed: a million numbers."""


@final
@dataclass(frozen=True)
class ClassFacts:
    """A conjugacy class of elements: a representative's label, its order and the size of the class."""

    representative: str
    order: int
    size: int


@final
@dataclass(frozen=True)
class IrrepFacts:
    """An irrep over the reals; an irrep that is not faithful has a kernel of order above 1."""

    name: str
    dimension: int
    type: str
    kernel_order: int
    character: tuple[float, ...]


@final
@dataclass(frozen=True)
class SubgroupFacts:
    """A class of subgroups; `shares` is the irrep content of the centred indicator of H, as exact fractions.

    `small_group` is `[order, number]` in the library of small groups where the name leaves the isomorphism type open
    and the library can tell, else empty.
    """

    name: str
    small_group: str
    order: int
    index: int
    conjugates: int
    normaliser: str
    generators: tuple[str, ...]
    is_two_transitive: bool
    shares: dict[str, str]
    shares_percent: dict[str, float]


@final
@dataclass(frozen=True)
class GroupDescription:
    """Facts about a group; a part that was left out is empty, and `left_out` says why.

    Args:
        name: name of the group.
        order: number of elements.
        structure: structure of the whole group as text, or empty.
        small_group: id in the library of small groups as text, or empty.
        is_abelian: whether all elements commute.
        centre: structure, or order, of the centre.
        derived: the same for the derived subgroup.
        derived_series: the group, its derived subgroup and so on, by structure or order.
        derived_factors: the abelian quotients of neighbours in the series, as products of cyclic groups.
        is_solvable: whether the series ends in the trivial group.
        nilpotency_class: length of the lower central series; None if the group is not nilpotent.
        abelianisation: invariant factors of the quotient by the derived subgroup, each a multiple of the next.
        classes: conjugacy classes of elements.
        irreps: irreps over the reals.
        subgroups: number of subgroups, 0 if they were not listed.
        subgroup_classes: classes of subgroups.
        left_out: reason by part.
    """

    name: str
    order: int
    structure: str
    small_group: str
    is_abelian: bool
    centre: str
    derived: str
    derived_series: tuple[str, ...]
    derived_factors: tuple[str, ...]
    is_solvable: bool
    nilpotency_class: int | None
    abelianisation: tuple[int, ...]
    classes: tuple[ClassFacts, ...]
    irreps: tuple[IrrepFacts, ...]
    subgroups: int
    subgroup_classes: tuple[SubgroupFacts, ...]
    left_out: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """The same facts as plain JSON values.

        Returns:
            A dictionary with the fields of this class.

        Example:
            >>> describe_group(Group(np.array([[0, 1], [1, 0]]), name="C2")).to_json()["abelianisation"]
            (2,)
        """
        return asdict(self)


def describe_group(group: Group) -> GroupDescription:
    """All facts of a `GroupDescription`.

    **Cost**: that of the subgroup lattice and of the irreps: S_6 0.3 s, A_7 2 s, M_11 20 s; see docs/groups.md.

    Args:
        group: any group.

    Returns:
        The facts; lattice and irreps are left out, with the reason, where they are too large.

    Example:
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> facts = describe_group(S3)
        >>> facts.structure, facts.centre, facts.abelianisation, [s.name for s in facts.subgroup_classes]
        ('S3', '1', (2,), ['1', 'C2', 'C3', 'S3'])
        >>> [s.name for s in facts.subgroup_classes if s.is_two_transitive]
        ['C2', 'C3']
    """
    left_out: dict[str, str] = {}
    lattice, found = None, ()
    try:
        lattice = subgroup_lattice(group)
    except Unsupported as error:
        left_out["subgroups"] = str(error)
    if len(group.conjugacy_classes) > LISTED_CLASSES:
        count = len(group.conjugacy_classes)
        left_out["irreps"] = f"characters are listed up to {LISTED_CLASSES:,} classes; {group.name} has {count:,}"
    else:
        try:
            found = irreps(group)
        except Unsupported as error:
            left_out["irreps"] = str(error)
    centre, derived = centralizer(group.subgroup(group.generators)), group.subgroup(group.commutators)
    series, known = derived_series(group), small_group_id(group)
    return GroupDescription(
        name=group.name,
        order=group.order,
        structure="" if lattice is None else lattice.class_names[-1],
        small_group="" if known is None else f"SmallGroup({known[0]},{known[1]})",
        is_abelian=group.is_abelian,
        centre=_called(centre, lattice),
        derived=_called(derived, lattice),
        derived_series=tuple(_called(H, lattice) for H in series),
        derived_factors=tuple("x".join(f"C{n}" for n in _factors(H, K)) for H, K in pairwise(series)),
        is_solvable=series[-1].order == 1,
        nilpotency_class=nilpotency_class(group),
        abelianisation=quotient_factors(derived),
        classes=tuple(
            ClassFacts(group.labels[members[0]], int(group.element_orders[members[0]]), len(members))
            for members in group.conjugacy_classes
        ),
        irreps=tuple(_irrep_facts(group, irrep) for irrep in found),
        subgroups=0 if lattice is None else len(lattice),
        subgroup_classes=() if lattice is None else _subgroup_facts(lattice, found),
        left_out=left_out,
    )


def _factors(H: Subgroup, K: Subgroup) -> tuple[int, ...]:
    """Invariant factors of H/K, where K contains all commutators of H."""
    inside = Group(_renumbered(H), name="H")
    return quotient_factors(Subgroup(inside, np.searchsorted(H.elements, K.elements)))


def _renumbered(H: Subgroup) -> np.ndarray:
    """Cayley table of a subgroup, its elements numbered in ascending order."""
    return np.searchsorted(H.elements, H.group.table[np.ix_(H.elements, H.elements)])


def _called(H: Subgroup, lattice: SubgroupLattice | None) -> str:
    """Name of a subgroup, or its order."""
    return f"order {H.order}" if lattice is None else lattice.names[lattice.position(H)]


def small_group_mark(H: Subgroup, name: str) -> str:
    """The id of a subgroup in the library of small groups, where its name is no proof of its isomorphism type.

    Args:
        H: a subgroup.
        name: its name in the lattice.

    Returns:
        `[order,number]`; empty if the name says it all, as `D8` does, or the library cannot tell.

    Example:
        >>> from cosetta.groups.catalogue import small_group
        >>> [small_group_mark((G := small_group(16, k)).subgroup(G.generators), "(C2xC4):C2") for k in (3, 13)]
        ['[16,3]', '[16,13]']
    """
    structure = name.partition(" ")[0]
    if not any(mark in structure for mark in OPEN_NAMES):
        return ""
    known = small_group_id(Group(_renumbered(H)))
    return "" if known is None else f"[{known[0]},{known[1]}]"


def _irrep_facts(group: Group, irrep: Irrep) -> IrrepFacts:
    character = irrep.character
    values = [round(float(character[members[0]]), 6) + 0.0 for members in group.conjugacy_classes]
    kernel = int(np.count_nonzero(character > irrep.dim - 1e-6))
    return IrrepFacts(irrep.name, irrep.dim, TYPES[irrep.frobenius_schur], kernel, tuple(values))


def _subgroup_facts(lattice: SubgroupLattice, found: tuple[Irrep, ...]) -> tuple[SubgroupFacts, ...]:
    facts = []
    for cls in lattice.classes:
        H = lattice.subgroup(cls.representative)
        shares = indicator_shares(H, found) if cls.index > 1 and found else np.zeros(len(found))
        whole = cls.index - 1  # shares are integers over it
        pairs = zip(found, shares, strict=True)
        exact = {r.name: Fraction(round(s * whole), whole) for r, s in pairs if s > 1e-9}
        facts.append(
            SubgroupFacts(
                name=cls.name,
                small_group=small_group_mark(H, cls.name),
                order=cls.order,
                index=cls.index,
                conjugates=len(cls.subgroups),
                normaliser=lattice.names[cls.normalizer],
                generators=tuple(lattice.group.labels[g] for g in H.generators),
                is_two_transitive=is_two_transitive(H),
                shares={name: str(share) for name, share in exact.items()},
                shares_percent={name: round(100 * float(share), 1) for name, share in exact.items()},
            )
        )
    return tuple(facts)


def is_two_transitive(H: Subgroup) -> bool:
    """Whether G acts 2-transitively on G/H: there are exactly two double cosets HgH.

    Args:
        H: a subgroup.

    Returns:
        Whether it is so; never for the whole group, whose one coset is all there is.

    Example:
        >>> A4 = Group.from_permutations([(1, 2, 0, 3), (1, 0, 3, 2)], name="A4")
        >>> is_two_transitive(A4.subgroup([A4.labels.index("(123)")]))
        True
    """
    if H.index < 2 or H.index - 1 > H.order:  # H has to move the other cosets around
        return False
    images = coset_action(H)[list(H.generators)] if H.generators else np.empty((0, H.index), dtype=int)
    reached, frontier = {1}, [1]
    while frontier:
        frontier = [c for c in {int(image[c]) for c in frontier for image in images} if c not in reached]
        reached.update(frontier)
    return len(reached) == H.index - 1
