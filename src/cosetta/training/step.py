"""The gradient of the loss, written out for the folded network.

    left = E_l W_l^T   right = E_r W_r^T   pre = left[a] + right[b]   post = activation(pre)   logits = post U^T + bias

It is the network of `models/network.py` exactly, with one saving: the products left and right are made once a step, for
the |G| elements, instead of once for each pair of the batch, and the gradient goes back the same way, by summing the
gradient of pre over the pairs that share a, or b. benchmarks/training_step.py times it against the plain module.
"""

from collections.abc import Callable
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from cosetta.models import ACTIVATIONS
from cosetta.training.config import TrainConfig
from cosetta.training.parameters import parameter_views

__all__ = ["FoldedStep"]

_DERIVATIVES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "relu": lambda gradient, pre: torch.ops.aten.threshold_backward(gradient, pre, 0),
    "abs": lambda gradient, pre: gradient * pre.sign(),
    "gelu": torch.ops.aten.gelu_backward,
    "silu": torch.ops.aten.silu_backward,
}
"""Gradient at pre from the gradient at post; the activations are those of `models.ACTIVATIONS`."""


@final
class FoldedStep:
    """Computes the gradient of the mean cross-entropy of a batch into a fixed flat vector.

    Args:
        parameters: flat parameters, read at each call.
        table: Cayley table, on the parameters' device.
        config: gives the sizes, the activation and the precision of the softmax.

    Example:
        >>> from cosetta.training.recipes import fast
        >>> config = fast("C2", embed_dim=2, width=2)
        >>> step = FoldedStep(torch.zeros(22), torch.tensor([[0, 1], [1, 0]]), config)
        >>> step(torch.tensor([1, 2]))  # the pairs (0, 1) and (1, 0): both products are 1
        >>> step.gradient[-2:].tolist()  # of the bias: softmax minus target
        [0.5, -0.5]
    """

    def __init__(self, parameters: Float[Tensor, " parameter"], table: Int[Tensor, "g g"], config: TrainConfig) -> None:
        self.order = len(table)
        self.gradient = torch.zeros_like(parameters)
        self._weights = parameter_views(parameters, self.order, config)
        self._gradients = parameter_views(self.gradient, self.order, config)
        self._products = table.reshape(-1)
        self._activation = ACTIVATIONS[config.activation]
        self._derivative = _DERIVATIVES[config.activation]
        self._loss_dtype = getattr(torch, config.loss_precision)
        self._rooms: dict[int, tuple[Tensor, ...]] = {}

    def __call__(self, pairs: Int[Tensor, " pair"]) -> None:
        """Fill `gradient` with the gradient at these pairs.

        Args:
            pairs: the pairs (a, b) as a |G| + b.
        """
        with torch.no_grad():
            self._compute(pairs // self.order, pairs % self.order, self._products[pairs])

    def _compute(self, a: Int[Tensor, " pair"], b: Int[Tensor, " pair"], products: Int[Tensor, " pair"]) -> None:
        weights, gradients = self._weights, self._gradients
        pre, of_right, logits, at_post = self._room(len(a))
        sides = (("embed_left.weight", a), ("embed_right.weight", b))
        hidden = weights["hidden.weight"].chunk(2, dim=1)
        left, right = (weights[name] @ half.T for (name, _), half in zip(sides, hidden, strict=True))
        torch.index_select(left, 0, a, out=pre).add_(torch.index_select(right, 0, b, out=of_right))
        post = self._activation(pre)
        torch.addmm(weights["unembed.bias"], post, weights["unembed.weight"].T, out=logits)

        error = torch.softmax(logits, -1, dtype=self._loss_dtype)  # d loss / d logits, below
        error[torch.arange(len(a), device=a.device), products] -= 1
        error = error.mul_(1 / len(a)).to(logits.dtype)
        torch.mm(error.T, post, out=gradients["unembed.weight"])
        torch.sum(error, 0, out=gradients["unembed.bias"])
        at_pre = self._derivative(torch.mm(error, weights["unembed.weight"], out=at_post), pre)
        hidden_gradients = gradients["hidden.weight"].chunk(2, dim=1)
        for (name, elements), half, half_gradient in zip(sides, hidden, hidden_gradients, strict=True):
            at_side = torch.zeros_like(left).index_add_(0, elements, at_pre)  # summed over the pairs that share it
            torch.mm(at_side, half, out=gradients[name])
            half_gradient.copy_(at_side.T @ weights[name])

    def _room(self, pairs: int) -> tuple[Tensor, ...]:
        """Memory for pre, right, logits and the gradient at post; asking for it afresh costs a fifth of a step."""
        if pairs not in self._rooms:
            width = len(self._weights["hidden.weight"])
            widths = (width, width, self.order, width)
            self._rooms[pairs] = tuple(self.gradient.new_empty(pairs, columns) for columns in widths)
        return self._rooms[pairs]
