"""What the network is, and what a sign neuron does with even and odd elements.

A sign neuron's left, right and out functions depend on the parity of an element only, so four paths (parity of a,
parity of b) through the neuron tell all of it.
"""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from cosetta.report.figures.style import INK, QUIET, blank, new_figure, styled
from cosetta.report.notation import count, scientific, typeset

__all__ = ["draw_architecture", "draw_sign_paths"]

EVEN = "#0072B2"
ODD = "#D55E00"
PARITIES = ("even", "odd")
LEFT, RIGHT, OUT = "#E8EEF7", "#F7EEE8", "#EDF3EA"
"""Fills of the parts that fold into left, right and out."""


@styled
def draw_architecture(data: Mapping[str, Any]) -> Figure:
    """The network as boxes and arrows, with the size of each matrix and how it folds into left, right and out.

    Args:
        data: `group`, `order`, `embed_dim` and `width`.

    Returns:
        A diagram without axes.
    """
    order, d, width = (data.get(key) for key in ("order", "embed_dim", "width"))
    figure = new_figure(7.2, 2.4)
    axis = figure.subplots()
    axis.set_axis_off()
    axis.set_xlim(0, 100)
    axis.set_ylim(0, 33)
    both = None if d is None else 2 * d
    for x, y, text, fill in (
        (15, 26, f"embed a\n{count(order)} × {count(d)}", LEFT),
        (15, 12, f"embed b\n{count(order)} × {count(d)}", RIGHT),
        (36, 19, f"concatenate\n{count(both)}", "white"),
        (56, 19, f"hidden, no bias\n{count(width)} × {count(both)}", "white"),
        (74, 19, f"ReLU\n{count(width)} neurons", "white"),
        (91, 19, f"unembed + bias\n{count(order)} × {count(width)}", OUT),
    ):
        _box(axis, x, y, text, fill)
    for start, end in (
        ((2.5, 26), (8.4, 26)),
        ((2.5, 12), (8.4, 12)),
        ((21.6, 26), (29.4, 20.5)),
        ((21.6, 12), (29.4, 17.5)),
        ((42.6, 19), (48, 19)),
        ((64, 19), (68, 19)),
        ((80, 19), (83.4, 19)),
        ((91, 23.2), (91, 28.2)),
    ):
        axis.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 0.8})
    for y, name in ((26, "a"), (12, "b")):
        axis.text(1.2, y, name, ha="center", va="center", style="italic", fontsize=11)
    axis.text(91, 29, "logit of each c", ha="center", fontsize=8.5)
    group = typeset(str(data.get("group", "G")))
    folded = "folded:  logit(c) = Σₙ outₙ(c) · relu(leftₙ(a) + rightₙ(b)) + bias(c)"
    axis.text(50, 2.2, f"{folded}    with a, b, c in {group}", ha="center", va="center", fontsize=9.5)
    return figure


def _box(axis: Axes, x: int, y: int, text: str, fill: str) -> None:
    """A box centred at (x, y), as wide as its text asks."""
    width = 16 if "hidden" in text or "unembed" in text else 13
    patch = FancyBboxPatch(
        (x - width / 2, y - 4),
        width,
        8,
        boxstyle="round,pad=0,rounding_size=0.8",
        facecolor=fill,
        edgecolor=INK,
        linewidth=0.8,
    )
    axis.add_patch(patch)
    axis.text(x, y, text, ha="center", va="center", fontsize=8.5, linespacing=1.4)


@styled
def draw_sign_paths(data: Mapping[str, Any]) -> Figure:
    """What becomes of even and odd a and b in one or two sign neurons: pre-activation, ReLU, change of the logits.

    Args:
        data: `run`, and `neurons`, each with `neuron`, the mean of `left`, `right` and `out` on `even` and `odd`
            elements, and `spread` of each function inside a parity.

    Returns:
        A figure with one row a neuron: pre-activation units on the left, logit units on the right.
    """
    neurons = data.get("neurons") or []
    if not neurons:
        return blank("not measured: no sign neuron in this run")
    figure = new_figure(7.2, 0.7 + 2.25 * len(neurons))
    rows = figure.subplots(len(neurons), 2, sharex="col", squeeze=False, width_ratios=[3, 2])
    for (paths, logits), neuron in zip(rows, neurons, strict=True):
        for a in PARITIES:
            for b in PARITIES:
                _path(paths, logits, neuron, a, b)
        for axis in (paths, logits):
            axis.axhline(0, color=QUIET, linewidth=0.6, zorder=0)
            axis.margins(x=0.12, y=0.12)
        paths.set_xticks(range(3), ["left(a)", "left(a) + right(b)", "ReLU of it"])
        logits.set_xticks(range(2), ["even c", "odd c"])
        paths.set_ylabel("value (pre-activation units)")
        logits.set_ylabel("added to logit (logit units)")
        paths.set_title(f"neuron {neuron.get('neuron', '–')}", pad=17)
        spread = neuron.get("spread") or {}
        shown = ", ".join(f"{name} {scientific(spread.get(name), 1)}" for name in ("left", "right", "out"))
        paths.annotate(
            f"spread inside a parity: {shown}",
            (0, 1),
            (0, 5),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=8,
        )
    rows[-1][0].set_xlabel("stage of the neuron")
    rows[-1][1].set_xlabel("parity of the answer")
    handles, labels = rows[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, handlelength=3.5)
    return figure


def _path(paths: Axes, logits: Axes, neuron: Mapping[str, Any], a: str, b: str) -> None:
    """One path: colour tells the parity of ab, line and marker the parity of a."""
    pre = neuron["left"][a] + neuron["right"][b]
    post = max(pre, 0.0)
    colour = EVEN if a == b else ODD
    line, face, size = ("-", colour, 7.0) if a == "even" else ((0, (3, 2)), "white", 4.5)
    style: Any = {"color": colour, "linestyle": line, "marker": "o", "markersize": size, "markerfacecolor": face}
    top = 3 if a == "odd" else 2
    paths.plot(
        range(3), [neuron["left"][a], pre, post], label=f"a {a}, b {b}: ab is {_parity(a, b)}", zorder=top, **style
    )
    logits.plot(range(2), [post * neuron["out"][parity] for parity in PARITIES], zorder=top, **style)


def _parity(a: str, b: str) -> str:
    return "even" if a == b else "odd"
