r"""Cells: the subgroups, with a sign or without, that a function can be constant on, and the evidence for each.

A *cell* is a subgroup H with a real linear character chi: f(ha) = chi(h) f(a). Plain cosets have chi = 1; a twisted
cell has chi = -1 outside a subgroup K of index 2. (A real function carries no other linear character: chi(h) f(a) is
real.) Only proper, nontrivial H are cells. A family is one conjugacy class of cells.

*Evidence.* Trained neurons have rank one, f(g) = sum_rho sqrt(s_rho) <u, rho(g) v_rho>, and a cell explains
sum_rho s_rho |P v_rho|^2 with P the projection on the vectors of rho that carry chi. If v_rho is uniform on the sphere
of dimension d, 1 - |P v|^2 is Beta((d - m)/2, m/2) with m the rank of P. So the chance that random vectors leave as
little as phi in the best of n conjugate cells is at most n I_phi(alpha, beta), with the Beta that has the mean and the
variance of the sum. The cell of a function is the one with the least chance: a small subgroup, which leaves less
because it has more freedom, pays for that in m and n; where the evidence does not tell two apart, the larger is taken,
and so is one that leaves nearly as little: a function that is constant on cosets of H up to a trace of noise is so on
those of every smaller subgroup, and their chances, all next to nothing, then compare the noise and not the function.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import betainc, betaln

from cosetta.groups import SubgroupLattice
from cosetta.harmonics import Irrep

__all__ = ["BEYOND_CHANCE", "Cells", "choose", "log_beta"]

BEYOND_CHANCE = float(np.log(0.05))
"""Two chances are apart when their logarithms differ by more than this."""

AS_LITTLE = 2.0
"""A larger subgroup leaves as little when it leaves at most this many times what the likeliest leaves, both per degree
of freedom: white noise leaves 1 - 1/|H| of itself."""

NEGLIGIBLE = 0.01
"""Irreps with less power than this are left out of a chance: they are noise, and would be taken for evidence."""


@final
@dataclass(frozen=True, eq=False)
class Cells:
    """All cells of a group, by family.

    Args:
        lattice: the group's subgroups.
        irreps: its irreps.
        twisted: whether cells with a sign are included.

    Source:
        This project.

    Example:
        >>> from cosetta.groups import named_group, subgroup_lattice
        >>> from cosetta.harmonics import irreps
        >>> G = named_group("S4")
        >>> cells = Cells(subgroup_lattice(G), irreps(G))
        >>> len(cells.families), cells.families[-1]
        (9, 'A4')
    """

    lattice: SubgroupLattice
    irreps: tuple[Irrep, ...]
    twisted: bool = False

    @cached_property
    def _sorted(self) -> tuple[Int[np.ndarray, "cell 2"], Int[np.ndarray, " family"], tuple[str, ...]]:
        """(H, kernel) of each cell, sorted by family; where each family starts; the families' names."""
        lattice = self.lattice
        top = len(lattice) - 1
        plain = np.arange(1, max(top, 1))
        pairs = np.stack([plain, plain], axis=1)
        if self.twisted:
            edges = lattice.covers
            double = lattice.orders[edges[:, 1]] == 2 * lattice.orders[edges[:, 0]]
            signed = edges[double & (edges[:, 1] < top)][:, ::-1]  # (H, K)
            pairs = np.concatenate([pairs, signed])
        family = lattice.class_of[pairs[:, 0]] * (len(lattice.class_names) + 1)
        family = family + np.where(pairs[:, 0] == pairs[:, 1], 0, 1 + lattice.class_of[pairs[:, 1]])
        order = np.argsort(family, kind="stable")
        pairs, family = pairs[order], family[order]
        starts = np.flatnonzero(np.diff(family, prepend=-1))
        names = tuple(_name(lattice, int(pairs[start, 0]), int(pairs[start, 1])) for start in starts)
        return pairs, starts, names

    @property
    def subgroups(self) -> Int[np.ndarray, " cell"]:
        """Lattice position of H of each cell."""
        return self._sorted[0][:, 0]

    @property
    def kernels(self) -> Int[np.ndarray, " cell"]:
        """Lattice position of the kernel of chi of each cell; H itself for a plain cell."""
        return self._sorted[0][:, 1]

    @property
    def families(self) -> tuple[str, ...]:
        """Name of each family, such as `S4` or `S4 (sign on A4)`."""
        return self._sorted[2]

    @property
    def starts(self) -> Int[np.ndarray, " family"]:
        """First cell of each family."""
        return self._sorted[1]

    @cached_property
    def sizes(self) -> Int[np.ndarray, " family"]:
        """Number of cells in each family."""
        return np.diff(self.starts, append=len(self.subgroups))

    @cached_property
    def orders(self) -> Int[np.ndarray, " family"]:
        """Order of H in each family."""
        return self.lattice.orders[self.subgroups[self.starts]]

    @cached_property
    def ranks(self) -> Int[np.ndarray, "family irrep"]:
        """Dimension m of the vectors of each irrep that carry chi."""
        characters = np.stack([irrep.character for irrep in self.irreps], axis=1)
        positions = self._sorted[0][self.starts]
        fixed = [self.lattice.members[p] @ characters / self.lattice.orders[p][:, None] for p in positions.T]
        twisted = positions[:, 0] != positions[:, 1]
        return np.rint(np.where(twisted[:, None], fixed[1] - fixed[0], fixed[1])).astype(np.int64)

    def fractions(self, of_subgroups: Float[np.ndarray, "... subgroup"]) -> Float[np.ndarray, "... cell"]:
        """What each cell leaves unexplained.

        Args:
            of_subgroups: coset variance fractions of functions for every subgroup.

        Returns:
            Fractions in [0, 1]; Var not explained by f(ha) = chi(h) f(a), over Var f.
        """
        left = of_subgroups[..., self.kernels]
        signed = self.subgroups != self.kernels
        if signed.any():
            left = left.copy()
            left[..., signed] += 1 - of_subgroups[..., self.subgroups[signed]]
        return np.clip(left, 0, 1)

    def best(self, fractions: Float[np.ndarray, "... cell"]) -> Float[np.ndarray, "... family"]:
        """Smallest fraction of each family.

        Args:
            fractions: one value a cell.

        Returns:
            One value a family.
        """
        if not len(self.starts):
            return np.empty((*fractions.shape[:-1], 0))
        return np.minimum.reduceat(fractions, self.starts, axis=-1)

    def log_chance(
        self, power: Float[np.ndarray, "... irrep"], fractions: Float[np.ndarray, "... family"], noise: float = 0.0
    ) -> Float[np.ndarray, "... family"]:
        """Logarithm of the chance that random vectors do as well in each family; see the module.

        Args:
            power: power share by irrep of the centred functions; each sums to 1.
            fractions: smallest fraction of each family.
            noise: fractions below this are no better than this: the network's own noise.

        Returns:
            Values <= 0; 0 where the irreps alone force the fraction.
        """
        mean, variance = self._moments(power)
        forced = variance <= _EXACT
        scale = mean * (1 - mean) / np.where(forced, 1, variance) - 1
        alpha, beta = (np.where(forced, 1, np.maximum(x * scale, _EXACT)) for x in (mean, 1 - mean))
        chance = log_beta(np.clip(fractions, max(noise, _EXACT), 1), alpha, beta) + np.log(self.sizes)
        return np.where(forced, 0.0, np.minimum(chance, 0.0))

    def evident(
        self, power: Float[np.ndarray, "... irrep"], log_chance: Float[np.ndarray, "... family"]
    ) -> Bool[np.ndarray, "... family"]:
        """Families that may label a function: beyond chance, or forced by its irreps whatever its vectors are.

        A family that random vectors would fit as well says nothing of a function, however little it leaves.

        Args:
            power: power share by irrep of the centred functions; each sums to 1.
            log_chance: of each family.

        Returns:
            Whether each family may be a label.
        """
        return (log_chance < BEYOND_CHANCE) | (self._moments(power)[0] <= _EXACT)

    def _moments(
        self, power: Float[np.ndarray, "... irrep"]
    ) -> tuple[Float[np.ndarray, "... family"], Float[np.ndarray, "... family"]]:
        """Mean and variance of what each cell of a family leaves of random functions."""
        dims = np.array([irrep.dim for irrep in self.irreps], dtype=float)
        power = np.where(power < NEGLIGIBLE, 0, power)
        total = power.sum(axis=-1, keepdims=True)
        power = np.divide(power, total, out=np.zeros_like(power), where=total > 0)
        unfixed = (dims - self.ranks) / dims
        spread = 2 * unfixed * (1 - unfixed) / (dims + 2)
        return power @ unfixed.T, power**2 @ spread.T


