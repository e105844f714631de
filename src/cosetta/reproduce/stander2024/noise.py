"""Noise in units of a network's own pre-activations, beside the absolute noise of the paper's Table 1.

Weight decay and loss decide how large pre-activations are, so noise of one absolute size is much to one network and
little to another. The scale of a network is the root mean square, over its live neurons, of the standard deviation of a
pre-activation over all pairs. A quarter of it takes the place of 1: networks of the paper's recipe have a scale near 4.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from jaxtyping import Bool

from cosetta.models import FoldedModel, PairScorer, PairScores

__all__ = ["SCALED", "UNIT", "ScaledNoise", "scale_of", "scaled_noise"]

UNIT = 0.25
"""What takes the place of 1, as a part of the scale; fixed on four networks of each recipe before the populations."""

SCALED = {
    "scaled-0-0.1": ("noise N(0, 0.1) in own units", 0.0, 0.1),
    "scaled-0-1": ("noise N(0, 1) in own units", 0.0, 1.0),
    "scaled-1-1": ("noise N(1, 1) in own units", 1.0, 1.0),
    "scaled-minus-1-1": ("noise N(-1, 1) in own units", -1.0, 1.0),
}
"""Name, mean and standard deviation, in own units, by id; `noise-0-1` of Table 1 has the twin `scaled-0-1`."""


@final
@dataclass(frozen=True)
class ScaledNoise:
    """How a network does under noise of its own size.

    Args:
        scale: of the network, in units of its pre-activations; 0 without a live neuron.
        scores: accuracy in [0, 1] and loss in nats, by id.
    """

    scale: float
    scores: dict[str, tuple[float, float]]


def scale_of(model: FoldedModel, live: Bool[np.ndarray, " neuron"]) -> float:
    """Root mean square over live neurons of the standard deviation of a pre-activation over all pairs.

    Args:
        model: the network.
        live: which neurons are not dead.

    Returns:
        The scale, >= 0. The variance of left(a) + right(b) is the sum of both variances.

    Example:
        >>> column = torch.tensor([[3.0], [-3.0]])
        >>> scale_of(FoldedModel(column, 4 / 3 * column, column, torch.zeros(2)), np.array([True]))
        5.0
    """
    if not live.any():
        return 0.0
    variance = model.left.double().var(0, correction=0) + model.right.double().var(0, correction=0)
    return float(variance[torch.from_numpy(live)].mean().sqrt())


def scaled_noise(model: FoldedModel, live: Bool[np.ndarray, " neuron"], score: PairScorer, seed: int) -> ScaledNoise:
    """Table 1's noise with a quarter of the network's scale in place of 1.

    Args:
        model: the network.
        live: which neurons are not dead.
        score: scores a network on the chosen pairs.
        seed: seed of the noise, the same for every row.

    Returns:
        The scores.

    Source:
        Stander et al. 2023 (arXiv:2312.06581), Table 1, has the absolute noise; the units are this project's.
    """
    scale = scale_of(model, live)
    found = {}
    for id, (_, mean, deviation) in SCALED.items():
        after = _with_noise(model, score, mean * UNIT * scale, deviation * UNIT * scale, seed)
        found[id] = (after.accuracy, after.loss)
    return ScaledNoise(scale, found)


def _with_noise(model: FoldedModel, score: PairScorer, mean: float, deviation: float, seed: int) -> PairScores:
    generator = torch.Generator().manual_seed(seed)
    return score(
        model, lambda pre: pre + mean + deviation * torch.randn(pre.shape, generator=generator, dtype=pre.dtype)
    )
