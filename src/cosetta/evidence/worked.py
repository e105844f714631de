"""One product, worked through: which circuits fire on (a, b), which coset each rules out, what is left.

A neuron fires where its activation moves away from that at pre = 0, so for ReLU where pre > 0. The coset account says
that pre vanishes when ab lies in C: a neuron that fires rules C out. Whether the circuits that fire leave ab alone is
also counted on random pairs, so the pair that is shown is an example of something measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from cosetta.config import AnalysisConfig
from cosetta.groups import cosets
from cosetta.hypotheses import CosetCircuit
from cosetta.measures import Facts, cyclic_factors
from cosetta.results import Elimination, Part, WorkedProduct

__all__ = ["work_product"]

SAMPLED = 1000
"""Random pairs on which it is counted whether the circuits that fire leave ab alone."""

TRIED = 100
"""Settled pairs of which the one with the shortest chain is shown."""

PARTS = 9
"""Irreps that are told apart; the rest is one part."""


def work_product(facts: Facts, account: CosetCircuit | None, config: AnalysisConfig) -> WorkedProduct | None:
    """Follow one pair through the network.

    Shown is the pair with the shortest chain among the first settled pairs of a random sample, no factor and no product
    of which is the identity; where none is settled, the first that the network gets right.

    Args:
        facts: of the network.
        account: its coset account, or None if that could not be stated.
        config: the zero tolerance and the seed.

    Returns:
        The pair; None for a network without live neurons, or the trivial group.

    Example:
        >>> from cosetta.config import AnalysisConfig
        >>> from cosetta.groups import named_group
        >>> from cosetta.measures import measure
        >>> from cosetta.models.planted import random_model
        >>> facts = measure(random_model(named_group("S3"), 4, torch.Generator().manual_seed(0)), named_group("S3"))
        >>> worked = work_product(facts, None, AnalysisConfig())
        >>> worked.chain, worked.settled, len(worked.logits)
        ((), 0.0, 6)
    """
    if not len(facts.live) or facts.group.order < 2:
        return None
    circuits = _Circuits.of(account) if account is not None and account.circuits else None
    a, b = _pairs(facts, config)
    post = _fired(facts, a, b, config)
    products = facts.group.table[a, b]
    if circuits is None:
        chosen, chain, settled, steps = _first_right(facts, a, b), (), 0.0, 0.0
    else:
        fires = np.stack([post[:, list(members)].any(axis=1) for members in circuits.neurons], axis=1)
        counts = fires.astype(np.int64) @ circuits.members.astype(np.int64)
        alone = (counts[np.arange(len(a)), products] == 0) & ((counts == 0).sum(axis=1) == 1)
        chains = {int(i): _chain(fires[i], circuits) for i in np.flatnonzero(alone)[:TRIED]}
        settled, steps = float(alone.mean()), float(np.median([len(c) for c in chains.values()])) if chains else 0.0
        chosen = min(chains, key=lambda i: (len(chains[i]), i)) if chains else _first_right(facts, a, b)
        chain = chains.get(chosen) or _chain(fires[chosen], circuits)
    return _worked(facts, circuits, (int(a[chosen]), int(b[chosen])), post[chosen], chain, (len(a), settled, steps))


@dataclass(frozen=True, eq=False)
class _Circuits:
    """Neurons and coset of each circuit."""

    neurons: Sequence[tuple[int, ...]]
    members: Bool[np.ndarray, "circuit g"]

    @classmethod
    def of(cls, account: CosetCircuit) -> "_Circuits":
        by_neuron = {assignment.neuron: assignment for assignment in account.assigned}
        rows = []
        for circuit in account.circuits:
            assignment = by_neuron[circuit.neurons[0]]
            labels = cosets(assignment.left, side="right")
            rows.append(labels == labels[assignment.representative])
        return cls([circuit.neurons for circuit in account.circuits], np.stack(rows))


def _pairs(facts: Facts, config: AnalysisConfig) -> tuple[Int[np.ndarray, " pair"], Int[np.ndarray, " pair"]]:
    """Random pairs of different factors, none of them nor the product 1, unless the group is too small for others."""
    g, generator = facts.group.order, np.random.default_rng([config.seed, 11])
    a, b = generator.integers(g, size=(2, 4 * SAMPLED))
    plain = (a > 0) & (b > 0) & (a != b) & (facts.group.table[a, b] > 0)
    kept = np.flatnonzero(plain)[:SAMPLED] if plain.any() else np.arange(SAMPLED)
    return a[kept], b[kept]


def _fired(
    facts: Facts, a: Int[np.ndarray, " pair"], b: Int[np.ndarray, " pair"], config: AnalysisConfig
) -> Bool[np.ndarray, "pair neuron"]:
    """Whether the activation of each live neuron is away from that at 0 by more than the tolerance of its largest."""
    model = facts.model
    left, right, zero = model.left.double(), model.right.double(), model.activate(torch.zeros(1, dtype=torch.float64))
    ends = torch.stack([left.amax(0) + right.amax(0), left.amin(0) + right.amin(0)])
    largest = (model.activate(ends) - zero).abs().amax(0)
    moved = (model.activate(left[torch.from_numpy(a)] + right[torch.from_numpy(b)]) - zero).abs()
    return (moved > config.zero_tolerance * largest).numpy() & ~facts.dead


def _first_right(facts: Facts, a: Int[np.ndarray, " pair"], b: Int[np.ndarray, " pair"]) -> int:
    """The first pair that the network gets right, or the first of all."""
    answers = facts.model.logits(torch.from_numpy(a), torch.from_numpy(b)).argmax(1).numpy()
    return int(np.argmax(answers == facts.group.table[a, b]))


def _chain(fires: Bool[np.ndarray, " circuit"], circuits: _Circuits) -> tuple[tuple[int, int], ...]:
    """(Circuit, elements left after it): each time the one that rules out most, until none rules out more."""
    open_, chain = np.ones(circuits.members.shape[1], dtype=bool), []
    firing = np.flatnonzero(fires)
    while len(firing):
        gains = circuits.members[firing] @ open_.astype(np.int64)
        if not gains.max():
            break
        best = int(firing[gains.argmax()])
        open_ &= ~circuits.members[best]
        chain.append((best, int(open_.sum())))
    return tuple(chain)


def _worked(
    facts: Facts,
    circuits: _Circuits | None,
    pair: tuple[int, int],
    fires: Bool[np.ndarray, " neuron"],
    chain: tuple[tuple[int, int], ...],
    counted: tuple[int, float, float],
) -> WorkedProduct:
    """The record of one pair."""
    a, b = (torch.tensor([element]) for element in pair)
    model, group = facts.model.to(dtype=torch.float64), facts.group
    logits = model.logits(a, b)[0].numpy()
    post, out = model.activate(model.pre(a, b))[0].numpy(), model.out.numpy()
    times, number, eliminations = np.zeros(group.order, dtype=np.int64), 0, []
    if circuits is not None:
        firing = [i for i, members in enumerate(circuits.neurons) if fires[list(members)].any()]
        times, number = circuits.members[firing].sum(axis=0), len(firing)
        for i, left in chain:
            neurons, inside = [n for n in circuits.neurons[i] if fires[n]], circuits.members[i]
            lowered = out[~inside].mean(axis=0) - out[inside].mean(axis=0)
            members = tuple(np.flatnonzero(inside).tolist())
            eliminations.append(Elimination(i, tuple(neurons), members, left, float(post[neurons] @ lowered[neurons])))
    return WorkedProduct(
        a=pair[0],
        b=pair[1],
        product=int(group.table[pair]),
        answer=int(logits.argmax()),
        logits=_centred(logits),
        firing=int(fires.sum()),
        circuits=number,
        chain=tuple(eliminations),
        ruled_out=tuple(times.tolist()),
        parts=_parts(facts, logits, post, out),
        around=_around(facts),
        sampled=counted[0],
        settled=counted[1],
        steps=counted[2],
    )


def _parts(
    facts: Facts,
    logits: Float[np.ndarray, " g"],
    post: Float[np.ndarray, " neuron"],
    out: Float[np.ndarray, "g neuron"],
) -> tuple[Part, ...]:
    """The logits by main irrep; what is left over is the last part, so that the parts add up."""
    found, rest = [], logits.copy()
    for i in sorted({int(facts.irrep[n]) for n in facts.live}):
        members = [int(n) for n in facts.live if facts.irrep[n] == i]
        found.append((facts.irreps[i].name, len(members), out[:, members] @ post[members]))
    found.sort(key=lambda part: (-part[2].var(), part[0]))
    for _, _, values in found[:PARTS]:
        rest -= values
    parts = [Part(name, neurons, _centred(values)) for name, neurons, values in found[:PARTS]]
    return (*parts, Part("", sum(neurons for _, neurons, _ in found[PARTS:]), _centred(rest)))


def _around(facts: Facts) -> tuple[int, ...]:
    """Elements in the order of the powers of a generator, for a cyclic group."""
    if not facts.group.is_abelian:
        return ()
    coordinates, moduli, _ = cyclic_factors(facts.group)
    return tuple(np.argsort(coordinates[:, 0]).tolist()) if len(moduli) == 1 else ()


def _centred(values: Float[np.ndarray, " g"]) -> tuple[float, ...]:
    return tuple((values - values.mean()).tolist())
