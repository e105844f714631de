"""What can be analysed: a network on pairs of group elements, with a site.

A site is a tensor with one value a pair and a neuron before an activation. Everything that folding needs is here: the
values at the site, the logits, and the logits when other values stand at the site. Nothing is said of how the network
is built; a folded model, a torch module with a named submodule, a function and arrays on disk are all pair models.
"""

from abc import ABC, abstractmethod
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from cosetta.errors import BadNetwork, Unsupported

__all__ = ["PairModel", "Reordered", "check_finite"]


class PairModel(ABC):
    """A network on pairs (a, b) of `order` elements whose neurons are read at one site.

    Example:
        >>> from cosetta.models import FoldedModel
        >>> one = torch.ones(2, 1)
        >>> model = FoldedModel(one, one, one, torch.zeros(2))
        >>> isinstance(model, PairModel), model.site, model.run(torch.tensor([0]), torch.tensor([1]))[0]
        (True, 'pre', tensor([[2.]]))
    """

    @property
    @abstractmethod
    def site(self) -> str:
        """Name of the site."""

    @property
    @abstractmethod
    def order(self) -> int:
        """Number of group elements."""

    @property
    @abstractmethod
    def width(self) -> int:
        """Number of neurons at the site."""

    @property
    def device(self) -> torch.device:
        """Where the network computes."""
        return torch.device("cpu")

    @property
    def has_logits(self) -> bool:
        """Whether the logits are known; they are not where only activations were given."""
        return True

    @property
    def can_patch(self) -> bool:
        """Whether other values can stand at the site and be run on to the logits."""
        return True

    @abstractmethod
    def run(
        self, a: Int[Tensor, " pair"], b: Int[Tensor, " pair"]
    ) -> tuple[Float[Tensor, "pair neuron"], Float[Tensor, "pair g"]]:
        """Values at the site and logits of the pairs (a, b).

        Args:
            a: left factors.
            b: right factors.

        Returns:
            One value a pair and neuron, and one logit a pair and element.
        """

    def pre(self, a: Int[Tensor, " pair"], b: Int[Tensor, " pair"]) -> Float[Tensor, "pair neuron"]:
        """Values at the site.

        Args:
            a: left factors.
            b: right factors.

        Returns:
            One value a pair and neuron.
        """
        return self.run(a, b)[0]

    def logits(self, a: Int[Tensor, " pair"], b: Int[Tensor, " pair"]) -> Float[Tensor, "pair g"]:
        """Logits of every element.

        Args:
            a: left factors.
            b: right factors.

        Returns:
            One logit a pair and element.
        """
        return self.run(a, b)[1]

    def patched(
        self, pre: Float[Tensor, "pair neuron"], a: Int[Tensor, " pair"], b: Int[Tensor, " pair"]
    ) -> Float[Tensor, "pair g"]:
        """Logits, one a pair and element, when the site holds other values.

        Args:
            pre: the values that take the site's place.
            a: left factors of the pairs, which everything around the site still reads.
            b: right factors.

        Raises:
            Unsupported: if there is no network to run on.
        """
        raise Unsupported(f"patching needs a network; `{self.site}` is known by its values alone: give the module")


def check_finite(
    pre: Float[Tensor, "pair neuron"],
    logits: Float[Tensor, "pair g"] | None,
    a: Int[Tensor, " pair"],
    b: Int[Tensor, " pair"],
) -> None:
    """Refuse NaN and infinity in what a network gives.

    Args:
        pre: values at the site.
        logits: logits, if there are any.
        a: left factors.
        b: right factors.

    Raises:
        BadNetwork: if a number is not finite; the message holds its pair.
    """
    for name, values in (("value at the site", pre), ("logit", logits)):
        if values is not None and not bool(torch.isfinite(values).all()):
            pair, n = torch.nonzero(~torch.isfinite(values))[0].tolist()
            raise BadNetwork(
                f"every {name} must be finite; number {n} is {values[pair, n].item()} for a = {a[pair]}, "
                f"b = {b[pair]}: the training diverged, or the network divides by 0 there"
            )


@final
class Reordered(PairModel):
    """A network whose elements are renumbered.

    Args:
        model: the network in its own numbers.
        places: for each new number, the element's number in `model`.

    Example:
        >>> from cosetta.models import FoldedModel
        >>> side, zero = torch.tensor([[1.0], [5.0]]), torch.zeros(2, 1)
        >>> model = FoldedModel(side, zero, zero, torch.zeros(2))
        >>> Reordered(model, torch.tensor([1, 0])).pre(torch.tensor([0]), torch.tensor([0]))
        tensor([[5.]])
    """

    def __init__(self, model: PairModel, places: Int[Tensor, " g"]) -> None:
        self._model = model
        self._places = places.to(model.device)

    @property
    def site(self) -> str:
        """Name of the site."""
        return self._model.site

    @property
    def order(self) -> int:
        """Number of group elements."""
        return self._model.order

    @property
    def width(self) -> int:
        """Number of neurons at the site."""
        return self._model.width

    @property
    def device(self) -> torch.device:
        """Where the network computes."""
        return self._model.device

    @property
    def has_logits(self) -> bool:
        """Whether the logits are known."""
        return self._model.has_logits

    @property
    def can_patch(self) -> bool:
        """Whether other values can stand at the site."""
        return self._model.can_patch

    def run(
        self, a: Int[Tensor, " pair"], b: Int[Tensor, " pair"]
    ) -> tuple[Float[Tensor, "pair neuron"], Float[Tensor, "pair g"]]:
        """Values at the site and logits of the pairs (a, b), in the new numbers.

        Args:
            a: left factors.
            b: right factors.

        Returns:
            One value a pair and neuron, and one logit a pair and element.
        """
        pre, logits = self._model.run(self._places[a], self._places[b])
        return pre, logits[:, self._places] if self.has_logits else logits

    def patched(
        self, pre: Float[Tensor, "pair neuron"], a: Int[Tensor, " pair"], b: Int[Tensor, " pair"]
    ) -> Float[Tensor, "pair g"]:
        """Logits when the site holds other values.

        Args:
            pre: the values that take the site's place.
            a: left factors, in the new numbers.
            b: right factors.

        Returns:
            One logit a pair and element.
        """
        return self._model.patched(pre, self._places[a], self._places[b])[:, self._places]
