r"""The rank of a function in an irrep, and its part of rank one.

The part of f in the irrep rho is $x \mapsto |G|^{-1}(d/c)\operatorname{tr}(\rho(x)^T\hat f(\rho))$. If $\hat f(\rho)$
has one singular pair it is $u^T\rho(x)v$: that is what trained neurons are. Over the reals $\hat f$ commutes with the
commutant of rho, so its singular values come c = 1, 2 or 4 at a time for real, complex and quaternionic type, and c of
them are one unit. *Rank share* is the share of $\|\hat f(\rho)\|^2$ that the first unit holds.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float

from cosetta.harmonics import Irrep, fourier, inverse_fourier
from cosetta.shown import short_repr

__all__ = ["RankOne", "rank_one"]


@final
@dataclass(frozen=True, eq=False)
class RankOne:
    """The parts of rank one of some functions in one irrep: part(x) = scale * u^T rho(x) v for real type.

    For complex and quaternionic type the part is the sum over one unit of 2 or 4 singular pairs, and u, v are the first
    of them, determined up to the commutant.

    Args:
        part: values of the part.
        share: share of the function's power in the irrep that it holds, in [0, 1]; 0 for a function without power.
        u: first left singular vector of the Fourier coefficient.
        v: first right singular vector.
        scale: what u^T rho(x) v is multiplied by.
    """

    part: Float[np.ndarray, "function g"]
    share: Float[np.ndarray, " function"]
    u: Float[np.ndarray, "function d"]
    v: Float[np.ndarray, "function d"]
    scale: Float[np.ndarray, " function"]
    __repr__ = short_repr


def rank_one(f: Float[np.ndarray, "function g"], irrep: Irrep) -> RankOne:
    """The parts of rank one of functions in an irrep.

    Args:
        f: functions on G.
        irrep: the irrep.

    Returns:
        Their parts.

    Raises:
        ValueError: if the last axis of `f` is not as long as the group.

    Source:
        Eckart, Young 1936 for the best approximation; the unit of 1, 2 or 4 is this project's reading of Serre 1977,
        section 13.2.

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.harmonics import irreps
        >>> standard = irreps(named_group("S3"))[1]
        >>> u, v = np.array([0.6, 0.8]), np.array([1.0, 0.0])
        >>> f = u @ standard.matrices @ v
        >>> found = rank_one(f[None], standard)
        >>> bool(np.allclose(found.part, f)), found.share.round(6).tolist()
        (True, [1.0])
    """
    (coefficients,) = fourier(f, (irrep,))
    left, values, right = np.linalg.svd(coefficients)
    unit = irrep.endomorphism_dim
    first = np.einsum("fdk,fk,fke->fde", left[..., :unit], values[..., :unit], right[..., :unit, :])
    energy = (values**2).sum(axis=-1)
    share = np.divide((values[..., :unit] ** 2).sum(axis=-1), energy, out=np.zeros_like(energy), where=energy > 0)
    order = len(irrep.matrices)
    return RankOne(
        inverse_fourier((first,), (irrep,)),
        share,
        left[..., 0],
        right[..., 0, :],
        values[..., 0] * irrep.dim / order,
    )
