"""One neuron at a time: what the network loses when one covered neuron alone is idealised."""

import numpy as np
import torch

from cosetta.evidence.pair_losses import PairLosses
from cosetta.hypotheses import AbstractHypothesis

__all__ = ["single_neurons"]

ENTRIES = 2**17
"""Logits that each neuron's divergence is measured on: 1,092 pairs of S5, 182 of S6."""


def single_neurons(account: AbstractHypothesis, losses: PairLosses) -> dict[int, tuple[float, float]]:
    """Share of a neuron's variance that its ideal keeps, and the divergence of the network with it alone replaced.

    Args:
        account: fitted to a network.
        losses: the pairs, and the network's own outputs on them.

    Returns:
        (kept, KL in nats) of each covered neuron by its position; empty for an account without ideal neurons.
    """
    ideal = account.idealised
    if not ideal:
        return {}
    pairs = max(1, min(len(losses), ENTRIES // losses.order))
    a, b, model = losses.a[:pairs], losses.b[:pairs], account.facts.model
    reference = losses.reference[:pairs]
    weights = reference.exp()
    found = {}
    for n in sorted(account.labels):
        left, right, out = (
            torch.from_numpy(np.ascontiguousarray(ideal[name][:, n])) for name in ("left", "right", "out")
        )
        old = model.activate(model.left[a, n].double() + model.right[b, n].double())
        new = model.activate(left[a] + right[b])
        old_out, new_out = (column - column.mean() for column in (model.out[:, n].double(), out))
        # change of the logits is new x new_out - old x old_out; constants over the pairs move no difference kept
        before = _norm(old - old.mean(), old_out, old - old.mean(), old_out)
        new_c, old_c = new - new.mean(), old - old.mean()
        lost = _norm(new_c, new_out, new_c, new_out) - 2 * _norm(new_c, new_out, old_c, old_out) + before
        kept = 1 - float(lost / before) if before > 0 else 0.0
        change = torch.outer(new.float(), new_out.float()) - torch.outer(old.float(), old_out.float())
        shift = (weights * change.exp()).sum(-1).double().log() - (weights * change).sum(-1).double()
        found[n] = kept, float(shift.clamp(min=0).mean())
    return found


def _norm(p: torch.Tensor, u: torch.Tensor, q: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Inner product of p x u with q x v."""
    return (p @ q) * (u @ v)
