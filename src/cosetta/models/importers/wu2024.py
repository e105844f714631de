"""The format of Wu et al. 2024 (arXiv:2410.07476): many networks stacked in one state dict.

embedding_left and embedding_right (instance x order x d), linear_left and linear_right (instance x d x width), or one
shared `linear`, or none when the embeddings are the neurons; unembedding (instance x width x order), and perhaps
unembed_bias. The instance is chosen by number, from 0. The activation is not in the tensors: ReLU unless said.
"""

from cosetta.errors import BadRun
from cosetta.models.importers.folding import Parts, weights
from cosetta.models.importers.layout import Config, Format, Tensors
from cosetta.models.importers.used import Reading

__all__ = ["FORMAT"]

_NAMES = {"embedding_left", "embedding_right", "unembedding"}
_OTHERS = {"linear_left", "linear_right", "linear", "unembed_bias"}


def _recognise(tensors: Tensors, _: Config) -> bool:
    return set(tensors) >= _NAMES and set(tensors) <= _NAMES | _OTHERS


def _parts(tensors: Tensors, _: Config, source: str, instance: int) -> Parts:
    tensors = _one(tensors, instance, source)
    left = weights(tensors, "embedding_left", source, (None, None))
    order, embed = left.shape
    right = weights(tensors, "embedding_right", source, (order, embed), "that of `embedding_left`")
    out = weights(tensors, "unembedding", source, (None, order), f"width by order {order}").T
    width = out.shape[1]
    bias = weights(tensors, "unembed_bias", source, (order,)) if "unembed_bias" in tensors else None
    names = ("linear", "linear") if "linear" in tensors else ("linear_left", "linear_right")
    if not any(name in tensors for name in names):
        if embed != width:
            raise BadRun(f"`{source}` without linear layers must have embeddings as long as its width {width}; {embed}")
        return Parts(left, right, out, bias=bias)
    hidden = [weights(tensors, name, source, (embed, width), f"length {embed} by width {width}") for name in names]
    return Parts(left, right, out, hidden[0], hidden[1], bias=bias)


def _one(tensors: Tensors, instance: int, source: str) -> Tensors:
    """The tensors of one instance; those of a single network are left as they are."""
    first = tensors.get("embedding_left")
    count = first.shape[0] if first is not None and first.ndim == 3 else 1
    if not 0 <= instance < count:
        raise BadRun(f"`instance` must be one of the {count} networks 0.. that `{source}` stacks; got {instance}")
    if first is None or first.ndim != 3:
        return tensors
    known = {name: tensors[name] for name in tensors if name in _NAMES | _OTHERS}
    for name, tensor in known.items():
        if tensor.ndim < 2 or tensor.shape[0] != count:
            raise BadRun(f"`{name}` in `{source}` must stack {count} networks; it has shape {tuple(tensor.shape)}")
    if isinstance(tensors, Reading):
        for name in known:
            tensors.use(name)
    return {name: tensor[instance] for name, tensor in known.items()}


FORMAT = Format("wu2024", "Wu et al. 2024, stacked instances", _recognise, _parts, stacks=True)
