"""The gradient of the loss, written out for the folded network.

    left = E_l W_l^T   right = E_r W_r^T   pre = left[a] + right[b]   post = activation(pre)   logits = post U^T + bias

It is the network of `models/network.py` exactly, with one saving: the products left and right are made once a step, for
the |G| elements, instead of once for each pair of the batch, and the gradient goes back the same way, by summing the
gradient of pre over the pairs that share a, or b. benchmarks/training_step.py times it against the plain module.
Several runs with parameters in rows are one program: the same lines, with one more axis in front.
"""

from collections.abc import Callable
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from cosetta.models import ACTIVATIONS
from cosetta.training.config import TrainConfig
from cosetta.training.parameters import parameter_views

__all__ = ["MAX_ENTRIES", "FoldedStep", "block_pairs", "error_at_logits"]

MAX_ENTRIES = 2**28
"""Largest number of logits, or neurons times pairs, held at once: 1 GB in float32. A larger batch goes in blocks."""

CACHED_ENTRIES = 2**18
"""The same on a CPU, for each thread: 1 MB in float32, so that a block stays in the second-level cache."""

_DERIVATIVES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "relu": lambda gradient, pre: torch.ops.aten.threshold_backward.grad_input(gradient, pre, 0, grad_input=gradient),
    "abs": lambda gradient, pre: gradient * pre.sign(),
    "gelu": torch.ops.aten.gelu_backward,
    "silu": torch.ops.aten.silu_backward,
    "square": lambda gradient, pre: gradient * (2 * pre),
    "tanh": lambda gradient, pre: torch.ops.aten.tanh_backward(gradient, pre.tanh()),
}
"""Gradient at pre from that at post, which may be overwritten; the activations are those of `models.ACTIVATIONS`."""


@final
class FoldedStep:
    """Computes the gradient of the mean cross-entropy of a batch into a fixed flat vector, for one run or several.

    Args:
        parameters: flat parameters, read at each call; several runs in rows.
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

    def __init__(
        self, parameters: Float[Tensor, "*run parameter"], table: Int[Tensor, "g g"], config: TrainConfig
    ) -> None:
        self.order = len(table)
        self.gradient = torch.zeros_like(parameters)
        self._runs = parameters.shape[:-1]  # () is one run: matrices, not stacks of them, so that its bytes stay
        self._weights = parameter_views(parameters, self.order, config)
        self._gradients = parameter_views(self.gradient, self.order, config)
        self._products = table.reshape(-1)
        self._width = config.width
        is_relu = config.activation == "relu"  # its derivative can be read off its values, so pre may be overwritten
        self._activation = torch.relu_ if is_relu else ACTIVATIONS[config.activation]
        self._derivative = _DERIVATIVES[config.activation]
        self._loss_dtype = getattr(torch, config.loss_precision)
        self._rooms: dict[int, tuple[Tensor, ...]] = {}
        self._mm, self._addmm = (torch.bmm, torch.baddbmm) if self._runs else (torch.mm, torch.addmm)
        first_rows = torch.arange(0, self._runs.numel() * self.order, self.order, device=table.device)
        self._first_rows = first_rows.view(*self._runs, 1)  # of each run, when the rows of all lie one after another

    def __call__(self, pairs: Int[Tensor, "*run pair"]) -> None:
        """Fill `gradient` with the gradient at these pairs.

        Args:
            pairs: the pairs (a, b) as a |G| + b, a row for each run.
        """
        with torch.no_grad():
            self._compute(pairs)

    def _compute(self, pairs: Tensor) -> None:
        """Forward and backward, block by block; the gradient is summed over the pairs, and divided at the end."""
        weights, gradients = self._weights, self._gradients
        names = ("embed_left.weight", "embed_right.weight")
        hidden = weights["hidden.weight"].chunk(2, dim=-1)
        sides = [self._mm(weights[name], half.mT) for name, half in zip(names, hidden, strict=True)]
        at_sides = [torch.zeros_like(side) for side in sides]
        self.gradient.zero_()
        for block in pairs.split(block_pairs(self.gradient, max(self.order, self._width)), dim=-1):
            self._block(block, sides, at_sides)
        hidden_gradients = gradients["hidden.weight"].chunk(2, dim=-1)
        for name, half, half_gradient, at_side in zip(names, hidden, hidden_gradients, at_sides, strict=True):
            self._mm(at_side, half, out=gradients[name])
            half_gradient.copy_(self._mm(at_side.mT, weights[name]))
        self.gradient.mul_(1 / pairs.shape[-1])

    def _block(self, pairs: Tensor, sides: list[Tensor], at_sides: list[Tensor]) -> None:
        """Gradient at some pairs of a batch: at the unembedding added in its place, at the sides to `at_sides`."""
        weights, gradients = self._weights, self._gradients
        pre, of_right, logits, at_post = self._room(pairs.shape[-1])
        elements = [(x + self._first_rows).reshape(-1) for x in (pairs // self.order, pairs % self.order)]
        for side, x, place in zip(sides, elements, (pre, of_right), strict=True):
            torch.index_select(_rows(side), 0, x, out=_rows(place))
        post = self._activation(pre.add_(of_right))
        self._addmm(weights["unembed.bias"].unsqueeze(-2), post, weights["unembed.weight"].mT, out=logits)

        error = error_at_logits(logits, self._products[pairs].unsqueeze(-1), self._loss_dtype)
        self._addmm(gradients["unembed.weight"], error.mT, post, out=gradients["unembed.weight"])
        gradients["unembed.bias"].add_(error.sum(-2))
        at_pre = self._derivative(self._mm(error, weights["unembed.weight"], out=at_post), pre)
        for at_side, x in zip(at_sides, elements, strict=True):
            _rows(at_side).index_add_(0, x, _rows(at_pre))  # summed over the pairs that share it

    def _room(self, pairs: int) -> tuple[Tensor, ...]:
        """Memory for pre, right, logits and the gradient at post; asking for it afresh costs a fifth of a step."""
        if pairs not in self._rooms:
            widths = (self._width, self._width, self.order, self._width)
            self._rooms[pairs] = tuple(self.gradient.new_empty(*self._runs, pairs, columns) for columns in widths)
        return self._rooms[pairs]


def block_pairs(parameters: Float[Tensor, "*run parameter"], columns: int) -> int:
    """Pairs of each run in a block.

    Args:
        parameters: of one run, or of several in rows.
        columns: the most numbers that a pair has at once.

    Returns:
        A number of pairs, at least 1.
    """
    entries = MAX_ENTRIES
    if parameters.device.type == "cpu":  # each thread has a cache
        entries = min(entries, CACHED_ENTRIES * torch.get_num_threads())
    return max(1, entries // (parameters.shape[:-1].numel() * columns))


def error_at_logits(
    logits: Float[Tensor, "*run pair g"], product: Int[Tensor, "*run pair 1"], dtype: torch.dtype
) -> Float[Tensor, "*run pair g"]:
    """The gradient of the cross-entropy at the logits, softmax minus target, summed over the pairs.

    Args:
        logits: one a pair and element.
        product: the right answer of each pair.
        dtype: precision of the softmax.

    Returns:
        In the precision of the logits.
    """
    error = torch.softmax(logits, -1, dtype=dtype)
    missing = error.scatter_(-1, product, 0).sum(-1, keepdim=True)  # 1 - softmax there, without its cancellation
    return error.scatter_(-1, product, missing.neg_()).to(logits.dtype)


def _rows(x: Tensor) -> Tensor:
    """All runs' rows one after another."""
    return x.view(-1, x.shape[-1])
