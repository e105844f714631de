"""Prime factors of the orders that occur here."""

from functools import cache

__all__ = ["is_prime", "prime_factors"]

LARGEST_DIVISOR = 10_000
"""Divisors above the largest order of a group are not looked for; what is left then counts as one factor."""


@cache
def prime_factors(n: int) -> tuple[int, ...]:
    """Prime factors with multiplicity, ascending.

    Args:
        n: an integer; trial division stops where a group of that order would be too large anyway.

    Returns:
        The factors; none for n < 2.

    Example:
        >>> prime_factors(360)
        (2, 2, 2, 3, 3, 5)
    """
    factors, p = [], 2
    while p * p <= n and p <= LARGEST_DIVISOR:
        while n % p == 0:
            factors.append(p)
            n //= p
        p += 1
    return (*factors, n) if n > 1 else tuple(factors)


def is_prime(n: int) -> bool:
    """Whether n is prime, as far as divisors up to 10,000 tell.

    Args:
        n: an integer.

    Returns:
        Whether it has no other divisor.

    Example:
        >>> [n for n in range(12) if is_prime(n)]
        [2, 3, 5, 7, 11]
    """
    return prime_factors(n) == (n,)
