"""Commands that train and explain: `run` and `explain`."""

import shlex
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import rich
from cyclopts import Group, Parameter
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from cosetta._version import __version__
from cosetta.cli.settings import (
    PhaseSettings,
    Thresholds,
    TrainingSettings,
    analysis_config,
    given,
    read_config,
    whole_number,
)
from cosetta.cli.usage import leave_out
from cosetta.config import AnalysisConfig
from cosetta.errors import BadConfig, BadRun
from cosetta.training.config import TrainConfig
from cosetta.training.recipes import RECIPES

Name = Annotated[str, Parameter(help="A group by name (S5, D8), generators, presentation or table: docs/groups.md.")]
Seed = Annotated[
    int | None, Parameter(converter=whole_number, help="Seed of split, weights, batches; 0 is a seed. [default: 0]")
]
Recipe = Annotated[str | None, Parameter(help=f"One of {', '.join(RECIPES)}. [default: fast]")]
Device = Annotated[str | None, Parameter(help="auto, cpu or cuda. [default: auto]")]
Out = Annotated[Path, Parameter(help="Folder that holds the runs.")]
Track = Annotated[str | None, Parameter(help="Dashboard to send the curves to as well: wandb or trackio.")]
ItsGroup = Annotated[str | None, Parameter(help="Its group; found from its predictions if not given.")]
Format = Annotated[str | None, Parameter(help="Format of a checkpoint; recognised if not given.")]
Mapped = Annotated[
    dict[str, str] | None,
    Parameter(help="Tensors of a network in no known format, as --mapping.left embed.weight (docs/importers.md)."),
]
Instance = Annotated[
    int | None, Parameter(converter=whole_number, help="Which of several stacked networks, from 0. [default: 0]")
]
ConfigFile = Annotated[
    Path | None,
    Parameter(help="TOML file with any of these settings, or the config.json of a run; flags win over it."),
]
Settings = Annotated[
    TrainingSettings | None, Parameter(name="*", group=Group("Training (default: what the recipe says)", sort_key=2))
]
EveryPhase = Annotated[
    PhaseSettings | None, Parameter(name="*", group=Group("Every phase of the training", sort_key=3))
]
Analysis = Annotated[Thresholds | None, Parameter(name="analysis", group=Group("Analysis", sort_key=4))]

RUNS = Path("runs")
"""Folder of the runs, unless another is named."""


def run(
    group: Name | None = None,
    /,
    *,
    seed: Seed = None,
    recipe: Recipe = None,
    device: Device = None,
    out: Out = Path("runs"),
    track: Track = None,
    config: ConfigFile = None,
    settings: Settings = None,
    every_phase: EveryPhase = None,
    analysis: Analysis = None,
) -> None:
    """Train a network on a group, explain it neuron by neuron and write a report.

    A setting is taken from the flags first, then from the file, then from the recipe. A finished run is not trained
    again; an unfinished one goes on from its last checkpoint.
    """
    from cosetta.groups import read_group

    written, thresholds = read_config(config)
    G = _chosen_group(group, written.pop("group", None), config, read_group)
    named = {"seed": seed, "recipe": recipe, "device": device}
    values = written | {key: value for key, value in named.items() if value is not None}
    values |= given(settings) | given(every_phase)
    training = _training_config(G, values)
    checked = analysis_config(thresholds, analysis)
    from cosetta.sweep.locks import sole_use
    from cosetta.training.trainer import train

    folder = out / training.run_name
    with ExitStack() as held:
        with ExitStack() as context:
            watch = _show(context.enter_context(_progress()), f"training {G.name}")
            if track:
                from cosetta.tracking import tracker

                watch = _both(watch, context.enter_context(tracker(track, training, training.run_name)))
            held.enter_context(sole_use(folder))
            trained = train(training, G, folder, progress=watch)
        _explain_run(trained, G, checked)


