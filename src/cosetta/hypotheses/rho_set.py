r"""Rho-sets: left = b^T rho(x) a, right = -a^T rho(y) b', out = -c b^T rho(z) b' with b, b' at the points of one orbit.

In each irrep the vector a is one for all neurons, and b, b' run through B = {rho(g) b0}, the orbit of a vector that a
subgroup H fixes. So the neurons of a rho-set are irrep-sparse and constant on cosets together. Fitted from the first
singular pairs: b is snapped to the fixed line of the conjugate of H nearest to it, b' likewise, a is the principal
direction of the neurons' own, and scales are by least squares. Only H that fix one line of the irrep (over its
commutant) are used. For complex and quaternionic type a pair of vectors is determined up to the commutant only; there a
is not compared between neurons, and the ideal is the part of rank one with b, b' moved to the fixed lines, which are
coset means of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log2
from typing import Any, ClassVar, final

import numpy as np
import torch
from jaxtyping import Float, Int

from cosetta.config import AnalysisConfig
from cosetta.errors import Unsupported
from cosetta.groups import Subgroup, SubgroupLattice, conjugate, cosets, double_cosets
from cosetta.harmonics import isotypic_projection
from cosetta.hypotheses.base import AbstractHypothesis, Functions
from cosetta.hypotheses.rank_one import rank_one_labels
from cosetta.interventions import mean_ablate
from cosetta.measures.cells import Cells, choose
from cosetta.measures.cosets import coset_means
from cosetta.measures.equivariance import bi_equivariance_error
from cosetta.measures.facts import FUNCTIONS, Facts
from cosetta.models import FoldedModel

__all__ = ["RhoNeuron", "RhoSet", "RhoSets", "UniformRhoSets"]

ALIGNED = 0.98
"""Neurons share a when the cosine of their own vectors with the common one is at least this."""


@final
@dataclass(frozen=True, eq=False)
class RhoNeuron:
    """One neuron of a rho-set.

    Args:
        neuron: its position.
        b: unit vector, snapped; its sign is the neuron's.
        b_prime: unit vector, snapped; its sign is the neuron's.
        point: which point of the orbit b is, up to sign; for real type.
        point_prime: which point b' is.
        H: the subgroup whose fixed line b is on.
        K: that of b'.
        scale: what left and right are multiplied by, positive.
        c: what -b^T rho(z) b' is multiplied by; the account predicts it positive.
    """

    neuron: int
    b: Float[np.ndarray, " d"]
    b_prime: Float[np.ndarray, " d"]
    point: int
    point_prime: int
    H: Subgroup
    K: Subgroup
    scale: float
    c: float


@final
@dataclass(frozen=True, eq=False)
class RhoSet:
    """The neurons of one irrep whose vectors lie in one orbit and share a.

    Args:
        irrep: position of the irrep.
        subgroup: class name of the stabiliser H.
        stabiliser: its order.
        a: the shared unit vector.
        points: the orbit, one unit vector each.
        neurons: the members.
        shares_a: whether a is one for all, which is asked of real type only.
    """

    irrep: int
    subgroup: str
    stabiliser: int
    a: Float[np.ndarray, " d"]
    points: Float[np.ndarray, "point d"]
    neurons: tuple[RhoNeuron, ...]
    shares_a: bool = True

    @property
    def missing(self) -> tuple[tuple[int, int], ...]:
        """Pairs of points (b, b') that no neuron has, by number."""
        found = {(neuron.point, neuron.point_prime) for neuron in self.neurons}
        size = range(len(self.points))
        return tuple((i, j) for i in size for j in size if (i, j) not in found)


@final
@dataclass(frozen=True, eq=False)
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
        if facts.lattice is None:
            raise Unsupported(facts.no_lattice)
        ranked, reasons = rank_one_labels(facts, config)
        sets: list[RhoSet] = []
        for i in np.unique(facts.irrep[sorted(ranked)]).tolist() if ranked else []:
            members = np.array([n for n in sorted(ranked) if facts.irrep[n] == i])
            found, open_ = _sets_of_irrep(i, members, facts, facts.lattice, config)
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
        model = self.facts.model
        values = {name: getattr(model, name).double().numpy().copy() for name in self.facts.functions}
        means = {name: function.mean for name, function in self.facts.functions.items()}
        for rho_set in self.sets:
            rho = self.facts.irreps[rho_set.irrep].matrices
            for neuron in rho_set.neurons:
                n = neuron.neuron
                if not rho_set.shares_a:
                    for name, f in self._on_lines(neuron).items():
                        values[name][:, n] = f + means[name][n]
                    continue
                left, right, out = _columns(rho, rho_set.a, neuron.b, neuron.b_prime)
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
        return replace(self, sets=tuple(_turned(rho_set, generator, self.facts) for rho_set in self.sets))

    @property
    def bits(self) -> float:
        """For each set: irrep, orbit and a; for each neuron: two points with signs, scale and c."""
        lattice, numbers = self.facts.lattice, self.config.number_bits
        classes = 1 if lattice is None else len(lattice.class_names)
        choice = log2(len(self.facts.irreps)) + log2(classes)
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
            "sets": [_described(rho_set, self.facts) for rho_set in self.sets],
            "bi_equivariance_error": bi_equivariance_error(self.facts.model, self.facts.group, seed=self.config.seed),
        }


