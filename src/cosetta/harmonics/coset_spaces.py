r"""Irreps of larger groups, by splitting spaces of functions on G/H instead of all functions on G.

Functions on G/H contain an irrep exactly when H fixes a vector of it, and they have dimension [G:H], not |G|. The
matrices that commute with G there are $M[x, y] = w(x^{-1}y)$ with w constant on double cosets HgH; a random symmetric
one splits the space into irreps as in `numerical.py`. Subgroups H are tried by ascending index: stabilisers of points,
the derived subgroup, cyclic subgroups, the trivial one. A space whose irreps are all known is passed over, which the
count $\sum (d/c) m = [G:H]$ tells at no cost, and the search ends when $\sum d^2/c = |G|$. M11 needs no space larger
than 1,584 where the regular one has 7,920.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from cosetta.errors import NotARepresentation, Unsupported
from cosetta.groups.group import Group, Subgroup
from cosetta.groups.subgroups import coset_action
from cosetta.harmonics.irrep import Irrep, check_irreps, classify
from cosetta.harmonics.numerical import DRAWS, GAP
from cosetta.harmonics.words import Steps, fill, word_steps

__all__ = ["coset_space_irreps"]

MAX_SPACE = 3_000
"""Largest space that is split: an eigenproblem of this size takes about 15 s and 0.3 GB."""

MAX_MEMORY = 4e9
"""Most bytes of matrices; all real irreps together take from 8 to 32 bytes times |G|^2."""

CLOSE = 1e-3
"""Eigenspaces nearer than this, relative to the largest eigenvalue, are cleaned of what leaks into neighbours."""


def coset_space_irreps(group: Group, seed: int = 0, largest: int = MAX_SPACE) -> tuple[Irrep, ...]:
    """Irreps of a finite group from functions on cosets of subgroups.

    **Cost**: the cube of the largest index that is needed, and 8 |G|^2 to 32 |G|^2 bytes for the matrices.

    Args:
        group: any group.
        seed: of the random weights. Names do not depend on it; the bases of the matrices do.
        largest: largest index [G:H] that may be split.

    Returns:
        The irreps, sorted and named by `classify`, and checked.

    Raises:
        Unsupported: if some irrep occurs in no space up to `largest`; the message gives the size that is needed.
        NotARepresentation: if the matrices found do not multiply like the group to 1e-9.

    Source:
        As `numerical_irreps`; the choice of subgroups is this project's.

    Example:
        >>> A4 = Group.from_permutations([(1, 2, 0, 3), (1, 0, 3, 2)], name="A4")
        >>> coset_space_irreps(A4)
        (Irrep('trivial', dim=1, real), Irrep('2a-complex', dim=2, complex), Irrep('3a', dim=3, real))
    """
    generator = np.random.default_rng(seed)
    found = _Found(group)
    for H in _subgroups(group):
        if found.is_complete or found.explains(H):
            continue
        if H.index > largest:
            raise Unsupported(
                f"irreps are split off spaces of dimension up to {largest:,}; {group.name} has some that occur in no "
                f"smaller one than {H.index:,} (those found cover {found.covered:,} of its order {group.order:,})"
            )
        for _ in range(DRAWS):
            _split(found, H, generator)
            if found.explains(H):
                break
    if not found.is_complete:
        raise NotARepresentation(f"{DRAWS} random splittings of {group.name} left some of its irreps out")
    irreps = classify(group, found.matrices)
    check_irreps(irreps, group)
    return irreps


class _Found:
    """Irreps found so far, with their characters on classes and the dimension c of their commutants."""

    def __init__(self, group: Group):
        self.group = group
        self.first = np.array([members[0] for members in group.conjugacy_classes])
        self.sizes = np.array([len(members) for members in group.conjugacy_classes])
        self.generators = _with_squares(group)
        self.steps: Steps = word_steps(group, self.generators)
        self.matrices: list[Float[np.ndarray, "g d d"]] = []
        self.characters: list[Float[np.ndarray, " cls"]] = []
        self.commutants: list[int] = []
        self.covered = 0

    @property
    def is_complete(self) -> bool:
        """Whether d^2/c sums to the order."""
        return self.covered == self.group.order

    def explains(self, H: Subgroup) -> bool:
        """Whether the known irreps fill the functions on G/H."""
        counts = np.bincount(self.group.class_of[H.elements], minlength=len(self.first))
        fixed = [round(float(counts @ character) / H.order) for character in self.characters]
        dims = [matrices.shape[1] for matrices in self.matrices]
        return sum(d * m // c for d, m, c in zip(dims, fixed, self.commutants, strict=True)) == H.index

    def is_new(self, character: Float[np.ndarray, " cls"]) -> bool:
        """Whether a character belongs to one irrep, and not to a known one."""
        norm = float(self.sizes @ character**2) / self.group.order
        if min(abs(norm - c) for c in (1, 2, 4)) > 1e-5:
            return False  # two irreps met in one eigenspace; another draw parts them
        if not self.characters:
            return True
        return float(np.max(np.abs(np.stack(self.characters) @ (self.sizes * character)))) < 0.5 * self.group.order

    def add(self, character: Float[np.ndarray, " cls"], generators: Float[np.ndarray, "generator d d"]) -> None:
        """Keep a new irrep, given by the matrices of the generators."""
        commutant = round(float(self.sizes @ character**2) / self.group.order)
        size = generators.shape[1] ** 2
        if 8 * self.group.order * (size + sum(m.shape[1] ** 2 for m in self.matrices)) > MAX_MEMORY:
            limit = f"{MAX_MEMORY / 1e9:.0f} GB"
            raise Unsupported(f"matrices of irreps are held up to {limit}; {self.group.name} has more")
        self.matrices.append(fill(self.group.order, self.steps, generators))
        self.characters.append(character)
        self.commutants.append(commutant)
        self.covered += size // commutant


def _subgroups(group: Group) -> Iterator[Subgroup]:
    """Subgroups worth trying, one of each kind, by ascending index; the trivial one is the last."""
    candidates = [group.subgroup([]), group.subgroup(group.commutators)]
    if group.permutations is not None:
        stays = group.permutations == np.arange(group.permutations.shape[1])
        pairs = stays & stays[:, :1]
        for fixes in (*stays.T, *pairs.T):
            candidates.append(Subgroup(group, np.flatnonzero(fixes)))
    candidates += [group.subgroup([int(members[0])]) for members in group.conjugacy_classes]
    seen = set()
    for H in sorted(candidates, key=lambda H: (H.index, H.elements.tolist())):
        counts = np.bincount(group.class_of[H.elements]).tobytes()
        if counts not in seen:  # the same permutation character, so the same irreps
            seen.add(counts)
            yield H


def _with_squares(group: Group) -> list[int]:
    """Generators and their repeated squares, which keep words short in groups with elements of large order."""
    found: list[int] = []
    for generator in group.generators:
        while generator not in (0, *found):
            found.append(generator)
            generator = int(group.table[generator, generator])
    return found or [0]


def _split(found: _Found, H: Subgroup, generator: np.random.Generator) -> None:
    """Add the new irreps among the functions on G/H, those in the best separated eigenspaces first."""
    group, images = found.group, coset_action(H)
    orbit = _orbits(images[list(H.generators)], H.index)
    first = np.unique(images[:, 0], return_index=True)[1]  # an element of each coset
    quotients = group.table[np.ix_(group.inverse[first], first)]
    orbital = orbit[images[:, 0]][quotients]
    weights = generator.standard_normal(H.index)
    values, vectors = np.linalg.eigh(weights[orbital] + weights[orbit[images[group.inverse, 0]]][quotients])
    scale = np.abs(values).max() or 1.0
    starts = np.flatnonzero(np.append(True, np.diff(values) > GAP * scale))
    stops = np.append(starts[1:], H.index)
    edges = np.concatenate([[np.inf], values[starts[1:]] - values[starts[1:] - 1], [np.inf]])
    separation = np.minimum(edges[:-1], edges[1:]) / scale
    representatives = images[group.inverse[found.first]]
    for i in np.argsort(-separation, kind="stable"):
        basis = vectors[:, starts[i] : stops[i]]
        character = np.einsum("yd,kyd->k", basis, basis[representatives])
        if found.is_new(character):
            if separation[i] < CLOSE:
                basis = _invariant(basis, orbital)
            matrices = [basis.T @ basis[images[group.inverse[b]]] for b in found.generators]
            found.add(np.round(character, 9), np.stack(matrices))
        if found.is_complete:
            return


def _orbits(generators: np.ndarray, points: int) -> np.ndarray:
    """Smallest point of the orbit of each point."""
    smallest, before = np.arange(points), None
    while before is None or (smallest != before).any():
        before = smallest
        for image in generators:
            smallest = np.minimum(smallest, smallest[image])
            smallest[image] = np.minimum(smallest[image], smallest)
    return smallest


def _invariant(basis: Float[np.ndarray, "coset d"], orbital: np.ndarray) -> Float[np.ndarray, "coset d"]:
    """Average the projector over G, that is, over each orbital, and apply it: leaks fall to their square."""
    projector = basis @ basis.T
    labels = orbital.ravel()
    sums = np.bincount(labels, weights=projector.ravel())
    counts = np.bincount(labels)
    means = np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)
    return np.linalg.qr(means[orbital] @ basis)[0]
