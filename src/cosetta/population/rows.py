"""One run folder as one row of `runs` and one row a neuron of `neurons`.

A file that is missing or damaged leaves nulls in the row and a line in the list of what was skipped; nothing is guessed
and nothing dropped without a word. The columns are documented in docs/census.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, final, get_args

import numpy as np
import polars as pl

from cosetta.errors import BadRun, CosettaError
from cosetta.explanation import failure
from cosetta.groups import Group, SubgroupLattice, named_group, subgroup_lattice
from cosetta.harmonics import Irrep
from cosetta.harmonics import irreps as all_irreps
from cosetta.measures import coset_variance_fractions
from cosetta.results import Analysis, CosetFindings, CosetLabel, CosetNeuron, DeadNeuron, Neuron, load_analysis
from cosetta.training.config import TrainConfig
from cosetta.training.run_folder import TrainedRun, read_record
from cosetta.trajectory import concentrations

__all__ = ["GROK_ACCURACY", "NEURONS", "RUNS", "SETTINGS", "TIMES", "RunReader", "settings_of"]

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
        self.algebra = cache(_algebra)

    def read(self, folder: Path, name: str) -> tuple[dict[str, Any], list[dict[str, Any]], list[str]]:
        """Everything about one run.

        Args:
            folder: the run's folder.
            name: what it is called in the tables.

        Returns:
            Its row, its neurons' rows, and a line for each file that could not be used.

        Raises:
            BadRun: if there is no row to make because its record is damaged.
        """
        run = TrainedRun(folder, read_record(folder))
        row = dict.fromkeys(RUNS) | _made(run) | {"run": name, "is_explained": False}
        row["status"], row["reason"] = _status(folder)
        if not (folder / "model.safetensors").is_file():
            return row, [], []
        lines, neurons = [], []
        for part in (_learned, self._explained):
            try:
                values, found = part(run)
            except (CosettaError, OSError) as error:
                lines.append(f"{name}: {error}")
            except Exception as error:  # one odd run must not end the census of a thousand
                lines.append(f"{name}: {type(error).__name__}: {' '.join(str(error).split())[:300]}: explain it again")
            else:
                row |= values
                neurons += found
        shared = {column: row[column] for column in ("run", "group", "recipe")}
        return row, [shared | neuron for neuron in neurons], lines

    def _explained(self, run: TrainedRun) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """What the analysis says of the run and of its neurons."""
        analysis = load_analysis(run.folder)
        theirs = analysis.run.get("hash", run.record["hash"])
        if theirs != run.record["hash"]:
            raise BadRun(f"`analysis.json` must be of this run; it is of one with hash {theirs}: explain it again")
        classes = self._argmin(run, analysis) if self.argmin else [None] * analysis.width
        rows = [_neuron(neuron, analysis.coset, name) for neuron, name in zip(analysis.neurons, classes, strict=True)]
        values = {
            "is_explained": True,
            "accuracy": analysis.accuracy,
            "loss": analysis.loss,
            "live": len(analysis.live),
            "explained": len(analysis.coset.covered),
            "explained_share": analysis.covered_share,
            "circuits": len(analysis.coset.circuits),
            "coset_threshold": analysis.thresholds.get("coset_threshold"),
            "analysis_seconds": analysis.seconds,
        }
        return values, rows

    def _argmin(self, run: TrainedRun, analysis: Analysis) -> list[str]:
        """Class with the smallest C_H of `left` for each neuron, `none` where every C_H is 1 or more."""
        known = self.algebra(run.config.group)
        run.check_group(known.group)
        left = run.network().fold().left.double().numpy().T
        found = concentrations(coset_variance_fractions(left, known.lattice, known.irreps, "right"), known.lattice)
        proper = (known.lattice.orders > 1) & (known.lattice.orders < known.group.order)
        names = np.array([*np.array(known.lattice.names)[proper], "none"])
        if not found.shape[1]:
            found = np.ones((len(left), 1))
        nearest = np.where(found.min(axis=1) < 1, found.argmin(axis=1), len(names) - 1)
        dead = [isinstance(neuron, DeadNeuron) for neuron in analysis.neurons]
        return np.where(dead, "dead", names[nearest]).tolist()


def _algebra(name: str) -> _Algebra:
    group = named_group(name)
    return _Algebra(group, subgroup_lattice(group), all_irreps(group))


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


def _learned(run: TrainedRun) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The last evaluation, and when the run grokked; no neurons."""
    metrics = run.metrics
    last, accuracy = metrics.row(-1, named=True), metrics["test_accuracy"].to_numpy()
    columns = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
    values = {"steps": last["step"], "seconds": last["seconds"], **{name: last[name] for name in columns}}
    holds = len(accuracy) - int(np.argmin([*(accuracy >= GROK_ACCURACY)[::-1], False]))
    if holds < len(accuracy):
        values |= {"grok_step": metrics["step"][holds], "grok_seconds": metrics["seconds"][holds]}
    return values, []


def _neuron(neuron: Neuron, coset: CosetFindings, argmin: str | None) -> dict[str, Any]:
    """One row of `neurons`, without what it shares with its run."""
    facts = neuron.facts
    shared = {"neuron": neuron.neuron, "argmin": argmin, "strength": facts.strength, "silent_share": facts.silent_share}
    finding = coset.by_neuron.get(neuron.neuron)
    if finding is None:
        dead = dict.fromkeys(("subgroup", "right_subgroup", "out_subgroup", "irrep"), "dead")
        return shared | dead | {"status": "dead", "twisted": ""}
    left = finding.left
    row = shared | {
        "status": "unexplained",
        "subgroup": _class(left),
        "right_subgroup": _class(finding.right),
        "out_subgroup": _class(finding.out),
        "subgroup_order": left.order if left else None,
        "conjugate": left.conjugate if left else None,
        "twisted": left.twisted if left else "",
        "irrep": facts.irrep,
        "fraction": left.fraction if left else None,
        "p_value": left.p_value if left else None,
    }
    if isinstance(finding, CosetNeuron):
        row |= {name: getattr(finding, name) for name in ("mirror_residual", "leak", "circuit")}
        row |= {"status": "explained", "shared_coset": finding.shared_coset.representative}
    return row


def _class(label: CosetLabel | None) -> str:
    return label.subgroup if label else "none"