@final
@dataclass(frozen=True, eq=False)
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
        columns += [_complete(rho_set, self.facts) for rho_set in self.sets]
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
        return replace(self, sets=tuple(_turned(rho_set, generator, self.facts) for rho_set in self.sets))

    @property
    def bits(self) -> float:
        """For each set: irrep, orbit, a, scale and c."""
        lattice, numbers = self.facts.lattice, self.config.number_bits
        classes = 1 if lattice is None else len(lattice.class_names)
        choice = log2(len(self.facts.irreps)) + log2(classes)
        return 0.0 + sum(choice + (len(rho_set.a) + 2) * numbers for rho_set in self.sets)


def _columns(
    rho: Float[np.ndarray, "g d d"],
    a: Float[np.ndarray, " d"],
    b: Float[np.ndarray, " d"],
    b_prime: Float[np.ndarray, " d"],
) -> tuple[Float[np.ndarray, " g"], Float[np.ndarray, " g"], Float[np.ndarray, " g"]]:
    """b^T rho(x) a, -a^T rho(y) b', -b^T rho(z) b'."""
    return b @ rho @ a, -(a @ rho @ b_prime), -(b @ rho @ b_prime)


def _sets_of_irrep(
    i: int, members: Int[np.ndarray, " member"], facts: Facts, lattice: SubgroupLattice, config: AnalysisConfig
) -> tuple[list[RhoSet], dict[int, str]]:
    """The rho-sets of one irrep, and why other neurons belong to none."""
    irrep = facts.irreps[i]
    cells = Cells(lattice, facts.irreps)
    lines = np.flatnonzero(cells.ranks[:, i] == irrep.endomorphism_dim)  # families that fix one line
    if not len(lines):
        return [], {int(n): f"no proper subgroup fixes one line of {irrep.name}" for n in members}
    inside = np.concatenate([np.arange(s, s + k) for s, k in zip(cells.starts[lines], cells.sizes[lines], strict=True)])
    family = np.repeat(np.arange(len(lines)), cells.sizes[lines])
    subgroups = cells.subgroups[inside]
    flat = irrep.matrices.reshape(len(irrep.matrices), -1)
    fixed = (lattice.members[subgroups] @ flat / lattice.orders[subgroups][:, None]).reshape(-1, irrep.dim, irrep.dim)
    d = irrep.dim
    b, a = facts.rank_one["left"].u[members, :d], facts.rank_one["left"].v[members, :d]
    a_prime, b_prime = facts.rank_one["right"].u[members, :d], facts.rank_one["right"].v[members, :d]
    left, right = (np.clip(1 - np.einsum("nd,cde,ne->nc", x, fixed, x), 0, 1) for x in (b, b_prime))
    starts = np.flatnonzero(np.diff(family, prepend=-1))
    best = [np.minimum.reduceat(x, starts, axis=1) for x in (left, right)]
    worst = np.maximum(*best)
    power = np.zeros(len(facts.irreps))
    power[i] = 1
    everywhere = np.ones((len(members), len(cells.families)))
    chances = []
    for found in best:
        everywhere[:, lines] = found
        chances.append(cells.log_chance(power, everywhere, facts.noise)[:, lines])
    chance = (chances[0] + chances[1]) / 2
    everywhere[:, lines] = chance
    worst = np.where(cells.evident(power, everywhere)[:, lines], worst, 1.0)
    chosen = choose(chance, worst, cells.orders[lines], config.coset_threshold)
    fits = np.take_along_axis(worst, chosen[:, None], axis=1)[:, 0] < config.coset_threshold
    reasons = {
        int(n): f"b or b' is off every orbit: the best, of {cells.families[lines[f]]}, leaves {worst[k, f]:.2g}"
        for k, (n, f) in enumerate(zip(members, chosen, strict=True))
        if not fits[k]
    }
    sets = []
    for f in np.unique(chosen[fits]).tolist():
        picked = np.flatnonzero(fits & (chosen == f))
        conjugates = np.flatnonzero(family == f)
        points = _orbit(irrep.matrices, fixed[conjugates[0]])
        nearest = [conjugates[x[picked][:, conjugates].argmin(axis=1)] for x in (left, right)]
        snapped = [
            np.einsum("nde,ne->nd", fixed[near], y[picked]) for near, y in zip(nearest, (b, b_prime), strict=True)
        ]
        snapped = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in snapped]
        own = a[picked]
        theirs = a_prime[picked]
        for group_ in _sharing(own, facts.strength[members[picked]], irrep.endomorphism_dim == 1):
            shared = _principal(own[group_], theirs[group_])
            neurons = tuple(
                _neuron(
                    int(members[picked[k]]),
                    (snapped[0][k], snapped[1][k]),
                    (lattice.subgroup(subgroups[nearest[0][k]]), lattice.subgroup(subgroups[nearest[1][k]])),
                    shared,
                    points,
                    facts,
                )
                for k in group_
            )
            name = cells.families[lines[f]]
            order, real = int(cells.orders[lines[f]]), irrep.endomorphism_dim == 1
            sets.append(RhoSet(i, name, order, shared, points, neurons, shares_a=real))
    return sets, reasons


