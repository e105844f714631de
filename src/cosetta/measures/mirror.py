r"""The mirror law right(b) = -left(g b^-1), and the shared coset it names.

If the law holds for g, the pre-activation left(a) + right(b) vanishes whenever ab = g. It then holds for every g in one
set C, on which the correlation of right(b) with -left(g b^-1) is largest. For a coset neuron C = Hg = gK, and H is the
stabiliser {h : hC = C}. This route needs |G|^2 work a neuron and no subgroup lattice; the coset account holds it
against the lattice's answer. The correlation for all g at once is a convolution: sum_b left(g b^-1) right(b) = (left *
right)(g).
"""

import numpy as np
from jaxtyping import Bool, Float, Int

from cosetta.groups import Group
from cosetta.harmonics import Irrep, convolve

__all__ = ["left_stabilizer", "mirror_correlation", "mirror_of", "mirror_residual"]


def mirror_correlation(
    left: Float[np.ndarray, "neuron g"], right: Float[np.ndarray, "neuron g"], irreps: tuple[Irrep, ...]
) -> Float[np.ndarray, "neuron g"]:
    """Correlation of right(b) with -left(g b^-1), for every neuron and every g.

    Args:
        left: left functions.
        right: right functions.
        irreps: irreps of the group.

    Returns:
        Correlations in [-1, 1]; 0 where a function is constant.

    Source:
        This project; the law is section 4 of Stander et al. 2023 (arXiv:2312.06581).

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.harmonics import irreps
        >>> parity = np.array([[1.0, -1, -1, 1, 1, -1]])  # even elements of S3 first
        >>> mirror_correlation(parity, -parity, irreps(named_group("S3"))).round(6).tolist()
        [[1.0, -1.0, -1.0, 1.0, 1.0, -1.0]]
    """
    left, right = _centred(left), _centred(right)
    scale = np.linalg.norm(left, axis=1, keepdims=True) * np.linalg.norm(right, axis=1, keepdims=True)
    overlap = -convolve(left, right, irreps)
    return np.clip(np.divide(overlap, scale, out=np.zeros_like(overlap), where=scale > 0), -1, 1)


def mirror_of(left: Float[np.ndarray, "neuron g"], g: int, group: Group) -> Float[np.ndarray, "neuron g"]:
    """The right functions that the mirror law asks for: b -> -left(g b^-1).

    Args:
        left: left functions.
        g: element of the shared coset.
        group: the group.

    Returns:
        Right functions; `left(a) + mirror(b)` vanishes exactly when left(a) = left(g b^-1), so always when ab = g.
    """
    return -left[:, group.table[g, group.inverse]]


def mirror_residual(left: Float[np.ndarray, " g"], right: Float[np.ndarray, " g"], g: int, group: Group) -> float:
    """Share of the right function's variance that the mirror law leaves: Var(right(b) + left(g b^-1)) / Var(right).

    Unlike a correlation it also asks for equal scale.

    Args:
        left: left function.
        right: right function.
        g: element of the shared coset.
        group: the group.

    Returns:
        A value >= 0; 0 is an exact mirror.
    """
    return float((right - mirror_of(left[None], g, group)[0]).var() / right.var()) if right.var() > 0 else 0.0


def left_stabilizer(members: Bool[np.ndarray, " g"], group: Group) -> Int[np.ndarray, " h"]:
    """Elements h with hC = C: the subgroup H if C is a right coset Hg.

    Args:
        members: which elements lie in C; not empty.
        group: the group.

    Returns:
        The elements of the stabiliser, ascending.

    Example:
        >>> from cosetta.groups import named_group
        >>> left_stabilizer(np.array([False, True, False, False, True, False]), named_group("C6")).tolist()
        [0, 3]
    """
    inside = np.flatnonzero(members)
    candidates = group.table[inside, group.inverse[inside[0]]]  # h moves one element of C to another
    return np.sort(candidates[members[group.table[candidates[:, None], inside[None]]].all(axis=1)])


def _centred(f: Float[np.ndarray, "neuron g"]) -> Float[np.ndarray, "neuron g"]:
    return f - f.mean(axis=1, keepdims=True)
