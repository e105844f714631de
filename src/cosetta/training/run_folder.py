"""A training run on disk.

    config.json           what was asked for and how it was computed; written first
    group.npz             table and labels of the group, where its name does not say it
    metrics.parquet       one row an evaluation
    timing.json           wall times and the machine, which alone differ when the run is made again
    checkpoints/          step-00001000.safetensors: weights; resume.safetensors: all that is needed to go on
    model.safetensors     the final weights; written last, so a run that has it is finished

Every file is written under a temporary name and renamed. A finished run is reused, an unfinished one resumed, a folder
that holds something else is refused.
"""

import platform
import shlex
import subprocess
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal, final

import polars as pl
import torch
from pydantic import BaseModel, ConfigDict, Field

from cosetta._version import __version__
from cosetta.errors import BadConfig, BadRun, Unsupported
from cosetta.files import FilePath, read_json, write_json
from cosetta.groups import Group, known_group, write_table
from cosetta.groups.stored import STORED_GROUP, names_itself
from cosetta.models import FoldedModel, Folding, GroupNetwork, PairModel, load_network, load_tensors
from cosetta.models.fold import fold_model
from cosetta.models.importers import model_of_tensors
from cosetta.results import TrainingCurve
from cosetta.shown import short_repr
from cosetta.training.architectures import AUTOGRAD
from cosetta.training.config import TrainConfig
from cosetta.training.metrics import read_metrics
from cosetta.training.recipes import RECIPES

__all__ = ["Record", "TrainedRun", "claim_folder", "load_run", "read_record"]

SCHEMA = 1
"""Number of the layout of `config.json`; raised when a field changes its meaning."""

MAX_RECORD = 2**20
"""Largest `config.json` in bytes; ours have 4,000."""


