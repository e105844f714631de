r"""What the activations know of the product: the mean of each neuron's post-activation over the pairs with ab = p.

This function of p is the part h(ab) of the activations that Chughtai et al. 2023 speak of. Cost: |G|^2 a neuron, in
blocks, never |G|^2 x neurons numbers.
"""

import numpy as np
import torch
from jaxtyping import Float

from cosetta.groups import Group
from cosetta.models import FoldedModel

__all__ = ["product_means"]


def product_means(model: FoldedModel, group: Group) -> Float[np.ndarray, "g neuron"]:
    """Mean post-activation of each neuron over the pairs with each product.

    Args:
        model: the folded model.
        group: its group.

    Returns:
        One value an element p and neuron, float64.

    Raises:
        ValueError: if the model's order is not the group's.

    Source:
        Chughtai et al. 2023 (arXiv:2302.03025), section 5.

    Example:
        >>> from cosetta.groups import named_group
        >>> one = torch.tensor([[1.0], [-1.0]])
        >>> product_means(FoldedModel(one, one, one, torch.zeros(2)), named_group("C2")).tolist()
        [[1.0], [0.0]]
    """
    if model.order != group.order:
        raise ValueError(f"the model must have {group.order} outputs for {group.name}; it has {model.order}")
    left, right = model.left.double(), model.right.double()
    table = torch.from_numpy(group.table.astype(np.int64))
    sums = torch.zeros(group.order, model.width, dtype=torch.float64)
    for a in range(group.order):
        sums[table[a]] += model.activate(left[a] + right)
    return (sums / group.order).numpy()
