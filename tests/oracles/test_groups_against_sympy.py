"""Permutation groups and presentations against sympy, an independent implementation that torch brings along.

sympy multiplies in the other order, (ab)(i) = b(a(i)). Sets, orders and normal closures do not depend on it; where
a product or a word counts, the order is turned here.
"""

import numpy as np
import pytest

from cosetta.groups import Subgroup, centralizer, normalizer, permutation_group, presented_group
from cosetta.groups.closures import cycle_label
from cosetta.groups.series import derived_series, lower_central_series

sympy = pytest.importorskip("sympy.combinatorics")
BLOCKS = [(4,), (5,), (6,), (4, 3), (3, 3), (5, 2), (2, 2, 3), (4, 4)]
"""Lengths of the blocks of points that random permutations keep; the largest group is S6."""


def drawn(seed):
    """Two random permutations that keep blocks of points, so that small and intransitive groups are met too."""
    rng, images = np.random.default_rng(seed), []
    for _ in range(2):
        image: list[int] = []
        for length in BLOCKS[seed % len(BLOCKS)]:
            image += (len(image) + rng.permutation(length)).tolist()
        images.append(image)
    return images


def sets(ours, elements):
    return {tuple(ours.permutations[a].tolist()) for a in elements}


@pytest.fixture(scope="module", params=range(16))
def pair(request):
    images = drawn(request.param)
    return permutation_group(images), sympy.PermutationGroup(*map(sympy.Permutation, images))


def _theirs(group):
    return {tuple(p.array_form) for p in group.elements}


def test_elements_and_what_commutes_with_them(pair):
    ours, theirs = pair
    assert ours.order == theirs.order()
    assert sets(ours, range(ours.order)) == _theirs(theirs)
    assert ours.is_abelian == theirs.is_abelian
    whole = ours.subgroup(ours.generators)
    assert centralizer(whole).order == theirs.center().order()
    classes = theirs.conjugacy_classes()
    assert {frozenset(sets(ours, cls)) for cls in ours.conjugacy_classes} == {
        frozenset(tuple(p.array_form) for p in cls) for cls in classes
    }


def test_products_are_theirs_in_the_other_order(pair):
    ours, _ = pair
    rng = np.random.default_rng(0)
    for a, b in rng.integers(ours.order, size=(20, 2)).tolist():
        product = sympy.Permutation(ours.permutations[b].tolist()) * sympy.Permutation(ours.permutations[a].tolist())
        assert product.array_form == ours.permutations[ours.table[a, b]].tolist()
        assert product.order() == ours.element_orders[ours.table[a, b]]
        assert product.cyclic_form == _cycles(ours, int(ours.table[a, b]))


def _cycles(group, a):
    """Cycles of a label, with points from 0."""
    label = cycle_label(group.permutations[a])
    return [] if label == "e" else [[int(i) - 1 for i in word] for word in label.strip("()").split(")(")]


def test_series(pair):
    ours, theirs = pair
    assert [H.order for H in derived_series(ours)] == [H.order() for H in theirs.derived_series()]
    assert [H.order for H in lower_central_series(ours)] == [H.order() for H in theirs.lower_central_series()]
    assert sets(ours, derived_series(ours)[-1].elements) == _theirs(theirs.derived_series()[-1])


def test_normal_closures_and_centralizers(pair):
    ours, theirs = pair
    rng = np.random.default_rng(1)
    for _ in range(3):
        a = int(rng.integers(ours.order))
        H = ours.subgroup([a])
        image = sympy.Permutation(ours.permutations[a].tolist())
        same = sympy.PermutationGroup(image)
        assert centralizer(H).order == theirs.centralizer(same).order()
        closure = theirs.normal_closure(same)
        found = ours.subgroup([int(ours.table[ours.table[g, a], ours.inverse[g]]) for g in range(ours.order)])
        assert sets(ours, found.elements) == _theirs(closure)
        assert H.is_normal == same.is_normal(theirs)
        assert (normalizer(H).order == ours.order) == H.is_normal


def test_sylow_subgroups(pair):
    ours, theirs = pair
    for p in {2, 3, 5, 7}:
        theirs_p = theirs.sylow_subgroup(p)
        elements = [int(np.flatnonzero((ours.permutations == q.array_form).all(axis=1))[0]) for q in theirs_p.elements]
        assert Subgroup(ours, np.array(elements)).order == theirs_p.order()  # closed under our product too


PRESENTATIONS = [
    ("a, b", ["a^2", "b^3", "(a*b)^5"]),
    ("a, b", ["a^4", "b^2", "(a*b)^3"]),
    ("a, b", ["a^8", "b^2*a^-4", "b^-1*a*b*a"]),
    ("a, b", ["a^3", "b^3", "(a*b)^2"]),
    ("a, b", ["a^7", "b^3", "b^-1*a*b*a^-2"]),
    ("a, b", ["a^5", "b^4", "b^-1*a*b*a^-2"]),
    ("a, b, c", ["a^2", "b^2", "c^2", "(a*b)^3", "(b*c)^3", "(a*c)^2"]),
    ("a, b", ["a^3", "b^7", "(a*b)^2", "(a^-1*b^-1*a*b)^4"]),
    ("a, b, c", ["a^3", "b^3", "c^3", "a^-1*b^-1*a*b*c^-1", "a^-1*c^-1*a*c", "b^-1*c^-1*b*c"]),
    ("a, b", ["a^6", "b^2", "(a*b)^2"]),
]


@pytest.mark.parametrize(("letters", "relators"), PRESENTATIONS)
def test_coset_enumeration(letters, relators):
    from sympy.combinatorics.fp_groups import FpGroup
    from sympy.combinatorics.free_groups import free_group

    free, *generators = free_group(letters)
    names = dict(zip(letters.split(", "), generators, strict=True))
    theirs = FpGroup(free, [eval(relator.replace("^", "**"), {}, names) for relator in relators])
    ours = presented_group(f"<{letters} | {', '.join(relators)}>")
    assert ours.order == theirs.order()
