"""The folded network: a neuron is three functions on G.

    pre[a, b, n] = left[a, n] + right[b, n]        post = activation(pre)
    logits[a, b, c] = sum_n post[a, b, n] out[c, n] + bias[c]  (+ direct_left[a, c] + direct_right[b, c])

Every analysis is a statement about `left`, `right` and `out`. Embeddings and hidden weights are gone: they act only
through these functions. A network with a path around its neurons (a residual stream) has the two direct terms as well.
Quantities over all |G|^2 pairs are computed in blocks of `a`, so they never hold |G|^3 numbers.
"""

from dataclasses import dataclass, replace
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from cosetta.errors import Unsupported
from cosetta.models.numbers import check_kinds, check_sizes
from cosetta.models.pair_model import PairModel
from cosetta.shown import short_repr

__all__ = ["ACTIVATIONS", "FoldedModel"]

ACTIVATIONS = {
    "relu": torch.relu,
    "abs": torch.abs,
    "gelu": F.gelu,
    "silu": F.silu,
    "square": torch.square,
    "tanh": torch.tanh,
}
"""Activations by name; |x| is the paper's control for ReLU."""


@final
@dataclass(frozen=True, eq=False)
class FoldedModel(PairModel):
    r"""A one-hidden-layer network on pairs of group elements, as three functions on G for each neuron.

    Args:
        left: contribution of the left factor to each pre-activation.
        right: contribution of the right factor to each pre-activation.
        out: weight of each neuron on the logit of each element.
        bias: logit of each element when every neuron is silent.
        activation: name of the activation, one of `ACTIVATIONS`.
        direct_left: what the left factor adds to each logit around the neurons; None if nothing does.
        direct_right: the same for the right factor.

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
    direct_left: Float[Tensor, "g c"] | None = None
    direct_right: Float[Tensor, "g c"] | None = None
    __repr__ = short_repr

    def __post_init__(self) -> None:
        """Refuse shapes that do not belong together."""
        if self.activation not in ACTIVATIONS:
            raise Unsupported(f"`activation` must be one of {', '.join(ACTIVATIONS)}; got '{self.activation}'")
        check_kinds(dict(self._arrays()))
        shapes = {name: tuple(getattr(self, name).shape) for name in ("left", "right", "out")}
        if len(set(shapes.values())) != 1 or self.bias.shape != self.left.shape[:1]:
            raise ValueError(
                f"`left`, `right`, `out` must be order x width and `bias` order; got {shapes}, {self.bias.shape}"
            )
        for name in ("direct_left", "direct_right"):
            direct = getattr(self, name)
            if direct is not None and tuple(direct.shape) != (self.order, self.order):
                raise ValueError(f"`{name}` must be order x order, {self.order} each; got {tuple(direct.shape)}")
        check_sizes(dict(self._arrays()), ACTIVATIONS[self.activation])

    def _arrays(self) -> list[tuple[str, Tensor]]:
        """The arrays that are there, by name."""
        return [(name, getattr(self, name)) for name in _ARRAYS if getattr(self, name) is not None]

    @property
    def order(self) -> int:
        """Number of group elements."""
        return self.left.shape[0]

    @property
    def width(self) -> int:
        """Number of neurons."""
        return self.left.shape[1]

    @property
    def site(self) -> str:
        """Where the neurons are read: at their pre-activations."""
        return "pre"

    @property
    def device(self) -> torch.device:
        """Where the arrays are."""
        return self.left.device

    def run(
        self, a: Int[Tensor, "*batch"], b: Int[Tensor, "*batch"]
    ) -> tuple[Float[Tensor, "*batch neuron"], Float[Tensor, "*batch g"]]:
        """Pre-activations and logits of the pairs (a, b).

        Args:
            a: left factors.
            b: right factors, of the same shape.

        Returns:
            One value a pair and neuron, and one logit a pair and element.
        """
        pre = self.pre(a, b)
        return pre, self.patched(pre, a, b)

    def run_with_cache(
        self, a: Int[Tensor, "*batch"] | int, b: Int[Tensor, "*batch"] | int
    ) -> tuple[Float[Tensor, "*batch g"], dict[str, Tensor]]:
        """Logits and activations, by the names that `GroupNetwork` has for them.

        Args:
            a: left factors; a number stands for one pair.
            b: right factors, of the same shape.

        Returns:
            The logits, and `hook_pre` and `hook_post`, one value a pair and neuron.

        Example:
            >>> one = torch.ones(2, 3)
            >>> FoldedModel(one, -2 * one, one, torch.zeros(2)).run_with_cache(0, 1)[1]["hook_post"]
            tensor([0., 0., 0.])
        """
        left, right = (torch.as_tensor(factor, device=self.device) for factor in (a, b))
        pre = self.pre(left, right)
        post = self.activate(pre)
        return self.read_out(post, left, right), {"hook_pre": pre, "hook_post": post}

    def patched(
        self, pre: Float[Tensor, "*batch neuron"], a: Int[Tensor, "*batch"], b: Int[Tensor, "*batch"]
    ) -> Float[Tensor, "*batch g"]:
        """Logits from given pre-activations.

        Args:
            pre: pre-activations, perhaps changed.
            a: left factors of the pairs, which the direct path reads.
            b: right factors.

        Returns:
            One logit a pair and element.
        """
        return self.read_out(self.activate(pre), a, b)

    def pre(self, a: Int[Tensor, "*batch"], b: Int[Tensor, "*batch"]) -> Float[Tensor, "*batch neuron"]:
        """Pre-activations of the pairs (a, b).

        Args:
            a: left factors.
            b: right factors, of the same shape.

        Returns:
            One value a pair and neuron.
        """
        return F.embedding(a, self.left) + F.embedding(b, self.right)  # five times as fast as left[a] + right[b]

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
        return self.patched(self.pre(a, b), a, b)

    def read_out(
        self, post: Float[Tensor, "*batch neuron"], a: Int[Tensor, "*batch"], b: Int[Tensor, "*batch"]
    ) -> Float[Tensor, "*batch g"]:
        """Logits from given post-activations: the rest of the network after its neurons.

        Args:
            post: post-activations, perhaps changed.
            a: left factors of the pairs, which the direct path reads.
            b: right factors.

        Returns:
            One logit a pair and element.

        Example:
            >>> zero, direct = torch.zeros(2, 1), torch.tensor([[0.0, 5.0], [0.0, 0.0]])
            >>> model = FoldedModel(zero, zero, zero, torch.zeros(2), direct_left=direct)
            >>> model.read_out(torch.zeros(1, 1), torch.tensor([0]), torch.tensor([1]))
            tensor([[0., 5.]])
        """
        logits = F.linear(post, self.out, self.bias)
        if self.direct_left is not None:
            logits = logits + self.direct_left[a]
        if self.direct_right is not None:
            logits = logits + self.direct_right[b]
        return logits

    def keep(self, neurons: Int[Tensor, " kept"]) -> "FoldedModel":
        """The model with only these neurons, in this order.

        Args:
            neurons: positions of neurons; may repeat or be empty.

        Returns:
            A narrower model with the same bias and direct path.
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
        return replace(
            self, **{name: values.detach().to(dtype=dtype, device=device) for name, values in self._arrays()}
        )


_ARRAYS = ("left", "right", "out", "bias", "direct_left", "direct_right")
