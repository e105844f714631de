r"""Irreps of any finite group, by splitting the real regular representation.

Left translation $(L(g)v)(x) = v(g^{-1}x)$ commutes with every matrix $M[x, y] = w(x^{-1}y)$. For a random w with $w(g)
= w(g^{-1})$ the matrix is symmetric and, with probability 1, each of its eigenspaces is one real irrep, whatever its
type: on the part of $\rho$ the commutant is all square matrices over the reals, complexes or quaternions, and a random
Hermitian one has simple eigenvalues. A random class function in place of w is a scalar on each isotypic component,
which tells equivalent copies apart from others. One copy of each is kept, and `check_irreps` decides whether the draw
was good. Cost: one symmetric eigenproblem of size |G|, so about |G|^3.
"""

import numpy as np
from jaxtyping import Float

from cosetta.errors import NotARepresentation
from cosetta.groups.group import Group
from cosetta.harmonics.irrep import Irrep, check_irreps, classify

__all__ = ["numerical_irreps"]

GAP = 1e-9
"""Eigenvalues closer than this, relative to the largest, are one eigenvalue; rounding spreads them by about 1e-14."""

DRAWS = 5
"""Random draws before giving up; one in about 1e4 fails at order 1,000 because two eigenvalues meet."""


def numerical_irreps(group: Group, seed: int = 0) -> tuple[Irrep, ...]:
    """Irreps of any finite group by random symmetric elements of the commutant.

    Args:
        group: any group; seconds up to order about 1,000.
        seed: of the random weights. Names do not depend on it; the bases of the matrices do.

    Returns:
        The irreps, sorted and named by `classify`, and checked.

    Raises:
        NotARepresentation: if no draw gives matrices that multiply like the group to 1e-9.

    Source:
        Dixon, Computing irreducible representations of groups, Math. Comp. 24 (1970), for the random commutant; the
        real form and the choice of copy are this project's.

    Example:
        >>> S3 = Group.from_permutations([(1, 0, 2), (1, 2, 0)], name="S3")
        >>> [(irrep.name, irrep.dim) for irrep in numerical_irreps(S3)]
        [('trivial', 1), ('sign', 1), ('2a', 2)]
    """
    generator = np.random.default_rng(seed)
    reason = "no draw was made"
    for _ in range(DRAWS):
        bases = _one_copy_each(group, generator)
        found = classify(group, [_matrices(group, basis, generator) for basis in bases])
        try:
            check_irreps(found, group)
        except NotARepresentation as error:
            reason = str(error)
        else:
            return found
    raise NotARepresentation(
        f"{DRAWS} random splittings of the regular representation of {group.name} failed: {reason}"
    )


def _one_copy_each(group: Group, generator: np.random.Generator) -> list[Float[np.ndarray, "g _"]]:
    """Orthonormal basis of one copy of each irrep inside the functions on G."""
    values, vectors = np.linalg.eigh(_commuting(group, generator.standard_normal(group.order)))
    starts = _starts(values)
    stops = np.append(starts[1:], group.order)
    edges = np.concatenate([[-np.inf], values[starts[1:]] - values[starts[1:] - 1], [np.inf]])
    separation = np.minimum(edges[:-1], edges[1:])  # distance to the nearest other eigenspace

    class_weights = generator.standard_normal(len(group.conjugacy_classes))[group.class_of]
    firsts = vectors[:, starts]
    scalars = np.einsum("gn,gn->n", firsts, _commuting(group, class_weights) @ firsts)
    by_scalar = np.argsort(scalars)
    bases = []
    for copies in np.split(by_scalar, _starts(scalars[by_scalar])[1:]):
        best = copies[np.argmax(separation[copies])]
        basis = _invariant(group, vectors[:, starts[best] : stops[best]])
        bases.append(_oriented(basis))
    return bases


def _commuting(group: Group, weights: Float[np.ndarray, " g"]) -> Float[np.ndarray, "g g"]:
    """Symmetric matrix w(x^-1 y), which commutes with left translation."""
    return (weights + weights[group.inverse])[group.table[group.inverse]]


def _starts(values: np.ndarray) -> np.ndarray:
    """Positions where a new eigenvalue begins in a sorted list."""
    jumps = np.diff(values) > GAP * np.abs(values).max()
    return np.flatnonzero(np.append(True, jumps))


def _invariant(group: Group, basis: Float[np.ndarray, "g d"]) -> Float[np.ndarray, "g d"]:
    """Remove the part of a basis that leaks into neighbouring eigenspaces, to second order in the leak."""
    # The projector averaged over G commutes with translation and is within the leak of the true one.
    projector = basis @ basis.T
    averaged = np.take_along_axis(projector, group.table.astype(np.intp), axis=1).mean(axis=0)
    return np.linalg.qr(averaged[group.table[group.inverse]] @ basis)[0]


def _oriented(basis: Float[np.ndarray, "g d"]) -> Float[np.ndarray, "g d"]:
    """Basis of the same span that depends on the span alone: lower triangular on the first rows that span it."""
    rest, directions = basis, []
    for _ in range(basis.shape[1]):
        norms = (rest**2).sum(axis=1)
        row = rest[np.argmax(norms > norms.max() / 2)]
        directions.append(row / np.linalg.norm(row))
        rest = rest - np.outer(rest @ directions[-1], directions[-1])
    return basis @ np.stack(directions, axis=1)


def _matrices(
    group: Group, basis: Float[np.ndarray, "g d"], generator: np.random.Generator
) -> Float[np.ndarray, "g d d"]:
    """Matrices of left translation in the basis: B[g^-1 y] = B[y] rho(g), solved on enough random rows y."""
    rows = generator.permutation(group.order)[: 8 * basis.shape[1] + 16]
    shifted = basis[group.table[group.inverse][:, rows]]  # (g, row, d)
    return np.linalg.pinv(basis[rows]) @ shifted
