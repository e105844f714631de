"""Where the classes of subgroups stand in a Hasse diagram: a layer for each order, and few crossings.

An edge that passes layers gets a bend in each, which takes room there, so that lines run past nodes and not through
them. Nodes and bends are moved towards the mean of their neighbours, layer by layer up and down, and pushed apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float, Int

from cosetta.groups import SubgroupLattice

__all__ = ["Layout", "class_covers", "layered"]

SWEEPS = 60
"""Sweeps up and down; S6 stands still after about 40."""

BEND = 0.16
"""Room that a bend takes, where a node takes 1."""


@final
@dataclass(frozen=True, eq=False)
class Layout:
    """A drawing of a layered graph.

    Args:
        across: place of each node across its layer; the whole drawing is centred on 0.
        layer: layer of each node, from the smallest order up.
        bends: for each edge its places across in the layers that it passes, from below.
    """

    across: Float[np.ndarray, " node"]
    layer: Int[np.ndarray, " node"]
    bends: tuple[tuple[float, ...], ...]


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
    orders: Int[np.ndarray, " node"], edges: Int[np.ndarray, "edge 2"], room: Sequence[float] | None = None
) -> Layout:
    """Draw a graph whose edges lead from smaller to larger orders.

    Args:
        orders: order of each node's subgroups; equal orders share a layer.
        edges: pairs of nodes, the smaller order first.
        room: width of each node with its label; 1 each if None.

    Returns:
        The drawing; two nodes of a layer are at least half the sum of their widths apart.

    Source:
        Sugiyama, Tagawa, Toda 1981, with barycentres.

    Example:
        >>> drawing = layered(np.array([1, 2, 2, 4]), np.array([[0, 1], [0, 2], [1, 3], [2, 3]]))
        >>> drawing.across.round(6).tolist(), drawing.layer.tolist()
        ([0.0, -0.5, 0.5, 0.0], [0, 1, 1, 2])
    """
    layer = np.unique(orders, return_inverse=True)[1].reshape(-1)
    places, widths = layer.tolist(), list(room or [1.0] * len(orders))
    links: list[tuple[int, int]] = []
    chains = []
    for i, j in edges.tolist():
        chain = list(range(len(places), len(places) + int(layer[j] - layer[i]) - 1))
        places += range(int(layer[i]) + 1, int(layer[j]))
        widths += [BEND] * len(chain)
        links += zip([i, *chain], [*chain, j], strict=True)
        chains.append(chain)
    across = _settled(
        np.array(places, dtype=np.int64), np.array(widths), np.array(links, dtype=np.int64).reshape(-1, 2)
    )
    across -= (across.min(initial=0) + across.max(initial=0)) / 2
    bends = tuple(tuple(across[chain].tolist()) for chain in chains)
    return Layout(across[: len(orders)], layer, bends)


def _settled(
    layer: Int[np.ndarray, " place"], widths: Float[np.ndarray, " place"], links: Int[np.ndarray, "link 2"]
) -> Float[np.ndarray, " place"]:
    """Places across after the sweeps; each sweep looks at the layer before it, the last ones at both."""
    members = [np.flatnonzero(layer == i) for i in range(int(layer.max(initial=-1)) + 1)]
    across = np.zeros(len(layer))
    for inside in members:
        across[inside] = np.arange(len(inside)) - (len(inside) - 1) / 2
    below = [links[links[:, 1] == n, 0] for n in range(len(layer))]
    above = [links[links[:, 0] == n, 1] for n in range(len(layer))]
    for sweep in range(SWEEPS):
        upwards = sweep % 2 == 0
        for inside in members if upwards else members[::-1]:
            wanted = []
            for n in inside:
                near = below[n] if upwards else above[n]
                if sweep >= SWEEPS // 2 or not len(near):
                    near = np.concatenate([below[n], above[n]])
                wanted.append(across[near].mean() if len(near) else across[n])
            across[inside] = _apart(np.array(wanted), widths[inside])
    return across


def _apart(wanted: Float[np.ndarray, " place"], widths: Float[np.ndarray, " place"]) -> Float[np.ndarray, " place"]:
    """The places nearest to those wanted, by squares, that keep their order and their distances."""
    # With the distances taken off, this is a monotone regression, which pools neighbours that are out of order.
    order = np.argsort(wanted, kind="stable")
    half = widths[order] / 2
    offsets = np.concatenate([[0.0], np.cumsum(half[:-1] + half[1:])])
    means: list[float] = []
    sizes: list[int] = []
    for value in wanted[order] - offsets:
        means.append(float(value))
        sizes.append(1)
        while len(means) > 1 and means[-2] > means[-1]:
            size = sizes[-2] + sizes[-1]
            means[-2:] = [(means[-2] * sizes[-2] + means[-1] * sizes[-1]) / size]
            sizes[-2:] = [size]
    places = np.empty(len(wanted))
    places[order] = np.repeat(means, sizes) + offsets
    return places
