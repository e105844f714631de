"""The files of a reproduction: one self-contained page, its JSON twin, tables and figures one by one.

The page inlines its figures and styles, runs no script and loads nothing; a content security policy says so. It renders
the reproduction and computes nothing. Files are written first and the page last, so its links lead somewhere.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from cosetta.files import write_whole
from cosetta.report import notation
from cosetta.report.figures.style import to_svg
from cosetta.report.page import set_scripts
from cosetta.reproduce.frame.cells import file_name, is_missing, show_cell, typeset_text
from cosetta.reproduce.frame.export import compact_svg, write_figure, write_table
from cosetta.reproduce.frame.headline import (
    VERDICTS,
    beside,
    claims_sentence,
    count_verdicts,
    runs_sentence,
    typeset_population,
)
from cosetta.reproduce.frame.results import Cell, Column, FigureFacts, Reproduction

__all__ = ["render_page", "write_reproduction"]


ONE_LINE = 32
"""Words of a table up to this many letters are not broken."""


class Plot(NamedTuple):
    """A figure of the page: its facts and its markup."""

    facts: FigureFacts
    svg: Markup


Draw = Callable[[FigureFacts], Figure]
"""Draws one figure of a paper."""


def write_reproduction(reproduction: Reproduction, folder: Path, draw: Draw | None = None) -> None:
    """Write the page, its JSON, tables and figures, each file whole or not at all.

    Args:
        reproduction: what to write.
        draw: draws its figures; a reproduction without figures needs none.
        folder: where; made if it does not exist. It then holds `reproduction.html`, `reproduction.json`,
            `tables/*.csv`, `tables/*.tex`, `figures/*.svg` and `figures/*.pdf`.

    Raises:
        ValueError: if there are figures and nothing draws them.
        OSError: if a file cannot be written.
    """
    tables, figures = folder / "tables", folder / "figures"
    for place in (tables, figures):
        place.mkdir(parents=True, exist_ok=True)
    for table in reproduction.tables:
        write_table(table, tables)
    drawn = _drawn(reproduction, draw)
    for facts, figure in zip(reproduction.figures, drawn, strict=True):
        write_figure(figure, figures, facts.name)
    text = render_page(reproduction, drawn=drawn)
    write_whole(folder / "reproduction.json", lambda path: path.write_bytes(reproduction.to_json()))
    write_whole(folder / "reproduction.html", lambda path: path.write_text(text, encoding="utf-8"))


def _drawn(reproduction: Reproduction, draw: Draw | None) -> list[Figure]:
    if draw is None and reproduction.figures:
        raise ValueError(f"`draw` must draw {len(reproduction.figures)} figures; got None")
    return [draw(facts) for facts in reproduction.figures] if draw is not None else []


def render_page(reproduction: Reproduction, draw: Draw | None = None, drawn: list[Figure] | None = None) -> str:
    """The page as text.

    Args:
        reproduction: what to show.
        draw: draws its figures.
        drawn: its figures, if they are drawn already.

    Returns:
        An HTML document without any outside reference but links; equal reproductions give equal text.

    Raises:
        ValueError: if there are figures and nothing draws them.
    """
    figures = _drawn(reproduction, draw) if drawn is None else drawn
    environment = _environment()
    return environment.get_template("reproduction.html").render(
        reproduction=reproduction,
        style=Markup(_source(environment, "report.css") + _source(environment, "reproduction.css")),
        sentence=claims_sentence(reproduction),
        runs=runs_sentence(reproduction),
        verdicts=count_verdicts(reproduction),
        signs=VERDICTS,
        numbers={
            verdict: [i for i, claim in enumerate(reproduction.claims, 1) if claim.verdict == verdict]
            for verdict in VERDICTS
        },
        plots=tuple(
            _plot(facts, figure, f"f{i}")
            for i, (facts, figure) in enumerate(zip(reproduction.figures, figures, strict=True), 1)
        ),
        settings=tuple(_flatten(reproduction.settings)),
        digest=hashlib.sha256(reproduction.to_json()).hexdigest(),
    )


def _environment() -> Environment:
    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader("cosetta.reproduce.frame", "templates"), PackageLoader("cosetta.report", "templates")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=set_scripts,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "anchor": file_name,
        "beside": beside,
        "cell": show_cell,
        "cell_class": _cell_class,
        "count": notation.count,
        "duration": notation.duration,
        "population": typeset_population,
        "prose": _prose,
    }
    return environment


def _prose(text: str) -> Markup:
    """Text with group names typeset; what stands between backticks is code and stays as it is."""
    parts = text.split("`") if text.count("`") % 2 == 0 else [text]
    html = [Markup(set_scripts(typeset_text(part))) for part in parts]
    html[1::2] = [Markup("<code>{}</code>").format(part) for part in parts[1::2]]
    return Markup("").join(html)


def _plot(facts: FigureFacts, figure: Figure, key: str) -> Plot:
    label = Markup('role="img" aria-label="{}"').format(facts.title)
    return Plot(facts, Markup(compact_svg(to_svg(figure, key)).replace('role="img"', str(label), 1)))


def _cell_class(value: Cell, column: Column) -> str:
    """Style of a cell: numbers to the right, short words on one line, what says little in grey."""
    number = column.format != "text"
    quiet = is_missing(value) or value in (0, "", "n too small")
    short = not number and len(str(value)) <= ONE_LINE
    return " ".join(name for name, wanted in (("n", number), ("t", short), ("control", quiet)) if wanted)


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested settings as (dotted name, text) in their own order."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}.")
        elif isinstance(value, list | tuple):
            yield f"{prefix}{name}", ", ".join(str(item) for item in value) or "none"
        else:
            yield f"{prefix}{name}", f"{value:g}" if isinstance(value, float) else str(value)


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]