def explain(
    path: Annotated[Path | None, Parameter(help="Folder of a finished run, or anybody's checkpoint.")] = None,
    /,
    *,
    group: ItsGroup = None,
    format: Format = None,
    mapping: Mapped = None,
    instance: Instance = None,
    activation: Annotated[str | None, Parameter(help="Activation, if the file does not say. [default: relu]")] = None,
    site: Annotated[
        str | None,
        Parameter(help="Where neurons are read in a network of several layers. [default: before the last activation]"),
    ] = None,
    activations: Annotated[
        Path | None, Parameter(help="Instead of a network: a .npy file of pre-activations, |G| x |G| x neurons.")
    ] = None,
    logits: Annotated[
        Path | None, Parameter(help="With --activations: a .npy file of logits, |G| x |G| x |G|.")
    ] = None,
    out: Annotated[
        Path | None, Parameter(help="Folder that holds the explanations of checkpoints. [default: runs]")
    ] = None,
    config: ConfigFile = None,
    analysis: Analysis = None,
) -> None:
    """Explain a finished run again, or a network that somebody else trained, and write the report.

    A network that is not one hidden layer is folded by measurement; where its neurons are not functions on the group,
    the parts f(a), g(b), h(ab) and what they carry are printed and written to `folding.json` instead of a report.
    """
    checked = analysis_config(read_config(config)[1], analysis)
    mapping = roles(mapping)
    flags = {"group": group, "format": format, "site": site, "activation": activation, "logits": logits}
    if activations is not None:
        _explain_arrays(path, activations, flags | {"instance": instance, "mapping": mapping}, out or RUNS, checked)
        return
    path = _network_path(path, logits)
    if group is not None:
        from cosetta.groups import read_group

        read_group(group)  # refused before torch is loaded
    options: dict[str, Any] = {"format": format, "mapping": mapping, "activation": activation, "site": site}
    if (path / "checkpoints").is_dir():
        given = options | {"instance": instance, "out": out}
        leave_out(given, "a checkpoint", f"`{path}` is a run, which has all of it")
        from cosetta.groups import read_group
        from cosetta.sweep.locks import sole_use
        from cosetta.training.run_folder import load_run

        trained = load_run(path)
        G = read_group(group) if group else trained.group
        trained.check_group(G)
        with sole_use(path):
            _explain_run(trained, G, checked)
        return
    from cosetta.models.importers import open_checkpoint

    opened = open_checkpoint(path, group=group, instance=instance or 0, **options)
    for note in opened.notes:
        rich.print(f"[dim]{escape(note)}[/dim]")
    name = path.parent.resolve().name if path.stem in ("model", "full_run") else path.stem
    folder = (out or RUNS) / f"imported-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    command = _command([str(path)], flags | {f"mapping.{role}": name for role, name in (mapping or {}).items()})
    _explain_checkpoint(opened, folder, checked, command)


def roles(mapping: dict[str, str] | None) -> dict[str, str] | None:
    """The tensors by role, which a flag writes with hyphens.

    Args:
        mapping: what the flags say; None or empty if there are none.

    Returns:
        The mapping with underscores, or None.
    """
    return {role.replace("-", "_"): name for role, name in (mapping or {}).items()} or None


def _network_path(path: Path | None, logits: Path | None) -> Path:
    if path is None or logits is not None:
        raise BadConfig("explain needs a run, a checkpoint, or --activations; --logits belongs to the last: name one")
    if not path.exists():
        raise BadRun(f"a run or a checkpoint must be there; `{path}` is not: check the path")
    return path


def _explain_run(trained: Any, group: Any, config: AnalysisConfig) -> None:
    """Analyse a run and write what was found into its folder."""
    from cosetta.cli.folding import show_parts
    from cosetta.explanation import Parts, explain_run

    with rich.get_console().status(f"explaining {group.name}"):
        found = explain_run(trained, group, config)
    notes = found.folding.sentences() if isinstance(found, Parts) else found.run.get("notes", ())
    for note in notes:
        rich.print(f"[dim]{escape(note)}[/dim]")
    if isinstance(found, Parts):
        show_parts(found.folding, found.summaries)
        rich.print(f"\n[bold]Measurements[/bold]  {escape(str(found.path))}")
    else:
        _show_summary(found, trained.folder)


def _explain_arrays(
    path: Path | None, activations: Path, flags: Mapping[str, Any], out: Path, config: AnalysisConfig
) -> None:
    """Fold activations on disk and explain what can be explained of them."""
    from cosetta.cli.folding import fold_arrays

    if path is not None:
        raise BadConfig(f"`--activations` come without their network; got `{path}` too: leave one of them out")
    of_networks = {name: flags[name] for name in ("format", "site", "instance", "mapping")}
    leave_out(of_networks, "a network", "activations come without one")
    folding, group = fold_arrays(activations, flags["logits"], flags["group"], flags["activation"])
    for note in folding.sentences():
        rich.print(f"[dim]{escape(note)}[/dim]")
    folder = out / f"imported-{activations.stem}"
    folder.mkdir(parents=True, exist_ok=True)
    named = {name: flags[name] for name in ("group", "activation", "logits")}
    command = _command([], {"activations": activations} | named)
    record = {"source": str(activations), "format": "activations", "notes": list(folding.sentences()), "config": {}}
    _explain_folded(folding.model, group, folding, folder, config, record, command)


