"""Neurons that cosets do not cover, with the values that show what they look like.

Each is given in two orders: by the cosets of the subgroup that comes nearest, where a coset neuron would show one value
a coset, and, for an abelian group, by the angle of its frequency, where a wave shows as one.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Int

from cosetta.config import AnalysisConfig
from cosetta.groups import Subgroup, cosets
from cosetta.hypotheses.coset import nearest_subgroups
from cosetta.measures import Facts, cyclic_factors
from cosetta.results import FrequencyFindings, OpenNeuron, Specimen

__all__ = ["find_specimens"]

SHOWN = 12
"""Most specimens: as many small pictures as one looks at."""

VALUES = 20_000
"""Most values of one function over all specimens, so that a file stays small on large groups."""


def find_specimens(
    facts: Facts, left_open: Sequence[OpenNeuron], waves: FrequencyFindings | None, config: AnalysisConfig
) -> tuple[Specimen, ...]:
    """The strongest neurons that cosets do not cover; for an abelian group the strongest of each frequency first.

    Args:
        facts: of the network.
        left_open: the live neurons that the coset account leaves open.
        waves: frequencies of its neurons; None for a group that is not abelian.
        config: the thresholds.

    Returns:
        At most twelve, strongest first.
    """
    chosen = _strongest([neuron.neuron for neuron in left_open], facts, waves)
    nearest = nearest_subgroups(facts, chosen, config)
    angles = _angles(chosen, facts, waves)
    return tuple(_specimen(n, facts, nearest[i], angles[i]) for i, n in enumerate(chosen))


def _strongest(neurons: Sequence[int], facts: Facts, waves: FrequencyFindings | None) -> list[int]:
    room = max(2, min(SHOWN, VALUES // facts.group.order))
    ranked = sorted(neurons, key=lambda n: (-facts.strength[n], n))
    if waves is not None:
        rank: dict[int, int] = {}
        seen: dict[int, int] = {}
        for n in ranked:
            frequency = waves.by_neuron[n].frequency
            rank[n] = seen[frequency] = seen.get(frequency, -1) + 1
        ranked.sort(key=lambda n: rank[n])  # stable: the first of each frequency, then the second
    return sorted(ranked[:room], key=lambda n: (-facts.strength[n], n))


def _angles(neurons: Sequence[int], facts: Facts, waves: FrequencyFindings | None) -> list[tuple[float, ...]]:
    """Angle of each element at each neuron's frequency."""
    if waves is None or not neurons:
        return [()] * len(neurons)
    coordinates, moduli, _ = cyclic_factors(facts.group)
    ks = [waves.frequencies[waves.by_neuron[n].frequency].k for n in neurons]
    turns = [(coordinates @ (np.array(k) / np.array(moduli))) % 1 for k in ks]
    return [tuple((2 * np.pi * turn).tolist()) for turn in turns]


def _specimen(
    n: int, facts: Facts, nearest: tuple[str, Subgroup, Subgroup, float, float] | None, angles: tuple[float, ...]
) -> Specimen:
    left, right = (getattr(facts.model, side)[:, n].double().numpy() for side in ("left", "right"))
    bare = Specimen(n, tuple(left.tolist()), tuple(right.tolist()), angles=angles)
    if nearest is None:
        return bare
    name, H, K, of_left, of_right = nearest
    return replace(
        bare,
        subgroup=name,
        fractions=(of_left, of_right),
        left_cosets=tuple(_by_mean(left, cosets(H, side="right")).tolist()),
        right_cosets=tuple(_by_mean(right, cosets(K, side="left")).tolist()),
    )


def _by_mean(values: np.ndarray, labels: Int[np.ndarray, " g"]) -> Int[np.ndarray, " g"]:
    """The same cosets, numbered by ascending mean."""
    means = np.bincount(labels, weights=values) / np.bincount(labels)
    return np.argsort(np.argsort(means, kind="stable"), kind="stable")[labels]
