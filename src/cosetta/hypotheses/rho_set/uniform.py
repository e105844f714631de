"""Complete rho-sets with one c: the bi-equivariant circuit that the found neurons are part of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np
import torch

from cosetta.config import AnalysisConfig
from cosetta.hypotheses.base import AbstractHypothesis, Functions
from cosetta.hypotheses.rho_set.account import RhoSets
from cosetta.hypotheses.rho_set.vectors import RhoSet, choice_bits, complete, turned
from cosetta.interventions import mean_ablate
from cosetta.measures.facts import FUNCTIONS, Facts
from cosetta.models import FoldedModel

__all__ = ["UniformRhoSets"]


@final
@dataclass(frozen=True, eq=False, repr=False)
class UniformRhoSets(AbstractHypothesis):
    """Every rho-set complete, with one c for all pairs (b, b'): the bi-equivariant circuit.

    Args:
        sets: the rho-sets that were found.
    """

    id: ClassVar[str] = "rho_set_uniform"
    title: ClassVar[str] = "complete rho-sets, one c"
    claim: ClassVar[str] = "all pairs (b, b') of each orbit with equal weight: logits depend on x^-1 z y^-1 alone"
    source: ClassVar[str] = "Wu et al. 2024 (arXiv:2410.07476)"
    control_name: ClassVar[str] = "the same points turned by a random rotation, so that they are no orbit"
    equivalence: ClassVar[str] = "pairs with one product"

    sets: tuple[RhoSet, ...] = ()

    @classmethod
    def fit(cls, facts: Facts, config: AnalysisConfig) -> "UniformRhoSets":
        """Complete the rho-sets of the network, those whose |B|^2 neurons stay below the group's order times 32.

        Args:
            facts: of the network.
            config: thresholds.

        Returns:
            The account.

        Raises:
            Unsupported: if the group's subgroups are out of reach.
        """
        found = RhoSets.fit(facts, config)
        most = 32 * facts.group.order
        sets = tuple(s for s in found.sets if s.shares_a and len(s.points) ** 2 <= most and len(s.neurons) > 1)
        kept = {neuron.neuron for rho_set in sets for neuron in rho_set.neurons}
        labels = {n: label for n, label in found.labels.items() if n in kept}
        alone = {
            n: "the only neuron of its rho-set, a set too large, or an irrep that is not of real type"
            for n in found.labels
            if n not in kept
        }
        return cls(facts, config, labels, {**found.reasons, **alone}, sets=sets)

    def functions(self) -> Functions:
        """It replaces circuits, not neurons.

        Returns:
            An empty dictionary.
        """
        return {}

    def ideal(self, replaced: Sequence[str] = tuple(FUNCTIONS)) -> FoldedModel:
        """The complete circuits in place of the covered neurons; the rest kept.

        Args:
            replaced: not used.

        Returns:
            A network of another width.
        """
        kept = self.facts.model.keep(torch.from_numpy(np.flatnonzero(~self.covers)))
        return self._joined(kept)

    def alone(self) -> FoldedModel:
        """The complete circuits, every other neuron at its mean.

        Returns:
            A network of another width.
        """
        others = mean_ablate(self.facts.model, np.flatnonzero(~self.covers).tolist())
        return self._joined(others.keep(torch.arange(0)))

    def _joined(self, kept: FoldedModel) -> FoldedModel:
        columns = [np.zeros((3, self.facts.group.order, 0))]
        columns += [complete(rho_set, self.facts) for rho_set in self.sets]
        left, right, out = torch.from_numpy(np.concatenate(columns, axis=2)).to(kept.left)
        sides = {"left": left, "right": right, "out": out}
        return replace(kept, **{name: torch.cat([getattr(kept, name), new], dim=1) for name, new in sides.items()})

    def control(self, generator: np.random.Generator) -> "UniformRhoSets":
        """The points of each set turned by a random rotation.

        Args:
            generator: source of the draw.

        Returns:
            An account of the same neurons.
        """
        return replace(self, sets=tuple(turned(rho_set, generator, self.facts) for rho_set in self.sets))

    @property
    def bits(self) -> float:
        """For each set: irrep, orbit, a, scale and c."""
        choice, numbers = choice_bits(self.facts), self.config.number_bits
        return 0.0 + sum(choice + (len(rho_set.a) + 2) * numbers for rho_set in self.sets)
