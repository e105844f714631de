r"""The rank-one account: left = u^T rho(x) a, right = a'^T rho(y) v, with any vectors.

The first singular pairs of the Fourier coefficients in the neuron's irrep; out keeps its isotypic part, or in the
stricter variant its own first pair too. Cosets are the special case in which u and v lie at the points of an orbit:
this account is the general one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import log2
from typing import ClassVar, final

import numpy as np
from jaxtyping import Float

from cosetta.config import AnalysisConfig
from cosetta.harmonics import isotypic_projection
from cosetta.hypotheses.base import AbstractHypothesis, Functions
from cosetta.hypotheses.irrep import isotypic_labels
from cosetta.measures.facts import Facts

__all__ = ["RankOneNeurons", "RankOneOut", "rank_one_labels"]


def rank_one_labels(facts: Facts, config: AnalysisConfig) -> tuple[dict[int, str], dict[int, str]]:
    """The neurons whose left and right are of rank one in one irrep.

    Args:
        facts: of the network.
        config: `irrep_threshold` is the share of power that may lie elsewhere.

    Returns:
        The irrep of each such neuron by its position, and the reason for each other live neuron.
    """
    labels, reasons = isotypic_labels(facts, config)
    held = {name: facts.isotypic(name) * facts.rank_one[name].share for name in ("left", "right")}
    for n in list(labels):
        if min(held["left"][n], held["right"][n]) < 1 - config.irrep_threshold:
            reasons[n] = (
                f"the first singular pair in {labels.pop(n)} holds {held['left'][n]:.1%} of left's power and "
                f"{held['right'][n]:.1%} of right's"
            )
    return labels, reasons


def _ideal(account: AbstractHypothesis, parts: Mapping[str, Float[np.ndarray, "neuron g"]]) -> Functions:
    """Left, right and out with the parts of the covered neurons in place of their functions; means are kept."""
    neurons, values = sorted(account.labels), account.given()
    for name, function in account.facts.functions.items():
        values[name][:, neurons] = (parts[name][neurons] + function.mean[neurons, None]).T
    return values


def _out_part(facts: Facts) -> Float[np.ndarray, "neuron g"]:
    """Isotypic part of each out column in its neuron's irrep."""
    out = np.zeros_like(facts.functions["out"].values)
    for i in np.unique(facts.irrep).tolist():
        chosen = facts.irrep == i
        out[chosen] = isotypic_projection(facts.functions["out"].values[chosen], facts.irreps[i])
    return out


def _random_parts(
    facts: Facts, parts: Mapping[str, Float[np.ndarray, "neuron g"]], generator: np.random.Generator
) -> dict[str, Float[np.ndarray, "neuron g"]]:
    """Functions u^T rho(x) v with random u and v in each neuron's irrep, as long as the given parts."""
    drawn = {name: np.zeros_like(part) for name, part in parts.items()}
    for i in np.unique(facts.irrep).tolist():
        chosen, rho = np.flatnonzero(facts.irrep == i), facts.irreps[i].matrices
        for name in parts:
            u, v = generator.standard_normal((2, len(chosen), rho.shape[1]))
            f = np.einsum("gdn,nd->ng", rho @ v.T, u)
            f -= f.mean(axis=1, keepdims=True)
            size = np.linalg.norm(f, axis=1, keepdims=True)
            scale = np.linalg.norm(parts[name][chosen], axis=1, keepdims=True)
            drawn[name][chosen] = f * np.divide(scale, size, out=np.zeros_like(size), where=size > 0)
    return drawn


