"""Matrices of all elements from those of a few generators, along shortest words."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from cosetta.groups.group import Group

__all__ = ["Steps", "fill", "word_steps"]

Steps = list[tuple[np.ndarray, np.ndarray, int]]
"""(new, old, i) with new = old * generator i; each element is new once, and old before."""


def word_steps(group: Group, generators: Sequence[int]) -> Steps:
    """How to reach each element once by multiplying on the right with generators, shortest words first.

    Args:
        group: the group.
        generators: elements that generate it.

    Returns:
        The steps.

    Example:
        >>> C3 = Group(np.array([[0, 1, 2], [1, 2, 0], [2, 0, 1]]))
        >>> [(new.tolist(), old.tolist()) for new, old, _ in word_steps(C3, [1])]
        [([1], [0]), ([2], [1]), ([], [])]
    """
    seen = np.zeros(group.order, dtype=bool)
    seen[0] = True
    frontier, steps = np.array([0]), []
    while frontier.size:
        reached = []
        for i, generator in enumerate(generators):
            products = group.table[frontier, generator]
            fresh = ~seen[products]  # right multiplication is injective, so no product repeats here
            steps.append((products[fresh], frontier[fresh], i))
            seen[products[fresh]] = True
            reached.append(products[fresh])
        frontier = np.concatenate(reached) if reached else np.array([], dtype=np.int64)
    return steps


def fill(order: int, steps: Steps, generators: Float[np.ndarray, "generator d d"]) -> Float[np.ndarray, "g d d"]:
    """Matrices of all elements.

    Args:
        order: order of the group.
        steps: from `word_steps`.
        generators: matrices of the same generators.

    Returns:
        One matrix an element.

    Example:
        >>> C3 = Group(np.array([[0, 1, 2], [1, 2, 0], [2, 0, 1]]))
        >>> fill(3, word_steps(C3, [1]), np.array([[[1.0]]])).ravel().tolist()
        [1.0, 1.0, 1.0]
    """
    dim = generators.shape[1]
    matrices = np.empty((order, dim, dim))
    matrices[0] = np.eye(dim)
    for new, old, i in steps:
        matrices[new] = matrices[old] @ generators[i]
    return matrices
