"""Parquet files: sealed when they are written, and read without trusting them."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosetta.errors import BadRun, CosettaError
from cosetta.files.paths import FilePath
from cosetta.files.reading import read_bytes
from cosetta.files.seals import is_sealed, sealed
from cosetta.files.trial import trial_reading
from cosetta.files.writing import write_whole

if TYPE_CHECKING:
    import polars as pl

__all__ = ["check_parquet", "read_parquet", "write_table"]

MAX_TABLE = 2**30
"""Largest Parquet file in bytes; the neurons of 500 networks take 2 MB."""

MAX_ROWS = 10**8
"""Most rows of a table: a file of a few bytes can declare any number."""


def check_parquet(
    path: FilePath, *, what: str, advice: str, error: type[CosettaError] = BadRun, max_rows: int = MAX_ROWS
) -> bytes:
    """The content of a Parquet file that can be read without harm: it has a whole seal, or another process has read it.

    Args:
        path: the file.
        what: what it must be, for the message.
        advice: the next step, for the message.
        error: class of the error.
        max_rows: refuse longer tables.

    Returns:
        The bytes.

    Raises:
        CosettaError: of class `error`, if the file is missing, damaged or too large.

    Example:
        >>> check_parquet("nowhere.parquet", what="the metrics of a run", advice="train it again")
        Traceback (most recent call last):
        cosetta.errors.BadRun: `nowhere.parquet` must be the metrics of a run; it does not exist: train it again
    """
    path = Path(path)
    content = read_bytes(path, what=what, advice=advice, error=error, max_bytes=MAX_TABLE)
    if not is_sealed(content) and (reason := trial_reading(path, max_rows)):
        raise error(f"`{path}` must be {what}; {reason}: {advice}")
    return content


def read_parquet(
    path: FilePath,
    columns: Mapping[str, Any],
    *,
    what: str,
    advice: str,
    optional: Mapping[str, Any] | None = None,
    error: type[CosettaError] = BadRun,
) -> "pl.DataFrame":
    """Some columns of a Parquet file, with their types.

    Args:
        path: the file.
        columns: polars types by name; other columns are not read.
        what: what it must be, for the message.
        advice: the next step, for the message.
        optional: columns that are read if they are there.
        error: class of the error.

    Returns:
        The columns, in the order given.

    Raises:
        CosettaError: of class `error`, if the file is missing, damaged, too long, or lacks a column of this type.
    """
    import polars as pl

    content = check_parquet(path, what=what, advice=advice, error=error)
    try:
        found = pl.read_parquet_schema(content)
        wanted = dict(columns) | {name: kind for name, kind in (optional or {}).items() if name in found}
        odd = [name for name, kind in wanted.items() if found.get(name) != kind]
        if not odd:
            return pl.read_parquet(content, columns=list(wanted)).select(*wanted)
        reason = f"its column `{odd[0]}` is {found.get(odd[0], 'missing')}, not {wanted[odd[0]]}"
    except (pl.exceptions.PolarsError, OSError, ValueError) as problem:
        reason = " ".join(str(problem).split())[:200]
    raise error(f"`{path}` must be {what}; {reason}: {advice}")


def write_table(path: FilePath, table: "pl.DataFrame", **options: Any) -> None:
    """Write a table as Parquet, sealed, whole or not at all.

    Args:
        path: the file.
        table: the table.
        **options: of `polars.DataFrame.write_parquet`.

    Raises:
        OSError: if it cannot be written, also where polars has an error of its own for a full disk.
    """
    content = BytesIO()
    table.write_parquet(content, **options)
    write_whole(path, lambda temporary: temporary.write_bytes(sealed(content.getvalue())))
