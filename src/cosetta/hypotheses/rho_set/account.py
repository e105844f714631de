r"""Rho-sets: left = b^T rho(x) a, right = -a^T rho(y) b', out = -c b^T rho(z) b' with b, b' at the points of one orbit.

In each irrep the vector a is one for all neurons, and b, b' run through B = {rho(g) b0}, the orbit of a vector that a
subgroup H fixes. So the neurons of a rho-set are irrep-sparse and constant on cosets together. Fitted from the first
singular pairs: b is snapped to the fixed line of the conjugate of H nearest to it, b' likewise, a is the principal
direction of the neurons' own, and scales are by least squares. Only H that fix one line of the irrep (over its
commutant) are used. For complex and quaternionic type a pair of vectors is determined up to the commutant only; there a
is not compared between neurons, and the ideal is the part of rank one with b, b' moved to the fixed lines, which are
coset means of it.
"""

from dataclasses import dataclass, replace
from math import log2
from typing import Any, ClassVar, final

import numpy as np
from jaxtyping import Float

from cosetta.config import AnalysisConfig
from cosetta.groups import cosets, double_cosets
from cosetta.harmonics import isotypic_projection
from cosetta.hypotheses.base import AbstractHypothesis, Functions
from cosetta.hypotheses.rank_one import rank_one_labels
from cosetta.hypotheses.rho_set.finder import sets_of_irrep
from cosetta.hypotheses.rho_set.vectors import RhoNeuron, RhoSet, choice_bits, columns, described, turned
from cosetta.measures.cosets import coset_means
from cosetta.measures.equivariance import bi_equivariance_error
from cosetta.measures.facts import Facts

__all__ = ["RhoSets"]


@final
@dataclass(frozen=True, eq=False, repr=False)
class RhoSets(AbstractHypothesis):
    """Every covered neuron belongs to a rho-set.

    Args:
        sets: the rho-sets, most neurons first.
    """

    id: ClassVar[str] = "rho_set"
    title: ClassVar[str] = "rho-sets"
    claim: ClassVar[str] = "left = b^T rho(x) a, right = -a^T rho(y) b', out = -c b^T rho(z) b', b and b' in one orbit"
    source: ClassVar[str] = "Wu et al. 2024 (arXiv:2410.07476)"
    control_name: ClassVar[str] = "the same points turned by a random rotation, so that they are no orbit"
    equivalence: ClassVar[str] = "for each neuron: factors at which b^T rho(x) a, or a^T rho(y) b', has one value"

    sets: tuple[RhoSet, ...] = ()

    @classmethod
    def fit(cls, facts: Facts, config: AnalysisConfig) -> "RhoSets":
        """Recover the rho-sets.

        Args:
            facts: of the network.
            config: thresholds.

        Returns:
            The account.

        Raises:
            Unsupported: if the group's subgroups are out of reach.
        """
        lattice = facts.known_lattice
        ranked, reasons = rank_one_labels(facts, config)
        sets: list[RhoSet] = []
        for i in np.unique(facts.irrep[sorted(ranked)]).tolist() if ranked else []:
            members = np.array([n for n in sorted(ranked) if facts.irrep[n] == i])
            found, open_ = sets_of_irrep(i, members, facts, lattice, config)
            sets += found
            reasons |= open_
        sets.sort(key=lambda rho_set: (-len(rho_set.neurons), rho_set.irrep, rho_set.subgroup))
        labels = {
            neuron.neuron: f"{facts.irreps[rho_set.irrep].name}, {len(rho_set.points)} points ({rho_set.subgroup})"
            for rho_set in sets
            for neuron in rho_set.neurons
        }
        return cls(facts, config, labels, reasons, sets=tuple(sets))

    def functions(self) -> Functions:
        """The formula in place of the covered neurons' functions; means are kept, with left and right opposite.

        Returns:
            Left, right and out.
        """
        values = self.given()
        means = {name: function.mean for name, function in self.facts.functions.items()}
        for rho_set in self.sets:
            rho = self.facts.irreps[rho_set.irrep].matrices
            for neuron in rho_set.neurons:
                n = neuron.neuron
                if not rho_set.shares_a:
                    for name, f in self._on_lines(neuron).items():
                        values[name][:, n] = f + means[name][n]
                    continue
                left, right, out = columns(rho, rho_set.a, neuron.b, neuron.b_prime)
                values["left"][:, n] = neuron.scale * left + means["left"][n]
                values["right"][:, n] = neuron.scale * right - means["left"][n]
                values["out"][:, n] = neuron.c * out + means["out"][n]
        return values

    def _on_lines(self, neuron: RhoNeuron) -> dict[str, Float[np.ndarray, " g"]]:
        """The parts of rank one with their vectors on the fixed lines: coset means; for complex, quaternionic type."""
        n, parts = neuron.neuron, self.facts.rank_one
        irrep = self.facts.irreps[self.facts.irrep[n]]
        out = isotypic_projection(self.facts.functions["out"].values[n], irrep)
        return {
            "left": coset_means(parts["left"].part[n], cosets(neuron.H, side="right")),
            "right": coset_means(parts["right"].part[n], cosets(neuron.K, side="left")),
            "out": coset_means(out, double_cosets(neuron.H, neuron.K)),
        }

    def control(self, generator: np.random.Generator) -> "RhoSets":
        """The points of each set turned by a random rotation.

        Args:
            generator: source of the draw.

        Returns:
            An account of the same neurons.
        """
        return replace(self, sets=tuple(turned(rho_set, generator, self.facts) for rho_set in self.sets))

    @property
    def bits(self) -> float:
        """For each set: irrep, orbit and a; for each neuron: two points with signs, scale and c."""
        choice, numbers = choice_bits(self.facts), self.config.number_bits
        return 0.0 + sum(
            choice
            + len(rho_set.a) * numbers * (1 if rho_set.shares_a else len(rho_set.neurons))
            + len(rho_set.neurons) * (2 * log2(2 * len(rho_set.points)) + 2 * numbers)
            for rho_set in self.sets
        )

    @property
    def details(self) -> dict[str, Any]:
        """The sets, their missing pairs, and the bi-equivariance error of the network."""
        return {
            "sets": [described(rho_set, self.facts) for rho_set in self.sets],
            "bi_equivariance_error": bi_equivariance_error(self.facts.model, self.facts.group, seed=self.config.seed),
        }
