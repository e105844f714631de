"""How a folded model does on pairs (a, b): accuracy, cross-entropy, divergence from a reference.

Logits are computed in the model's precision, in blocks of pairs, so |G|^3 numbers are never held. The loss of a pair is
softplus(log sum exp of the margins of the wrong answers over the right one): no cancellation, so losses of 1e-9 are
exact.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from cosetta.groups import Group
from cosetta.models.folded import FoldedModel
from cosetta.models.moments import post_moments

__all__ = ["PairScorer", "PairScores", "check_order", "score_logits", "sum_scores"]

BLOCK_ENTRIES = 2**18
"""Largest number of logits held at once: 2 MB in float64, which a cache holds."""

KEPT_ENTRIES = 2**24
"""Most logits of a reference that are kept for the next model: 134 MB in float64; all 20,000 pairs of S6 fit."""


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

    def accuracy_interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Exact (Clopper-Pearson) interval of the accuracy on all pairs, when these pairs are a random sample.

        Args:
            confidence: probability of covering the accuracy on all pairs, at least; in (0, 1).

        Returns:
            Lower and upper end, in [0, 1].

        Source:
            Clopper, Pearson 1934; computed by scipy.

        Example:
            >>> low, high = PairScores(accuracy=1.0, loss=0.0, kl=0.0, pairs=1000).accuracy_interval()
            >>> round(low, 4), high
            (0.9963, 1.0)
        """
        from scipy.stats import binomtest  # half a second to import, for large groups only

        interval = binomtest(round(self.accuracy * self.pairs), self.pairs).proportion_ci(confidence)
        return float(interval.low), float(interval.high)


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
        self._log_q: Tensor | None = None

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
        totals, start = np.zeros(3), 0
        for a, b, product in self._blocks(model):
            pre = model.pre(a, b)
            logits = model.read_out(model.activate(pre if on_pre is None else on_pre(pre)), a, b)
            kl = self._divergence(logits, slice(start, start + len(a)))
            totals += (*score_logits(logits, product), kl)
            start += len(a)
        accuracy, loss, kl = (totals / len(self.a)).tolist()
        return PairScores(accuracy, loss, kl, len(self.a))

    def without(self, model: FoldedModel, removed: Sequence[Sequence[int]]) -> list[PairScores]:
        """Score a model once for each set of neurons, those neurons held at their mean over all pairs.

        The logits are made once and corrected for each set, which costs a few columns instead of all.

        Args:
            model: the model.
            removed: sets of positions of neurons, each position once in a set.

        Returns:
            The scores of each mean ablation, without a divergence.

        Raises:
            ValueError: if the model's order is not the group's.
        """
        check_order(model, self.group)
        means = torch.from_numpy(post_moments(model)[0]).to(model.out)
        sets = [torch.tensor(list(neurons), dtype=torch.int64, device=model.out.device) for neurons in removed]
        totals = np.zeros((len(sets), 2))
        for a, b, product in self._blocks(model):
            post = model.activate(model.pre(a, b))
            logits = model.read_out(post, a, b)
            for i, neurons in enumerate(sets):
                change = torch.addmm(logits, means[neurons] - post[:, neurons], model.out[:, neurons].T)
                totals[i] += score_logits(change, product)
        pairs = len(self.a)
        return [PairScores(accuracy, loss, 0.0, pairs) for accuracy, loss in (totals / pairs).tolist()]

    def _blocks(self, model: FoldedModel) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Left factors, right factors and products of this scorer's pairs, block by block, on the model's device."""
        rows = max(1, BLOCK_ENTRIES // max(model.order, model.width))
        device = model.left.device
        for a, b, product in zip(*(x.split(rows) for x in (self.a, self.b, self.product)), strict=True):
            yield a.to(device), b.to(device), product.to(device)[:, None]

    def _divergence(self, logits: Float[Tensor, "pair g"], rows: slice) -> float:
        """Summed KL divergence from the reference over a block."""
        if self.reference is None:
            return 0.0
        log_p, log_q = logits.double().log_softmax(-1), self._reference_at(rows).to(logits.device)
        return float((log_q.exp() * (log_q - log_p)).sum())

    def _reference_at(self, rows: slice) -> Float[Tensor, "pair g"]:
        """Logarithms of the reference's probabilities; kept for the next model if they are few."""
        model, pairs = self.reference, len(self.a)
        assert model is not None
        if pairs * model.order > KEPT_ENTRIES:
            return self._log_probabilities(model, rows)
        if self._log_q is None:
            step = max(1, BLOCK_ENTRIES // model.order)
            blocks = [slice(start, start + step) for start in range(0, pairs, step)]
            self._log_q = torch.cat([self._log_probabilities(model, block) for block in blocks])
        return self._log_q[rows]

    def _log_probabilities(self, model: FoldedModel, rows: slice) -> Float[Tensor, "pair g"]:
        device = model.left.device
        return model.logits(self.a[rows].to(device), self.b[rows].to(device)).double().log_softmax(-1)


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
    right, loss = sum_scores(logits, product)
    return int(right), float(loss)


def sum_scores(
    logits: Float[Tensor, "*model pair g"], product: Int[Tensor, "*model pair 1"]
) -> tuple[Int[Tensor, "*model"], Float[Tensor, "*model"]]:
    """`score_logits` for several models at once, and left on their device.

    Args:
        logits: logits of each pair; overwritten.
        product: the right answer of each pair.

    Returns:
        The number of right answers and the summed loss of each model.

    Example:
        >>> right, _ = sum_scores(torch.tensor([[[3.0, 0.0]], [[1.0, 1.0]]]), torch.tensor([[[0]], [[0]]]))
        >>> right
        tensor([1, 0])
    """
    if logits.shape[-1] == 1:  # the trivial group: no answer is wrong
        return (product >= 0).sum((-2, -1)), torch.zeros(logits.shape[:-2], dtype=torch.float64, device=logits.device)
    margins = logits.sub_(logits.gather(-1, product)).scatter_(-1, product, -torch.inf)
    best = margins.amax(-1, keepdim=True).clamp_(min=torch.finfo(margins.dtype).min)  # a group of one has no others
    log_others = best[..., 0].double() + margins.sub_(best).exp_().sum(-1).double().log()
    return (best[..., 0] < 0).sum(-1), F.softplus(log_others).sum(-1)


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
