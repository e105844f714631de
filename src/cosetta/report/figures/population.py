"""Populations of networks: shares of the classes with intervals, Kaplan-Meier curves, order of acquisition.

Each figure takes, by the name of a population, the fields of a result of `cosetta.population` as a mapping, which is
what `census.json` holds: a figure can be drawn again from that file alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosetta.report.figures.style import INK, QUIET, Caption, blank, new_figure, percent_axis, styled
from cosetta.report.notation import count, decimal, percent, plain_class, plural
from cosetta.report.palette import IRREP_COLOURS, class_palette

__all__ = [
    "caption_acquisition",
    "caption_grok_times",
    "caption_shares",
    "draw_acquisition",
    "draw_grok_times",
    "draw_shares",
]

RULES = {
    "subgroup": "largest subgroup on whose cosets the left function is constant",
    "argmin": "subgroup with the smallest C_H of the left function (the paper's rule)",
    "irrep": "irrep with most power in the left function",
}
Results = Mapping[str, Mapping[str, Any]]


@styled
def draw_shares(shares: Results) -> Figure:
    """Mean share of the neurons in each class with its 95 % interval over runs, one mark a population.

    Args:
        shares: fields of `ClassShares` by population, all with the same `by`.

    Returns:
        A figure; with one population its marks have the colours of the classes.
    """
    rows = _rows(shares)
    if not rows:
        return blank("no explained runs")
    figure = new_figure(7.2, 0.9 + max(0.24, 0.13 * len(shares) + 0.1) * len(rows))
    axis = figure.subplots()
    classes = class_palette(rows) if len(shares) == 1 else {}
    for i, (name, result) in enumerate(shares.items()):
        colour, offset = _colour(i), (i - (len(shares) - 1) / 2) * 0.7 / len(shares)
        for label, share, low, high in zip(
            result["names"], result["share"], result["low"], result["high"], strict=True
        ):
            y, own = rows.index(label) + offset, classes.get(label, colour)
            if low is not None:
                axis.plot((low, high), (y, y), color=own, linewidth=2, solid_capstyle="butt", alpha=0.55)
            axis.plot(share, y, "o", color=own, markersize=4, clip_on=False, zorder=3)  # whole at 0 too
        axis.plot([], [], "o", color=colour, markersize=4, label=f"{name} (n = {result['runs']})")
    _name_rows(axis, rows)
    axis.set_xlim(left=0)
    axis.set_xlabel("mean share of a network's neurons (%)")
    percent_axis(axis, "x")
    axis.grid(axis="x")
    if classes:
        axis.set_title(f"{next(iter(shares))}, {plural(next(iter(shares.values()))['runs'], 'run')}")
    else:
        figure.legend(loc="outside lower center", ncols=min(3, len(shares)))
    return figure


def caption_shares(shares: Results) -> Caption:
    """The commonest class of each population, with its interval, and what an interval means.

    Args:
        shares: as for `draw_shares`.

    Returns:
        The caption.
    """
    findings, notes = [], []
    for name, result in shares.items():
        low, high = result["low"][0], result["high"][0]
        between = f" ({percent(low, 1)} to {percent(high, 1)})" if low is not None else ""
        first = plain_class(result["names"][0])
        findings.append(f"{name}: {percent(result['share'][0], 1)}{between} of the neurons are {first}.")
        if result["note"]:
            notes.append(f" {name}: {result['note']}.")
    by = next(iter(shares.values()))["by"] if shares else "subgroup"
    check = f"A neuron's class is the {RULES[by]}. Bars are 95 % bootstrap intervals of the mean over runs."
    return Caption(" ".join(findings), check + "".join(notes))


@styled
def draw_grok_times(times: Results) -> Figure:
    """Kaplan-Meier curve of each population with its pointwise 95 % band; ticks are runs that ended without grokking.

    Args:
        times: fields of `GrokTimes` by population, all in the same unit.

    Returns:
        A figure.
    """
    if not times:
        return blank("no finished runs")
    figure = new_figure(7.2, 3.0)
    axis = figure.subplots()
    for i, (name, result) in enumerate(times.items()):
        colour = _colour(i)
        axis.step(
            result["time"], result["not_grokked"], where="post", color=colour, label=f"{name} (n = {result['runs']})"
        )
        low, high = _carried(result["low"]), _carried(result["high"])
        axis.fill_between(result["time"], low, high, step="post", color=colour, alpha=0.18, linewidth=0)
        at = [_share_at(result, time) for time in result["censored_at"]]
        axis.plot(result["censored_at"], at, "|", color=colour, markersize=7)
    unit = next(iter(times.values()))["unit"]
    axis.set_xlabel("optimiser steps" if unit == "steps" else "wall-clock time of the training (s)")
    axis.set_ylabel("not grokked yet (%)")
    axis.set_ylim(-0.02, 1.04)
    axis.set_xlim(left=0)
    percent_axis(axis)
    axis.grid(axis="y")
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    if len(times) == 1:
        axis.set_title(f"{next(iter(times))}, {plural(next(iter(times.values()))['runs'], 'run')}")
    else:
        axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def caption_grok_times(times: Results) -> Caption:
    """The median of each population, and how censored runs are treated.

    Args:
        times: as for `draw_grok_times`.

    Returns:
        The caption.
    """
    findings = []
    for name, result in times.items():
        digits = 0 if result["unit"] == "steps" else 1
        middle = "not reached" if result["median"] is None else f"{result['median']:,.{digits}f} {result['unit']}"
        findings.append(f"{name}: median {middle}, {result['censored']} of {result['runs']} runs censored.")
    check = (
        "A run has grokked from the first evaluation with test accuracy of at least 99 % after which none falls below. "
        "Runs that end before that are censored, which Kaplan-Meier's estimate takes into account; bands are log-log."
    )
    notes = "".join(f" {name}: {result['note']}." for name, result in times.items() if result["note"])
    return Caption(" ".join(findings), check + notes)


@styled
def draw_acquisition(orders: Results) -> Figure:
    """Mean rank at which each class or irrep is acquired, one panel a population, earliest on top.

    Args:
        orders: fields of `Acquisition` by population.

    Returns:
        A figure.
    """
    shown = {name: result for name, result in orders.items() if result["names"]}
    if not shown:
        return blank("no run has a trajectory: nothing is known about the order of acquisition")
    heights = [len(result["names"]) for result in shown.values()]
    figure = new_figure(7.2, sum(0.75 + 0.24 * height for height in heights))
    panels = figure.subplots(len(shown), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axis, (name, result) in zip(panels, shown.items(), strict=True):
        columns = (result[key] for key in ("rank", "low", "high", "found_in", "median_step"))
        for row, (rank, low, high, found, step) in enumerate(zip(*columns, strict=True)):
            if low is not None:
                axis.plot((low, high), (row, row), color=_colour(0), linewidth=2, alpha=0.45)
            axis.plot(rank, row, "o", color=_colour(0), markersize=4, clip_on=False, zorder=3)
            said = f"{found} of {result['runs']} runs, median step {count(round(step))}"
            axis.annotate(said, (1.01, row), xycoords=("axes fraction", "data"), va="center", fontsize=8, color=QUIET)
        _name_rows(axis, result["names"])
        axis.set_xlim(left=1)
        axis.set_title(name)
        axis.grid(axis="x")
    panels[-1].set_xlabel("mean rank in the run's order (1 is the first)")
    return figure


def caption_acquisition(orders: Results) -> Caption:
    """What came first in each population, and what acquired means.

    Args:
        orders: as for `draw_acquisition`.

    Returns:
        The caption.
    """
    findings = []
    for name, result in orders.items():
        common = [i for i, found in enumerate(result["found_in"]) if 2 * found >= result["runs"] > 0]
        if common:
            first, rank = plain_class(result["names"][common[0]]), decimal(result["rank"][common[0]], 1)
            findings.append(
                f"{name}: of what at least half of the runs acquire, {first} comes first (mean rank {rank})."
            )
    check = (
        "Acquired is what holds from a kept checkpoint to the end: at least three neurons of a class, or half of the "
        "final cosine of the logits with an irrep's character, if that is above 0.005. Ranks are over the runs that "
        "acquired it, bars 95 % intervals."
    )
    return Caption(" ".join(findings) or "No run has a trajectory, or they have nothing in common.", check)


def _rows(shares: Results) -> list[str]:
    """Classes by their largest share in any population, `none` and `dead` last."""
    largest: dict[str, float] = {}
    for result in shares.values():
        for name, share in zip(result["names"], result["share"], strict=True):
            largest[name] = max(share, largest.get(name, 0.0))
    return sorted(largest, key=lambda name: (name in ("none", "dead"), name == "dead", -largest[name], name))


def _name_rows(axis: Axes, rows: Sequence[str]) -> None:
    axis.set_yticks(range(len(rows)), [plain_class(name) for name in rows], fontsize=9, color=INK)
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)


def _share_at(result: Mapping[str, Any], time: float) -> float:
    """Height of the curve at a time."""
    return [share for at, share in zip(result["time"], result["not_grokked"], strict=True) if at <= time][-1]


def _carried(bound: Sequence[float | None]) -> list[float]:
    """A bound that lasts until the next one; nothing before the first."""
    values, last = [], float("nan")
    for value in bound:
        last = last if value is None else value
        values.append(last)
    return values


def _colour(i: int) -> str:
    return IRREP_COLOURS[i % len(IRREP_COLOURS)]
