"""Sums of the centred logits over pairs, by product and of their squares, without holding the logits.

With h the activations, the squared norm of the centred logits is a quadratic form of the second moments of h, and their
sums by product are linear in those of h. A network with a path around its neurons adds functions of a and of b, for
which logits are made block by block and summed. One place for both, so that nothing forgets the direct path.
"""

from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from cosetta.models import FoldedModel

__all__ = ["LogitSums"]


@final
class LogitSums:
    """Moments of the activations and sums of the centred logits, filled block by block.

    Args:
        model: the network.

    Attributes:
        count: number of pairs with each product.
        first: sum of the activations.
        second: sum of their outer products.
        by_product: sum of the activations of the pairs with each product.

    Example:
        >>> zero, direct = torch.zeros(2, 1), torch.tensor([[0.0, 2.0], [0.0, 2.0]])
        >>> sums = LogitSums(FoldedModel(zero, zero, zero, torch.zeros(2), direct_left=direct))
        >>> sums.add(torch.zeros(2, 1), torch.tensor([0, 1]), torch.tensor([0, 0]), torch.tensor([0, 1]))
        >>> float(sums.square()), sums.logits()[0].tolist()
        (4.0, [-1.0, 1.0])
    """

    def __init__(self, model: FoldedModel) -> None:
        self.model = model
        self.is_direct = model.direct_left is not None or model.direct_right is not None
        order, width = model.order, model.width
        self.count = torch.zeros(order, dtype=torch.float64)
        self.second = torch.zeros(width, width, dtype=torch.float64)
        self.by_product = torch.zeros(order, width, dtype=torch.float64)
        self._direct = torch.zeros(order, order, dtype=torch.float64)
        self._square = torch.zeros((), dtype=torch.float64)
        out, bias = model.out.double(), model.bias.double()
        self._out, self._bias = out - out.mean(0), bias - bias.mean()

    def add(
        self,
        post: Float[Tensor, "pair neuron"],
        a: Int[Tensor, " pair"],
        b: Int[Tensor, " pair"],
        product: Int[Tensor, " pair"],
    ) -> None:
        """Add a block of pairs.

        Args:
            post: their activations.
            a: their left factors.
            b: their right factors.
            product: their products.
        """
        self.count += torch.bincount(product, minlength=len(self.count))
        self.second += post.T @ post
        self.by_product.index_add_(0, product, post.double())
        if self.is_direct:
            logits = self.model.read_out(post, a, b).double()
            logits = logits - logits.mean(1, keepdim=True)
            self._direct.index_add_(0, product, logits)
            self._square += logits.square().sum()

    @property
    def first(self) -> Float[Tensor, " neuron"]:
        """Sum of the activations over all pairs."""
        return self.by_product.sum(0)

    def square(self) -> Float[Tensor, ""]:
        """Squared norm of the centred logits over all pairs and answers.

        Returns:
            A number >= 0.
        """
        if self.is_direct:
            return self._square
        out, bias = self._out, self._bias
        energy = ((out @ self.second) * out).sum() + 2 * (self.first @ out.T @ bias)
        return (energy + self.count.sum() * bias.square().sum()).clamp(min=0)

    def logits(self) -> Float[Tensor, "g g"]:
        """Centred logits summed over the pairs with each product, one row a product.

        Returns:
            The sums.
        """
        return self._direct if self.is_direct else self.by_product @ self._out.T + self.count[:, None] * self._bias
