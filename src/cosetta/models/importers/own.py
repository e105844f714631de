"""Our own formats: the state dict of `GroupNetwork`, as a run folder holds it, and those of its relatives.

The weights are those of `models/storage.py`; a second hidden layer adds `second.weight` and `second.bias`, a bilinear
network has `hidden_left.weight` and `hidden_right.weight`. `config.json` beside them names group and activation.
"""

from collections.abc import Mapping
from typing import Any

from cosetta.models.importers.folding import Parts, products, weights
from cosetta.models.importers.layout import Config, Format, Tensors

__all__ = ["FORMAT", "own_field", "own_group_name"]

_ENDS = {"embed_left.weight", "embed_right.weight", "unembed.weight", "unembed.bias"}
_HIDDEN = (
    {"hidden.weight"},
    {"hidden.weight", "second.weight", "second.bias"},
    {"hidden_left.weight", "hidden_right.weight"},
)


def _recognise(tensors: Tensors, _: Config) -> bool:
    return any(set(tensors) == _ENDS | hidden for hidden in _HIDDEN)


def _parts(tensors: Tensors, config: Config, source: str, instance: int) -> Parts:
    left = weights(tensors, "embed_left.weight", source, (None, None))
    order, embed = left.shape
    right = weights(tensors, "embed_right.weight", source, (order, embed), "that of `embed_left.weight`")
    if "hidden_left.weight" in tensors:
        first = weights(tensors, "hidden_left.weight", source, (None, embed), f"embeddings of length {embed}")
        width = len(first)
        hidden = (
            first,
            weights(tensors, "hidden_right.weight", source, (width, embed), "that of `hidden_left.weight`"),
        )
    else:
        both = weights(tensors, "hidden.weight", source, (None, 2 * embed), f"two embeddings of length {embed}")
        hidden, width = both.split(embed, dim=1), len(both)
    out = weights(tensors, "unembed.weight", source, (order, width), f"order {order} by width {width}")
    bias = weights(tensors, "unembed.bias", source, (order,))
    if "hidden_left.weight" in tensors:
        return products(left @ hidden[0].T, right @ hidden[1].T, out, bias)
    second = second_bias = None
    if "second.weight" in tensors:
        second = weights(tensors, "second.weight", source, (width, width), f"width {width} of `hidden.weight`").T
        second_bias = weights(tensors, "second.bias", source, (width,))
    activation = str(own_field(config, "activation") or "relu")
    return Parts(left, right, out, hidden[0].T, hidden[1].T, None, bias, activation, second, second_bias)


def own_group_name(config: Config) -> str | None:
    """The group that a run's record names.

    Args:
        config: the record, or the configuration itself.

    Returns:
        Its name, or None.
    """
    name = own_field(config, "group")
    return name if isinstance(name, str) else None


def own_field(config: Config, name: str) -> Any:
    """A field of the training configuration inside a run's record.

    Args:
        config: the record, or the configuration itself.
        name: of the field.

    Returns:
        Its value, or None.

    Example:
        >>> own_field({"config": {"group": "S5"}}, "group")
        'S5'
    """
    inner = config.get("config")
    return inner.get(name) if isinstance(inner, Mapping) else config.get(name)


FORMAT = Format("cosetta", "a run folder of Cosetta", _recognise, _parts, own_group_name)
