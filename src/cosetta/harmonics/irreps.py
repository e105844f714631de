"""All real irreps of a group, by the route that fits it.

S_n held as permutations gets Young's orthogonal form with partitions as names, abelian groups get exact characters, and
any other group gets the numerical splitting of its regular representation. Whatever the route, `check_irreps` has the
last word.
"""

from cosetta.groups.group import Group
from cosetta.harmonics.abelian import abelian_irreps
from cosetta.harmonics.irrep import Irrep, check_irreps
from cosetta.harmonics.numerical import numerical_irreps
from cosetta.harmonics.young import symmetric_degree, young_irreps

__all__ = ["irreps"]


def irreps(group: Group) -> tuple[Irrep, ...]:
    """All irreducible real representations of a group, each once, trivial first.

    Args:
        group: any group. S_7 takes seconds and 203 MB; other groups take seconds up to order about 1,000.

    Returns:
        The irreps: by partition for S_n, else sorted and named by `classify`.

    Raises:
        NotARepresentation: if the matrices found do not multiply like the group to 1e-9.

    Source:
        See `young_irreps`, `abelian_irreps` and `numerical_irreps`.

    Example:
        >>> S4 = Group.from_permutations([(1, 0, 2, 3), (1, 2, 3, 0)], name="S4")
        >>> [irrep.name for irrep in irreps(S4)]
        ['(4)', '(3,1)', '(2,2)', '(2,1,1)', '(1^4)']
    """
    if symmetric_degree(group) is not None:
        found = young_irreps(group)
    elif group.is_abelian:
        found = abelian_irreps(group)
    else:
        return numerical_irreps(group)
    check_irreps(found, group)
    return found
