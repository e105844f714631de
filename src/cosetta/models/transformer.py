"""A transformer without layer norm, with the submodule names of TransformerLens.

Tokens are embedded with their positions; each block adds attention and a layer of neurons to the residual stream; the
last position is unembedded. `blocks.0.mlp.hook_pre`, `blocks.0.mlp.hook_post` and `blocks.0.attn.hook_pattern` can be
hooked. Weights are oriented as in TransformerLens: W_Q, W_K, W_V head x model x head length, W_O head x head length x
model, W_in model x neuron, W_out neuron x model, W_U model x element.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from cosetta.models.folded import ACTIVATIONS

__all__ = ["Block", "Transformer"]


@final
@dataclass(frozen=True, eq=False)
class Block:
    """Weights of one block; a bias that is None is zero.

    Args:
        query: W_Q.
        key: W_K.
        value: W_V.
        output: W_O.
        into: W_in.
        out_of: W_out.
        query_bias: b_Q, by head.
        key_bias: b_K.
        value_bias: b_V.
        output_bias: b_O.
        into_bias: b_in.
        out_of_bias: b_out.
    """

    query: Float[Tensor, "head model d"]
    key: Float[Tensor, "head model d"]
    value: Float[Tensor, "head model d"]
    output: Float[Tensor, "head d model"]
    into: Float[Tensor, "model neuron"]
    out_of: Float[Tensor, "neuron model"]
    query_bias: Float[Tensor, "head d"] | None = None
    key_bias: Float[Tensor, "head d"] | None = None
    value_bias: Float[Tensor, "head d"] | None = None
    output_bias: Float[Tensor, " model"] | None = None
    into_bias: Float[Tensor, " neuron"] | None = None
    out_of_bias: Float[Tensor, " model"] | None = None


@final
class Transformer(nn.Module):
    """Tokens to the logits at the last position.

    Args:
        embed: embedding of each token.
        positions: embedding of each position.
        blocks: the blocks, first to last.
        unembed: W_U.
        unembed_bias: b_U; zero if None.
        activation: of the neurons.
        causal: whether a position sees only itself and those before it.
        mixing: share of the softmax in the attention pattern, the rest of it 1 everywhere (Zhong et al. 2023).
        scale: what attention scores are divided by; the root of the head length if None.

    Example:
        >>> zeros = torch.zeros
        >>> block = Block(*[zeros(1, 2, 2)] * 4, torch.ones(2, 3), torch.ones(3, 2))
        >>> network = Transformer(torch.eye(2), zeros(2, 2), [block], torch.eye(2))
        >>> network(torch.tensor([[0, 1]]))  # the last token, and 3 neurons of pre-activation 1 on each direction
        tensor([[3., 4.]])
    """

    def __init__(
        self,
        embed: Float[Tensor, "token model"],
        positions: Float[Tensor, "position model"],
        blocks: Sequence[Block],
        unembed: Float[Tensor, "model g"],
        unembed_bias: Float[Tensor, " g"] | None = None,
        activation: str = "relu",
        causal: bool = True,
        mixing: float = 1.0,
        scale: float | None = None,
    ) -> None:
        super().__init__()
        self.embed, self.positions, self.unembed, self.unembed_bias = embed, positions, unembed, unembed_bias
        last = len(blocks) - 1
        attention = [_Attention(block, causal, mixing, scale, i == last) for i, block in enumerate(blocks)]
        neurons = [_Neurons(block, activation) for block in blocks]
        self.blocks = nn.ModuleList(_Residual(*pair) for pair in zip(attention, neurons, strict=True))

    def forward(self, tokens: Int[Tensor, "pair position"]) -> Float[Tensor, "pair g"]:
        """Logits at the last position.

        Args:
            tokens: as many as there are positions, or fewer.

        Returns:
            One logit a column of `unembed`.
        """
        return self.from_embeddings(self.embed[tokens])

    def from_embeddings(self, embedded: Float[Tensor, "pair position model"]) -> Float[Tensor, "pair g"]:
        """Logits at the last position of tokens that are embedded already.

        Args:
            embedded: one row a token, without its position.

        Returns:
            One logit a column of `unembed`.
        """
        stream = embedded + self.positions[: embedded.shape[1]]
        for block in self.blocks:
            stream = block(stream)
        logits = stream[:, -1] @ self.unembed
        return logits if self.unembed_bias is None else logits + self.unembed_bias


class _Residual(nn.Module):
    """A block: attention and then neurons, each added to the stream."""

    def __init__(self, attn: nn.Module, mlp: nn.Module) -> None:
        super().__init__()
        self.attn, self.mlp = attn, mlp

    def forward(self, stream: Float[Tensor, "pair position model"]) -> Float[Tensor, "pair last model"]:
        attended = self.attn(stream)
        stream = stream[:, -attended.shape[1] :] + attended
        return stream + self.mlp(stream)


class _Attention(nn.Module):
    """Attention, in the last block for the last position alone."""

    def __init__(self, block: Block, causal: bool, mixing: float, scale: float | None, only_last: bool) -> None:
        super().__init__()
        self.block, self.causal, self.mixing, self.only_last = block, causal, mixing, only_last
        self.scale = scale or block.query.shape[2] ** 0.5
        self.hook_pattern = nn.Identity()

    def forward(self, stream: Float[Tensor, "pair position model"]) -> Float[Tensor, "pair last model"]:
        block, count = self.block, stream.shape[1]
        query = _heads(stream[:, -1:] if self.only_last else stream, block.query, block.query_bias)
        key, value = _heads(stream, block.key, block.key_bias), _heads(stream, block.value, block.value_bias)
        scores = query @ key.mT / self.scale  # pair, head, from, to
        if self.causal:
            hidden = torch.ones(count, count, dtype=torch.bool, device=stream.device).triu(1)
            scores = scores.masked_fill(hidden[-scores.shape[2] :], -torch.inf)
        pattern = self.hook_pattern(self.mixing * scores.softmax(-1) + (1 - self.mixing))
        found = torch.einsum("phfd,hdm->pfm", pattern @ value, block.output)
        return found if block.output_bias is None else found + block.output_bias


class _Neurons(nn.Module):
    """The layer of neurons."""

    def __init__(self, block: Block, activation: str) -> None:
        super().__init__()
        self.block, self.activation = block, ACTIVATIONS[activation]
        self.hook_pre, self.hook_post = nn.Identity(), nn.Identity()

    def forward(self, stream: Float[Tensor, "pair position model"]) -> Float[Tensor, "pair position model"]:
        block = self.block
        pre = stream @ block.into
        post = self.hook_post(self.activation(self.hook_pre(pre if block.into_bias is None else pre + block.into_bias)))
        found = post @ block.out_of
        return found if block.out_of_bias is None else found + block.out_of_bias


def _heads(stream: Tensor, weight: Tensor, bias: Tensor | None) -> Float[Tensor, "pair head position d"]:
    found = torch.einsum("ptm,hmd->phtd", stream, weight)
    return found if bias is None else found + bias[:, None]
