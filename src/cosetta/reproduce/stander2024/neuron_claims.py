"""The paper's claims about neurons: their cosets, their classes, their out columns, and when they form."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from cosetta.reproduce.stander2024 import paper
from cosetta.reproduce.stander2024.claim_rules import (
    ACCURACY,
    CORRELATION,
    FEW,
    NEARLY_ALL,
    SHARE,
    about,
    reason,
    verdict,
)
from cosetta.reproduce.stander2024.controls import RandomControl
from cosetta.reproduce.stander2024.facts import falling_together, unchanged_share
from cosetta.reproduce.stander2024.populations import Population, mean_shares
from cosetta.reproduce.stander2024.results import Claim
from cosetta.reproduce.stander2024.spread import mean_over_runs

__all__ = ["formation_order", "neuron_claims"]

HALF = {"S5": "A5", "S6": "A6"}
"""The subgroup of index 2, whose neurons know the sign alone."""

MOVED = {"S5": (("A4", "A5"), ("S4",)), "S6": (("A5", "A5*"), ("S5", "S5*"))}
"""Classes that have fewer and more neurons under the largest-subgroup rule than under the paper's."""

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
        claims += [*_out_columns(population), _out_levels(population), *_ablation(population)]
    return tuple(replace(claim, statement=f"{population.group.name}: {claim.statement}") for claim in claims)


def _below_one(population: Population, control: RandomControl) -> Claim:
    share = mean_over_runs(
        [
            float(np.mean([n.concentration is not None and n.concentration < 1 for n in run.neurons]))
            for run in population.measures
        ]
    )
    return about(
        "Section 5",
        "neurons with a concentration C_H below 1",
        "over 99.2%",
        share,
        paper.NEURONS_BELOW_ONE,
        0.008,
        notes=(f"control: {control.below_one:.1%} in {control.networks} fresh networks", _recipe(population)),
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
        name: [
            run.shares("largest").get(name, 0.0) - run.shares("argmin").get(name, 0.0) for run in population.measures
        ]
        for name in (*shrink, *grow)
    }
    means = {name: float(np.mean(values)) if values else 0.0 for name, values in moved.items()}
    held = all(means[name] < 0 for name in shrink) and all(means[name] > 0 for name in grow)
    return Claim(
        "Figure 6",
        f"with the largest-subgroup rule {' and '.join(shrink)} shrink and {' and '.join(grow)} grows",
        "shrink and grow, in the paper's networks",
        ", ".join(f"{name} {value:+.2%}" for name, value in means.items())
        + f" from the argmin rule, {population.runs}",
        verdict(len(population.members), held),
        reason(len(population.members), "all must move in the stated direction"),
    )


def _rounding(population: Population) -> Claim:
    live = [n for run in population.measures for n in run.neurons if n.status != "dead" and n.largest]
    apart = [n for n in live if n.argmin != n.largest]
    noise = [n for n in apart if n.fraction is not None and n.fraction < ROUNDING]
    return Claim(
        "Section 5",
        "the subgroup with the smallest C_H is the neuron's subgroup",
        "argmin rule",
        f"{len(apart)} of {len(live)} labelled neurons have a larger subgroup under the threshold, {population.runs}; "
        f"in {len(noise)} the smallest fraction is below {ROUNDING:g}, so rounding decides",
        verdict(len(population.members), len(apart) <= FEW * len(live)),
        reason(len(population.members), f"agrees when the rules differ for at most {FEW:.0%} of the neurons"),
    )


def _sign_neurons(population: Population) -> Claim:
    half = HALF[population.group.name]
    counts = [sum(n.largest == half and n.status == "explained" for n in run.neurons) for run in population.measures]
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
    half = HALF[population.group.name]
    first = []
    for member in population.members:
        formed = formation_order(member.trajectory.classes)
        first.append(float(half in formed and formed[half] == min(formed.values())))
    rule = f"a class has formed at the first checkpoint with {PAIR} neurons of it, if it has as many at the end"
    return about(
        "Section 4",
        "sign neurons form first",
        "first in all runs",
        mean_over_runs(first),
        1.0,
        0.1,
        notes=(f"first, or with another class at the same checkpoint; {rule}", _recipe(population)),
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
    shares = [member.analysis.explained_share for member in population.members]
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
    held = rho.low is not None and rho.low > 0
    return Claim(
        "Figure 4",
        "the median concentration falls with the validation loss",
        "they fall together",
        f"rank correlation over checkpoints {rho.says('{:.2f}')}",
        verdict(rho.n, held),
        reason(rho.n, f"the interval must lie above 0; the recipe is {population.recipe}"),
    )


def _out_columns(population: Population) -> list[Claim]:
    claims = []
    for name, (mean, _) in paper.TABLE_3.items():
        ours = mean_over_runs([b.mean for run in population.measures if (b := run.out_bins[name]).mean is not None])
        what = f"mean correlation of out columns: {name}"
        claims.append(about("Table 3", what, f"{mean:.3f}", ours, mean, CORRELATION, "{:.3f}", (_recipe(population),)))
    return claims


def _out_levels(population: Population) -> Claim:
    levels = [run.out_levels for run in population.measures if run.out_levels is not None]
    on, off = mean_over_runs([level.on for level in levels]), mean_over_runs([level.off for level in levels])
    held = on.value is not None and off.value is not None and on.value < 0 < off.value
    return Claim(
        "Section 4",
        "the out column is low on the shared coset and higher off it",
        f"about {paper.OUT_LEVELS[0]} and +{paper.OUT_LEVELS[1]}",
        f"{on.says('{:.2f}')} and {off.says('{:+.2f}')}",
        verdict(len(levels), held),
        reason(len(levels), "the signs must agree; the levels depend on the scale of the activations"),
    )


def _ablation(population: Population) -> list[Claim]:
    runs = len(population.members)
    if not runs:
        return []
    unchanged, worst = unchanged_share(population)
    curves = [run.ablation for run in population.measures]
    at = int(np.argmin(np.abs(np.log10(curves[0].thresholds) + 5)))
    removed = float(np.median([curve.above.removed[at] for curve in curves]))
    accuracy = float(np.median([curve.above.accuracy[at] for curve in curves]))
    near = abs(removed - paper.ABLATION["removed above 1e-5"]) <= 12 and accuracy >= 1 - ACCURACY
    return [
        Claim(
            "Figure 5",
            "removing the neurons with C_H >= 1 leaves nearly all runs unchanged",
            "126 of 128 runs, the others 99% and 98%",
            f"{unchanged} of {population.runs}, lowest accuracy {worst:.2%}",
            verdict(runs, unchanged / runs >= NEARLY_ALL),
            reason(runs, f"at least {NEARLY_ALL:.0%} of the runs must lose at most 0.1% accuracy"),
        ),
        Claim(
            "Figure 5",
            "removing the neurons with C_H > 1e-5 costs the median run 24 neurons and no accuracy",
            "24 neurons, 100%",
            f"{removed:.0f} neurons, {accuracy:.2%}, {population.runs}",
            verdict(runs, near),
            reason(
                runs,
                f"within 12 neurons and {ACCURACY:.0%}; how far C_H falls depends on how long a run is trained, "
                f"and the recipe is {population.recipe}",
            ),
        ),
    ]


def _share_tolerance(share: float) -> float:
    return max(SHARE[0], SHARE[1] * share)


def _recipe(population: Population) -> str:
    return f"recipe {population.recipe}"
