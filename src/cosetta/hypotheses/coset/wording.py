"""A coset in words.

Let C = Hg = gK. For a permutation group the images c(p) of a point p under all c in C are an orbit of H, and the points
with the same images are an orbit of K; so what the elements of C have in common is that they send orbits of K to orbits
of H, and blocks of K inside an orbit to blocks of H, beside their parity. Such facts are used only if a few of them pin
C down exactly. Otherwise, if H is its own normaliser, C = {x : xKx^-1 = H}: the product carries one subgroup of the
class to another. If not, the coset is named by H and an element. All of it costs |G| times the degree.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cosetta.groups import Group

__all__ = ["describe_coset"]

MOST_FACTS = 3
"""More facts than this are no description."""

MOST_POINTS = 12
"""Sets of more points than this are not written out."""


def describe_coset(members: Bool[np.ndarray, " g"], left: str, right: str, carries: bool, group: Group) -> str:
    """What it means that ab lies in the coset C = Hg = gK, as the end of the sentence "silent whenever ...".

    **Cost**: |G| times the degree for a permutation group.

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
        >>> square = G.subgroup([G.labels.index(label) for label in ("(12)", "(13)(24)")])
        >>> describe_coset(square.members, "D8#1", "D8#1", True, G)
        'ab maps {1,2|3,4} to itself'
    """
    if group.permutations is not None:
        for facts in (_orbit_facts(group.permutations, members), _block_facts(group.permutations, members)):
            if chosen := _pinning(list(facts), members):
                return "ab " + " and ".join(fact.text for fact in chosen)
    if carries:
        return f"ab carries {right} to {left} by conjugation"
    return f"ab lies in the coset {left}·{group.labels[int(np.argmax(members))]}"


@dataclass(frozen=True)
class _Fact:
    """A statement that is true of every element of the coset, and the elements of the group that it is true of."""

    text: str
    holds: Bool[np.ndarray, " g"]


def _orbit_facts(permutations: Int[np.ndarray, "g degree"], members: Bool[np.ndarray, " g"]) -> Iterator[_Fact]:
    """Parity, then orbits of K sent to orbits of H, small orbits first."""
    even = _is_even(permutations)
    if even[members].all() or not even[members].any():
        now = bool(even[members][0])
        if (even != now).any():
            yield _Fact("is even" if now else "is odd", np.equal(even, now))
    for source, target in _orbits(permutations[members]):
        if len(source) <= min(MOST_POINTS, permutations.shape[1] - 1):
            inside = np.isin(np.arange(permutations.shape[1]), target)
            yield _Fact(f"maps {_set(source)} to {_set(target)}", np.all(inside[permutations[:, source]], axis=1))


def _orbits(inside: Int[np.ndarray, "member degree"]) -> list[tuple[list[int], list[int]]]:
    """Orbits of K with the orbits of H that C sends them to, by size and then by first point."""
    sources: dict[tuple[int, ...], list[int]] = {}
    for point, images in enumerate(inside.T):
        sources.setdefault(tuple(np.unique(images).tolist()), []).append(point)
    return sorted(((source, list(target)) for target, source in sources.items()), key=lambda pair: (len(pair[0]), pair))


def _block_facts(permutations: Int[np.ndarray, "g degree"], members: Bool[np.ndarray, " g"]) -> Iterator[_Fact]:
    """What orbits tell, then the smallest blocks that hold two points, of every orbit, sent to blocks."""
    yield from _orbit_facts(permutations, members)
    inside = permutations[members]
    for source, target in _orbits(inside):
        if not 2 < len(source) <= MOST_POINTS:
            continue
        seen = set()
        for other in source[1:]:
            after = _components(inside[:, source[0]], inside[:, other], target, permutations.shape[1])
            if after.max() == 0 or after.tobytes() in seen:
                continue  # the only block is the orbit
            seen.add(after.tobytes())
            before = np.where(after[inside[0]] >= 0, after[inside[0]], -1)
            yield _Fact(f"maps {_blocks(before)} to {_blocks(after, before)}", _sent(permutations, before, after))


def _components(one: np.ndarray, other: np.ndarray, orbit: list[int], degree: int) -> Int[np.ndarray, " degree"]:
    """Block number of each point of the orbit, -1 outside: connected parts of the graph with edges one[i]-other[i]."""
    graph = coo_array((np.ones(len(one)), (one, other)), shape=(degree, degree))
    parts = connected_components(graph, directed=False)[1]
    labels = np.full(degree, -1)
    labels[orbit] = np.unique(parts[orbit], return_inverse=True)[1]
    return labels


def _sent(permutations: np.ndarray, before: np.ndarray, after: np.ndarray) -> Bool[np.ndarray, " g"]:
    """Elements that send every block of `before` into one block of `after`."""
    points = np.flatnonzero(before >= 0)
    leaders = np.unique(before[points], return_index=True)[1]  # a point of each block
    blocks = after[permutations[:, points]]
    return np.all((blocks >= 0) & (blocks == blocks[:, leaders[before[points]]]), axis=1)


def _pinning(facts: list[_Fact], members: Bool[np.ndarray, " g"]) -> list[_Fact]:
    """At most three facts that hold together exactly on the coset, early ones first; empty if there are none."""
    for fact in facts:
        if (fact.holds == members).all():
            return [fact]
    chosen, left = [], np.ones(len(members), dtype=bool)
    for fact in facts:
        if (left & ~fact.holds).any():
            chosen.append(fact)
            left = left & fact.holds
    if (left != members).any():
        return []
    for fact in reversed(chosen.copy()):
        others = [other for other in chosen if other is not fact]
        if (np.logical_and.reduce([other.holds for other in others]) == members).all():
            chosen = others
    return chosen if len(chosen) <= MOST_FACTS else []


def _set(points: list[int]) -> str:
    """A point, or a set in braces; numbered from 1."""
    names = [str(point + 1) for point in points]
    return names[0] if len(names) == 1 else "{" + ",".join(names) + "}"


def _blocks(labels: np.ndarray, before: np.ndarray | None = None) -> str:
    """Blocks by first point, `{1,2|3,4}`; `itself` if they are the blocks before."""

    def text(of: np.ndarray) -> str:
        parts = [np.flatnonzero(of == label) + 1 for label in dict.fromkeys(of[of >= 0].tolist())]
        return "{" + "|".join(",".join(map(str, part)) for part in parts) + "}"

    return "itself" if before is not None and text(before) == text(labels) else text(labels)


def _is_even(permutations: Int[np.ndarray, "g degree"]) -> Bool[np.ndarray, " g"]:
    """Parity: a permutation is even when its degree and the number of its cycles differ by an even number."""
    degree = permutations.shape[1]
    smallest, power = np.tile(np.arange(degree), (len(permutations), 1)), permutations
    for _ in range(max(1, (degree - 1).bit_length())):  # smallest point within 2^k steps
        smallest = np.minimum(smallest, np.take_along_axis(smallest, power, axis=1))
        power = np.take_along_axis(power, power, axis=1)
    return (degree - (smallest == np.arange(degree)).sum(axis=1)) % 2 == 0
