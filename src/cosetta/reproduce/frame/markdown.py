"""A reproduction as a Markdown page, such as docs/reproduction.md: written from `reproduction.json`, never typed.

Tables are Markdown tables and figures are links to SVG files, so the page reads in a repository browser. Every letter
that Markdown would take as markup is escaped.
"""

import re
from collections.abc import Iterator, Sequence

from cosetta.report.notation import duration
from cosetta.reproduce.frame.cells import file_name, show_cell, typeset_text
from cosetta.reproduce.frame.headline import VERDICTS, beside, claims_sentence, runs_sentence
from cosetta.reproduce.frame.results import FigureFacts, Reproduction, Table

__all__ = ["render_markdown"]

BAR = r"\|"
"""A bar inside a table, also inside code."""


def render_markdown(reproduction: Reproduction, folder: str = "reproduction") -> str:
    """The page as text.

    Args:
        reproduction: what to show.
        folder: where the files of `write_reproduction` lie, relative to the page.

    Returns:
        Markdown; equal reproductions give equal text.

    Example:
        >>> print(render_markdown(Reproduction({}, {}, (), (), ())).splitlines()[0])
        # “”, reproduced
    """
    return "\n".join(_lines(reproduction, folder)).rstrip() + "\n"


def _lines(reproduction: Reproduction, folder: str) -> Iterator[str]:
    paper = reproduction.paper
    yield f"# “{paper.title}”, reproduced"
    yield ""
    yield f"The tables, figures and claims of {paper.authors}"
    yield f"([arXiv:{paper.arxiv}](https://arxiv.org/abs/{paper.arxiv})) again, from networks at hand."
    yield f"This page is written from [reproduction.json]({folder}/reproduction.json); nothing in it is typed by hand."
    yield ""
    yield f"**{_escape(claims_sentence(reproduction))}** {_escape(runs_sentence(reproduction))}"
    yield ""
    yield from _claims(reproduction)
    yield from ("## Tables", "")
    for table in reproduction.tables:
        yield from _table(table, folder)
    yield from ("## Figures", "")
    for facts in reproduction.figures:
        yield from _figure(facts, folder)
    yield from ("## What is missing", "")
    yield from [f"- {_prose(line)}" for line in reproduction.missing] or [
        "Nothing: every run that was asked for is in the tables and figures."
    ]
    yield from (
        "",
        "## How to make it again",
        "",
        "```sh",
        reproduction.command or "# no command is recorded",
        "```",
        "",
    )
    if reproduction.seconds:
        yield f"The last sitting took {duration(reproduction.seconds)}; runs that are finished are not trained again."
        yield ""
    if reproduction.versions:
        yield f"Versions: {', '.join(f'{name} {version}' for name, version in reproduction.versions.items())}."


def _claims(reproduction: Reproduction) -> Iterator[str]:
    yield from ("## Claim by claim", "")
    if not reproduction.claims:
        yield from ("No claim was compared.", "")
        return
    several = any(claim.others for claim in reproduction.claims)
    rows = [
        (
            claim.where,
            claim.statement,
            claim.paper,
            f"{claim.ours} ({claim.decided_on})" if claim.decided_on else claim.ours,
            f"{VERDICTS[claim.verdict]} {claim.verdict}",
            *(("; ".join(beside(claim)),) if several else ()),
            claim.why + (f". Cause: {claim.cause}" if claim.cause else ""),
        )
        for claim in reproduction.claims
    ]
    headings = ["where", "claim", "the paper", "here", "verdict"]
    headings += ["by the same rule, other networks"] if several else []
    yield from _grid([*headings, "what decides"], rows, ["---"] * (len(headings) + 1))


def _table(table: Table, folder: str) -> Iterator[str]:
    name = file_name(table.name)
    source = f"{table.source} of the paper. " if table.source else ""
    yield from (f"### {_prose(table.title)}", "")
    yield from (f"{source}[CSV]({folder}/tables/{name}.csv), [LaTeX]({folder}/tables/{name}.tex)", "")
    headings = [column.name + (f" ({column.unit})" if column.unit else "") for column in table.columns]
    rows = [[show_cell(cell, c) for cell, c in zip(row, table.columns, strict=True)] for row in table.rows]
    yield from _grid(headings, rows, ["---" if c.format == "text" else "---:" for c in table.columns])
    for note in table.notes:
        yield f"- {_prose(note)}"
    if table.notes:
        yield ""


def _figure(facts: FigureFacts, folder: str) -> Iterator[str]:
    name, title = file_name(facts.name), _prose(facts.title)
    source = f"{facts.source} of the paper. " if facts.source else ""
    yield from (f"### {title}", "", f"![{title}]({folder}/figures/{name}.svg)", "")
    yield from (f"{source}{_prose(facts.caption)}", "")


def _grid(headings: Sequence[str], rows: Sequence[Sequence[str]], rules: Sequence[str]) -> Iterator[str]:
    """A Markdown table; an empty cell is a dash."""
    yield f"| {' | '.join(_prose(heading) for heading in headings)} |"
    yield f"|{'|'.join(rules)}|"
    for row in rows:
        yield f"| {' | '.join(_prose(cell) or '–' for cell in row)} |"
    yield ""


def _prose(text: str) -> str:
    """Text with group names typeset, as Markdown; what stands between backticks is code and stays as it is."""
    parts = text.split("`") if text.count("`") % 2 == 0 else [text]
    shown = [_escape(typeset_text(part)) for part in parts]
    shown[1::2] = [f"`{part.replace('|', BAR)}`" for part in parts[1::2]]
    return "".join(shown)


def _escape(text: str) -> str:
    """Plain text as Markdown."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")
    return re.sub(r"([\\`*_\[\]|#~])", r"\\\1", text)


if __name__ == "__main__":
    import sys
    from pathlib import Path

    from cosetta.reproduce.frame.results import load_reproduction

    _folder = Path(sys.argv[1])
    sys.stdout.write(render_markdown(load_reproduction(_folder), _folder.name))
