r"""What the rho-set account says of one network, as their paper counts it.

A rho-set is an orbit B of vectors in an irrep; a neuron is a pair (b, b') of points with left = b^T rho(x) a, right =
-a^T rho(y) b', out = -b^T rho(z) b', and a circuit is complete when all |B|^2 pairs are there. Two things go wrong with
a network: *a-bad*, neurons of one orbit have different vectors a; *rho-bad*, no faithful irrep has a complete rho-set.
Both words are theirs; the rules by which a network is counted here are ours, and stand in this file.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from cosetta.config import AnalysisConfig
from cosetta.errors import Unsupported
from cosetta.groups import Group
from cosetta.harmonics import Irrep
from cosetta.hypotheses.rho_set.account import RhoSets
from cosetta.hypotheses.rho_set.vectors import RhoSet
from cosetta.measures import measure
from cosetta.models import FoldedModel, PairScorer
from cosetta.reproduce.wu2024.proofs import Proven

__all__ = ["MATTERS", "RhoMeasures", "SetFacts", "is_faithful", "rho_measures"]

MATTERS = 0.01
"""A set, or what is left uncovered, counts from this share of the strength on."""


@final
@dataclass(frozen=True)
class SetFacts:
    """One rho-set of a network.

    Args:
        irrep: its irrep.
        subgroup: class of the stabiliser of its points.
        points: number of points, |B|.
        neurons: number of neurons.
        pairs: number of different pairs (b, b') among them; complete is |B|^2.
        strength: share of the network's strength, in [0, 1].
        faithful: whether the irrep is faithful.
    """

    irrep: str
    subgroup: str
    points: int
    neurons: int
    pairs: int
    strength: float
    faithful: bool

    @property
    def is_complete(self) -> bool:
        """Whether every pair of points has a neuron."""
        return self.pairs == self.points**2


@final
@dataclass(frozen=True)
class RhoMeasures:
    """What the rho-set account says of one network.

    Args:
        name: of the network.
        group: name of its group.
        accuracy: on all pairs, in [0, 1].
        live: number of live neurons.
        covered: share of the strength in rho-sets, in [0, 1].
        alone: accuracy of the rho-sets alone, all else silenced, in [0, 1].
        sets: the rho-sets.
        irreps: dominant irrep of each neuron; an empty string for a dead one.
        proven: what a certificate of this project proves of it; None where none was made.
    """

    name: str
    group: str
    accuracy: float
    live: int
    covered: float
    alone: float
    sets: tuple[SetFacts, ...]
    irreps: tuple[str, ...] = ()
    proven: Proven | None = None

    @property
    def a_bad(self) -> bool:
        """Whether neurons of one orbit have different vectors a: two sets of one irrep and stabiliser that matter."""
        kinds = [(s.irrep, s.subgroup) for s in self.sets if s.strength >= MATTERS]
        return len(set(kinds)) < len(kinds)

    @property
    def rho_bad(self) -> bool:
        """Whether no faithful irrep has a complete rho-set."""
        return not any(s.faithful and s.is_complete for s in self.sets)


def rho_measures(name: str, model: FoldedModel, group: Group, config: AnalysisConfig | None = None) -> RhoMeasures:
    """Fit rho-sets to a network and count their pairs.

    Args:
        name: of the network.
        model: the network.
        group: its group.
        config: thresholds; the defaults if None.

    Returns:
        Plain data.

    Raises:
        Unsupported: if the group's subgroups are out of reach.

    Source:
        Wu et al. 2024 (arXiv:2410.07476); the fit is this project's (`hypotheses/rho_set`).

    Example:
        >>> from cosetta import irreps, named_group
        >>> from cosetta.models.planted_vectors import plant_rho_set
        >>> S3 = named_group("S3")
        >>> net = plant_rho_set(S3, irreps(S3)[1], S3.subgroup([1]), np.random.default_rng(0), 10.0)
        >>> found = rho_measures("planted", net, S3)
        >>> found.sets[0].points, found.sets[0].is_complete, found.a_bad, found.rho_bad
        (3, True, False, False)
    """
    config = config or AnalysisConfig()
    facts = measure(model, group, config)
    account = RhoSets.fit(facts, config)
    total = max(float(facts.strength.sum()), 1e-300)

    def strength(neurons: list[int]) -> float:
        return float(facts.strength[neurons].sum()) / total

    sets = tuple(
        SetFacts(
            irrep=facts.irreps[found.irrep].name,
            subgroup=found.subgroup,
            points=len(found.points),
            neurons=len(found.neurons),
            pairs=_pairs(found),
            strength=strength([neuron.neuron for neuron in found.neurons]),
            faithful=is_faithful(facts.irreps[found.irrep]),
        )
        for found in account.sets
    )
    score, alone = PairScorer(group, max_pairs=config.accuracy_pairs, seed=config.seed), account.alone()
    if not isinstance(alone, FoldedModel):
        raise Unsupported(
            f"the rho-sets of '{name}' alone must be a network of neurons; they are {type(alone).__name__}"
        )
    return RhoMeasures(
        name=name,
        group=group.name,
        accuracy=score(model).accuracy,
        live=len(facts.live),
        covered=strength(sorted(account.labels)),
        alone=score(alone).accuracy,
        sets=sets,
        irreps=tuple("" if dead else facts.irreps[i].name for dead, i in zip(facts.dead, facts.irrep, strict=True)),
    )


def is_faithful(irrep: Irrep) -> bool:
    """Whether the identity alone acts trivially.

    Args:
        irrep: an irrep.

    Returns:
        True if the character reaches the dimension once.
    """
    return int((irrep.character > irrep.dim - 1e-6).sum()) == 1


def _pairs(rho_set: RhoSet) -> int:
    """Different pairs of points; where -b is a point too, the sign of b decides which."""
    points = rho_set.points
    signed = bool(np.any(np.all(np.abs(points + points[0]) < 1e-6, axis=1)))
    along = points if signed else np.concatenate([points, -points])
    size = len(points)
    return len(
        {(int((along @ n.b).argmax()) % size, int((along @ n.b_prime).argmax()) % size) for n in rho_set.neurons}
    )
