"""The format of Chughtai, Chan and Nanda 2023 (arXiv:2302.03025), which the Affine-MI project uses too.

`model.pt` holds W_x and W_y (order x d), W (2d x width) and W_U (width x order), without biases; `cfg.json` beside it
names the group by family and parameter, where their dihedral parameter counts corners and ours counts elements. The
order of the elements is not in the file.
"""

from cosetta.models.importers.folding import Parts, weights
from cosetta.models.importers.layout import Config, Format, Tensors

__all__ = ["FORMAT"]

_NAMES = {"W_x", "W_y", "W", "W_U"}
_BIASES = {"b", "b_U"}
_FAMILIES = {
    "SymmetricGroup": ("S", 1),
    "AlternatingGroup": ("A", 1),
    "CyclicGroup": ("C", 1),
    "DihedralGroup": ("D", 2),
}


def _recognise(tensors: Tensors, _: Config) -> bool:
    return set(tensors) >= _NAMES and set(tensors) <= _NAMES | _BIASES


def _parts(tensors: Tensors, _: Config, source: str, instance: int) -> Parts:
    left = weights(tensors, "W_x", source, (None, None))
    order, embed = left.shape
    right = weights(tensors, "W_y", source, (order, embed), "that of `W_x`")
    hidden = weights(tensors, "W", source, (2 * embed, None), f"two embeddings of length {embed}")
    width = hidden.shape[1]
    out = weights(tensors, "W_U", source, (width, order), f"width {width} of `W` by order {order} of `W_x`").T
    hidden_bias = weights(tensors, "b", source, (width,)) if "b" in tensors else None
    bias = weights(tensors, "b_U", source, (order,)) if "b_U" in tensors else None
    return Parts(left, right, out, hidden[:embed], hidden[embed:], hidden_bias, bias)


def _group_name(config: Config) -> str | None:
    """D59, the symmetries of the 59-gon, is D118 here."""
    letter, factor = _FAMILIES.get(str(config.get("group")), ("", 0))
    parameter = config.get("group_parameter")
    return f"{letter}{factor * parameter}" if letter and isinstance(parameter, int) and 0 < parameter < 10**6 else None


FORMAT = Format("chughtai2023", "Chughtai et al. 2023, Affine-MI", _recognise, _parts, _group_name)
