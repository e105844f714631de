r"""Abelian groups up to isomorphism: invariant factors, and how many subgroups there are.

Of an abelian p-group of type $\lambda$ (a product of cyclic groups of order $p^{\lambda_i}$) the number of subgroups of
type $\mu$ is $\prod_i p^{\mu'_{i+1}(\lambda'_i - \mu'_i)} \binom{\lambda'_i - \mu'_{i+1}}{\mu'_i - \mu'_{i+1}}_p$, with
conjugate partitions and Gaussian binomials; a group has the product over its primes.
"""

from collections import Counter
from math import prod

import numpy as np
from jaxtyping import Int

from cosetta.groups.cayley import power
from cosetta.groups.group import Subgroup
from cosetta.groups.integers import prime_factors
from cosetta.groups.subgroups import transversal

__all__ = ["abelian_subgroups", "invariant_factors", "quotient_factors"]


def invariant_factors(element_orders: Int[np.ndarray, " g"]) -> tuple[int, ...]:
    """Invariant factors of an abelian group, from the orders of its elements.

    Args:
        element_orders: order of each element.

    Returns:
        Numbers above 1, each a multiple of the next, whose product is the order of the group.

    Example:
        >>> invariant_factors(np.array([1, 2, 2, 2])), invariant_factors(np.array([1, 6, 3, 2, 3, 6]))
        ((2, 2), (6,))
    """
    order, invariants = len(element_orders), []
    for p in dict.fromkeys(prime_factors(order)):
        power, parts, before = p, [], 1
        while (count := int(np.count_nonzero(power % element_orders == 0))) > before:
            rank = round(np.log(count / before) / np.log(p))  # number of cyclic factors of order at least `power`
            parts = [*(q * p for q in parts[:rank]), *parts[rank:]] if parts else [p] * rank
            before, power = count, power * p
        invariants.append(parts)
    longest = max(map(len, invariants), default=0)
    return tuple(prod(parts[i] for parts in invariants if i < len(parts)) for i in range(longest))


def quotient_factors(N: Subgroup) -> tuple[int, ...]:
    """Invariant factors of G/N, from the least power of each coset that lies in N.

    Args:
        N: a normal subgroup that contains all commutators.

    Returns:
        Invariant factors of the quotient.

    Example:
        >>> from cosetta.groups.group import Group
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> quotient_factors(S3.subgroup([3]))
        (2,)
    """
    representatives, orders = transversal(N), np.ones(N.index, dtype=np.int64)
    for p, exponent in Counter(prime_factors(N.index)).items():
        part = power(N.group.table, representatives, N.index // p**exponent)
        while (outside := ~N.members[part]).any():
            orders[outside] *= p
            part = power(N.group.table, part, p)
    return invariant_factors(orders)


def abelian_subgroups(factors: tuple[int, ...]) -> int:
    """Number of subgroups of a product of cyclic groups.

    Args:
        factors: orders of the cyclic groups.

    Returns:
        The number, however large.

    Source:
        Macdonald, Symmetric Functions and Hall Polynomials (1995), chapter II; the count goes back to Birkhoff,
        Proc. London Math. Soc. 38 (1935).

    Example:
        >>> abelian_subgroups((2, 2)), abelian_subgroups((12,)), abelian_subgroups((2,) * 7)
        (5, 6, 29212)
    """
    primes = {p for n in factors for p in prime_factors(n)}
    return prod(_p_subgroups(p, [prime_factors(n).count(p) for n in factors]) for p in primes)


def _p_subgroups(p: int, exponents: list[int]) -> int:
    """Sum over types mu inside lambda, column by column from the last: counts by the length of the column."""
    columns = [sum(exponent > i for exponent in exponents) for i in range(max(exponents))]
    counts = {0: 1}
    for length in reversed(columns):
        counts = {
            new: sum(
                count * p ** (old * (length - new)) * _gaussian(length - old, new - old, p)
                for old, count in counts.items()
                if old <= new
            )
            for new in range(length + 1)
        }
    return sum(counts.values())


def _gaussian(n: int, k: int, q: int) -> int:
    """Gaussian binomial: subspaces of dimension k of a space of dimension n over GF(q)."""
    above, below = prod(q ** (n - i) - 1 for i in range(k)), prod(q ** (i + 1) - 1 for i in range(k))
    return above // below
