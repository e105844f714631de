"""The paper's claims about neurons: their cosets, their classes, and when they form."""

from functools import partial

import numpy as np

from cosetta.groups import subgroup_lattice
from cosetta.report.notation import plural
from cosetta.reproduce.frame.claims import ClaimRow
from cosetta.reproduce.frame.rules import AllBeyond, Every, Measured, Near
from cosetta.reproduce.frame.spread import mean_over_runs
from cosetta.reproduce.stander2024 import paper
from cosetta.reproduce.stander2024.causes import by_length, dead_threshold, either
from cosetta.reproduce.stander2024.controls import RandomControl
from cosetta.reproduce.stander2024.facts import falling_together, formation_order
from cosetta.reproduce.stander2024.gcr_rows import NEARLY_ALL
from cosetta.reproduce.stander2024.populations import Member, Population, mean_shares
from cosetta.reproduce.stander2024.training_rows import OURS

__all__ = ["FEW", "SHARE", "neuron_rows"]

SHARE = (0.003, 0.2)
"""Shares of neurons agree within this, or within this part of the paper's share, whichever is more."""

FEW = 0.05
"""At most this share of the neurons may be exceptions to "all but a few"."""

HALF = {"S5": "A5", "S6": "A6"}
"""The subgroup of index 2, whose neurons know the sign alone."""

MOVED = {"S5": (("A4",), ("S4",)), "S6": (("A5", "A5*"), ("S5", "S5*"))}
"""Classes that have fewer and more neurons under the largest-subgroup rule: H that lies in a larger K of G, and K."""

ROUNDING = 1e-12
"""A coset variance fraction below this is rounding of float32 weights."""

Row = ClaimRow[Population]


def neuron_rows(group: str, control: RandomControl) -> list[Row]:
    """Every claim about the neurons of one group's networks.

    Args:
        group: S5 or S6.
        control: fresh networks.

    Returns:
        The rows.
    """
    below = paper.NEURONS_BELOW_ONE
    half, (shrink, grow) = HALF[group], MOVED[group]
    lower = "a lower bound: the intervals of both must lie above it, since the paper does not say whether dead neurons "
    sides = tuple((0.0, name in grow) for name in (*shrink, *grow))
    steps = "the interval must lie above 0; steps between checkpoints, not levels, are correlated, since any two "
    return [
        Row(
            "below-one",
            "Section 5",
            "neurons with a concentration C_H below 1",
            f"over {below:.1%}",
            partial(_below_one, control),
            AllBeyond(((below, True), (below, True)), f"{lower}count", together=True),
            cause=either(by_length(partial(_below, True), below), by_length(partial(_below, False), below)),
        ),
        *_shares(group),
        Row(
            "largest-rule",
            "Figure 6",
            f"with the largest-subgroup rule the share of {' and '.join(shrink)} falls and that of "
            f"{' and '.join(grow)} rises",
            "expected of the paper's networks; the paper does not give it",
            partial(_larger_rule, (*shrink, *grow)),
            AllBeyond(sides, "each interval must lie on its side of 0", still=True),
            OURS,
        ),
        Row(
            "argmin-misses",
            "Section 5",
            "no larger subgroup explains a neuron than the one with the smallest C_H",
            "argmin rule",
            _rounding,
            Near(0.0, FEW),
        ),
        Row(
            "sign-neurons",
            "Section 4",
            f"every run has a few sign neurons ({half})",
            "all runs",
            partial(_sign_neurons, half),
            Every(),
        ),
        Row(
            "sign-first",
            "Section 4",
            "sign neurons form first",
            "first in all runs",
            partial(_sign_first, half),
            AllBeyond(((NEARLY_ALL, True),), f"at least {NEARLY_ALL:.0%} of the runs without a tie"),
        ),
        Row(
            "pairing",
            "Section 4",
            "left is constant on right cosets of H, right on left cosets of a conjugate, and pre vanishes on Hg",
            "all neurons but a few",
            _pairing,
            Near(1.0, FEW),
            cause=by_length(lambda member: member.analysis.covered_share, 1.0),
        ),
        Row(
            "falling",
            "Figure 4",
            "the median concentration falls with the validation loss",
            "they fall together",
            _falling,
            AllBeyond(((0.0, True),), f"{steps}curves that fall have correlated levels"),
        ),
    ]


def _below_one(control: RandomControl, population: Population) -> Measured:
    every, live = (mean_over_runs([_below(dead, member) for member in population.members]) for dead in (True, False))
    note = f"control: {control.below_one:.1%} in {control.networks} fresh networks"
    said = f"of all neurons {every.says('{:.2%}')}; of live ones {live.says('{:.2%}')}"
    return Measured(said, (every, live), (note,))


def _below(dead: bool, member: Member) -> float:
    """Share of the neurons with a concentration below 1, of all or of the live ones."""
    chosen = [n for n in member.measures.neurons if dead or n.status != "dead"]
    return float(np.mean([n.concentration is not None and n.concentration < 1 for n in chosen])) if chosen else 0.0


