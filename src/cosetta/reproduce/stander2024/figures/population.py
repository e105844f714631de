"""Shares of neurons by class of subgroup: the paper's rule beside ours, and one training recipe beside another."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosetta.report.figures.style import INK, QUIET, blank, new_figure, percent_axis, styled
from cosetta.report.notation import plain_class, plural, typeset
from cosetta.report.palette import class_palette
from cosetta.reproduce.stander2024.figures.training import group_irrep_colours

__all__ = ["draw_census", "draw_shares"]

RULES = {"argmin": "smallest C_H (the paper's rule)", "largest": "largest subgroup under the threshold"}
MARKERS = ("o", "D", "s", "^", "v", "P")
DOTS = 600
"""More dots than this are drawn as pixels, to keep the file small."""


@styled
def draw_shares(data: Mapping[str, Any]) -> Figure:
    """Share of neurons of each class over runs, under the paper's rule and under the largest-subgroup rule.

    Args:
        data: `group`, `runs`, `rules`: by rule (`argmin`, `largest`) and class the `mean` with `low` and `high`, or the
            mean alone when n is too small; `per_run`: by rule and class the share in each run; `paper`: share by class.

    Returns:
        A figure of one panel a rule; a dot is a run, a bar its mean with interval, a diamond the paper's value.
    """
    rules = [name for name in RULES if data.get("rules", {}).get(name)]
    if not rules:
        return blank("not measured: no run has labels")
    means = {rule: {name: _triple(value) for name, value in data["rules"][rule].items()} for rule in rules}
    paper = data.get("paper") or {}
    names = _by_share([*means.values(), {name: (share, None, None) for name, share in paper.items()}])
    colours = class_palette(names)
    figure = new_figure(7.2, 0.95 + 0.3 * len(names))
    axes = figure.subplots(1, len(rules), sharey=True, sharex=True, squeeze=False)[0]
    for axis, rule in zip(axes, rules, strict=True):
        runs = data.get("per_run", {}).get(rule, {})
        pixels = sum(map(len, runs.values())) > DOTS
        look: Any = {"ms": 2.6, "alpha": 0.38} if pixels else {"ms": 4.0, "alpha": 0.6}
        for row, name in enumerate(names):
            spread = [row + 0.5 * (math.fmod(0.618 * i, 1.0) - 0.5) for i in range(len(runs.get(name, ())))]
            axis.plot(runs.get(name, []), spread, "o", mew=0, color=colours[name], rasterized=pixels, **look)
            mean, low, high = means[rule].get(name, (None, None, None))
            if mean is not None:
                _mark(axis, float(row), (mean, low, high), INK, "|", 11.0)
            if rule == "argmin" and paper.get(name) is not None:
                axis.plot(paper[name], row, "D", color="white", mec=INK, mew=0.9, ms=5, zorder=6, clip_on=False)
        axis.set_title(RULES[rule])
        _share_axis(axis, names, [plain_class(name) for name in names])
    axes[0].set_xlim(0, 1.04 * max(axis.dataLim.x1 for axis in axes))
    axes[0].set_ylabel("class of H")
    axes[0].plot([], [], "o", ms=3.5, mew=0, color=QUIET, label=f"one of {plural(data.get('runs') or 0, 'run')}")
    intervals = any(low is not None for rule in rules for _, low, _ in means[rule].values())
    axes[0].plot([], [], "|", ms=11, mew=1.8, color=INK, label="mean" + (" with interval" if intervals else ""))
    if paper and "argmin" in rules:
        axes[0].plot([], [], "D", color="white", mec=INK, mew=0.9, ms=5, label="the paper")
    if not intervals:
        axes[0].plot([], [], " ", label="(n too small for an interval)")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


@styled
def draw_census(data: Mapping[str, Any]) -> Figure:
    """Mean share of neurons of each class, by training recipe, with intervals over runs.

    Args:
        data: `recipes`: by name `runs` and `shares`, which hold by class (or irrep) `mean`, `low` and `high`; `by`:
            `subgroup` or `irrep`; `irreps`, optional: all irreps in the group's own order, for their colours.

    Returns:
        A figure with one row a class; the marker tells the recipe, and a recipe whose n is too small has no interval.
    """
    recipes = {name: found for name, found in (data.get("recipes") or {}).items() if found.get("shares")}
    if not recipes:
        return blank("not measured: no recipe has analysed runs")
    by_irrep = data.get("by") == "irrep"
    shares = {name: {k: _triple(v) for k, v in found["shares"].items()} for name, found in recipes.items()}
    rows = _by_share(list(shares.values()))
    colours = group_irrep_colours(data.get("irreps") or sorted(rows)) if by_irrep else class_palette(rows)
    figure = new_figure(7.2, 0.95 + (0.14 + 0.13 * len(recipes)) * len(rows))
    axis = figure.subplots()
    step = 0.66 / max(1, len(recipes))
    for i, (recipe, found) in enumerate(shares.items()):
        offset = step * (i - (len(shares) - 1) / 2)
        for row, name in enumerate(rows):
            if found.get(name, (None,))[0] is not None:
                _mark(axis, row + offset, found[name], colours.get(name, INK), MARKERS[i % len(MARKERS)], 5.5)
        few = "" if any(low is not None for _, low, _ in found.values()) else "; n too small for an interval"
        label = f"{recipe} ({plural(recipes[recipe].get('runs') or 0, 'run')}{few})"
        axis.plot([], [], MARKERS[i % len(MARKERS)], color=QUIET, ms=5.5, label=label)
    for row in range(1, len(rows)):
        axis.axhline(row - 0.5, color="#ECECEC", linewidth=0.6, zorder=0)
    _share_axis(axis, rows, [typeset(name) if by_irrep else plain_class(name) for name in rows])
    axis.set_xlim(0, 1.04 * axis.dataLim.x1)
    axis.set_ylabel("dominant irrep of left" if by_irrep else "class of H")
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _mark(axis: Axes, y: float, found: tuple[Any, Any, Any], colour: str, marker: str, size: float) -> None:
    """A mean with its interval, if it has one."""
    mean, low, high = found
    if low is not None and high is not None:
        axis.plot([low, high], [y, y], color=colour, linewidth=2.0, solid_capstyle="butt", zorder=4)
    axis.plot(mean, y, marker, color=colour, ms=size, mew=1.8 if marker == "|" else 0.6, zorder=5, clip_on=False)


def _share_axis(axis: Axes, rows: Sequence[str], labels: Sequence[str]) -> None:
    axis.set_yticks(range(len(rows)), labels, fontsize=9)
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x")
    axis.set_xlabel("share of neurons (%)")
    percent_axis(axis, "x")


def _triple(value: Any) -> tuple[float | None, float | None, float | None]:
    """Mean, low and high; a mean without interval may stand alone, and words stand for no number at all."""
    if isinstance(value, Mapping):
        mean, low, high = (value.get(key) for key in ("mean", "low", "high"))
    else:
        mean, low, high = value, None, None
    low, high = (float(end) if isinstance(end, int | float) else None for end in (low, high))
    return (float(mean) if isinstance(mean, int | float) else None), low, high


def _by_share(columns: Sequence[Mapping[str, tuple[Any, Any, Any]]]) -> list[str]:
    """Names by their largest mean, largest first; `none` and `dead` last."""
    names = {name for column in columns for name in column}
    largest = {name: max((column[name][0] or 0.0) for column in columns if name in column) for name in names}
    return sorted(names, key=lambda name: (name in ("none", "dead"), -largest[name], name))
