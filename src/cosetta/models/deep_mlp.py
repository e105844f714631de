"""A network of two or more hidden layers on pairs, with a named site before every activation.

The first layer is a sum of a function of a and a function of b; the layers after it are matrices. `hidden.0` is the
site of the first layer, `hidden.1` that of the second.
"""

from collections.abc import Sequence
from typing import final

from jaxtyping import Float, Int
from torch import Tensor, nn

from cosetta.models.folded import ACTIVATIONS

__all__ = ["DeepMLP"]


@final
class DeepMLP(nn.Module):
    """Pairs to logits through several hidden layers.

    Args:
        left: what the left factor gives to each neuron of the first layer.
        right: what the right factor gives.
        layers: matrix and bias of each layer after the first; the last gives the logits.
        activation: after every layer but the last.

    Example:
        >>> import torch
        >>> one = torch.ones(2, 1)
        >>> layers = [(torch.tensor([[-1.0]]), torch.tensor([5.0])), (torch.tensor([[1.0, 2.0]]), torch.zeros(2))]
        >>> DeepMLP(one, one, layers)(torch.tensor([0]), torch.tensor([1]))
        tensor([[3., 6.]])
    """

    def __init__(
        self,
        left: Float[Tensor, "g neuron"],
        right: Float[Tensor, "g neuron"],
        layers: Sequence[tuple[Float[Tensor, "_ _"], Float[Tensor, " _"]]],
        activation: str = "relu",
    ) -> None:
        super().__init__()
        self.left, self.right = left, right
        self.layers, self.activation = tuple(layers), ACTIVATIONS[activation]
        self.hidden = nn.ModuleList(nn.Identity() for _ in layers)

    def forward(self, a: Int[Tensor, " pair"], b: Int[Tensor, " pair"]) -> Float[Tensor, "pair g"]:
        """Logits of the pairs (a, b).

        Args:
            a: left factors.
            b: right factors.

        Returns:
            One logit a pair and element.
        """
        values = self.left[a] + self.right[b]
        for site, (weight, bias) in zip(self.hidden, self.layers, strict=True):
            values = self.activation(site(values)) @ weight + bias
        return values