_EXACT = 1e-12
"""Variances and fractions below this are rounding."""

_ROUNDING = 1e-9
"""Fractions below this are rounding of float32 weights."""


def log_beta(
    x: Float[np.ndarray, "..."], alpha: Float[np.ndarray, "..."], beta: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
    """Logarithm of the distribution function of Beta(alpha, beta), also where it underflows.

    Args:
        x: points in (0, 1].
        alpha: first parameters, positive.
        beta: second parameters, positive.

    Returns:
        Values <= 0.

    Example:
        >>> log_beta(np.array([0.25]), np.array([1.0]), np.array([1.0])).round(6).tolist()
        [-1.386294]
    """
    value = betainc(alpha, beta, x)
    small = value < 1e-280
    leading = alpha * np.log(x) + (beta - 1) * np.log1p(-np.minimum(x, 1 - 1e-16)) - np.log(alpha) - betaln(alpha, beta)
    return np.where(small, np.minimum(leading, -600), np.log(np.where(small, 1, value)))


def choose(
    log_chance: Float[np.ndarray, "... family"],
    fractions: Float[np.ndarray, "... family"],
    orders: Int[np.ndarray, " family"],
    threshold: float,
) -> Int[np.ndarray, "..."]:
    """The largest family that fits each function and has a chance within a factor 20 of the least, or leaves as little.

    Args:
        log_chance: of each family.
        fractions: smallest fraction of each family.
        orders: order of H of each family.
        threshold: a family fits when it leaves less than this.

    Returns:
        A family each; the one with the least chance where none that is near it fits.

    Example:
        >>> orders = np.array([2, 12])
        >>> choose(np.array([[-9.0, -1.0], [0.0, 0.0]]), np.array([[0.0, 0.5], [0.0, 0.0]]), orders, 0.01).tolist()
        [0, 1]
    """
    likely = (log_chance <= log_chance.min(axis=-1, keepdims=True) - BEYOND_CHANCE) & (fractions < threshold)
    likeliest = np.where(likely, orders - fractions, -1.0).argmax(axis=-1)
    noise = fractions / (1 - 1 / orders)
    least = np.take_along_axis(noise, likeliest[..., None], axis=-1)
    as_little = (noise <= AS_LITTLE * np.maximum(least, _ROUNDING)) & (fractions < threshold)
    largest = np.where(likely | as_little, orders - fractions, -1.0).argmax(axis=-1)
    return np.where(likely.any(axis=-1), largest, log_chance.argmin(axis=-1))


def _name(lattice: SubgroupLattice, subgroup: int, kernel: int) -> str:
    name = lattice.names[subgroup]
    return name if subgroup == kernel else f"{name} (sign on {lattice.names[kernel]})"
