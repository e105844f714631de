"""Causal interventions: FoldedModel -> FoldedModel, or a change of the pre-activations.

The interventions of Stander et al.'s Table 1, each with the outcome that the coset account predicts before it is
measured, and mean ablation. Nothing here is scored; `evidence/` does that, with controls.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import final

import torch
from torch import Tensor

from cosetta.models import FoldedModel, GroupNetwork, PairScores
from cosetta.models.moments import post_moments

__all__ = ["EMBEDDING_SWAP", "STANDER2024", "Intervention", "mean_ablate", "swap_embeddings"]

Outcome = Callable[[PairScores, PairScores, float], bool]
"""Whether (scores after, scores before, share of commuting pairs) are as predicted."""


@final
@dataclass(frozen=True)
class Intervention:
    """A change to a network, and what the coset account predicts of it.

    Args:
        id: stable id, by which results are joined.
        name: short name.
        prediction: the predicted outcome, in words; `{commuting}` stands for the share of commuting pairs.
        holds: whether the scores are as predicted.
        weights: change of the model's functions.
        noise: (mean, standard deviation) of Gaussian noise added to every pre-activation, or None.
    """

    id: str
    name: str
    prediction: str
    holds: Outcome
    weights: Callable[[FoldedModel], FoldedModel] = lambda model: model
    noise: tuple[float, float] | None = None

    def on_pre(self, generator: torch.Generator) -> Callable[[Tensor], Tensor] | None:
        """The change of pre-activations, drawing its noise from `generator`.

        Args:
            generator: source of the noise.

        Returns:
            A function of the pre-activations, or None if they are left alone.
        """
        if self.noise is None:
            return None
        mean, std = self.noise
        return lambda pre: pre + mean + std * torch.randn(pre.shape, generator=generator, dtype=pre.dtype)


def _signed(left: int, right: int) -> Callable[[FoldedModel], FoldedModel]:
    return lambda model: replace(model, left=left * model.left, right=right * model.right)


def _destroyed(after: PairScores, before: PairScores, commuting: float) -> bool:
    return after.accuracy <= 0.05


def _unharmed(after: PairScores, before: PairScores, commuting: float) -> bool:
    return after.accuracy >= before.accuracy - 0.01


def _better(after: PairScores, before: PairScores, commuting: float) -> bool:
    return after.accuracy >= before.accuracy - 0.001 and after.loss < before.loss


def _worse_but_right(after: PairScores, before: PairScores, commuting: float) -> bool:
    return after.accuracy >= 0.8 and after.loss > before.loss


def _reversed(after: PairScores, before: PairScores, commuting: float) -> bool:
    return abs(after.accuracy - commuting) <= 0.01


def swap_embeddings(network: GroupNetwork) -> FoldedModel:
    """The network that reads its left factor with the right embedding and the other way round, folded.

    Args:
        network: the network.

    Returns:
        left = E_r W_l^T, right = E_l W_r^T.

    Source:
        Stander et al. 2023 (arXiv:2312.06581), Table 1.

    Example:
        >>> network = GroupNetwork(order=3, embed_dim=2, width=4)
        >>> network.embed_left = network.embed_right
        >>> torch.equal(swap_embeddings(network).left, network.fold().left)
        True
    """
    hidden_left, hidden_right = network.hidden.weight.detach().split(network.embed_dim, dim=1)
    left, right = network.embed_right.weight.detach(), network.embed_left.weight.detach()
    return replace(network.fold(), left=left @ hidden_left.T, right=right @ hidden_right.T)


EMBEDDING_SWAP = Intervention(
    "swap-embeddings",
    "swap embeddings",
    "accuracy at most 5 %: each embedding is read by weights that were made for the other",
    _destroyed,
)
"""Needs the network itself (`swap_embeddings`); the folded functions do not hold its embeddings."""

STANDER2024: tuple[Intervention, ...] = (
    Intervention(
        "swap-left-right",
        "swap left and right",
        "computes ba: right on the commuting pairs only, accuracy {commuting}",
        _reversed,
        lambda model: replace(
            model,
            left=model.right,
            right=model.left,
            direct_left=model.direct_right,
            direct_right=model.direct_left,
        ),
    ),
    Intervention(
        "flip-both",
        "flip both signs",
        "accuracy within 1 %: pre changes sign, so each neuron does its partner's work",
        _unharmed,
        _signed(-1, -1),
    ),
    Intervention(
        "flip-left", "flip left", "accuracy at most 5 %: pre no longer vanishes on C", _destroyed, _signed(-1, 1)
    ),
    Intervention(
        "flip-right", "flip right", "accuracy at most 5 %: pre no longer vanishes on C", _destroyed, _signed(1, -1)
    ),
    Intervention(
        "abs-for-relu",
        "|x| for ReLU",
        "lower loss, no accuracy lost: firing on both signs rules C out twice as often",
        _better,
        lambda model: replace(model, activation="abs"),
    ),
    Intervention(
        "noise-0-0.1",
        "noise N(0, 0.1)",
        "accuracy within 1 %: small against the gaps between values",
        _unharmed,
        noise=(0.0, 0.1),
    ),
    Intervention(
        "noise-0-1",
        "noise N(0, 1)",
        "higher loss, accuracy above 80 %: some zeros are lost",
        _worse_but_right,
        noise=(0.0, 1.0),
    ),
    Intervention(
        "noise-1-1",
        "noise N(1, 1)",
        "higher loss, accuracy above 80 %: silence is lost",
        _worse_but_right,
        noise=(1.0, 1.0),
    ),
    Intervention(
        "noise-minus-1-1",
        "noise N(-1, 1)",
        "higher loss, accuracy above 80 %: weak firing is lost",
        _worse_but_right,
        noise=(-1.0, 1.0),
    ),
)
"""Table 1 of Stander et al. 2023 (arXiv:2312.06581) on the folded functions, and the exchange of left and right. The
second argument of N is a standard deviation."""


def mean_ablate(model: FoldedModel, neurons: Sequence[int]) -> FoldedModel:
    """Replace the post-activations of some neurons by their mean over all pairs.

    Args:
        model: the model.
        neurons: positions of the neurons to ablate, each once.

    Returns:
        A model without these neurons, their mean contribution moved into the bias.

    Source:
        This project's form of mean ablation; Chughtai et al. 2023 (arXiv:2302.03025) ablate in the same spirit.

    Example:
        >>> model = FoldedModel(torch.ones(2, 1), torch.zeros(2, 1), torch.tensor([[1.0], [3.0]]), torch.zeros(2))
        >>> mean_ablate(model, [0]).bias
        tensor([1., 3.])
    """
    kept = torch.ones(model.width, dtype=torch.bool)
    kept[list(neurons)] = False
    removed = model.keep(torch.nonzero(~kept)[:, 0])
    means = torch.from_numpy(post_moments(removed)[0]).to(model.out)
    return replace(model.keep(torch.nonzero(kept)[:, 0]), bias=model.bias + removed.out @ means)
