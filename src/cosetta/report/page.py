"""What all pages share: the templates and their filters, styles that are inlined, figures as markup."""

import re
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from cosetta.report import notation
from cosetta.report.figures.style import Caption, to_svg

__all__ = ["Plot", "make_plot", "make_svg", "page_environment", "page_source", "set_scripts"]

_PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "−01234567890123456789")


class Plot(NamedTuple):
    """A figure of the page: its number, its panels and its caption."""

    number: int
    panels: tuple[Markup, ...]
    caption: Caption


def make_plot(number: int, drawn: Figure | tuple[Figure, ...], caption: Caption, key: str) -> Plot:
    """A figure as the pages show it.

    Args:
        number: of the figure in its page.
        drawn: one panel, or several.
        caption: what they show.
        key: short name, unique in the page.

    Returns:
        The panels as markup, each named for those who cannot see it.
    """
    drawn = drawn if isinstance(drawn, tuple) else (drawn,)
    more = [f" Panel {i + 1} of {len(drawn)}." if len(drawn) > 1 else "" for i in range(len(drawn))]
    panels = [make_svg(figure, caption.finding + more[i], f"{key}{chr(97 + i)}") for i, figure in enumerate(drawn)]
    return Plot(number, tuple(panels), caption)


def make_svg(figure: Figure, said: str, key: str) -> Markup:
    """One panel as markup.

    Args:
        figure: the panel.
        said: what it shows, for those who cannot see it.
        key: short name, unique in the page.

    Returns:
        An `svg` element.
    """
    label = Markup('role="img" aria-label="{}"').format(said)
    return Markup(to_svg(figure, key).replace('role="img"', str(label), 1))


def page_environment() -> Environment:
    """Where the templates are, with the filters that all pages share; all text is escaped.

    Returns:
        The environment.
    """
    environment = Environment(
        loader=PackageLoader("cosetta.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=set_scripts,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("count", "decimal", "draws", "duration", "percent", "plain_class", "plural", "scientific", "typeset"):
        environment.filters[name] = getattr(notation, name)
    return environment


def page_source(environment: Environment, name: str) -> str:
    """A style or a script as it is.

    Args:
        environment: of the page.
        name: file among the templates.

    Returns:
        Its text.
    """
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def set_scripts(value: object) -> object:
    """Text with its Unicode sub- and superscripts as `sub` and `sup` elements, everything else escaped.

    Args:
        value: what the template prints; only plain text is changed.

    Returns:
        Markup for plain text, the value itself otherwise.

    Example:
        >>> set_scripts("S₅ < 10⁻⁶")
        Markup('S<sub>5</sub> &lt; 10<sup>−6</sup>')
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    text = re.sub("[₀-₉]+", lambda found: f"<sub>{found[0].translate(_PLAIN)}</sub>", str(escape(value)))
    return Markup(re.sub("[⁻⁰¹²³⁴-⁹]+", lambda found: f"<sup>{found[0].translate(_PLAIN)}</sup>", text))
