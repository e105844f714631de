"""Facts: everything that accounts are fitted to, measured once for a network and owned by none of them.

A neuron is three functions on G. Of each: its values without the mean, its power by irrep, the part of rank one in the
neuron's irrep, and its coset variance fraction for every subgroup where the lattice is in reach. Of a neuron: strength,
silence, and the mirror correlation. A fact never says "explained".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Int

from cosetta.config import AnalysisConfig
from cosetta.errors import Unsupported
from cosetta.groups import Group, SubgroupLattice, subgroup_lattice
from cosetta.harmonics import Irrep, power
from cosetta.harmonics import irreps as all_irreps
from cosetta.measures.cosets import Side, coset_variance_fractions
from cosetta.measures.mirror import mirror_correlation
from cosetta.measures.pairs import logit_strength, pair_statistics
from cosetta.measures.products import product_means
from cosetta.measures.ranks import RankOne, rank_one
from cosetta.models import FoldedModel
from cosetta.models.moments import post_moments
from cosetta.models.scoring import check_order
from cosetta.shown import short_repr

__all__ = ["FUNCTIONS", "Facts", "FunctionFacts", "measure"]

FUNCTIONS: Mapping[str, Side] = {"left": "right", "right": "left", "out": "left"}
"""The three functions, and the side of the cosets that a coset neuron is constant on: Ha, bK, cK."""


@final
@dataclass(frozen=True, eq=False)
class FunctionFacts:
    """One of the three functions of all neurons.

    Args:
        values: the function without its mean.
        mean: its mean.
        power: power share by irrep; sums to 1, or 0 for a constant function.
        fractions: `coset_variance_fraction` for every subgroup, or None where the lattice is out of reach.
        side: which cosets the fractions are for.
    """

    values: Float[np.ndarray, "neuron g"]
    mean: Float[np.ndarray, " neuron"]
    power: Float[np.ndarray, "neuron irrep"]
    fractions: Float[np.ndarray, "neuron subgroup"] | None
    side: Side
    __repr__ = short_repr


@final
@dataclass(frozen=True, eq=False)
class Facts:
    """Everything measured of one network before any account is asked.

    Args:
        model: the network, on the CPU.
        group: the group it multiplies in.
        irreps: the group's irreps.
        lattice: its subgroups, or None where they are out of reach.
        no_lattice: why there is no lattice, or an empty string.
        functions: `left`, `right` and `out`.
        strength: share of the variance of the logits that each neuron alone gives, in [0, 1].
        silent_share: share of all pairs with |pre| under the zero tolerance, in [0, 1].
        mirror: correlation of right(b) with -left(g b^-1) for every g, in [-1, 1].
        dead: whether the neuron moves no logit.
        irrep: position of the irrep with the largest power in `left`.
    """

    model: FoldedModel
    group: Group
    irreps: tuple[Irrep, ...]
    lattice: SubgroupLattice | None
    no_lattice: str
    functions: Mapping[str, FunctionFacts]
    strength: Float[np.ndarray, " neuron"]
    silent_share: Float[np.ndarray, " neuron"]
    mirror: Float[np.ndarray, "neuron g"]
    dead: Bool[np.ndarray, " neuron"]
    irrep: Int[np.ndarray, " neuron"]
    __repr__ = short_repr

    @property
    def width(self) -> int:
        """Number of neurons."""
        return len(self.dead)

    @cached_property
    def live(self) -> Int[np.ndarray, " live"]:
        """Positions of the neurons that move a logit."""
        return np.flatnonzero(~self.dead)

    @property
    def known_lattice(self) -> SubgroupLattice:
        """The group's subgroups, for what cannot be said without them; raises `Unsupported` with the reason."""
        if self.lattice is None:
            raise Unsupported(self.no_lattice)
        return self.lattice

    @cached_property
    def rank_one(self) -> Mapping[str, RankOne]:
        """The part of rank one of each function in its neuron's irrep; u and v are padded with zeros to one length."""
        widest = max(irrep.dim for irrep in self.irreps)
        return {name: self._rank_one(facts.values, widest) for name, facts in self.functions.items()}

    @cached_property
    def product_means(self) -> Float[np.ndarray, "g neuron"]:
        """Mean post-activation of each neuron over the pairs with each product."""
        return product_means(self.model, self.group)

    @cached_property
    def post_means(self) -> Float[np.ndarray, " neuron"]:
        """Mean post-activation of each neuron over all pairs."""
        return post_moments(self.model)[0]

    @cached_property
    def noise(self) -> float:
        """The network's own noise: the median over live neurons of what neither mirror nor rank one explains of left.

        A neuron's part is the smaller of 1 - (mirror correlation) and 1 - (share of `left` that its rank-one part
        holds); in [0, 1]. Cosets enter neither, so no account can lower it.
        """
        if not len(self.live):
            return 0.0
        mirror = 1 - self.mirror[self.live].max(axis=1)
        ranks = 1 - (self.isotypic("left") * self.rank_one["left"].share)[self.live]
        return float(np.clip(np.median(np.minimum(mirror, ranks)), 0, 1))

    def coset_fractions(self, name: str) -> Float[np.ndarray, "neuron subgroup"]:
        """Coset variance fractions of a function.

        Args:
            name: `left`, `right` or `out`.

        Returns:
            Values in [0, 1] for every subgroup.

        Raises:
            Unsupported: if the group's subgroups are out of reach.
        """
        fractions = self.functions[name].fractions
        if fractions is None:
            raise Unsupported(self.no_lattice)
        return fractions

    def isotypic(self, name: str) -> Float[np.ndarray, " neuron"]:
        """Share of a function's power in its neuron's irrep.

        Args:
            name: `left`, `right` or `out`.

        Returns:
            Shares in [0, 1].
        """
        return self.functions[name].power[np.arange(self.width), self.irrep]

    def _rank_one(self, values: Float[np.ndarray, "neuron g"], widest: int) -> RankOne:
        part, u, v = np.zeros_like(values), *(np.zeros((self.width, widest)) for _ in range(2))
        share, scale = np.zeros(self.width), np.zeros(self.width)
        for i, irrep in enumerate(self.irreps):
            chosen = np.flatnonzero(self.irrep == i)
            if len(chosen):
                found = rank_one(values[chosen], irrep)
                part[chosen], share[chosen], scale[chosen] = found.part, found.share, found.scale
                u[chosen, : irrep.dim], v[chosen, : irrep.dim] = found.u, found.v
        return RankOne(part, share, u, v, scale)


