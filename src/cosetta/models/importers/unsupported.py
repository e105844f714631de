"""Networks whose tensors do not say how they are computed with, so that only the module itself can be run.

A state dict of a recurrent or convolutional network, or of a transformer under other names than TransformerLens', does
not determine the forward pass. The module does: `cosetta.fold(module, group, site=...)` measures it like any other.
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
    """What kind of network this is, where its tensors alone cannot be run.

    Args:
        tensors: the tensors of a checkpoint.

    Returns:
        One line, or None if nothing speaks against it.

    Example:
        >>> import torch
        >>> why_unsupported({"encoder.self_attn.in_proj_weight": torch.zeros(24, 8)})
        'a transformer (`encoder.self_attn.in_proj_weight`) under other names than `blocks.0.attn.W_Q`, which do not \
say its heads: run the module, cosetta.fold(module, group, site=...)'
        >>> why_unsupported({"W_x": torch.zeros(6, 2)}) is None
        True
    """
    run = "run the module, cosetta.fold(module, group, site=...)"
    if key := _first(_TRANSFORMER, tensors) or _first(_TOKENS, tensors):
        return f"a transformer (`{key}`) under other names than `blocks.0.attn.W_Q`, which do not say its heads: {run}"
    if key := _first(_RECURRENT, tensors):
        return f"a recurrent network (`{key}`), whose steps are not in the file: {run}"
    if key := _first(_CONVOLUTION, tensors):
        return f"a convolutional network (`{key}`), whose input is not in the file: {run}"
    deep = sorted({match[1] for name in tensors if (match := re.search(r"(?:^|\.)layers?\.(\d+)\.weight$", name))})
    if len(deep) > 4:
        return f"a network of {len(deep)} layers (`layers.{deep[-1]}.weight`), of which two hidden ones are read: {run}"
    return None


def _first(pattern: re.Pattern[str], tensors: Collection[str]) -> str | None:
    return next((name for name in tensors if pattern.search(name)), None)
