"""The look of the figures, and how a figure becomes part of an HTML page.

A style is entered with `rc_context` around each drawing and each saving, so no setting outlives a call. Text stays text
in the SVG and takes the page's font; ids get a prefix because many figures share one page.
"""

import functools
import re
from collections.abc import Callable, Iterable
from io import StringIO
from itertools import groupby
from typing import Any, NamedTuple, ParamSpec

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from cosetta.report.notation import count, scientific
from cosetta.report.palette import variable

__all__ = [
    "PANEL",
    "Caption",
    "blank",
    "new_figure",
    "percent_axis",
    "positive",
    "power_axis",
    "short",
    "styled",
    "to_svg",
]

INK = "#222222"
QUIET = "#8A8A8A"
CONTROL = "#7A7A7A"
LINE = "#C4C4C4"
GRID = "#E4E4E4"
PAPER = "#FFFFFF"

PANEL = 3.3
"""Width of a panel in inches: two stand beside each other in the text column, one fits a phone without shrinking."""

SHADES = {INK: "--ink", QUIET: "--quiet", CONTROL: "--control", LINE: "--line", GRID: "--grid", PAPER: "--paper"}
"""Greys of the figures and the variables of the page's style that stand for them."""

STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.labelcolor": INK,
    "axes.edgecolor": QUIET,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "legend.title_fontsize": 8,
    "lines.linewidth": 1.4,
    "hatch.linewidth": 0.6,
    "axes.formatter.useoffset": False,
    "text.parse_math": False,  # a label with $ in it is a label
    "svg.fonttype": "none",
    "svg.hashsalt": "cosetta",
}

P = ParamSpec("P")


class Picture(Figure):
    """A figure that a notebook shows by itself, whatever its backend: as SVG on a white ground."""

    def _repr_svg_(self) -> str:
        buffer = StringIO()
        with matplotlib.rc_context(STYLE):
            self.savefig(buffer, format="svg", facecolor="white", metadata={"Date": None, "Creator": None})
        return buffer.getvalue()


class Caption(NamedTuple):
    """What a figure shows: the finding, then the check behind it."""

    finding: str
    check: str


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Decorate a drawing function so that it runs in the report's style and leaves none behind.

    Args:
        draw: returns a figure.

    Returns:
        The same function; the figure it returns is laid out, so saving it elsewhere keeps its look.
    """

    @functools.wraps(draw)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with matplotlib.rc_context(STYLE):
            figure = draw(*args, **kwargs)
            engine = figure.get_layout_engine()
            if engine is not None and figure.axes:
                engine.execute(figure)
            figure.set_layout_engine(None)
            return figure

    return wrapper


def new_figure(width: float, height: float) -> Figure:
    """A figure without any window or global state.

    Args:
        width: in inches; the page's text column is 7.2, a panel is `PANEL`.
        height: in inches.

    Returns:
        An empty figure with constrained layout.
    """
    return Picture(figsize=(width, height), layout="constrained")


def blank(message: str) -> Figure:
    """The figure drawn when a result holds nothing to draw.

    Args:
        message: what is missing.

    Returns:
        A figure with the message alone.
    """
    figure = new_figure(PANEL, 0.6)
    figure.text(0.5, 0.5, message, ha="center", va="center", color=QUIET)
    return figure


def percent_axis(axis: Axes, which: str = "y") -> None:
    """Print the ticks of an axis of proportions in per cent.

    Args:
        axis: the axes.
        which: `x` or `y`.
    """
    getattr(axis, f"{which}axis").set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}"))


def positive(values: Iterable[float]) -> list[float]:
    """Values for a logarithmic axis: zeros become gaps.

    Args:
        values: numbers at least 0.

    Returns:
        The numbers, with nan for 0.
    """
    return [value if value > 0 else float("nan") for value in values]


def power_axis(axis: Axes, which: str) -> None:
    """Make an axis logarithmic, its ticks printed as powers of ten in plain text; nothing positive leaves it linear.

    Args:
        axis: the axes, with its data already drawn.
        which: `x` or `y`.
    """
    if not getattr(axis.dataLim, f"minpos{which}") < float("inf"):
        return
    getattr(axis, f"set_{which}scale")("log")
    ticks = getattr(axis, f"{which}axis")
    ticks.set_major_formatter(FuncFormatter(_power_of_ten))
    ticks.set_minor_formatter(NullFormatter())


def short(name: str, longest: int = 24) -> str:
    """A name that fits beside an axis; characters that no font has are shown as such.

    Args:
        name: any text.
        longest: most characters.

    Returns:
        The name, or its end after an ellipsis.

    Example:
        >>> short("imported-S5_MLP_hidden_dim_64_seed1", 12)
        '…im_64_seed1'
    """
    name = "".join(c if c.isprintable() else "\ufffd" for c in name)
    return name if len(name) <= longest else f"…{name[1 - longest :]}"


def _power_of_ten(value: float, _: int) -> str:
    if 1 <= value < 1e5:
        return count(round(value))
    return scientific(value, 0).replace("1\u00a0×\u00a0", "")


def _shade(colour: str) -> str:
    """A colour as the page writes it: a variable of its style where it has one, so that a dark page can change it."""
    name = SHADES.get(colour.upper())
    return variable(colour) if name is None else f"var({name},{colour})"


def _hoist(run: re.Match[str]) -> str:
    """Marks in a row that look alike, with their look said once."""
    lines = run[0].splitlines()
    looks = [line[line.index(' style="') : -2] for line in lines]
    groups = groupby(zip(lines, looks, strict=True), key=lambda pair: pair[1])
    return "".join(
        f"<g{look}>\n" + "".join(f"{line[: -len(look) - 2]}/>\n" for line, _ in pairs) + "</g>\n"
        for look, pairs in groups
    )


def to_svg(figure: Figure, key: str) -> str:
    """The figure as an `svg` element to be put into a page, its greys and palettes as variables of the page's style.

    Args:
        figure: from a `draw_*` function.
        key: short name, unique in the page; it prefixes every id.

    Returns:
        Markup without any outside reference. Text in it is escaped by matplotlib.
    """
    buffer = StringIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    markup = buffer.getvalue()
    markup = markup[markup.index("<svg") :]
    markup = re.sub(r"<metadata>.*?</metadata>\s*", "", markup, flags=re.DOTALL)
    markup = markup.replace("xlink:href=", "href=")
    markup = re.sub(r"<style.*?</style>", "", markup, flags=re.DOTALL)
    markup = re.sub(r"font-family: [^;\"]*(; )?", "", markup)
    markup = re.sub(r"\n\s*", "\n", markup)
    markup = re.sub(r"(?<=: )#[0-9a-f]{6}(?=[;\"])", lambda match: _shade(match[0]), markup)
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', markup))
    markup = re.sub(r' id="([^"]*)"', lambda match: f' id="{key}-{match[1]}"' if match[1] in used else "", markup)
    markup = re.sub(r'(url\(#|href="#)', rf"\g<1>{key}-", markup)
    markup = re.sub(r'(?:<use [^>]* style="[^"]*"/>\n){2,}', _hoist, markup)
    width = f"{figure.get_figwidth():.2f}in"
    return re.sub(
        r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', rf'<svg \g<1> style="width:{width}" role="img">', markup, count=1
    )
