"""How many neurons each subgroup class and each irrep has, and how far the threshold is from the neurons."""

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from cosetta.report.figures.style import INK, QUIET, Caption, blank, new_figure, percent_axis, power_axis, styled
from cosetta.report.notation import count, percent, plain_class, plural, scientific, typeset
from cosetta.report.palette import DEAD, class_palette, irrep_palette
from cosetta.results import Analysis, ClassSummary

__all__ = [
    "caption_classes",
    "caption_fractions",
    "caption_irreps",
    "draw_classes",
    "draw_fractions",
    "draw_irreps",
]

FLOOR = 1e-12
"""Fractions below this are drawn here on the log axis; float64 cannot tell them from 0."""


@styled
def draw_classes(classes: Sequence[ClassSummary], irreps: Sequence[str]) -> Figure:
    """Neurons of each class stacked by dominant irrep, and the share of logit variance that the class carries.

    Args:
        classes: the table of classes, most neurons first.
        irreps: names of all irreps of the group, trivial first.

    Returns:
        A figure of two panels that share their rows.
    """
    if not classes:
        return blank("no neurons")
    colours, rows = irrep_palette(irreps), range(len(classes))
    figure = new_figure(7.2, max(1.7, 0.75 + 0.27 * len(classes)))
    neurons, strength = figure.subplots(1, 2, sharey=True, gridspec_kw={"width_ratios": [3, 2]})
    for row, summary in zip(rows, classes, strict=True):
        base = 0.0
        parts = summary.irreps if summary.subgroup != "dead" else {}
        for name in [name for name in irreps if name in parts]:
            length = parts[name] * summary.neurons
            neurons.barh(row, length, 0.68, base, color=colours[name], edgecolor="white", linewidth=0.4)
            base += length
        if not parts:
            neurons.barh(row, summary.neurons, 0.68, color=DEAD)
        neurons.annotate(
            count(summary.neurons), (summary.neurons, row), (4, 0), textcoords="offset points", va="center", fontsize=8
        )
        strength.barh(row, summary.strength, 0.68, color=QUIET)
        strength.annotate(
            percent(summary.strength, 1),
            (summary.strength, row),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    neurons.set_yticks(rows, [plain_class(summary.subgroup) for summary in classes], fontsize=9)
    neurons.invert_yaxis()
    neurons.set_xlabel("neurons")
    neurons.set_ylabel("class of H")
    strength.set_xlabel("share of logit variance, neurons alone (%)")
    percent_axis(strength, "x")
    for axis in (neurons, strength):
        axis.tick_params(axis="y", length=0)
        axis.margins(x=0.12)
    shown = [name for name in irreps if any(name in s.irreps for s in classes if s.subgroup != "dead")]
    handles = [neurons.barh(0, 0, color=colours[name], label=typeset(name)) for name in shown]
    if handles:
        figure.legend(handles=handles, title="dominant irrep\nof left", loc="outside right center")
    return figure


def caption_classes(classes: Sequence[ClassSummary], width: int) -> Caption:
    """Which class has most neurons, and how many neurons are dead or not covered.

    Args:
        classes: the table of classes.
        width: number of neurons.

    Returns:
        The caption.
    """
    by_name = {summary.subgroup: summary for summary in classes}
    found = [summary for summary in classes if summary.subgroup not in {"dead", "none"}]
    dead, none = (by_name[name].neurons if name in by_name else 0 for name in ("dead", "none"))
    finding = f"No neuron of {width} has a coset label."
    if found:
        first = max(found, key=lambda summary: summary.neurons)
        finding = (
            f"{first.neurons} of {width} neurons are {typeset(first.subgroup)}-coset neurons; they carry "
            f"{percent(first.strength, 1)} of the logit variance."
        )
    return Caption(
        finding,
        f"{plural(none, 'live neuron')} not covered by cosets and {dead} dead stand here on the same scale. "
        "A neuron's share of logit variance is what it gives alone, over all pairs, divided by the sum over neurons.",
    )


@styled
def draw_irreps(classes: Sequence[ClassSummary], irreps: Sequence[str]) -> Figure:
    """Neurons by dominant irrep of the left function, stacked by subgroup class.

    Args:
        classes: the table of classes.
        irreps: names of all irreps of the group, trivial first.

    Returns:
        A figure.
    """
    alive = [summary for summary in classes if summary.subgroup != "dead"]
    shown = [name for name in irreps if any(summary.irreps.get(name) for summary in alive)]
    if not shown:
        return blank("no live neurons")
    colours = class_palette(summary.subgroup for summary in classes)
    figure = new_figure(7.2, max(0.75 + 0.27 * len(shown), 0.5 + 0.17 * len(alive)))
    axis = figure.subplots()
    bases = dict.fromkeys(shown, 0.0)
    for summary in alive:
        for row, name in enumerate(shown):
            length = summary.irreps.get(name, 0.0) * summary.neurons
            axis.barh(
                row,
                length,
                0.68,
                bases[name],
                color=colours[summary.subgroup],
                edgecolor="white",
                linewidth=0.4,
                label=plain_class(summary.subgroup) if row == 0 else None,
            )
            bases[name] += length
    axis.set_yticks(range(len(shown)), [typeset(name) for name in shown], fontsize=9)
    axis.tick_params(axis="y", length=0)
    axis.invert_yaxis()
    axis.set_xlabel("neurons")
    axis.set_ylabel("irrep")
    axis.legend(title="class of H", loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def caption_irreps(classes: Sequence[ClassSummary]) -> Caption:
    """Which classes lie in a single irrep.

    Args:
        classes: the table of classes.

    Returns:
        The caption.
    """
    found = [summary for summary in classes if summary.subgroup not in {"dead", "none"}]
    single = [summary for summary in found if len([share for share in summary.irreps.values() if share > 0]) == 1]
    where = "; ".join(f"{typeset(s.subgroup)} in {typeset(_first(s))}" for s in single)
    finding = (
        f"Classes whose neurons share one dominant irrep: {where}."
        if single
        else ("No class has the same dominant irrep in all its neurons.")
    )
    return Caption(
        finding,
        "A function constant on cosets of H can only hold irreps with H-fixed vectors. A bar counts neurons by the "
        "irrep with the largest power share in left; all shares of each neuron are in the table of neurons.",
    )


def _first(summary: ClassSummary) -> str:
    return next(name for name, share in summary.irreps.items() if share > 0)


@styled
def draw_fractions(analysis: Analysis) -> Figure:
    """Coset variance fraction of left and right of every labelled neuron, by class, beside the threshold.

    Args:
        analysis: the analysis.

    Returns:
        A figure; left functions are dots, right functions rings.
    """
    coset = analysis.coset
    labelled = [finding for finding in coset.neurons if finding.left or finding.right]
    if not labelled:
        return blank("no neuron has a coset label")
    colours = class_palette(summary.subgroup for summary in coset.classes)
    row_of = {finding.neuron: coset.row_of(finding.neuron) for finding in labelled}
    rows = [s.subgroup for s in coset.classes if s.subgroup in row_of.values()]
    rows += sorted(set(row_of.values()) - set(rows))
    figure = new_figure(7.2, 0.8 + 0.36 * len(rows))
    axis = figure.subplots()
    for row, name in enumerate(rows):
        members = [finding for finding in labelled if row_of[finding.neuron] == name]
        spread = [row + 0.26 * (math.fmod(0.618 * i, 1.0) - 0.5) for i in range(len(members))]
        for function, offset in (("left", -0.17), ("right", 0.17)):
            marks = [(getattr(n, function), y + offset) for n, y in zip(members, spread, strict=True)]
            x = [max(label.fraction, FLOOR) for label, _ in marks if label]
            face = colours.get(name, INK) if function == "left" else "none"
            axis.scatter(
                x,
                [y for label, y in marks if label],
                13,
                facecolors=face,
                edgecolors=colours.get(name, INK),
                linewidths=0.7,
            )
    power_axis(axis, "x")
    threshold = analysis.thresholds.get("coset_threshold")
    if threshold:
        axis.axvline(threshold, color=INK, linewidth=0.8, linestyle=(0, (4, 2)))
        axis.annotate(
            f"threshold {threshold:g}",
            (threshold, 1),
            (4, -2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            va="top",
            fontsize=8,
        )
    axis.set_yticks(range(len(rows)), [plain_class(name) for name in rows], fontsize=9)
    axis.set_ylim(len(rows) - 0.45, -0.65)
    axis.set_xlim(right=1.6)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x")
    axis.set_xlabel("coset variance fraction (0 is constant on every coset, 1 is no better than chance)")
    axis.set_ylabel("class of H")
    axis.scatter([], [], 13, color=QUIET, label="left")
    axis.scatter([], [], 13, facecolors="none", edgecolors=QUIET, label="right")
    axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def caption_fractions(analysis: Analysis) -> Caption:
    """The worst fraction that still got a label.

    Args:
        analysis: the analysis, with at least one label.

    Returns:
        The caption.
    """
    labels = [label for n in analysis.coset.neurons for label in (n.left, n.right) if label]
    worst = max(label.fraction for label in labels)
    threshold = analysis.thresholds.get("coset_threshold")
    against = f"; the threshold is {threshold:g}" if threshold else ""
    return Caption(
        f"The least constant labelled function has coset variance fraction {scientific(worst)}{against}.",
        f"{count(len(labels))} functions have a label. A threshold that cut through a continuum would show as dots "
        f"crowding against the line. Fractions under {scientific(FLOOR, 0)} are drawn there.",
    )
