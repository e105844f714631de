r"""Solvable groups from their polycyclic presentations, one cyclic factor at a time.

A solvable group has a series $G = G_1 > G_2 > \dots > 1$ with $G_i = \langle g_i, \dots, g_n\rangle$, each normal in
the one before, of prime index $p_i$. The elements $g_i^{p_i}$ and $g_i^{-1} g_j g_i$ (j > i) of $G_{i+1}$ determine it.
The element $g_1^{e_1} \cdots g_n^{e_n}$ has the number whose mixed radix digits are $e_1, \dots, e_n$, so a number
means the same element in every $G_i$ that holds it.
"""

from collections.abc import Sequence
from math import prod

import numpy as np
from jaxtyping import Int

__all__ = ["polycyclic_labels", "polycyclic_table"]


def polycyclic_table(
    primes: Sequence[int], powers: Sequence[int], conjugates: Sequence[Sequence[int]]
) -> Int[np.ndarray, "g g"]:
    r"""Cayley table of a polycyclic presentation.

    Since $(g^a x)(g^b y) = g^{a+b} \varphi^b(x) y$ with $\varphi(x) = g^{-1} x g$, the table of $G_i$ follows from that
    of $G_{i+1}$ and the images of its generators.

    Args:
        primes: p_1, .., p_n.
        powers: number of each g_i^{p_i}.
        conjugates: for each i the numbers of g_i^-1 g_j g_i, j = i + 1, .., n.

    Returns:
        The table; the identity is 0. A presentation that is not consistent gives a table that is no group.

    Source:
        Holt, Eick and O'Brien, Handbook of Computational Group Theory (2005), chapter 8.

    Example:
        >>> S3 = polycyclic_table([2, 3], [0, 0], [[2], []])        # a^2 = b^3 = e, a^-1 b a = b^2
        >>> S3[1].tolist(), S3[3].tolist()
        ([1, 2, 0, 5, 3, 4], [3, 4, 5, 0, 1, 2])
    """
    table = np.zeros((1, 1), dtype=np.int64)
    for i in reversed(range(len(primes))):
        p, order, lower = primes[i], len(table), primes[i + 1 :]
        image = np.zeros(order, dtype=np.int64)  # of each x under conjugation by g_i
        for j, generator in enumerate(conjugates[i]):
            digits = np.arange(order) // prod(lower[j + 1 :]) % lower[j]
            multiples = [0]
            while len(multiples) < lower[j]:
                multiples.append(int(table[multiples[-1], generator]))
            image = table[image, np.array(multiples)[digits]]
        moved = [np.arange(order)]
        while len(moved) < p:
            moved.append(image[moved[-1]])
        moved = np.array(moved)
        exponents = np.arange(p)[:, None] + np.arange(p)  # a, b
        carried = table[powers[i]][moved]  # b, x: what g^p contributes stands left of the image of x
        start = np.where(exponents[..., None] >= p, carried, moved)  # a, b, x
        rest = table[start]  # a, b, x, y
        whole = (exponents % p)[..., None, None] * order + rest
        table = whole.transpose(0, 2, 1, 3).reshape(p * order, p * order)
    return table


def polycyclic_labels(primes: Sequence[int]) -> tuple[str, ...]:
    """The elements as words in a, b, .., in the order of their numbers.

    Args:
        primes: p_1, .., p_n.

    Returns:
        Words such as `a*b^2`; `e` for the identity.

    Example:
        >>> polycyclic_labels([2, 3])
        ('e', 'b', 'b^2', 'a', 'a*b', 'a*b^2')
    """
    words = [""]
    for letter, p in zip("abcdefghijklmnopqrstuvwxyz", primes, strict=False):
        powers = ["", letter, *(f"{letter}^{k}" for k in range(2, p))]
        words = ["*".join(filter(None, (word, power))) for word in words for power in powers]
    return tuple(word or "e" for word in words)
