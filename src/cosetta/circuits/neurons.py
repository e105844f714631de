r"""Find what each neuron computes: its irreps, its cosets, the coset at which it falls silent.

A coset neuron has left constant on right cosets Ha, right constant on left cosets bK of a conjugate K = g^-1 H g, and
right(b) = -left(g b^-1). Then pre = 0 whenever ab lies in the shared coset C = Hg = gK, so a neuron that fires says
that the product is not in C. Labels are the largest subgroup under the threshold: a function constant on cosets of H
is constant on those of every smaller subgroup too, so the smallest fraction decides nothing.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float

from cosetta.circuits.cosets import Side, coset_variance_fraction, coset_variance_fractions
from cosetta.circuits.mirror import left_stabilizer, mirror_correlation, mirror_residual
from cosetta.circuits.null import CosetNull
from cosetta.circuits.pairs import coset_leak, logit_strength, pair_statistics
from cosetta.circuits.wording import describe_coset
from cosetta.config import AnalysisConfig
from cosetta.groups import Group, SubgroupLattice, conjugate, cosets, double_cosets
from cosetta.harmonics import Irrep, power
from cosetta.models import FoldedModel
from cosetta.models.scoring import check_order
from cosetta.results import CosetLabel, NeuronRecord, SharedCoset

__all__ = ["FoundNeuron", "find_neurons"]


@final
@dataclass(frozen=True)
class FoundNeuron:
    """A neuron's record, with the positions in the lattice that circuits and hypotheses need.

    Args:
        record: what is reported.
        left_subgroup: lattice position of H, or None.
        right_subgroup: lattice position of K, or None.
        shared: which elements lie in the shared coset, or None.
    """

    record: NeuronRecord
    left_subgroup: int | None
    right_subgroup: int | None
    shared: Bool[np.ndarray, " g"] | None


@final
@dataclass(frozen=True)
class _Function:
    """One of the three functions of all neurons, centred, with its coset fractions and irrep shares."""

    values: Float[np.ndarray, "neuron g"]
    fractions: Float[np.ndarray, "neuron subgroup"]
    shares: Float[np.ndarray, "neuron irrep"]
    side: Side


def find_neurons(
    model: FoldedModel, group: Group, lattice: SubgroupLattice, irreps: tuple[Irrep, ...], config: AnalysisConfig
) -> tuple[FoundNeuron, ...]:
    """Label every neuron by the subgroups, irreps and shared coset that it uses.

    Cost: |G|^2 work a neuron, and one product of size neurons x |G| x subgroups for each function.

    Args:
        model: the folded model.
        group: the group it multiplies in.
        lattice: the group's subgroups.
        irreps: the group's irreps.
        config: the thresholds.

    Returns:
        One neuron each, in the model's order.

    Raises:
        ValueError: if the model's order is not the group's.

    Source:
        Stander et al. 2023 (arXiv:2312.06581), section 4, for the structure; the labelling rule is this project's.
    """
    check_order(model, group)
    sides: dict[str, Side] = {"left": "right", "right": "left", "out": "left"}
    functions = {
        name: _function(getattr(model, name).double().numpy().T, lattice, irreps, side) for name, side in sides.items()
    }
    statistics = pair_statistics(model, config.zero_tolerance)
    strength = logit_strength(model, statistics)
    correlation = mirror_correlation(functions["left"].values, functions["right"].values, irreps)
    null = CosetNull(lattice, irreps, config.null_samples, config.seed)
    dead = (strength <= config.dead_threshold * strength.max(initial=0.0)) | (correlation.max(axis=1) == 0)
    finder = _Finder(model, group, lattice, irreps, functions, correlation, null, config)
    return tuple(
        finder.find(n, bool(dead[n]), float(strength[n]), float(statistics.silent_share[n])) for n in range(model.width)
    )


@final
@dataclass(frozen=True)
class _Finder:
    """The inputs that the labelling of one neuron shares with all others."""

    model: FoldedModel
    group: Group
    lattice: SubgroupLattice
    irreps: tuple[Irrep, ...]
    functions: dict[str, _Function]
    correlation: Float[np.ndarray, "neuron g"]
    null: CosetNull
    config: AnalysisConfig

    def find(self, n: int, dead: bool, strength: float, silent_share: float) -> FoundNeuron:
        shares = {name: self._shares(function.shares[n]) for name, function in self.functions.items()}
        irrep = max(shares["left"], key=lambda name: shares["left"][name])
        basics = {"neuron": n, "strength": strength, "silent_share": silent_share, "irrep_shares": shares}
        if dead:
            record = NeuronRecord(status="dead", reason="", sentence="dead: it moves no logit", irrep="", **basics)
            return FoundNeuron(record, None, None, None)
        positions = {name: self._largest(function.fractions[n]) for name, function in self.functions.items()}
        labels = {name: self._label(name, n, position) for name, position in positions.items()}
        h, k = positions["left"], positions["right"]
        shared, coset, measured = self._shared_coset(n, h, k) if h is not None else (None, None, {})
        reason = self._reason(labels, coset, measured.get("mirror_residual"))
        if reason or coset is None:
            sentence = f"not explained by cosets ({reason}); mostly irrep {irrep}"
        else:
            sentence = f"silent whenever {coset.description}"
        record = NeuronRecord(
            status="unexplained" if reason else "explained",
            reason=reason,
            sentence=sentence,
            irrep=irrep,
            shared_coset=coset,
            **basics,
            **labels,
            **measured,
        )
        return FoundNeuron(record, h, k, shared)

    def _largest(self, fractions: Float[np.ndarray, " subgroup"]) -> int | None:
        """Largest proper nontrivial subgroup under the threshold; ties go to the smaller fraction."""
        orders = self.lattice.orders
        allowed = (fractions < self.config.coset_threshold) & (orders > 1) & (orders < self.group.order)
        if not allowed.any():
            return None
        largest = allowed & (orders == orders[allowed].max())
        return int(np.flatnonzero(largest)[np.argmin(fractions[largest])])

    def _label(self, name: str, n: int, position: int | None) -> CosetLabel | None:
        if position is None:
            return None
        function, lattice = self.functions[name], self.lattice
        cls = lattice.classes[lattice.class_of[position]]
        fraction = float(function.fractions[n, position])
        return CosetLabel(
            subgroup=cls.name,
            order=cls.order,
            index=cls.index,
            conjugate=int(np.flatnonzero(cls.subgroups == position)[0]),
            conjugates=self._conjugates(position),
            generators=", ".join(self.group.labels[g] for g in lattice.subgroup(position).generators),
            side=function.side,
            fraction=fraction,
            p_value=self.null.p_value(function.shares[n], cls.order, fraction),
            twisted=self._twisted(function.fractions[n], position),
        )

    def _twisted(self, fractions: Float[np.ndarray, " subgroup"], position: int) -> str:
        """Proper subgroup K > H of index 2 whose cosets explain nothing: f then carries the character of K/H."""
        lattice = self.lattice
        above = lattice.covers[lattice.covers[:, 0] == position, 1]
        for k in above:
            double = lattice.orders[k] == 2 * lattice.orders[position] and lattice.orders[k] < self.group.order
            if double and 1 - fractions[k] < self.config.coset_threshold:
                return lattice.names[k]
        return ""

    def _shared_coset(self, n: int, h: int, k: int | None) -> tuple[Bool[np.ndarray, " g"], SharedCoset, dict]:
        """The right coset Hg with the largest mirror correlation, held against the lattice-free route."""
        group, correlation = self.group, self.correlation[n]
        H = self.lattice.subgroup(h)
        of_element = cosets(H, side="right")
        means = np.bincount(of_element, weights=correlation) / H.order
        shared = of_element == np.argmax(means)
        g = int(np.argmax(shared))
        by_mirror = correlation >= correlation.max() - self.config.mirror_tolerance
        same = bool((by_mirror == shared).all()) and np.array_equal(left_stabilizer(by_mirror, group), H.elements)
        K = conjugate(H, int(group.inverse[g]))
        partner = self.lattice.position(K)
        carries = self.lattice.classes[self.lattice.class_of[h]].index == self._conjugates(h)  # H is its own normaliser
        coset = SharedCoset(
            representative=g,
            representative_label=group.labels[g],
            size=H.order,
            description=describe_coset(shared, self._printed(h), self._printed(partner), carries, group),
            correlation=float(means.max()),
            routes_agree=same,
            conjugate_pair=partner == k,
        )
        left, right = (getattr(self.model, side)[:, n].double().numpy() for side in ("left", "right"))
        out = self.functions["out"].values[n]
        measured = {
            "mirror_residual": mirror_residual(left, right, g, group),
            "expected_silent_share": H.order / group.order,
            "leak": coset_leak(left, right, shared, group),
            "out_on": float(out[shared].mean() / (out.std() or 1.0)),
            "out_off": float(out[~shared].mean() / (out.std() or 1.0)),
            "out_residual": float(coset_variance_fraction(out, double_cosets(H, K))),
        }
        return shared, coset, measured

    def _conjugates(self, position: int) -> int:
        return len(self.lattice.classes[self.lattice.class_of[position]].subgroups)

    def _printed(self, position: int) -> str:
        """Name of one subgroup: its class, and which conjugate if there are several."""
        cls = self.lattice.classes[self.lattice.class_of[position]]
        return f"{cls.name}#{position - cls.subgroups[0] + 1}" if len(cls.subgroups) > 1 else cls.name

    def _reason(
        self, labels: dict[str, CosetLabel | None], coset: SharedCoset | None, mirror_residual: float | None
    ) -> str:
        """Why the coset account does not cover the neuron; empty if it does."""
        left, right = labels["left"], labels["right"]
        if left is None or right is None or coset is None or mirror_residual is None:
            sides = " and ".join(side for side, label in (("left", left), ("right", right)) if label is None)
            return f"{sides}: constant on the cosets of no proper subgroup"
        if not coset.conjugate_pair:
            return f"left uses {left.subgroup} and right {right.subgroup}, which are not a conjugate pair H, g^-1 H g"
        if mirror_residual > self.config.mirror_threshold:
            return f"the mirror law leaves {mirror_residual:.2g} of the right function's variance"
        return ""

    def _shares(self, shares: Float[np.ndarray, " irrep"]) -> dict[str, float]:
        return {irrep.name: float(share) for irrep, share in zip(self.irreps, shares, strict=True)}


def _function(
    values: Float[np.ndarray, "neuron g"], lattice: SubgroupLattice, irreps: tuple[Irrep, ...], side: Side
) -> _Function:
    values = values - values.mean(axis=1, keepdims=True)
    return _Function(values, coset_variance_fractions(values, lattice, irreps, side), power(values, irreps), side)
