"""Finite groups: Cayley tables, names, subgroups and cosets, the subgroup lattice, isomorphisms. numpy only."""

from cosetta.groups.group import Group
from cosetta.groups.isomorphism import all_automorphisms, find_isomorphism, outer_automorphisms
from cosetta.groups.lattice import SubgroupClass, SubgroupLattice, subgroup_lattice
from cosetta.groups.named import named_group
from cosetta.groups.products import direct_product, semidirect_product
from cosetta.groups.subgroups import (
    Subgroup,
    centralizer,
    conjugate,
    core,
    coset_action,
    cosets,
    double_cosets,
    normalizer,
    transversal,
)

__all__ = [
    "Group",
    "Subgroup",
    "SubgroupClass",
    "SubgroupLattice",
    "all_automorphisms",
    "centralizer",
    "conjugate",
    "core",
    "coset_action",
    "cosets",
    "direct_product",
    "double_cosets",
    "find_isomorphism",
    "named_group",
    "normalizer",
    "outer_automorphisms",
    "semidirect_product",
    "subgroup_lattice",
    "transversal",
]
