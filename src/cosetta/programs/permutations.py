"""Elements of a group as permutations in one line of signs, which is how a written program knows them.

Point i has the i-th sign of `SIGNS`; an element is the line of the images. A group that does not come as permutations
acts on the cosets of its largest subgroup that holds no normal subgroup but 1, and its elements keep their names.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Int

from cosetta.errors import Unsupported
from cosetta.groups import Group, core, coset_action, subgroup_lattice

__all__ = ["SIGNS", "has_cycle_names", "one_line"]

SIGNS = "123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""One for each point."""


@lru_cache(16)
def one_line(group: Group) -> tuple[str, ...]:
    """Each element as a line of signs.

    Args:
        group: the group.

    Returns:
        One text an element, in the order of the elements; all differ.

    Raises:
        Unsupported: if it needs more points than there are signs.

    Example:
        >>> from cosetta.groups import named_group
        >>> one_line(named_group("S3"))
        ('123', '132', '213', '231', '312', '321')
    """
    images = group.permutations if group.permutations is not None else _action(group)
    if images.shape[1] > len(SIGNS):
        raise Unsupported(
            f"a program is written for permutations of at most {len(SIGNS)} points; {group.name} acts on "
            f"{images.shape[1]}: use the JSON file beside it"
        )
    return tuple("".join(SIGNS[i] for i in row) for row in images.tolist())


def has_cycle_names(group: Group) -> bool:
    """Whether the labels of the elements are cycles of the points, so that a program needs no names for them.

    Args:
        group: the group.

    Returns:
        True for permutation groups whose labels are permutations.
    """
    return group.permutations is not None and all(label == "e" or label[0] == "(" for label in group.labels)


def _action(group: Group) -> Int[np.ndarray, "g point"]:
    """Images of the points under each element, faithful."""
    lattice = subgroup_lattice(group)
    faithful = (lattice.subgroup(cls.representative) for cls in reversed(lattice.classes))
    H = next(H for H in faithful if core(H).order == 1)
    return coset_action(H)
