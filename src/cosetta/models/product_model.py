"""A model whose logits depend on the product alone: logits[a, b, c] = by_product[ab, c].

Accounts that speak of logits, not of neurons, have ideals of this kind.
"""

from dataclasses import dataclass
from typing import final

from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["ProductModel"]


@final
@dataclass(frozen=True, eq=False)
class ProductModel:
    """Logits as a function of the product.

    Args:
        by_product: logits of every element c for each product p.
        table: the multiplication table.

    Example:
        >>> import torch
        >>> table = torch.tensor([[0, 1], [1, 0]])
        >>> ProductModel(torch.eye(2), table).logits(torch.tensor([1]), torch.tensor([1]))
        tensor([[1., 0.]])
    """

    by_product: Float[Tensor, "g g"]
    table: Int[Tensor, "g g"]

    @property
    def order(self) -> int:
        """Number of group elements."""
        return len(self.by_product)

    def logits(self, a: Int[Tensor, "*batch"], b: Int[Tensor, "*batch"]) -> Float[Tensor, "*batch g"]:
        """Logits of every element for the pairs (a, b).

        Args:
            a: left factors.
            b: right factors, of the same shape.

        Returns:
            One logit a pair and element.
        """
        return self.by_product[self.table[a, b]]
