"""The bilinear network of Chughtai et al. 2023 (arXiv:2302.03025): logits = (W_x[a] * W_y[b]) W_U, without activation.

A product is two squares, so each of its neurons is exactly two neurons with the activation x^2 (`folding.products`).
"""

from cosetta.models.importers import chughtai2023
from cosetta.models.importers.folding import Parts, products, weights
from cosetta.models.importers.layout import Config, Format, Tensors

__all__ = ["FORMAT"]

_NAMES = ({"W_x", "W_y", "W_U"}, {"W_E_a", "W_E_b", "W_U"})


def _recognise(tensors: Tensors, _: Config) -> bool:
    return set(tensors) in _NAMES


def _parts(tensors: Tensors, _: Config, source: str, instance: int) -> Parts:
    first, second = ("W_E_a", "W_E_b") if "W_E_a" in tensors else ("W_x", "W_y")
    left = weights(tensors, first, source, (None, None))
    order, width = left.shape
    right = weights(tensors, second, source, (order, width), f"that of `{first}`")
    out = weights(tensors, "W_U", source, (width, order), f"width {width} by order {order}").T
    return products(left, right, out)


FORMAT = Format(
    "bilinear",
    "Chughtai et al. 2023, bilinear",
    _recognise,
    _parts,
    chughtai2023.FORMAT.group_name,
    ("each neuron is a product of two functions; it is written as two neurons with the activation x^2",),
)
"""The format; its activation is not to be chosen."""
