r"""How far a function on G is from constant on the cosets of a subgroup.

`coset_variance_fraction` is E[Var(f | coset)] / Var f, in [0, 1], 0 = constant on cosets. Left cosets are aH, right
cosets Ha. For all subgroups at once it needs no cosets: with the autocorrelation A(h) = sum_g f(g) f(gh) of the
centred function, the variance explained by the left cosets of H is the mean of A over H, divided by A(e). (The
projection onto functions constant on left cosets is f -> |H|^-1 sum_h f(. h), which is symmetric and idempotent.)
Right cosets use f(hg).
"""

from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from cosetta.groups import Subgroup, SubgroupLattice
from cosetta.groups import cosets as coset_numbers
from cosetta.harmonics import Irrep, autocorrelation

__all__ = ["coset_means", "coset_variance_fraction", "coset_variance_fractions", "stander2024_concentration"]

Side = Literal["left", "right"]


def coset_variance_fraction(
    f: Float[np.ndarray, "... g"], cosets: Int[np.ndarray, " g"] | Subgroup, side: Side = "left"
) -> Float[np.ndarray, "..."]:
    r"""Fraction of a function's variance that remains inside cosets.

    $\mathbb{E}[\operatorname{Var}(f \mid \text{coset})] / \operatorname{Var}(f)$ with population variances; 0 means
    constant on every coset, 1 that every coset has the same mean. A constant function gives 0.

    Args:
        f: functions on G in any real unit; the result has none.
        cosets: coset number of each element, from `cosets(H, side=...)`; or the subgroup H itself.
        side: which cosets of H are meant, aH on the left or Ha on the right; with coset numbers it says nothing.

    Returns:
        Values in [0, 1], one a function.

    Raises:
        ValueError: if `cosets` does not number every element of G.

    Source:
        Wu et al. 2024 (arXiv:2410.07476); Stander et al. 2023 (arXiv:2312.06581) normalise differently, see
        `stander2024_concentration`.

    Example:
        >>> sixth = np.array([0, 1, 2, 0, 1, 2])  # cosets of {0, 3} in Z_6
        >>> float(coset_variance_fraction(np.array([5.0, 1, 2, 5, 1, 2]), sixth))
        0.0
        >>> float(coset_variance_fraction(np.array([0.0, 0, 0, 1, 1, 1]), sixth))
        1.0
    """
    numbers = coset_numbers(cosets, side) if isinstance(cosets, Subgroup) else cosets
    within = f - _coset_means(f, numbers)[..., numbers]
    total = f.var(axis=-1)
    return np.divide(within.var(axis=-1), total, out=np.zeros_like(total), where=total > 0)


def coset_means(f: Float[np.ndarray, " g"], parts: Int[np.ndarray, " g"]) -> Float[np.ndarray, " g"]:
    """A function with each value replaced by the mean over its part.

    Args:
        f: a function on G.
        parts: number of the part of each element, such as its coset.

    Returns:
        A function that is constant on the parts.

    Example:
        >>> coset_means(np.array([0.0, 2.0, 5.0]), np.array([0, 0, 1])).tolist()
        [1.0, 1.0, 5.0]
    """
    return (np.bincount(parts, weights=f) / np.bincount(parts))[parts]


def stander2024_concentration(f: Float[np.ndarray, "... g"], cosets: Int[np.ndarray, " g"]) -> Float[np.ndarray, "..."]:
    r"""The paper's C_H: sum over cosets of the sample variance inside, over the sample variance of f.

    A random function has about [G:H], so values of different subgroups are not comparable. Offered for comparison
    with the paper; everything else uses `coset_variance_fraction`.

    Args:
        f: functions on G in any real unit.
        cosets: coset number of each element; every coset must have the same size, at least 2.

    Returns:
        Values >= 0, one a function; 0 means constant on every coset.

    Raises:
        ValueError: if `cosets` does not number every element of G, or the cosets are single elements.

    Source:
        Stander et al. 2023 (arXiv:2312.06581), section 5.

    Example:
        >>> float(stander2024_concentration(np.array([0.0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 0, 1, 2])))
        5.0
    """
    means = _coset_means(f, cosets)
    size = np.bincount(cosets)[0]
    if size < 2:
        raise ValueError(
            "the sample variance needs cosets of two or more elements; the trivial subgroup has cosets of one"
        )
    inside = ((f - means[..., cosets]) ** 2).sum(axis=-1) / (size - 1)
    total = f.var(axis=-1, ddof=1)
    return np.divide(inside, total, out=np.zeros_like(total), where=total > 0)


def coset_variance_fractions(
    f: Float[np.ndarray, "function g"], lattice: SubgroupLattice, irreps: tuple[Irrep, ...], side: Side
) -> Float[np.ndarray, "function subgroup"]:
    """`coset_variance_fraction` of every function for the cosets of every subgroup, at once.

    Cost: one Fourier transform and one product of the autocorrelations with the subgroups' membership matrix.

    Args:
        f: functions on G in any real unit.
        lattice: all subgroups of the group.
        irreps: its irreps.
        side: `left` for cosets aH, `right` for cosets Ha.

    Returns:
        Values in [0, 1], one a function and subgroup; 0 for constant functions.

    Source:
        This project: the mean of the autocorrelation over H is the variance explained by H.

    Example:
        >>> from cosetta.groups import named_group, subgroup_lattice
        >>> from cosetta.harmonics import irreps
        >>> G = named_group("S3")
        >>> parity = np.array([[1.0, -1, -1, 1, 1, -1]])
        >>> lattice = subgroup_lattice(G)
        >>> coset_variance_fractions(parity, lattice, irreps(G), "left").round(6)[0, lattice.orders == 3].tolist()
        [0.0]
    """
    f = f.astype(np.float64) - f.mean(axis=-1, keepdims=True)
    correlation = autocorrelation(f, irreps, side=side)
    total = correlation[:, :1]  # A(e) = |f|^2
    explained = correlation @ (lattice.members.T / lattice.orders)
    share = np.divide(
        explained, total, out=np.ones_like(explained), where=total > _FLOOR * (f.shape[-1] + total.max(initial=0.0))
    )
    return np.clip(1 - share, 0, 1)


_FLOOR = 1e-30
"""Variance below this, relative to the largest function, is a constant function."""


def _coset_means(f: Float[np.ndarray, "... g"], cosets: Int[np.ndarray, " g"]) -> Float[np.ndarray, "... coset"]:
    if cosets.shape != f.shape[-1:]:
        raise ValueError(f"`cosets` must number each of {f.shape[-1]} elements; got shape {cosets.shape}")
    indicator = np.equal.outer(cosets, np.arange(cosets.max() + 1)).astype(f.dtype)
    return f @ (indicator / indicator.sum(axis=0))
