"""Losses at the ends of what numbers can hold, and samples of pairs."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cosetta.evidence.pair_losses import PairLosses, log_others
from cosetta.groups import named_group
from cosetta.models import FoldedModel
from cosetta.models.planted import random_model


def constant(order, bias):
    """A network without a say: its logits are the bias."""
    zero = torch.zeros(order, 1, dtype=torch.float64)
    return FoldedModel(zero, zero, zero, bias)


def test_the_trivial_group_is_always_answered_rightly():
    losses = PairLosses(named_group("C1"), constant(1, torch.ones(1, dtype=torch.float64)), 10, 0)
    found = losses(constant(1, torch.tensor([-3.0], dtype=torch.float64)))
    assert (len(losses), found.accuracy, found.mean_loss, found.kl.tolist()) == (1, 1.0, 0.0, [0.0])


def test_huge_logits_have_finite_errors_and_exact_losses():
    group = named_group("S3")
    reference = random_model(group, 5, torch.Generator().manual_seed(0))
    losses = PairLosses(group, reference, 36, 0)
    huge = constant(6, torch.tensor([1e25, 0, 0, 0, 0, -1e25], dtype=torch.float64))
    found = losses(huge)
    assert np.isfinite(found.error).all()
    assert np.isfinite(found.loss).all()
    right = losses.product == 0
    assert (found.loss[right.numpy()] == 0).all()
    assert found.loss[~right.numpy()] == pytest.approx(np.where(losses.product[~right] == 5, 2e25, 1e25))


def test_a_tiny_loss_is_not_lost_in_cancellation():
    """Logits of 50 leave a loss of 1e-21, which 1 - softmax rounds to 0."""
    logits = torch.tensor([[50.0, 0.0, 0.0]])
    assert float(F.softplus(log_others(logits, torch.tensor([[0]])))) == pytest.approx(
        2 * np.exp(-50.0), rel=1e-6, abs=0
    )
    assert float(-logits.log_softmax(-1)[0, 0]) == 0


@pytest.mark.parametrize("pairs", [7, 36, 400])
def test_a_sample_is_of_different_pairs_and_the_first_of_a_larger_one(pairs):
    group = named_group("S3")
    model = random_model(group, 5, torch.Generator().manual_seed(1))
    losses = PairLosses(group, model, pairs, seed=3)
    chosen = (6 * losses.a + losses.b).tolist()
    assert min(pairs, 36) - 2 <= len(chosen) == len(set(chosen)) <= pairs
    assert (len(chosen) == 36) == (pairs >= 36)
    assert losses.product.tolist() == [int(group.table[a, b]) for a, b in zip(losses.a, losses.b, strict=True)]
    other = random_model(group, 5, torch.Generator().manual_seed(2))
    assert losses(other, first=5).loss.tolist() == losses(other).loss[:5].tolist()
    whole = PairLosses(group, model, 36, seed=3)(other)
    low, spread = losses(other).mean_loss, losses(other).standard_error
    assert abs(low - whole.mean_loss) <= 4 * spread


def test_blocks_do_not_show(monkeypatch):
    from cosetta.evidence import pair_losses

    group = named_group("S4")
    model, other = (random_model(group, 6, torch.Generator().manual_seed(seed)) for seed in (0, 1))
    whole = PairLosses(group, model, 576, 0)(other)
    monkeypatch.setattr(pair_losses, "BLOCK_ENTRIES", 24 * 7)
    parts = PairLosses(group, model, 576, 0)(other)
    for name in ("loss", "kl", "error"):
        assert np.allclose(getattr(whole, name), getattr(parts, name), rtol=1e-6)
