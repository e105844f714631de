"""Our own format: the state dict of `GroupNetwork`, as a run folder holds it.

The weights are those of `models/storage.py`; `config.json` beside them names the group and the activation.
"""

from collections.abc import Mapping
from typing import Any

from cosetta.models.importers.folding import Parts, weights
from cosetta.models.importers.layout import Config, Format, Tensors

__all__ = ["FORMAT"]

_NAMES = {"embed_left.weight", "embed_right.weight", "hidden.weight", "unembed.weight", "unembed.bias"}


def _recognise(tensors: Tensors, _: Config) -> bool:
    return set(tensors) == _NAMES


def _parts(tensors: Tensors, config: Config, source: str, instance: int) -> Parts:
    left = weights(tensors, "embed_left.weight", source, (None, None))
    order, embed = left.shape
    right = weights(tensors, "embed_right.weight", source, (order, embed), "that of `embed_left.weight`")
    hidden = weights(tensors, "hidden.weight", source, (None, 2 * embed), f"two embeddings of length {embed}").T
    width = hidden.shape[1]
    out = weights(tensors, "unembed.weight", source, (order, width), f"order {order} by width {width}")
    bias = weights(tensors, "unembed.bias", source, (order,))
    activation = str(_field(config, "activation") or "relu")
    return Parts(left, right, out, hidden[:embed], hidden[embed:], bias=bias, activation=activation)


def _group_name(config: Config) -> str | None:
    name = _field(config, "group")
    return name if isinstance(name, str) else None


def _field(config: Config, name: str) -> Any:
    """A field of the training configuration inside the run's record."""
    inner = config.get("config")
    return inner.get(name) if isinstance(inner, Mapping) else config.get(name)


FORMAT = Format("cosetta", "a run folder of Cosetta", _recognise, _parts, _group_name)
