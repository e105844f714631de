"""Any torch module as a pair model, its site found by the name of a submodule.

A site is the output of a submodule, read and replaced by a forward hook: a layer of an `nn.Sequential`, a hook point of
TransformerLens (`blocks.0.mlp.hook_pre`, in a bridge too), the module inside an nnsight wrapper. Where an output has an
axis of positions, the last position counts, for the site as for the logits.
"""

import difflib
from collections.abc import Callable, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from cosetta.errors import BadConfig, BadNetwork
from cosetta.models.pair_model import PairModel, check_finite

__all__ = ["Inputs", "ModuleModel", "module_of", "tokens"]

Inputs = Callable[[Tensor, Tensor], tuple[Any, ...]]
"""What a module is called with, from the left and right factors of a batch of pairs."""


def tokens(*suffix: int) -> Inputs:
    """Inputs of a sequence model: the tokens a, b and perhaps fixed ones after them.

    Args:
        suffix: tokens after the two factors, such as the number of `=`.

    Returns:
        A function from factors to the arguments of the module.

    Example:
        >>> tokens(6)(torch.tensor([1, 2]), torch.tensor([4, 5]))
        (tensor([[1, 4, 6],
                [2, 5, 6]]),)
    """
    return lambda a, b: (torch.stack([a, b, *(torch.full_like(a, token) for token in suffix)], dim=-1),)


def module_of(source: Any) -> nn.Module | None:
    """The torch module that something is or wraps, as nnsight's envoys do.

    Args:
        source: anything.

    Returns:
        The module, or None if there is none.

    Example:
        >>> module_of(nn.Linear(2, 3))
        Linear(in_features=2, out_features=3, bias=True)
        >>> module_of("a string") is None
        True
    """
    if isinstance(source, nn.Module):
        return source
    inside = (getattr(source, "__dict__", {}).get(name) for name in ("_model", "_module", "_local_model"))
    return next((module for module in inside if isinstance(module, nn.Module)), None)


