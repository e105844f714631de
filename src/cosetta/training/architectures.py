r"""The networks that train beside the paper's: shapes, initial values and logits of each.

    mlp         activation(E_l[a] W_l^T + E_r[b] W_r^T) U^T + bias, the paper's; `step.py` has its gradient
    square      the same with the activation x^2
    bilinear    (E_l[a] W_l^T) * (E_r[b] W_r^T) U^T + bias
    mlp2        the paper's with a second hidden layer, which has a bias
    transformer one block without layer norm on the tokens a, b, =, read at the last place

Only the last place of the transformer is read, and its query does not depend on the pair. So keys and values are
tables of |G| rows, a score is one number an element and head, and a pair costs one row of each table: no attention
matrix is made. Its tensors have the names and orientations of TransformerLens. All lines take several runs at once,
with parameters in rows (leading axes).
"""

from abc import ABC, abstractmethod
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from cosetta.models import ACTIVATIONS
from cosetta.training.config import TrainConfig

__all__ = ["ARCHITECTURES", "AUTOGRAD", "Architecture"]

Weights = dict[str, Tensor]


class Architecture(ABC):
    """How one kind of network is laid out and computed."""

    @abstractmethod
    def shapes(self, order: int, config: TrainConfig) -> dict[str, tuple[int, ...]]:
        """Shape of each parameter.

        Args:
            order: number of group elements.
            config: gives the sizes.

        Returns:
            Shapes by parameter name, in the order in which they lie in the flat vector.
        """

    @abstractmethod
    def spread(self, name: str, config: TrainConfig) -> tuple[str, float]:
        """From what the initial values of a parameter are drawn.

        Args:
            name: of the parameter.
            config: gives the sizes and `embed_std`.

        Returns:
            `normal` with the standard deviation, or `uniform` with the bound.
        """

    @abstractmethod
    def logits(
        self, weights: Weights, a: Int[Tensor, "*run pair"], b: Int[Tensor, "*run pair"], config: TrainConfig
    ) -> Float[Tensor, "*run pair g"]:
        """Logits of the pairs (a, b).

        Args:
            weights: parameters by name, of one run or of several in rows.
            a: left factors.
            b: right factors.
            config: gives the activation.

        Returns:
            One logit a pair and element.
        """


class _Layered(Architecture):
    """Embeddings, hidden layers and an unembedding, with PyTorch's initial values."""

    def spread(self, name: str, config: TrainConfig) -> tuple[str, float]:
        """Embeddings normal, the rest uniform on +-1/sqrt(fan in)."""
        if name.startswith("embed"):
            return "normal", config.embed_std
        fan_in = {"hidden.weight": 2 * config.embed_dim}.get(name, config.width)
        return "uniform", (config.embed_dim if name.startswith("hidden_") else fan_in) ** -0.5


@final
class MLP(_Layered):
    """One hidden layer without bias: the paper's network."""

    def shapes(self, order: int, config: TrainConfig) -> dict[str, tuple[int, ...]]:
        """Two embeddings, hidden and unembedding."""
        return {
            "embed_left.weight": (order, config.embed_dim),
            "embed_right.weight": (order, config.embed_dim),
            "hidden.weight": (config.width, 2 * config.embed_dim),
            "unembed.weight": (order, config.width),
            "unembed.bias": (order,),
        }

    def logits(self, weights: Weights, a: Tensor, b: Tensor, config: TrainConfig) -> Tensor:
        """The slow twin of `FoldedStep`'s forward pass."""
        return _unembedded(weights, ACTIVATIONS[config.activation](_pre(weights, a, b)))


@final
class MLP2(_Layered):
    """Two hidden layers."""

    def shapes(self, order: int, config: TrainConfig) -> dict[str, tuple[int, ...]]:
        """Those of the paper's network and the second layer."""
        shapes = MLP().shapes(order, config)
        out = {name: shapes.pop(name) for name in ("unembed.weight", "unembed.bias")}
        return shapes | {"second.weight": (config.width, config.width), "second.bias": (config.width,)} | out

    def logits(self, weights: Weights, a: Tensor, b: Tensor, config: TrainConfig) -> Tensor:
        """Through both layers."""
        activation = ACTIVATIONS[config.activation]
        second = activation(_pre(weights, a, b)) @ weights["second.weight"].mT + weights["second.bias"].unsqueeze(-2)
        return _unembedded(weights, activation(second))


@final
class Bilinear(_Layered):
    """Products of a function of a and a function of b."""

    def shapes(self, order: int, config: TrainConfig) -> dict[str, tuple[int, ...]]:
        """Two embeddings, two hidden maps and the unembedding."""
        shapes = MLP().shapes(order, config)
        del shapes["hidden.weight"]
        hidden = {f"hidden_{side}.weight": (config.width, config.embed_dim) for side in ("left", "right")}
        embeddings = {name: shapes.pop(name) for name in ("embed_left.weight", "embed_right.weight")}
        return embeddings | hidden | shapes

    def logits(self, weights: Weights, a: Tensor, b: Tensor, config: TrainConfig) -> Tensor:
        """The product of both sides, unembedded."""
        sides = [weights[f"embed_{side}.weight"] @ weights[f"hidden_{side}.weight"].mT for side in ("left", "right")]
        return _unembedded(weights, _rows(sides[0], a) * _rows(sides[1], b))


