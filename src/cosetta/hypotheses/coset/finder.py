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

from cosetta.config import AnalysisConfig
from cosetta.errors import Unsupported
from cosetta.groups import SubgroupLattice, conjugate, cosets, double_cosets
from cosetta.hypotheses.coset.wording import describe_coset
from cosetta.measures.cosets import coset_variance_fraction
from cosetta.measures.facts import Facts
from cosetta.measures.mirror import left_stabilizer, mirror_residual
from cosetta.measures.null import CosetNull
from cosetta.measures.pairs import coset_leak
from cosetta.results import CosetLabel, CosetNeuron, OpenNeuron, SharedCoset

__all__ = ["Found", "FoundCoset", "find_neurons"]


@final
@dataclass(frozen=True, eq=False)
class FoundCoset:
    """A neuron that the account covers, with what circuits and ideals need beside its record.

    Args:
        finding: what is reported.
        left: lattice position of H.
        right: lattice position of K.
        shared: which elements lie in the shared coset.
    """

    finding: CosetNeuron
    left: int
    right: int
    shared: Bool[np.ndarray, " g"]

    @property
    def neuron(self) -> int:
        """Position of the neuron."""
        return self.finding.neuron


Found = FoundCoset | OpenNeuron
"""What is found of a live neuron."""


def find_neurons(facts: Facts, config: AnalysisConfig) -> tuple[Found, ...]:
    """Label every live neuron by the subgroups and the shared coset that it uses.

    Cost: |G|^2 work a neuron, and one product of size neurons x |G| x subgroups for each function.

    Args:
        facts: of the network; they must hold a lattice.
        config: the thresholds.

    Returns:
        One finding a live neuron, in the model's order. Circuits are numbered later, by `find_circuits`.

    Raises:
        Unsupported: if the group's subgroups are out of reach.

    Source:
        Stander et al. 2023 (arXiv:2312.06581), section 4, for the structure; the labelling rule is this project's.
    """
    if facts.lattice is None:
        raise Unsupported(facts.no_lattice)
    finder = _Finder(
        facts, facts.lattice, CosetNull(facts.lattice, facts.irreps, config.null_samples, config.seed), config
    )
    return tuple(finder.find(int(n)) for n in facts.live)


