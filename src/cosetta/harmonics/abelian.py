r"""Irreps of abelian groups, from exact integer exponents.

A complex character of an abelian group of exponent e is $\chi(g) = \exp(2\pi i\,\theta(g)/e)$ with a homomorphism
$\theta: G \to \mathbb{Z}/e$. The $\theta$ are built up one generator at a time: a character of A extends to $\langle A,
g\rangle$ in exactly m ways, where m is the least power with $g^m \in A$. Real irreps are $\cos$ alone when $\theta =
-\theta$ (dimension 1), else rotations by $2\pi\theta/e$, one a pair $\pm\theta$ (dimension 2, complex type).
"""

import numpy as np
from jaxtyping import Int

from cosetta.errors import Unsupported
from cosetta.groups.group import Group
from cosetta.harmonics.irrep import Irrep, classify

__all__ = ["abelian_irreps", "character_exponents"]


def character_exponents(group: Group) -> tuple[Int[np.ndarray, "character g"], int]:
    r"""Exponents of all complex characters of an abelian group.

    Args:
        group: an abelian group.

    Returns:
        Integers $\theta$ in 0 .. e-1, one row a character, and the exponent e; $\chi = \exp(2\pi i\,\theta/e)$.

    Raises:
        Unsupported: if the group is not abelian.

    Example:
        >>> theta, exponent = character_exponents(Group(np.array([[0, 1, 2], [1, 2, 0], [2, 0, 1]])))
        >>> theta.tolist(), exponent
        ([[0, 0, 0], [0, 1, 2], [0, 2, 1]], 3)
    """
    if not group.is_abelian:
        raise Unsupported(f"all irreps are characters only for abelian groups; {group.name} is not abelian")
    exponent = int(np.lcm.reduce(group.element_orders))
    members, theta = np.array([0]), np.zeros((1, 1), dtype=np.int64)
    for generator in group.generators:
        powers = _powers_outside(group, generator, members)
        m, landing = len(powers), int(group.table[powers[-1], generator])
        root = theta[:, members == landing] // m  # theta(g^m) is divisible by m, or the character would not extend
        choices = (root + np.arange(m) * (exponent // m)).reshape(-1, 1, 1)  # theta(g), m choices a character of A
        old = np.repeat(theta, m, axis=0)[:, None, :]
        theta = ((old + np.arange(m)[:, None] * choices) % exponent).reshape(len(choices), -1)
        members = group.table[powers][:, members].ravel()
    return theta[:, np.argsort(members)], exponent


def abelian_irreps(group: Group) -> tuple[Irrep, ...]:
    """Irreps of an abelian group: one- and two-dimensional.

    Args:
        group: an abelian group.

    Returns:
        The irreps, sorted and named by `classify`.

    Raises:
        Unsupported: if the group is not abelian.

    Example:
        >>> C3 = Group(np.array([[0, 1, 2], [1, 2, 0], [2, 0, 1]]))
        >>> abelian_irreps(C3)
        (Irrep('trivial', dim=1, real), Irrep('2a-complex', dim=2, complex))
    """
    theta, exponent = character_exponents(group)
    representations = []
    for row in theta:
        conjugate = -row % exponent
        if (row == conjugate).all():
            representations.append((1.0 - 2.0 * (row > 0)).reshape(-1, 1, 1))
        elif row.tolist() < conjugate.tolist():
            angle = 2 * np.pi * row / exponent
            cos, sin = np.cos(angle), np.sin(angle)
            representations.append(np.stack([cos, -sin, sin, cos], axis=-1).reshape(-1, 2, 2))
    return classify(group, representations)


def _powers_outside(group: Group, generator: int, members: np.ndarray) -> np.ndarray:
    """Powers e, g, ..., g^(m-1), where g^m is the first in the subgroup."""
    powers, inside = [0], set(members.tolist())
    while (power := int(group.table[powers[-1], generator])) not in inside:
        powers.append(power)
    return np.array(powers)
