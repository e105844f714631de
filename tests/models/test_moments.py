"""Moments over all pairs against the obvious sum over all pairs."""

import numpy as np
import pytest
import torch

from cosetta.models import ACTIVATIONS, FoldedModel
from cosetta.models.moments import post_moments, silent_shares


def random_folded(activation, order=7, width=4):
    generator = torch.Generator().manual_seed(3)
    left, right, out = (torch.randn(order, width, generator=generator, dtype=torch.float64) for _ in range(3))
    left[:, 1] = 2.0  # constant functions and exact zeros are where a sorted sum goes wrong
    right[:, 1] = -2.0
    right[:, 2] = left[:, 2].flip(0).neg()
    return FoldedModel(left, right, out, torch.zeros(order, dtype=torch.float64), activation)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_moments_are_those_of_all_pairs(activation):
    model = random_folded(activation)
    post = model.activate(model.left[:, None] + model.right[None])
    mean, square = post_moments(model)
    np.testing.assert_allclose(mean, post.mean((0, 1)).numpy(), atol=1e-12)
    np.testing.assert_allclose(square, (post**2).mean((0, 1)).numpy(), atol=1e-12)


def test_silent_shares_are_those_of_all_pairs():
    model = random_folded("relu")
    tolerance = np.array([0.3, 0.1, 0.2, 0.0])
    pre = (model.left[:, None] + model.right[None]).abs().numpy()
    np.testing.assert_array_equal(silent_shares(model, tolerance), (pre < tolerance).mean((0, 1)))


def test_a_model_without_neurons_has_no_moments():
    mean, square = post_moments(random_folded("relu").keep(torch.tensor([], dtype=torch.int64)))
    assert mean.shape == square.shape == (0,)
