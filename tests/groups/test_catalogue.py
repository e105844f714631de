"""The library of small groups against GAP's facts, and tables of polycyclic presentations against their relations."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from cosetta.errors import NotAGroup, Unsupported
from cosetta.groups import Group, centralizer, find_isomorphism, named_group, small_group
from cosetta.groups.catalogue import _from_gap, number_of_groups
from cosetta.groups.polycyclic import polycyclic_labels, polycyclic_table

ORACLE = json.loads((Path(__file__).parents[1] / "oracles" / "small_groups.json").read_text())["groups"]


@pytest.mark.parametrize("name", ORACLE)
def test_facts_of_a_sample_of_the_catalogue(name):
    group = named_group(name)
    classes, centre, derived, _, orders = ORACLE[name]
    assert len(group.conjugacy_classes) == classes
    assert centralizer(group.subgroup(group.generators)).order == centre
    assert group.subgroup(group.commutators).order == derived
    found = np.unique(group.element_orders, return_counts=True)
    assert [list(pair) for pair in zip(*(column.tolist() for column in found), strict=True)] == orders


@pytest.mark.parametrize(
    ("order", "number", "other"),
    [
        (120, 5, "SL(2,5)"),
        (120, 34, "S5"),
        (125, 3, "Heis(5)"),
        (128, 2328, "C2^7"),
        (168, 42, "PSL(2,7)"),
        (360, 118, "A6"),
    ],
)
def test_known_groups_have_their_numbers(order, number, other):
    assert find_isomorphism(small_group(order, number), named_group(other)) is not None


def test_all_groups_of_one_order_are_different():
    groups = [small_group(81, k) for k in range(1, number_of_groups(81) + 1)]
    assert len(groups) == 15
    for i, G in enumerate(groups):
        assert all(find_isomorphism(G, H) is None for H in groups[:i])


def test_words_multiply_as_the_presentation_says():
    """C7:C3 with b^7 = e, a^3 = e and a^-1 b a = b^2; a label is a word, and the word is the element."""
    table = polycyclic_table([3, 7], [0, 0], [[2], []])
    group = Group(table, labels=polycyclic_labels([3, 7]))
    a, b = group.labels.index("a"), group.labels.index("b")
    assert table[table[group.inverse[a], b], a] == table[b, b]
    for element, word in enumerate(group.labels[1:], 1):
        product = 0
        for part in word.split("*"):
            letter, _, exponent = part.partition("^")
            for _ in range(int(exponent or 1)):
                product = table[product, {"a": a, "b": b}[letter]]
        assert product == element
    assert find_isomorphism(group, named_group("F21")) is not None


def test_an_inconsistent_presentation_is_no_group():
    with pytest.raises(NotAGroup, match="associative"):
        Group(polycyclic_table([3, 7], [0, 0], [[3], []]))  # 3 has order 6 modulo 7, not 3


def test_what_is_not_in_the_catalogue_says_so():
    with pytest.raises(Unsupported, match="there are 2,328 groups of order 128"):
        named_group("SmallGroup(128,2329)")
    with pytest.raises(Unsupported, match="orders 1 to 511"):
        number_of_groups(512)


def test_beyond_the_catalogue_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "passagemath_gap", None)
    with pytest.raises(Unsupported, match=r"ends at order 511.*cosetta\[gap\]"):
        _from_gap(512, 1, "SmallGroup(512,1)")
