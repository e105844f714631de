import inspect

import numpy as np
import pytest

from cosetta.groups import cosets, named_group, subgroup_lattice
from cosetta.harmonics import irreps
from cosetta.measures import coset_variance_fraction, coset_variance_fractions, stander2024_concentration
from cosetta.measures.cosets import _coset_means


def naive_fraction(f, labels):
    """The definition, one coset at a time."""
    inside = sum((labels == c).mean() * f[labels == c].var() for c in np.unique(labels))
    return inside / f.var()


@pytest.mark.parametrize("side", ["left", "right"])
def test_all_subgroups_at_once_agree_with_the_definition(small_groups, side):
    rng = np.random.default_rng(0)
    for group in small_groups:
        if group.order == 1:
            continue
        lattice, f = subgroup_lattice(group), rng.standard_normal((3, group.order))
        fast = coset_variance_fractions(f, lattice, irreps(group), side)
        for position in range(len(lattice.orders)):
            labels = cosets(lattice.subgroup(position), side=side)
            assert np.allclose(fast[:, position], [naive_fraction(row, labels) for row in f], atol=1e-12), group
            assert np.allclose(fast[:, position], coset_variance_fraction(f, labels), atol=1e-12)


def test_sides_are_told_apart():
    group = named_group("S4")
    H = group.subgroup(generators=[1])
    f = np.random.default_rng(1).standard_normal(group.order)[cosets(H, side="left")]
    assert coset_variance_fraction(f, cosets(H, side="left")) == pytest.approx(0, abs=1e-15)
    assert coset_variance_fraction(f, cosets(H, side="right")) > 0.1


def test_constant_functions_have_fraction_zero():
    group = named_group("C6")
    constant = np.full((1, 6), 0.1)
    assert coset_variance_fractions(constant, subgroup_lattice(group), irreps(group), "left").max() == 0
    assert coset_variance_fraction(constant, np.array([0, 1, 2, 0, 1, 2]))[0] == 0


def test_both_normalisations_on_one_vector():
    """C_H sums sample variances; the fraction averages population variances: [G:H] |H|/(|H|-1) (|G|-1)/|G| apart."""
    group = named_group("S5")
    H = group.subgroup(generators=[1, 2])
    labels, f = cosets(H, side="left"), np.random.default_rng(2).standard_normal(group.order)
    ratio = H.index * H.order / (H.order - 1) * (group.order - 1) / group.order
    assert stander2024_concentration(f, labels) == pytest.approx(ratio * coset_variance_fraction(f, labels))


def test_a_random_function_has_concentration_about_the_index():
    group = named_group("S5")
    labels = cosets(group.subgroup(generators=[1, 2]), side="left")
    f = np.random.default_rng(3).standard_normal((200, group.order))
    assert stander2024_concentration(f, labels).mean() == pytest.approx(20, rel=0.05)


def test_wrong_labels_are_refused():
    unchecked = inspect.unwrap(_coset_means)  # past the tests' own shape checks
    with pytest.raises(ValueError, match=r"must number each of 6 elements; got shape \(5,\)"):
        unchecked(np.zeros(6), np.zeros(5, dtype=int))
    with pytest.raises(ValueError, match="cosets of two or more"):
        stander2024_concentration(np.zeros(3), np.arange(3))
