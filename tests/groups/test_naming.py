"""Names of subgroup classes: the lists of S5 and S6, and that structure names are proofs."""

import numpy as np
import pytest

from cosetta.groups import (
    Group,
    all_automorphisms,
    find_isomorphism,
    named_group,
    outer_automorphisms,
    subgroup_lattice,
)
from cosetta.groups.naming import class_orbits, name_classes
from cosetta.groups.shortest_generators import shortest_generators
from cosetta.groups.structure import structure_names

S5_NAMES = [
    "1",
    "C2 (12)",
    "C2 (12)(34)",
    "C3",
    "C4",
    "V4 <(12),(34)>",
    "V4 <(12)(34),(13)(24)>",
    "C5",
    "C6",
    "S3",
    "S3 twisted",
    "D8",
    "D10",
    "S3xS2",
    "A4",
    "F20",
    "S4",
    "A5",
    "S5",
]

S6_NAMES = [
    "1",
    "C2 (12)",
    "C2 (12)(34)",
    "C2 (12)(34)(56)",
    "C3 (123)",
    "C3 (123)(456)",
    "C4 (1234)",
    "C4 (12)(3456)",
    "V4 <(12),(34)>",
    "V4 <(12),(34)(56)>",
    "V4 <(12)(34),(13)(24)>",
    "V4 <(12)(34),(12)(56)>",
    "V4 <(12)(34),(13)(24)(56)>",
    "C5",
    "C6 (12)(345)",
    "C6 (123456)",
    "S3",
    "S3 twisted",
    "S3 twisted*",
    "S3*",
    "C2xC4",
    "D8",
    "D8*",
    "D8 twisted",
    "D8 <(12)(35),(34)(56)>",
    "C2xC2xC2 <(12),(34),(56)>",
    "C2xC2xC2 <(12),(34)(56),(35)(46)>",
    "C3xC3",
    "D10",
    "S3xS2",
    "S3xS2*",
    "A4",
    "A4*",
    "D8xC2",
    "S3xC3",
    "S3xC3*",
    "(C3xC3):C2",
    "F20",
    "A4xC2",
    "A4xC2*",
    "S4",
    "S4*",
    "S4 twisted",
    "S4 twisted*",
    "S3xS3",
    "S3xS3*",
    "(C3xC3):C4",
    "S4xS2",
    "S4xS2*",
    "A5",
    "A5*",
    "(S3xS3):C2",
    "S5",
    "S5*",
    "A6",
    "S6",
]

NAMED = ["C1", "C2", "C12", "V4", "C2xC2xC2", "S3", "D8", "Q8", "Q16", "A4", "D10", "S4", "C7:C3", "S4xC2", "Q8xC2"]


def test_names_of_s5() -> None:
    assert list(subgroup_lattice(named_group("S5")).class_names) == S5_NAMES


def test_names_of_s6() -> None:
    assert list(subgroup_lattice(named_group("S6"), cache=False).class_names) == S6_NAMES


@pytest.mark.parametrize("name", [*NAMED, "A5", "A6", "PSL(2,7)", "D8xC2", "(S3xS3):C2", "S3xS3xC2", "C2xC2xC2xC2"])
def test_names_are_unique_and_stable(name: str) -> None:
    names = subgroup_lattice(named_group(name)).class_names
    assert len(set(names)) == len(names)
    assert names == subgroup_lattice(named_group(name)).class_names


def test_names_of_quaternion_subgroups_use_labels() -> None:
    assert subgroup_lattice(named_group("Q8")).class_names == ("1", "C2", "C4 <i>", "C4 <j>", "C4 <k>", "Q8")


def test_equal_labels_still_give_unique_names() -> None:
    V4 = named_group("V4")
    names = subgroup_lattice(Group(V4.table, labels=("e", "x", "x", "x"))).class_names
    assert names == ("1", "C2 <x> #1", "C2 <x> #2", "C2 <x> #3", "V4")


@pytest.mark.parametrize("name", ["S5", "S6", "A6", "PSL(2,7)", "Q16xC2", "F20xS3", "Dic3xC2", "PSL(2,11)"])
def test_structure_is_the_isomorphism_type(name: str) -> None:
    """The subgroup, as a table of its own, is isomorphic to the named group."""
    lattice = subgroup_lattice(named_group(name))
    for cls, structure in zip(lattice.classes, structure_names(lattice), strict=True):
        elements = lattice.subgroup(cls.representative).elements
        own = Group(np.searchsorted(elements, lattice.group.table[np.ix_(elements, elements)]))
        other = named_group("C1" if structure == "1" else structure)
        assert find_isomorphism(own, other) is not None, structure


def test_generators_generate_and_are_shortest() -> None:
    lattice = subgroup_lattice(named_group("S4xC2"))
    for cls in lattice.classes:
        generators = shortest_generators(lattice, cls.representative)
        assert lattice.position(lattice.group.subgroup(generators)) == cls.representative
        if len(generators) == 2:
            elements = lattice.subgroup(cls.representative).elements
            assert not (lattice.group.element_orders[elements] == cls.order).any()


def test_starred_classes_are_images_under_an_automorphism() -> None:
    lattice = subgroup_lattice(named_group("S6"))
    (outer,) = outer_automorphisms(lattice.group)[1:]
    by_name = {cls.name: cls for cls in lattice.classes}
    starred = [name for name in by_name if name.endswith("*")]
    assert len(starred) == 13
    for name in starred:
        image = np.zeros(720, dtype=bool)
        image[outer[lattice.subgroup(by_name[name[:-1]].representative).elements]] = True
        assert lattice.names[lattice.find(image)] == name


def test_natural_class_fixes_more_points() -> None:
    lattice = subgroup_lattice(named_group("S6"))
    fixed = {}
    for cls in lattice.classes:
        images = lattice.group.permutations[lattice.subgroup(cls.representative).elements]
        fixed[cls.name] = int((images == np.arange(6)).all(axis=0).sum())
    assert (fixed["S5"], fixed["S5*"], fixed["A5"], fixed["A5*"], fixed["S4"], fixed["S4*"]) == (1, 0, 1, 0, 2, 0)


def test_twisted_s3_is_h_times_a_sign() -> None:
    lattice = subgroup_lattice(named_group("S5"))
    cls = next(cls for cls in lattice.classes if cls.name == "S3 twisted")
    labels = {lattice.group.labels[a] for a in lattice.subgroup(cls.representative).elements}
    assert labels == {"e", "(123)", "(132)", "(12)(45)", "(13)(45)", "(23)(45)"}


def test_orbits_match_all_automorphisms() -> None:
    lattice = subgroup_lattice(named_group("D8xC2"))
    orbit_of = {c: orbit for orbit in class_orbits(lattice) for c in orbit}
    naive: dict[int, set[int]] = {c: set() for c in orbit_of}
    for automorphism in all_automorphisms(lattice.group):
        for cls_number, cls in enumerate(lattice.classes):
            image = np.zeros(lattice.group.order, dtype=bool)
            image[automorphism[lattice.subgroup(cls.representative).elements]] = True
            naive[cls_number].add(int(lattice.class_of[lattice.find(image)]))
    assert all(naive[c] == set(orbit) for c, orbit in orbit_of.items())


def test_unrecognised_structures_have_a_fallback() -> None:
    """Aut(A6) holds M10 = A6.C2, which does not split, beside S6 and A6:C2."""
    names = name_classes(subgroup_lattice(named_group("S6:C2"), cache=False))
    assert {"A6.C2", "A6:C2", "S6", "S6:C2"} <= set(names)