@final
@dataclass(frozen=True, eq=False)
class _Finder:
    """The inputs that the labelling of one neuron shares with all others."""

    facts: Facts
    lattice: SubgroupLattice
    null: CosetNull
    config: AnalysisConfig

    def find(self, n: int) -> Found:
        positions = {name: self._largest(self._fractions(name, n)) for name in self.facts.functions}
        labels = {name: self._label(name, n, position) for name, position in positions.items()}
        h, k, left, right = positions["left"], positions["right"], labels["left"], labels["right"]
        if h is None or k is None or left is None or right is None:
            sides = " and ".join(side for side in ("left", "right") if labels[side] is None)
            return OpenNeuron(n, f"{sides}: constant on the cosets of no proper subgroup", **labels)
        shared, coset = self._shared_coset(n, h, k)
        if not coset.conjugate_pair:
            reason = f"left uses {left.subgroup} and right {right.subgroup}, which are not a conjugate pair H, g^-1 H g"
            return OpenNeuron(n, reason, **labels)
        model, group = self.facts.model, self.facts.group
        values = [getattr(model, side)[:, n].double().numpy() for side in ("left", "right")]
        residual = mirror_residual(*values, coset.representative, group)
        if residual > self.config.mirror_threshold:
            return OpenNeuron(n, f"the mirror law leaves {residual:.2g} of the right function's variance", **labels)
        H, K = self.lattice.subgroup(h), self.lattice.subgroup(k)
        out = self.facts.functions["out"].values[n]
        finding = CosetNeuron(
            neuron=n,
            sentence=f"silent whenever {coset.description}",
            left=left,
            right=right,
            out=labels["out"],
            shared_coset=coset,
            mirror_residual=residual,
            expected_silent_share=H.order / group.order,
            leak=coset_leak(*values, shared, group),
            out_on=float(out[shared].mean() / (out.std() or 1.0)),
            out_off=float(out[~shared].mean() / (out.std() or 1.0)),
            out_residual=float(coset_variance_fraction(out, double_cosets(H, K))),
            circuit=-1,
        )
        return FoundCoset(finding, h, k, shared)

    def _fractions(self, name: str, n: int) -> Float[np.ndarray, " subgroup"]:
        fractions = self.facts.functions[name].fractions
        assert fractions is not None  # measured whenever there is a lattice
        return fractions[n]

    def _largest(self, fractions: Float[np.ndarray, " subgroup"]) -> int | None:
        """Largest proper nontrivial subgroup under the threshold; ties go to the smaller fraction."""
        orders = self.lattice.orders
        allowed = (fractions < self.config.coset_threshold) & (orders > 1) & (orders < self.facts.group.order)
        if not allowed.any():
            return None
        largest = allowed & (orders == orders[allowed].max())
        return int(np.flatnonzero(largest)[np.argmin(fractions[largest])])

    def _label(self, name: str, n: int, position: int | None) -> CosetLabel | None:
        if position is None:
            return None
        function, lattice = self.facts.functions[name], self.lattice
        cls = lattice.classes[lattice.class_of[position]]
        fractions = self._fractions(name, n)
        fraction = float(fractions[position])
        return CosetLabel(
            subgroup=cls.name,
            order=cls.order,
            index=cls.index,
            conjugate=int(np.flatnonzero(cls.subgroups == position)[0]),
            conjugates=self._conjugates(position),
            generators=", ".join(self.facts.group.labels[g] for g in lattice.subgroup(position).generators),
            side=function.side,
            fraction=fraction,
            p_value=self.null.p_value(function.power[n], cls.order, fraction),
            twisted=self._twisted(fractions, position),
        )

    def _twisted(self, fractions: Float[np.ndarray, " subgroup"], position: int) -> str:
        """Proper subgroup K > H of index 2 whose cosets explain nothing: f then carries the character of K/H."""
        lattice = self.lattice
        above = lattice.covers[lattice.covers[:, 0] == position, 1]
        for k in above:
            double = lattice.orders[k] == 2 * lattice.orders[position] and lattice.orders[k] < self.facts.group.order
            if double and 1 - fractions[k] < self.config.coset_threshold:
                return lattice.names[k]
        return ""

    def _shared_coset(self, n: int, h: int, k: int) -> tuple[Bool[np.ndarray, " g"], SharedCoset]:
        """The right coset Hg with the largest mirror correlation, held against the lattice-free route."""
        group, correlation = self.facts.group, self.facts.mirror[n]
        H = self.lattice.subgroup(h)
        of_element = cosets(H, side="right")
        means = np.bincount(of_element, weights=correlation) / H.order
        shared = of_element == np.argmax(means)
        g = int(np.argmax(shared))
        by_mirror = correlation >= correlation.max() - self.config.mirror_tolerance
        same = bool((by_mirror == shared).all()) and np.array_equal(left_stabilizer(by_mirror, group), H.elements)
        partner = self.lattice.position(conjugate(H, int(group.inverse[g])))
        carries = self.lattice.classes[self.lattice.class_of[h]].index == self._conjugates(h)  # H is its own normaliser
        return shared, SharedCoset(
            representative=g,
            representative_label=group.labels[g],
            size=H.order,
            description=describe_coset(shared, self._printed(h), self._printed(partner), carries, group),
            correlation=float(means.max()),
            routes_agree=same,
            conjugate_pair=partner == k,
        )

    def _conjugates(self, position: int) -> int:
        return len(self.lattice.classes[self.lattice.class_of[position]].subgroups)

    def _printed(self, position: int) -> str:
        """Name of one subgroup: its class, and which conjugate if there are several."""
        cls = self.lattice.classes[self.lattice.class_of[position]]
        return f"{cls.name}#{position - cls.subgroups[0] + 1}" if len(cls.subgroups) > 1 else cls.name
