"""What a reproduction says, as plain frozen data: the content of `reproduction.json`.

Tables, figures and claims are made from what a paper's own folder measures; the page, the CSV, LaTeX and SVG files, the
Markdown page and the command line render these objects and compute nothing of their own.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, final

from pydantic import TypeAdapter

from cosetta.files import FilePath, read_json

__all__ = [
    "Cell",
    "Claim",
    "Column",
    "FigureFacts",
    "Finding",
    "Paper",
    "Reproduction",
    "Table",
    "Verdict",
    "load_reproduction",
]

SCHEMA = 3
"""Number of this layout; raised when a field changes its meaning."""

Cell = float | int | str | None
"""A number, a word, or None for what was not measured (printed as a dash)."""

Verdict = Literal["agrees", "differs", "cannot be checked"]


@final
@dataclass(frozen=True)
class Paper:
    """What is reproduced.

    Args:
        key: name for the command line, such as `stander2024`.
        title: of the paper.
        authors: of the paper, family names.
        arxiv: number at arxiv.org.
    """

    key: str
    title: str
    authors: str
    arxiv: str


@final
@dataclass(frozen=True)
class Column:
    """One column of a table.

    Args:
        name: its heading.
        format: how numbers are printed: `percent`, `loss` (three significant digits), `count`, `number`, or `text`.
        unit: unit or range of its numbers, or an empty string.
    """

    name: str
    format: Literal["percent", "loss", "count", "number", "text"] = "text"
    unit: str = ""


@final
@dataclass(frozen=True)
class Table:
    """A table, with raw numbers.

    Args:
        name: file name without ending, such as `table1-S5`.
        title: what it shows.
        columns: its columns.
        rows: cells row by row, as many as columns.
        notes: what a reader must know: corrections of the paper, missing runs, what a control shows.
        source: table of the paper it stands for, such as `Table 1`, or an empty string.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse a row that has not a cell for each column."""
        for i, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"table `{self.name}` must have {len(self.columns)} cells a row; row {i} has {len(row)}"
                )


@final
@dataclass(frozen=True)
class FigureFacts:
    """The numbers behind one figure, and what it shows.

    Args:
        name: file name without ending, such as `ablation-S5`.
        kind: which drawing function draws it (`figures.py`).
        title: what it shows.
        caption: the finding, and the check behind it.
        data: the numbers, in the layout that the drawing function of this kind documents.
        source: figure of the paper it stands for, such as `Figure 5`, or an empty string.
    """

    name: str
    kind: str
    title: str
    caption: str
    data: dict[str, Any]
    source: str = ""


@final
@dataclass(frozen=True)
class Finding:
    """What one population says of a claim.

    Args:
        population: name of the population, such as `fast`.
        ours: our number, with the number of runs behind it.
        verdict: whether it agrees with the paper's, by the claim's rule.
        why: what decides it: the rule, the control, or why it cannot be checked.
        near: whether its numbers alone, without intervals and however few runs, are as the rule asks.
    """

    population: str
    ours: str
    verdict: Verdict
    why: str
    near: bool = False


@final
@dataclass(frozen=True)
class Claim:
    """A claim of the paper, or of a later one, beside what was measured.

    Args:
        section: where the paper says it.
        statement: the claim, in our words.
        paper: the paper's number.
        ours: our number, with the number of runs behind it.
        verdict: whether they agree.
        why: what decides the verdict: the tolerance, the control, or why it cannot be checked.
        source: who makes the claim if it is not the paper; only claims without a source count as the paper's.
        id: stable name, by which claims are found.
        decided_on: the population that `ours` and `verdict` are of; empty where there is none, as in algebra.
        others: what the other populations say, by the same rule.
        cause: which of recipe, size, measure or paper makes the difference, and what shows it; empty where none does.
    """

    section: str
    statement: str
    paper: str
    ours: str
    verdict: Verdict
    why: str
    source: str = ""
    id: str = ""
    decided_on: str = ""
    others: tuple[Finding, ...] = ()
    cause: str = ""

    @property
    def where(self) -> str:
        """The section, with the source unless it is the paper."""
        return f"{self.section} ({self.source})" if self.source else self.section


@final
@dataclass(frozen=True)
class Reproduction:
    """The whole reproduction.

    Args:
        settings: what was asked for.
        populations: runs used, by `<group> <recipe>`.
        tables: the paper's tables, then ours.
        figures: the paper's figures, then ours.
        claims: claim by claim.
        missing: runs and figures that are not here, with the reason, one line each.
        command: the command that makes this result again.
        seconds: wall time of this sitting.
        versions: of Cosetta, Python and torch.
        paper: what is reproduced.
        words: terms of the page and what they mean.
        schema: number of this layout.
    """

    settings: dict[str, Any]
    populations: dict[str, int]
    tables: tuple[Table, ...]
    figures: tuple[FigureFacts, ...]
    claims: tuple[Claim, ...]
    missing: tuple[str, ...] = ()
    command: str = ""
    seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    paper: Paper = Paper("", "", "", "")
    words: tuple[tuple[str, str], ...] = ()
    schema: int = SCHEMA

    def to_json(self) -> bytes:
        """The reproduction as JSON, the content of `reproduction.json`.

        Returns:
            UTF-8 text; `load_reproduction` reads it back to an equal object.
        """
        return _REPRODUCTION.dump_json(self)


_REPRODUCTION = TypeAdapter(Reproduction)


def load_reproduction(path: FilePath) -> Reproduction:
    """Read `reproduction.json`.

    Args:
        path: the file, or the folder that holds it.

    Returns:
        The reproduction.

    Raises:
        BadRun: if the file is missing, damaged, or of another schema.
    """
    path = Path(path)
    path = path / "reproduction.json" if path.is_dir() else path
    advice = "run `cosetta reproduce` again"
    return read_json(path, Reproduction, what="a whole reproduction", advice=advice, schema=SCHEMA)
