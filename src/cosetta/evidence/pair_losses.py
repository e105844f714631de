"""Losses of many networks on the same pairs, against one reference: what the arena measures with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, final, runtime_checkable

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from cosetta.groups import Group

__all__ = ["HasLogits", "Losses", "PairLosses", "log_others"]

BLOCK_ENTRIES = 2**18
"""Largest number of logits held at once: 1 MB in float32, which a cache holds."""


@runtime_checkable
class HasLogits(Protocol):
    """Anything with logits on pairs."""

    def logits(self, a: Int[Tensor, " pair"], b: Int[Tensor, " pair"]) -> Float[Tensor, "pair g"]:
        """Logits of every element for the pairs (a, b)."""
        ...


@final
@dataclass(frozen=True, eq=False)
class Losses:
    """How a network does on each pair.

    Args:
        right: whether the largest logit is the product's alone.
        loss: cross-entropy, nats.
        kl: KL divergence of its outputs from the reference's, nats.
        error: squared distance of its centred logits from the reference's.
    """

    right: Bool[np.ndarray, " pair"]
    loss: Float[np.ndarray, " pair"]
    kl: Float[np.ndarray, " pair"]
    error: Float[np.ndarray, " pair"]

    @property
    def accuracy(self) -> float:
        """Share of right answers."""
        return float(self.right.mean())

    @property
    def mean_loss(self) -> float:
        """Mean cross-entropy, nats."""
        return float(self.loss.mean())

    @property
    def standard_error(self) -> float:
        """Standard error of the mean loss over the pairs, nats."""
        return float(self.loss.std(ddof=1) / np.sqrt(len(self.loss))) if len(self.loss) > 1 else 0.0


@final
class PairLosses:
    """Scores networks on one random order of pairs, so that the first k of them are a sample of any size.

    Args:
        group: gives the right answers.
        reference: the network that divergences are from.
        max_pairs: at most this many pairs.
        seed: of the order.

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.models import FoldedModel
        >>> zero = torch.zeros(2, 1)
        >>> model = FoldedModel(zero, zero, zero, torch.tensor([1.0, 0.0]))
        >>> PairLosses(named_group("C2"), model, 4, 0)(model).accuracy
        0.5
    """

    def __init__(self, group: Group, reference: HasLogits, max_pairs: int, seed: int) -> None:
        total = group.order**2
        generator = np.random.default_rng(seed)
        if total <= 4 * max_pairs:
            chosen = generator.permutation(total)[:max_pairs]
        else:
            chosen = generator.permutation(np.unique(generator.integers(total, size=max_pairs)))
        self.total = total
        self.order = group.order
        self.a, self.b = torch.from_numpy(chosen // group.order), torch.from_numpy(chosen % group.order)
        self.product = torch.from_numpy(group.table.astype(np.int64))[self.a, self.b]
        logits = self._logits(reference, len(self))
        self.reference = logits.log_softmax(-1)
        self._probability = self.reference.exp()
        self._entropy = (self._probability * self.reference).sum(-1).double()
        centred = self.reference - self.reference.mean(-1, keepdim=True)
        self.energy = ((centred - centred.mean(0)).double() ** 2).sum(-1).numpy()
        """Squared distance of each pair's centred logits from their mean over the pairs."""

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.a)

    def __call__(self, model: HasLogits, first: int | None = None) -> Losses:
        """Score a network.

        Args:
            model: anything with logits.
            first: only the first so many pairs; all if None.

        Returns:
            Its losses.
        """
        return self.of(lambda rows: model.logits(self.a[rows], self.b[rows]), first)

    def of(self, logits: Callable[[slice], Float[Tensor, "pair g"]], first: int | None = None) -> Losses:
        """Score logits that are made block by block.

        Args:
            logits: gives the logits of some of the pairs.
            first: only the first so many pairs; all if None.

        Returns:
            The losses.
        """
        found = [self._block(logits(rows), rows) for rows in self._blocks(first)]
        return Losses(*(torch.cat(part).numpy() for part in zip(*found, strict=True)))

    def _blocks(self, first: int | None) -> list[slice]:
        pairs = len(self) if first is None else min(first, len(self))
        rows = max(1, BLOCK_ENTRIES // self.order)
        return [slice(start, min(start + rows, pairs)) for start in range(0, pairs, rows)]

    def _block(self, logits: Float[Tensor, "pair g"], rows: slice) -> tuple[Tensor, ...]:
        logits, product = logits.float(), self.product[rows][:, None]
        reference = self.reference[rows]
        own = logits.gather(-1, product)
        cross = (self._probability[rows] * logits).sum(-1).double()
        best, others = _best_and_log_others(logits, product)
        loss = F.softplus(others)
        normaliser = own[:, 0].double() + loss
        kl = (self._entropy[rows] - cross + normaliser).clamp(min=0)
        change = logits - reference
        change -= change.mean(-1, keepdim=True)  # a constant moves no answer
        error = (change * change).sum(-1).double()
        if not bool(torch.isfinite(error).all()):  # logits of 1e20 have squares that float32 does not hold
            error = (change.double() ** 2).sum(-1)
        return best < 0, loss, kl, error

    def _logits(self, model: HasLogits, pairs: int) -> Float[Tensor, "pair g"]:
        return torch.cat([model.logits(self.a[rows], self.b[rows]).float() for rows in self._blocks(pairs)])


def log_others(logits: Float[Tensor, "*batch g"], product: Int[Tensor, "*batch 1"]) -> Float[Tensor, "*batch"]:
    """Logarithm of the sum of exp of the wrong answers' margins: the loss is its softplus, without cancellation.

    Args:
        logits: logits of each pair.
        product: the right answer of each pair.

    Returns:
        One value a pair, float64.
    """
    return _best_and_log_others(logits, product)[1]


def _best_and_log_others(
    logits: Float[Tensor, "*batch g"], product: Int[Tensor, "*batch 1"]
) -> tuple[Float[Tensor, "*batch"], Float[Tensor, "*batch"]]:
    """The largest margin of a wrong answer over the right one, and what `log_others` returns."""
    margins = (logits - logits.gather(-1, product)).scatter_(-1, product, -torch.inf)
    best = margins.amax(-1, keepdim=True)
    if logits.shape[-1] == 1:  # the trivial group: no answer is wrong
        return best[..., 0], best[..., 0].double()
    return best[..., 0], best[..., 0].double() + margins.sub_(best).exp_().sum(-1).double().log()