def measure(model: FoldedModel, group: Group, config: AnalysisConfig | None = None) -> Facts:
    """Measure a network.

    Cost: |G|^2 work a neuron, and one product of size neurons x |G| x subgroups for each function.

    Args:
        model: the folded model, on the CPU.
        group: the group it multiplies in.
        config: tolerances; the defaults if None.

    Returns:
        Its facts. A group whose subgroups are out of reach has facts without coset fractions.

    Raises:
        ValueError: if the model's order is not the group's.

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.models.planted import random_model
        >>> import torch
        >>> facts = measure(random_model(named_group("S3"), 4, torch.Generator().manual_seed(0)), named_group("S3"))
        >>> facts.functions["left"].power.sum(axis=1).round(6).tolist()
        [1.0, 1.0, 1.0, 1.0]
    """
    check_order(model, group)
    config = config or AnalysisConfig()
    irreps = all_irreps(group)
    lattice, refusal = _lattice(group)
    functions = {
        name: _function(getattr(model, name).double().numpy().T, lattice, irreps, side)
        for name, side in FUNCTIONS.items()
    }
    statistics = pair_statistics(model, config.zero_tolerance)
    strength = logit_strength(model, statistics)
    mirror = mirror_correlation(functions["left"].values, functions["right"].values, irreps)
    largest = strength.max(initial=0)
    return Facts(
        model=model,
        group=group,
        irreps=irreps,
        lattice=lattice,
        no_lattice=refusal,
        functions=functions,
        strength=strength,
        silent_share=statistics.silent_share,
        mirror=mirror,
        dead=(strength <= config.dead_threshold * largest) | (mirror.max(axis=1, initial=0) == 0),
        irrep=functions["left"].power.argmax(axis=1),
    )


def _lattice(group: Group) -> tuple[SubgroupLattice | None, str]:
    try:
        return subgroup_lattice(group), ""
    except Unsupported as error:
        return None, str(error)


def _function(
    values: Float[np.ndarray, "neuron g"], lattice: SubgroupLattice | None, irreps: tuple[Irrep, ...], side: Side
) -> FunctionFacts:
    mean = values.mean(axis=1)
    values = values - mean[:, None]
    fractions = None if lattice is None else coset_variance_fractions(values, lattice, irreps, side)
    return FunctionFacts(values, mean, power(values, irreps), fractions, side)
