"""Nothing: every neuron at its mean. The other end of the scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from cosetta.config import AnalysisConfig
from cosetta.hypotheses.base import AbstractHypothesis, Functions
from cosetta.interventions import mean_ablate
from cosetta.measures.facts import FUNCTIONS, Facts
from cosetta.models import FoldedModel

__all__ = ["Nothing"]


@final
@dataclass(frozen=True, eq=False, repr=False)
class Nothing(AbstractHypothesis):
    """No neuron matters."""

    id: ClassVar[str] = "nothing"
    title: ClassVar[str] = "nothing"
    claim: ClassVar[str] = "every neuron could be its mean"
    source: ClassVar[str] = "the zero of the scale"

    @classmethod
    def fit(cls, facts: Facts, config: AnalysisConfig) -> "Nothing":
        """Cover every live neuron.

        Args:
            facts: of the network.
            config: thresholds.

        Returns:
            The account.
        """
        return cls(facts, config, {int(n): "mean" for n in facts.live}, {})

    def functions(self) -> Functions:
        """It replaces activations, not functions.

        Returns:
            An empty dictionary.
        """
        return {}

    def ideal(self, replaced: Sequence[str] = tuple(FUNCTIONS)) -> FoldedModel:
        """The network with every live neuron at its mean.

        Args:
            replaced: not used.

        Returns:
            A network.
        """
        return mean_ablate(self.facts.model, sorted(self.labels))

    def alone(self) -> FoldedModel:
        """The network with every neuron at its mean.

        Returns:
            A network without neurons.
        """
        return mean_ablate(self.facts.model, np.arange(self.facts.width).tolist())

    def control(self, generator: np.random.Generator) -> None:
        """Nothing has no control.

        Args:
            generator: not used.
        """

    @property
    def bits(self) -> float:
        """None at all."""
        return 0.0
