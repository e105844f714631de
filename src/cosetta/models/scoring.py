"""How a folded model does on pairs (a, b): accuracy, cross-entropy, divergence from a reference.

Logits are computed in the model's precision, in blocks of pairs, so |G|^3 numbers are never held. The loss of a pair is
softplus(log sum exp of the margins of the wrong answers over the right one): no cancellation, so losses of 1e-9 are
exact.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from cosetta.groups import Group
from cosetta.models.folded import FoldedModel

__all__ = ["PairScorer", "PairScores", "check_order", "score_logits"]

BLOCK_ENTRIES = 2**18
"""Largest number of logits held at once: 2 MB in float64, which a cache holds."""


@final
@dataclass(frozen=True)
class PairScores:
    """How a model does on a set of pairs.

    Args:
        accuracy: share of pairs whose largest logit is the product, in [0, 1]; a tie for the largest counts as wrong.
        loss: mean cross-entropy, in nats.
        kl: mean KL divergence of the model's outputs from the reference's, in nats; 0 without a reference.
        pairs: number of pairs.
    """

    accuracy: float
    loss: float
    kl: float
    pairs: int


@final
class PairScorer:
    """Scores models on the same pairs, all |G|^2 of them or a random sample.

    Args:
        group: the group that gives the right answers.
        reference: the model whose output distribution is the target of the divergence, or None.
        max_pairs: with more pairs than this, a sample of this size without replacement is used; None means all.
        seed: seed of the sample.

    Example:
        >>> from cosetta.groups import named_group
        >>> silent = FoldedModel(torch.zeros(2, 1), torch.zeros(2, 1), torch.zeros(2, 1), torch.tensor([1.0, 0.0]))
        >>> PairScorer(named_group("C2"))(silent).accuracy
        0.5
    """

    def __init__(
        self, group: Group, reference: FoldedModel | None = None, max_pairs: int | None = None, seed: int = 0
    ) -> None:
        self.group = group
        self.reference = reference
        pairs = group.order**2
        if max_pairs is None or pairs <= max_pairs:
            chosen = np.arange(pairs)
        else:
            chosen = np.sort(np.random.default_rng(seed).choice(pairs, max_pairs, replace=False))
        self.a = torch.from_numpy(chosen // group.order)
        self.b = torch.from_numpy(chosen % group.order)
        self.product = torch.from_numpy(group.table.astype(np.int64))[self.a, self.b]

    def __call__(
        self, model: FoldedModel, on_pre: Callable[[Float[Tensor, "pair neuron"]], Tensor] | None = None
    ) -> PairScores:
        """Score a model.

        Args:
            model: the model.
            on_pre: changes the pre-activations before the activation, for interventions on activations.

        Returns:
            The scores on this scorer's pairs.

        Raises:
            ValueError: if the model's order is not the group's.
        """
        check_order(model, self.group)
        rows = max(1, BLOCK_ENTRIES // max(model.order, model.width))
        totals = np.zeros(3)
        for a, b, product in zip(*(x.split(rows) for x in (self.a, self.b, self.product)), strict=True):
            totals += self._block(model, a, b, product, on_pre)
        accuracy, loss, kl = (totals / len(self.a)).tolist()
        return PairScores(accuracy, loss, kl, len(self.a))

    def _block(
        self,
        model: FoldedModel,
        a: Int[Tensor, " pair"],
        b: Int[Tensor, " pair"],
        product: Tensor,
        on_pre: Callable | None,
    ) -> tuple[int, float, float]:
        """Number right, summed loss and summed divergence over a block."""
        device = model.left.device
        a, b, product = a.to(device), b.to(device), product.to(device)[:, None]
        pre = model.pre(a, b)
        post = model.activate(pre if on_pre is None else on_pre(pre))
        logits = torch.addmm(model.bias, post, model.out.T)
        kl = self._divergence(logits, a, b)
        right, loss = score_logits(logits, product)
        return right, loss, kl

    def _divergence(self, logits: Float[Tensor, "pair g"], a: Int[Tensor, " pair"], b: Int[Tensor, " pair"]) -> float:
        """Summed KL divergence from the reference over a block."""
        if self.reference is None:
            return 0.0
        log_p, log_q = logits.double().log_softmax(-1), self.reference.logits(a, b).double().log_softmax(-1)
        return float((log_q.exp() * (log_q - log_p)).sum())


def score_logits(logits: Float[Tensor, "pair g"], product: Int[Tensor, "pair 1"]) -> tuple[int, float]:
    """Number of right answers and summed cross-entropy; the logits are used up.

    Args:
        logits: logits of each pair; overwritten.
        product: the right answer of each pair.

    Returns:
        How many pairs have their largest logit at the product alone, and the summed loss in nats.

    Example:
        >>> right, loss = score_logits(torch.tensor([[30.0, 0.0], [1.0, 1.0]]), torch.tensor([[0], [0]]))
        >>> right, f"{loss:.4f}"
        (1, '0.6931')
    """
    margins = logits.sub_(logits.gather(-1, product)).scatter_(-1, product, -torch.inf)
    best = margins.amax(-1, keepdim=True)
    log_others = best[:, 0].double() + margins.sub_(best).exp_().sum(-1).double().log()
    return int((best < 0).sum()), float(F.softplus(log_others).sum())


def check_order(model: FoldedModel, group: Group) -> None:
    """Refuse a model of another group's size.

    Args:
        model: the model.
        group: the group it should multiply in.

    Raises:
        ValueError: if the orders differ.
    """
    if model.order != group.order:
        raise ValueError(
            f"the model must have {group.order} outputs for {group.name}; it has {model.order}: name its group"
        )
