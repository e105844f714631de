"""A folder of runs as three tables: one row a run, one row a neuron, one row an account and run.

The tables depend on the runs alone: not on the order in which they were made, nor on whether they were made in one go,
except for the columns of wall time (`TIMES`). They are written as Parquet, which DuckDB and pandas read without us.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import polars as pl

from cosetta.errors import BadConfig, BadRun
from cosetta.files import FilePath, read_parquet, write_table
from cosetta.population.rows import ACCOUNTS, NEURONS, NEWER, RUNS, SETTINGS, RunReader

__all__ = ["Census", "census", "load_census"]

NO_ACCOUNTS = pl.DataFrame(schema=ACCOUNTS)


@final
@dataclass(frozen=True)
class Census:
    """The runs below a folder and their neurons, as tables; docs/census.md says what each column holds.

    Args:
        runs: one row a run, finished or not.
        neurons: one row a neuron of each run that is explained.
        skipped: one line for each file that could not be used, which names the run.
        accounts: one row an account of each run that is explained; empty for tables written before there were accounts.
    """

    runs: pl.DataFrame
    neurons: pl.DataFrame
    skipped: tuple[str, ...] = ()
    accounts: pl.DataFrame = field(default_factory=lambda: NO_ACCOUNTS)

    def where(self, **values: Any) -> "Census":
        """The part of the census whose runs have these values.

        Args:
            **values: columns of `runs` and the value that each must have.

        Returns:
            A smaller census; lines about skipped files stay.

        Raises:
            BadConfig: if there is no such column.

        Example:
            >>> from cosetta.population.rows import NEURONS, RUNS
            >>> Census(pl.DataFrame(schema=RUNS), pl.DataFrame(schema=NEURONS)).where(group="S5", width=96).runs.height
            0
        """
        unknown = sorted(set(values) - set(self.runs.columns))
        if unknown:
            raise BadConfig(f"`{unknown[0]}` is not a column of the runs; they have {', '.join(self.runs.columns)}")
        runs = self.runs
        for name, value in values.items():
            runs = runs.filter(pl.col(name).eq_missing(value))
        kept = pl.col("run").is_in(runs["run"].to_list())
        return Census(runs, self.neurons.filter(kept), self.skipped, self.accounts.filter(kept))

    def populations(self) -> dict[str, "Census"]:
        """The census by configuration: runs of one population differ in nothing but the seed.

        Returns:
            One census each, in the order of the runs, by a name such as `S5 fast`, or `S5 fast, width 96` if runs of
            one group and recipe differ in a setting that is a column.
        """
        parts: dict[str, Census] = {}
        for (group, recipe), rows in self.runs.group_by("group", "recipe", maintain_order=True):
            varied = [name for name in SETTINGS if rows[name].n_unique() > 1]
            kinds = rows.unique("setting", keep="first", maintain_order=True)
            for values in kinds.select("setting", *varied).rows(named=True):
                setting = values.pop("setting")
                said = "".join(f", {name} {'full' if value is None else value}" for name, value in values.items())
                name = f"{group} {recipe}{said}"
                parts[name if name not in parts else f"{name}, setting {setting}"] = self.where(setting=setting)
        return parts

    def save(self, folder: FilePath) -> None:
        """Write `runs.parquet`, `neurons.parquet` and `accounts.parquet`, each whole or not at all.

        Args:
            folder: where they go; made if missing.

        Raises:
            OSError: if a file cannot be written.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in (("runs", self.runs), ("neurons", self.neurons), ("accounts", self.accounts)):
            write_table(folder / f"{name}.parquet", frame, compression="zstd", compression_level=15)


