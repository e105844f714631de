"""The comparison on disk: `compare.json`, `compare.parquet` and `compare.html`, all of them new or none."""

from pathlib import Path

from cosetta.files import FilePath, write_table, write_together
from cosetta.report.compare_page import render_comparison
from cosetta.results import Comparison

__all__ = ["write_comparison"]


def write_comparison(comparison: Comparison, folder: FilePath) -> None:
    """Write the three files; `compare.json` is renamed last, so a folder with a new one has all of them new.

    Args:
        comparison: what to write.
        folder: where the files go; made if missing.

    Raises:
        OSError: if a file cannot be written; then none is changed.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    page = render_comparison(comparison)
    table = comparison.to_frame()
    write_together(
        [
            (folder / "compare.parquet", lambda path: write_table(path, table, compression="zstd")),
            (folder / "compare.html", lambda path: path.write_text(page, encoding="utf-8")),
            (folder / "compare.json", lambda path: path.write_bytes(comparison.to_json())),
        ]
    )
