"""The command that trains and explains many networks: `sweep`."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, Optional

import rich
from cyclopts import Group, Parameter
from pydantic import BaseModel, Field, create_model
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from cosetta.cli.run import Analysis
from cosetta.cli.settings import NAMED, analysis_config, given, read_config, whole_number
from cosetta.cli.usage import leave_out
from cosetta.errors import BadConfig
from cosetta.groups.tables import TABLE_SUFFIXES
from cosetta.shown import plural
from cosetta.stopping import leave
from cosetta.training.config import Phase, TrainConfig
from cosetta.training.recipes import RECIPES

MORE_NAMES = {"train_fraction": ("--train-fraction", "--frac")}
SHOWN_FAILURES = 50
"""Most failures listed at the end; every run folder keeps its own in failed.json."""
SHOWN_VALUES = 8
"""Most values of a setting listed in a plan."""


def _lists(schema: type[BaseModel], name: str, excluded: set[str]) -> type[BaseModel]:
    """The same fields with the same descriptions, as texts that may hold several values."""
    fields: dict[str, Any] = {}
    for key, field in schema.model_fields.items():
        if key not in excluded:
            kind: Any = Optional[str]  # noqa: UP045
            kind = Annotated[kind, Parameter(name=MORE_NAMES[key])] if key in MORE_NAMES else kind
            fields[key] = (kind, Field(default=None, description=field.description))
    return create_model(name, **fields)


TrainingLists = _lists(TrainConfig, "TrainingLists", NAMED)
PhaseLists = _lists(Phase, "PhaseLists", set())

Groups = Annotated[
    str, Parameter(help="Groups separated by commas or spaces: S5,A5; generators, presentations, tables too.")
]
Seeds = Annotated[str | None, Parameter(help="0:128 (128 is not in it), 0,3,7 or 5. [default: 0]")]
Recipes = Annotated[str | None, Parameter(help=f"Of {', '.join(RECIPES)}; separated by commas. [default: fast]")]
Device = Annotated[str | None, Parameter(help="auto, cpu or cuda. [default: auto]")]
Out = Annotated[Path, Parameter(help="Folder that holds the runs.")]
ConfigFile = Annotated[
    Path | None, Parameter(help="TOML file with any of these settings, each a value or a list; flags win over it.")
]
Dry = Annotated[bool, Parameter(help="Print what would be done, with an estimate of time and disk, and stop.")]
Explain = Annotated[bool, Parameter(help="Explain each run once its shard is trained.", negative="--no-explain")]
Trajectory = Annotated[bool, Parameter(help="Write what each run had learned at each checkpoint.")]
EngineName = Annotated[str, Parameter(help="local (processes of this machine) or ray.")]
Address = Annotated[str | None, Parameter(help="Address of a Ray cluster, such as auto. [default: this machine]")]
Gpus = Annotated[float, Parameter(help="GPUs that a Ray task takes; 0.25 puts four on one.")]
Whole = Parameter(converter=whole_number)
Workers = Annotated[int | None, Whole, Parameter(help="Shards at a time. [default: the usable cores]")]
Stack = Annotated[
    int | None,
    Parameter(converter=whole_number, help="Runs in a shard; faster on CUDA only. [default: 1; what fits on CUDA]"),
]
Retry = Annotated[bool, Parameter(help="Try the runs again that failed before.")]
Track = Annotated[str | None, Parameter(help="Dashboard that gets the curves of trained runs: wandb or trackio.")]
Settings = Annotated[
    TrainingLists | None, Parameter(name="*", group=Group("Training: values separated by commas", sort_key=2))
]
EveryPhase = Annotated[
    PhaseLists | None, Parameter(name="*", group=Group("Every phase: values separated by commas", sort_key=3))
]


def sweep(
    *groups: Groups,
    seeds: Seeds = None,
    recipe: Recipes = None,
    device: Device = None,
    out: Out = Path("runs"),
    config: ConfigFile = None,
    dry_run: Dry = False,
    explain: Explain = True,
    trajectory: Trajectory = False,
    engine: EngineName = "local",
    address: Address = None,
    gpus: Gpus = 0.0,
    workers: Workers = None,
    stack: Stack = None,
    retry_failed: Retry = False,
    track: Track = None,
    settings: Settings = None,
    every_phase: EveryPhase = None,
    analysis: Analysis = None,
) -> None:
    """Train and explain many networks: every combination of the values given, each in its own run folder.

    What is finished is not done again, so the same command goes on after any interruption, and several machines that
    share the folder may work on it at once. Failed runs are listed at the end; the exit status is 1 if there are any.
    Explanations fit every account but do not let them compete, which would take most of the time: add --analysis.arena.

    Raises:
        BadConfig: if a setting is unknown or out of range.
    """
    from cosetta.sweep.grid import ALIASES, grid

    written, thresholds = read_config(config)
    values = {ALIASES.get(name, name): value for name, value in written.items()}
    named = {"group": list(groups) or None, "seed": seeds, "recipe": recipe, "device": device}
    values |= {name: value for name, value in named.items() if value is not None}
    values |= given(settings) | given(every_phase)
    configs = _configs(grid, values)
    chosen = None
    if thresholds or given(analysis):  # a thousand arenas must be asked for
        chosen = analysis_config({"arena": False, **thresholds}, analysis)
    _check(engine, address, gpus, workers, out)
    from cosetta.sweep import SweepPlan, Work, run_plan
    from cosetta.tracking import tracker

    if track is not None:
        with tracker(track, configs[0], ""):  # refused here if there is no such tracker
            pass
    work = Work(explain, trajectory, chosen, retry_failed, track)
    _keep_tables(values["group"], out)
    plan = SweepPlan(configs, out.absolute(), work, stack, gpus if engine == "ray" else None)
    if dry_run:
        _show_plan(plan, workers, engine)
        return
    with ExitStack() as opened:
        result = _carried_out(run_plan, plan, _engine(opened, engine, address, gpus), workers)
    _show_result(result, out)
    if result.failed:
        sys.exit(1)


def _check(engine: str, address: str | None, gpus: float, workers: int | None, out: Path) -> None:
    """Refuse what a plan does not show, so that a dry run is refused too."""
    if engine not in ("local", "ray"):
        raise BadConfig(f"`engine` must be one of local, ray; got '{engine}'")
    if engine != "ray":
        leave_out({"address": address, "gpus": gpus or None}, "engine ray", f"the engine is {engine}")
    if workers is not None and workers < 1:
        raise BadConfig(f"`workers` must be at least 1; got {workers}")
    if out.exists() and not out.is_dir():
        raise BadConfig(f"`--out` must be a folder; `{out}` is none: name another")


def _configs(grid: Any, values: dict[str, Any]) -> Any:
    """The configurations, if there is a group."""
    if "group" not in values:
        raise BadConfig("a sweep must have a group; none is named: `cosetta sweep S5`, or `group` in the file")
    return grid(values)


def _keep_tables(texts: Any, out: Path) -> None:
    """Put the tables among the groups where the workers find them."""
    from cosetta.groups import known_group, read_group, write_table
    from cosetta.groups.stored import kept_path, names_itself

    for text in [texts] if isinstance(texts, str) else texts:
        group = read_group(text) if str(text).lower().endswith(TABLE_SUFFIXES) else None
        if group is None or names_itself(group):
            continue
        path = kept_path(group.name, out)
        if path.is_file() and known_group(group.name, runs=out).content_hash != group.content_hash:
            raise BadConfig(
                f"a sweep must have one table for each name; `{path}` is another {group.name}: name a new --out"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        write_table(group, path)


def _engine(opened: ExitStack, name: str, address: str | None, gpus: float) -> Any:
    """The engine that the flags mean; it is stopped at the end."""
    if name != "ray" or not (address or gpus):
        return name
    from cosetta.sweep import RayWorkers

    ray = RayWorkers(address, gpus)
    opened.callback(ray.stop)
    return ray


def _carried_out(run_plan: Any, plan: Any, engine: Any, workers: int | None) -> Any:
    """The result; an interruption says how far the sweep is."""
    latest: list[Any] = []
    try:
        with _Shown() as shown:
            return run_plan(plan, engine=engine, workers=workers, progress=lambda now: (latest.append(now), shown(now)))
    except KeyboardInterrupt as stop:
        done = f"{latest[-1].finished:,} of {plural(latest[-1].total, 'run')} are" if latest else "nothing is"
        leave(stop, f"interrupted; {done} done, the others are kept as far as they are: run the same command to go on")


class _Shown:
    """Shows progress: a bar on a terminal, else a line every tenth of the way."""

    def __init__(self) -> None:
        terminal = rich.get_console().is_terminal
        self.bar = Progress(TextColumn("sweep"), BarColumn(), TextColumn("{task.description}"), disable=not terminal)
        self.task = self.bar.add_task("", total=None)
        self.tenths = 0

    def __enter__(self) -> "_Shown":
        self.bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.bar.stop()

    def __call__(self, now: Any) -> None:
        done = now.finished + now.failed
        text = f"{done:,} of {plural(now.total, 'run')}"
        text += f", {now.failed:,} failed" if now.failed else ""
        text += f", {now.busy:,} in other hands" if now.busy else ""
        text += f", {duration(now.seconds)}"
        text += f", ETA {duration(now.seconds_left)}" if now.seconds_left is not None else ""
        self.bar.update(self.task, completed=done, total=now.total, description=text)
        tenths = 10 * done // now.total
        if self.bar.disable and tenths > self.tenths:
            print(text, flush=True)
        self.tenths = tenths


def duration(seconds: float) -> str:
    """A time in words of two units.

    Args:
        seconds: at least 0.

    Returns:
        Such as `1 d 2 h`.

    Example:
        >>> duration(0.2), duration(3.2), duration(75.0), duration(3 * 3600 + 125.0), duration(1e6)
        ('1 s', '3 s', '1 min 15 s', '3 h 2 min', '11 d 13 h')
    """
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    whole = round(seconds) or int(seconds > 0)
    first = next((i for i, (_, size) in enumerate(units) if whole >= size), 3)
    parts = []
    for name, size in units[first : first + 2]:
        count, whole = divmod(whole, size)
        parts.append(f"{count} {name}")
    return " ".join(part for i, part in enumerate(parts) if i == 0 or not part.startswith("0 "))


def _size(count: int) -> str:
    """Bytes in the largest unit of which there is one."""
    unit, size = next(((unit, size) for unit, size in (("GB", 1e9), ("MB", 1e6)) if count >= size), ("kB", 1e3))
    return f"{count / size:,.1f} {unit}"


def _show_plan(plan: Any, workers: int | None, engine: str) -> None:
    """What would be done, what it would take, and how that is known."""
    from cosetta.sweep.estimate import estimate

    rich.print(_plan_table(plan.configs))
    expected = estimate(plan)
    failed = f", {expected.failed:,} failed before" if expected.failed else ""
    line = f"{plural(len(plan.runs), 'run')}, {expected.finished:,} finished already{failed}; "
    if not expected.runs:
        rich.print(line + "nothing is left to do")
        return
    lines = [f"{line}the rest in {plural(expected.shards, 'shard')}", _time_line(expected, workers, engine)]
    how = [f"from {plural(expected.measured_runs, 'trained run')} of the same kinds"] if expected.measured_runs else []
    if expected.timed_kinds:
        how += [
            f"training of {plural(expected.timed_kinds, 'kind')} from a few steps timed now, as if no phase ended early"
        ]
    how += ["explanations not counted, none is finished yet"] if expected.explain_seconds is None else []
    how += ["CPU estimate: a GPU will take another time"] if plan.uses_gpu else []
    lines += [f"      {'; '.join(how)}"] if how else []
    lines.append(f"disk: {_size(expected.disk_bytes)} in {escape(str(plan.out))}")
    rich.get_console().print("\n".join(lines), soft_wrap=True)


def _time_line(expected: Any, workers: int | None, engine: str) -> str:
    """The time on one core, and on all that can be used, if it is known how many."""
    from cosetta.machine import usable_cores

    seconds = expected.train_seconds + (expected.explain_seconds or 0.0)
    sort = "at most " if expected.timed_kinds else ""
    if engine == "ray" and workers is None:
        return f"time: {sort}{duration(seconds)} on one core; divide by the cores of the cluster"
    cores = min(workers or usable_cores(), expected.shards)
    of_cores = f"{duration(seconds / cores)} on {cores:,} cores, " if cores > 1 else ""
    return f"time: {sort}{of_cores}{duration(seconds)} on one core"


def _plan_table(configs: Any) -> Table:
    """One row a setting that has several values."""
    table = Table(box=None, show_header=False)
    for name in TrainConfig.model_fields:
        values = list(dict.fromkeys(str(getattr(config, name)) for config in configs))
        if name == "phases" and len(values) > 1:
            table.add_row(name, f"{len(values):,}:", "sequences, by recipe, group and flags")
        elif (name != "phases" and len(values) > 1) or name in {"group", "recipe", "seed"}:
            few = values if len(values) <= SHOWN_VALUES else [*values[: SHOWN_VALUES - 1], "..", values[-1]]
            table.add_row(name, f"{len(values):,}:", escape(", ".join(few)))
    return table


def _show_result(result: Any, out: Path) -> None:
    """The last words: how many, where, and every failure."""
    for run, reason in result.failed[:SHOWN_FAILURES]:
        rich.print(f"[bold]failed[/bold] {escape(run)}: {escape(reason)}")
    if len(result.failed) > SHOWN_FAILURES:
        rich.print(f"and {len(result.failed) - SHOWN_FAILURES:,} more: see failed.json in the run folders")
    counts = f"{plural(len(result.finished), 'run')} finished" + (
        f", {len(result.failed):,} failed" if result.failed else ""
    )
    rich.print(f"{counts}, in {duration(result.seconds)}: {escape(str(out))}")
