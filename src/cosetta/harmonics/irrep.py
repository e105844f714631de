r"""One irreducible real representation, and what makes a list of them right.

An irrep is a map $\rho: G \to O(d)$ with $\rho(a)\rho(b) = \rho(ab)$ and no invariant subspace over the reals. Its
commutant is the reals, the complex numbers or the quaternions: the Frobenius-Schur type 1, 0 or -1. Over the complex
numbers a real-type irrep stays irreducible, a complex-type one splits in two conjugate halves, a quaternionic one is
twice one half; so for both of them the real dimension is twice the complex one, and every formula carries the weight
`dim / endomorphism_dim`. How irreps are found is in `young.py`, `abelian.py` and `numerical.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from jaxtyping import Float

from cosetta.errors import NotARepresentation
from cosetta.groups.group import Group

__all__ = ["TOLERANCE", "Irrep", "check_irreps", "classify"]

TOLERANCE = 1e-9
"""Largest entry of rho(a)rho(b) - rho(ab) that is accepted; the routes here reach about 1e-14."""

BLOCK = 2_000_000
"""Entries of matrices checked at once, which bounds the memory of the check."""

ENDOMORPHISM_DIM = {1: 1, 0: 2, -1: 4}
TYPE_SUFFIX = {1: "", 0: "-complex", -1: "-quaternionic"}


@final
@dataclass(frozen=True, eq=False, repr=False)
class Irrep:
    r"""An irreducible representation of a finite group by real orthogonal matrices.

    Args:
        name: a label that is stable across runs and machines: a partition for S_n, else as `classify` says.
        matrices: the matrix $\rho(g)$ of each element, so that $\rho(g^{-1})$ is its transpose.
        frobenius_schur: 1 real, 0 complex, -1 quaternionic type.

    Source:
        Serre, Linear Representations of Finite Groups (1977), section 13.2.

    Example:
        >>> rotation = np.array([[[1.0, 0], [0, 1]], [[0, -1], [1, 0]], [[-1, 0], [0, -1]], [[0, 1], [-1, 0]]])
        >>> quarter_turn = Irrep("2a-complex", rotation, frobenius_schur=0)
        >>> quarter_turn.dim, quarter_turn.endomorphism_dim, quarter_turn.character.tolist()
        (2, 2, [2.0, 0.0, -2.0, 0.0])
    """

    name: str
    matrices: Float[np.ndarray, "g d d"]
    frobenius_schur: int

    @property
    def dim(self) -> int:
        """Dimension d over the reals."""
        return self.matrices.shape[1]

    @property
    def endomorphism_dim(self) -> int:
        """Dimension c over the reals of the matrices that commute with the irrep: 1, 2 or 4."""
        return ENDOMORPHISM_DIM[self.frobenius_schur]

    @property
    def weight(self) -> float:
        """Weight d/c in Fourier inversion: how often the irrep occurs in the regular representation."""
        return self.dim / self.endomorphism_dim

    @cached_property
    def character(self) -> Float[np.ndarray, " g"]:
        """Trace of each matrix."""
        return np.trace(self.matrices, axis1=1, axis2=2)

    def __repr__(self) -> str:
        """Name, dimension and type."""
        kind = {1: "real", 0: "complex", -1: "quaternionic"}[self.frobenius_schur]
        return f"Irrep({self.name!r}, dim={self.dim}, {kind})"


def classify(group: Group, representations: Sequence[Float[np.ndarray, "g _ _"]]) -> tuple[Irrep, ...]:
    r"""Irreps from their matrices: typed, sorted and named.

    The type is the sign of $|G|^{-1}\sum_g \chi(g^2)$, which is 1, 0 or -2 for a real irrep. The trivial irrep comes
    first; the rest are sorted by dimension, type (real, complex, quaternionic), then by character, larger values first,
    on the conjugacy classes in the order (order of the elements, size, smallest element). Names are `trivial`; `sign`
    when exactly one other irrep is one-dimensional; otherwise the real dimension and a letter, with the type when it is
    not real: `2a`, `2b-complex`, `4a-quaternionic`. Characters do not depend on the basis, so names do not depend on
    how the matrices were found.

    Args:
        group: the group.
        representations: orthogonal matrices of each irrep, one array of shape (order, d, d) an irrep.

    Returns:
        The irreps, trivial first.

    Source:
        Serre 1977, section 13.2, proposition 39 (the indicator).

    Example:
        >>> C2 = Group(np.array([[0, 1], [1, 0]]))
        >>> classify(C2, [np.array([[[1.0]], [[-1.0]]]), np.ones((2, 1, 1))])
        (Irrep('trivial', dim=1, real), Irrep('sign', dim=1, real))
    """
    first = np.array([members[0] for members in group.conjugacy_classes])
    sizes = np.array([len(members) for members in group.conjugacy_classes])
    in_order = first[np.lexsort((first, sizes, group.element_orders[first]))]
    keys = [_sort_key(group, matrices, in_order) for matrices in representations]
    by_key = sorted(range(len(keys)), key=keys.__getitem__)
    lone_sign = sum(matrices.shape[1] == 1 for matrices in representations) == 2
    found, letters = [], {}
    for i in by_key:
        is_other, dim, type_rank, _ = keys[i]
        frobenius_schur = 1 - type_rank
        if not is_other:
            name = "trivial"
        elif dim == 1 and lone_sign:
            name = "sign"
        else:
            letters[dim] = letters.get(dim, -1) + 1
            name = f"{dim}{_letter(letters[dim])}{TYPE_SUFFIX[frobenius_schur]}"
        found.append(Irrep(name, representations[i], frobenius_schur))
    return tuple(found)


def check_irreps(irreps: Sequence[Irrep], group: Group, tolerance: float = TOLERANCE) -> None:
    r"""Check that the matrices are all the irreps of the group, each once.

    Checks that $\rho(e) = 1$, that matrices are orthogonal, that $\rho(a)\rho(b) = \rho(ab)$ for all a and every
    generator b (which implies it for all b), that $\langle\chi_\rho,\chi_\sigma\rangle = c_\rho\,\delta_{\rho\sigma}$,
    and that $\sum_\rho d_\rho^2/c_\rho = |G|$.

    Args:
        irreps: the candidate list.
        group: the group.
        tolerance: largest entry accepted in each difference.

    Raises:
        NotARepresentation: if a check fails; the message names the irrep and the pair of elements with its error.

    Example:
        >>> C2 = Group(np.array([[0, 1], [1, 0]]), name="C2")
        >>> check_irreps([Irrep("trivial", np.ones((2, 1, 1)), 1)], C2)
        Traceback (most recent call last):
        cosetta.errors.NotARepresentation: irreps of C2 must have sum of d^2/c equal to its order 2; these have 1
    """
    for irrep in irreps:
        _check_homomorphism(irrep, group, tolerance)
    characters = np.stack([irrep.character for irrep in irreps])
    products = characters @ characters.T / group.order
    error = np.abs(products - np.diag([irrep.endomorphism_dim for irrep in irreps]))
    if error.max() > tolerance * group.order:
        i, j = divmod(int(np.argmax(error)), len(irreps))
        raise NotARepresentation(
            f"characters must be orthogonal with squared norm 1, 2 or 4 by type; "
            f"<{irreps[i].name}, {irreps[j].name}> = {products[i, j]:.6g} for {irreps[i]!r}, {irreps[j]!r}"
        )
    total = sum(irrep.dim**2 // irrep.endomorphism_dim for irrep in irreps)
    if total != group.order:
        raise NotARepresentation(
            f"irreps of {group.name} must have sum of d^2/c equal to its order {group.order}; these have {total}"
        )


def _check_homomorphism(irrep: Irrep, group: Group, tolerance: float) -> None:
    rho = irrep.matrices
    if rho.shape[0] != group.order:
        raise NotARepresentation(
            f"irrep {irrep.name} must have one matrix for each of {group.order} elements; got {rho.shape[0]}"
        )
    step = max(1, BLOCK // irrep.dim**2)
    for start in range(0, len(rho), step):
        block = rho[start : start + step]
        defect = np.abs(block.transpose(0, 2, 1) @ block - np.eye(irrep.dim)).max(axis=(1, 2))
        if defect.max() > tolerance:
            a = start + int(np.argmax(defect))
            raise NotARepresentation(
                f"matrices must be orthogonal: |ρ({a})ᵀρ({a}) − 1| = {defect.max():.2g} > {tolerance:g} "
                f"in irrep {irrep.name}"
            )
    for b in (0, *group.generators):
        for start in range(0, len(rho), step):
            products = group.table[start : start + step, b]
            defect = np.abs(rho[start : start + step] @ rho[b] - rho[products]).max(axis=(1, 2))
            if defect.max() > tolerance:
                a = start + int(np.argmax(defect))
                raise NotARepresentation(
                    f"matrices do not multiply like the group: |ρ({a})ρ({b}) − ρ({a}·{b})| = {defect.max():.2g} > "
                    f"{tolerance:g} in irrep {irrep.name}"
                )


def _sort_key(group: Group, matrices: np.ndarray, in_order: np.ndarray) -> tuple[bool, int, int, bytes]:
    """Trivial first, then dimension, type, and the character on class representatives, larger values first."""
    character = np.trace(matrices, axis1=1, axis2=2)
    indicator = round(float(character[group.table.diagonal()].mean()))  # 1, 0 or -2
    values = np.round(-character[in_order] * 1e6).astype(np.int64) + 2**62  # as bytes they sort like numbers
    is_other = matrices.shape[1] > 1 or bool(np.abs(character - 1).max() > 0.5)
    return is_other, matrices.shape[1], 1 - int(np.sign(indicator)), values.astype(">i8").tobytes()


def _letter(i: int) -> str:
    """a, b, ..., z, aa, ab, ..."""
    return (_letter(i // 26 - 1) if i >= 26 else "") + chr(ord("a") + i % 26)
