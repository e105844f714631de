"""One run folder as one row of `runs` and one row a neuron of `neurons`.

A file that is missing or damaged leaves nulls in the row and a line in the list of what was skipped; nothing is guessed
and nothing dropped without a word. The columns are documented in docs/census.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final, get_args

import numpy as np
import polars as pl

from cosetta.errors import BadRun, CosettaError
from cosetta.explanation import failure
from cosetta.groups import Group, SubgroupLattice, subgroup_lattice
from cosetta.harmonics import Irrep
from cosetta.harmonics import irreps as all_irreps
from cosetta.measures import coset_variance_fractions
from cosetta.models import FoldedModel
from cosetta.results import (
    AccountRecord,
    Analysis,
    Arena,
    Contest,
    DeadNeuron,
    load_analysis,
    neuron_row,
)
from cosetta.training.config import TrainConfig
from cosetta.training.metrics import read_analysis_seconds
from cosetta.training.run_folder import TrainedRun, read_record
from cosetta.trajectory import concentrations

__all__ = [
    "ACCOUNTS",
    "GROK_ACCURACY",
    "NEURONS",
    "NEWER",
    "RUNS",
    "SETTINGS",
    "TIMES",
    "RunReader",
    "nearest_classes",
    "settings_of",
]

GROK_ACCURACY = 0.99
"""A run has grokked from the first evaluation with at least this test accuracy after which none falls below it."""

TIMES = ("seconds", "grok_seconds", "analysis_seconds")
"""Columns of `runs` that hold wall time: all others repeat when the same runs are made again."""

_KINDS: dict[Any, Any] = {bool: pl.Boolean, int: pl.Int64, float: pl.Float64}
_NAMED = ("group", "recipe", "seed", "phases", "betas", "device")


def _dtype(annotation: Any) -> Any:
    """Column type of a field: of its first type other than None; words where it has none of its own."""
    kinds = [_KINDS[kind] for kind in (annotation, *get_args(annotation)) if isinstance(kind, type) and kind in _KINDS]
    return kinds[0] if kinds else pl.String


SETTINGS: dict[str, Any] = {
    **{name: _dtype(field.annotation) for name, field in TrainConfig.model_fields.items() if name not in _NAMED},
    "beta1": pl.Float64,
    "beta2": pl.Float64,
    "phases": pl.Int64,
    "max_steps": pl.Int64,
    "learning_rate": pl.Float64,
    "weight_decay": pl.Float64,
    "batch_size": pl.Int64,
}
"""Columns that say how a run was made; the last three are those of the first phase, null is the full batch."""

RUNS: dict[str, Any] = {
    "run": pl.String,
    "group": pl.String,
    "order": pl.Int64,
    "recipe": pl.String,
    "seed": pl.Int64,
    "hash": pl.String,
    "setting": pl.String,
    "status": pl.String,
    "reason": pl.String,
    **SETTINGS,
    "device": pl.String,
    "version": pl.String,
    "steps": pl.Int64,
    "seconds": pl.Float64,
    "train_loss": pl.Float64,
    "test_loss": pl.Float64,
    "train_accuracy": pl.Float64,
    "test_accuracy": pl.Float64,
    "grok_step": pl.Int64,
    "grok_seconds": pl.Float64,
    "is_explained": pl.Boolean,
    "accuracy": pl.Float64,
    "loss": pl.Float64,
    "live": pl.Int64,
    "explained": pl.Int64,
    "explained_share": pl.Float64,
    "significant_share": pl.Float64,
    "chance_share": pl.Float64,
    "explained_strength": pl.Float64,
    "best_account": pl.String,
    "circuits": pl.Int64,
    "coset_threshold": pl.Float64,
    "analysis_seconds": pl.Float64,
}
"""Columns of `runs` and their types."""

NEURONS: dict[str, Any] = {
    "run": pl.String,
    "group": pl.String,
    "recipe": pl.String,
    "neuron": pl.Int32,
    "status": pl.String,
    "subgroup": pl.String,
    "right_subgroup": pl.String,
    "out_subgroup": pl.String,
    "argmin": pl.String,
    "subgroup_order": pl.Int32,
    "conjugate": pl.Int32,
    "twisted": pl.String,
    "irrep": pl.String,
    "fraction": pl.Float32,
    "p_value": pl.Float32,
    "mirror_residual": pl.Float32,
    "leak": pl.Float32,
    "strength": pl.Float32,
    "silent_share": pl.Float32,
    "shared_coset": pl.Int32,
    "circuit": pl.Int32,
}
"""Columns of `neurons` and their types; 32-bit floats hold all the digits that mean anything."""

ACCOUNTS: dict[str, Any] = {
    "run": pl.String,
    "group": pl.String,
    "recipe": pl.String,
    "account": pl.String,
    "title": pl.String,
    "refused": pl.String,
    "covered": pl.Int32,
    "strength": pl.Float64,
    "bits": pl.Float64,
    "accuracy": pl.Float64,
    "recovered": pl.Float64,
    "recovered_low": pl.Float64,
    "recovered_high": pl.Float64,
    "fidelity": pl.Float64,
    "control_recovered": pl.Float64,
    "control_low": pl.Float64,
    "control_high": pl.Float64,
    "verdict": pl.String,
    "is_best": pl.Boolean,
}
"""Columns of `accounts` and their types: one row an account and run, whatever accounts there are."""

NEWER = ("significant_share", "chance_share", "explained_strength", "best_account", "architecture", "heads")
"""Columns of `runs` that tables written before 2026-11-27 do not have."""


def settings_of(config: TrainConfig) -> dict[str, Any]:
    """Values of the columns `SETTINGS`.

    Args:
        config: the configuration of a run.

    Returns:
        One value a column.

    Example:
        >>> from cosetta.training import fast
        >>> settings_of(fast("S5"))["width"]
        128
    """
    first = config.phases[0]
    phase = {name: getattr(first, name) for name in ("learning_rate", "weight_decay", "batch_size")}
    derived = {"phases": len(config.phases), "max_steps": config.max_steps, **phase}
    betas = dict(zip(("beta1", "beta2"), config.betas, strict=True))
    return {name: getattr(config, name) for name in SETTINGS if name not in derived | betas} | betas | derived


_Part = tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]
"""Values of the row of a run, rows of its neurons, rows of its accounts."""


@final
@dataclass(frozen=True)
class RunRows:
    """Everything about one run.

    Args:
        run: its row of `runs`.
        neurons: its rows of `neurons`.
        accounts: its rows of `accounts`.
        lines: one for each file that could not be used.
    """

    run: dict[str, Any]
    neurons: list[dict[str, Any]] = field(default_factory=list)
    accounts: list[dict[str, Any]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


@final
@dataclass(frozen=True)
class _Algebra:
    """What the argmin rule needs of a group, made once a group."""

    group: Group
    lattice: SubgroupLattice
    irreps: tuple[Irrep, ...]


@final
class RunReader:
    """Reads run folders; lattices and irreps are made once a group.

    Args:
        argmin: whether to label neurons by the paper's rule too, which reads the weights.
    """

    def __init__(self, argmin: bool) -> None:
        self.argmin = argmin
        self._known: dict[str, _Algebra] = {}

    def read(self, folder: Path, name: str) -> "RunRows":
        """Everything about one run.

        Args:
            folder: the run's folder.
            name: what it is called in the tables.

        Returns:
            Its row, its neurons' and accounts' rows, and a line for each file that could not be used.

        Raises:
            BadRun: if there is no row to make because its record is damaged.
        """
        run = TrainedRun(folder, read_record(folder))
        row = dict.fromkeys(RUNS) | _made(run) | {"run": name, "is_explained": False}
        row["status"], row["reason"] = _status(folder)
        if not (folder / "model.safetensors").is_file():
            return RunRows(row)
        lines, neurons, accounts = [], [], []
        for part in (_learned, self._explained):
            try:
                values, found, said = part(run)
            except (CosettaError, OSError) as error:
                lines.append(f"{name}: {error}")
            except Exception as error:  # one odd run must not end the census of a thousand
                lines.append(f"{name}: {type(error).__name__}: {' '.join(str(error).split())[:300]}: explain it again")
            else:
                row |= values
                neurons += found
                accounts += said
        shared = {column: row[column] for column in ("run", "group", "recipe")}
        rows = [[shared | more for more in found] for found in (neurons, accounts)]
        return RunRows(row, rows[0], rows[1], lines)

    def _explained(self, run: TrainedRun) -> "_Part":
        """What the analysis says of the run, of its neurons, and by account."""
        if not (run.folder / "analysis.json").is_file() and (run.folder / "folding.json").is_file():
            return {}, [], []  # its neurons are not functions on the group
        analysis = load_analysis(run.folder)
        theirs = analysis.run.get("hash", run.record["hash"])
        if theirs != run.record["hash"]:
            raise BadRun(f"`analysis.json` must be of this run; it is of one with hash {theirs}: explain it again")
        classes = self._argmin(run, analysis) if self.argmin else [None] * analysis.width
        labelled = zip(analysis.neurons, classes, strict=True)
        rows = [neuron_row(neuron, analysis.coset) | {"argmin": name} for neuron, name in labelled]
        values = {
            "is_explained": True,
            "accuracy": analysis.accuracy,
            "loss": analysis.loss,
            "live": len(analysis.live),
            "explained": len(analysis.coset.covered),
            "explained_share": analysis.covered_share,
            "significant_share": analysis.chance.significant if analysis.chance else None,
            "chance_share": analysis.chance.by_chance if analysis.chance else None,
            "explained_strength": analysis.covered_strength,
            "best_account": analysis.arena.best if analysis.arena else None,
            "circuits": len(analysis.coset.circuits),
            "coset_threshold": analysis.thresholds.get("coset_threshold"),
            "analysis_seconds": read_analysis_seconds(run.folder),
        }
        return values, rows, _accounts(analysis)

    def _algebra(self, run: TrainedRun) -> _Algebra:
        """Lattice and irreps of the run's group, found once for each multiplication table."""
        key = run.record["group"]["content_hash"]
        if key not in self._known:
            self._known[key] = _Algebra(run.group, subgroup_lattice(run.group), all_irreps(run.group))
        return self._known[key]

    def _argmin(self, run: TrainedRun, analysis: Analysis) -> list[str]:
        """Class with the smallest C_H of `left` for each neuron of a run."""
        known = self._algebra(run)
        run.check_group(known.group)
        dead = [isinstance(neuron, DeadNeuron) for neuron in analysis.neurons]
        return nearest_classes(run.folded(), known.lattice, known.irreps, dead)


