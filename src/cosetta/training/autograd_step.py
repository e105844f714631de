"""The gradient of the loss of any architecture, by autograd through its logits, into a fixed flat vector.

It has the interface of `FoldedStep`, so that the optimiser, the schedule, checkpoints and stacks are the same for all.
The error at the logits, softmax minus target, is written out: single precision keeps it where a confident network's
softmax rounds to 1.
"""

from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from cosetta.training.architectures import ARCHITECTURES
from cosetta.training.config import TrainConfig
from cosetta.training.parameters import parameter_views
from cosetta.training.step import block_pairs, error_at_logits

__all__ = ["AutogradStep"]


@final
class AutogradStep:
    """Computes the gradient of the mean cross-entropy of a batch, for one run or several.

    Args:
        parameters: flat parameters, read at each call; several runs in rows.
        table: Cayley table, on the parameters' device.
        config: gives the architecture, the sizes and the precision of the softmax.

    Example:
        >>> from cosetta.training.recipes import fast
        >>> config = fast("C2", embed_dim=2, width=2, architecture="mlp2")
        >>> step = AutogradStep(torch.zeros(28), torch.tensor([[0, 1], [1, 0]]), config)
        >>> step(torch.tensor([1, 2]))  # the pairs (0, 1) and (1, 0): both products are 1
        >>> step.gradient[-2:].tolist()  # of the bias: softmax minus target
        [0.5, -0.5]
    """

    def __init__(
        self, parameters: Float[Tensor, "*run parameter"], table: Int[Tensor, "g g"], config: TrainConfig
    ) -> None:
        self.order = len(table)
        self.gradient = torch.zeros_like(parameters)
        self._parameters, self._config = parameters, config
        self._architecture = ARCHITECTURES[config.architecture]
        self._products = table.reshape(-1)
        self._loss_dtype = getattr(torch, config.loss_precision)

    def __call__(self, pairs: Int[Tensor, "*run pair"]) -> None:
        """Fill `gradient` with the gradient at these pairs.

        Args:
            pairs: the pairs (a, b) as a |G| + b, a row for each run.
        """
        self.gradient.zero_()
        for block in pairs.split(block_pairs(self.gradient, max(self.order, self._config.width)), dim=-1):
            self.gradient.add_(self._of_block(block))
        self.gradient.mul_(1 / pairs.shape[-1])

    def _of_block(self, pairs: Tensor) -> Float[Tensor, "*run parameter"]:
        """The gradient summed over some pairs of a batch."""
        with torch.enable_grad():
            flat = self._parameters.detach().requires_grad_()
            weights = parameter_views(flat, self.order, self._config)
            logits = self._architecture.logits(weights, pairs // self.order, pairs % self.order, self._config)
        error = error_at_logits(logits.detach(), self._products[pairs].unsqueeze(-1), self._loss_dtype)
        return torch.autograd.grad(logits, flat, error)[0]
