"""Find rho-sets: the orbit that each neuron's vectors lie in, and the vector a that neurons share."""

import numpy as np
from jaxtyping import Float, Int

from cosetta.config import AnalysisConfig
from cosetta.groups import Subgroup, SubgroupLattice
from cosetta.hypotheses.rho_set.vectors import RhoNeuron, RhoSet, columns
from cosetta.measures.cells import Cells, choose
from cosetta.measures.facts import Facts

__all__ = ["sets_of_irrep"]

ALIGNED = 0.98
"""Neurons share a when the cosine of their own vectors with the common one is at least this."""


def sets_of_irrep(
    i: int, members: Int[np.ndarray, " member"], facts: Facts, lattice: SubgroupLattice, config: AnalysisConfig
) -> tuple[list[RhoSet], dict[int, str]]:
    """The rho-sets of one irrep, and why other neurons belong to none.

    Args:
        i: position of the irrep.
        members: neurons of rank one in it.
        facts: of the network.
        lattice: the group's subgroups.
        config: thresholds.

    Returns:
        The rho-sets, and a reason for each other neuron.
    """
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
    left, right, _ = columns(rho, a, b, b_prime)
    fits = [
        float(facts.functions[name].values[n] @ basis / max(basis @ basis, 1e-300))
        for name, basis in (("left", left), ("right", right))
    ]
    b, b_prime = (np.sign(fit) * vector if fit else vector for fit, vector in zip(fits, (b, b_prime), strict=True))
    out = columns(rho, a, b, b_prime)[2]
    c = float(facts.functions["out"].values[n] @ out / max(out @ out, 1e-300))
    nearest = [int(np.abs(points @ vector).argmax()) for vector in (b, b_prime)]
    H, K = stabilisers
    return RhoNeuron(n, b, b_prime, nearest[0], nearest[1], H, K, float(np.abs(fits).mean()), c)
