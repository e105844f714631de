"""What a neuron does on the |G|^2 pairs: how strongly it speaks, and where it is silent.

Everything is exact over all pairs. Per neuron it holds one |G| x |G| block.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from jaxtyping import Bool, Float

from cosetta.groups import Group
from cosetta.models import FoldedModel

__all__ = ["PairStatistics", "coset_leak", "logit_strength", "pair_statistics"]


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
    pre_std = torch.sqrt(model.left.var(0, correction=0) + model.right.var(0, correction=0))  # a and b vary freely
    post_std, silent = [], []
    for n in range(model.width):
        pre = model.left[:, n, None] + model.right[None, :, n]
        post_std.append(float(model.activate(pre).std(correction=0)))
        silent.append(float((pre.abs() < zero_tolerance * pre_std[n]).double().mean()))
    return PairStatistics(np.array(post_std), np.array(silent))


def logit_strength(model: FoldedModel, statistics: PairStatistics) -> Float[np.ndarray, " neuron"]:
    """Variance that each neuron alone gives to the centred logits over all pairs, as shares that sum to 1.

    Args:
        model: the folded model.
        statistics: its pair statistics.

    Returns:
        Shares in [0, 1]; all 0 if no neuron moves a logit.
    """
    variance = statistics.post_std**2 * model.out.var(0, correction=0).numpy()
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
    inside = np.flatnonzero(members)
    partner = group.table[group.inverse[:, None], inside[None]]  # b = a^-1 c for each a and each c in C
    on_coset = left[:, None] + right[partner]
    everywhere = (left**2).mean() + (right**2).mean() + 2 * left.mean() * right.mean()
    return float(np.sqrt((on_coset**2).mean() / everywhere)) if everywhere > 0 else 0.0
