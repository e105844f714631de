r"""Vectors of an irrep that a subgroup fixes, and what they say about cosets.

$P_H = |H|^{-1}\sum_{h \in H}\rho(h)$ projects onto the vectors fixed by H; their number is $m_\rho = \operatorname{tr}
P_H$. A function f is constant on left cosets aH if and only if $\hat f(\rho) P_H = \hat f(\rho)$ for every irrep, and
constant on right cosets Ha if and only if $P_H \hat f(\rho) = \hat f(\rho)$. So $\rho$ occurs in functions on G/H
exactly when $m_\rho > 0$. Finding such functions in trained networks is not done here.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from cosetta.groups.group import Subgroup
from cosetta.harmonics.irrep import Irrep

__all__ = ["fixed_projection", "fixed_space_dimension", "indicator_shares"]


def fixed_projection(irrep: Irrep, H: Subgroup) -> Float[np.ndarray, "d d"]:
    r"""Orthogonal projection $P_H = |H|^{-1}\sum_{h \in H}\rho(h)$ onto the vectors that H fixes.

    Args:
        irrep: an irrep of the group.
        H: a subgroup.

    Returns:
        A symmetric idempotent matrix; the identity for the trivial subgroup.

    Raises:
        ValueError: if the irrep belongs to a group of another order.

    Source:
        Serre 1977, section 2.6, for the trivial character of H.

    Example:
        >>> from cosetta.groups.group import Group
        >>> C2 = Group(np.array([[0, 1], [1, 0]]))
        >>> sign = Irrep("sign", np.array([[[1.0]], [[-1.0]]]), 1)
        >>> fixed_projection(sign, C2.subgroup([1])), fixed_projection(sign, C2.subgroup([]))
        (array([[0.]]), array([[1.]]))
    """
    _check_order(irrep, H)
    return irrep.matrices[H.elements].mean(axis=0)


def fixed_space_dimension(irrep: Irrep, H: Subgroup) -> int:
    r"""Dimension over the reals of the vectors that H fixes: $m = |H|^{-1}\sum_{h \in H}\chi(h)$.

    For complex and quaternionic type it is a multiple of 2 and of 4.

    Args:
        irrep: an irrep of the group.
        H: a subgroup.

    Returns:
        An integer from 0 to the dimension of the irrep.

    Raises:
        ValueError: if the irrep belongs to a group of another order.

    Source:
        Serre 1977, section 2.3.

    Example:
        >>> from cosetta.groups.group import Group
        >>> C2 = Group(np.array([[0, 1], [1, 0]]))
        >>> fixed_space_dimension(Irrep("sign", np.array([[[1.0]], [[-1.0]]]), 1), C2.subgroup([1]))
        0
    """
    _check_order(irrep, H)
    return round(float(irrep.character[H.elements].mean()))


def indicator_shares(H: Subgroup, irreps: Sequence[Irrep]) -> Float[np.ndarray, " irrep"]:
    r"""Irrep content of the centred indicator function of H.

    It is $(d/c)\,m_\rho / ([G:H] - 1)$, and 0 for the trivial irrep.
    The transform of the indicator is $|H| P_H$, so its power in $\rho$ is $(d/c)\,m_\rho |H| / |G|$; the trivial irrep
    takes $|H|/|G|$, which centring removes. With $[G:H] = \sum_\rho (d/c) m_\rho$ the rest sums to 1.

    Args:
        H: a subgroup.
        irreps: all irreps of its group.

    Returns:
        Shares in [0, 1] that sum to 1, in the order of `irreps`; all 0 when H is the whole group.

    Raises:
        ValueError: if an irrep belongs to a group of another order.

    Source:
        Stander et al. 2024 (arXiv:2312.06581), table 5 (three rows of which are misprinted); the weight c is this
        project's.

    Example:
        >>> from cosetta.groups.group import Group
        >>> from cosetta.harmonics.irreps import irreps
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> indicator_shares(S3.subgroup([1]), irreps(S3))       # a transposition: only (2,1) beside the trivial irrep
        array([0., 1., 0.])
    """
    if H.index == 1:
        return np.zeros(len(irreps))
    shares = [irrep.weight * fixed_space_dimension(irrep, H) / (H.index - 1) for irrep in irreps]
    is_trivial = [irrep.dim == 1 and bool((irrep.character > 0.5).all()) for irrep in irreps]
    return np.where(is_trivial, 0.0, shares)


def _check_order(irrep: Irrep, H: Subgroup) -> None:
    order = irrep.matrices.shape[0]
    if order != H.group.order:
        raise ValueError(
            f"`irrep` {irrep.name} is of a group of order {order}; H lies in {H.group.name} of order {H.group.order}"
        )
