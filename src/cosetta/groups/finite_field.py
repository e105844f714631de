"""Finite fields GF(q) as tables of sums and products.

Elements are the numbers 0 .. q-1. With q = p^k the digits of a number in base p are the coefficients of a polynomial
in x, constant term last, taken modulo the first primitive polynomial of degree k; so 0 and 1 are the field's own, and
for prime q the numbers are residues. Every nonzero element is a power of `primitive`.
"""

from dataclasses import dataclass
from itertools import product
from typing import final

import numpy as np
from jaxtyping import Int

from cosetta.errors import Unsupported

__all__ = ["FiniteField", "finite_field", "prime_power"]

MAX_FIELD = 1_000
"""Largest field; its two tables take 16 MB."""


@final
@dataclass(frozen=True, eq=False)
class FiniteField:
    """A field with q = p^k elements.

    Args:
        order: q.
        characteristic: p.
        add: table of sums.
        multiply: table of products.
        primitive: an element whose powers are all nonzero elements.
    """

    order: int
    characteristic: int
    add: Int[np.ndarray, "q q"]
    multiply: Int[np.ndarray, "q q"]
    primitive: int

    @property
    def basis(self) -> tuple[int, ...]:
        """1, x, x^2, ..: a basis over the prime field."""
        powers = [1]
        while powers[-1] * self.characteristic < self.order:
            powers.append(powers[-1] * self.characteristic)
        return tuple(powers)

    @property
    def negative(self) -> Int[np.ndarray, " q"]:
        """The element -a for each a."""
        return np.argmin(self.add, axis=1)

    @property
    def inverse(self) -> Int[np.ndarray, " q"]:
        """The element 1/a for each a; 0 for 0."""
        return np.where(np.arange(self.order) > 0, np.argmax(self.multiply == 1, axis=1), 0)


def finite_field(order: int) -> FiniteField:
    """The field with a given number of elements.

    Args:
        order: a prime power up to 1,000.

    Returns:
        Its tables.

    Raises:
        Unsupported: if the number is not a prime power or too large.

    Source:
        Lidl and Niederreiter, Finite Fields (1997), theorem 2.5 and section 3.1 (primitive polynomials).

    Example:
        >>> GF4 = finite_field(4)
        >>> GF4.add[1].tolist(), GF4.multiply[2].tolist()       # 1 + 1 = 0 and x·x = x + 1
        ([1, 0, 3, 2], [0, 2, 3, 1])
    """
    factors = prime_power(order)
    if factors is None or order > MAX_FIELD:
        raise Unsupported(f"a finite field has p^k elements, p prime, here up to {MAX_FIELD}; got {order}")
    p, k = factors
    weights = p ** np.arange(k)
    digits = np.arange(order)[:, None] // weights % p
    add = ((digits[:, None] + digits) % p) @ weights
    powers = next(found for rule in product(range(p), repeat=k) if (found := _powers_of_x(rule, p)) is not None)
    numbers = np.array(powers) @ weights
    logarithm = np.zeros(order, dtype=np.int64)
    logarithm[numbers] = np.arange(order - 1)
    multiply = numbers[(logarithm[:, None] + logarithm) % (order - 1)]
    multiply[0] = multiply[:, 0] = 0
    return FiniteField(order, p, add, multiply, primitive=int(numbers[1 % (order - 1)]))


def prime_power(n: int) -> tuple[int, int] | None:
    """The prime p and exponent k >= 1 with n = p^k.

    Args:
        n: an integer up to about a million million; the prime is found by trial division up to a million.

    Returns:
        (p, k), or None if there is no such pair.

    Example:
        >>> prime_power(27), prime_power(7), prime_power(12)
        ((3, 3), (7, 1), None)
    """
    if n < 2:
        return None
    p = next((d for d in range(2, min(int(n**0.5), 10**6) + 1) if n % d == 0), n)
    k = 0
    while n % p == 0:
        n, k = n // p, k + 1
    return (p, k) if n == 1 else None


def _powers_of_x(rule: tuple[int, ...], p: int) -> list[tuple[int, ...]] | None:
    """The powers 1, x, x^2, .. with x^k = sum of rule[i] x^i, if they are all nonzero elements."""
    k = len(rule)
    one = tuple([1] + [0] * (k - 1))
    powers, power = [one], one
    for _ in range(p**k - 1):
        top, shifted = power[-1], (0, *power[:-1])
        power = tuple((s + top * r) % p for s, r in zip(shifted, rule, strict=True))
        if power == one:
            break
        powers.append(power)
    return powers if power == one and len(powers) == p**k - 1 else None
