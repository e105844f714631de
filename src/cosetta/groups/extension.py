"""Search for all subgroups of a finite group, one conjugacy class at a time.

Every subgroup K but the trivial one has a maximal subgroup H, and then K = <H, z> for any z in K outside H; some
such z has prime power order with z^p in H. So it is enough to extend one representative H of each class by one such
z of each orbit of N_G(H). Elements that do not normalise H are allowed, hence perfect subgroups (A5, PSL(2,7), ..)
need no special treatment. K is the union of the left cosets in the orbit of H under H and z, so the closure runs on
cosets, for all z at once.
"""

import heapq
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, UInt8

from cosetta.errors import LatticeTooLarge
from cosetta.groups.cayley import power
from cosetta.groups.group import Group, Subgroup, conjugates, known_subgroup
from cosetta.groups.integers import prime_factors
from cosetta.groups.subgroups import cosets, normalizer, transversal

__all__ = ["CLASS_LIMIT", "SUBGROUP_LIMIT", "FoundClass", "find_subgroup_classes"]

SUBGROUP_LIMIT = 30_000
"""Most subgroups that are held; S_7 has 11,300, C_2^7 29,212, C_2^8 417,199."""

CLASS_LIMIT = 3_000
"""Most classes of subgroups; each takes from 1 ms to 0.1 s to find and to name."""


@dataclass(frozen=True)
class FoundClass:
    """One conjugacy class of subgroups.

    Args:
        representative: one subgroup of the class.
        normalizer: its normalizer.
        carriers: one element g of each left coset of the normalizer; the subgroups of the class are the conjugates
            by them.
        conjugates: those conjugates as bit sets, `np.packbits` of their membership.
    """

    representative: Subgroup
    normalizer: Subgroup
    carriers: Int[np.ndarray, " subgroup"]
    conjugates: UInt8[np.ndarray, "subgroup byte"]


def find_subgroup_classes(group: Group, limit: int = SUBGROUP_LIMIT) -> list[FoundClass]:
    """All conjugacy classes of subgroups, in the order in which they are met.

    **Cost**: a class of subgroups of order h takes about (|G|/h) times (number of z tried) steps; S_6 takes 0.1 s,
    S_7 1.2 s.

    Args:
        group: any finite group. Time grows with the number of classes, about 1 ms each at least.
        limit: give up when there are more subgroups than this, or more than 3,000 classes.

    Returns:
        The classes, each once; the trivial subgroup first.

    Raises:
        LatticeTooLarge: if there are more subgroups or classes than that.

    Source:
        The cyclic extension method of Neubüser, Numer. Math. 2 (1960), with the closures of this project.

    Example:
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> sorted(c.representative.order for c in find_subgroup_classes(S3))
        [1, 2, 3, 6]
    """
    zuppos = _prime_power_generators(group)
    trivial = known_subgroup(group, np.array([0]))
    found: list[FoundClass] = []
    seen: set[bytes] = set()
    queue: list[tuple[int, int]] = []

    def register(H: Subgroup) -> None:
        cls = _whole_class(H)
        seen.update(row.tobytes() for row in cls.conjugates)
        heapq.heappush(queue, (H.order, len(found)))
        found.append(cls)
        if len(seen) > limit or len(found) > CLASS_LIMIT:
            raise LatticeTooLarge(
                f"subgroups are listed up to {limit:,} in {CLASS_LIMIT:,} classes; {group.name} has more than "
                f"{min(len(seen), limit):,} in {min(len(found), CLASS_LIMIT):,} classes"
            )

    register(trivial)
    if group.order > 1:
        register(known_subgroup(group, np.arange(group.order)))
    while queue:
        cls = found[heapq.heappop(queue)[1]]
        for packed in _minimal_extensions(group, cls, zuppos):
            if packed.tobytes() not in seen:
                members = np.unpackbits(packed, count=group.order).view(bool)
                register(known_subgroup(group, np.flatnonzero(members)))
    return found


@dataclass(frozen=True)
class _Zuppos:
    """Generators of the cyclic subgroups of prime power order, the smallest one of each."""

    generator_of: np.ndarray  # for each element of prime power order, the smallest generator of what it generates
    elements: np.ndarray
    prime_powers: np.ndarray  # z^p for each