def _shares(group: str) -> list[Row]:
    """Figure 6 as the paper counts, of all neurons, and of the live ones, which no threshold of death moves much."""
    theirs = paper.SHARES.get(group, {})
    living = 1 - theirs.get("dead", 0.0)
    rows = []
    for name, share in theirs.items():
        what = f"share of {name} neurons" if name not in ("none", "dead") else f"share of neurons: {name}"
        twin = f"live-share-{name}" if name != "dead" else ""
        rule = Near(share, max(SHARE[0], SHARE[1] * share))
        length = by_length(partial(_share_of, name), share)
        cause = length if twin else either(dead_threshold, length)
        said = f"{share:.1%}"
        rows.append(Row(f"share-{name}", "Figure 6", what, said, partial(_share, name), rule, twin=twin, cause=cause))
        if not twin:
            continue
        live = share / living
        what = f"{what.replace('neurons', 'neurons among the live', 1)}"
        said = f"{live:.1%}: {share:.1%} of the {living:.1%} that are alive"
        rule = Near(live, max(SHARE[0], SHARE[1] * live))
        cause = by_length(partial(_live_share_of, name), live)
        rows.append(Row(twin, "Figure 6", what, said, partial(_live_share, name), rule, OURS, cause=cause))
    return rows


def _share(name: str, population: Population) -> Measured:
    mean = mean_shares(population.measures, "argmin").get(name) or mean_over_runs([0.0] * len(population.members))
    return Measured(mean.says(), (mean,))


def _live_share(name: str, population: Population) -> Measured:
    mean = mean_over_runs([_live_share_of(name, member) for member in population.members])
    return Measured(mean.says(), (mean,))


def _share_of(name: str, member: Member) -> float:
    return member.measures.shares("argmin").get(name, 0.0)


def _live_share_of(name: str, member: Member) -> float:
    """Share among the neurons that are alive; 0 where none is."""
    shares = member.measures.shares("argmin")
    living = 1 - shares.get("dead", 0.0)
    return shares.get(name, 0.0) / living if living else 0.0


def _larger_rule(names: tuple[str, ...], population: Population) -> Measured:
    """Whether the largest-subgroup rule moves neurons the way the specification of this project predicts."""
    moved = {
        name: mean_over_runs(
            [run.shares("largest").get(name, 0.0) - run.shares("argmin").get(name, 0.0) for run in population.measures]
        )
        for name in names
    }
    said = "; ".join(f"{name} {mean.says('{:+.2%}')}" for name, mean in moved.items())
    return Measured(said, tuple(moved.values()))


def _rounding(population: Population) -> Measured:
    """The two rules apart, by the orders of the two subgroups."""
    orders = {cls.name: cls.order for cls in subgroup_lattice(population.group).classes}
    larger, smaller, noise, shares = 0, 0, 0, []
    for run in population.measures:
        labelled = [n for n in run.neurons if n.status != "dead" and n.largest and n.argmin]
        missed = [n for n in labelled if orders[n.largest] > orders[n.argmin]]
        larger, smaller = larger + len(missed), smaller + sum(orders[n.largest] < orders[n.argmin] for n in labelled)
        noise += sum(n.fraction is not None and n.fraction < ROUNDING for n in missed)
        shares += [len(missed) / len(labelled)] if labelled else []
    mean = mean_over_runs(shares)
    note = (
        f"share of labelled neurons with a larger subgroup under the threshold, {larger} in all, in {noise} of "
        f"them the smallest fraction is below {ROUNDING:g} and rounding decides; in {smaller} the smallest C_H is "
        "that of a larger subgroup, which is not under the threshold"
    )
    return Measured(mean.says(), (mean,), (note,))


def _sign_neurons(half: str, population: Population) -> Measured:
    counts = [sum(n.largest == half and n.status == "covered" for n in run.neurons) for run in population.measures]
    have = mean_over_runs([float(count > 0) for count in counts])
    return Measured(have.says(), (have,), (f"median number {np.median(counts):.0f}" if counts else "",))


def _sign_first(half: str, population: Population) -> Measured:
    """Decided on the runs in which the sign neurons are strictly first or strictly later."""
    untied, ties = [], 0
    for formed in (formation_order(trajectory.classes) for _, trajectory in population.formed):
        sign, other = (formed.pop(half, np.inf), min(formed.values(), default=np.inf))
        tied = sign == other < np.inf
        ties += tied
        untied += [] if tied else [float(sign < other)]
    mean, runs = mean_over_runs(untied), len(population.formed)
    first = int(sum(untied))
    note = (
        "a class has formed at the first checkpoint with 2 neurons of it, if it has as many at the end; ties at one "
        "checkpoint decide nothing"
    )
    dominated = "ties dominate, the checkpoints are too far apart" if runs and 2 * ties > runs else ""
    said = f"strictly first in {first}, tied in {ties}, later in {len(untied) - first} of {plural(runs, 'run')}"
    return Measured(said + _without_checkpoints(population), (mean,), (note,), dominated)


def _pairing(population: Population) -> Measured:
    mean = mean_over_runs([member.analysis.covered_share for member in population.members])
    return Measured(
        mean.says(), (mean,), ("share of live neurons with both labels, a conjugate pair, and the mirror law",)
    )


def _falling(population: Population) -> Measured:
    rho = mean_over_runs(
        [value for value in (falling_together(trajectory) for _, trajectory in population.formed) if value is not None]
    )
    said = f"rank correlation of the changes of their logarithms between checkpoints {rho.says('{:.2f}')}"
    return Measured(said + _without_checkpoints(population), (rho,))


def _without_checkpoints(population: Population) -> str:
    """How many runs have no checkpoints, in words."""
    without = len(population.members) - len(population.formed)
    return f"; {without} of {population.runs} have no checkpoints" if without else ""
