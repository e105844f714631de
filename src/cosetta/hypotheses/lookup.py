"""The table: what any network is, with nothing understood. The yardstick for description lengths."""

from dataclasses import dataclass
from math import log2
from typing import ClassVar, final

import numpy as np
import torch
from jaxtyping import Int

from cosetta.config import AnalysisConfig
from cosetta.hypotheses.base import AbstractHypothesis, Functions
from cosetta.measures.facts import Facts
from cosetta.models.product_model import ProductModel

__all__ = ["Lookup", "lookup_bits"]

MARGIN = 30.0
"""Logit of the answer over the others: a loss of 1e-10 for S5."""


def lookup_bits(order: int) -> float:
    """Size of the multiplication table.

    Args:
        order: number of elements.

    Returns:
        |G|^2 log2 |G| bits.

    Example:
        >>> round(lookup_bits(120)), round(lookup_bits(720))
        (99459, 4920577)
    """
    return order**2 * log2(order) if order > 1 else 0.0


@final
@dataclass(frozen=True, eq=False, repr=False)
class Lookup(AbstractHypothesis):
    """The multiplication table, looked up."""

    id: ClassVar[str] = "lookup"
    title: ClassVar[str] = "lookup table"
    claim: ClassVar[str] = "every product is looked up"
    source: ClassVar[str] = "the yardstick: an account with more bits explains nothing"

    @classmethod
    def fit(cls, facts: Facts, config: AnalysisConfig) -> "Lookup":
        """The table covers everything.

        Args:
            facts: of the network.
            config: thresholds.

        Returns:
            The account.
        """
        return cls(facts, config, {int(n): "table" for n in facts.live}, {})

    def functions(self) -> Functions:
        """It says nothing of neurons.

        Returns:
            An empty dictionary.
        """
        return {}

    def alone(self) -> ProductModel:
        """The right answer, with a large margin.

        Returns:
            A model of the product.
        """
        group = self.facts.group
        return ProductModel(MARGIN * torch.eye(group.order), _table(group.table))

    def control(self, generator: np.random.Generator) -> None:
        """A table has no control.

        Args:
            generator: not used.
        """

    @property
    def bits(self) -> float:
        """|G|^2 log2 |G|."""
        return lookup_bits(self.facts.group.order)


def _table(table: Int[np.ndarray, "g g"]) -> torch.Tensor:
    return torch.from_numpy(table.astype(np.int64))
