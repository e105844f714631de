r"""How far a network is from bi-equivariant: logits[x, y, z] a function of x^-1 z y^-1 alone.

A network that treats all elements alike is. Wu et al. 2024 prove it of their ideal networks; of a real one the error is
measured: the share of the variance of the centred logits that the mean over equal x^-1 z y^-1 leaves.
"""

import numpy as np
import torch

from cosetta.groups import Group
from cosetta.models.pair_model import PairModel

__all__ = ["bi_equivariance_error"]


def bi_equivariance_error(model: PairModel, group: Group, pairs: int = 2000, seed: int = 0) -> float:
    """Share of the logits' variance that is not a function of x^-1 z y^-1.

    Args:
        model: a network with logits.
        group: its group.
        pairs: at most this many pairs are used, a random sample; every z of each.
        seed: of the sample.

    Returns:
        A value in [0, 1]; 0 is bi-equivariant; 0 for constant logits.

    Source:
        Wu et al. 2024 (arXiv:2410.07476), section on bi-equivariance; the measure is this project's.

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.models import FoldedModel
        >>> zero, bias = torch.zeros(2, 1), torch.tensor([1.0, -1.0])
        >>> one_answer = FoldedModel(zero, zero, zero, bias)
        >>> round(bi_equivariance_error(one_answer, named_group("C2")), 6)
        1.0
    """
    n = group.order
    total = n * n
    generator = np.random.default_rng(seed)
    chosen = np.arange(total) if total <= pairs else generator.choice(total, pairs, replace=False)
    x, y = chosen // n, chosen % n
    logits = model.logits(torch.from_numpy(x), torch.from_numpy(y)).double().numpy()
    logits = logits - logits.mean(axis=1, keepdims=True)
    between = group.table[group.table[group.inverse[x]], group.inverse[y][:, None]]  # [pair, z] -> x^-1 z y^-1
    count = np.bincount(between.ravel(), minlength=n)
    means = np.bincount(between.ravel(), logits.ravel(), minlength=n) / np.maximum(count, 1)
    energy = float((logits**2).sum())
    return float(((logits - means[between]) ** 2).sum()) / energy if energy > 0 else 0.0
