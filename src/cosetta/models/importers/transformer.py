"""Transformers without layer norm, under the tensor names of TransformerLens.

`embed.W_E`, `pos_embed.W_pos`, `blocks.0.attn.W_Q` .., `blocks.0.mlp.W_in` .., `unembed.W_U`, any number of blocks: the
one-layer transformers of Chughtai et al. 2023 (arXiv:2302.03025), of Nanda et al. 2023 (arXiv:2301.05217), and what
TransformerLens saves. Two orientations are in use, told apart by W_O: by head (TransformerLens), or one matrix for all
heads (Nanda's first notebook, and Zhong et al. 2023, arXiv:2306.17844, after it), with every other matrix the other way
round too. Tokens are a, b, and `=` where there is a third position.
"""

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from cosetta.errors import BadRun, Unsupported
from cosetta.models.folded import ACTIVATIONS
from cosetta.models.importers import chughtai2023
from cosetta.models.importers.folding import MAX_ORDER, weights
from cosetta.models.importers.layout import Config, Format, Tensors, precision
from cosetta.models.importers.own import own_field, own_group_name
from cosetta.models.module_model import Inputs, ModuleModel
from cosetta.models.pair_model import PairModel
from cosetta.models.transformer import Block, Transformer

__all__ = ["FORMAT"]

_NEEDED = ("embed.W_E", "pos_embed.W_pos", "unembed.W_U")
_NORM = re.compile(r"(^|\.)(ln|norm|layer_norm|ln1|ln2|ln_final)(\.|$)")


def _recognise(tensors: Tensors, _: Config) -> bool:
    return all(name in tensors for name in _NEEDED) and any(name.startswith("blocks.0.") for name in tensors)


def _network(
    tensors: Tensors, config: Config, source: str, activation: str | None, site: str | None
) -> tuple[PairModel, tuple[str, ...]]:
    _refuse_what_is_missing_here(tensors, config, source)
    count = 1 + max(int(match[1]) for name in tensors if (match := re.match(r"blocks\.(\d+)\.", name)))
    dtype = precision(tensors)
    places, model = weights(tensors, "pos_embed.W_pos", source, (None, None)).shape
    joined = "blocks.0.attn.W_O" in tensors and tensors["blocks.0.attn.W_O"].ndim == 2
    embed = _turned(tensors, "embed.W_E", source, (None, model), joined).to(dtype)
    unembed = weights(tensors, "unembed.W_U", source, (model, None), f"model length {model}").to(dtype)
    order, inputs, notes = _vocabulary(len(embed), unembed.shape[1], places, config, source)
    bias = _optional(tensors, "unembed.b_U", source, (unembed.shape[1],), dtype)
    network = Transformer(
        embed,
        weights(tensors, "pos_embed.W_pos", source, (places, model)).to(dtype),
        [_block(tensors, f"blocks.{i}.", source, model, joined, dtype) for i in range(count)],
        unembed[:, :order],
        None if bias is None else bias[:order],
        activation or _activation(config, source),
        causal="attn_coeff" not in config and config.get("attention_dir", "causal") != "bidirectional",
        mixing=_share(config, "attn_coeff", source),
        scale=1.0 if config.get("use_attn_scale") is False else None,
    )
    return ModuleModel(network, order, site or f"blocks.{count - 1}.mlp.hook_pre", inputs), notes


def _refuse_what_is_missing_here(tensors: Tensors, config: Config, source: str) -> None:
    """What the forward pass here does not do, so that nothing is computed wrongly."""
    module = "run it as a module: cosetta.fold(module, group, site='blocks.0.mlp.hook_pre')"
    if norm := next((name for name in tensors if _NORM.search(name)), None) or config.get("normalization_type"):
        raise Unsupported(f"a transformer is read without layer norm; `{source}` has one (`{norm}`): {module}")
    if gate := next((name for name in tensors if "W_gate" in name), None) or config.get("parallel_attn_mlp"):
        raise Unsupported(f"neurons must follow one matrix after attention; `{source}` has `{gate}`: {module}")
    if "blocks.0.mlp.W_in" not in tensors:
        raise Unsupported(f"a site needs neurons; `{source}` has attention alone: {module} with a site of your own")


