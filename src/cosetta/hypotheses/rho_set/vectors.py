"""Rho-sets as data: their neurons, their points, and what follows from them without searching."""

from dataclasses import dataclass, replace
from math import log2
from typing import Any, final

import numpy as np
from jaxtyping import Float

from cosetta.groups import Subgroup, conjugate
from cosetta.measures.facts import Facts

__all__ = ["RhoNeuron", "RhoSet", "choice_bits", "columns", "complete", "described", "turned"]


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


def columns(
    rho: Float[np.ndarray, "g d d"],
    a: Float[np.ndarray, " d"],
    b: Float[np.ndarray, " d"],
    b_prime: Float[np.ndarray, " d"],
) -> tuple[Float[np.ndarray, " g"], Float[np.ndarray, " g"], Float[np.ndarray, " g"]]:
    """b^T rho(x) a, -a^T rho(y) b', -b^T rho(z) b'.

    Args:
        rho: matrices of the irrep.
        a: the shared vector.
        b: of left and out.
        b_prime: of right and out.

    Returns:
        Left, right and out.
    """
    return b @ rho @ a, -(a @ rho @ b_prime), -(b @ rho @ b_prime)


def turned(rho_set: RhoSet, generator: np.random.Generator, facts: Facts) -> RhoSet:
    """The points turned at random; where only coset means are taken, cosets of random conjugates instead.

    Args:
        rho_set: a rho-set.
        generator: source of the draw.
        facts: of the network.

    Returns:
        A control.
    """
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


def complete(rho_set: RhoSet, facts: Facts) -> Float[np.ndarray, "3 g pair"]:
    """Left, right and out of all pairs (b, b') with one scale and one c, which keep the sum of what was found.

    Args:
        rho_set: a rho-set of real type.
        facts: of the network.

    Returns:
        Three functions on G a pair.
    """
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


def choice_bits(facts: Facts) -> float:
    """Bits that choosing an irrep and an orbit takes.

    Args:
        facts: of the network.

    Returns:
        The logarithms of the number of irreps and of the number of classes of subgroups.
    """
    return log2(len(facts.irreps)) + log2(len(facts.known_lattice.class_names))


def described(rho_set: RhoSet, facts: Facts) -> dict[str, Any]:
    """A rho-set as plain data.

    Args:
        rho_set: a rho-set.
        facts: of the network.

    Returns:
        Irrep, stabiliser, points, neurons, pairs that are there and that are missing.
    """
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
