r"""The irrep account: each neuron lives in one irrep.

The ideal keeps of left, right and out their isotypic part in one irrep, the one with most power in left: d^2 / c
numbers a function. It is what representation theory says of a neuron before it says anything of vectors.
"""

from dataclasses import dataclass, field, replace
from math import log2
from typing import ClassVar, final

import numpy as np
from jaxtyping import Float, Int

from cosetta.config import AnalysisConfig
from cosetta.harmonics import isotypic_projection
from cosetta.hypotheses.base import AbstractHypothesis, Functions
from cosetta.measures.facts import Facts

__all__ = ["OneIrrep", "isotypic_labels"]


def isotypic_labels(facts: Facts, config: AnalysisConfig) -> tuple[dict[int, str], dict[int, str]]:
    """The neurons whose left and right lie in one irrep.

    Args:
        facts: of the network.
        config: `irrep_threshold` is the share of power that may lie elsewhere.

    Returns:
        The irrep of each such neuron by its position, and the reason for each other live neuron.
    """
    labels, reasons = {}, {}
    left, right = facts.isotypic("left"), facts.isotypic("right")
    for n in facts.live.tolist():
        name = facts.irreps[facts.irrep[n]].name
        if min(left[n], right[n]) >= 1 - config.irrep_threshold:
            labels[n] = name
        else:
            reasons[n] = f"its main irrep {name} has {left[n]:.1%} of left's power and {right[n]:.1%} of right's"
    return labels, reasons


@final
@dataclass(frozen=True, eq=False, repr=False)
class OneIrrep(AbstractHypothesis):
    """Every covered neuron is its part in one irrep.

    Args:
        irrep_of: position of the irrep of each neuron.
        bases: for controls only: an orthonormal basis of a random subspace to project on, by irrep.
    """

    id: ClassVar[str] = "irrep"
    title: ClassVar[str] = "one irrep each"
    claim: ClassVar[str] = "left, right and out lie in one irrep"
    source: ClassVar[str] = "Chughtai et al. 2023 (arXiv:2302.03025)"
    control_name: ClassVar[str] = "another irrep of equal dimension, or a random subspace of equal rank"
    equivalence: ClassVar[str] = "for each neuron: factors at which its part in the irrep has one value"

    irrep_of: Int[np.ndarray, " neuron"] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    bases: dict[int, Float[np.ndarray, "g rank"]] = field(default_factory=dict)

    @classmethod
    def fit(cls, facts: Facts, config: AnalysisConfig) -> "OneIrrep":
        """Cover the neurons whose left and right lie in one irrep.

        Args:
            facts: of the network.
            config: thresholds.

        Returns:
            The account.
        """
        labels, reasons = isotypic_labels(facts, config)
        return cls(facts, config, labels, reasons, irrep_of=facts.irrep)

    def functions(self) -> Functions:
        """Isotypic parts in place of the covered neurons' functions.

        Returns:
            Left, right and out.
        """
        covered = np.array(sorted(self.labels), dtype=np.int64)
        values = self.given()
        for name, function in self.facts.functions.items():
            for i in np.unique(self.irrep_of[covered]).tolist():
                chosen = covered[self.irrep_of[covered] == i]
                part = self._project(function.values[chosen], i)
                values[name][:, chosen] = (part + function.mean[chosen, None]).T
        return values

    def _project(self, f: Float[np.ndarray, "function g"], i: int) -> Float[np.ndarray, "function g"]:
        if i in self.bases:
            return (f @ self.bases[i]) @ self.bases[i].T
        return isotypic_projection(f, self.facts.irreps[i])

    def control(self, generator: np.random.Generator) -> "OneIrrep":
        """Another irrep of equal dimension for each irrep; a random subspace of equal rank where there is none.

        Args:
            generator: source of the draw.

        Returns:
            An account of the same neurons.
        """
        irreps, moved, bases = self.facts.irreps, self.irrep_of.copy(), {}
        for i in np.unique(self.irrep_of[self.covers]).tolist():
            alike = [
                j
                for j, other in enumerate(irreps)
                if j not in (i, 0)
                and (other.dim, other.endomorphism_dim) == (irreps[i].dim, irreps[i].endomorphism_dim)
            ]
            if alike:
                moved[self.irrep_of == i] = generator.choice(alike)
            else:
                rank = irreps[i].dim ** 2 // irreps[i].endomorphism_dim
                bases[i] = np.linalg.qr(generator.standard_normal((self.facts.group.order, rank)))[0]
        return replace(self, irrep_of=moved, bases=bases)

    @property
    def bits(self) -> float:
        """For each neuron: which irrep, and d^2 / c numbers for each of left, right and out."""
        irreps = self.facts.irreps
        ranks = [irreps[self.irrep_of[n]].dim ** 2 // irreps[self.irrep_of[n]].endomorphism_dim for n in self.labels]
        return len(ranks) * log2(len(irreps)) + 3 * sum(ranks) * self.config.number_bits
