"""Accuracy and loss on chosen pairs, as training watches them.

The loss of a pair is softplus(log sum exp of the margins of the wrong answers over the right one): no cancellation, so
losses of 1e-9 are exact. A tie for the largest logit counts as wrong. Logits have the precision of training.
"""

import torch
from jaxtyping import Int
from torch import Tensor

from cosetta.models import FoldedModel
from cosetta.models.scoring import score_logits

__all__ = ["score_pairs"]

BLOCK_ENTRIES = 2**19
"""Largest number of logits held at once: 2 MB in float32, which a cache holds."""


def score_pairs(model: FoldedModel, pairs: Int[Tensor, " pair"], table: Int[Tensor, "g g"]) -> tuple[float, float]:
    """Accuracy and mean cross-entropy on the given pairs.

    Args:
        model: the model.
        pairs: pairs as numbers a |G| + b, on the model's device.
        table: Cayley table, on the model's device.

    Returns:
        The accuracy in [0, 1] and the loss in nats.

    Example:
        >>> silent = FoldedModel(torch.zeros(2, 1), torch.zeros(2, 1), torch.zeros(2, 1), torch.tensor([30.0, 0.0]))
        >>> accuracy, loss = score_pairs(silent, torch.tensor([0, 3]), torch.tensor([[0, 1], [1, 0]]))
        >>> accuracy, f"{loss:.4g}"
        (1.0, '9.358e-14')
    """
    right, loss = 0, 0.0
    for block in pairs.split(max(1, BLOCK_ENTRIES // max(model.order, model.width))):
        a, b, product = block // model.order, block % model.order, table.reshape(-1)[block][:, None]
        post = model.activate(model.left.index_select(0, a).add_(model.right.index_select(0, b)))
        more_right, more_loss = score_logits(torch.addmm(model.bias, post, model.out.T), product)
        right, loss = right + more_right, loss + more_loss
    return right / len(pairs), loss / len(pairs)
