from itertools import combinations

import numpy as np
import pytest

from cosetta.groups import conjugate, cosets, named_group, subgroup_lattice
from cosetta.hypotheses.coset.wording import describe_coset


@pytest.fixture(scope="module")
def s5():
    return named_group("S5")


def test_points_sets_and_parity(s5):
    p = s5.permutations
    even = np.array([sum(a > b for i, a in enumerate(row) for b in row[i + 1 :]) % 2 == 0 for row in p])
    assert describe_coset(p[:, 2] == 0, "H", "K", False, s5) == "ab maps 3 to 1"
    assert describe_coset(even, "H", "K", False, s5) == "ab is even"
    assert describe_coset(~even & (p[:, 0] == 4), "H", "K", False, s5) == "ab is odd and maps 1 to 5"
    pair = np.array([{int(row[0]), int(row[1])} == {2, 3} for row in p])
    assert describe_coset(pair, "H", "K", False, s5) == "ab maps {1,2} to {3,4}"
    assert describe_coset((p[:, 0] == 1) & (p[:, 1] == 3), "H", "K", False, s5) == "ab maps 1 to 2 and maps 2 to 4"


def test_a_self_normalising_subgroup_is_carried(s5):
    lattice = subgroup_lattice(s5)
    positions = np.flatnonzero(lattice.orders == 20)
    H, K = (lattice.subgroup(int(i)) for i in positions[:2])
    carrying = np.array([conjugate(K, g) == H for g in range(s5.order)])
    labels = cosets(H, side="right")
    assert np.array_equal(labels == labels[int(np.argmax(carrying))], carrying)  # {x : xKx^-1 = H} is a coset of H
    assert describe_coset(carrying, "F20#1", "F20#2", True, s5) == "ab carries F20#2 to F20#1 by conjugation"


def test_the_rest_is_named_by_subgroup_and_representative(s5):
    five_cycle = int(np.argmax(s5.element_orders == 5))
    members = s5.subgroup(generators=[five_cycle]).members
    assert describe_coset(members, "C5#1", "C5#1", False, s5) == "ab lies in the coset C5#1·e"


def read_back(phrase, group):
    """The elements that a phrase is true of, worked out one element at a time."""
    images = group.permutations

    def parts(text):
        return [[int(point) - 1 for point in block.split(",")] for block in text.strip("{}").split("|")]

    def true_of(a, fact):
        if fact in {"is even", "is odd"}:
            inversions = sum(images[a, i] > images[a, j] for i, j in combinations(range(images.shape[1]), 2))
            return inversions % 2 == (fact == "is odd")
        source, target = fact.removeprefix("maps ").split(" to ")
        sent = {frozenset(int(images[a, point]) for point in block) for block in parts(source)}
        return sent == {frozenset(block) for block in parts(source if target == "itself" else target)}

    facts = phrase.removeprefix("ab ").split(" and ")
    return np.array([all(true_of(a, fact) for fact in facts) for a in range(group.order)])


@pytest.mark.parametrize("name", ["S4", "S5", "D24", "SL(2,3)", "S3wrC2", "C2xD10", "F21", "D46"])
def test_a_description_is_true_of_the_coset_and_of_nothing_else(name):
    group = named_group(name)
    lattice = subgroup_lattice(group)
    described = 0
    for cls in lattice.classes[1:-1]:
        labels = cosets(lattice.subgroup(int(cls.subgroups[-1])), side="right")
        for label in {0, labels.max() // 2, labels.max()}:
            phrase = describe_coset(labels == label, "H", "K", False, group)
            if not phrase.startswith("ab lies in the coset"):
                described += 1
                assert np.array_equal(read_back(phrase, group), labels == label), phrase
    assert described >= 3


def pinned_by_sets(members, permutations):
    """Whether one or two of all statements "maps this set to that set", with parity, single the coset out."""
    inside, degree, facts = permutations[members], permutations.shape[1], []
    odd = np.array([sum(a > b for i, a in enumerate(row) for b in row[i + 1 :]) % 2 for row in permutations])
    facts += [odd == odd[members][0]] if len(set(odd[members])) == 1 else []
    for points in (p for size in range(1, degree) for p in combinations(range(degree), size)):
        images = np.sort(inside[:, points], axis=1)
        if (images == images[0]).all():
            facts.append((np.sort(permutations[:, points], axis=1) == images[0]).all(axis=1))
    return any((a & b == members).all() for a in facts for b in facts)


@pytest.mark.parametrize("name", ["S4", "S5", "D16", "C7:C3", "S3xC2"])
def test_orbits_say_what_all_subsets_of_points_say(name):
    group = named_group(name)
    lattice = subgroup_lattice(group)
    for cls in lattice.classes[1:-1]:
        labels = cosets(lattice.subgroup(int(cls.subgroups[0])), side="right")
        members = labels == labels.max()
        if pinned_by_sets(members, group.permutations):
            assert "coset" not in describe_coset(members, "H", "K", False, group), cls.name


def test_many_points_cost_no_more_than_their_number():
    group = named_group("D200")  # 100 points have 2^100 subsets
    reflection = group.subgroup([int(np.flatnonzero(group.permutations[:, 0] == 0)[1])])
    assert describe_coset(reflection.members, "C2", "C2", False, group) == "ab maps 1 to 1"
    rotations = group.subgroup([int(np.argmax(group.element_orders == 100))])
    assert describe_coset(rotations.members, "C100", "C100", False, group) == "ab lies in the coset C100·e"
