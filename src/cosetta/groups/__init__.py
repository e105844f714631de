"""Finite groups: Cayley tables, names, subgroups and cosets, the subgroup lattice, isomorphisms. numpy only."""

from cosetta.groups.catalogue import small_group, small_group_id
from cosetta.groups.enumeration import subgroup_lattice
from cosetta.groups.generated import generated_group, matrix_group, permutation_group
from cosetta.groups.group import Group, Subgroup
from cosetta.groups.isomorphism import all_automorphisms, find_isomorphism, outer_automorphisms
from cosetta.groups.lattice import SubgroupClass, SubgroupLattice
from cosetta.groups.named import named_group
from cosetta.groups.presentation import presented_group
from cosetta.groups.products import direct_product, semidirect_product
from cosetta.groups.reading import group_of, is_one_group, read_group
from cosetta.groups.stored import known_group
from cosetta.groups.subgroups import (
    centralizer,
    conjugate,
    core,
    coset_action,
    cosets,
    double_cosets,
    normalizer,
    transversal,
)
from cosetta.groups.tables import read_table, write_table
from cosetta.groups.wreath import wreath_product

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
    "generated_group",
    "group_of",
    "is_one_group",
    "known_group",
    "matrix_group",
    "named_group",
    "normalizer",
    "outer_automorphisms",
    "permutation_group",
    "presented_group",
    "read_group",
    "read_table",
    "semidirect_product",
    "small_group",
    "small_group_id",
    "subgroup_lattice",
    "transversal",
    "wreath_product",
    "write_table",
]
