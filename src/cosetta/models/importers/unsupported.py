"""Architectures that are recognised and cannot be folded, each with its reason.

A network folds when its pre-activations are a sum of a function of a and a function of b, followed by one
elementwise activation and one linear map. Attention, products of embeddings and second hidden layers break that.
"""

import re
from collections.abc import Collection, Mapping

from torch import Tensor

__all__ = ["why_unsupported"]

_TRANSFORMER = re.compile(
    r"(^|\.)(attn|attention|self_attn|W_Q|W_K|q_proj|k_proj|in_proj_weight|W_pos|blocks\.\d+)(\.|$|_)"
)
_TOKENS = re.compile(r"^(embed\.)?W_E$")
_RECURRENT = re.compile(r"(^|\.)(weight_ih|weight_hh)_l\d")
_CONVOLUTION = re.compile(r"(^|\.)conv\w*\.weight$")


def why_unsupported(tensors: Mapping[str, Tensor]) -> str | None:
    """What kind of network this is and why it does not fold.

    Args:
        tensors: the tensors of a checkpoint.

    Returns:
        One line, or None if nothing speaks against it.

    Example:
        >>> import torch
        >>> why_unsupported({"blocks.0.attn.W_Q": torch.zeros(4, 8, 2)})
        'a transformer (`blocks.0.attn.W_Q`): attention mixes a and b before the neurons, so no neuron is a sum of \
functions on G'
        >>> why_unsupported({"W_x": torch.zeros(6, 2)}) is None
        True
    """
    if key := _first(_TRANSFORMER, tensors) or _first(_TOKENS, tensors):
        return (
            f"a transformer (`{key}`): attention mixes a and b before the neurons, so no neuron is a sum of functions "
            "on G"
        )
    if key := _first(_RECURRENT, tensors):
        return f"a recurrent network (`{key}`): b meets a state that depends on a, not a sum of functions on G"
    if key := _first(_CONVOLUTION, tensors):
        return f"a convolutional network (`{key}`): its input is not a pair of elements"
    for names in (("W_x", "W_y", "W_U"), ("W_E_a", "W_E_b", "W_U")):
        if set(tensors) == set(names):
            shown = ", ".join(f"`{name}`" for name in names)
            return f"a bilinear network ({shown}, no `W`): its neurons multiply two functions instead of adding them"
    deep = sorted({match[1] for name in tensors if (match := re.search(r"(?:^|\.)layers?\.(\d+)\.weight$", name))})
    if len(deep) > 1:
        return f"a network of {len(deep)} hidden layers (`layers.{deep[-1]}.weight`): only one hidden layer folds"
    return None


def _first(pattern: re.Pattern[str], tensors: Collection[str]) -> str | None:
    return next((name for name in tensors if pattern.search(name)), None)
