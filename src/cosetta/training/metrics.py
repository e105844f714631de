"""The evaluations of a run on disk: scores in `metrics.parquet`, wall times in `timing.json`.

Scores repeat when a run is made again, times and machines do not: so they are two files, and what is passed on holds no
time. A run without `timing.json` has the same metrics with `seconds` unknown.
"""

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, final

import polars as pl
from pydantic import Field

from cosetta.errors import BadRun
from cosetta.files import read_json, read_parquet, write_json, write_table

__all__ = ["METRICS", "read_analysis_seconds", "read_metrics", "write_analysis_seconds", "write_metrics"]

METRICS = {
    "step": pl.Int64,
    "phase": pl.Int64,
    "seconds": pl.Float64,
    "train_loss": pl.Float64,
    "test_loss": pl.Float64,
    "train_accuracy": pl.Float64,
    "test_accuracy": pl.Float64,
}
"""Columns of the metrics: wall time in seconds, loss in nats, accuracy in [0, 1]; `seconds` is in `timing.json`."""

TIMING = "timing.json"
"""Wall times and the machine: the only file of a run, beside the report of it, that differs when it is made again."""

TIMING_SCHEMA = 1
"""Number of the layout of `timing.json`."""


@final
@dataclass(frozen=True)
class Timing:
    """What is read of `timing.json`: wall times in seconds, at each evaluation and of the analysis; the machine."""

    seconds: tuple[Annotated[float, Field(ge=0)], ...]
    analysis_seconds: Annotated[float, Field(ge=0)] | None = None
    host: dict[str, Any] | None = None


def write_metrics(folder: Path, rows: list[tuple]) -> None:
    """Write both files, each whole or not at all.

    Args:
        folder: the run's folder.
        rows: the values of `METRICS` at each evaluation.

    Raises:
        OSError: if a file cannot be written.
    """
    table = pl.DataFrame(rows, schema=METRICS, orient="row")
    _write_timing(folder, table["seconds"].to_list())
    write_table(folder / "metrics.parquet", table.drop("seconds"))


def write_analysis_seconds(folder: Path, seconds: float) -> None:
    """Note in `timing.json` how long the analysis took; the times of the training stay.

    Args:
        folder: the run's folder, or that of an explained checkpoint.
        seconds: wall time of the analysis.

    Raises:
        OSError: if the file cannot be written.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_analysis_seconds(folder, 1.5)
        >>> read_analysis_seconds(folder)
        1.5
    """
    found = _timing(folder)
    _write_timing(folder, list(found.seconds), found.host, seconds)


def read_analysis_seconds(folder: Path) -> float | None:
    """How long the analysis of a run took.

    Args:
        folder: the run's folder.

    Returns:
        Wall time in seconds; None if nobody noted it.
    """
    return _timing(folder).analysis_seconds


def read_metrics(folder: Path) -> pl.DataFrame:
    """The evaluations of a run, checked.

    Args:
        folder: the run's folder.

    Returns:
        The columns of `METRICS`; `seconds` is null where `timing.json` is missing or not of these evaluations.

    Raises:
        BadRun: if `metrics.parquet` is missing or damaged, or a value is out of range.
    """
    path, what, advice = folder / "metrics.parquet", "the whole metrics of a run", "train again in a new folder"
    scores = {name: kind for name, kind in METRICS.items() if name != "seconds"}
    table = read_parquet(path, scores, what=what, advice=advice, optional={"seconds": METRICS["seconds"]})
    if reason := _fault(table.select(*scores)):
        raise BadRun(f"`{path}` must be {what}; {reason}: {advice}")
    if "seconds" not in table.columns:  # there it stood in the files of earlier versions
        table = table.with_columns(_seconds(folder, table.height))
    return table.select(*METRICS)


def _fault(table: pl.DataFrame) -> str:
    """What cannot be true of the scores of a run, or an empty string."""
    if not table.height:
        return "it has no evaluation"
    for name in table.columns:
        column = table[name]
        if column.null_count():
            return f"`{name}` has missing values"
        if column.dtype.is_float() and not bool(column.is_finite().all()):
            return f"`{name}` has values that are not finite"
        limit = 1.0 if name.endswith("accuracy") else float("inf")
        if not bool(column.is_between(0, limit).all()):
            return f"`{name}` has values out of range"
    return "" if bool((table["step"].diff().drop_nulls() > 0).all()) else "`step` must rise"


def _seconds(folder: Path, evaluations: int) -> pl.Series:
    """The wall times of this many evaluations, or nulls: they are not worth an error."""
    found = _timing(folder).seconds
    return pl.Series("seconds", found if len(found) == evaluations else [None] * evaluations, dtype=METRICS["seconds"])


def _timing(folder: Path) -> Timing:
    """What `timing.json` says; nothing if it is missing or damaged."""
    try:
        return read_json(folder / TIMING, Timing, what="times", advice="", schema=TIMING_SCHEMA)
    except BadRun:
        return Timing(())


def _write_timing(
    folder: Path, seconds: list[float], host: dict[str, Any] | None = None, analysis_seconds: float | None = None
) -> None:
    machine = host or {"platform": platform.platform(), "machine": platform.machine(), "cpus": os.cpu_count()}
    values = {"schema": TIMING_SCHEMA, "host": machine, "seconds": seconds}
    write_json(folder / TIMING, values | ({} if analysis_seconds is None else {"analysis_seconds": analysis_seconds}))
