"""A function of pairs, or arrays of activations, as a pair model: values at a site without a network to run on."""

import math
from collections.abc import Callable
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from cosetta.errors import BadNetwork
from cosetta.models.pair_model import PairModel, check_finite

__all__ = ["FunctionModel", "model_of_arrays"]

Function = Callable[[Tensor, Tensor], Any]
"""(a, b) -> (values at the site, logits); logits may be None."""


@final
class FunctionModel(PairModel):
    """A function (a, b) -> (pre, logits).

    Args:
        function: takes two vectors of elements; gives one row of neurons a pair and one row of logits a pair, as
            tensors or numpy arrays. The logits may be None where they are not known.
        order: number of group elements.
        site: what to call the site.

    Raises:
        BadNetwork: if the function raises or gives other shapes.

    Example:
        >>> model = FunctionModel(lambda a, b: ((a + b).double()[:, None], None), order=3)
        >>> model.width, model.has_logits, model.pre(torch.tensor([1]), torch.tensor([2])).tolist()
        (1, False, [[3.0]])
    """

    def __init__(self, function: Function, order: int, site: str = "pre") -> None:
        self._function = function
        self._order = order
        self._site = site
        first = torch.zeros(1, dtype=torch.int64)
        pre, logits = self._call(first, first)
        self._width = pre.shape[1]
        self._has_logits = logits is not None

    @property
    def order(self) -> int:
        """Number of group elements."""
        return self._order

    @property
    def width(self) -> int:
        """Number of neurons."""
        return self._width

    @property
    def site(self) -> str:
        """What the site is called."""
        return self._site

    @property
    def has_logits(self) -> bool:
        """Whether the function gives logits."""
        return self._has_logits

    @property
    def can_patch(self) -> bool:
        """There is no network behind a function's values."""
        return False

    def run(
        self, a: Int[Tensor, " pair"], b: Int[Tensor, " pair"]
    ) -> tuple[Float[Tensor, "pair neuron"], Float[Tensor, "pair g"]]:
        """Values and logits of the pairs (a, b); the logits are zero where they are not known.

        Args:
            a: left factors.
            b: right factors.

        Returns:
            One value a pair and neuron, and one logit a pair and element.
        """
        pre, logits = self._call(a, b)
        return pre, pre.new_zeros(len(a), self._order) if logits is None else logits

    def _call(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor | None]:
        try:
            with torch.no_grad():
                answer = self._function(a, b)
        except Exception as error:  # whatever somebody's function raises
            words = " ".join(str(error).split())[:200]
            raise BadNetwork(
                f"a function must give (pre, logits) for vectors a, b of elements; it raised {type(error).__name__}: "
                f"{words}: call it with two vectors to see where"
            ) from error
        if not isinstance(answer, tuple) or len(answer) != 2:
            raise BadNetwork(
                f"a function must give (pre, logits); it gives a {type(answer).__name__}: return both, None for "
                "logits that are not known"
            )
        pre, logits = (None if x is None else torch.as_tensor(np.asarray(x)) for x in map(_detached, answer))
        if pre is None or pre.ndim != 2 or len(pre) != len(a) or not pre.is_floating_point():
            found = "None" if pre is None else f"{tuple(pre.shape)}, {pre.dtype}"
            raise BadNetwork(
                f"`pre` must be floats, one row of neurons a pair; for {len(a)} pair{'s' * (len(a) > 1)} it is "
                f"{found}: return a matrix"
            )
        if logits is not None and (tuple(logits.shape) != (len(a), self._order) or not logits.is_floating_point()):
            raise BadNetwork(
                f"`logits` must be floats, {self._order} a pair, one an element; for {len(a)} "
                f"pair{'s' * (len(a) > 1)} they are {tuple(logits.shape)}, {logits.dtype}: name the group of the "
                "network, or return None"
            )
        check_finite(pre, logits, a, b)
        return pre, logits


def model_of_arrays(
    pre: Shaped[np.ndarray, "..."], logits: Shaped[np.ndarray, "..."] | None = None, site: str = "activations"
) -> FunctionModel:
    """Activations of all pairs as a pair model.

    Args:
        pre: activations before the activation function, |G| x |G| x neurons.
        logits: the logits of all pairs, |G| x |G| x |G|, if there are any.
        site: what to call the site.

    Returns:
        The model.

    Raises:
        BadNetwork: if the shapes are not |G| x |G| x neurons and |G| x |G| x |G|, or the numbers are not real floats.

    Example:
        >>> model_of_arrays(np.zeros((6, 6, 4))).width
        4
        >>> model_of_arrays(np.zeros((6, 5, 4)))
        Traceback (most recent call last):
        cosetta.errors.BadNetwork: activations must have the shape |G| x |G| x neurons; they have (6, 5, 4): save one \
row of neurons for each pair of elements
    """
    if pre.ndim != 3 or pre.shape[0] != pre.shape[1] or 0 in pre.shape:
        raise BadNetwork(f"activations must have the shape |G| x |G| x neurons; they have {pre.shape}: {_advice(pre)}")
    order = pre.shape[0]
    if logits is not None and logits.shape != (order, order, order):
        raise BadNetwork(
            f"logits must have the shape {order} x {order} x {order}, as |G| is; they have {logits.shape}: save those "
            "of the elements, of every pair"
        )
    for name, array in (("activations", pre), ("logits", logits)):
        if array is not None and array.dtype.kind != "f":
            parts = "the real and the imaginary part" if array.dtype.kind == "c" else "them with .astype(np.float32)"
            raise BadNetwork(f"{name} must be real floating-point numbers; they are {array.dtype}: save {parts}")

    def look_up(a: Tensor, b: Tensor) -> tuple[np.ndarray, np.ndarray | None]:
        rows, columns = a.numpy(), b.numpy()
        return _single(pre[rows, columns]), None if logits is None else _single(logits[rows, columns])

    return FunctionModel(look_up, order, site)


def _advice(pre: np.ndarray) -> str:
    """How an array of another shape may become |G| x |G| x neurons."""
    order = math.isqrt(len(pre)) if pre.ndim else 0
    if pre.ndim == 2 and order**2 == len(pre) and order > 1:
        return f"if the pairs are in order, save pre.reshape({order}, {order}, -1)"
    if pre.ndim == 3 and pre.shape[1] == pre.shape[2] > 0:
        return "if the neurons come first, save np.moveaxis(pre, 0, -1)"
    if pre.ndim == 4 and pre.shape[0] == pre.shape[1]:
        return "if the third axis is positions, save the last, pre[:, :, -1]"
    return "save one row of neurons for each pair of elements"


def _detached(values: Any) -> Any:
    return values.detach().cpu() if isinstance(values, Tensor) else values


def _single(values: np.ndarray) -> np.ndarray:
    """Half precision as single, in which everything here computes."""
    return values.astype(np.float32) if values.dtype == np.float16 else values
