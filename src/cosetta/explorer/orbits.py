"""The vectors of neurons among the points of their orbit, as pictures in three dimensions.

A neuron of a rho-set has left = b^T rho(x) a and right = a^T rho(y) b' up to signs, b and b' near points of the orbit
of a vector that a subgroup fixes: the corners of a simplex for the standard irrep of S4, of an icosahedron for A5.
Irreps of more dimensions are seen along three of them; what lies across these is lost.
"""

from typing import Any

import numpy as np
from jaxtyping import Float

from cosetta.hypotheses.rho_set import RhoSets
from cosetta.report.notation import typeset

__all__ = ["orbits"]

MAX_POINTS = 80
"""Larger orbits are a cloud in which nothing can be seen."""


def orbits(account: RhoSets) -> list[dict[str, Any]]:
    """The rho-sets of real type as points, edges and neurons.

    Args:
        account: the account.

    Returns:
        For each set: irrep, points and edges between nearest neighbours, and for each neuron b and b' as measured,
        turned so that the sign agrees with the nearest point; coordinates along three axes.

    Example:
        >>> import torch
        >>> from cosetta import irreps, named_group, subgroup_lattice
        >>> from cosetta.config import AnalysisConfig
        >>> from cosetta.measures import measure
        >>> from cosetta.models.planted import CosetPlan, plant
        >>> G = named_group("S4")
        >>> plans = [CosetPlan(subgroup_lattice(G)["S3"], irreps(G)[1])]
        >>> facts = measure(plant(G, plans, torch.Generator().manual_seed(0)).folded, G)
        >>> [(o["irrep"], len(o["points"]), len(o["edges"])) for o in orbits(RhoSets.fit(facts, AnalysisConfig()))]
        [('(3,1)', 4, 6)]
    """
    facts, pictures = account.facts, []
    for rho_set in account.sets:
        points = rho_set.points
        if not rho_set.shares_a or len(points) > MAX_POINTS:
            continue
        irrep = facts.irreps[rho_set.irrep]
        axes = _axes(points)
        d = irrep.dim
        neurons = []
        for neuron in rho_set.neurons:
            b = facts.rank_one["left"].u[neuron.neuron, :d]
            b_prime = facts.rank_one["right"].v[neuron.neuron, :d]
            nearest = [int(np.abs(points @ vector).argmax()) for vector in (neuron.b, neuron.b_prime)]
            turned = [
                vector * (np.sign(points[i] @ vector) or 1.0) for vector, i in zip((b, b_prime), nearest, strict=True)
            ]
            neurons.append(
                {
                    "neuron": neuron.neuron,
                    "b": _rounded(turned[0] @ axes),
                    "b_prime": _rounded(turned[1] @ axes),
                    "point": nearest[0],
                    "point_prime": nearest[1],
                    "off": [round(float(1 - abs(points[i] @ v)), 9) for i, v in zip(nearest, turned, strict=True)],
                }
            )
        pictures.append(
            {
                "irrep": irrep.name,
                "dim": d,
                "subgroup": rho_set.subgroup,
                "subgroup_title": typeset(rho_set.subgroup),
                "points": [_rounded(point @ axes) for point in points],
                "edges": _edges(points),
                "neurons": neurons,
                "pairs": len(rho_set.points) ** 2 - len(rho_set.missing),
                "all_pairs": len(rho_set.points) ** 2,
            }
        )
    return pictures


def _axes(points: Float[np.ndarray, "point d"]) -> Float[np.ndarray, "d 3"]:
    """Three orthonormal axes; the first three of the space where there are no more."""
    d = points.shape[1]
    if d <= 3:
        return np.eye(d, 3)
    spread = points.T @ points + 1e-6 * np.diag(
        np.arange(d, 0, -1)
    )  # an orbit spreads evenly: the order breaks the tie
    return np.linalg.eigh(spread)[1][:, ::-1][:, :3]


def _edges(points: Float[np.ndarray, "point d"]) -> list[list[int]]:
    """Pairs of points with the largest inner product that occurs."""
    products = points @ points.T
    upper = products[np.triu_indices(len(points), 1)]
    if not len(upper):
        return []
    i, j = np.nonzero(np.triu(products >= upper.max() - 1e-6, 1))
    return np.stack([i, j], axis=1).tolist()


def _rounded(vector: Float[np.ndarray, " axis"]) -> list[float]:
    return [round(float(x), 5) for x in vector]