@final
@dataclass(frozen=True, eq=False, repr=False)
class RankOneNeurons(AbstractHypothesis):
    """Every covered neuron has left and right of rank one in one irrep; out is free inside it.

    Args:
        parts: what stands in the place of each function, without its mean.
    """

    id: ClassVar[str] = "rank_one"
    title: ClassVar[str] = "rank one in one irrep"
    claim: ClassVar[str] = "left = u^T rho(x) a and right = a'^T rho(y) v in one irrep; out lies in it"
    source: ClassVar[str] = "Wu et al. 2024 (arXiv:2410.07476), Lemma on a single irrep, without the orbit"
    control_name: ClassVar[str] = "random vectors of the same norms in the same irreps"
    equivalence: ClassVar[str] = "for each neuron: factors at which u^T rho(x) a, or a'^T rho(y) v, has one value"

    parts: Mapping[str, Float[np.ndarray, "neuron g"]] = field(default_factory=dict)

    @classmethod
    def fit(cls, facts: Facts, config: AnalysisConfig) -> "RankOneNeurons":
        """Cover the neurons whose left and right are of rank one in one irrep.

        Args:
            facts: of the network.
            config: thresholds.

        Returns:
            The account.
        """
        labels, reasons = rank_one_labels(facts, config)
        parts = {name: facts.rank_one[name].part for name in ("left", "right")} | {"out": _out_part(facts)}
        return cls(facts, config, labels, reasons, parts=parts)

    def functions(self) -> Functions:
        """The parts in place of the covered neurons' functions.

        Returns:
            Left, right and out.
        """
        return _ideal(self, self.parts)

    def control(self, generator: np.random.Generator) -> "RankOneNeurons":
        """Random vectors.

        Args:
            generator: source of the draw.

        Returns:
            An account of the same neurons.
        """
        return replace(self, parts=_random_parts(self.facts, self.parts, generator))

    @property
    def bits(self) -> float:
        """For each neuron: which irrep, 2d numbers for each of left and right, d^2 / c for out."""
        irreps = [self.facts.irreps[self.facts.irrep[n]] for n in self.labels]
        numbers = sum(4 * irrep.dim + irrep.dim**2 // irrep.endomorphism_dim for irrep in irreps)
        return len(irreps) * log2(len(self.facts.irreps)) + numbers * self.config.number_bits


@final
@dataclass(frozen=True, eq=False, repr=False)
class RankOneOut(AbstractHypothesis):
    """Every covered neuron has left, right and out of rank one in one irrep.

    Args:
        parts: what stands in the place of each function, without its mean.
    """

    id: ClassVar[str] = "rank_one_out"
    title: ClassVar[str] = "rank one, out too"
    claim: ClassVar[str] = "left, right and out are of rank one in one irrep"
    source: ClassVar[str] = "this project, after Wu et al. 2024 (arXiv:2410.07476)"
    control_name: ClassVar[str] = "random vectors of the same norms in the same irreps"
    equivalence: ClassVar[str] = "for each neuron: factors at which u^T rho(x) a, or a'^T rho(y) v, has one value"

    parts: Mapping[str, Float[np.ndarray, "neuron g"]] = field(default_factory=dict)

    @classmethod
    def fit(cls, facts: Facts, config: AnalysisConfig) -> "RankOneOut":
        """Cover the neurons whose left and right are of rank one in one irrep.

        Args:
            facts: of the network.
            config: thresholds.

        Returns:
            The account.
        """
        labels, reasons = rank_one_labels(facts, config)
        parts = {name: found.part for name, found in facts.rank_one.items()}
        return cls(facts, config, labels, reasons, parts=parts)

    def functions(self) -> Functions:
        """The parts in place of the covered neurons' functions.

        Returns:
            Left, right and out.
        """
        return _ideal(self, self.parts)

    def control(self, generator: np.random.Generator) -> "RankOneOut":
        """Random vectors.

        Args:
            generator: source of the draw.

        Returns:
            An account of the same neurons.
        """
        return replace(self, parts=_random_parts(self.facts, self.parts, generator))

    @property
    def bits(self) -> float:
        """For each neuron: which irrep, and 2d numbers for each of left, right and out."""
        dims = [self.facts.irreps[self.facts.irrep[n]].dim for n in self.labels]
        return len(dims) * log2(len(self.facts.irreps)) + 6 * sum(dims) * self.config.number_bits
