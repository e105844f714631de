"""The network of Stander et al. as a plain `nn.Module`.

Two embeddings are concatenated, a linear layer without bias mixes them, an activation follows, and an unembedding
with bias gives one logit an element. There is a named module at every activation (`hook_embed`, `hook_pre`,
`hook_post`), so forward hooks, `run_with_cache` and `run_with_hooks` reach each of them. `fold` gives the object
that everything else works on.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from cosetta.errors import BadConfig, Unsupported
from cosetta.models.folded import ACTIVATIONS, FoldedModel

__all__ = ["GroupNetwork"]

Hook = Callable[[Tensor], Tensor | None]


class _Activation(nn.Module):
    """A named activation, so that it can be hooked and printed."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, pre: Tensor) -> Tensor:
        """Apply it."""
        return ACTIVATIONS[self.name](pre)

    def extra_repr(self) -> str:
        """Show the name."""
        return self.name


@final
class GroupNetwork(nn.Module):
    """One-hidden-layer network that maps a pair of elements to logits over the group.

    Parameters have PyTorch's default initialisation, as in the paper; recipes may overwrite it.

    Args:
        order: number of group elements |G|.
        embed_dim: length of each of the two embeddings (paper: 256 for S5, 512 for S6).
        width: number of neurons (paper: 128 for S5, 256 for S6).
        activation: one of `ACTIVATIONS`.

    Raises:
        Unsupported: if the activation is not known.

    Source:
        Stander et al. 2023 (arXiv:2312.06581), section 2.

    Example:
        >>> net = GroupNetwork(order=6, embed_dim=4, width=3)
        >>> a, b = torch.tensor([0, 1]), torch.tensor([5, 2])
        >>> logits, cache = net.run_with_cache(a, b)
        >>> tuple(cache["hook_pre"].shape), torch.allclose(logits, net.fold().logits(a, b), atol=1e-6)
        ((2, 3), True)
    """

    def __init__(self, order: int, embed_dim: int, width: int, activation: str = "relu") -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise Unsupported(f"`activation` must be one of {', '.join(ACTIVATIONS)}; got '{activation}'")
        self.embed_left = nn.Embedding(order, embed_dim)
        self.embed_right = nn.Embedding(order, embed_dim)
        self.hook_embed = nn.Identity()
        self.hidden = nn.Linear(2 * embed_dim, width, bias=False)
        self.hook_pre = nn.Identity()
        self.activation = _Activation(activation)
        self.hook_post = nn.Identity()
        self.unembed = nn.Linear(width, order)

    @property
    def order(self) -> int:
        """Number of group elements."""
        return self.embed_left.num_embeddings

    @property
    def embed_dim(self) -> int:
        """Length of each embedding."""
        return self.embed_left.embedding_dim

    @property
    def width(self) -> int:
        """Number of neurons."""
        return self.hidden.out_features

    def forward(self, a: Int[Tensor, "*batch"] | int, b: Int[Tensor, "*batch"] | int) -> Float[Tensor, "*batch g"]:
        """Logits over the group for the pairs (a, b).

        Args:
            a: left factors; a number stands for one pair.
            b: right factors, of the same shape.

        Returns:
            One logit a pair and element.
        """
        device = self.embed_left.weight.device
        a, b = torch.as_tensor(a, device=device), torch.as_tensor(b, device=device)
        embed = self.hook_embed(torch.cat((self.embed_left(a), self.embed_right(b)), dim=-1))
        pre = self.hook_pre(self.hidden(embed))
        return self.unembed(self.hook_post(self.activation(pre)))

    def run_with_cache(
        self, a: Int[Tensor, "*batch"] | int, b: Int[Tensor, "*batch"] | int
    ) -> tuple[Float[Tensor, "*batch g"], dict[str, Tensor]]:
        """Logits and the output of every named module.

        Args:
            a: left factors; a number stands for one pair.
            b: right factors, of the same shape.

        Returns:
            The logits, and a dictionary from module name (`embed_left`, `hook_pre`, ...) to its output.

        Raises:
            BadConfig: if a factor is not an element, or the shapes differ.
        """
        a, b = self._elements(a, b)
        cache: dict[str, Tensor] = {}

        def keep(name: str) -> Hook:
            return lambda output: cache.__setitem__(name, output)

        with self._hooked([(name, keep(name)) for name, _ in self.named_children()]):
            return self(a, b), cache

    def _elements(self, *factors: Int[Tensor, "*batch"] | int) -> tuple[Tensor, ...]:
        """Left and right factors as tensors, refused where torch's own words would name no element."""
        found = []
        for name, factor in zip("ab", factors, strict=True):
            try:
                numbers = torch.as_tensor(factor)
            except (TypeError, ValueError, RuntimeError):
                numbers = torch.tensor(math.nan)
            whole = not (numbers.is_floating_point() or numbers.is_complex())
            if not whole or (numbers.numel() and not 0 <= numbers.min() <= numbers.max() < self.order):
                raise BadConfig(
                    f"`{name}` must be elements 0..{self.order - 1}; got {str(factor)[:40]}: `group['(12)']` is the "
                    "number of a label"
                )
            found.append(numbers)
        if found[0].shape != found[1].shape:
            raise BadConfig(f"`a` and `b` must have one shape; got {tuple(found[0].shape)} and {tuple(found[1].shape)}")
        return tuple(found)

    def run_with_hooks(
        self, a: Int[Tensor, "*batch"] | int, b: Int[Tensor, "*batch"] | int, hooks: Sequence[tuple[str, Hook]]
    ) -> Float[Tensor, "*batch g"]:
        """Logits while each hook may replace the output of a module.

        Args:
            a: left factors; a number stands for one pair.
            b: right factors, of the same shape.
            hooks: pairs (module name, function of the module's output); what a function returns takes the output's
                place, None leaves it.

        Returns:
            The logits. The hooks are gone afterwards, also after an error.

        Raises:
            BadConfig: if a factor is not an element, or the shapes differ.
            ValueError: if no module has the given name.

        Example:
            >>> net = GroupNetwork(order=2, embed_dim=2, width=2)
            >>> a = b = torch.tensor([1])
            >>> silent = net.run_with_hooks(a, b, [("hook_post", torch.zeros_like)])
            >>> torch.equal(silent[0], net.unembed.bias)
            True
        """
        a, b = self._elements(a, b)
        with self._hooked(hooks):
            return self(a, b)

    @contextmanager
    def _hooked(self, hooks: Sequence[tuple[str, Hook]]) -> Iterator[None]:
        modules = dict(self.named_children())
        for name, _ in hooks:
            if name not in modules:
                raise ValueError(f"hooks must name a module, one of {', '.join(modules)}; got '{name}'")
        handles = [
            modules[name].register_forward_hook(lambda _module, _inputs, output, hook=hook: hook(output))
            for name, hook in hooks
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def fold(self) -> FoldedModel:
        """Three functions on G for each neuron, exactly equivalent to the network.

        Returns:
            The folded model, detached, on the network's device and in its precision.
        """
        with torch.no_grad():
            hidden_left, hidden_right = self.hidden.weight.split(self.embed_dim, dim=1)
            return FoldedModel(
                left=self.embed_left.weight @ hidden_left.T,
                right=self.embed_right.weight @ hidden_right.T,
                out=self.unembed.weight.clone(),
                bias=self.unembed.bias.clone(),
                activation=self.activation.name,
            )