def nearest_classes(
    model: FoldedModel, lattice: SubgroupLattice, irreps: tuple[Irrep, ...], dead: Sequence[bool]
) -> list[str]:
    """Label neurons by the paper's rule: the class with the smallest C_H of `left`, over proper nontrivial subgroups.

    Args:
        model: the network.
        lattice: of its group.
        irreps: all of its group.
        dead: whether each neuron is dead.

    Returns:
        A class a neuron; `none` where every C_H is 1 or more, `dead` where the neuron is.
    """
    left = model.left.double().numpy().T
    found = concentrations(coset_variance_fractions(left, lattice, irreps, "right"), lattice)
    proper = (lattice.orders > 1) & (lattice.orders < lattice.group.order)
    names = np.array([*np.array(lattice.names)[proper], "none"])
    if not found.shape[1]:
        found = np.ones((len(left), 1))
    nearest = np.where(found.min(axis=1) < 1, found.argmin(axis=1), len(names) - 1)
    return np.where(dead, "dead", names[nearest]).tolist()


def _status(folder: Path) -> tuple[str, str]:
    """`finished`, `unfinished` or `failed`, and why it failed; a run with weights and analysis did not, in the end."""
    trained = (folder / "model.safetensors").is_file()
    if not (trained and (folder / "analysis.json").is_file()) and (reason := failure(folder)) is not None:
        return "failed", reason
    return ("finished" if trained else "unfinished"), ""


