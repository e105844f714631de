"""Irreps from functions on cosets, against the naive splitting of the regular representation, and its refusals."""

import numpy as np
import pytest

from cosetta.errors import Unsupported
from cosetta.groups import named_group
from cosetta.groups.group import Group
from cosetta.harmonics import check_irreps, coset_space_irreps, irreps, numerical_irreps
from cosetta.harmonics.coset_spaces import _invariant
from cosetta.harmonics.words import fill, word_steps

WIDE = ("C12", "Q16", "SL(2,3)", "Dic5", "F42", "Heis(3)", "A5", "GL(2,3)", "Q8xS3", "C3wrC3", "D8xC3", "SL(2,5)")


def described(found) -> list[tuple[str, int, int]]:
    return [(irrep.name, irrep.dim, irrep.frobenius_schur) for irrep in found]


def assert_same(group: Group) -> None:
    found, naive = coset_space_irreps(group), numerical_irreps(group)
    check_irreps(found, group)
    assert described(found) == described(naive), group.name
    for one, other in zip(found, naive, strict=True):
        assert np.allclose(one.character, other.character, atol=1e-7), (group.name, one.name)


def test_agrees_with_the_regular_representation(small_group: Group) -> None:
    assert_same(small_group)


@pytest.mark.parametrize("name", WIDE)
def test_agrees_on_wider_families(name: str) -> None:
    assert_same(named_group(name))


def test_the_seed_does_not_change_characters() -> None:
    group = named_group("SL(2,7)")
    for one, other in zip(coset_space_irreps(group, seed=1), coset_space_irreps(group, seed=2), strict=True):
        assert one.name == other.name
        assert np.allclose(one.character, other.character, atol=1e-7)


def test_a7_from_the_general_route() -> None:
    found = irreps(named_group("A7"))
    assert [irrep.dim for irrep in found] == [1, 6, 14, 14, 15, 20, 21, 35]
    assert [irrep.name for irrep in found if irrep.frobenius_schur == 0] == ["20a-complex"]


def test_spaces_that_are_too_large_are_refused_with_the_size() -> None:
    with pytest.raises(Unsupported, match=r"dimension up to 20; Q64 has .* no smaller one than 64 .* order 64"):
        coset_space_irreps(named_group("Q64"), largest=20)


def test_words_reach_every_element(small_group: Group) -> None:
    """Filling with the regular permutation matrices gives them all."""
    order, generators = small_group.order, list(small_group.generators) or [0]
    regular = np.zeros((order, order, order))
    g, x = np.ix_(np.arange(order), np.arange(order))
    regular[g, small_group.table[g, x], x] = 1
    assert (fill(order, word_steps(small_group, generators), regular[generators]) == regular).all()


def test_averaging_removes_a_leak() -> None:
    """A plane of functions on the points of S_4, tilted by 1e-5, comes back to within its square."""
    basis = np.linalg.qr(np.array([[1.0, 0, 0], [-1, 1, 0], [0, -1, 1], [0, 0, -1]]))[0]
    tilted = np.linalg.qr(basis + 1e-5 * np.random.default_rng(0).standard_normal((4, 3)))[0]
    cleaned = _invariant(tilted, np.where(np.eye(4) > 0, 0, 1))
    assert np.abs(tilted.sum(axis=0)).max() > 1e-6
    assert np.abs(cleaned.sum(axis=0)).max() < 1e-9
