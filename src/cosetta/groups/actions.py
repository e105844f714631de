"""Actions of one group on another by automorphisms, for semidirect products with an acting group that is not cyclic.

A homomorphism from K to Aut(N) is fixed by the images of generators of K. All tuples of automorphisms whose orders fit
are extended along words and checked against the table of K, many at a time.
"""

from math import prod

import numpy as np
from jaxtyping import Int

from cosetta.errors import Unsupported
from cosetta.groups.group import Group
from cosetta.groups.isomorphism import all_automorphisms

__all__ = ["faithful_action"]

TUPLE_LIMIT = 200_000
"""Most tuples of images that are tried."""

AUTOMORPHISM_LIMIT = 2_000
"""Most automorphisms whose products are tabled."""


def faithful_action(N: Group, K: Group) -> Int[np.ndarray, "k n"] | None:
    """The action of K on N that is as faithful as it can be.

    Args:
        N: the group acted on.
        K: the group that acts.

    Returns:
        `images[k, n]`, with images[kl] = images[k] after images[l]: of all actions one with, in this order, the
        smallest kernel, the fewest elements acting by inner automorphisms, the fewest elements of N fixed by all of K,
        the first images. None if only the trivial action exists.

    Raises:
        Unsupported: if there are too many automorphisms or tuples of them to try.

    Example:
        >>> V4 = Group(np.arange(4)[:, None] ^ np.arange(4), name="V4")
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> len(np.unique(faithful_action(V4, S3), axis=0))     # S3 is Aut(V4)
        6
    """
    automorphisms = np.array(sorted(all_automorphisms(N).tolist()))  # the identity is first
    if len(automorphisms) > AUTOMORPHISM_LIMIT:
        raise Unsupported(
            f"{K.name} can act on {N.name} in ways that are listed up to {AUTOMORPHISM_LIMIT:,} automorphisms, and "
            f"there are {len(automorphisms):,}; give generators"
        )
    number = {row.tobytes(): i for i, row in enumerate(automorphisms)}
    table = np.array([[number[row.tobytes()] for row in first[automorphisms]] for first in automorphisms])
    maps = _homomorphisms(K, Group(table, name=f"Aut({N.name})"))
    inner = np.zeros(len(automorphisms), dtype=bool)
    for t in range(N.order):
        inner[number[N.table[N.table[t], N.inverse[t]].astype(automorphisms.dtype).tobytes()]] = True
    best: np.ndarray | None = None
    key: tuple[int, int, int, list] = (K.order, 0, 0, [])
    for images in maps[np.argsort((maps == 0).sum(axis=1), kind="stable")]:
        kernel = int((images == 0).sum())
        if kernel == K.order or (best is not None and kernel > key[0]):
            break
        acting = automorphisms[images]
        fixed = int((acting == np.arange(N.order)).all(axis=0).sum())
        now = (kernel, int(inner[images].sum()), fixed, acting.tolist())
        if best is None or now < key:
            best, key = acting, now
    return best


def _homomorphisms(K: Group, A: Group) -> Int[np.ndarray, "map k"]:
    """All homomorphisms from K to A, as the images of the elements of K."""
    generators = K.generators
    options = [np.flatnonzero(K.element_orders[g] % A.element_orders == 0) for g in generators]
    if prod(map(len, options)) > TUPLE_LIMIT:
        raise Unsupported(
            f"actions of {K.name} are searched among {TUPLE_LIMIT:,} tuples of automorphisms at most, and there are "
            f"{prod(map(len, options)):,}; give generators"
        )
    tuples = np.stack(np.meshgrid(*options, indexing="ij"), axis=-1).reshape(-1, len(generators))
    maps = np.zeros((len(tuples), K.order), dtype=np.int64)
    reached, queue = {0}, [0]
    for k in queue:
        for i, g in enumerate(generators):
            product = int(K.table[k, g])
            if product not in reached:
                reached.add(product)
                queue.append(product)
                maps[:, product] = A.table[maps[:, k], tuples[:, i]]
    for i, g in enumerate(generators):  # f(kg) = f(k) f(g) for generators g implies it for all
        good = (maps[:, K.table[:, g]] == A.table[maps, tuples[:, i, None]]).all(axis=1)
        maps, tuples = maps[good], tuples[good]
    return maps
