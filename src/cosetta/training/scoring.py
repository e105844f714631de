"""Accuracy and loss on chosen pairs, as training watches them.

The loss of a pair is softplus(log sum exp of the margins of the wrong answers over the right one): no cancellation, so
losses of 1e-9 are exact. A tie for the largest logit counts as wrong. Logits have the precision of training. Several
runs with parameters in rows are scored together, and nothing waits for the device.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from cosetta.models import ACTIVATIONS
from cosetta.models.scoring import sum_scores
from cosetta.training.architectures import ARCHITECTURES, AUTOGRAD
from cosetta.training.config import TrainConfig
from cosetta.training.parameters import parameter_views

__all__ = ["DEVICE_ENTRIES", "final_pairs", "score_parameters"]

FINAL_WORK = 2**37
"""The last evaluation makes at most this many multiplications a side: all pairs up to S6, 53,000 of S7."""

BLOCK_ENTRIES = {"cpu": 2**19}
"""Largest number of logits held at once, by device: 2 MB in float32, which a cache holds."""

DEVICE_ENTRIES = 2**26
"""The same for any other device, which is slow with small pieces."""


def final_pairs(order: int, config: TrainConfig) -> int:
    """How many pairs of each side the last evaluation takes at most.

    Args:
        order: number of group elements.
        config: gives the width.

    Returns:
        A number of pairs, at least 1.

    Example:
        >>> from cosetta.training.recipes import fast
        >>> final_pairs(720, fast("S6")) > 720**2
        True
    """
    return max(1, FINAL_WORK // (order * config.width))


def score_parameters(
    parameters: Float[Tensor, "*run parameter"],
    pairs: Int[Tensor, "*run pair"],
    table: Int[Tensor, "g g"],
    config: TrainConfig,
) -> Float[Tensor, "*run 2"]:
    """Accuracy and mean cross-entropy of a network, or of several, on the given pairs.

    Args:
        parameters: flat parameters; several runs in rows.
        pairs: pairs as numbers a |G| + b, a row for each run.
        table: Cayley table, on the parameters' device.
        config: gives the sizes and the activation.

    Returns:
        The accuracy in [0, 1] and the loss in nats, in float64.

    Example:
        >>> from cosetta.training.recipes import fast
        >>> silent = torch.zeros(22)
        >>> silent[-2] = 30.0  # the bias of the identity's logit
        >>> table, config = torch.tensor([[0, 1], [1, 0]]), fast("C2", embed_dim=2, width=2)
        >>> accuracy, loss = score_parameters(silent, torch.tensor([0, 3]), table, config).tolist()
        >>> accuracy, f"{loss:.4g}"
        (1.0, '9.358e-14')
    """
    order, runs, products = len(table), parameters.shape[:-1], table.reshape(-1)
    logits_of = _by_architecture if config.architecture in AUTOGRAD else _by_tables
    logits_of = logits_of(parameters, order, config)
    most = BLOCK_ENTRIES.get(table.device.type, DEVICE_ENTRIES)
    totals = torch.zeros(*runs, 2, dtype=torch.float64, device=table.device)
    for block in pairs.split(max(1, most // (runs.numel() * max(order, config.width))), dim=-1):
        logits = logits_of(block // order, block % order)
        totals += torch.stack(sum_scores(logits, products[block].unsqueeze(-1)), dim=-1)
    return totals / pairs.shape[-1]


def _by_architecture(parameters: Tensor, order: int, config: TrainConfig) -> Callable[[Tensor, Tensor], Tensor]:
    """Logits of any architecture."""
    weights = parameter_views(parameters, order, config)
    return lambda a, b: ARCHITECTURES[config.architecture].logits(weights, a, b, config)


def _by_tables(parameters: Tensor, order: int, config: TrainConfig) -> Callable[[Tensor, Tensor], Tensor]:
    """Logits of one hidden layer, whose sides are made once for all blocks."""
    runs, device = parameters.shape[:-1], parameters.device
    mm, addmm = (torch.bmm, torch.baddbmm) if runs else (torch.mm, torch.addmm)
    weights = parameter_views(parameters, order, config)
    hidden = weights["hidden.weight"].chunk(2, dim=-1)
    left, right = (
        mm(weights[name], half.mT).view(-1, config.width)  # all runs' rows one after another
        for name, half in zip(("embed_left.weight", "embed_right.weight"), hidden, strict=True)
    )
    out, bias = weights["unembed.weight"].clone(), weights["unembed.bias"].clone().unsqueeze(-2)
    first_rows = torch.arange(0, runs.numel() * order, order, device=device).view(*runs, 1)

    def logits(a: Tensor, b: Tensor) -> Tensor:
        places = [(x + first_rows).reshape(-1) for x in (a, b)]
        post = ACTIVATIONS[config.activation](left.index_select(0, places[0]).add_(right.index_select(0, places[1])))
        return addmm(bias, post.view(*a.shape, config.width), out.mT)

    return logits
