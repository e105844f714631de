"""One product worked through: how often each element is ruled out against its logit, or the logits by irrep."""

import math
from collections.abc import Mapping

from matplotlib.figure import Figure

from cosetta.report.figures.style import INK, LINE, PANEL, QUIET, Caption, blank, new_figure, short, styled
from cosetta.report.notation import count, decimal, percent, plural, typeset
from cosetta.results import Part, WorkedProduct

__all__ = ["caption_parts", "caption_votes", "draw_parts", "draw_votes"]

WIDE = 4.6
"""Width in inches of the rows of parts."""


@styled
def draw_votes(worked: WorkedProduct, answer: str) -> Figure:
    """The logit of every element against the number of firing circuits that rule it out.

    Args:
        worked: the pair.
        answer: printed label of the element that is right.

    Returns:
        A figure with a mark for each element; that of ab is full and named.
    """
    if not worked.circuits:
        return blank("no circuit fires")
    figure = new_figure(PANEL, 2.9)
    axis = figure.subplots()
    others = [element for element in range(len(worked.logits)) if element != worked.product]
    x = [worked.ruled_out[e] + 0.5 * (math.fmod(0.618 * i, 1.0) - 0.5) for i, e in enumerate(others)]
    axis.scatter(x, [worked.logits[e] for e in others], 11, facecolors="none", edgecolors=QUIET, linewidths=0.7)
    at = worked.ruled_out[worked.product], worked.logits[worked.product]
    axis.scatter(*at, 30, color=INK, zorder=3)
    axis.annotate(f"ab = {short(answer, 18)}", at, (8, 0), textcoords="offset points", va="center", fontsize=8)
    most = max(worked.ruled_out)
    axis.set_xticks(range(0, most + 1, max(1, math.ceil(most / 8))))
    axis.set_xlim(-0.6, most + 0.6)
    axis.grid(axis="y")
    axis.set_xlabel("circuits that fire and rule the element out")
    axis.set_ylabel("logit (less the mean of all)")
    return figure


def caption_votes(worked: WorkedProduct) -> Caption:
    """Whether the logits follow the count, and by how much the answer leads.

    Args:
        worked: the pair.

    Returns:
        The caption.
    """
    lead = worked.logits[worked.answer] - max(v for e, v in enumerate(worked.logits) if e != worked.answer)
    right = worked.answer == worked.product
    kept = worked.ruled_out[worked.product] == 0
    finding = "ab is ruled out by no circuit and has the largest logit"
    if not (kept and right):
        finding = "ab is " + ("ruled out by no circuit" if kept else "itself ruled out") + " and "
        finding += "has the largest logit" if right else "does not have the largest logit"
    return Caption(
        f"{finding}; the largest leads the next by {decimal(lead)}.",
        f"A mark is one of the {count(len(worked.logits))} elements. If circuits are votes against their cosets, the "
        "logit falls with the number of votes; circuits weigh differently, so a column spreads.",
    )


@styled
def draw_parts(
    worked: WorkedProduct, answer: str, colours: Mapping[str, str], names: Mapping[str, str] | None = None
) -> Figure:
    """What the neurons of each irrep add to the logits; along a cyclic group as a wave, else sorted.

    Args:
        worked: the pair.
        answer: printed label of the element that is right.
        colours: of the irreps.
        names: how a row is called instead of by its irrep.

    Returns:
        A figure; a row a part and the sum below, each with the element ab marked.
    """
    rows = [*_shown(worked), Part("", 0, worked.logits)]
    figure = new_figure(WIDE, 1.2 + 0.4 * len(rows))
    heights = [1] * (len(rows) - 1) + [2]
    axes = figure.subplots(len(rows), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    order = worked.around or tuple(sorted(range(len(worked.logits)), key=lambda e: -worked.logits[e]))
    place = order.index(worked.product)
    size = 6 if len(order) <= 150 else 2
    for axis, part in zip(axes, rows, strict=True):
        values, colour = [part.logits[e] for e in order], colours.get(part.irrep, QUIET)
        axis.axhline(0, color=LINE, linewidth=0.6)
        axis.axvline(place, color=LINE, linewidth=0.6)
        if worked.around:
            axis.plot(range(len(order)), values, color=colour, linewidth=0.7)
        axis.scatter(range(len(order)), values, size, color=colour, linewidths=0)
        axis.scatter(place, values[place], 22, color=INK, zorder=3, clip_on=False)
        axis.margins(y=0.2)
        name = (names or {}).get(part.irrep) or typeset(part.irrep) or "rest"
        axis.set_ylabel(short("sum" if axis is axes[-1] else name, 14), rotation=0, ha="right", va="center")
        axis.set_yticks([0])
        axis.tick_params(axis="y", labelsize=7)
    axes[0].annotate(
        f"ab = {short(answer, 18)}", (place, 1), (0, 3), xycoords=("data", "axes fraction"), fontsize=8,
        textcoords="offset points", ha="left" if place < len(order) / 2 else "right",
    )  # fmt: skip
    axes[-1].set_xlabel("element c, by power of a generator" if worked.around else "element c, by its logit")
    return figure


def caption_parts(worked: WorkedProduct) -> Caption:
    """In how many irreps the right element leads, and whether it does in the sum.

    Args:
        worked: the pair.

    Returns:
        The caption.
    """
    parts = _shown(worked)
    most = max(1, len(worked.logits) // 10)
    first = sum(_above(part, worked.product) < most for part in parts if part.irrep)
    among = "at the top" if most == 1 else "among the highest tenth of the elements"
    named = sum(bool(part.irrep) for part in parts)
    right = "it leads" if worked.answer == worked.product else "it does not lead"
    share = f"; of {count(worked.sampled)} random pairs" if worked.circuits else ""
    settled = f"{share} the circuits that fire leave ab alone on {percent(worked.settled, 1)}" if share else ""
    return Caption(
        f"ab is {among} in {count(first)} of {plural(named, 'irrep')}; in their sum {right}.",
        "Each row is what the neurons with one main irrep add to the logit of each element, less its mean; the large "
        "mark is ab, and each row has its own scale. The rest is other neurons, the bias and paths around the "
        f"neurons{settled}.",
    )


def _above(part: Part, element: int) -> int:
    """How many elements the part raises more."""
    return sum(value > part.logits[element] for value in part.logits)


def _shown(worked: WorkedProduct) -> list[Part]:
    """The parts that add anything."""
    return [part for part in worked.parts if part.irrep or max(map(abs, part.logits), default=0.0) > 0]
