r"""First and second moment of each neuron's post-activation over all |G|^2 pairs, exactly, in |G| log |G| work.

pre = left[a] + right[b] with a and b free. ReLU is linear where pre > 0, so with `right` sorted the pairs of one a
that fire are a tail of it, and the sums of 1, r and r^2 over tails give both moments. |x| = 2 relu(x) - x. For smooth
activations there is no such shortcut: they take one |G| x |G| block a neuron.
"""

import numpy as np
import torch
from jaxtyping import Float

from cosetta.models.folded import FoldedModel

__all__ = ["mean_logits", "post_moments", "silent_shares"]


def post_moments(model: FoldedModel) -> tuple[Float[np.ndarray, " neuron"], Float[np.ndarray, " neuron"]]:
    """Mean and mean square of every neuron's post-activation over all pairs.

    Args:
        model: the folded model.

    Returns:
        Mean and mean square, computed in float64.

    Example:
        >>> one = torch.tensor([[1.0], [-1.0]])  # pre is 2, 0, 0, -2 on the four pairs
        >>> mean, square = post_moments(FoldedModel(one, one, one, torch.zeros(2)))
        >>> mean.tolist(), square.tolist()
        ([0.5], [1.0])
    """
    moments = [_moments(model, *sides) for sides in _sides(model)]
    mean, square = np.array(moments).reshape(-1, 2).T
    return mean, square


def mean_logits(model: FoldedModel) -> Float[np.ndarray, " g"]:
    """Mean of each logit over all pairs.

    Args:
        model: the folded model.

    Returns:
        One value an element, computed in float64.

    Example:
        >>> one = torch.tensor([[1.0], [-1.0]])
        >>> mean_logits(FoldedModel(one, one, one, torch.zeros(2))).tolist()
        [0.5, -0.5]
    """
    mean = post_moments(model)[0]
    total = model.out.detach().double().cpu().numpy() @ mean + model.bias.detach().double().cpu().numpy()
    for direct in (model.direct_left, model.direct_right):
        if direct is not None:
            total = total + direct.detach().double().cpu().numpy().mean(axis=0)
    return total


def silent_shares(model: FoldedModel, tolerance: Float[np.ndarray, " neuron"]) -> Float[np.ndarray, " neuron"]:
    """Share of all pairs at which each neuron's pre-activation is near zero.

    Args:
        model: the folded model.
        tolerance: one value a neuron; near zero is an absolute value below it.

    Returns:
        Shares in [0, 1].
    """
    shares = [
        np.mean(np.searchsorted(right, bound - left) - np.searchsorted(right, -bound - left, side="right"))
        if bound > 0
        else 0.0
        for (left, right), bound in zip(_sides(model), tolerance, strict=True)
    ]
    return np.array(shares, dtype=np.float64) / model.order


def _sides(model: FoldedModel) -> list[tuple[np.ndarray, np.ndarray]]:
    """Left values, and right values in ascending order, of each neuron."""
    left, right = (side.detach().double().cpu().numpy().T for side in (model.left, model.right))
    return list(zip(left, np.sort(right, axis=1), strict=True))


def _moments(model: FoldedModel, left: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    pairs = len(left) ** 2
    if model.activation not in ("relu", "abs"):
        post = model.activate(torch.from_numpy(left[:, None] + right))
        return float(post.mean()), float((post**2).mean())
    total = float(left.sum() + right.sum()) * len(left)
    square = float(len(left) * ((left**2).sum() + (right**2).sum()) + 2 * left.sum() * right.sum())
    if model.activation == "abs":
        return (2 * _fired(left, right)[0] - total) / pairs, square / pairs
    fired, fired_square = _fired(left, right)
    return fired / pairs, fired_square / pairs


def _fired(left: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Sum of relu(left + right) and of its square over all pairs; `right` ascends."""
    first = np.searchsorted(right, -left, side="right")  # from here on right > -left
    tails = [np.append(values[::-1].cumsum()[::-1], 0.0)[first] for values in (np.ones_like(right), right, right**2)]
    count, linear, quadratic = tails
    return float((left * count + linear).sum()), float((left**2 * count + 2 * left * linear + quadratic).sum())
