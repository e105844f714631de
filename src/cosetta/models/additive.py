r"""Functions of pairs as sums of functions on G, by least squares.

$v(a, b) = \mu + f(a) + g(b) + h(ab) + \text{rest}$ with f, g, h of mean zero. A Cayley table is a Latin square: for a
fixed, b and ab run through G once, so over *all* pairs centred functions of a, of b and of ab are orthogonal to each
other, the three projections are plain means, and the shares of variance add up to 1. (Functions of ab and of ba are not
orthogonal; they share the class functions, the k(G)/|G| of the commuting probability.) On a sample of pairs the three
overlap a little and the means are corrected until they no longer move.
"""

from collections.abc import Sequence
from typing import final

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["PairSums"]

_SWEEPS = 200
_STILL = 1e-10
"""Corrections stop when none is larger than this share of the largest value, or after `_SWEEPS` of them."""

Part = Float[Tensor, "g column"]


@final
class PairSums:
    """Sums of functions of pairs by left factor, right factor and product, from which the parts are fitted.

    Args:
        table: Cayley table, or None if products are of no interest.
        order: number of group elements.
        columns: number of functions.

    Example:
        The indicator of ab = 0 on C2 is a function of the product alone.

        >>> table = torch.tensor([[0, 1], [1, 0]])
        >>> a, b = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1])
        >>> sums = PairSums(table, 2, 1)
        >>> sums.add(a, b, torch.tensor([[1.0], [0.0], [0.0], [1.0]]))
        >>> mean, (f, g, h) = sums.fit(["a", "b", "ab"])
        >>> mean.item(), f.ravel().tolist(), g.ravel().tolist(), h.ravel().tolist()
        (0.5, [0.0, 0.0], [0.0, 0.0], [0.5, -0.5])
    """

    def __init__(self, table: Int[Tensor, "g g"] | None, order: int, columns: int) -> None:
        self._table = table
        self._order = order
        kinds = ("a", "b") if table is None else ("a", "b", "ab")
        self._sums = {kind: torch.zeros(order, columns, dtype=torch.float64) for kind in kinds}
        self._seen: dict[str, list[Tensor]] = {kind: [] for kind in kinds}
        self.pairs = 0

    def add(self, a: Int[Tensor, " pair"], b: Int[Tensor, " pair"], values: Float[Tensor, "pair column"]) -> None:
        """Take in the values of some pairs.

        Args:
            a: left factors.
            b: right factors.
            values: one value a pair and function.
        """
        values = values.double()
        for kind, places in self._places(a, b).items():
            self._sums[kind].index_add_(0, places, values)
            self._seen[kind].append(places)
        self.pairs += len(a)

    def fit(self, kinds: Sequence[str]) -> tuple[Float[Tensor, " column"], list[Part]]:
        """The mean and the least-squares part of each kind, fitted together.

        Args:
            kinds: some of `a`, `b` and `ab`.

        Returns:
            The mean over all pairs taken in, and one function on G of mean zero for each kind.
        """
        mean = self._sums["a"].sum(0) / self.pairs
        seen = {kind: torch.cat(self._seen[kind]) for kind in kinds}
        counts = {
            kind: torch.bincount(places, minlength=self._order).double()[:, None] for kind, places in seen.items()
        }
        centred = {kind: self._sums[kind] - counts[kind] * mean for kind in kinds}
        parts = {kind: centred[kind] / counts[kind].clamp(min=1) for kind in kinds}
        if not self._is_whole():
            parts = self._corrected(parts, centred, counts, seen)
        shift = sum((part.mean(0) for part in parts.values()), torch.zeros_like(mean))
        return mean + shift, [part - part.mean(0) for part in parts.values()]

    def _is_whole(self) -> bool:
        """Whether every pair was taken in once."""
        places = torch.cat(self._seen["a"]) * self._order + torch.cat(self._seen["b"])
        return self.pairs == self._order**2 and bool((torch.bincount(places, minlength=self.pairs) == 1).all())

    def _places(self, a: Tensor, b: Tensor) -> dict[str, Tensor]:
        places = {"a": a, "b": b}
        return places if self._table is None else places | {"ab": self._table[a, b]}

    def _corrected(
        self, parts: dict[str, Part], centred: dict[str, Part], counts: dict[str, Tensor], seen: dict[str, Tensor]
    ) -> dict[str, Part]:
        """Each part refitted to what the others leave, in turn (backfitting), until nothing moves."""
        from scipy.sparse import coo_array

        shape = (self._order, self._order)
        together = {
            (x, y): coo_array((np.ones(self.pairs), (seen[x].numpy(), seen[y].numpy())), shape=shape).tocsr()
            for x in parts
            for y in parts
            if x != y
        }
        scale = max(float(part.abs().max()) for part in parts.values()) or 1.0
        for _ in range(_SWEEPS):
            moved = 0.0
            for x in parts:
                others = [torch.from_numpy(together[x, y] @ parts[y].numpy()) for y in parts if y != x]
                new = (centred[x] - sum(others)) / counts[x].clamp(min=1)
                moved = max(moved, float((new - parts[x]).abs().max()))
                parts = parts | {x: new}
            if moved <= _STILL * scale:
                break
        return parts
