"""The numerical route, and the exact abelian one, against each other and against what is known by hand."""

import numpy as np
import pytest

from cosetta.errors import Unsupported
from cosetta.groups.group import Group
from cosetta.harmonics import check_irreps, irreps, numerical_irreps
from cosetta.harmonics.abelian import abelian_irreps, character_exponents
from cosetta.harmonics.numerical import _invariant, _oriented


def cyclic(n: int) -> Group:
    a = np.arange(n)
    return Group((a[:, None] + a) % n, name=f"C{n}")


def direct_product(G: Group, H: Group) -> Group:
    g, h = divmod(np.arange(G.order * H.order), H.order)
    return Group(G.table[g[:, None], g] * H.order + H.table[h[:, None], h], name=f"{G.name}x{H.name}")


def described(found) -> list[tuple[str, int, int]]:
    return [(irrep.name, irrep.dim, irrep.frobenius_schur) for irrep in found]


def named(small_groups, name: str) -> Group:
    return next(group for group in small_groups if group.name == name)


def test_quaternion_group_has_a_quaternionic_irrep(small_groups):
    assert described(irreps(named(small_groups, "Q8"))) == [
        ("trivial", 1, 1),
        ("1a", 1, 1),
        ("1b", 1, 1),
        ("1c", 1, 1),
        ("4a-quaternionic", 4, -1),
    ]


def test_frobenius_group_of_order_21_has_complex_irreps(small_groups):
    assert described(irreps(named(small_groups, "C7:C3"))) == [
        ("trivial", 1, 1),
        ("2a-complex", 2, 0),
        ("6a-complex", 6, 0),
    ]


def test_trivial_group():
    assert described(irreps(cyclic(1))) == described(numerical_irreps(cyclic(1))) == [("trivial", 1, 1)]


@pytest.mark.parametrize(
    "factors", [(1,), (2,), (3,), (5,), (8,), (12,), (2, 2), (3, 3), (2, 2, 2), (4, 6), (2, 4, 3), (9, 3)]
)
def test_numerical_and_exact_routes_agree_on_abelian_groups(factors):
    group = cyclic(1)
    for n in factors:
        group = direct_product(group, cyclic(n))
    exact, numerical = abelian_irreps(group), numerical_irreps(group)
    check_irreps(exact, group)
    assert described(exact) == described(numerical)
    for one, other in zip(exact, numerical, strict=True):
        assert np.allclose(one.character, other.character, atol=1e-10), one.name


@pytest.mark.parametrize("n", [1, 2, 7, 12])
def test_exponents_of_a_cyclic_group_are_all_multiples(n):
    theta, exponent = character_exponents(cyclic(n))
    assert exponent == n
    assert sorted(theta.tolist()) == [[k * g % n for g in range(n)] for k in range(n)]


def test_exponents_are_homomorphisms_and_distinct():
    group = direct_product(cyclic(4), direct_product(cyclic(6), cyclic(2)))
    theta, exponent = character_exponents(group)
    assert len({tuple(row) for row in theta.tolist()}) == group.order
    assert ((theta[:, :, None] + theta[:, None, :] - theta[:, group.table]) % exponent == 0).all()


def test_the_abelian_route_refuses_other_groups(small_groups):
    with pytest.raises(Unsupported, match="Q8 is not abelian"):
        character_exponents(named(small_groups, "Q8"))


def test_names_and_characters_do_not_depend_on_the_seed(small_groups):
    for group in small_groups:
        one, other = numerical_irreps(group, seed=0), numerical_irreps(group, seed=1)
        assert described(one) == described(other), group.name
        for first, second in zip(one, other, strict=True):
            assert np.allclose(first.character, second.character, atol=1e-10), (group.name, first.name)


def test_the_same_seed_gives_the_same_matrices(small_groups):
    for group in small_groups:
        for one, other in zip(numerical_irreps(group, seed=3), numerical_irreps(group, seed=3), strict=True):
            assert (one.matrices == other.matrices).all(), (group.name, one.name)


def test_names_do_not_depend_on_how_elements_are_numbered(small_groups):
    for group in small_groups:
        shuffle = np.append(0, 1 + np.random.default_rng(4).permutation(group.order - 1))
        position = np.argsort(shuffle)
        again = Group(position[group.table[shuffle[:, None], shuffle]], name=group.name)
        assert described(numerical_irreps(again)) == described(numerical_irreps(group)), group.name


def test_many_copies_and_all_types_at_order_512(small_groups):
    Q8 = named(small_groups, "Q8")
    group = direct_product(direct_product(Q8, Q8), cyclic(8))
    found = numerical_irreps(group)  # checked inside
    assert {irrep.frobenius_schur for irrep in found} == {1, 0, -1}
    # Q8xQ8 has 16 real characters, 8 irreps of type -1 and one of dimension 4 and type 1; C8 has 2 real, 3 complex.
    assert sum(irrep.dim == 4 and irrep.frobenius_schur == 1 for irrep in found) == 2
    assert sum(irrep.frobenius_schur == -1 for irrep in found) == 16


@pytest.mark.parametrize("name", ["S3", "Q8", "A4", "C7:C3", "S4"])
def test_averaging_squares_the_leak_into_other_spaces(small_groups, name):
    group = named(small_groups, name)
    coefficients = irreps(group)[-1].matrices[group.inverse][:, 0, :]  # a row of rho(g^-1) spans one copy of the irrep
    noise = np.random.default_rng(0).standard_normal(coefficients.shape)
    leaky = np.linalg.qr(np.linalg.qr(coefficients)[0] + 1e-5 * noise)[0]

    def leak(candidate: np.ndarray) -> float:
        moved = candidate[group.table]  # (g, x, d): every translate
        return float(np.abs(moved - candidate @ (candidate.T @ moved)).max())

    assert leak(leaky) > 1e-6
    assert leak(_invariant(group, leaky)) < 1e-8


def test_oriented_basis_depends_on_the_span_alone(small_groups):
    generator = np.random.default_rng(0)
    for group in small_groups:
        dim = max(1, group.order // 2)
        basis = np.linalg.qr(generator.standard_normal((group.order, dim)))[0]
        rotation = np.linalg.qr(generator.standard_normal((dim, dim)))[0]
        oriented = _oriented(basis @ rotation)
        assert np.allclose(oriented, _oriented(basis), atol=1e-9), group.name
        assert np.allclose(oriented @ oriented.T, basis @ basis.T, atol=1e-12), group.name
