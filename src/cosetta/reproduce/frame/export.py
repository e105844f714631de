"""Tables as CSV and LaTeX, figures as SVG and PDF: the files that a paper is made from.

CSV holds the raw numbers, LaTeX the numbers as they are printed (booktabs). Figures carry no date, so equal facts give
equal bytes with one version of matplotlib. Every file is whole or absent.
"""

import csv
import re
from io import StringIO
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from cosetta.files import write_whole
from cosetta.report.figures.style import STYLE
from cosetta.reproduce.frame.cells import file_name, is_missing, show_cell, typeset_text
from cosetta.reproduce.frame.results import Table

__all__ = ["compact_svg", "escape_latex", "to_csv", "to_latex", "write_figure", "write_table"]

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$|$",
    "[": "{[}",
    "]": "{]}",
    "\u00a0": "~",
    "–": "--",
    "—": "---",
    "−": "$-$",
    "×": r"$\times$",
    "⋊": r"$\rtimes$",
    "±": r"$\pm$",
    "·": r"$\cdot$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≠": r"$\neq$",
    "→": r"$\to$",
    "∞": r"$\infty$",
    "∈": r"$\in$",
    "Σ": r"$\Sigma$",
    "χ": r"$\chi$",
    "ρ": r"$\rho$",
    "“": "``",
    "”": "''",
    "’": "'",
}
_SUPERSCRIPTS = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
_SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"
_PLAIN = str.maketrans(_SUPERSCRIPTS + _SUBSCRIPTS, "-01234567890123456789")


def to_csv(table: Table) -> str:
    r"""A table as CSV: a header of column names, then raw numbers.

    Args:
        table: the table.

    Returns:
        Text with `\n` line ends; a cell without a measurement is empty, a share stays a proportion.

    Example:
        >>> from cosetta.reproduce.frame.results import Column
        >>> to_csv(Table("t", "T", (Column("run"), Column("loss", "loss")), (("a", 2e-06), ("b", None))))
        'run,loss\na,2e-06\nb,\n'
    """
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    writer.writerows([["" if is_missing(cell) else cell for cell in row] for row in table.rows])
    return buffer.getvalue()


def to_latex(table: Table) -> str:
    """A table as a LaTeX `table` with booktabs rules, its notes below.

    Args:
        table: the table.

    Returns:
        Text to be put into a document that loads booktabs.
    """
    kinds = "".join("l" if column.format == "text" else "r" for column in table.columns)
    headings = [column.name + (f" ({column.unit})" if column.unit else "") for column in table.columns]
    lines = [
        r"% needs \usepackage{booktabs}",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escape_latex(typeset_text(table.title))}.}}",
        rf"\label{{tab:{file_name(table.name)}}}",
        rf"\begin{{tabular}}{{{kinds}}}",
        r"\toprule",
        _line([escape_latex(typeset_text(heading)) for heading in headings]),
        r"\midrule",
        *(
            _line([escape_latex(show_cell(cell, column)) for cell, column in zip(row, table.columns, strict=True)])
            for row in table.rows
        ),
        r"\bottomrule",
        r"\end{tabular}",
        *(rf"\par\smallskip{{\footnotesize {_prose(note)}}}" for note in table.notes),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _prose(text: str) -> str:
    """Text with group names typeset; what stands between backticks is code."""
    parts = text.split("`") if text.count("`") % 2 == 0 else [text]
    latex = [escape_latex(typeset_text(part)) for part in parts]
    latex[1::2] = [rf"\texttt{{{escape_latex(part)}}}" for part in parts[1::2]]
    return "".join(latex)


def _line(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def escape_latex(text: str) -> str:
    r"""Plain text as LaTeX, mathematical signs in math mode.

    Args:
        text: plain text, with Unicode sub- and superscripts.

    Returns:
        LaTeX; signs that are not known here pass as they are, for engines that read Unicode.

    Example:
        >>> print(escape_latex("100 % of S₄_x & 3.50\u00a0×\u00a010⁻⁶"))
        100 \% of S$_{4}$\_x \& 3.50~$\times$~10$^{-6}$
    """
    parts = re.split(f"([{_SUPERSCRIPTS}]+|[{_SUBSCRIPTS}]+)", text)
    plain = ["".join(_LATEX.get(letter, letter) for letter in part) for part in parts[::2]]
    scripts = [f"${'^' if part[0] in _SUPERSCRIPTS else '_'}{{{part.translate(_PLAIN)}}}$" for part in parts[1::2]]
    return "".join(piece for pair in zip(plain, [*scripts, ""], strict=True) for piece in pair)


def write_table(table: Table, folder: Path) -> None:
    """Write a table as `NAME.csv` and `NAME.tex`, each whole or not at all.

    Args:
        table: the table.
        folder: where; it must exist.
    """
    for ending, text in (("csv", to_csv(table)), ("tex", to_latex(table))):
        _write_text(folder / f"{file_name(table.name)}.{ending}", text)


def write_figure(figure: Figure, folder: Path, name: str) -> None:
    """Write a figure as `NAME.svg` and `NAME.pdf`, each whole or not at all.

    Args:
        figure: from a drawing function.
        folder: where; it must exist.
        name: name of the figure.
    """
    undated = {
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }
    for ending, metadata in undated.items():

        def save(path: Path, ending: str = ending, metadata: dict[str, None] = metadata) -> None:
            with matplotlib.rc_context({**STYLE, "pdf.fonttype": 42}):
                figure.savefig(path, format=ending, metadata=metadata, dpi=200)
            if ending == "svg":
                path.write_text(compact_svg(path.read_text(encoding="utf-8")), encoding="utf-8")

        write_whole(folder / f"{file_name(name)}.{ending}", save)


def compact_svg(markup: str) -> str:
    """An SVG with the coordinates of its paths rounded to a hundredth of a point; texts are left alone.

    Args:
        markup: what matplotlib wrote.

    Returns:
        The same picture in fewer bytes.

    Example:
        >>> compact_svg('<path d="M 1.234567 2.5 "/><text>1.234567</text>')
        '<path d="M 1.23 2.5 "/><text>1.234567</text>'
    """
    return re.sub(r' d="[^"]*"', lambda path: re.sub(r"(\d\.\d\d)\d+", r"\1", path[0]), markup)


def _write_text(path: Path, text: str) -> None:
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8", newline="\n"))
