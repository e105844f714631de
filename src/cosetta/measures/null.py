r"""What cells explain by chance: the null distribution behind each p-value, which repeats the choice.

A function of one irrep is already smooth, and the best of many conjugate subgroups explains much of it: for a random
vector of the irrep (4,1) of S5 the best S4 explains 65.5 % of the variance on average. The null model keeps a
function's power share in every irrep and draws vectors at random, f(g) = sum_rho sqrt(share_rho) <u, rho(g) v_rho> with
v_rho uniform on the sphere: the rank-one functions that trained neurons are. Each draw then *chooses* its own cell by
the rule that labelled the neuron (`cells.choose`), and the p-value is the share of draws whose chosen cell has as
little chance as the neuron's. Without that repetition 6 to 8 % of null neurons get p < 0.05 on S5 and A5.
"""

from typing import final

import numpy as np
from jaxtyping import Float, Float32

from cosetta.measures.cells import Cells, choose

__all__ = ["CosetNull"]

_STEP = 0.02
"""Power shares are rounded to this before drawing, so that neurons alike share their draws."""

_ROUNDING = 1e-6
"""Log chances closer than this are equal."""


@final
class CosetNull:
    """Null distribution of the chosen cell, for one group.

    Draws are made once an irrep and shared by all neurons.

    Args:
        cells: the cells that the account chooses from.
        samples: random vectors an irrep.
        seed: seed of the draws.
        threshold: coset variance fraction under which a cell fits.
        noise: the network's noise, see `Cells.log_chance`.

    Source:
        This project.

    Example:
        >>> from cosetta.groups import named_group, subgroup_lattice
        >>> from cosetta.harmonics import irreps
        >>> G = named_group("S4")
        >>> null = CosetNull(Cells(subgroup_lattice(G), irreps(G)), samples=99, seed=0)
        >>> sign_only = np.array([irrep.name == "(1^4)" for irrep in irreps(G)], dtype=float)
        >>> null.p_value(sign_only, 0.0), null.covered(sign_only)  # any function of the sign is constant on A4's cosets
        (1.0, 1.0)
    """

    def __init__(self, cells: Cells, samples: int, seed: int, threshold: float = 0.01, noise: float = 0.0) -> None:
        self.cells = cells
        self.samples = samples
        self.threshold = threshold
        self.noise = noise
        self._seed = seed
        self._explained: dict[int, Float32[np.ndarray, "sample subgroup"]] = {}
        self._chosen: dict[bytes, tuple[Float[np.ndarray, " sample"], float]] = {}

    def p_value(self, power: Float[np.ndarray, " irrep"], log_chance: float) -> float:
        """How often a random function of the same irrep content chooses a cell with as little chance.

        Args:
            power: power share by irrep of the centred function; they sum to 1.
            log_chance: of the function's own cell.

        Returns:
            (1 + number of draws at least as good) / (1 + number of draws), in (0, 1].
        """
        best, _ = self._choices(power)
        return float((1 + (best <= log_chance + _ROUNDING).sum()) / (1 + self.samples))

    def covered(self, power: Float[np.ndarray, " irrep"]) -> float:
        """Share of such random functions whose chosen cell leaves less than the threshold.

        Args:
            power: power share by irrep; they sum to 1.

        Returns:
            A share in [0, 1].
        """
        return self._choices(power)[1]

    def fractions(self, power: Float[np.ndarray, " irrep"]) -> Float[np.ndarray, "sample cell"]:
        """What each cell leaves of each random function.

        Args:
            power: power share by irrep; they sum to 1.

        Returns:
            Fractions in [0, 1].
        """
        explained = np.zeros((self.samples, len(self.cells.lattice)), dtype=np.float32)
        for i in np.flatnonzero(power > 0):
            explained += np.float32(power[i]) * self._draws(int(i))
        return self.cells.fractions(np.clip(1 - explained, 0, 1).astype(np.float64))

    def _choices(self, power: Float[np.ndarray, " irrep"]) -> tuple[Float[np.ndarray, " sample"], float]:
        """Log chance of each draw's chosen family, and the share of draws that it covers."""
        rounded = np.rint(power / _STEP) * _STEP
        rounded = rounded / rounded.sum() if rounded.sum() > 0 else power
        key = rounded.tobytes()
        if key not in self._chosen:
            self._chosen[key] = self._draw_choices(rounded)
        return self._chosen[key]

    def _draw_choices(self, power: Float[np.ndarray, " irrep"]) -> tuple[Float[np.ndarray, " sample"], float]:
        if not self.cells.families:
            return np.zeros(self.samples), 0.0
        best = self.cells.best(self.fractions(power))
        chance = self.cells.log_chance(power, best, self.noise)
        best = np.where(self.cells.evident(power, chance), best, 1.0)
        chosen = choose(chance, best, self.cells.orders, self.threshold)[:, None]
        covered = np.take_along_axis(best, chosen, axis=1) < self.threshold
        return np.take_along_axis(chance, chosen, axis=1)[:, 0], float(covered.mean())

    def _draws(self, i: int) -> Float32[np.ndarray, "sample subgroup"]:
        """|P_H v|^2 for random unit vectors v of irrep i and every subgroup H: the mean of <v, rho(h) v> over H."""
        if i not in self._explained:
            lattice, rho = self.cells.lattice, self.cells.irreps[i].matrices
            v = np.random.default_rng([self._seed, i]).standard_normal((self.samples, rho.shape[1]))
            v /= np.linalg.norm(v, axis=1, keepdims=True)
            outer = (v[:, :, None] * v[:, None, :]).reshape(self.samples, -1)
            overlap = outer @ rho.reshape(len(rho), -1).T
            means = overlap.astype(np.float32) @ (lattice.members.T / lattice.orders).astype(np.float32)
            self._explained[i] = means
        return self._explained[i]
