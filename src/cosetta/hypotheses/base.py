"""What an account is: a claim about how a network works that yields a network of its own.

An account is fitted to facts. It says which neurons it covers and how it labels them, states an `ideal` (the network
with everything removed that the claim does not mention), predicts, can be drawn as a *control* (an account of the same
size with the wrong content), and has a length in bits. `evidence/arena.py` scores all of them on one protocol. To add
one: a file with a subclass, and a line in `ACCOUNTS` (`hypotheses/__init__.py`).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float

from cosetta.config import AnalysisConfig
from cosetta.measures.facts import FUNCTIONS, Facts
from cosetta.models import FoldedModel
from cosetta.models.product_model import ProductModel
from cosetta.results import AccountNeuron, AccountRecord, Prediction
from cosetta.shown import short_repr

__all__ = ["ALONE", "AbstractHypothesis", "Functions", "Labels"]

Functions = Mapping[str, Float[np.ndarray, "g neuron"]]
"""Values of `left`, `right` and `out` for all neurons, in float64."""

Labels = Mapping[int, str]
"""A label for each covered neuron, by its position."""

ALONE = Prediction(
    "alone",
    "the covered neurons alone, each as the account idealises it, do what the network does",
    "recovered share above the bar and above every control draw (docs/arena.md)",
)
"""What every account predicts; some predict more."""


@dataclass(frozen=True, eq=False)
class AbstractHypothesis(ABC):
    """An account of one network.

    Args:
        facts: of the network.
        config: thresholds.
        labels: label of each neuron that it covers.
        reasons: why it does not cover the other live neurons.
    """

    id: ClassVar[str]
    """Stable id, in files and on the command line."""
    title: ClassVar[str]
    """Name in words."""
    claim: ClassVar[str]
    """What it says of a neuron, in one line."""
    source: ClassVar[str]
    """Where it is from."""
    control_name: ClassVar[str] = ""
    """What a control draws; empty where there is none."""
    equivalence: ClassVar[str] = ""
    """Which inputs it calls equal, in words."""

    facts: Facts
    config: AnalysisConfig
    labels: Labels
    reasons: Labels
    __repr__ = short_repr

    @classmethod
    @abstractmethod
    def fit(cls, facts: Facts, config: AnalysisConfig) -> "AbstractHypothesis":
        """State the account for a network.

        Args:
            facts: of the network.
            config: thresholds.

        Returns:
            The account; it may cover nothing.

        Raises:
            Unsupported: if the account cannot be stated for this group, with the reason.
        """

    @abstractmethod
    def functions(self) -> Functions:
        """Left, right and out of the ideal; neurons that are not covered keep theirs.

        Returns:
            One array a function; an account of the logits alone returns an empty dictionary.
        """

    @abstractmethod
    def control(self, generator: np.random.Generator) -> "AbstractHypothesis | None":
        """An account of the same size with the wrong content.

        Args:
            generator: source of the draw.

        Returns:
            Another account of the same neurons, or None where there is no such thing.
        """

    @property
    @abstractmethod
    def bits(self) -> float:
        """Description length of the ideal: choices, and `number_bits` a number."""

    @cached_property
    def idealised(self) -> Functions:
        """`functions()`, computed once: it is asked for by every contest."""
        return self.functions()

    def given(self) -> dict[str, Float[np.ndarray, "g neuron"]]:
        """Left, right and out of the network itself: where `functions` starts.

        Returns:
            Copies in float64, to be written to.
        """
        return {name: getattr(self.facts.model, name).double().numpy().copy() for name in FUNCTIONS}

    @property
    def predictions(self) -> tuple[Prediction, ...]:
        """What should be seen if the account is right."""
        return (ALONE,)

    @property
    def details(self) -> dict[str, Any]:
        """What else was found, as plain JSON."""
        return {}

    @property
    def covers(self) -> Bool[np.ndarray, " neuron"]:
        """Whether each neuron is covered."""
        covered = np.zeros(self.facts.width, dtype=bool)
        covered[list(self.labels)] = True
        return covered

    def ideal(self, replaced: Sequence[str] = tuple(FUNCTIONS)) -> FoldedModel:
        """The network with some functions of the covered neurons replaced, and the rest kept.

        Args:
            replaced: which of `left`, `right` and `out`.

        Returns:
            A network.
        """
        model = self.facts.model
        values = {name: torch.from_numpy(np.array(f)).to(model.left) for name, f in self.idealised.items()}
        return replace(model, **{name: values[name] for name in replaced if name in values})

    def alone(self) -> FoldedModel | ProductModel:
        """The ideal with every neuron that is not covered at its mean.

        Returns:
            A network.
        """
        ideal, covers = self.ideal(), torch.from_numpy(self.covers)
        means = torch.from_numpy(self.facts.post_means).to(ideal.out)[~covers]  # what is not covered is as it was
        return replace(ideal.keep(torch.nonzero(covers)[:, 0]), bias=ideal.bias + ideal.out[:, ~covers] @ means)

    def record(self) -> AccountRecord:
        """The account as plain data.

        Returns:
            The record; what each ideal neuron keeps is filled in by the arena.
        """
        neurons = tuple(
            AccountNeuron(int(n), self.labels.get(int(n), ""), self.reasons.get(int(n), "")) for n in self.facts.live
        )
        return AccountRecord(
            id=self.id,
            title=self.title,
            claim=self.claim,
            source=self.source,
            neurons=neurons,
            strength=float(self.facts.strength[self.covers].sum()),
            bits=float(self.bits),
            predictions=self.predictions,
            details=self.details,
        )
