"""The linear models of Zhong et al. 2023 (arXiv:2306.17844, "pizza"): their alpha, beta, gamma, delta and X.

`embed.weight` (or `embed1.weight`, `embed2.weight`), `l1`, perhaps `l2`, and `unembed.weight`, which has no bias. The
configuration beside the file names the model: A one layer of the sum of the embeddings, X the same with two embeddings,
D one layer of both side by side, B two layers of the sum, C two layers with the first applied to each embedding, so
that its bias counts twice. Their transformers have the names of TransformerLens and are read by `transformer.py`.
"""

from cosetta.errors import BadConfig
from cosetta.models.importers.folding import Parts, weights
from cosetta.models.importers.layout import Config, Format, Tensors

__all__ = ["FORMAT"]

_TIED = {"embed.weight", "l1.weight", "l1.bias", "unembed.weight"}
_APART = _TIED - {"embed.weight"} | {"embed1.weight", "embed2.weight"}
_SECOND = {"l2.weight", "l2.bias"}


def _recognise(tensors: Tensors, _: Config) -> bool:
    return set(tensors) in (_TIED, _APART, _TIED | _SECOND)


def _parts(tensors: Tensors, config: Config, source: str, instance: int) -> Parts:
    names = ("embed1.weight", "embed2.weight") if "embed1.weight" in tensors else ("embed.weight", "embed.weight")
    left = weights(tensors, names[0], source, (None, None))
    order, embed = left.shape
    right = weights(tensors, names[1], source, (order, embed), f"that of `{names[0]}`")
    hidden = weights(tensors, "l1.weight", source, (None, None)).T
    first = hidden.shape[1]
    if len(hidden) not in (embed, 2 * embed):
        weights(tensors, "l1.weight", source, (first, embed), f"embeddings of length {embed}")
    bias = weights(tensors, "l1.bias", source, (first,))
    halves = (hidden[:embed], hidden[-embed:])  # the same for a sum
    if "l2.weight" not in tensors:
        out = weights(tensors, "unembed.weight", source, (order, first), f"order {order} by width {first}")
        return Parts(left, right, out, *halves, bias)
    kind = config.get("model_type")
    if kind not in ("B", "C"):
        raise BadConfig(
            f"two layers are read as the configuration says, `model_type` B or C; beside `{source}` it says {kind!r}"
        )
    second = weights(tensors, "l2.weight", source, (None, first)).T
    width = second.shape[1]
    out = weights(tensors, "unembed.weight", source, (order, width), f"order {order} by width {width}")
    second_bias = weights(tensors, "l2.bias", source, (width,))
    return Parts(left, right, out, *halves, (2 if kind == "C" else 1) * bias, second=second, second_bias=second_bias)


def _group_name(config: Config) -> str | None:
    order = config.get("C", config.get("n_vocab"))
    return f"C{order}" if isinstance(order, int) and 0 < order < 10**6 else None


FORMAT = Format("zhong2023", "Zhong et al. 2023, linear models", _recognise, _parts, _group_name)
