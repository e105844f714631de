"""What a neuron does on the |G|^2 pairs: how strongly it speaks, and where it is silent.

Everything is exact over all pairs, without holding them (`models/moments.py`).
"""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from cosetta.groups import Group
from cosetta.models import FoldedModel
from cosetta.models.moments import post_moments, silent_shares

__all__ = ["PairStatistics", "coset_leak", "coset_post_mean", "logit_strength", "pair_statistics"]


@final
@dataclass(frozen=True)
class PairStatistics:
    """Statistics of each neuron over all pairs.

    Args:
        post_std: standard deviation of the post-activation.
        silent_share: share of pairs whose |pre| is below the tolerance times its standard deviation, in [0, 1].
    """

    post_std: Float[np.ndarray, " neuron"]
    silent_share: Float[np.ndarray, " neuron"]


def pair_statistics(model: FoldedModel, zero_tolerance: float) -> PairStatistics:
    """Statistics of each neuron over all pairs.

    Args:
        model: the folded model.
        zero_tolerance: a pre-activation counts as zero below this many of its standard deviations.

    Returns:
        One value a neuron and statistic.
    """
    mean, square = post_moments(model)
    left, right = (f.detach().cpu().double().numpy() for f in (model.left, model.right))
    tolerance = zero_tolerance * np.sqrt(left.var(axis=0) + right.var(axis=0))  # a, b vary freely
    return PairStatistics(np.sqrt(np.maximum(square - mean**2, 0)), silent_shares(model, tolerance))


def logit_strength(model: FoldedModel, statistics: PairStatistics) -> Float[np.ndarray, " neuron"]:
    """Variance that each neuron alone gives to the centred logits over all pairs, as shares that sum to 1.

    Args:
        model: the folded model.
        statistics: its pair statistics.

    Returns:
        Shares in [0, 1]; all 0 if no neuron moves a logit.
    """
    variance = statistics.post_std**2 * model.out.detach().cpu().double().numpy().var(axis=0)
    return variance / variance.sum() if variance.sum() > 0 else variance


def coset_leak(
    left: Float[np.ndarray, " g"], right: Float[np.ndarray, " g"], members: Bool[np.ndarray, " g"], group: Group
) -> float:
    """Root mean square of the pre-activation over pairs with ab in C, over that on all pairs.

    Args:
        left: left function.
        right: right function.
        members: which elements lie in C; not empty.
        group: the group.

    Returns:
        A value >= 0; 0 is exact silence, about 1 no relation to C.
    """
    on_coset = left[:, None] + right[_partners(members, group)]
    everywhere = (left**2).mean() + (right**2).mean() + 2 * left.mean() * right.mean()
    return float(np.sqrt((on_coset**2).mean() / everywhere)) if everywhere > 0 else 0.0


def coset_post_mean(model: FoldedModel, neuron: int, members: Bool[np.ndarray, " g"], group: Group) -> float:
    """Mean post-activation of one neuron over the pairs with ab in C.

    Args:
        model: the folded model.
        neuron: position of the neuron.
        members: which elements lie in C; not empty.
        group: the group.

    Returns:
        The mean, in float64.
    """
    left, right = (side[:, neuron].double() for side in (model.left, model.right))
    partners = torch.from_numpy(_partners(members, group).astype(np.int64))
    return float(model.activate(left[:, None] + right[partners]).mean())


def _partners(members: Bool[np.ndarray, " g"], group: Group) -> Int[np.ndarray, "g inside"]:
    """Right factors b = a^-1 c that bring the product into C, for each a and each c in C."""
    return group.table[group.inverse[:, None], np.flatnonzero(members)[None]]
