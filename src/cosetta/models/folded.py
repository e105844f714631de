"""The folded network: a neuron is three functions on G.

    pre[a, b, n] = left[a, n] + right[b, n]        post = activation(pre)
    logits[a, b, c] = sum_n post[a, b, n] out[c, n] + bias[c]

Every analysis is a statement about `left`, `right` and `out`. Embeddings and hidden weights are gone: they act only
through these functions. Quantities over all |G|^2 pairs are computed in blocks of `a`, so they never hold |G|^3
numbers.
"""

from dataclasses import dataclass, replace
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from cosetta.errors import Unsupported
from cosetta.models.numbers import check_kinds, check_sizes

__all__ = ["ACTIVATIONS", "FoldedModel"]

ACTIVATIONS = {"relu": torch.relu, "abs": torch.abs, "gelu": F.gelu, "silu": F.silu}
"""Activations by name; |x| is the paper's control for ReLU."""


@final
@dataclass(frozen=True, eq=False)
class FoldedModel:
    r"""A one-hidden-layer network on pairs of group elements, as three functions on G for each neuron.

    Args:
        left: contribution of the left factor to each pre-activation.
        right: contribution of the right factor to each pre-activation.
        out: weight of each neuron on the logit of each element.
        bias: logit of each element when every neuron is silent.
        activation: name of the activation, one of `ACTIVATIONS`.

    Raises:
        ValueError: if the shapes do not belong together or a value is not finite.
        Unsupported: if the activation is not known, a precision is not float32 or float64 throughout, or weights are so
            large that logits could reach 1e30.

    Source:
        Stander et al. 2023 (arXiv:2312.06581), section 2: left = E_l W_l^T, right = E_r W_r^T, out = U.

    Example:
        >>> zero = torch.zeros(3, 2)
        >>> FoldedModel(zero, zero, zero, torch.tensor([0.0, 1.0, 0.0])).logits(torch.tensor([2]), torch.tensor([1]))
        tensor([[0., 1., 0.]])
    """

    left: Float[Tensor, "g neuron"]
    right: Float[Tensor, "g neuron"]
    out: Float[Tensor, "g neuron"]
    bias: Float[Tensor, " g"]
    activation: str = "relu"

    def __post_init__(self) -> None:
        """Refuse shapes that do not belong together."""
        if self.activation not in ACTIVATIONS:
            raise Unsupported(f"`activation` must be one of {', '.join(ACTIVATIONS)}; got '{self.activation}'")
        check_kinds({name: getattr(self, name) for name in _ARRAYS})
        shapes = {name: tuple(getattr(self, name).shape) for name in ("left", "right", "out")}
        if len(set(shapes.values())) != 1 or self.bias.shape != self.left.shape[:1]:
            raise ValueError(
                f"`left`, `right`, `out` must be order x width and `bias` order; got {shapes}, {self.bias.shape}"
            )
        check_sizes({name: getattr(self, name) for name in _ARRAYS}, ACTIVATIONS[self.activation])

    @property
    def order(self) -> int:
        """Number of group elements."""
        return self.left.shape[0]

    @property
    def width(self) -> int:
        """Number of neurons."""
        return self.left.shape[1]

    def pre(self, a: Int[Tensor, "*batch"], b: Int[Tensor, "*batch"]) -> Float[Tensor, "*batch neuron"]:
        """Pre-activations of the pairs (a, b).

        Args:
            a: left factors.
            b: right factors, of the same shape.

        Returns:
            One value a pair and neuron.
        """
        return self.left[a] + self.right[b]

    def activate(self, pre: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Apply the activation, elementwise.

        Args:
            pre: pre-activations.

        Returns:
            Post-activations of the same shape.
        """
        return ACTIVATIONS[self.activation](pre)

    def logits(self, a: Int[Tensor, "*batch"], b: Int[Tensor, "*batch"]) -> Float[Tensor, "*batch g"]:
        """Logits of every element for the pairs (a, b).

        Args:
            a: left factors.
            b: right factors, of the same shape.

        Returns:
            One logit a pair and element.
        """
        return self.activate(self.pre(a, b)) @ self.out.T + self.bias

    def keep(self, neurons: Int[Tensor, " kept"]) -> "FoldedModel":
        """The model with only these neurons, in this order.

        Args:
            neurons: positions of neurons; may repeat or be empty.

        Returns:
            A narrower model with the same bias.
        """
        return replace(self, left=self.left[:, neurons], right=self.right[:, neurons], out=self.out[:, neurons])

    def to(self, dtype: torch.dtype | None = None, device: torch.device | str | None = None) -> "FoldedModel":
        """The same model in another precision or on another device.

        Args:
            dtype: precision; unchanged if None.
            device: device; unchanged if None.

        Returns:
            A converted copy.
        """
        arrays = {name: getattr(self, name).detach().to(dtype=dtype, device=device) for name in _ARRAYS}
        return replace(self, **arrays)


_ARRAYS = ("left", "right", "out", "bias")
