"""What a hypothesis is: a claim about how a network works that yields a network of its own.

A hypothesis is fitted to a model and states an `ideal`: the model with everything removed that the claim does not
mention. If the claim is right, the ideal does what the model does. `evidence.py` scores ideals against controls.
"""

from abc import ABC, abstractmethod

from cosetta.models import FoldedModel

__all__ = ["AbstractHypothesis"]


class AbstractHypothesis(ABC):
    """A claim about a model."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Short name."""

    @property
    @abstractmethod
    def predictions(self) -> tuple[str, ...]:
        """What should be seen if the claim is right, stated before measuring."""

    @property
    @abstractmethod
    def ideal(self) -> FoldedModel:
        """The model with everything removed that the claim does not mention."""
