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
