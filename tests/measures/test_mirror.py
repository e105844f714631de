import numpy as np

from cosetta.groups import conjugate, cosets, named_group
from cosetta.harmonics import irreps
from cosetta.measures import left_stabilizer, mirror_correlation, mirror_of, mirror_residual


def naive_correlation(left, right, group):
    """corr(right(b), -left(g b^-1)) for each g, from the definition."""
    return [
        np.corrcoef(right, [-left[group.table[g, group.inverse[b]]] for b in range(group.order)])[0, 1]
        for g in range(group.order)
    ]


def test_convolution_gives_the_correlation(small_groups):
    rng = np.random.default_rng(0)
    for group in small_groups:
        if group.order > 2:
            left, right = rng.standard_normal((2, 1, group.order))
            fast = mirror_correlation(left, right, irreps(group))[0]
            assert np.allclose(fast, naive_correlation(left[0], right[0], group), atol=1e-10)


def test_the_maximum_is_attained_on_the_shared_coset_and_nowhere_else():
    group = named_group("S4")
    H, g = group.subgroup(generators=[1, 2]), 17
    labels = cosets(H, side="right")
    left = np.random.default_rng(1).standard_normal(4)[labels][None]
    right = mirror_of(left, g, group)
    correlation = mirror_correlation(left, right, irreps(group))[0]
    assert np.array_equal(correlation > 1 - 1e-9, labels == labels[g])
    assert np.array_equal(left_stabilizer(labels == labels[g], group), H.elements)
    K = conjugate(H, int(group.inverse[g]))
    assert np.allclose(right[0], right[0][group.table[:, K.elements]].mean(axis=1))  # constant on left cosets bK
    assert mirror_residual(left[0], right[0], g, group) == 0


def test_the_pre_activation_vanishes_exactly_on_the_shared_coset(small_groups):
    for group in small_groups:
        if group.order > 1:
            H, g = group.subgroup(generators=[group.order - 1]), group.order // 2
            labels = cosets(H, side="right")
            left = np.arange(labels.max() + 1.0)[labels]
            pre = left[:, None] + mirror_of(left[None], g, group)[0][None, :]
            assert np.array_equal(pre == 0, labels[group.table] == labels[g]), group


def test_the_residual_sees_scale():
    group = named_group("C5")
    left = np.arange(5.0)
    half = 0.5 * mirror_of(left[None], 2, group)[0]
    assert np.isclose(mirror_residual(left, half, 2, group), 1.0)  # (1 - 0.5)^2 / 0.5^2
