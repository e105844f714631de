"""A coset in words.

For permutation groups a shared coset is described by facts that all its elements share: points sent to points, sets
sent to sets, parity. The description is used only if the facts pin the coset down exactly. Otherwise, if H is its
own normaliser, C = {x : xKx^-1 = H}: the product carries one subgroup of the class to another. If not, the coset is
named by H and an element.
"""

from itertools import combinations

import numpy as np
from jaxtyping import Bool, Int

from cosetta.groups import Group

__all__ = ["describe_coset"]


def describe_coset(members: Bool[np.ndarray, " g"], left: str, right: str, carries: bool, group: Group) -> str:
    """What it means that ab lies in the coset C = Hg = gK, as the end of the sentence "silent whenever ...".

    Args:
        members: which elements lie in C; not empty.
        left: printed name of H.
        right: printed name of K.
        carries: whether C is all of {x : xKx^-1 = H}, true when H is its own normaliser.
        group: the group.

    Returns:
        A phrase about the product ab; points are numbered from 1.

    Example:
        >>> from cosetta.groups import named_group
        >>> G = named_group("S4")
        >>> describe_coset(G.permutations[:, 2] == 0, "S3#1", "S3#3", True, G)
        'ab maps 3 to 1'
    """
    if group.permutations is not None:
        facts = _facts(group.permutations, members)
        for fewer in range(1, min(3, len(facts)) + 1):
            for chosen in combinations(facts, fewer):
                if (np.logical_and.reduce([holds for _, holds in chosen]) == members).all():
                    return "ab " + " and ".join(text for text, _ in chosen)
    if carries:
        return f"ab carries {right} to {left} by conjugation"
    return f"ab lies in the coset {left}·{group.labels[int(np.argmax(members))]}"


def _facts(
    permutations: Int[np.ndarray, "g degree"], members: Bool[np.ndarray, " g"]
) -> list[tuple[str, Bool[np.ndarray, " g"]]]:
    """Statements true of every element of the coset, each with the set of elements it is true of."""
    inside, degree = permutations[members], permutations.shape[1]
    facts = []
    parity = _is_even(permutations)
    if len(np.unique(parity[members])) == 1 and len(np.unique(parity)) == 2:
        even = bool(parity[members][0])
        facts.append(("is even" if even else "is odd", parity == even))
    for size in range(1, degree // 2 + 1):
        for points in combinations(range(degree), size):
            images = np.sort(inside[:, points], axis=1)
            if (images == images[0]).all():
                holds = (np.sort(permutations[:, points], axis=1) == images[0]).all(axis=1)
                facts.append((f"maps {_points(points)} to {_points(images[0])}", holds))
    return facts


def _points(points: "np.ndarray | tuple[int, ...]") -> str:
    names = [str(int(p) + 1) for p in points]
    return names[0] if len(names) == 1 else "{" + ",".join(names) + "}"


def _is_even(permutations: Int[np.ndarray, "g degree"]) -> Bool[np.ndarray, " g"]:
    """Parity by counting inversions."""
    i, j = np.triu_indices(permutations.shape[1], k=1)
    return (permutations[:, i] > permutations[:, j]).sum(axis=1) % 2 == 0
