"""The paper's claims about neurons: their cosets, their classes, and when they form."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from cosetta.groups import subgroup_lattice
from cosetta.reproduce.stander2024 import paper
from cosetta.reproduce.stander2024.claim_rules import (
    FEW,
    NEARLY_ALL,
    SHARE,
    about,
    beyond,
    settled,
)
from cosetta.reproduce.stander2024.controls import RandomControl
from cosetta.reproduce.stander2024.facts import falling_together
from cosetta.reproduce.stander2024.output_claims import output_claims
from cosetta.reproduce.stander2024.populations import Population, mean_shares
from cosetta.reproduce.stander2024.results import Claim
from cosetta.reproduce.stander2024.spread import mean_over_runs

__all__ = ["formation_order", "neuron_claims"]

HALF = {"S5": "A5", "S6": "A6"}
"""The subgroup of index 2, whose neurons know the sign alone."""

MOVED = {"S5": (("A4",), ("S4",)), "S6": (("A5", "A5*"), ("S5", "S5*"))}
"""Classes that have fewer and more neurons under the largest-subgroup rule: H that lies in a larger K of G, and K."""

PAIR = 2
"""Neurons that make a class: a neuron and its partner."""

ROUNDING = 1e-12
"""A coset variance fraction below this is rounding of float32 weights."""


def neuron_claims(population: Population, control: RandomControl) -> tuple[Claim, ...]:
    """Every claim about the neurons of one group's networks.

    Args:
        population: the runs to hold the claims against.
        control: fresh networks.

    Returns:
        The claims that the paper makes of this group; each says how many runs are behind it.
    """
    claims = [_below_one(population, control), *_shares(population), _larger_rule(population), _rounding(population)]
    claims += [_sign_neurons(population), _sign_first(population), _pairing(population), _falling(population)]
    if population.group.name == "S5":
        claims += output_claims(population)
    return tuple(replace(claim, statement=f"{population.group.name}: {claim.statement}") for claim in claims)


def _below_one(population: Population, control: RandomControl) -> Claim:
    every, live = (
        mean_over_runs(
            [
                float(np.mean([n.concentration is not None and n.concentration < 1 for n in chosen]))
                for run in population.measures
                if (chosen := [n for n in run.neurons if dead or n.status != "dead"])
            ]
        )
        for dead in (True, False)
    )
    bound = paper.NEURONS_BELOW_ONE
    held = all(beyond(share, bound) for share in (every, live))
    refuted = all(beyond(share, bound, above=False) for share in (every, live))
    rule = (
        "a lower bound: the intervals of both must lie above it, since the paper does not say whether dead neurons "
        f"count; control: {control.below_one:.1%} in {control.networks} fresh networks; {_recipe(population)}"
    )
    return Claim(
        "Section 5",
        "neurons with a concentration C_H below 1",
        f"over {bound:.1%}",
        f"of all neurons {every.says('{:.2%}')}; of live ones {live.says('{:.2%}')}",
        *settled(every.n, held, refuted, rule),
    )


def _shares(population: Population) -> list[Claim]:
    ours = mean_shares(population.measures, "argmin")
    claims = []
    for name, share in paper.SHARES.get(population.group.name, {}).items():
        mean = ours.get(name) or mean_over_runs([0.0] * len(population.members))
        what = f"share of {name} neurons" if name not in ("none", "dead") else f"share of neurons: {name}"
        claims.append(
            about(
                "Figure 6",
                what,
                f"{share:.1%}",
                mean,
                share,
                _share_tolerance(share),
                notes=(_recipe(population),),
            )
        )
    return claims


def _larger_rule(population: Population) -> Claim:
    """Whether the largest-subgroup rule moves neurons the way the specification of this project predicts."""
    shrink, grow = MOVED[population.group.name]
    moved = {
        name: mean_over_runs(
            [run.shares("largest").get(name, 0.0) - run.shares("argmin").get(name, 0.0) for run in population.measures]
        )
        for name in (*shrink, *grow)
    }
    held = all(beyond(moved[name], 0.0, above=name in grow) for name in moved)
    still = any(mean.low == mean.high == 0 for mean in moved.values())
    refuted = still or any(beyond(moved[name], 0.0, above=name in shrink) for name in moved)
    return Claim(
        "Figure 6",
        f"with the largest-subgroup rule the share of {' and '.join(shrink)} falls and that of {' and '.join(grow)} "
        "rises",
        "expected of the paper's networks; the paper does not give it",
        "; ".join(f"{name} {mean.says('{:+.2%}')}" for name, mean in moved.items()),
        *settled(len(population.members), held, refuted, "each interval must lie on its side of 0"),
        source="this project",
    )


def _rounding(population: Population) -> Claim:
    """The two rules apart, by the orders of the two subgroups."""
    orders = {cls.name: cls.order for cls in subgroup_lattice(population.group).classes}
    larger, smaller, noise, shares = 0, 0, 0, []
    for run in population.measures:
        labelled = [n for n in run.neurons if n.status != "dead" and n.largest and n.argmin]
        missed = [n for n in labelled if orders[n.largest] > orders[n.argmin]]
        larger, smaller = larger + len(missed), smaller + sum(orders[n.largest] < orders[n.argmin] for n in labelled)
        noise += sum(n.fraction is not None and n.fraction < ROUNDING for n in missed)
        shares += [len(missed) / len(labelled)] if labelled else []
    return about(
        "Section 5",
        "no larger subgroup explains a neuron than the one with the smallest C_H",
        "argmin rule",
        mean_over_runs(shares),
        0.0,
        FEW,
        notes=(
            f"share of labelled neurons with a larger subgroup under the threshold, {larger} in all, in {noise} of "
            f"them the smallest fraction is below {ROUNDING:g} and rounding decides; in {smaller} the smallest C_H is "
            "that of a larger subgroup, which is not under the threshold",
        ),
    )


def _sign_neurons(population: Population) -> Claim:
    half = HALF[population.group.name]
    counts = [sum(n.largest == half and n.status == "covered" for n in run.neurons) for run in population.measures]
    have = mean_over_runs([float(count > 0) for count in counts])
    return about(
        "Section 4",
        f"every run has a few sign neurons ({half})",
        "all runs",
        have,
        1.0,
        0.0,
        notes=(f"median number {np.median(counts):.0f}" if counts else "", _recipe(population)),
    )


def _sign_first(population: Population) -> Claim:
    """Decided on the runs in which the sign neurons are strictly first or strictly later."""
    half = HALF[population.group.name]
    untied, ties = [], 0
    for member in population.members:
        formed = formation_order(member.trajectory.classes)
        sign, other = (formed.pop(half, np.inf), min(formed.values(), default=np.inf))
        tied = sign == other < np.inf
        ties += tied
        untied += [] if tied else [float(sign < other)]
    mean, runs = mean_over_runs(untied), len(population.members)
    first = int(sum(untied))
    rule = (
        f"a class has formed at the first checkpoint with {PAIR} neurons of it, if it has as many at the end; ties at "
        f"one checkpoint decide nothing; at least {NEARLY_ALL:.0%} of the other runs; {_recipe(population)}"
    )
    found, why = settled(len(untied), beyond(mean, NEARLY_ALL), beyond(mean, NEARLY_ALL, above=False), rule)
    if 2 * ties > runs:
        found, why = "cannot be checked", f"ties dominate, the checkpoints are too far apart; {why}"
    return Claim(
        "Section 4",
        "sign neurons form first",
        "first in all runs",
        f"strictly first in {first}, tied in {ties}, later in {len(untied) - first} of {population.runs}",
        found,
        why,
    )


def formation_order(classes: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """Checkpoint at which each class that lasts has formed.

    Args:
        classes: number of neurons at each checkpoint by class; `none` and `dead` are passed over.

    Returns:
        Positions of checkpoints by class: the first with `PAIR` neurons, of the classes that have as many at the end. A
        single stray neuron is no class.

    Example:
        >>> formation_order({"A5": (0, 2, 2, 7), "S4": (0, 1, 9, 60), "C3": (3, 0, 4, 0), "none": (9, 9, 9, 9)})
        {'A5': 1, 'S4': 2}
    """
    return {
        name: next(i for i, n in enumerate(counts) if n >= PAIR)
        for name, counts in classes.items()
        if name not in ("none", "dead") and counts[-1] >= PAIR
    }


def _pairing(population: Population) -> Claim:
    shares = [member.analysis.covered_share for member in population.members]
    return about(
        "Section 4",
        "left is constant on right cosets of H, right on left cosets of a conjugate, and pre vanishes on Hg",
        "all neurons but a few",
        mean_over_runs(shares),
        1.0,
        FEW,
        notes=("share of live neurons with both labels, a conjugate pair, and the mirror law", _recipe(population)),
    )


def _falling(population: Population) -> Claim:
    rho = mean_over_runs([value for value in map(falling_together, population.members) if value is not None])
    rule = (
        "the interval must lie above 0; steps between checkpoints, not levels, are correlated, since any two curves "
        f"that fall have correlated levels; {_recipe(population)}"
    )
    return Claim(
        "Figure 4",
        "the median concentration falls with the validation loss",
        "they fall together",
        f"rank correlation of the changes of their logarithms between checkpoints {rho.says('{:.2f}')}",
        *settled(rho.n, beyond(rho, 0.0), beyond(rho, 0.0, above=False), rule),
    )


def _share_tolerance(share: float) -> float:
    return max(SHARE[0], SHARE[1] * share)


def _recipe(population: Population) -> str:
    return f"recipe {population.recipe}"