def _prime_power_generators(group: Group) -> _Zuppos:
    """Zuppos in the sense of Neubüser."""
    prime = np.array(
        [p[0] if len(set(p := prime_factors(k))) == 1 else 0 for k in range(group.element_orders.max() + 1)]
    )
    elements = np.flatnonzero(prime[group.element_orders])
    orders, primes = group.element_orders[elements], prime[group.element_orders[elements]]
    smallest, image = elements.copy(), elements.copy()
    for exponent in range(2, int(orders.max(initial=1))):
        open_ = orders > exponent
        image[open_] = group.table[image[open_], elements[open_]]
        generates = open_ & (exponent % primes > 0)
        smallest[generates] = np.minimum(smallest, image)[generates]
    generator_of = np.arange(group.order)
    generator_of[elements] = smallest
    zuppos = elements[smallest == elements]
    prime_powers = np.zeros(len(zuppos), dtype=np.int64)
    for p in np.unique(primes):
        of_prime = prime[group.element_orders[zuppos]] == p
        prime_powers[of_prime] = power(group.table, zuppos[of_prime], int(p))
    return _Zuppos(generator_of, zuppos, prime_powers)


def _whole_class(H: Subgroup) -> FoundClass:
    """Normalizer and all conjugates of H."""
    N = normalizer(H)
    carriers = transversal(N)
    moved = conjugates(H.group, H.elements, carriers)
    members = np.zeros((len(carriers), H.group.order), dtype=bool)
    np.put_along_axis(members, moved, True, axis=1)
    return FoundClass(H, N, carriers, np.packbits(members, axis=1))


def _minimal_extensions(group: Group, cls: FoundClass, zuppos: _Zuppos) -> np.ndarray:
    """Bit sets of <H, z> over the candidates z."""
    H, N = cls.representative, cls.normalizer
    candidates = zuppos.elements[~H.members[zuppos.elements] & H.members[zuppos.prime_powers]]
    if not candidates.size:
        return np.empty((0, 0), dtype=np.uint8)
    moved = zuppos.generator_of[conjugates(group, candidates, np.array(N.generators, dtype=np.intp))]
    candidates = candidates[_orbit_minima(np.searchsorted(candidates, moved))]
    label = cosets(H)
    _, reps = np.unique(label, return_index=True)
    moves = label[group.table[np.concatenate([H.generators, candidates]).astype(np.intp)[:, None], reps]]
    reached = _orbits_of_zero(moves[: len(H.generators)], moves[len(H.generators) :])
    return np.packbits(reached[:, label], axis=1)


def _orbit_minima(permutations: np.ndarray) -> np.ndarray:
    """Smallest point of each orbit of the group that the permutations (rows) generate."""
    points = np.arange(permutations.shape[1])
    smallest, before = points, None
    while before is None or (smallest != before).any():
        before = smallest
        for permutation in permutations:
            smallest = np.minimum(smallest, smallest[permutation])
    return np.flatnonzero(smallest == points)


def _orbits_of_zero(common: np.ndarray, own: np.ndarray) -> np.ndarray:
    """For each row m of `own`, the points that the permutations `common` and m carry the point 0 to."""
    rows, points = own.shape
    reached = np.zeros((rows, points), dtype=bool)
    reached[:, 0] = True
    flat, marks = reached.reshape(-1), np.empty(rows * points, dtype=np.int64)
    counts = np.ones(rows, dtype=np.int64)
    row, point = np.arange(rows), np.zeros(rows, dtype=np.int64)
    while row.size:
        images = np.concatenate([own[row, point], common[:, point].ravel()])
        place = np.tile(row * points, 1 + len(common)) + images
        place = place[~flat[place]]
        marks[place] = np.arange(len(place))
        place = place[marks[place] == np.arange(len(place))]
        flat[place] = True
        row, point = place // points, place % points
        counts += np.bincount(row, minlength=rows)
        open_ = (2 * counts <= points)[row]
        row, point = row[open_], point[open_]
    reached[2 * counts > points] = True  # the size of the subgroup's orbit divides the number of points
    return reached