def _made(run: TrainedRun) -> dict[str, Any]:
    """How the run was made."""
    config, record, versions = run.config, run.record, run.record.get("versions")
    return {
        "group": config.group,
        "order": record["group"]["order"],
        "recipe": config.recipe,
        "seed": config.seed,
        "hash": config.hash8,
        "setting": config.model_copy(update={"seed": 0}).hash8,
        **settings_of(config),
        "device": record.get("device"),
        "version": versions.get("cosetta") if isinstance(versions, Mapping) else None,
    }


def _learned(run: TrainedRun) -> "_Part":
    """The last evaluation, and when the run grokked; no neurons, no accounts."""
    metrics = run.metrics
    last, accuracy = metrics.row(-1, named=True), metrics["test_accuracy"].to_numpy()
    columns = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
    values = {"steps": last["step"], "seconds": last["seconds"], **{name: last[name] for name in columns}}
    holds = len(accuracy) - int(np.argmin([*(accuracy >= GROK_ACCURACY)[::-1], False]))
    if holds < len(accuracy):
        values |= {"grok_step": metrics["step"][holds], "grok_seconds": metrics["seconds"][holds]}
    return values, [], []


def _accounts(analysis: Analysis) -> list[dict[str, Any]]:
    """One row an account, without what it shares with its run."""
    contests = {row.account: row for row in analysis.arena.contests if row.mode == "alone"} if analysis.arena else {}
    return [_account(record, contests.get(record.id), analysis.arena) for record in analysis.accounts]


def _account(record: AccountRecord, alone: Contest | None, arena: Arena | None) -> dict[str, Any]:
    row: dict[str, Any] = {"account": record.id, "title": record.title, "refused": record.refused}
    if not record.refused:
        row |= {"covered": len(record.covered), "strength": record.strength, "bits": record.bits}
    if alone is not None and arena is not None:
        low, high = alone.recovered_interval
        row |= {name: getattr(alone, name) for name in ("accuracy", "recovered", "fidelity", "verdict")}
        row |= {"recovered_low": low, "recovered_high": high, "is_best": record.id == arena.best}
        if alone.control is not None:
            low, high = alone.control.recovered_interval
            row |= {"control_recovered": alone.control.recovered, "control_low": low, "control_high": high}
    return row