def _orbit(rho: Float[np.ndarray, "g d d"], fixed: Float[np.ndarray, "d d"]) -> Float[np.ndarray, "point d"]:
    """The orbit of a unit vector of the fixed line."""
    vector = np.linalg.eigh(fixed)[1][:, -1]
    images = rho @ vector
    _, first = np.unique(images.round(6), axis=0, return_index=True)
    return images[np.sort(first)]


def _sharing(a: Float[np.ndarray, "neuron d"], strength: Float[np.ndarray, " neuron"], real: bool) -> list[list[int]]:
    """Neurons that share a up to sign, strongest first; all where the commutant is larger than the reals."""
    left, groups = list(np.argsort(-strength, kind="stable")), []
    if not real:
        return [[int(k) for k in left]]
    while left:
        centre = a[left[0]]
        near = [k for k in left if abs(a[k] @ centre) >= ALIGNED]
        centre = _principal(a[near], a[near])
        near = [k for k in left if abs(a[k] @ centre) >= ALIGNED] or [left[0]]
        groups.append([int(k) for k in near])
        left = [k for k in left if k not in near]
    return groups


def _principal(own: Float[np.ndarray, "neuron d"], theirs: Float[np.ndarray, "neuron d"]) -> Float[np.ndarray, " d"]:
    both = np.concatenate([own, theirs])
    return np.linalg.eigh(both.T @ both)[1][:, -1]


