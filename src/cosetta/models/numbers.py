"""Which numbers a folded network may hold: one dense tensor type, and sizes whose squares are still numbers.

Analyses take variances of logits in float64 and multiply weights in the network's own precision. Both overflow for
weights that no training leaves behind; then they must say so at the door, not in the name of a bias that nobody gave.
"""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from cosetta.errors import Unsupported

__all__ = ["check_kinds", "check_sizes"]

PRECISIONS = (torch.float32, torch.float64)

LARGEST = 1e30
"""Largest weight and logit: below it float32 still holds sums over all pairs, and float64 their squares."""

_RANKS = {"bias": 1}


def check_kinds(arrays: Mapping[str, Any]) -> None:
    """Refuse what is no dense float tensor of one precision, before anything is computed.

    Args:
        arrays: the network's arrays by name; None for one that is not there.

    Raises:
        ValueError: if an array has another number of axes.
        Unsupported: if an array is no dense tensor of float32 or float64, or they differ in precision.

    Example:
        >>> check_kinds({"left": torch.zeros(2, 3, dtype=torch.int64)})
        Traceback (most recent call last):
        cosetta.errors.Unsupported: weights must be dense float32 or float64; `left` is int64: convert it with .float()
    """
    first: tuple[str, torch.dtype] | None = None
    for name, values in arrays.items():
        if values is None:
            continue
        if not isinstance(values, Tensor):
            raise Unsupported(f"weights must be torch tensors; `{name}` is a {type(values).__name__}")
        if values.layout != torch.strided or values.is_meta or values.is_quantized or values.dtype not in PRECISIONS:
            kind = "without values" if values.is_meta else _kind(values)
            advice = "convert it with .float()" if values.layout == torch.strided else "convert it with .to_dense()"
            raise Unsupported(f"weights must be dense float32 or float64; `{name}` is {kind}: {advice}")
        if values.ndim != _RANKS.get(name, 2):
            raise ValueError(f"`{name}` must have {_RANKS.get(name, 2)} axes; its shape is {tuple(values.shape)}")
        first = first or (name, values.dtype)
        if values.dtype != first[1]:
            raise Unsupported(
                f"weights must have one precision; `{first[0]}` is {_name(first[1])} and `{name}` {_kind(values)}: "
                "convert one of them"
            )


def check_sizes(arrays: Mapping[str, Tensor | None], activation: Callable[[Tensor], Tensor]) -> None:
    """Refuse weights that are not finite, or so large that logits or their squares would not be.

    Args:
        arrays: the network's arrays by name, among them `left`, `right` and `out`.
        activation: the function of the pre-activations.

    Raises:
        ValueError: if a value is not finite; the message names it.
        Unsupported: if a weight or a possible logit is too large.

    Example:
        >>> huge = torch.full((1, 2), 1e20)
        >>> check_sizes({"left": huge, "right": huge, "out": huge}, torch.relu)
        Traceback (most recent call last):
        cosetta.errors.Unsupported: logits must stay below 1e+30; these weights may reach 4e+40: rescale them
    """
    largest = {}
    for name, values in arrays.items():
        if values is None:
            continue
        low, high = map(float, values.detach().aminmax()) if values.numel() else (0.0, 0.0)
        if not (isfinite(low) and isfinite(high)):  # aminmax is NaN if any value is
            i = torch.nonzero(~torch.isfinite(values))[0].tolist()
            raise ValueError(f"weights must be finite; `{name}` holds {values[tuple(i)].item()} at {i}")
        largest[name] = max(-low, high)
        if largest[name] > LARGEST:
            raise Unsupported(
                f"weights must stay below {LARGEST:.0e}; `{name}` reaches {largest[name]:.0e}: rescale it"
            )
    pre = torch.tensor(largest["left"] + largest["right"], dtype=torch.float64)
    post = float(torch.maximum(activation(pre).abs(), activation(-pre).abs()))
    width = arrays["out"].shape[-1] if arrays["out"] is not None else 0
    reached = post * largest["out"] * width
    if reached > LARGEST:
        raise Unsupported(f"logits must stay below {LARGEST:.0e}; these weights may reach {reached:.0e}: rescale them")


def _name(kind: torch.dtype | torch.layout) -> str:
    return str(kind).removeprefix("torch.")


def _kind(values: Tensor) -> str:
    return _name(values.dtype) if values.layout == torch.strided else _name(values.layout)
