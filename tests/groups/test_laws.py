"""Theorems about finite groups, on every group of order up to 24 or 31: what the code finds must obey them."""

from collections import Counter
from functools import cache
from itertools import product
from math import gcd, prod

import numpy as np
import pytest

from cosetta.groups import (
    Group,
    all_automorphisms,
    centralizer,
    coset_action,
    double_cosets,
    find_isomorphism,
    named_group,
    normalizer,
    semidirect_product,
    small_group_id,
    subgroup_lattice,
)
from cosetta.groups.integers import prime_factors
from cosetta.groups.series import derived_series, nilpotency_class
from tests.every_group import groups_of_order, lattice_of, shuffled

ORDERS = range(1, 32)
LOW_ORDERS = range(1, 25)


@pytest.mark.parametrize("order", ORDERS)
def test_class_equation(order: int) -> None:
    """|C| = |G : C_G(a)| for a in C; the classes of one element are the centre; |G| k(G) pairs commute."""
    for group in groups_of_order(order):
        commute = group.table == group.table.T
        for cls in group.conjugacy_classes:
            assert {len(cls)} == {order // int(commute[a].sum()) for a in cls}
        centre = centralizer(group.subgroup(group.generators))
        assert centre.elements.tolist() == [cls[0] for cls in group.conjugacy_classes if len(cls) == 1]
        assert commute.sum() == order * len(group.conjugacy_classes)


@pytest.mark.parametrize("order", ORDERS)
def test_the_number_of_roots_of_one_is_a_multiple_of_the_degree(order: int) -> None:
    """Solutions of x^n = 1 for n that divides |G| (Frobenius 1895)."""
    for group in groups_of_order(order):
        for n in range(1, order + 1):
            assert np.count_nonzero(n % group.element_orders == 0) % gcd(n, order) == 0


@pytest.mark.parametrize("order", ORDERS)
def test_sylow(order: int) -> None:
    """Subgroups of order p^k: their number is 1 mod p; those of the largest k are one class, as many as divide m."""
    for group in groups_of_order(order):
        lattice = lattice_of(group)
        for p, exponent in Counter(prime_factors(order)).items():
            assert {int((lattice.orders == p**k).sum()) % p for k in range(1, exponent + 1)} == {1}
            (sylow,) = [cls for cls in lattice.classes if cls.order == p**exponent]
            assert order // p**exponent % len(sylow.subgroups) == 0


@pytest.mark.parametrize("order", ORDERS)
def test_nilpotent_means_one_sylow_subgroup_a_prime(order: int) -> None:
    """And every group of order below 60 is solvable (Burnside's theorem leaves 30 and 60 to be looked at)."""
    for group in groups_of_order(order):
        lattice = lattice_of(group)
        sizes = [p**k for p, k in Counter(prime_factors(order)).items()]
        assert (nilpotency_class(group) is not None) == all((lattice.orders == size).sum() == 1 for size in sizes)
        assert derived_series(group)[-1].order == 1


@pytest.mark.parametrize("order", LOW_ORDERS)
def test_table_of_marks(order: int) -> None:
    """Cosets of H that K fixes, from the action, are the conjugates of H above K, from the lattice, |N(H):H| each."""
    for group in groups_of_order(order):
        lattice = lattice_of(group)
        if len(lattice.classes) > 30:  # four abelian groups, with little to see
            continue
        subgroups = [lattice.subgroup(cls.representative) for cls in lattice.classes]
        actions = [coset_action(H) for H in subgroups]
        marks = [
            [int((action[K.elements] == np.arange(H.index)).all(axis=0).sum()) for K in subgroups]
            for H, action in zip(subgroups, actions, strict=True)
        ]
        above = [
            [int(lattice.members[cls.subgroups][:, K.elements].all(axis=1).sum()) for K in subgroups]
            for cls in lattice.classes
        ]
        weights = np.array([normalizer(H).order // H.order for H in subgroups])
        assert marks == (weights[:, None] * np.array(above)).tolist()
        assert (np.diagonal(marks) == weights).all()
        assert not np.triu(marks, 1).any()


@pytest.mark.parametrize("order", LOW_ORDERS)
def test_double_cosets_are_the_orbits_of_both_sides(order: int) -> None:
    """Cauchy-Frobenius: |H\\G/K| is the mean number of cosets aK that an h in H fixes; left and right are inverse."""
    for group in groups_of_order(order):
        lattice = lattice_of(group)
        subgroups = [lattice.subgroup(cls.representative) for cls in lattice.classes]
        subgroups = subgroups[:: -(-len(subgroups) // 8)]
        for K in subgroups:
            fixed = (coset_action(K) == np.arange(K.index)).sum(axis=1)
            for H in subgroups:
                labels = double_cosets(H, K)
                assert labels.max() + 1 == fixed[H.elements].mean()
                assert (labels[group.table[np.ix_(H.elements, range(order))]] == labels).all()
                assert (labels[group.table[:, K.elements]] == labels[:, None]).all()
                turned = double_cosets(K, H)[group.inverse]
                assert len({*zip(labels.tolist(), turned.tolist(), strict=True)}) == labels.max() + 1


@pytest.mark.parametrize("order", LOW_ORDERS)
def test_a_shuffled_group_is_recognised_among_all_of_its_order(order: int) -> None:
    """Isomorphic to itself and to no other; its id, its lattice and its classes do not know the numbering."""
    groups = groups_of_order(order)
    for number, group in enumerate(groups, 1):
        other = shuffled(group)
        images = [find_isomorphism(other, known) for known in groups]
        assert [image is not None for image in images] == [k == number for k in range(1, len(groups) + 1)]
        image = images[number - 1]
        assert sorted(image.tolist()) == list(range(order))
        assert (image[other.table] == group.table[np.ix_(image, image)]).all()
        assert small_group_id(other) == (order, number)
        assert (other.element_orders == group.element_orders[image]).all()
        if len(lattice_of(group)) <= 40:
            assert _shape(subgroup_lattice(other)) == _shape(lattice_of(group))


def _shape(lattice) -> list[tuple[int, int, int, int]]:
    """Order, conjugates, normalizer and maximal subgroups of each class."""
    return sorted(
        (c.order, len(c.subgroups), int(lattice.orders[c.normalizer]), len(lattice.maximal_subgroups(c.representative)))
        for c in lattice.classes
    )


TOO_MANY = {"SmallGroup(16,14)", "SmallGroup(24,4)", "SmallGroup(24,8)", "SmallGroup(24,14)"}
"""Groups with more than 2,000 candidate images, which the slow twin leaves alone."""


@cache
def naive_automorphisms(group: Group) -> frozenset[tuple[int, ...]] | None:
    """All maps of a generating set to elements of the same orders that extend; None where there are too many."""
    orders = group.element_orders
    candidates = [np.flatnonzero(orders == orders[g]).tolist() for g in group.generators]
    if prod(map(len, candidates)) > 2000:
        return None
    words: dict[int, tuple[int, int]] = {}  # element: (element before it, number of the generator)
    queue = [0]
    for a in queue:
        for i, g in enumerate(group.generators):
            b = int(group.table[a, g])
            if b != 0 and b not in words:
                words[b] = a, i
                queue.append(b)
    found = set()
    for images in product(*candidates):
        f = np.zeros(group.order, dtype=int)
        for b in queue[1:]:
            a, i = words[b]
            f[b] = group.table[f[a], images[i]]
        if len(set(f.tolist())) == group.order and (f[group.table] == group.table[np.ix_(f, f)]).all():
            found.add(tuple(f.tolist()))
    return frozenset(found)


@pytest.mark.parametrize("order", LOW_ORDERS)
def test_automorphisms_are_those_of_the_slow_twin(order: int) -> None:
    for group in groups_of_order(order):
        expected = naive_automorphisms(group)
        assert (expected is None) == (group.name in TOO_MANY)
        if expected is not None:
            found = all_automorphisms(group)
            assert len(found) == len(expected)
            assert {tuple(f) for f in found.tolist()} == expected


def naive_action(N: Group, order: int) -> tuple[int, ...] | None:
    """By the words of `semidirect_product`: largest order, largest outer order, fewest fixed, first in order."""
    everything = tuple(range(N.order))
    inner = {tuple(int(N.table[N.table[t, a], N.inverse[t]]) for a in everything) for t in everything}
    best = None
    for f in naive_automorphisms(N) or ():
        powers = [f]
        while powers[-1] != everything:
            powers.append(tuple(f[a] for a in powers[-1]))
        outer = next(k for k, power in enumerate(powers, 1) if power in inner)
        if len(powers) > 1 and order % len(powers) == 0:
            key = (-len(powers), -outer, sum(f[a] == a for a in everything), f)
            best = key if best is None else min(best, key)
    return best[-1] if best else None


@pytest.mark.parametrize(
    ("normal", "order"),
    [
        *(("C3", 2), ("C3", 4), ("C7", 3), ("C7", 6), ("C8", 2), ("C9", 3), ("C5", 8), ("C12", 2)),
        *(("V4", 3), ("V4", 2), ("S3", 2), ("Q8", 3), ("Q8", 2), ("D8", 2), ("C4xC2", 2), ("A4", 2)),
        *(("C3xC3", 2), ("C3xC3", 4), ("D10", 4), ("C2^3", 7), ("C2^3", 3), ("C6xC2", 2)),
    ],
)
def test_semidirect_products_are_those_of_the_definition(normal: str, order: int) -> None:
    """(n, k)(m, j) = (n f^k(m), k + j) with f the automorphism that the docstring names, found by trying all."""
    N, K = named_group(normal), named_group(f"C{order}")
    f = naive_action(N, order)
    assert f is not None
    power, rows = np.arange(N.order), []
    for _ in range(order):
        rows.append(power)
        power = np.array(f)[power]
    n, k, m, j = np.ix_(range(N.order), range(order), range(N.order), range(order))
    table = N.table[n, np.array(rows)[k, m]] * order + (k + j) % order
    expected = Group(table.reshape(N.order * order, -1))
    found = semidirect_product(N, K)
    assert find_isomorphism(found, expected) is not None
    assert not (found.is_abelian and N.is_abelian)
    lattice = subgroup_lattice(found)
    normals = [lattice.subgroup(c.representative) for c in lattice.classes if len(c.subgroups) == 1]
    complements = [H for H in normals if H.order == N.order and _has_complement(H, lattice, order)]
    assert complements


def _has_complement(N, lattice, order: int) -> bool:
    return any((lattice.members[i] & N.members).sum() == 1 for i in np.flatnonzero(lattice.orders == order))