@final
class ModuleModel(PairModel):
    """A torch module, read at the output of one of its submodules.

    Args:
        module: the network; it is run as it is, in the mode that it is in, without gradients.
        order: number of group elements.
        site: name of a submodule, or the end of one that no other name shares.
        inputs: what the module is called with; module(a, b) if None, or tokens for a module that says so
            (TransformerLens: a, b, and `=` where its context has a third place).

    Raises:
        BadConfig: if no submodule, or more than one, has the name.
        BadNetwork: if the module raises, or its logits are not one for each element.

    Example:
        >>> from cosetta.models import GroupNetwork
        >>> model = ModuleModel(GroupNetwork(order=6, embed_dim=4, width=3), 6, "hook_pre")
        >>> model.width, tuple(model.run(torch.tensor([0, 1]), torch.tensor([5, 5]))[1].shape)
        (3, (2, 6))
    """

    def __init__(self, module: nn.Module, order: int, site: str, inputs: Inputs | None = None) -> None:
        self.module = module
        self._order = order
        self._site, self._read = _submodule(module, site)
        self.inputs = inputs or _usual_inputs(module, order)
        first = torch.zeros(1, dtype=torch.int64, device=self.device)
        self._width = self.run(first, first)[0].shape[-1]

    @property
    def order(self) -> int:
        """Number of group elements."""
        return self._order

    @property
    def width(self) -> int:
        """Number of neurons at the site."""
        return self._width

    @property
    def site(self) -> str:
        """Name of the submodule."""
        return self._site

    @property
    def device(self) -> torch.device:
        """Where the module's parameters are."""
        return next((parameter.device for parameter in self.module.parameters()), torch.device("cpu"))

    def run(
        self, a: Int[Tensor, " pair"], b: Int[Tensor, " pair"]
    ) -> tuple[Float[Tensor, "pair neuron"], Float[Tensor, "pair g"]]:
        """Values at the site and logits of the pairs (a, b).

        Args:
            a: left factors.
            b: right factors.

        Returns:
            One value a pair and neuron, and one logit a pair and element.

        Raises:
            BadNetwork: if the module raises, or gives something of another shape.
        """
        read: list[Tensor] = []
        with self._hook(lambda output: read.append(self._at(output, len(a)))):
            logits = self._call(a, b)
        if not read:
            raise BadNetwork(f"the site must run once for a pair; `{self._site}` did not run: name another submodule")
        check_finite(read[-1], logits, a, b)
        return read[-1], logits

    def patched(
        self, pre: Float[Tensor, "pair neuron"], a: Int[Tensor, " pair"], b: Int[Tensor, " pair"]
    ) -> Float[Tensor, "pair g"]:
        """Logits when the site holds other values, at the last position where it has several.

        Args:
            pre: the values that take the site's place.
            a: left factors of the pairs, which everything around the site still reads.
            b: right factors.

        Returns:
            One logit a pair and element.
        """

        def replaced(output: Tensor) -> Tensor:
            if output.ndim == 2:
                return pre.to(output.dtype)
            output = output.clone()
            output[:, -1] = pre.to(output.dtype)
            return output

        with self._hook(replaced):
            return self._call(a, b)

    def run_with_cache(
        self, a: Int[Tensor, "*batch"] | int, b: Int[Tensor, "*batch"] | int
    ) -> tuple[Float[Tensor, "*batch g"], dict[str, Tensor]]:
        """Logits, and the output of every submodule that gives a tensor, by its full name.

        Args:
            a: left factors; a number stands for one pair.
            b: right factors, of the same shape.

        Returns:
            The logits, and a dictionary from name (`blocks.0.mlp.hook_pre`, ..) to output, one row a pair.

        Raises:
            BadNetwork: if the module raises, or gives something of another shape.

        Example:
            >>> from cosetta.models import GroupNetwork
            >>> model = ModuleModel(GroupNetwork(order=6, embed_dim=4, width=3), 6, "hook_pre")
            >>> logits, cache = model.run_with_cache(1, 5)
            >>> tuple(logits.shape), tuple(cache["hook_post"].shape)
            ((6,), (1, 3))
        """
        left, right = (torch.as_tensor(factor, device=self.device) for factor in (a, b))
        cache: dict[str, Tensor] = {}

        def keeper(name: str) -> Callable[[Any, Any, Any], None]:
            return lambda _module, _inputs, output: cache.update({name: output} if isinstance(output, Tensor) else {})

        with ExitStack() as hooks:
            for name, module in _submodules(self.module).items():
                hooks.callback(module.register_forward_hook(keeper(name)).remove)
            logits = self._call(left.reshape(-1), right.reshape(-1))
        return logits.reshape(*left.shape, -1), cache

    def _at(self, output: Any, pairs: int) -> Float[Tensor, "pair neuron"]:
        """The site's values, one row a pair."""
        if not isinstance(output, Tensor) or output.ndim not in (2, 3) or len(output) != pairs:
            shape = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
            raise BadNetwork(
                f"a site must give one row of neurons a pair (or one a pair and position); `{self._site}` gives "
                f"{shape} for {pairs} pair{'s' * (pairs > 1)}: name another submodule"
            )
        return output if output.ndim == 2 else output[:, -1]

    def _call(self, a: Tensor, b: Tensor) -> Float[Tensor, "pair g"]:
        try:
            with torch.no_grad():
                answer = self.module(*self.inputs(a, b))
        except BadNetwork:
            raise
        except Exception as error:  # whatever somebody's module raises
            words = " ".join(str(error).split())[:200]
            raise BadNetwork(
                f"a network must run on pairs of elements; it raised {type(error).__name__}: {words}: say how it is "
                "called with `inputs`"
            ) from error
        logits = getattr(answer, "logits", answer)
        if isinstance(logits, Tensor) and logits.ndim == 3:
            logits = logits[:, -1]
        if not isinstance(logits, Tensor) or tuple(logits.shape) != (len(a), self._order):
            shape = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
            raise BadNetwork(
                f"a network must give {self._order} logits a pair, one an element; it gives {shape} for {_pairs(a)}: "
                "name its group, or wrap it so that it returns the logits of the elements"
            )
        return logits

    @contextmanager
    def _hook(self, function: Callable[[Any], Any]) -> Any:
        handle = self._read.register_forward_hook(lambda _module, _inputs, output: function(output))
        try:
            yield
        finally:
            handle.remove()


def _submodules(module: nn.Module) -> dict[str, nn.Module]:
    """Submodules by full name, and hook points by the names that TransformerLens gives them."""
    named = {name: part for name, part in module.named_modules() if name}
    hooks = getattr(module, "hook_dict", None)  # from version 4 on, `hook_pre` is the output of a wrapped nn.Linear
    if not isinstance(hooks, Mapping):
        return named
    return named | {str(name): hook for name, hook in hooks.items() if isinstance(hook, nn.Module)}


def _submodule(module: nn.Module, site: str) -> tuple[str, nn.Module]:
    """The submodule that `site` means, with its full name."""
    parts = _submodules(module)
    names = list(parts)
    if site in parts:
        return site, parts[site]
    ending = [name for name in names if name.endswith("." + site)]
    if ending and all(parts[name] is parts[ending[0]] for name in ending):
        name = min(ending, key=len)
        return name, parts[name]
    close = ending or difflib.get_close_matches(site, names, n=4, cutoff=0.3) or names[:4] or ["the module has none"]
    what = "several submodules end in it" if ending else "no submodule has that name"
    raise BadConfig(f"`site` must name one submodule; got '{site}' and {what}: one of {', '.join(close)}")


def _pairs(a: Tensor) -> str:
    return f"{len(a)} pair{'s' * (len(a) > 1)}"


def _usual_inputs(module: nn.Module, order: int) -> Inputs:
    """Tokens for a module whose configuration has a vocabulary and a context, else the two factors."""
    config = getattr(module, "cfg", None)
    context, vocabulary = getattr(config, "n_ctx", None), getattr(config, "d_vocab", None)
    if not isinstance(context, int) or not isinstance(vocabulary, int):
        return lambda a, b: (a, b)
    return tokens(vocabulary - 1) if context >= 3 and vocabulary > order else tokens()
