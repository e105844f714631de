"""The least-squares split against dense least squares, its slow and obvious twin."""

import numpy as np
import pytest
import torch

from cosetta.groups import named_group
from cosetta.models.additive import PairSums


def design(a, b, ab, order):
    """One column for the mean, and one an element for each of a, b and ab."""
    eye = np.eye(order)
    return np.concatenate([np.ones((len(a), 1)), eye[a], eye[b], eye[ab]], axis=1)


def dense(group, a, b, values):
    """Predictions of dense least squares, which do not depend on how the parts are normalised."""
    matrix = design(a, b, group.table[a, b], group.order)
    return matrix @ np.linalg.lstsq(matrix, values, rcond=None)[0]


def predicted(mean, parts, group, a, b):
    f, g, h = (part.numpy() for part in parts)
    return mean.numpy() + f[a] + g[b] + h[group.table[a, b]]


def summed(group, a, b, values):
    sums = PairSums(torch.tensor(group.table, dtype=torch.int64), group.order, values.shape[1])
    for places in np.array_split(np.arange(len(a)), 3):
        sums.add(torch.from_numpy(a[places]), torch.from_numpy(b[places]), torch.from_numpy(values[places]))
    return sums


def test_split_of_all_pairs_is_least_squares(small_group):
    order = small_group.order
    a, b = np.repeat(np.arange(order), order), np.tile(np.arange(order), order)
    values = np.random.default_rng(0).normal(size=(order**2, 3))
    mean, parts = summed(small_group, a, b, values).fit(["a", "b", "ab"])
    np.testing.assert_allclose(predicted(mean, parts, small_group, a, b), dense(small_group, a, b, values), atol=1e-10)
    shares = sum(float((part**2).mean(0).sum()) for part in parts)
    left = values - predicted(mean, parts, small_group, a, b)
    np.testing.assert_allclose(shares + (left**2).mean(0).sum(), values.var(0).sum(), rtol=1e-10)


@pytest.mark.parametrize("name", ["S4", "D10", "C7:C3"])
def test_split_of_a_sample_is_least_squares(name):
    group = named_group(name)
    rng = np.random.default_rng(1)
    lines, everything = rng.permutation(group.order)[: group.order // 2], np.arange(group.order)
    a = np.concatenate([np.repeat(lines, group.order), np.tile(everything, len(lines))])
    b = np.concatenate([np.tile(everything, len(lines)), np.repeat(lines, group.order)])
    values = rng.normal(size=(len(a), 2))
    mean, parts = summed(group, a, b, values).fit(["a", "b", "ab"])
    np.testing.assert_allclose(predicted(mean, parts, group, a, b), dense(group, a, b, values), atol=1e-7)
    assert all(float(part.mean(0).abs().max()) < 1e-12 for part in parts)


def test_functions_of_ab_and_of_ba_overlap_in_the_class_functions():
    """Why h'(ba) is no fourth part: on S3 it shares k(G) - 1 = 2 dimensions with h(ab)."""
    group = named_group("S3")
    eye = np.eye(6)
    ab, ba = eye[group.table.ravel()], eye[group.table.T.ravel()]
    assert np.linalg.matrix_rank(np.concatenate([ab, ba], axis=1)) == 6 + 6 - 3