@final
class GroupRecord(BaseModel):
    """What a record says of the group: its name, its order, and a hash of its multiplication table."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: Annotated[str, Field(min_length=1, max_length=10_000)]
    order: Annotated[int, Field(ge=1, lt=2**31)]
    content_hash: str


@final
class Record(BaseModel):
    """The content of `config.json`, as far as it is read; what else stands there is kept."""

    model_config = ConfigDict(frozen=True, extra="allow")

    config: dict[str, Any]
    hash: str
    group: GroupRecord
    device: str = "cpu"
    versions: dict[str, str] = {}


@dataclass(frozen=True)
class TrainedRun:
    """A finished run. `cosetta.notebook.Run` is one with its network and its analysis at hand.

    Args:
        folder: where it is.
        record: the content of `config.json`: schema, config, group, versions, git, device, precision.
    """

    folder: Path
    record: dict[str, Any]
    __repr__ = short_repr

    @cached_property
    def config(self) -> TrainConfig:
        """The configuration it was trained with."""
        return TrainConfig.checked(self.record["config"])

    @cached_property
    def group(self) -> Group:
        """The group it was trained on: from its own table if it carries one, else by name."""
        return known_group(self.config.group, self.folder, self.folder.parent)

    @property
    def command(self) -> str:
        """The command that trains the same network again."""
        config = self.config
        recipe = RECIPES.get(config.recipe)
        name = self.folder.resolve().name  # seen from the folder above, wherever that is
        group = f"{name}/{STORED_GROUP}" if (self.folder / STORED_GROUP).is_file() else config.group
        if recipe and recipe(self.group, config.seed, device=config.device) == config:
            return f"cosetta run {shlex.quote(group)} --recipe {config.recipe} --seed {config.seed}"
        return f"cosetta run {shlex.quote(group)} --config {shlex.quote(f'{name}/config.json')}"

    @cached_property
    def metrics(self) -> pl.DataFrame:
        """One row an evaluation: step, phase, seconds (null if unknown), and loss and accuracy on both sides."""
        return read_metrics(self.folder)

    @property
    def checkpoints(self) -> tuple[tuple[int, Path], ...]:
        """Step and file of each kept checkpoint, earliest first; the final weights are not among them."""
        paths = sorted((self.folder / "checkpoints").glob("step-*.safetensors"))
        return tuple((int(path.stem.removeprefix("step-")), path) for path in paths)

    def network(self, checkpoint: Path | None = None) -> GroupNetwork:
        """The trained network as a module, if it is the paper's (one hidden layer); `pair_model` gives any.

        Args:
            checkpoint: one of `checkpoints` for an earlier state; None is the final one.

        Returns:
            The network, on the CPU.

        Raises:
            BadRun: if the file is missing or damaged.
            Unsupported: if the run is of another architecture.
        """
        if self.config.architecture in AUTOGRAD:
            raise Unsupported(
                f"the network of run '{self.folder.name}' is a {self.config.architecture}, not one hidden layer: "
                "`pair_model()` reads it, `folded()` gives it as functions on the group"
            )
        return load_network(checkpoint or self.folder / "model.safetensors", self.config.activation)

    def pair_model(self, checkpoint: Path | None = None) -> PairModel:
        """The trained network of any architecture, read at its neurons.

        Args:
            checkpoint: as in `network`.

        Returns:
            A folded model where the weights give one, else the network with its site.

        Raises:
            BadRun: if the file is missing or damaged.
        """
        if self.config.architecture not in AUTOGRAD:
            return self.network(checkpoint).fold()
        path = checkpoint or self.folder / "model.safetensors"
        return model_of_tensors(load_tensors(path), self.record, str(path))

    def folding(self, checkpoint: Path | None = None) -> Folding | None:
        """What folding the network by measurement finds, if its weights alone do not fold it.

        Args:
            checkpoint: as in `network`.

        Returns:
            The measurements with the folded network; its `obstacle` says why that is not the network, if so. None for
            a network that folds exactly.

        Raises:
            BadRun: if the file is missing or damaged.
        """
        model = self.pair_model(checkpoint)
        return None if isinstance(model, FoldedModel) else fold_model(model, self.group)

    def folded(self, checkpoint: Path | None = None) -> FoldedModel:
        """The trained network as three functions on the group for each neuron.

        Args:
            checkpoint: as in `network`.

        Returns:
            The folded network.

        Raises:
            BadRun: if the file is missing or damaged, or the network is not of that kind: the message says by how much.
        """
        model = self.pair_model(checkpoint)
        if isinstance(model, FoldedModel):
            return model
        folding = fold_model(model, self.group)
        if folding.obstacle:
            raise BadRun(
                f"the neurons of run '{self.folder.name}' must be functions on the group; {folding.obstacle}: "
                "`cosetta explain` shows its parts"
            )
        return folding.model

    def check_group(self, group: Group) -> None:
        """Refuse a group that is not the one this run was trained on.

        Args:
            group: the group to compare, by its multiplication table.

        Raises:
            BadRun: if the tables differ.
        """
        _check_group(self.folder.name, self.record, group)

    def curve(self, points: int = 300) -> TrainingCurve:
        """The metrics for a plot.

        Args:
            points: about this many evaluations are kept, evenly spaced, with the first and the last.

        Returns:
            The thinned metrics.
        """
        stride = max(1.0, (self.metrics.height - 1) / max(1, points - 1))
        thinned = self.metrics[[round(i * stride) for i in range(min(points, self.metrics.height))]]
        columns = {name: tuple(thinned[name].to_list()) for name in TrainingCurve.__dataclass_fields__}
        if None in columns.get("seconds", ()):
            columns["seconds"] = ()  # unknown
        return TrainingCurve(**columns)


def load_run(folder: FilePath) -> TrainedRun:
    """Read a finished run.

    Args:
        folder: the run's folder.

    Returns:
        The run; weights and metrics are read when they are used.

    Raises:
        BadRun: if the folder is no run, its record is damaged, or the run is unfinished.
    """
    folder = Path(folder)
    record = read_record(folder)
    if not (folder / "model.safetensors").is_file():
        raise BadRun(f"run '{folder.name}' must be finished; it has no model.safetensors: train it again to resume it")
    return TrainedRun(folder, record)


def claim_folder(
    folder: Path, config: TrainConfig, group: Group, device: str
) -> Literal["new", "unfinished", "finished"]:
    """Make a folder this run's own: write `config.json` if it is new, refuse it if it belongs to something else.

    Args:
        folder: where the run goes; made if missing.
        config: the configuration.
        group: the group.
        device: the device's kind, for the record.

    Returns:
        How far the run is.

    Raises:
        BadRun: if the folder holds another run, something that is no run, or a damaged record.
    """
    if not (folder / "config.json").exists():
        strangers = sorted(p.name for p in folder.iterdir() if p.suffix != ".part") if folder.is_dir() else []
        if strangers:
            raise BadRun(f"`{folder}` must be empty or a run; it holds {strangers[0]}: name another folder")
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "config.json", _record(config, group, device))
        (folder / "checkpoints").mkdir(exist_ok=True)  # after the record: killed in between, the folder is still ours
        _carry_table(folder, group)
        return "new"
    _check_same(folder.name, read_record(folder), config, group)
    _carry_table(folder, group)
    (folder / "checkpoints").mkdir(exist_ok=True)
    return "finished" if (folder / "model.safetensors").is_file() else "unfinished"


def _carry_table(folder: Path, group: Group) -> None:
    """Keep the table of a group that cannot be made again from its name."""
    if not (folder / STORED_GROUP).exists() and not names_itself(group):
        write_table(group, folder / STORED_GROUP)


def _record(config: TrainConfig, group: Group, device: str) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "config": config.model_dump(mode="json"),
        "hash": config.hash8,
        "group": {"name": group.name, "order": group.order, "content_hash": group.content_hash},
        "device": device,
        "precision": config.precision,
        "versions": {
            "cosetta": __version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            **{name: version(name) for name in ("numpy", "polars", "safetensors")},
        },
        "git": _git(),
    }


def _git() -> str | None:
    """Commit of the sources this runs from, if they are a checkout of Cosetta."""
    source = Path(__file__).parents[3]
    if not (source / ".git").exists():
        return None
    command = ["git", "-C", str(source), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def read_record(folder: FilePath) -> dict[str, Any]:
    """The content of a run's `config.json`, checked.

    Args:
        folder: the run's folder.

    Returns:
        The record; see `Record` for what it holds.

    Raises:
        BadRun: if it is missing, damaged, of another schema, or its configuration is none.
    """
    path = Path(folder) / "config.json"
    what, advice = "the whole record of a run", "delete the folder and train again"
    if not path.is_file():
        raise BadRun(f"`{folder}` must be a run folder; it has no config.json: name another or train one")
    checked = read_json(path, Record, what=what, advice=advice, schema=SCHEMA, max_bytes=MAX_RECORD)
    record = checked.model_dump()
    try:
        TrainConfig.checked(record["config"])
    except BadConfig as error:
        raise BadRun(f"`{path}` must be {what}; {error}: {advice}") from error
    return record


def _check_group(name: str, record: dict[str, Any], group: Group) -> None:
    """Refuse a run of another multiplication table."""
    theirs = record["group"]
    if theirs["content_hash"] != group.content_hash:
        other = f"{group.name} (order {group.order})" + (
            " with another multiplication table" if theirs["name"] == group.name else ""
        )
        raise BadRun(f"run '{name}' was trained on {theirs['name']} (order {theirs['order']}) but --group is {other}")


def _check_same(name: str, record: dict[str, Any], config: TrainConfig, group: Group) -> None:
    """Refuse a run of another group or configuration, naming the first difference."""
    _check_group(name, record, group)
    old, new = TrainConfig.checked(record["config"]), config
    for field in TrainConfig.model_fields:
        before, now = getattr(old, field), getattr(new, field)
        if field != "device" and before != now:
            values = "other values" if field == "phases" else f"{before!r}, not {now!r}"
            raise BadRun(f"run '{name}' was trained with `{field}` = {values}: name another folder")
