"""Isomorphisms found on shuffled tables and refused between groups that look alike; sizes of automorphism groups."""

import numpy as np
import pytest

from cosetta.errors import Unsupported
from cosetta.groups import Group, all_automorphisms, find_isomorphism, named_group, outer_automorphisms


def shuffled(group: Group, seed: int) -> Group:
    """The same group with its elements in another order, the identity still first."""
    new = np.concatenate([[0], 1 + np.random.default_rng(seed).permutation(group.order - 1)])
    table = np.empty_like(group.table)
    table[np.ix_(new, new)] = new[group.table]
    return Group(table)


def check_isomorphism(image: np.ndarray | None, G: Group, H: Group) -> None:
    """Bijective, and products go to products."""
    assert image is not None
    assert sorted(image.tolist()) == list(range(G.order))
    assert (image[G.table] == H.table[np.ix_(image, image)]).all()


def test_shuffled_small_groups_are_recognised(small_group: Group) -> None:
    for seed in range(3):
        other = shuffled(small_group, seed)
        check_isomorphism(find_isomorphism(small_group, other), small_group, other)


@pytest.mark.parametrize(
    "name", ["S5", "A6", "S6", "PSL(2,11)", "C2xC2xC2xC2xC2", "Q8xQ8", "D8xD8", "C4xC4xC4", "D226"]
)
def test_shuffled_larger_groups_are_recognised(name: str) -> None:
    group = named_group(name)
    check_isomorphism(find_isomorphism(shuffled(group, 1), group), shuffled(group, 1), group)


def test_small_groups_are_told_apart(small_groups: tuple[Group, ...]) -> None:
    for i, G in enumerate(small_groups):
        for H in small_groups[:i]:
            assert find_isomorphism(G, H) is None


HEISENBERG = [np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]]), np.array([[1, 0, 0], [0, 1, 1], [0, 0, 1]])]


@pytest.mark.parametrize(
    ("first", "second"),
    [("C4xC4", "C4:C4"), ("C4xC4", "Q8xC2"), ("C4:C4", "Q8xC2"), ("C8xC2", "C9:C2"), ("D8xC3", "Q8xC3")],
)
def test_groups_with_equal_element_orders_are_told_apart(first: str, second: str) -> None:
    assert find_isomorphism(named_group(first), named_group(second)) is None


def test_groups_with_all_elements_of_order_three_are_told_apart() -> None:
    heisenberg = Group.from_matrices(HEISENBERG, modulus=3)
    elementary = named_group("C3xC3xC3")
    assert heisenberg.element_orders.tolist() == elementary.element_orders.tolist()
    assert find_isomorphism(heisenberg, elementary) is None


# name: |Out|, |Aut| (textbook values)
AUTOMORPHISMS = {
    "C1": (1, 1),
    "C5": (4, 4),
    "C12": (4, 4),
    "V4": (6, 6),
    "S3": (1, 6),
    "C2xC2xC2": (168, 168),
    "D8": (2, 8),
    "Q8": (6, 24),
    "A4": (2, 24),
    "S4": (1, 24),
    "C7:C3": (2, 42),
    "A5": (2, 120),
    "S5": (1, 120),
    "PSL(2,7)": (2, 336),
    "A6": (4, 1440),
    "S6": (2, 1440),
    "D8xC2": (16, 64),
}


@pytest.mark.parametrize("name", AUTOMORPHISMS)
def test_automorphism_counts(name: str) -> None:
    group = named_group(name)
    outer, every = outer_automorphisms(group), all_automorphisms(group)
    assert (len(outer), len(every)) == AUTOMORPHISMS[name]
    assert len(np.unique(every, axis=0)) == len(every)
    assert (outer[0] == np.arange(group.order)).all()
    assert (every[0] == np.arange(group.order)).all()
    for automorphism in outer:
        check_isomorphism(automorphism, group, group)


def test_too_many_automorphisms_are_refused() -> None:
    with pytest.raises(Unsupported, match=r"at most 200000 generator images are possible, C2xC2xC2xC2xC2 has \d+"):
        outer_automorphisms(named_group("C2xC2xC2xC2xC2"))
