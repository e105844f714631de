"""From named weights to three functions on G for each neuron, with every shape checked.

pre = E_l[a] W_l + E_r[b] W_r + b_h, so left = E_l W_l + b_h (a bias of the hidden layer is a function on G that does
not depend on the element) and right = E_r W_r. Products are formed in float64 and rounded once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from cosetta.errors import BadConfig, BadRun
from cosetta.models.deep_mlp import DeepMLP
from cosetta.models.folded import FoldedModel
from cosetta.models.importers.used import Reading
from cosetta.models.module_model import ModuleModel
from cosetta.models.pair_model import PairModel

__all__ = ["Parts", "fold_parts", "model_of_parts", "products", "weights"]

_DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
MAX_ORDER = 10_000


@final
@dataclass(frozen=True, eq=False)
class Parts:
    """The weights of a network of one or two hidden layers, oriented as `embedding @ hidden @ second @ out.T`.

    Args:
        left: embedding of the left factor.
        right: embedding of the right factor.
        out: unembedding.
        hidden_left: what the left embedding is multiplied with; None if it is a pre-activation already.
        hidden_right: the same for the right embedding.
        hidden_bias: bias of the hidden layer.
        bias: bias of the logits.
        activation: name of the activation.
        second: matrix of a second hidden layer; None if there is only one.
        second_bias: bias of the second hidden layer.
    """

    left: Float[Tensor, "g dl"]
    right: Float[Tensor, "g dr"]
    out: Float[Tensor, "g neuron"]
    hidden_left: Float[Tensor, "dl first"] | None = None
    hidden_right: Float[Tensor, "dr first"] | None = None
    hidden_bias: Float[Tensor, " first"] | None = None
    bias: Float[Tensor, " g"] | None = None
    activation: str = "relu"
    second: Float[Tensor, "first neuron"] | None = None
    second_bias: Float[Tensor, " neuron"] | None = None


def weights(
    tensors: Mapping[str, Tensor], name: str, source: str, shape: tuple[int | None, ...], reason: str = ""
) -> Float[Tensor, "..."]:
    """One weight in float64, after its type, shape and values were checked; it is marked as used.

    Args:
        tensors: the tensors of a checkpoint.
        name: which one.
        source: the file, for the message.
        shape: the lengths that it must have, None for any.
        reason: what the lengths come from, for the message.

    Returns:
        The weight.

    Raises:
        BadRun: if it is missing, not floating-point, of another shape, or holds NaN or infinity.

    Example:
        >>> weights({"W": torch.eye(2)}, "W", "model.pt", (2, 3))
        Traceback (most recent call last):
        cosetta.errors.BadRun: `W` in `model.pt` must have shape (2, 3); it has (2, 2): check the format or the mapping
    """
    if name not in tensors:
        shown = ", ".join(f"`{key}`" for key in list(tensors)[:8])
        raise BadRun(f"`{source}` must hold `{name}`; it holds {shown}: check the format or the mapping")
    if isinstance(tensors, Reading):
        tensors.use(name)
    tensor = tensors[name]
    if tensor.dtype not in _DTYPES:
        raise BadRun(f"`{name}` in `{source}` must hold floating-point numbers; it holds {tensor.dtype}")
    fits = tensor.ndim == len(shape) and all(n in (None, m) for n, m in zip(shape, tensor.shape, strict=True))
    if not fits or 0 in tensor.shape:
        wanted = "(" + ", ".join("any" if n is None else str(n) for n in shape) + ("," if len(shape) == 1 else "") + ")"
        why = f" ({reason})" if reason else ""
        raise BadRun(
            f"`{name}` in `{source}` must have shape {wanted}{why}; it has {tuple(tensor.shape)}: "
            "check the format or the mapping"
        )
    finite = torch.isfinite(tensor)
    if not bool(finite.all()):
        where = torch.nonzero(~finite)[0].tolist()
        raise BadRun(
            f"`{name}` in `{source}` must be finite; it holds {tensor[tuple(where)].item()} at {where}: "
            "the training diverged or the file is damaged"
        )
    return tensor.detach().double()


def products(
    left: Float[Tensor, "g neuron"],
    right: Float[Tensor, "g neuron"],
    out: Float[Tensor, "g neuron"],
    bias: Float[Tensor, " g"] | None = None,
) -> Parts:
    """A network whose neurons are products, as twice as many neurons with the activation x^2.

    x y = ((x + y)^2 - (x - y)^2) / 4, so a product is the neurons left = x, right = y, out = u / 4, and left = x,
    right = -y, out = -u / 4.

    Args:
        left: the factor of a in each product.
        right: the factor of b.
        out: unembedding.
        bias: bias of the logits.

    Returns:
        Its parts, which fold exactly.

    Example:
        >>> one = torch.ones(1, 1, dtype=torch.float64)
        >>> fold_parts(products(3 * one, 5 * one, one), "three by five").logits(torch.tensor([0]), torch.tensor([0]))
        tensor([[15.]])
    """
    both = [torch.cat(halves, dim=1) for halves in ((left, left), (right, -right), (out / 4, -out / 4))]
    return Parts(*both, bias=bias, activation="square")


def model_of_parts(parts: Parts, source: str, dtype: torch.dtype = torch.float32, site: str | None = None) -> PairModel:
    """The network that the weights are of: folded at once if it has one hidden layer, else read at a site.

    Args:
        parts: its weights, in float64.
        source: the file, for the message.
        dtype: precision of the model.
        site: with two hidden layers `hidden.0` or `hidden.1`, the second if None; with one `pre`.

    Returns:
        A folded model, or a module read at the site.

    Raises:
        BadConfig: if there is no such site.
        BadRun: as `fold_parts`.

    Example:
        >>> eye = torch.eye(2, dtype=torch.float64)
        >>> deep = model_of_parts(Parts(eye, eye, eye, second=eye), "model.pt", site="hidden.0")
        >>> deep.site, model_of_parts(Parts(eye, eye, eye), "model.pt").site
        ('hidden.0', 'pre')
    """
    if parts.second is None:
        if site not in (None, "pre"):
            raise BadConfig(f"a network of one hidden layer has the site `pre`; got '{site}': leave `site` out")
        return fold_parts(parts, source, dtype)
    first = fold_parts(_first_layer(parts), source, dtype)
    zero = parts.second.new_zeros(parts.second.shape[1])
    after = [parts.second, zero if parts.second_bias is None else parts.second_bias, parts.out.T]
    after.append(parts.out.new_zeros(len(parts.out)) if parts.bias is None else parts.bias)
    second, second_bias, out, bias = (weight.to(dtype) for weight in after)
    network = DeepMLP(first.left, first.right, [(second, second_bias), (out, bias)], parts.activation)
    return ModuleModel(network, first.order, site or "hidden.1")


def _first_layer(parts: Parts) -> Parts:
    """The first hidden layer as a network of its own, that writes nothing."""
    assert parts.second is not None
    return replace(
        parts, out=parts.left.new_zeros(len(parts.left), len(parts.second)), bias=None, second=None, second_bias=None
    )


def fold_parts(parts: Parts, source: str, dtype: torch.dtype = torch.float32) -> FoldedModel:
    """Fold a network.

    Args:
        parts: its weights, in float64.
        source: the file, for the message.
        dtype: precision of the folded model.

    Returns:
        The folded model.

    Raises:
        BadRun: if the shapes do not belong together, the products overflow, or the order is above 10,000.
    """
    order = parts.left.shape[0]
    if order > MAX_ORDER:
        raise BadRun(f"groups are held up to order {MAX_ORDER:,}; `{source}` has {order:,} elements")
    left = parts.left if parts.hidden_left is None else parts.left @ parts.hidden_left
    right = parts.right if parts.hidden_right is None else parts.right @ parts.hidden_right
    if parts.hidden_bias is not None:
        left = left + parts.hidden_bias
    bias = torch.zeros(order, dtype=torch.float64) if parts.bias is None else parts.bias
    try:
        return FoldedModel(left.to(dtype), right.to(dtype), parts.out.to(dtype), bias.to(dtype), parts.activation)
    except ValueError as error:
        raise BadRun(
            f"the weights of `{source}` must fit together; {error}: check the format or the mapping"
        ) from error
