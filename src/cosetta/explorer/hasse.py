"""Where the classes of subgroups stand in a Hasse diagram: a layer for each order, and few crossings.

Nodes are moved towards the mean of their neighbours, layer by layer up and down, and pushed apart to a distance of one
(the barycentre method). Edges lead from a class to the classes of its maximal subgroups.
"""

import numpy as np
from jaxtyping import Float, Int

from cosetta.groups import SubgroupLattice

__all__ = ["class_covers", "layered"]

SWEEPS = 40
"""Sweeps up and down; S6 stands still after about 20."""


def class_covers(lattice: SubgroupLattice) -> Int[np.ndarray, "edge 2"]:
    """Pairs (i, j) of classes such that some subgroup of class i is maximal in some subgroup of class j.

    Args:
        lattice: the subgroups.

    Returns:
        The pairs, sorted, each once.

    Example:
        >>> from cosetta.groups import named_group, subgroup_lattice
        >>> class_covers(subgroup_lattice(named_group("S3"))).tolist()
        [[0, 1], [0, 2], [1, 3], [2, 3]]
    """
    return np.unique(lattice.class_of[lattice.covers].astype(np.int64), axis=0).reshape(-1, 2)


def layered(
    orders: Int[np.ndarray, " node"], edges: Int[np.ndarray, "edge 2"]
) -> tuple[Float[np.ndarray, " node"], Int[np.ndarray, " node"]]:
    """Places of nodes: across, at least 1 apart in a layer, and the layer, from the smallest order up.

    Args:
        orders: order of each node's subgroups; equal orders share a layer.
        edges: pairs of nodes.

    Returns:
        Across, the middle of each layer near 0, and the layer.

    Source:
        Sugiyama, Tagawa, Toda 1981, with barycentres.

    Example:
        >>> across, layer = layered(np.array([1, 2, 2, 4]), np.array([[0, 1], [0, 2], [1, 3], [2, 3]]))
        >>> across.round(6).tolist(), layer.tolist()
        ([0.0, -0.5, 0.5, 0.0], [0, 1, 1, 2])
    """
    layer = np.unique(orders, return_inverse=True)[1].reshape(-1)
    members = [np.flatnonzero(layer == i) for i in range(int(layer.max(initial=-1)) + 1)]
    across = np.zeros(len(orders))
    for nodes in members:
        across[nodes] = np.arange(len(nodes)) - (len(nodes) - 1) / 2
    neighbours = [np.concatenate([edges[edges[:, 1] == n, 0], edges[edges[:, 0] == n, 1]]) for n in range(len(orders))]
    for sweep in range(SWEEPS):
        for nodes in members if sweep % 2 == 0 else members[::-1]:
            wanted = np.array([across[neighbours[n]].mean() if len(neighbours[n]) else across[n] for n in nodes])
            across[nodes] = _apart(wanted)
    return across, layer


def _apart(wanted: Float[np.ndarray, " node"]) -> Float[np.ndarray, " node"]:
    """The places nearest to those wanted, by squares, that keep their order and a distance of 1.

    With the distance taken off, this is a monotone regression, which pools neighbours that are out of order.
    """
    order = np.argsort(wanted, kind="stable")
    means: list[float] = []
    sizes: list[int] = []
    for value in wanted[order] - np.arange(len(wanted)):
        means.append(float(value))
        sizes.append(1)
        while len(means) > 1 and means[-2] > means[-1]:
            size = sizes[-2] + sizes[-1]
            means[-2:] = [(means[-2] * sizes[-2] + means[-1] * sizes[-1]) / size]
            sizes[-2:] = [size]
    places = np.empty(len(wanted))
    places[order] = np.repeat(means, sizes) + np.arange(len(wanted))
    return places
