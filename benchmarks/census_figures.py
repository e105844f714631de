"""The figures of docs/census.md, drawn from its `census.json` alone.

Run: python benchmarks/census_figures.py docs/census
"""

import json
import sys
from pathlib import Path

import matplotlib
from matplotlib.lines import Line2D

from cosetta.files import write_whole
from cosetta.report.figures.style import INK, QUIET, new_figure, percent_axis, power_axis, styled

COLOURS = {"fast": "#0072B2", "stander2024": "#D55E00", "wu2024": "#009E73"}
MARKS = {"fast": "o", "stander2024": "s", "wu2024": "^"}
RECIPES = tuple(COLOURS)
BEST = {
    "rho_set_uniform": ("rho-sets, one c", "#0072B2"),
    "rho_set": ("rho-sets", "#56B4E9"),
    "coset": ("cosets", "#009E73"),
    "irrep": ("one irrep a neuron", "#E69F00"),
    "rank_one": ("rank one", "#CC79A7"),
    "rank_one_out": ("rank one, out too", "#8C4A72"),
    "gcr": ("characters of the product", "#F0E442"),
    "": ("none", "#DDDDDD"),
}


def rows_of(found):
    """Populations from the bottom up: the smallest group on top, `fast` first in each."""
    groups = list(dict.fromkeys(row["group"] for row in found["populations"]))
    place = {}
    for i, group in enumerate(reversed(groups)):
        for j, recipe in enumerate(RECIPES):
            place[group, recipe] = i + 0.25 - 0.25 * j
    return groups, place


def name_groups(axis, groups):
    """Groups along the vertical axis, thin lines between them."""
    axis.set_yticks(range(len(groups)), list(reversed(groups)))
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(-0.6, len(groups) - 0.4)
    for i in range(1, len(groups)):
        axis.axhline(i - 0.5, color="#E4E4E4", linewidth=0.6, zorder=0)


def beside(axis, y, text, colour):
    """A few small words to the right of a row."""
    axis.annotate(text, (1.01, y), xycoords=("axes fraction", "data"), fontsize=6, va="center", color=colour)


def legend(figure, more=()):
    """The recipes by colour and mark, and more handles."""
    handles = [
        Line2D([], [], color=COLOURS[r], marker=MARKS[r], linestyle="none", markersize=5, label=r) for r in RECIPES
    ]
    figure.legend(handles=[*handles, *more], loc="outside upper center", ncols=3 + len(more))


@styled
def draw_covered(found):
    """Live neurons in cosets with their interval, those beyond chance, and what random functions reach."""
    groups, place = rows_of(found)
    figure = new_figure(7.2, 0.42 * len(groups) + 0.9)
    axis = figure.subplots()
    for row in found["populations"]:
        if "live neurons covered" not in row:
            continue
        y, colour = place[row["group"], row["recipe"]], COLOURS[row["recipe"]]
        covered, low, high = row["live neurons covered"]
        beyond, chance = row["live neurons p < 0.05"][0], row["live neurons by chance"][0]
        axis.plot([beyond, covered], [y, y], color=colour, linewidth=0.8, alpha=0.5)
        if low is not None and low == low:
            axis.plot([low, high], [y, y], color=colour, linewidth=2.4, solid_capstyle="butt")
        axis.plot(covered, y, MARKS[row["recipe"]], color=colour, markersize=5)
        axis.plot(beyond, y, MARKS[row["recipe"]], color=colour, markerfacecolor="white", markersize=4)
        axis.plot(chance, y, "|", color=INK, markersize=6, markeredgewidth=1.2)
    name_groups(axis, groups)
    axis.set_xlim(-0.02, 1.02)
    percent_axis(axis, "x")
    axis.set_xlabel("live neurons in cosets, %")
    more = [
        Line2D(
            [], [], color=QUIET, marker="o", markerfacecolor="white", linestyle="none", markersize=4, label="p < 0.05"
        ),
        Line2D([], [], color=INK, marker="|", linestyle="none", markersize=6, label="by chance"),
    ]
    legend(figure, more)
    return figure


@styled
def draw_grok(found):
    """Median step of grokking and the range over networks, on a logarithmic axis."""
    groups, place = rows_of(found)
    figure = new_figure(7.2, 0.42 * len(groups) + 0.9)
    axis = figure.subplots()
    for row in found["populations"]:
        y, colour = place[row["group"], row["recipe"]], COLOURS[row["recipe"]]
        least, most = row["grok_step_range"]
        if least is not None:
            axis.plot([least, most], [y, y], color=colour, linewidth=1)
        if row["grok_step"] is not None:
            axis.plot(row["grok_step"], y, MARKS[row["recipe"]], color=colour, markersize=5)
        beside(axis, y, f"{row['learned']}/{row['networks']}", colour)
    name_groups(axis, groups)
    power_axis(axis, "x")
    axis.set_xlabel("step from which test accuracy stays at 0.99 or more; right: networks that learned")
    legend(figure)
    return figure


@styled
def draw_best(found):
    """Which account is the shortest that holds and is faithful, as shares of the networks whose accounts competed."""
    rows = [row for row in found["populations"] if row.get("accounts", {}).get("contests")]
    groups, place = rows_of({"populations": rows})
    figure = new_figure(7.2, 0.42 * len(groups) + 1.1)
    axis = figure.subplots()
    seen = []
    for row in rows:
        accounts = row["accounts"]
        y, left = place[row["group"], row["recipe"]], 0.0
        for name in [*BEST, *(name for name in accounts["best"] if name not in BEST)]:
            share = accounts["best"].get(name, 0) / accounts["contests"]
            label, colour = BEST.get(name, (name, QUIET))
            if share:
                axis.barh(y, share, 0.2, left, color=colour)
                left += share
                if (label, colour) not in seen:
                    seen.append((label, colour))
        beside(axis, y, str(accounts["contests"]), COLOURS[row["recipe"]])
    name_groups(axis, groups)
    axis.set_xlim(0, 1)
    percent_axis(axis, "x")
    axis.set_xlabel("networks, %; from above fast, stander2024, wu2024; right: how many")
    order = [pair for pair in BEST.values() if pair in seen] + [pair for pair in seen if pair not in BEST.values()]
    handles = [Line2D([], [], color=colour, linewidth=6, label=label) for label, colour in order]
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure


def main():
    folder = Path(sys.argv[1])
    found = json.loads((folder / "census.json").read_text())
    for name, draw in (("covered", draw_covered), ("grok_steps", draw_grok), ("best_accounts", draw_best)):
        figure = draw(found)
        with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "cosetta"}):
            metadata = {"Date": None, "Creator": None}
            write_whole(folder / f"{name}.svg", lambda p, f=figure, m=metadata: f.savefig(p, format="svg", metadata=m))


if __name__ == "__main__":
    main()