def _neuron(
    n: int,
    vectors: tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]],
    stabilisers: tuple[Subgroup, Subgroup],
    a: Float[np.ndarray, " d"],
    points: Float[np.ndarray, "point d"],
    facts: Facts,
) -> RhoNeuron:
    """Signs, scale and c by least squares on the neuron's functions."""
    rho, (b, b_prime) = facts.irreps[facts.irrep[n]].matrices, vectors
    left, right, _ = _columns(rho, a, b, b_prime)
    fits = [
        float(facts.functions[name].values[n] @ basis / max(basis @ basis, 1e-300))
        for name, basis in (("left", left), ("right", right))
    ]
    b, b_prime = (np.sign(fit) * vector if fit else vector for fit, vector in zip(fits, (b, b_prime), strict=True))
    out = _columns(rho, a, b, b_prime)[2]
    c = float(facts.functions["out"].values[n] @ out / max(out @ out, 1e-300))
    nearest = [int(np.abs(points @ vector).argmax()) for vector in (b, b_prime)]
    H, K = stabilisers
    return RhoNeuron(n, b, b_prime, nearest[0], nearest[1], H, K, float(np.abs(fits).mean()), c)


def _turned(rho_set: RhoSet, generator: np.random.Generator, facts: Facts) -> RhoSet:
    """The points turned at random; where only coset means are taken, cosets of random conjugates instead."""
    if not rho_set.shares_a:
        moved = generator.integers(facts.group.order, size=(len(rho_set.neurons), 2))
        pairs = zip(rho_set.neurons, moved.tolist(), strict=True)
        return replace(
            rho_set, neurons=tuple(replace(n, H=conjugate(n.H, g), K=conjugate(n.K, k)) for n, (g, k) in pairs)
        )
    d = len(rho_set.a)
    turn = np.linalg.qr(generator.standard_normal((d, d)))[0]
    neurons = tuple(replace(n, b=turn @ n.b, b_prime=turn @ n.b_prime) for n in rho_set.neurons)
    return replace(rho_set, points=rho_set.points @ turn.T, neurons=neurons)


def _complete(rho_set: RhoSet, facts: Facts) -> Float[np.ndarray, "3 g pair"]:
    """Left, right and out of all pairs (b, b') with one scale and one c, which keep the sum of what was found."""
    rho, points = facts.irreps[rho_set.irrep].matrices, rho_set.points
    signs = np.array([np.sign(points[n.point] @ n.b) for n in rho_set.neurons])
    sign = 1.0 if signs.sum() >= 0 else -1.0
    points = sign * points
    scale = float(np.mean([n.scale for n in rho_set.neurons]))
    c = sum(n.scale * n.c for n in rho_set.neurons) / (scale * len(points) ** 2)
    by_left = np.einsum("pd,gde,e->gp", points, rho, rho_set.a)
    by_right = -np.einsum("d,gde,pe->gp", rho_set.a, rho, points)
    by_out = -np.einsum("pd,gde,qe->gpq", points, rho, points)
    size = len(points)
    left = np.repeat(by_left, size, axis=1)
    right = np.tile(by_right, (1, size))
    return np.stack([scale * left, scale * right, c * by_out.reshape(len(rho), -1)])


def _described(rho_set: RhoSet, facts: Facts) -> dict[str, Any]:
    return {
        "irrep": facts.irreps[rho_set.irrep].name,
        "subgroup": rho_set.subgroup,
        "stabiliser_order": rho_set.stabiliser,
        "points": len(rho_set.points),
        "neurons": [neuron.neuron for neuron in rho_set.neurons],
        "pairs": len(rho_set.points) ** 2 - len(rho_set.missing),
        "missing": [list(pair) for pair in rho_set.missing],
        "positive_c": sum(neuron.c > 0 for neuron in rho_set.neurons),
    }
