"""How far the threshold of the labels is from the neurons, and how the shares move with it."""

import math

from matplotlib.figure import Figure

from cosetta.report.figures.style import (
    CONTROL,
    INK,
    PANEL,
    PAPER,
    QUIET,
    Caption,
    blank,
    new_figure,
    percent_axis,
    power_axis,
    short,
    styled,
)
from cosetta.report.notation import count, percent, plain_class, scientific
from cosetta.report.palette import class_palette
from cosetta.results import Analysis, Chance

__all__ = ["caption_fractions", "draw_fractions"]

FLOOR = 1e-12
"""Fractions below this are drawn here on the log axis; float64 cannot tell them from 0."""

DASHED = (0, (4, 2))


def draw_fractions(analysis: Analysis) -> tuple[Figure, ...]:
    """Coset variance fraction of every labelled function beside the threshold, and the shares at other thresholds.

    Args:
        analysis: the analysis.

    Returns:
        One panel, or two where the shares are known.
    """
    if not any(finding.left or finding.right for finding in analysis.coset.neurons):
        return (blank("no neuron has a coset label"),)
    chance, threshold = analysis.chance, analysis.thresholds.get("coset_threshold")
    if chance is None or not chance.by_threshold:
        return (_draw_labelled(analysis, threshold),)
    return _draw_labelled(analysis, threshold), _draw_shares(chance, threshold)


@styled
def _draw_labelled(analysis: Analysis, threshold: float | None) -> Figure:
    """Left functions are dots, right functions rings; a row a class."""
    coset = analysis.coset
    labelled = [finding for finding in coset.neurons if finding.left or finding.right]
    colours = class_palette(summary.subgroup for summary in coset.classes)
    row_of = {finding.neuron: coset.row_of(finding.neuron) for finding in labelled}
    rows = [s.subgroup for s in coset.classes if s.subgroup in row_of.values()]
    rows += sorted(set(row_of.values()) - set(rows))
    figure = new_figure(PANEL, max(2.3, 1.1 + 0.27 * len(rows)))
    axis = figure.subplots()
    for row, name in enumerate(rows):
        members = [finding for finding in labelled if row_of[finding.neuron] == name]
        spread = [row + 0.26 * (math.fmod(0.618 * i, 1.0) - 0.5) for i in range(len(members))]
        for function, offset in (("left", -0.17), ("right", 0.17)):
            marks = [(getattr(n, function), y + offset) for n, y in zip(members, spread, strict=True)]
            x, y = [max(label.fraction, FLOOR) for label, _ in marks if label], [y for label, y in marks if label]
            colour = colours.get(name, INK)
            face = colour if function == "left" else "none"
            axis.scatter(x, y, 10, facecolors=face, edgecolors=colour, linewidths=0.6)
    power_axis(axis, "x")
    if threshold:
        axis.axvline(threshold, color=INK, linewidth=0.8, linestyle=DASHED)
        place = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "va": "top", "fontsize": 8}
        axis.annotate(f"threshold {threshold:g}", (threshold, 1), (-4, 9), ha="center", **place)
    axis.set_yticks(range(len(rows)), [short(plain_class(name), 14) for name in rows], fontsize=9)
    axis.set_ylim(len(rows) - 0.45, -0.65)
    axis.set_xlim(right=1.6)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x")
    axis.set_xlabel("coset variance fraction")
    axis.set_ylabel("class of H")
    axis.scatter([], [], 10, color=QUIET, label="left")
    axis.scatter([], [], 10, facecolors="none", edgecolors=QUIET, label="right")
    figure.legend(loc="outside lower right", ncols=2)
    return figure


@styled
def _draw_shares(chance: Chance, threshold: float | None) -> Figure:
    """Shares of the live neurons and of their strength that are covered, at several thresholds."""
    figure = new_figure(PANEL, 2.3)
    axis = figure.subplots()
    x = [at for at, _, _ in chance.by_threshold]
    axis.plot(x, [share for _, share, _ in chance.by_threshold], "o-", color=INK, markersize=4, label="live neurons")
    strength = [share for _, _, share in chance.by_threshold]
    axis.plot(x, strength, "s", color=QUIET, linestyle=DASHED, markersize=4, label="strength")
    if threshold:
        axis.axvline(threshold, color=INK, linewidth=0.8, linestyle=DASHED)
        hollow = {"markerfacecolor": PAPER, "markersize": 5, "linestyle": "none", "zorder": 4}
        axis.plot([threshold], [chance.by_chance], "D", color=CONTROL, label="random neurons", **hollow)
    power_axis(axis, "x")
    axis.set_xticks(x, [f"{at:g}" for at in x])
    axis.set_ylim(-0.03, 1.04)
    axis.grid(axis="y")
    percent_axis(axis)
    axis.set_xlabel("threshold of the coset variance fraction")
    axis.set_ylabel("covered (%)")
    figure.legend(loc="outside lower right", ncols=3, handletextpad=0.4, columnspacing=1.0)
    return figure


def caption_fractions(analysis: Analysis) -> Caption:
    """The worst fraction that still got a label, and what the threshold decides.

    Args:
        analysis: the analysis, with at least one label.

    Returns:
        The caption.
    """
    labels = [label for n in analysis.coset.neurons for label in (n.left, n.right) if label]
    worst = max(label.fraction for label in labels)
    threshold, chance = analysis.thresholds.get("coset_threshold"), analysis.chance
    against = f"; the threshold is {threshold:g}" if threshold else ""
    moved = ""
    if chance is not None and chance.by_threshold:
        shares = [share for _, share, _ in chance.by_threshold]
        moved = (
            f" Over thresholds from {chance.by_threshold[0][0]:g} to {chance.by_threshold[-1][0]:g} the share of live "
            f"neurons covered runs from {percent(min(shares), 1)} to {percent(max(shares), 1)}; random neurons of the "
            f"same irreps reach {percent(chance.by_chance, 1)} (diamond)."
        )
    return Caption(
        f"The least constant labelled function has coset variance fraction {scientific(worst)}{against}.",
        f"0 is constant on every coset, 1 no better than chance. {count(len(labels))} functions have a label; if the "
        f"threshold cut through a continuum, dots would crowd against the line.{moved} Fractions under "
        f"{scientific(FLOOR, 0)} are drawn there.",
    )
