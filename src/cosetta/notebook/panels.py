"""Figures of several panels, as a notebook shows them: beside each other, or under each other where it is narrow."""

from collections.abc import Iterable
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from cosetta import report
from cosetta.files import FilePath, write_together

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Panels", "panels"]


@final
class Panels(tuple[Any, ...]):
    """The panels of one figure, each a matplotlib figure of its own, and what they show.

    Args:
        figures: the panels.
        caption: in plain text.

    Example:
        >>> from cosetta.report.figures.style import new_figure
        >>> Panels([new_figure(2.0, 2.0), new_figure(3.0, 2.0)])
        Panels(2)
    """

    caption: str

    def __new__(cls, figures: Iterable[Any] = (), caption: str = "") -> "Panels":
        """Keep the caption beside the panels."""
        self = super().__new__(cls, figures)
        self.caption = caption
        return self

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (tuple(self), self.caption)

    def savefig(self, path: FilePath) -> list[Path]:
        """Write each panel to a file of its own, all of them or none.

        Args:
            path: the file; with several panels, `name-1.svg`, `name-2.svg` and so on. Its ending says the format, and
                is `.png` if it has none.

        Returns:
            The files.
        """
        path = Path(path) if Path(path).suffix else Path(path).with_suffix(".png")
        many = len(self) > 1
        files = [path.with_stem(f"{path.stem}-{i}") if many else path for i in range(1, len(self) + 1)]
        write_together(
            [
                (file, partial(figure.savefig, format=file.suffix[1:], facecolor="white"))
                for figure, file in zip(self, files, strict=True)
            ]
        )
        return files

    def __repr__(self) -> str:
        """How many panels."""
        return f"Panels({len(self)})"

    def _repr_html_(self) -> str:
        """The panels on a white ground."""
        drawn = "".join(
            f'<div style="flex: 0 1 auto">{report.figures.to_svg(figure, f"panel-{id(self):x}-{i}")}</div>'
            for i, figure in enumerate(self)
        )
        ground = "background: #fff; color: #222; border-radius: 6px; padding: 4px; font-family: sans-serif"
        said = f"<p>{escape(self.caption)}</p>" if self.caption else ""
        return f'<div style="display: flex; flex-wrap: wrap; gap: 12px; {ground}">{drawn}</div>{said}'


def panels(figures: "tuple[Figure, ...] | Figure", caption: str = "") -> Panels:
    """One figure or several as panels.

    Args:
        figures: from a `draw_*` function.
        caption: what they show.

    Returns:
        The panels.
    """
    return Panels(figures if isinstance(figures, tuple) else (figures,), caption)
