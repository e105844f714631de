"""Isomorphisms and automorphisms, found by mapping a short generating sequence.

A homomorphism is fixed by the images of generators x1, .., xk. An image must share every isomorphism invariant of its
generator (order, class size, number of roots, and the same for powers), which leaves few candidates; each tuple of
candidates is extended along a spanning tree of words and checked against the tables, so a map that is returned is
proven to be one. Candidates are taken up to conjugacy, so automorphisms come as one representative of each coset of
the inner ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np
from jaxtyping import Int

from cosetta.errors import Unsupported
from cosetta.groups.group import Group

__all__ = ["all_automorphisms", "find_isomorphism", "outer_automorphisms"]

AUTOMORPHISM_LIMIT = 200_000
"""Most candidate images that `outer_automorphisms` tries; S_7 needs 21, C_2^5 would need millions."""

_CHUNK = 4_000_000
"""Entries of the table of images held at once (32 MB)."""


def find_isomorphism(G: Group, H: Group) -> Int[np.ndarray, " g"] | None:
    r"""An isomorphism $\varphi: G \to H$, or None when there is none.

    Which of the isomorphisms is returned is fixed by the two tables, so the answer is the same on every run. It
    identifies an unknown Cayley table with a named group.

    **Cost**: invariants take O(|G|) memory after one pass over the table, each candidate O(k|G|). Groups with many
    elements alike (elementary abelian factors, 2-groups of order 64 and up) may need many candidates; S_7 needs at
    most 21.

    Args:
        G: the group to map from.
        H: the group to map to.

    Returns:
        `image[a]` in H of each element a of G, with `image[table_G[a, b]] == table_H[image[a], image[b]]` for all
        a, b, and every element of H once; or None.

    Source:
        Generator images restricted by invariants: Holt, Eick and O'Brien, Handbook of Computational Group Theory
        (2005), section 9.3.2 (the simple method, without its lifting through a characteristic series).

    Example:
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)])
        >>> hidden = np.array([0, 5, 3, 1, 4, 2])              # new number of each element
        >>> table = np.empty((6, 6), dtype=int)
        >>> table[np.ix_(hidden, hidden)] = hidden[S3.table]
        >>> image = find_isomorphism(Group(table), S3)
        >>> bool((image[table] == S3.table[np.ix_(image, image)]).all())
        True
        >>> find_isomorphism(S3, Group((np.arange(6)[:, None] + np.arange(6)) % 6)) is None
        True
    """
    if G.order != H.order:
        return None
    colours_g, colours_h = _colours(G, H)
    if (np.sort(colours_g) != np.sort(colours_h)).any():
        return None
    steps = _word_tree(G, _short_generators(G, colours_g))
    return next(_extensions(steps, H, colours_g, colours_h), None)


def outer_automorphisms(group: Group, limit: int = AUTOMORPHISM_LIMIT) -> Int[np.ndarray, "automorphism g"]:
    r"""One automorphism from each coset of the inner automorphisms, the identity first.

    Their number is $|\operatorname{Out}(G)|$. Composed with conjugations they give every automorphism.

    Args:
        group: the group.
        limit: the largest number of candidate images to try.

    Returns:
        `maps[i, a]` is the image of the element a. Row 0 is the identity map.

    Raises:
        Unsupported: if more than `limit` candidates would have to be tried.

    Source:
        As `find_isomorphism`. Out(S_6) = C_2: Hölder, Math. Ann. 46 (1895).

    Example:
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)])
        >>> outer_automorphisms(S3).tolist()                    # every automorphism of S_3 is inner
        [[0, 1, 2, 3, 4, 5]]
    """
    (colours,) = _colours(group)
    generators = _short_generators(group, colours)
    counts = np.bincount(colours)[colours[list(generators)]]
    first_classes = group.class_of[colours == colours[generators[0] if generators else 0]]
    cost = len(np.unique(first_classes)) * prod(counts[1:].tolist())
    if cost > limit:
        raise Unsupported(
            f"automorphisms are listed where at most {limit} generator images are possible, {group.name} has {cost}"
        )
    return np.stack(list(_extensions(_word_tree(group, generators), group, colours, colours)))


def all_automorphisms(group: Group, limit: int = AUTOMORPHISM_LIMIT) -> Int[np.ndarray, "automorphism g"]:
    """Every automorphism: the outer representatives followed by conjugation with each element modulo the centre.

    Args:
        group: the group.
        limit: as in `outer_automorphisms`.

    Returns:
        `maps[i, a]` is the image of the element a. Row 0 is the identity map.

    Raises:
        Unsupported: if more than `limit` candidates would have to be tried.

    Example:
        >>> V4 = Group(np.arange(4)[:, None] ^ np.arange(4))
        >>> len(all_automorphisms(V4))                          # GL(2, 2)
        6
    """
    everything = np.arange(group.order)
    conjugations = group.table[group.table, group.inverse[:, None]]  # row t: a -> t a t^-1
    _, first = np.unique(conjugations, axis=0, return_index=True)
    inner = conjugations[np.sort(first)]
    outer = outer_automorphisms(group, limit)
    return inner[:, outer].transpose(1, 0, 2).reshape(-1, len(everything))


@dataclass(frozen=True)
class _Step:
    """How the subgroup grows by one generator: new elements as parent times generator, in layers of word length."""

    generators: tuple[int, ...]
    elements: np.ndarray
    products: np.ndarray  # element times generator
    layers: tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...]  # (parent, generator number, child)


def _colours(*groups: Group) -> list[np.ndarray]:
    """Isomorphism invariants of elements as numbers that mean the same in every group given."""
    rows = []
    for group in groups:
        square_roots = np.bincount(group.table.diagonal(), minlength=group.order)
        class_sizes = np.bincount(group.class_of)[group.class_of]
        rows.append(np.stack([group.element_orders, class_sizes, square_roots], axis=1))
    colours = _joint_numbers(rows)
    for _ in range(2):  # twice is enough in practice; a coarser colouring costs time, not correctness
        rows = []
        for group, colour in zip(groups, colours, strict=True):
            square, powers = group.table.diagonal(), [colour]
            cube = group.table[square, np.arange(group.order)]
            fifth = group.table[cube, square]
            powers += [colour[square], colour[cube], colour[fifth]]
            rows.append(np.stack(powers, axis=1))
        colours = _joint_numbers(rows)
    return colours


def _joint_numbers(rows: list[np.ndarray]) -> list[np.ndarray]:
    """Number the distinct rows over all groups together."""
    _, numbers = np.unique(np.concatenate(rows), axis=0, return_inverse=True)
    return np.split(numbers.ravel(), np.cumsum([len(r) for r in rows])[:-1])


def _short_generators(group: Group, colours: np.ndarray) -> tuple[int, ...]:
    """Few generators with few candidate images: the best pair if one is met soon, else greedily."""
    if group.order == 1:
        return ()
    sizes = np.bincount(colours)
    kinds = [k for k in np.flatnonzero(sizes) if k != colours[0]]
    classes = {k: len(np.unique(group.class_of[colours == k])) for k in kinds}
    full = np.flatnonzero(group.element_orders == group.order)
    if full.size:
        return (int(full[0]),)
    tries = 0
    for k, m in sorted(((k, m) for k in kinds for m in kinds), key=lambda p: (classes[p[0]] * sizes[p[1]], p)):
        a = int(np.flatnonzero(colours == k)[0])
        candidates = np.flatnonzero(colours == m)
        for b in candidates[:: -(-len(candidates) // 12)]:
            tries += 1
            if group.subgroup([a, int(b)]).order == group.order:
                return (a, int(b))
        if tries > 100:
            break
    return _greedy_generators(group, sizes[colours])


def _greedy_generators(group: Group, cost: np.ndarray) -> tuple[int, ...]:
    """Add the element that makes the largest subgroup, the one with fewest candidate images among equals."""
    chosen: list[int] = []
    inside = np.zeros(group.order, dtype=bool)
    inside[0] = True
    while not inside.all():
        outside = [int(a) for a in np.argsort(cost, kind="stable") if not inside[a]][:60]
        spans = [group.subgroup([*chosen, a]).members for a in outside]
        best = max(range(len(outside)), key=lambda i: (spans[i].sum(), -i))
        chosen.append(outside[best])
        inside = spans[best]
    return tuple(chosen)


def _word_tree(group: Group, generators: tuple[int, ...]) -> list[_Step]:
    """One step for each generator: words that reach every element of <x1, .., xi>."""
    steps = []
    for count in range(1, len(generators) + 1):
        gens, layers = np.array(generators[:count]), []
        seen = np.zeros(group.order, dtype=bool)
        seen[0] = True
        frontier = np.array([0])
        while frontier.size:
            products = group.table[np.ix_(frontier, gens)].ravel()
            child, first = np.unique(products, return_index=True)
            fresh = ~seen[child]
            child, first = child[fresh], first[fresh]
            seen[child] = True
            if child.size:
                layers.append((frontier[first // count], first % count, child))
            frontier = child
        elements = np.flatnonzero(seen)
        steps.append(_Step(tuple(generators[:count]), elements, group.table[np.ix_(elements, gens)], tuple(layers)))
    return steps


def _extensions(
    steps: list[_Step], H: Group, colours_g: np.ndarray, colours_h: np.ndarray, images: tuple[int, ...] = ()
) -> Iterator[np.ndarray]:
    """Depth first: complete maps whose first generators go to `images`, one up to conjugacy in H."""
    if not steps:
        yield np.zeros(1, dtype=np.int64)
        return
    depth = len(images)
    step, generator = steps[depth], steps[depth].generators[depth]
    candidates = np.flatnonzero(colours_h == colours_g[generator])
    candidates = _up_to_conjugacy(H, images, candidates, generator)
    size = max(1, _CHUNK // len(step.elements))
    for block in np.split(candidates, np.arange(size, len(candidates), size)):
        maps = _homomorphisms(step, H, images, block)
        for extended in maps:
            if depth + 1 == len(steps):
                yield extended
            else:
                chosen = (*images, int(extended[generator]))
                yield from _extensions(steps, H, colours_g, colours_h, chosen)


def _up_to_conjugacy(H: Group, images: tuple[int, ...], candidates: np.ndarray, preferred: int) -> np.ndarray:
    """One candidate of each orbit under the centralizer of the images so far; the preferred one first if present."""
    commuting = np.ones(H.order, dtype=bool)
    for y in images:
        commuting &= H.table[y] == H.table[:, y]
    centralizer = np.flatnonzero(commuting)
    smallest = np.full(len(candidates), H.order, dtype=np.int64)
    for block in np.split(centralizer, np.arange(2000, len(centralizer), 2000)):
        smallest = np.minimum(smallest, H.table[H.table[np.ix_(block, candidates)], H.inverse[block, None]].min(axis=0))
    kept = np.unique(smallest)
    if preferred in candidates:
        orbit = smallest[np.searchsorted(candidates, preferred)]
        kept = np.concatenate([[preferred], kept[kept != orbit]])
    return kept


def _homomorphisms(step: _Step, H: Group, images: tuple[int, ...], last: np.ndarray) -> np.ndarray:
    """Injective homomorphisms from the step's subgroup that send its generators to `images` and one of `last`."""
    targets = np.empty((len(last), len(step.generators)), dtype=np.int64)
    targets[:, :-1], targets[:, -1] = images, last
    maps = np.zeros((len(last), H.order), dtype=np.int64)
    for parent, number, child in step.layers:
        maps[:, child] = H.table[maps[:, parent], targets[:, number]]
    good = np.count_nonzero(maps[:, step.elements] == 0, axis=1) == 1
    for number in range(len(step.generators)):  # f(xg) = f(x) f(g) for generators g implies it for all
        expected = H.table[maps[:, step.elements], targets[:, number, None]]
        good &= (maps[:, step.products[:, number]] == expected).all(axis=1)
    return maps[good]
