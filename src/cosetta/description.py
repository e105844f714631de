"""What any functions on a group are: power by irrep, the cosets they are constant on, rank.

For arrays whose last axis is the group's elements: hidden states, embeddings, the features of a sparse autoencoder, the
parts of a network that was folded by measurement. Each function is centred first. A coset label is chosen by evidence
(`measures/cells.py`) and given where it leaves less of the variance than the threshold, with the p-value of
`CosetNull`: how often a random rank-one function of the same irreps chooses a subgroup with as little chance.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, final

import numpy as np
from jaxtyping import Float

from cosetta.config import AnalysisConfig
from cosetta.groups import Group, SubgroupLattice, read_group, subgroup_lattice
from cosetta.harmonics import Irrep, power
from cosetta.harmonics import irreps as all_irreps
from cosetta.measures import CosetNull, coset_variance_fractions, rank_one
from cosetta.measures.cells import Cells, choose
from cosetta.shown import percent, short_repr

__all__ = ["CosetFit", "Description", "FunctionRow", "describe", "irrep_title"]

SHOWN_SHARE = 0.02
"""Irreps with less power than this are not printed; all are in the data."""

_SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")
_CONSTANT = 1e-12
"""Variance below this share of the mean square is a constant function."""


@final
@dataclass(frozen=True)
class CosetFit:
    """The cosets that a function is constant on.

    Args:
        side: `left` for cosets gH, `right` for cosets Hg.
        subgroup: class of the subgroup.
        order: its order.
        fraction: share of the variance inside cosets, in [0, 1]; 0 is constant on them.
        p_value: how often random functions of the same irreps do as well, in (0, 1].
    """

    side: str
    subgroup: str
    order: int
    fraction: float
    p_value: float


@final
@dataclass(frozen=True)
class FunctionRow:
    """What one function is.

    Args:
        variance: its variance over the group, in its own unit squared.
        power: share of it by irrep, in the order of `Description.irreps`; sums to 1, or all 0 for a constant.
        irrep: name of the irrep with most power; empty for a constant.
        rank_share: share of that irrep's Fourier coefficient in its first singular direction; 1 is rank one.
        cosets: the cosets it is constant on, at most one label a side.
    """

    variance: float
    power: tuple[float, ...]
    irrep: str
    rank_share: float
    cosets: tuple[CosetFit, ...]
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class Description:
    """What the functions are, one row each, in the order of the array.

    Args:
        group: name of the group.
        irreps: names of its irreps.
        shape: axes of the array before the group's.
        rows: the functions.
    """

    group: str
    irreps: tuple[str, ...]
    shape: tuple[int, ...]
    rows: tuple[FunctionRow, ...]
    __repr__ = short_repr

    def total_power(self, weights: Sequence[float] | None = None) -> dict[str, float]:
        """Power by irrep over all functions.

        Args:
            weights: weight of each function; its variance if None.

        Returns:
            Shares that sum to 1, largest first; empty if every function is constant.
        """
        scale = np.array([row.variance for row in self.rows] if weights is None else weights, dtype=float)
        powers = np.array([row.power for row in self.rows]).reshape(len(self.rows), len(self.irreps))
        total = scale @ powers
        if not total.sum() > 0:
            return {}
        return {self.irreps[i]: float(total[i] / total.sum()) for i in np.argsort(-total)}

    def record(self) -> dict[str, Any]:
        """The description as plain data.

        Returns:
            Numbers, strings and lists.
        """
        return {"schema": 1, **asdict(self)}

    def __str__(self) -> str:
        """One line a function: variance, irreps, rank, cosets."""
        lines = [f"{'':>10}  {'variance':>9}  {'irreps':<34}  {'rank one':>8}  cosets"]
        for i, row in enumerate(self.rows):
            place = ",".join(map(str, np.unravel_index(i, self.shape))) if self.shape else "-"
            ranked = sorted(zip(row.power, self.irreps, strict=True), reverse=True)
            irreps = ", ".join(f"{name} {percent(share, 0)}" for share, name in ranked if share >= SHOWN_SHARE)
            cosets = "; ".join(_said(fit) for fit in row.cosets) or "none"
            rank = f"{row.rank_share:.3f}" if row.irrep else "-"
            lines.append(f"{place:>10}  {row.variance:9.3g}  {irreps or 'constant':<34}  {rank:>8}  {cosets}")
        return "\n".join(lines)


def describe(
    f: Any,
    group: Group | str,
    *,
    lattice: SubgroupLattice | None = None,
    irreps: tuple[Irrep, ...] | None = None,
    config: AnalysisConfig | None = None,
) -> Description:
    """Power by irrep, cosets with p-values, and rank, of any functions on a group.

    Args:
        f: functions on G, an array or tensor of real numbers whose last axis is its elements in the group's order.
        group: the group, or its name.
        lattice: its subgroups, if they are at hand.
        irreps: its irreps, if they are at hand.
        config: the threshold of a coset label, the number of null samples and their seed; the defaults if None.

    Returns:
        One row a function.

    Raises:
        ValueError: if the last axis is not as long as the group, or a value is not real or not finite.

    Example:
        >>> from cosetta.groups import named_group
        >>> sign = np.array([1.0, -1, -1, 1, 1, -1])
        >>> [row] = describe(sign, named_group("S3")).rows
        >>> row.irrep, row.rank_share, [(fit.side, fit.subgroup, fit.p_value) for fit in row.cosets]
        ('(1^3)', 1.0, [('left', 'C3', 1.0), ('right', 'C3', 1.0)])
    """
    group = read_group(group) if isinstance(group, str) else group
    f = _functions(f, group)
    config = config or AnalysisConfig()
    lattice = lattice or subgroup_lattice(group)
    irreps = irreps or all_irreps(group)
    flat = f.reshape(-1, group.order)
    centred = flat - flat.mean(1, keepdims=True)
    centred[centred.var(1) <= _CONSTANT * (flat**2).mean(1)] = 0
    powers = power(centred, irreps)
    finder = _CosetFinder(centred, powers, lattice, irreps, config)
    tops = powers.argmax(axis=1)
    ranks = np.zeros(len(flat))
    for i in np.unique(tops).tolist():
        ranks[tops == i] = rank_one(centred[tops == i], irreps[i]).share
    rows = []
    for i, shares in enumerate(powers):
        alive, top = bool(shares.any()), int(tops[i])
        rows.append(
            FunctionRow(
                variance=float(centred[i].var()),
                power=tuple(shares.tolist()),
                irrep=irrep_title(irreps[top], group) if alive else "",
                rank_share=float(ranks[i]) if alive else 0.0,
                cosets=finder.fits(i) if alive else (),
            )
        )
    return Description(group.name, tuple(irrep_title(irrep, group) for irrep in irreps), f.shape[:-1], tuple(rows))


def _functions(f: Any, group: Group) -> Float[np.ndarray, "... g"]:
    """The functions in double precision."""
    if hasattr(f, "detach"):  # a tensor, which may have a gradient or numpy may not know its type
        f = (f if f.is_complex() else f.double()).detach().cpu().numpy()
    f = np.asarray(f)
    if f.dtype.kind not in "fiub":
        advice = "describe its real and its imaginary part" if f.dtype.kind == "c" else "take an array of numbers"
        raise ValueError(f"`f` must be real numbers; it is {f.dtype}: {advice}")
    if f.ndim == 0 or f.shape[-1] != group.order:
        axes = [axis for axis, length in enumerate(f.shape) if length == group.order]
        advice = f"put its axis {axes[0]} last, np.moveaxis(f, {axes[0]}, -1)" if axes else "name the group it is on"
        raise ValueError(
            f"`f` must have {group.order} values on its last axis, as {group.name} has; shape {f.shape}: {advice}"
        )
    if not np.isfinite(f).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(f))[0])
        raise ValueError(f"`f` must be finite; it holds {f[place]} at {place}: leave that function out")
    return f.astype(np.float64)


def irrep_title(irrep: Irrep, group: Group) -> str:
    """The name of an irrep; for a cyclic group, its frequency.

    Args:
        irrep: the irrep.
        group: its group.

    Returns:
        A name.

    Example:
        >>> from cosetta.groups import named_group
        >>> C5 = named_group("C5")
        >>> [irrep_title(irrep, C5) for irrep in all_irreps(C5)]
        ['trivial', 'frequency 1', 'frequency 2']
    """
    n = group.order
    if irrep.dim != 2 or irrep.frobenius_schur != 0 or group.element_orders.max() < n:
        return irrep.name
    generator = int(np.argmax(group.element_orders == n))
    turn = np.arccos(np.clip(irrep.character[generator] / 2, -1, 1)) / (2 * np.pi)
    return f"frequency {round(turn * n)}"


@final
class _CosetFinder:
    """The labelling of functions by cosets, with what all of them share."""

    def __init__(
        self,
        values: Float[np.ndarray, "function g"],
        powers: Float[np.ndarray, "function irrep"],
        lattice: SubgroupLattice,
        irreps: tuple[Irrep, ...],
        config: AnalysisConfig,
    ) -> None:
        self._cells = Cells(lattice, irreps)
        self._null = CosetNull(self._cells, config.null_samples, config.seed, config.coset_threshold)
        self._powers, self._threshold = powers, config.coset_threshold
        self._best, self._chances, self._chosen = {}, {}, {}
        for side in _SIDES:
            fractions = self._cells.fractions(coset_variance_fractions(values, lattice, irreps, side))
            best = self._cells.best(fractions)
            chances = self._chances[side] = self._cells.log_chance(powers, best)
            best = self._best[side] = np.where(self._cells.evident(powers, chances), best, 1.0)
            if self._cells.families:
                self._chosen[side] = choose(chances, best, self._cells.orders, config.coset_threshold)

    def fits(self, i: int) -> tuple[CosetFit, ...]:
        """The chosen class of subgroups on each side, where it leaves less than the threshold."""
        found = []
        for side, chosen in self._chosen.items():
            family = int(chosen[i])
            fraction = float(self._best[side][i, family])
            if fraction < self._threshold:
                p_value = self._null.p_value(self._powers[i], float(self._chances[side][i, family]))
                order = int(self._cells.orders[family])
                found.append(CosetFit(side, self._cells.families[family], order, fraction, p_value))
        return tuple(found)


def _said(fit: CosetFit) -> str:
    shown = "gH" if fit.side == "left" else "Hg"
    return f"{shown}, H = {fit.subgroup} (leaves {fit.fraction:.1e}, p {fit.p_value:.2g})"
