r"""Series of subgroups: derived and lower central, and what they decide.

$G^{(0)} = G$, $G^{(i+1)} = [G^{(i)}, G^{(i)}]$ descends to 1 exactly when G is solvable, and then is a subnormal series
with abelian factors. $\gamma_1 = G$, $\gamma_{i+1} = [\gamma_i, G]$ descends to 1 exactly when G is nilpotent, after as
many steps as its class says.
"""

import numpy as np

from cosetta.groups.group import Group, Subgroup, conjugates

__all__ = ["commutator_subgroup", "derived_series", "lower_central_series", "nilpotency_class"]


def commutator_subgroup(H: Subgroup, K: Subgroup) -> Subgroup:
    """The subgroup [H, K] that the commutators of two normal subgroups generate.

    Args:
        H: a normal subgroup.
        K: a normal subgroup of the same group.

    Returns:
        [H, K], which is normal: the normal closure of the commutators of generators.

    Example:
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> whole = S3.subgroup(S3.generators)
        >>> commutator_subgroup(whole, whole).order
        3
    """
    group = H.group
    a, b = np.meshgrid(np.array(H.generators or (0,)), np.array(K.generators or (0,)))
    found = np.unique(group.table[group.table[a, b], group.inverse[group.table[b, a]]])
    by = np.array(group.generators or (0,))
    while True:
        closed = group.subgroup(found.tolist())
        moved = np.unique(conjugates(group, found, by))
        if closed.members[moved].all():
            return closed
        found = np.concatenate([found, moved[~closed.members[moved]]])


def derived_series(group: Group) -> tuple[Subgroup, ...]:
    """G, its derived subgroup, the derived subgroup of that, until it stays the same.

    Args:
        group: the group.

    Returns:
        The series; the last subgroup is trivial exactly when the group is solvable, and perfect otherwise.

    Example:
        >>> S4 = Group.from_permutations([(1, 0, 2, 3), (1, 2, 3, 0)], name="S4")
        >>> [H.order for H in derived_series(S4)]
        [24, 12, 4, 1]
    """
    series = [group.subgroup(group.generators)]
    while (following := commutator_subgroup(series[-1], series[-1])).order < series[-1].order:
        series.append(following)
    return tuple(series)


def lower_central_series(group: Group) -> tuple[Subgroup, ...]:
    """G, [G, G], [[G, G], G], until it stays the same.

    Args:
        group: the group.

    Returns:
        The series; the last subgroup is trivial exactly when the group is nilpotent.

    Example:
        >>> D8 = Group.from_permutations([(1, 2, 3, 0), (0, 3, 2, 1)], name="D8")
        >>> [H.order for H in lower_central_series(D8)]
        [8, 2, 1]
    """
    whole = group.subgroup(group.generators)
    series = [whole]
    while (following := commutator_subgroup(series[-1], whole)).order < series[-1].order:
        series.append(following)
    return tuple(series)


def nilpotency_class(group: Group) -> int | None:
    """Length of the lower central series of a nilpotent group.

    Args:
        group: the group.

    Returns:
        0 for the trivial group, 1 for other abelian groups; None if the group is not nilpotent.

    Example:
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> nilpotency_class(S3), nilpotency_class(Group(np.arange(4)[:, None] ^ np.arange(4)))
        (None, 1)
    """
    series = lower_central_series(group)
    return len(series) - 1 if series[-1].order == 1 else None
