r"""What cosets explain by chance: the null distribution behind each p-value.

A function of one irrep is already smooth, and the best of many conjugate subgroups explains much of it: for a random
vector of the irrep (4,1) of S5 the best S4 explains 65.5 % of the variance on average. The null model keeps a
function's power share in every irrep and draws vectors at random: f(g) = sum_rho sqrt(share_rho) <u, rho(g) v_rho> with
v_rho uniform on the sphere, the rank-one functions that trained neurons are. H then explains
sum_rho share_rho |P_H v_rho|^2, whatever u is.
"""

from typing import final

import numpy as np
from jaxtyping import Float, Float32

from cosetta.groups import SubgroupLattice
from cosetta.harmonics import Irrep

__all__ = ["CosetNull"]

NEGLIGIBLE_SHARE = 1e-6
"""Irreps with less power than this are left out of a draw; they cannot move a fraction by more."""


@final
class CosetNull:
    """Null distribution of the best coset variance fraction, for one group.

    Draws are made once an irrep and shared by all neurons.

    Args:
        lattice: all subgroups of the group.
        irreps: its irreps.
        samples: random vectors an irrep.
        seed: seed of the draws.

    Source:
        This project. The observation that random functions score well against conjugates is made for S5 in
        docs/theory.md.

    Example:
        >>> from cosetta.groups import named_group, subgroup_lattice
        >>> from cosetta.harmonics import irreps
        >>> G = named_group("S4")
        >>> null = CosetNull(subgroup_lattice(G), irreps(G), samples=99, seed=0)
        >>> sign_only = np.array([irrep.name == "(1^4)" for irrep in irreps(G)], dtype=float)
        >>> null.p_value(sign_only, order=12, fraction=1e-9)  # every function of the sign is constant on cosets of A4
        1.0
    """

    def __init__(self, lattice: SubgroupLattice, irreps: tuple[Irrep, ...], samples: int, seed: int) -> None:
        self.lattice = lattice
        self.irreps = irreps
        self.samples = samples
        self._seed = seed
        self._explained: dict[int, Float32[np.ndarray, "sample subgroup"]] = {}

    def p_value(self, shares: Float[np.ndarray, " irrep"], order: int, fraction: float) -> float:
        """How often a random function of the same irrep content does as well with a subgroup at least as large.

        Args:
            shares: power share by irrep of the centred function; they sum to 1.
            order: order of the subgroup found.
            fraction: its coset variance fraction.

        Returns:
            (1 + number of draws at least as good) / (1 + number of draws), in (0, 1].
        """
        best = self.best_fractions(shares, order)
        return float((1 + (best <= fraction + _ROUNDING).sum()) / (1 + self.samples))

    def best_fractions(self, shares: Float[np.ndarray, " irrep"], order: int) -> Float[np.ndarray, " sample"]:
        """Smallest coset variance fraction of each random function over all subgroups of at least the given order.

        Args:
            shares: power share by irrep; they sum to 1.
            order: smallest order considered.

        Returns:
            Values in [0, 1], one a draw.
        """
        wanted = (self.lattice.orders >= order) & (self.lattice.orders < self.lattice.orders[-1])
        explained = np.zeros((self.samples, int(wanted.sum())), dtype=np.float32)
        for i, share in enumerate(shares):
            if share > NEGLIGIBLE_SHARE:
                explained += np.float32(share) * self._draws(i)[:, wanted]
        return np.clip(1 - explained.max(axis=1, initial=0).astype(np.float64), 0, 1)

    def _draws(self, i: int) -> Float32[np.ndarray, "sample subgroup"]:
        """|P_H v|^2 for random unit vectors v of irrep i and every subgroup H: the mean of <v, rho(h) v> over H."""
        if i not in self._explained:
            rho = self.irreps[i].matrices
            v = np.random.default_rng([self._seed, i]).standard_normal((self.samples, rho.shape[1]))
            v /= np.linalg.norm(v, axis=1, keepdims=True)
            outer = (v[:, :, None] * v[:, None, :]).reshape(self.samples, -1)
            overlap = outer @ rho.reshape(len(rho), -1).T
            means = overlap.astype(np.float32) @ (self.lattice.members.T / self.lattice.orders).astype(np.float32)
            self._explained[i] = means
        return self._explained[i]


_ROUNDING = 1e-6
"""Fractions closer than this are equal: draws are kept in float32."""