def _explain_checkpoint(opened: Any, folder: Path, config: AnalysisConfig, command: str) -> None:
    """Analyse a network of somebody else and write what was found."""
    imported = opened.imported
    record = {
        "source": imported.source,
        "format": imported.format,
        "notes": list(opened.notes),
        "config": dict(imported.config),
    }
    _explain_folded(opened.model, opened.group, opened.folding, folder, config, record, command)


def _explain_folded(
    model: Any, group: Any, folding: Any, folder: Path, config: AnalysisConfig, record: dict[str, Any], command: str
) -> None:
    """The whole analysis where the neurons are functions on the group, else the parts of the site."""
    from cosetta.analysis import analyse
    from cosetta.cli.folding import show_parts
    from cosetta.explanation import write_explanation
    from cosetta.parts import summarise_parts, write_folding

    obstacle = folding is not None and folding.obstacle
    stale = ("analysis.json", "report.html", "README.md", "timing.json") if obstacle else ("folding.json",)
    for name in stale:  # of an earlier explanation, which this one replaces
        (folder / name).unlink(missing_ok=True)
    with rich.get_console().status(f"explaining {group.name}"):
        if folding is not None:
            parts = summarise_parts(folding, group, config) if obstacle else ()
            written = write_folding(folding, parts, group, folder)
            if obstacle:
                show_parts(folding, parts)
                rich.print(f"\n[bold]Measurements[/bold]  {escape(str(written))}")
                return
        started = time.monotonic()
        analysis = analyse(model, group, config)
        seconds = time.monotonic() - started
        analysis = replace(analysis, run=record | {"versions": {"cosetta": __version__}}, command=command)
        write_explanation(analysis, folder, seconds=seconds)
    _show_summary(analysis, folder)


def _command(arguments: list[str], flags: Mapping[str, Any]) -> str:
    """The command line that does this again."""
    given = [word for name, value in flags.items() if value is not None for word in (f"--{name}", str(value))]
    return " ".join(["cosetta", "explain", *(shlex.quote(word) for word in arguments + given)])


def _show_summary(analysis: Any, folder: Path) -> None:
    from cosetta.files import file_digest, folder_digest
    from cosetta.report import summary

    rich.print(summary(analysis, folder / "report.html"))
    weights = folder / "model.safetensors"
    of_weights = f", of the weights {file_digest(weights)}" if weights.is_file() else ""
    rich.get_console().print(f"Digest  {folder_digest(folder)}{of_weights}", soft_wrap=True, highlight=False)


def _chosen_group(typed: str | None, written: Any, path: Path | None, read: Any) -> Any:
    """The group of the command line or of the file; two different ones are refused."""
    if typed is None and written is None:
        raise BadConfig("a run must have a group; none is named: `cosetta run S5`, or `group` in the file")
    if typed is None:
        beside = path.parent / "group.npz" if path is not None and path.suffix == ".json" else None
        return read(str(beside) if beside is not None and beside.is_file() else str(written))
    group = read(typed)
    same = written in (None, typed, group.name) or read(str(written)).content_hash == group.content_hash
    if not same:
        raise BadConfig(f"one group must be meant; the command says {typed}, `{path}` says {written}: leave one out")
    return group


def _training_config(group: Any, values: Mapping[str, Any]) -> TrainConfig:
    recipe = values.get("recipe", "fast")
    if recipe not in RECIPES:
        raise BadConfig(f"`recipe` must be one of {', '.join(RECIPES)}; got '{recipe}'")
    return RECIPES[recipe](group, **{key: value for key, value in values.items() if key != "recipe"})


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[scores]}"),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
        transient=True,
        disable=not rich.get_console().is_terminal,
    )


def _both(first: Any, second: Any) -> Any:
    """A callback that passes what it is told to two others."""

    def update(now: Any) -> None:
        first(now)
        second(now)

    return update


def _show(bar: Progress, title: str) -> Any:
    """A callback that moves the bar and shows the latest scores."""
    task = bar.add_task(title, total=None, scores="")

    def update(now: Any) -> None:
        values = asdict(now)
        scores = "step {step}  test accuracy {test_accuracy:.2%}  loss {test_loss:.2e}".format(**values)
        bar.update(task, completed=now.step, total=now.max_steps, scores=scores)

    return update