def _activation(config: Config, source: str) -> str:
    name = str(config.get("act_fn") or own_field(config, "activation") or "relu").lower()
    if name not in ACTIVATIONS:
        raise Unsupported(
            f"an activation must be one of {', '.join(ACTIVATIONS)}; the configuration of `{source}` says "
            f"'{name[:40]}': say which with --activation"
        )
    return name


def _share(config: Config, name: str, source: str) -> float:
    value = config.get(name, 1.0)
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise BadRun(f"`{name}` must be a number from 0 to 1; the configuration of `{source}` says {str(value)[:40]!r}")
    return float(value)


def _vocabulary(
    vocabulary: int, answers: int, places: int, config: Config, source: str
) -> tuple[int, Inputs, tuple[str, ...]]:
    """Number of elements, how a pair becomes tokens, and what was assumed."""
    extra = places - 2
    if extra not in (0, 1):
        raise BadRun(f"a pair is two tokens, perhaps with `=` after them; `{source}` has {places} positions")
    apart = bool(config.get("diff_vocab"))
    order = (vocabulary - extra) // (2 if apart else 1)
    notes = []
    if not 0 < order <= min(answers, MAX_ORDER) or vocabulary != order * (2 if apart else 1) + extra:
        raise BadRun(
            f"the tokens must be the elements{' and `=`' if extra else ''}, and there must be a logit for each; "
            f"`{source}` has {vocabulary} tokens and {answers} logits"
        )
    named = config.get("C")
    if isinstance(named, int) and named != order:
        raise BadRun(f"the configuration of `{source}` names {named} elements; its {vocabulary} tokens leave {order}")
    if extra:
        notes.append(f"the tokens of a pair are a, b, and {vocabulary - 1} for `=`")
    if answers > order:
        notes.append(f"logits of the {answers - order} tokens that are no elements are left out")

    def inputs(a: Tensor, b: Tensor) -> tuple[Tensor]:
        pair = [a, b + order if apart else b] + [torch.full_like(a, vocabulary - 1)] * extra
        return (torch.stack(pair, dim=-1),)

    return order, inputs, tuple(notes)


def _block(tensors: Tensors, start: str, source: str, model: int, joined: bool, dtype: torch.dtype) -> Block:
    def weight(name: str, shape: tuple[int | None, ...]) -> Tensor:
        if joined and len(shape) == 3:  # head x d x model
            return weights(tensors, start + name, source, (shape[0], shape[2], shape[1])).mT.to(dtype)
        return _turned(tensors, start + name, source, shape, joined).to(dtype)

    query = weight("attn.W_Q", (None, model, None))
    heads, _, d = query.shape
    if joined:
        flat = weights(tensors, start + "attn.W_O", source, (model, heads * d), f"{heads} heads of length {d}")
        output = flat.T.reshape(heads, d, model).to(dtype)
    else:
        output = weight("attn.W_O", (heads, d, model))
    into = weight("mlp.W_in", (model, None))
    width = into.shape[1]
    biases = {"attn.b_Q": (heads, d), "attn.b_K": (heads, d), "attn.b_V": (heads, d), "attn.b_O": (model,)}
    biases |= {"mlp.b_in": (width,), "mlp.b_out": (model,)}
    return Block(
        query,
        weight("attn.W_K", (heads, model, d)),
        weight("attn.W_V", (heads, model, d)),
        output,
        into,
        weight("mlp.W_out", (width, model)),
        *(_optional(tensors, start + name, source, shape, dtype) for name, shape in biases.items()),
    )


def _turned(tensors: Tensors, name: str, source: str, shape: tuple[int | None, ...], turned: bool) -> Tensor:
    """A matrix of this shape, stored the other way round or not."""
    return weights(tensors, name, source, shape[::-1]).T if turned else weights(tensors, name, source, shape)


def _optional(tensors: Tensors, name: str, source: str, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor | None:
    return weights(tensors, name, source, shape).to(dtype) if name in tensors else None


def _group_name(config: Config) -> str | None:
    order = config.get("C")
    if named := own_group_name(config) if isinstance(config.get("config"), Mapping) else None:
        return named
    return f"C{order}" if isinstance(order, int) and 0 < order < 10**6 else chughtai2023.FORMAT.group_name(config)


FORMAT = Format(
    "transformer",
    "TransformerLens names: Chughtai et al., Nanda et al., Zhong et al.",
    _recognise,
    None,
    _group_name,
    network=_network,
)
