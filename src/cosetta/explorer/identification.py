"""Which sets of circuits tell every product apart.

A circuit fires unless ab lies in its coset C, and then rules the elements of C out. An element x is left for a product
p when every circuit whose coset holds x has a coset that holds p too. A set of circuits identifies p if only p is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Int

__all__ = ["Identification", "fewest", "identify"]


@final
@dataclass(frozen=True)
class Identification:
    """How far a set of cosets tells products apart.

    Args:
        identified: share of the products that alone are left, in [0, 1].
        mean_left: mean number of elements that are left, at least 1.
        most_left: largest number of elements that are left.
    """

    identified: float
    mean_left: float
    most_left: int


def identify(cosets: Bool[np.ndarray, "circuit g"]) -> Identification:
    """How far circuits tell products apart.

    Args:
        cosets: whether each element lies in each circuit's coset.

    Returns:
        The shares.

    Example:
        >>> identify(np.array([[1, 1, 0, 0], [0, 1, 1, 0]], dtype=bool))
        Identification(identified=0.25, mean_left=2.25, most_left=4)
    """
    left = (_separations(cosets) == 0).sum(axis=0)
    return Identification(float((left == 1).mean()), float(left.mean()), int(left.max(initial=0)))


def fewest(cosets: Bool[np.ndarray, "circuit g"], order: Sequence[int]) -> tuple[int, ...]:
    """Circuits that tell apart all that all of them do, none of which can be left out.

    Args:
        cosets: whether each element lies in each circuit's coset.
        order: the circuits, those to be left out first where there is a choice.

    Returns:
        Positions of the circuits that are kept, ascending. There may be a smaller set.

    Example:
        >>> fewest(np.array([[1, 0], [0, 1], [1, 0]], dtype=bool), [0, 1, 2])
        (1, 2)
    """
    separations = _separations(cosets)
    kept = set(range(len(cosets)))
    for k in order:
        mine = np.outer(cosets[k], ~cosets[k])
        if (separations[mine] > 1).all():
            separations -= mine
            kept.discard(k)
    return tuple(sorted(kept))


def _separations(cosets: Bool[np.ndarray, "circuit g"]) -> Int[np.ndarray, "g g"]:
    """[x, p] -> number of circuits that rule x out for the product p."""
    held: Float[np.ndarray, "circuit g"] = cosets.astype(np.float32)
    return np.rint(held.T @ (1 - held)).astype(np.int64)
