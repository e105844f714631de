r"""Fourier analysis on a finite group, over the reals.

$\hat f(\rho) = \sum_g f(g)\rho(g)$ and $f(g) = |G|^{-1}\sum_\rho (d_\rho/c_\rho)\operatorname{tr}(\rho(g)^T \hat
f(\rho))$, where d is the real dimension and c = 1, 2, 4 for real, complex, quaternionic type; Plancherel reads $\sum_g
f(g)^2 = |G|^{-1}\sum_\rho (d_\rho/c_\rho)\|\hat f(\rho)\|_F^2$. The last axis of `f` runs over G; axes before it are a
batch. Results are float64. A transform is one matrix product an irrep, $|G|^2$ multiplications a function in all when
every type is real; from torch, pass `tensor.numpy()` and wrap with `torch.from_numpy`. What coset invariance means for
$\hat f$ is in `invariants.py`.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float

from cosetta.groups import Group
from cosetta.harmonics.irrep import Irrep
from cosetta.harmonics.irreps import irreps as all_irreps

__all__ = ["autocorrelation", "convolve", "fourier", "inverse_fourier", "isotypic_projection", "power"]


def fourier(f: Float[np.ndarray, "... g"], irreps: Sequence[Irrep] | Group) -> tuple[Float[np.ndarray, "... _ _"], ...]:
    r"""Fourier transform $\hat f(\rho) = \sum_g f(g)\rho(g)$.

    Args:
        f: functions on G.
        irreps: which irreps to transform to, all of one group; a group stands for all of its irreps.

    Returns:
        One array of matrices an irrep, in the order of `irreps`.

    Raises:
        ValueError: if the last axis of `f` is not as long as the group.

    Source:
        Serre 1977, section 6.2; Diaconis, Group Representations in Probability and Statistics (1988), chapter 2.

    Example:
        The transform of the indicator of the identity is the identity matrix.

        >>> flip = (Irrep("trivial", np.ones((2, 1, 1)), 1), Irrep("sign", np.array([[[1.0]], [[-1.0]]]), 1))
        >>> fourier(np.array([1.0, 0.0]), flip)
        (array([[1.]]), array([[1.]]))
    """
    f = np.asarray(f, dtype=np.float64)
    return tuple(_transform(f, irrep) for irrep in _listed(irreps))


def inverse_fourier(
    fhat: Sequence[Float[np.ndarray, "... _ _"]], irreps: Sequence[Irrep] | Group
) -> Float[np.ndarray, "... g"]:
    r"""Function with a given transform.

    $f(g) = |G|^{-1}\sum_\rho (d_\rho/c_\rho)\operatorname{tr}(\rho(g)^T\hat f(\rho))$.
    Leaving irreps out of both lists gives the projection of f to those kept.

    Args:
        fhat: one array of matrices an irrep.
        irreps: the irreps, in the same order; a group stands for all of its irreps.

    Returns:
        Functions on G.

    Raises:
        ValueError: if the two lists do not match in length.

    Source:
        Serre 1977, section 6.2.

    Example:
        >>> flip = (Irrep("trivial", np.ones((2, 1, 1)), 1), Irrep("sign", np.array([[[1.0]], [[-1.0]]]), 1))
        >>> inverse_fourier(fourier(np.array([5.0, 3.0]), flip), flip)
        array([5., 3.])
    """
    irreps = _listed(irreps)
    if len(fhat) != len(irreps) or not irreps:
        raise ValueError(
            f"`fhat` must have one array for each of at least one irrep; got {len(fhat)} for {len(irreps)}"
        )
    return np.sum([_synthesise(matrices, irrep) for matrices, irrep in zip(fhat, irreps, strict=True)], axis=0)


def _listed(irreps: Sequence[Irrep] | Group) -> Sequence[Irrep]:
    """The irreps themselves, or all of a group."""
    return all_irreps(irreps) if isinstance(irreps, Group) else irreps


def power(f: Float[np.ndarray, "... g"], irreps: Sequence[Irrep] | Group) -> Float[np.ndarray, "... irrep"]:
    r"""Share of $\sum_g f(g)^2$ that lies in each irrep: $(d/c)\,\|\hat f(\rho)\|_F^2 / (|G| \sum_g f(g)^2)$.

    Subtract the mean of f first to leave the trivial irrep out.

    Args:
        f: functions on G.
        irreps: the irreps; a group stands for all of its irreps.

    Returns:
        Shares in [0, 1], which sum to 1 over all irreps; all 0 where f = 0.

    Raises:
        ValueError: if the last axis of `f` is not as long as the group.

    Source:
        Stander et al. 2024 (arXiv:2312.06581).

    Example:
        >>> flip = (Irrep("trivial", np.ones((2, 1, 1)), 1), Irrep("sign", np.array([[[1.0]], [[-1.0]]]), 1))
        >>> power(np.array([3.0, 1.0]), flip)
        array([0.8, 0.2])
    """
    f, irreps = np.asarray(f, dtype=np.float64), _listed(irreps)
    energies = [
        irrep.weight * (matrices**2).sum(axis=(-2, -1))
        for irrep, matrices in zip(irreps, fourier(f, irreps), strict=True)
    ]
    total = f.shape[-1] * (f**2).sum(axis=-1, keepdims=True)
    return np.divide(np.stack(energies, axis=-1), total, out=np.zeros((*f.shape[:-1], len(irreps))), where=total > 0)


def isotypic_projection(f: Float[np.ndarray, "... g"], irrep: Irrep) -> Float[np.ndarray, "... g"]:
    r"""Part of f in one irrep: $f_\rho(g) = |G|^{-1} (d/c) \operatorname{tr}(\rho(g)^T \hat f(\rho))$.

    Args:
        f: functions on G.
        irrep: the irrep.

    Returns:
        Orthogonal projections; over all irreps they sum to f.

    Raises:
        ValueError: if the last axis of `f` is not as long as the group.

    Source:
        Serre 1977, section 2.6.

    Example:
        >>> sign = Irrep("sign", np.array([[[1.0]], [[-1.0]]]), 1)
        >>> isotypic_projection(np.array([3.0, 1.0]), sign)
        array([ 1., -1.])
    """
    return _synthesise(_transform(np.asarray(f, dtype=np.float64), irrep), irrep)


def convolve(
    f: Float[np.ndarray, "... g"], h: Float[np.ndarray, "... g"], irreps: Sequence[Irrep] | Group
) -> Float[np.ndarray, "... g"]:
    r"""Convolution $(f * h)(x) = \sum_{ab = x} f(a) h(b)$, through $\widehat{f * h} = \hat f\,\hat h$.

    The mirror law of coset neurons is a peak of it: with X = convolve(left, right), $X(g) = \sum_b left(g b^{-1})
    right(b)$.

    Args:
        f: functions on G, the left factors.
        h: functions on G, the right factors, with the same batch axes.
        irreps: all irreps of G.

    Returns:
        Functions on G.

    Raises:
        ValueError: if the last axis of `f` or `h` is not as long as the group.

    Source:
        Diaconis 1988, chapter 2A.

    Example:
        >>> flip = (Irrep("trivial", np.ones((2, 1, 1)), 1), Irrep("sign", np.array([[[1.0]], [[-1.0]]]), 1))
        >>> convolve(np.array([0.0, 1.0]), np.array([2.0, 5.0]), flip)
        array([5., 2.])
    """
    pairs = zip(fourier(f, irreps), fourier(h, irreps), strict=True)
    return inverse_fourier([left @ right for left, right in pairs], irreps)


def autocorrelation(
    f: Float[np.ndarray, "... g"], irreps: Sequence[Irrep] | Group, side: Literal["left", "right"] = "left"
) -> Float[np.ndarray, "... g"]:
    r"""Autocorrelation $A(h) = \sum_g f(g) f(gh)$ (side "left") or $\sum_g f(g) f(hg)$ (side "right").

    One transform serves every subgroup at once: the energy of the coset means of f, $\sum_g \bar f(g)^2$ with $\bar f$
    the mean over the coset of g on that side, is $|H|^{-1}\sum_{h \in H} A(h)$. It is $A(e) = \sum_g f(g)^2$ exactly
    when f is constant on those cosets (left aH, right Ha).

    Args:
        f: functions on G.
        irreps: all irreps of G.
        side: whose cosets are meant; "left" multiplies by h on the right, as left cosets aH do.

    Returns:
        Functions of h on G.

    Raises:
        ValueError: if `side` is neither, or the last axis of `f` is not as long as the group.

    Source:
        This project; it is the convolution theorem for $f^*(g) = f(g^{-1})$, whose transform is $\hat f^T$.

    Example:
        >>> flip = (Irrep("trivial", np.ones((2, 1, 1)), 1), Irrep("sign", np.array([[[1.0]], [[-1.0]]]), 1))
        >>> autocorrelation(np.array([3.0, 1.0]), flip)
        array([10.,  6.])
    """
    if side not in ("left", "right"):
        raise ValueError(f"`side` must be 'left' or 'right', not {side!r}")
    fhat = fourier(f, irreps)
    transposed = [np.swapaxes(matrices, -2, -1) for matrices in fhat]
    pairs = zip(transposed, fhat, strict=True) if side == "left" else zip(fhat, transposed, strict=True)
    return inverse_fourier([first @ second for first, second in pairs], irreps)


def _transform(f: np.ndarray, irrep: Irrep) -> np.ndarray:
    order, dim = irrep.matrices.shape[:2]
    if f.ndim == 0 or f.shape[-1] != order:
        arrived = f"{f.shape[-1]} values on its last axis" if f.ndim else "no axis"
        raise ValueError(f"`f` has {arrived}; the group of irrep {irrep.name} has order {order}")
    flat = f.reshape(-1, order) @ irrep.matrices.reshape(order, dim * dim)
    return flat.reshape(*f.shape[:-1], dim, dim)


def _synthesise(fhat: np.ndarray, irrep: Irrep) -> np.ndarray:
    """The term of one irrep in the inversion formula."""
    order, dim = irrep.matrices.shape[:2]
    flat = fhat.reshape(-1, dim * dim) @ irrep.matrices.reshape(order, dim * dim).T
    return flat.reshape(*fhat.shape[:-2], order) * (irrep.weight / order)
