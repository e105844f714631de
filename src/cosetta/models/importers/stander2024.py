"""The format of Stander et al. 2024 (arXiv:2312.06581): `full_run.pth`.

A state dict with lembed, rembed, linear (without bias) and unembed, under the key `model`, beside a config. Their
network maps (x, y) to the product in the opposite group: x acts first. So their right input is our left factor: with
the two inputs exchanged and their permutations left in lexicographic order, the network multiplies by our convention.
"""

from cosetta.models.importers.folding import Parts, weights
from cosetta.models.importers.layout import Config, Format, Tensors

__all__ = ["FORMAT"]

_NAMES = {"lembed.weight", "rembed.weight", "linear.weight", "unembed.weight", "unembed.bias"}


def _recognise(tensors: Tensors, _: Config) -> bool:
    return set(tensors) >= _NAMES and set(tensors) <= _NAMES | {"linear.bias"}


def _parts(tensors: Tensors, _: Config, source: str, instance: int) -> Parts:
    first = weights(tensors, "lembed.weight", source, (None, None))
    order, embed = first.shape
    second = weights(tensors, "rembed.weight", source, (order, embed), "that of `lembed.weight`")
    hidden = weights(tensors, "linear.weight", source, (None, 2 * embed), f"two embeddings of length {embed}").T
    width = hidden.shape[1]
    out = weights(tensors, "unembed.weight", source, (order, width), f"order {order} by width {width}")
    bias = weights(tensors, "unembed.bias", source, (order,))
    hidden_bias = weights(tensors, "linear.bias", source, (width,)) if "linear.bias" in tensors else None
    return Parts(second, first, out, hidden[embed:], hidden[:embed], hidden_bias, bias)


def _group_name(config: Config) -> str | None:
    n = config.get("n")
    return f"S{n}" if isinstance(n, int) and 0 < n < 20 else None


FORMAT = Format(
    "stander2024",
    "Stander et al. 2024",
    _recognise,
    _parts,
    _group_name,
    ("the authors multiply the other way round, so our left factor is their right input",),
)