@final
class TransformerBlock(Architecture):
    """One block of attention and neurons, without layer norm, on the tokens a, b, =."""

    def shapes(self, order: int, config: TrainConfig) -> dict[str, tuple[int, ...]]:
        """The tensors of TransformerLens."""
        model, heads, width = config.embed_dim, config.heads, config.width
        d = model // heads
        into = {f"blocks.0.attn.W_{letter}": (heads, model, d) for letter in "QKV"}
        biases = {f"blocks.0.attn.b_{letter}": (heads, d) for letter in "QKV"}
        return {
            "embed.W_E": (order + 1, model),
            "pos_embed.W_pos": (3, model),
            **into,
            "blocks.0.attn.W_O": (heads, d, model),
            **biases,
            "blocks.0.attn.b_O": (model,),
            "blocks.0.mlp.W_in": (model, width),
            "blocks.0.mlp.b_in": (width,),
            "blocks.0.mlp.W_out": (width, model),
            "blocks.0.mlp.b_out": (model,),
            "unembed.W_U": (model, order),
            "unembed.b_U": (order,),
        }

    def spread(self, name: str, config: TrainConfig) -> tuple[str, float]:
        """Embeddings as `embed_std` says, matrices normal with 1/sqrt(fan in), biases 0."""
        kind = name.rsplit(".", 1)[1]
        if kind in ("W_E", "W_pos"):
            return "normal", config.embed_std
        fan_in = config.width if kind == "W_out" else config.embed_dim
        return "normal", 0.0 if kind.startswith("b_") else fan_in**-0.5

    def logits(self, weights: Weights, a: Tensor, b: Tensor, config: TrainConfig) -> Tensor:
        """Values of both tokens weighed by their scores, neurons, and the path around them."""
        heads, d = config.heads, config.embed_dim // config.heads
        part = {name.rsplit(".", 1)[1]: weight for name, weight in weights.items()}
        embed, positions = part["W_E"], part["W_pos"]
        first, second, last = (
            tokens + positions[..., i : i + 1, :]
            for i, tokens in enumerate((embed[..., :-1, :], embed[..., :-1, :], embed[..., -1:, :]))
        )  # rows of tokens by model

        def per_head(stream: Tensor, letter: str) -> Tensor:
            """Rows by heads times d."""
            joined = part[f"W_{letter}"].transpose(-3, -2).flatten(-2)  # model by heads times d
            return stream @ joined + part[f"b_{letter}"].flatten(-2).unsqueeze(-2)

        query = per_head(last, "Q").unflatten(-1, (heads, d))
        scores, values = [], []
        for stream in (first, second, last):
            key = per_head(stream, "K").unflatten(-1, (heads, d))
            scores.append((key * query).sum(-1) * d**-0.5)  # rows by heads
            values.append(per_head(stream, "V"))
        of_a, of_b = (_rows(torch.cat((scores[i], values[i]), dim=-1), x) for i, x in ((0, a), (1, b)))
        of_last = torch.cat((scores[2], values[2]), dim=-1).expand_as(of_a)
        places = torch.stack((of_a, of_b, of_last), dim=-2)  # pair, place, heads + heads times d
        pattern = places[..., :heads].softmax(-2)
        mixed = (pattern.unsqueeze(-1) * places[..., heads:].unflatten(-1, (heads, d))).sum(-3).flatten(-2)

        output = part["W_O"].flatten(-3, -2)  # heads times d by model
        start = last + part["b_O"].unsqueeze(-2)  # what every pair has in the stream
        pre = mixed @ (output @ part["W_in"]) + (start @ part["W_in"] + part["b_in"].unsqueeze(-2))
        post = ACTIVATIONS[config.activation](pre)
        constant = (start + part["b_out"].unsqueeze(-2)) @ part["W_U"] + part["b_U"].unsqueeze(-2)
        return post @ (part["W_out"] @ part["W_U"]) + (mixed @ (output @ part["W_U"]) + constant)


ARCHITECTURES: dict[str, Architecture] = {
    "mlp": MLP(),
    "square": MLP(),
    "bilinear": Bilinear(),
    "mlp2": MLP2(),
    "transformer": TransformerBlock(),
}
"""Architectures by name."""

AUTOGRAD = frozenset({"bilinear", "mlp2", "transformer"})
"""Those whose gradient is not written out."""


def _pre(weights: Weights, a: Tensor, b: Tensor) -> Tensor:
    """Pre-activations of the first hidden layer."""
    halves = weights["hidden.weight"].chunk(2, dim=-1)
    sides = [weights[f"embed_{side}.weight"] @ half.mT for side, half in zip(("left", "right"), halves, strict=True)]
    return _rows(sides[0], a) + _rows(sides[1], b)


def _unembedded(weights: Weights, post: Tensor) -> Tensor:
    return post @ weights["unembed.weight"].mT + weights["unembed.bias"].unsqueeze(-2)


def _rows(table: Float[Tensor, "*run g column"], x: Int[Tensor, "*run pair"]) -> Float[Tensor, "*run pair column"]:
    """Row x of each run's table."""
    runs, order = table.shape[:-2], table.shape[-2]
    starts = torch.arange(0, runs.numel() * order, order, device=table.device).view(*runs, 1)
    found = table.reshape(-1, table.shape[-1]).index_select(0, (x + starts).reshape(-1))
    return found.view(*x.shape, table.shape[-1])