def census(folder: FilePath, *, argmin: bool = True) -> Census:
    """Read every run below a folder into three tables.

    Args:
        folder: holds run folders, at any depth; a run folder itself is a population of one.
        argmin: whether to label neurons by the paper's rule too, the smallest C_H, which reads the weights (about 10
            ms an S5 run); without it the column `argmin` is null.

    Returns:
        The tables, sorted by group, recipe, settings and seed.

    Raises:
        BadRun: if the folder does not exist or holds no run.

    Source:
        This project.

    Example:
        >>> import tempfile
        >>> from cosetta import named_group, train
        >>> from cosetta.training import fast
        >>> folder, config = Path(tempfile.mkdtemp()), fast("S3", embed_dim=8, width=8, train_fraction=0.8)
        >>> run = train(config, named_group("S3"), folder / config.run_name)
        >>> found = census(folder)
        >>> found.runs["status"].to_list(), found.neurons.height, len(found.skipped)
        (['finished'], 0, 1)
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise BadRun(f"`{folder}` must be a folder of runs; there is no such folder: name another")
    reader = RunReader(argmin)
    rows, skipped, seen = [], [], {}
    neurons, accounts = [pl.DataFrame(schema=NEURONS)], [pl.DataFrame(schema=ACCOUNTS)]
    for path in _run_folders(folder):
        name = path.relative_to(folder).as_posix() if path != folder else path.resolve().name
        try:
            found = reader.read(path, name)
        except BadRun as error:
            skipped.append(f"{name}: {error}")
            continue
        key = tuple(found.run[column] for column in ("group", "recipe", "seed", "hash"))  # 32 bits alone meet by chance
        if (twin := seen.setdefault(key, name)) != name:
            skipped.append(f"{name}: the same configuration as {twin}: one run must not count twice")
            continue
        rows.append(found.run)
        neurons.append(pl.DataFrame(found.neurons, schema=NEURONS))
        accounts.append(pl.DataFrame(found.accounts, schema=ACCOUNTS))
        skipped += found.lines
    if not rows and not skipped:
        raise BadRun(f"`{folder}` must hold runs; no folder below it has a config.json: name another")
    return _sorted(pl.DataFrame(rows, schema=RUNS), pl.concat(neurons), pl.concat(accounts), tuple(skipped))


def load_census(folder: FilePath) -> Census:
    """Read `runs.parquet`, `neurons.parquet` and, where there is one, `accounts.parquet` back.

    Args:
        folder: where `Census.save` wrote them.

    Returns:
        The census, without the lines about what was skipped.

    Raises:
        BadRun: if a file is missing, damaged or lacks a column.
    """
    folder, frames = Path(folder), {}
    newer = {name: RUNS[name] for name in NEWER}
    known = {name: kind for name, kind in RUNS.items() if name not in newer}
    tables = {"runs": (known, newer), "neurons": (NEURONS, {}), "accounts": (ACCOUNTS, {})}
    if not (folder / "accounts.parquet").exists():  # of a census made before there were accounts
        del tables["accounts"]
    for name, (schema, optional) in tables.items():
        path, what = folder / f"{name}.parquet", "a table of a census"
        found = read_parquet(path, schema, what=what, advice="run `cosetta census` again", optional=optional)
        missing = {column: pl.lit(None, kind) for column, kind in optional.items() if column not in found.columns}
        frames[name] = found.with_columns(**missing)
    return Census(frames["runs"].select(*RUNS), frames["neurons"], (), frames.get("accounts", NO_ACCOUNTS))


def _run_folders(folder: Path) -> Iterator[Path]:
    """Folders with a config.json, in the order of their paths; nothing inside a run is a run."""
    for current, folders, files in os.walk(folder):
        if "config.json" in files:
            folders.clear()
            yield Path(current)
        folders[:] = sorted(name for name in folders if not name.startswith("."))


def _sorted(runs: pl.DataFrame, neurons: pl.DataFrame, accounts: pl.DataFrame, skipped: tuple[str, ...]) -> Census:
    """By group, recipe, settings, seed, so that the order in which runs were made cannot be seen."""
    runs = runs.sort("group", "recipe", *SETTINGS, "seed", "run", nulls_last=True)
    place = runs.select("run", place=pl.int_range(pl.len()))
    ordered = neurons.join(place, on="run", how="left", maintain_order="left").sort("place", "neuron").drop("place")
    said = accounts.join(place, on="run", how="left", maintain_order="left").sort("place", maintain_order=True)
    return Census(runs, ordered, skipped, said.drop("place"))
