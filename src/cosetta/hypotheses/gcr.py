r"""Group composition via representations: the logits are characters of the product.

Strong reading: logits[a, b, c] = sum over key irreps of alpha_rho chi_rho(ab c^-1), alpha by least squares on the
network's logits, which is a mean because characters are orthogonal. Weak reading: of each activation only its part in
rho(ab) matters, h_n(ab), and out stays as it is. Both are functions of the product. Key irreps are those that are the
main irrep of some live neuron with a share of the strength.
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar, final

import numpy as np
import torch
from jaxtyping import Float

from cosetta.config import AnalysisConfig
from cosetta.harmonics import isotypic_projection
from cosetta.hypotheses.base import AbstractHypothesis, Functions
from cosetta.measures.facts import Facts
from cosetta.models.product_model import ProductModel

__all__ = ["Characters", "ProductActivations", "key_irreps"]

KEY_STRENGTH = 0.01
"""An irrep is key when the neurons whose main irrep it is have at least this share of the strength."""


def key_irreps(facts: Facts) -> tuple[int, ...]:
    """The irreps that the network uses.

    Args:
        facts: of the network.

    Returns:
        Positions of the irreps, strongest first; never the trivial one.
    """
    strength = np.bincount(facts.irrep[facts.live], facts.strength[facts.live], minlength=len(facts.irreps))
    found = [i for i in np.argsort(-strength, kind="stable").tolist() if strength[i] >= KEY_STRENGTH and i > 0]
    return tuple(found)


def _labels(facts: Facts, key: tuple[int, ...]) -> tuple[dict[int, str], dict[int, str]]:
    names = {int(n): facts.irreps[facts.irrep[n]].name for n in facts.live}
    labels = {n: name for n, name in names.items() if facts.irrep[n] in key}
    return labels, {n: f"its main irrep {name} is not key" for n, name in names.items() if n not in labels}


def _constant(facts: Facts) -> torch.Tensor:
    """Logits of each element that depend on neither factor: the bias, and the mean of a direct path."""
    model = facts.model
    constant = model.bias.double()
    for direct in (model.direct_left, model.direct_right):
        if direct is not None:
            constant = constant + direct.double().mean(0)
    return constant


def _product_model(by_product: Float[np.ndarray, "g g"], facts: Facts) -> ProductModel:
    table = torch.from_numpy(facts.group.table.astype(np.int64))
    return ProductModel((torch.from_numpy(by_product) + _constant(facts)).float(), table)


@final
@dataclass(frozen=True, eq=False, repr=False)
class Characters(AbstractHypothesis):
    """The logits are a sum of characters of ab c^-1.

    Args:
        alpha: coefficient of each irrep's character; 0 for the others.
        shape: for controls only: a class function in the place of the sum of characters.
    """

    id: ClassVar[str] = "gcr"
    title: ClassVar[str] = "characters of the product"
    claim: ClassVar[str] = "logits = sum over key irreps of alpha chi(ab c^-1)"
    source: ClassVar[str] = "Chughtai et al. 2023 (arXiv:2302.03025)"
    control_name: ClassVar[str] = "the same coefficients on other irreps, or a random class function of equal norm"
    equivalence: ClassVar[str] = "pairs with one product"

    alpha: Float[np.ndarray, " irrep"] = field(default_factory=lambda: np.zeros(0))
    shape: Float[np.ndarray, " g"] | None = None

    @classmethod
    def fit(cls, facts: Facts, config: AnalysisConfig) -> "Characters":
        """Fit the coefficients.

        Args:
            facts: of the network.
            config: thresholds.

        Returns:
            The account.
        """
        key = key_irreps(facts)
        labels, reasons = _labels(facts, key)
        by_product = facts.product_means @ facts.model.out.double().numpy().T
        by_product = by_product - by_product.mean(axis=1, keepdims=True)
        quotient = facts.group.table[:, facts.group.inverse]  # [p, c] -> p c^-1
        along = np.bincount(quotient.ravel(), by_product.ravel(), minlength=facts.group.order) / facts.group.order
        alpha = np.zeros(len(facts.irreps))
        for i in key:
            character = facts.irreps[i].character
            alpha[i] = along @ character / (character @ character)
        return cls(facts, config, labels, reasons, alpha=alpha)

    @property
    def class_function(self) -> Float[np.ndarray, " g"]:
        """The logit as a function of ab c^-1."""
        if self.shape is not None:
            return self.shape
        return np.sum([a * irrep.character for a, irrep in zip(self.alpha, self.facts.irreps, strict=True)], axis=0)

    def functions(self) -> Functions:
        """It says nothing of neurons.

        Returns:
            An empty dictionary.
        """
        return {}

    def alone(self) -> ProductModel:
        """The sum of characters, with the network's bias.

        Returns:
            A model of the product.
        """
        group = self.facts.group
        return _product_model(self.class_function[group.table[:, group.inverse]], self.facts)

    def control(self, generator: np.random.Generator) -> "Characters":
        """The same coefficients on irreps that are not key; without enough of them, a random class function.

        Args:
            generator: source of the draw.

        Returns:
            An account of the same neurons.
        """
        key = np.flatnonzero(self.alpha)
        others = np.setdiff1d(np.arange(1, len(self.alpha)), key)
        if len(others) >= len(key):
            alpha = np.zeros_like(self.alpha)
            for i, j in zip(key, generator.permutation(others), strict=False):
                mine, theirs = self.facts.irreps[i].character, self.facts.irreps[j].character
                alpha[j] = self.alpha[i] * np.linalg.norm(mine) / np.linalg.norm(theirs)
            return replace(self, alpha=alpha)
        group = self.facts.group
        shape = generator.standard_normal(len(group.conjugacy_classes))[group.class_of]
        own = self.class_function
        shape = (shape - shape.mean()) * np.linalg.norm(own - own.mean()) / (np.linalg.norm(shape - shape.mean()) or 1)
        return replace(self, shape=shape)

    @property
    def bits(self) -> float:
        """A bit an irrep for the choice, and a number for each key irrep."""
        return 0.0 + len(self.alpha) + int(np.count_nonzero(self.alpha)) * self.config.number_bits

    @property
    def details(self) -> dict[str, object]:
        """The coefficients by irrep."""
        return {"alpha": {self.facts.irreps[i].name: float(self.alpha[i]) for i in np.flatnonzero(self.alpha)}}


@final
@dataclass(frozen=True, eq=False, repr=False)
class ProductActivations(AbstractHypothesis):
    """Of each activation only its part in rho(ab) matters.

    Args:
        key: positions of the irreps that are kept.
    """

    id: ClassVar[str] = "gcr_hidden"
    title: ClassVar[str] = "activations keep rho(ab)"
    claim: ClassVar[str] = "post = h(ab) with h in the key irreps; out as it is"
    source: ClassVar[str] = "Chughtai et al. 2023 (arXiv:2302.03025), restricted loss"
    control_name: ClassVar[str] = "other irreps, as many"
    equivalence: ClassVar[str] = "pairs with one product"

    key: tuple[int, ...] = ()

    @classmethod
    def fit(cls, facts: Facts, config: AnalysisConfig) -> "ProductActivations":
        """Keep the key irreps.

        Args:
            facts: of the network.
            config: thresholds.

        Returns:
            The account.
        """
        key = key_irreps(facts)
        return cls(facts, config, *_labels(facts, key), key=key)

    def functions(self) -> Functions:
        """It replaces activations, not functions.

        Returns:
            An empty dictionary.
        """
        return {}

    def alone(self) -> ProductModel:
        """Each covered activation by its part in rho(ab), the others by their mean.

        Returns:
            A model of the product.
        """
        h = self.facts.product_means.T
        mean = h.mean(axis=1, keepdims=True)
        kept = np.zeros_like(h)
        for i in self.key:
            kept += isotypic_projection(h - mean, self.facts.irreps[i])
        kept[~self.covers] = 0
        return _product_model((kept + mean).T @ self.facts.model.out.double().numpy().T, self.facts)

    def control(self, generator: np.random.Generator) -> "ProductActivations":
        """Other irreps, as many as there are.

        Args:
            generator: source of the draw.

        Returns:
            An account of the same neurons.
        """
        others = np.setdiff1d(np.arange(1, len(self.facts.irreps)), self.key)
        return replace(self, key=tuple(generator.permutation(others)[: len(self.key)].tolist()))

    @property
    def bits(self) -> float:
        """For each neuron: d^2 / c numbers of h, and an out column of |G| numbers."""
        irreps = [self.facts.irreps[self.facts.irrep[n]] for n in self.labels]
        numbers = sum(irrep.dim**2 // irrep.endomorphism_dim + self.facts.group.order for irrep in irreps)
        return 0.0 + len(self.facts.irreps) + numbers * self.config.number_bits
