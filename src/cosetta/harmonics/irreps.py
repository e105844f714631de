"""All real irreps of a group, by the route that fits it.

S_n held as permutations gets Young's orthogonal form with partitions as names, and abelian groups get exact
characters. Any other group gets a numerical splitting: of its regular representation up to order 200, of functions on
cosets beyond. Whatever the route, `check_irreps` has the last word.
"""

from cosetta.groups.group import Group
from cosetta.harmonics.abelian import abelian_irreps
from cosetta.harmonics.coset_spaces import coset_space_irreps
from cosetta.harmonics.irrep import Irrep, check_irreps
from cosetta.harmonics.numerical import numerical_irreps
from cosetta.harmonics.young import symmetric_degree, young_irreps

__all__ = ["irreps"]

REGULAR_UP_TO = 200
"""Largest order at which the regular representation is split; the matrices of both routes are equally exact."""


def irreps(group: Group) -> tuple[Irrep, ...]:
    """All irreducible real representations of a group, each once, trivial first.

    Args:
        group: any group. A_7 takes 0.4 s, S_7 seconds and 203 MB, M_11 10 s and 1.3 GB; see docs/groups.md.

    Returns:
        The irreps: by partition for S_n, else sorted and named by `classify`.

    Raises:
        NotARepresentation: if the matrices found do not multiply like the group to 1e-9.
        Unsupported: if a group of order above 3,000 has an irrep that only very large spaces contain.

    Source:
        See `young_irreps`, `abelian_irreps`, `numerical_irreps` and `coset_space_irreps`.

    Example:
        >>> S4 = Group.from_permutations([(1, 0, 2, 3), (1, 2, 3, 0)], name="S4")
        >>> [irrep.name for irrep in irreps(S4)]
        ['(4)', '(3,1)', '(2,2)', '(2,1,1)', '(1^4)']
    """
    if symmetric_degree(group) is not None:
        found = young_irreps(group)
    elif group.is_abelian:
        found = abelian_irreps(group)
    elif group.order <= REGULAR_UP_TO:
        return numerical_irreps(group)
    else:
        return coset_space_irreps(group)
    check_irreps(found, group)
    return found
