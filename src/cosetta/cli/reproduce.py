"""The command that makes a published paper's tables and figures again: `reproduce`."""

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import rich
from cyclopts import Parameter
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from cosetta.cli.settings import whole_number
from cosetta.errors import BadConfig, BadRun, Unsupported
from cosetta.report.notation import count, duration, plural
from cosetta.reproduce.papers import PAPERS

GROUPS = ("S5", "S6")
"""The paper's groups."""

DEFAULT_SEEDS = {False: ("0:128", "0:5"), True: ("0:8", "0:1")}
"""Seeds of S5 and of S6, without and with `--quick`."""

SECONDS_TO_MEASURE = {"S5": 3.0, "S6": 25.0}
"""One core's seconds to explain and measure a folded run, by group (docs/benchmarks.md)."""

LINE_SECONDS = 30.0
"""Without a terminal, a line about a step this often."""

COLOURS = {"agrees": "blue", "differs": "red", "cannot be checked": "default"}

Paper = Annotated[str | None, Parameter(help=f"The paper: {', '.join(PAPERS)}; without one they are listed.")]
Data = Annotated[Path | None, Parameter(help="Folder of the networks that the authors released.")]
Networks = Annotated[
    Path | None,
    Parameter(help="Folder of folded runs (trained elsewhere); then only seeds that are named are trained."),
]
Seeds = Annotated[str | None, Parameter(help="Seeds of S5: 0:128 (128 is not in it), 0,3,7 or 5. [default: 0:128]")]
SeedsS6 = Annotated[str | None, Parameter(name="--s6-seeds", help="Seeds of S6. [default: 0:5]")]
Recipe = Annotated[
    str | None, Parameter(help="How to train: fast, or stander2024 (the paper's, hours), or wu2024. [default: fast]")
]
Groups = Annotated[
    str | None,
    Parameter(help="Groups, separated by a comma. [default: S5,S6; S5 with --quick unless S6 is given seeds]"),
]
Census = Annotated[
    dict[str, str] | None,
    Parameter(help="Seeds of other recipes to train on the first group, for the census: --census.wu2024 0:24."),
]
Quick = Annotated[bool, Parameter(help="A first look in minutes: 8 seeds of S5, or the smaller networks of a release.")]
Out = Annotated[Path, Parameter(help="Folder for the page, the tables and the figures.")]
Runs = Annotated[Path | None, Parameter(help="Folder of runs; finished ones are not trained again. [default: runs]")]
Workers = Annotated[
    int | None, Parameter(converter=whole_number, help="Processes that train and explain. [default: the usable cores]")
]
Dry = Annotated[bool, Parameter(help="Print what would be trained, and stop.")]


def reproduce(
    paper: Paper = None,
    /,
    *,
    data: Data = None,
    networks: Networks = None,
    seeds: Seeds = None,
    s6_seeds: SeedsS6 = None,
    recipe: Recipe = None,
    groups: Groups = None,
    census: Census = None,
    quick: Quick = False,
    out: Out = Path("reproduction"),
    runs: Runs = None,
    workers: Workers = None,
    dry_run: Dry = False,
) -> None:
    """Make every table and figure of a paper again, and say for each of its claims whether ours agrees.

    Says how long it takes, trains or reads what it needs, and writes `reproduction.html`, `reproduction.json`, tables
    (CSV, LaTeX) and figures (SVG, PDF). What was interrupted goes on where it stopped when the command is given again.

    Raises:
        BadConfig: if a seed, a group, the recipe or an option is not one that the paper has.
        BadRun: if a folder that is named does not exist.
        Unsupported: if the paper is none of those that can be reproduced.
    """
    if paper is None:
        rich.print(_list())
        return
    if paper not in PAPERS:
        raise Unsupported(f"`paper` must be one of {', '.join(PAPERS)}; got '{paper}'")
    for name, folder in (("data", data), ("networks", networks), ("runs", runs if paper != "stander2024" else None)):
        if folder is not None and not folder.is_dir():
            raise BadRun(f"`--{name}` must be a folder; `{folder}` is none: name another")
    training = {"seeds": seeds, "s6-seeds": s6_seeds, "recipe": recipe, "groups": groups, "census": census}
    training |= {"workers": workers, "dry-run": dry_run or None}
    if paper != "stander2024":
        given = [name for name, value in training.items() if value is not None]
        if given:
            raise BadConfig(f"`--{given[0]}` belongs to stander2024; {paper} takes {PAPERS[paper].takes}: leave it out")
        _released(paper, data, networks, runs, quick, out)
        return
    if data is not None:
        raise BadConfig("`--data` belongs to chughtai2023 and wu2024; stander2024 takes --networks: leave it out")
    _trained(networks, seeds, s6_seeds, recipe or "fast", groups, census, quick, out, runs, workers, dry_run)


def _list() -> Table:
    """The papers, and what each is made from."""
    table = Table("paper", "title", "arXiv", "made from", box=None, padding=(0, 2, 0, 0))
    for name, entry in PAPERS.items():
        table.add_row(name, entry.title, entry.arxiv, entry.takes)
    return table


def _released(paper: str, data: Path | None, networks: Path | None, runs: Path | None, quick: bool, out: Path) -> None:
    """Reproduce a paper from networks that its authors released."""
    from importlib import import_module

    module = import_module(f"cosetta.reproduce.{paper}.reproduction")
    from cosetta.reproduce.frame.page import write_reproduction
    from cosetta.reproduce.frame.released import Plan

    plan = Plan(data=data, networks=networks, runs=runs, quick=quick)
    print(module.expected(plan), file=sys.stderr, flush=True)

    with _Shown() as shown:
        found = module.reproduce(plan, progress=shown)
        write_reproduction(found, out)
    rich.print(_summary(found, shown.slowest(), out / "reproduction.html"))


def _trained(
    networks: Path | None,
    seeds: str | None,
    s6_seeds: str | None,
    recipe: str,
    groups: str | None,
    census: dict[str, str] | None,
    quick: bool,
    out: Path,
    runs: Path | None,
    workers: int | None,
    dry_run: bool,
) -> None:
    """Reproduce stander2024 from networks that are trained here, and from folded runs."""
    runs = runs or Path("runs")
    if groups is None:  # one S6 network takes as long as eight of S5, so a quick look has it on request
        groups = "S5" if quick and s6_seeds is None else "S5,S6"
    chosen = tuple(dict.fromkeys(name.strip() for name in groups.split(",") if name.strip()))
    if not chosen or set(chosen) - set(GROUPS):
        raise BadConfig(f"`--groups` must be of {', '.join(GROUPS)}, separated by commas; got '{groups}'")
    from cosetta.sweep import seed_range

    asked = dict(zip(GROUPS, (seeds, s6_seeds), strict=True))
    texts = dict(zip(GROUPS, DEFAULT_SEEDS[quick], strict=True)) if networks is None else {}
    texts |= {group: text for group, text in asked.items() if text is not None}
    wanted = {group: seed_range(texts[group]) if group in texts else () for group in GROUPS}
    others = {name: seed_range(text) for name, text in (census or {}).items()}
    populations = [(group, recipe, wanted[group]) for group in chosen if wanted[group]]
    populations += [(chosen[0], name, numbers) for name, numbers in others.items()]
    if dry_run:
        _show_plan(populations, runs)
        return
    if (expected := _expected(populations, runs, workers)) is not None:
        print(expected, file=sys.stderr, flush=True)
    if (measuring := _expected_measuring(networks, chosen)) is not None:
        print(measuring, file=sys.stderr, flush=True)
    numbers = {"seeds": wanted["S5"], "s6_seeds": wanted["S6"], "census_seeds": others, "networks": networks}
    _make(out, runs, recipe=recipe, groups=chosen, workers=workers, **numbers)


def _make(out: Path, runs: Path, **settings: Any) -> None:
    """Measure, write, and print the summary."""
    from cosetta.reproduce.frame.page import write_reproduction
    from cosetta.reproduce.stander2024.figures import draw
    from cosetta.reproduce.stander2024.reproduction import reproduce as measure

    with _Shown() as shown:
        found = measure(runs, progress=shown, **settings)
        shown("writing the page", 0, 1)
        write_reproduction(found, out, draw)
        shown("writing the page", 1, 1)
    rich.print(_summary(found, shown.slowest(), out / "reproduction.html"))


def _expected_measuring(networks: Path | None, groups: tuple[str, ...]) -> str | None:
    """How long the folded runs that are not measured yet will take; None if there are none."""
    if networks is None:
        return None
    from cosetta.reproduce.stander2024.reproduction import unmeasured

    left = unmeasured(networks, groups)
    seconds = sum(SECONDS_TO_MEASURE[group] * number for group, number in left.items())
    if not seconds:
        return None
    return f"{plural(sum(left.values()), 'folded run')} to explain: about {duration(seconds)} of one core"


def _show_plan(populations: list[tuple[str, str, tuple[int, ...]]], runs: Path) -> None:
    """How many runs there are to train, by group and recipe."""
    from cosetta.sweep import SweepPlan, grid

    for group, recipe, wanted in populations:
        plan = SweepPlan(grid({"group": group, "recipe": recipe, "seed": list(wanted)}), runs.absolute())
        left = len(plan.unfinished())
        done = len(plan.configs) - left
        print(
            f"{group} {recipe}: {plural(len(plan.configs), 'run')}, {count(done)} finished already, {count(left)} to do"
        )


def _expected(populations: list[tuple[str, str, tuple[int, ...]]], runs: Path, workers: int | None) -> str | None:
    """How long what is left will take, from finished runs or a few steps timed now; None if all is done."""
    from cosetta.machine import usable_cores
    from cosetta.sweep import SweepPlan, grid
    from cosetta.sweep.estimate import estimate

    configs = [
        config
        for group, recipe, wanted in populations
        for config in grid({"group": group, "recipe": recipe, "seed": list(wanted)})
    ]
    if not configs:
        return None
    found = estimate(SweepPlan(tuple(configs), runs.absolute()))
    if not found.runs:
        return None
    cores = min(workers or usable_cores(), found.runs)
    seconds = (found.train_seconds + (found.explain_seconds or 0.0)) / cores
    what = "train and explain" if found.explain_seconds is not None else "train; explaining comes on top"
    source = "from a few steps timed now, as if no phase ended early" if found.timed_kinds else "as finished runs took"
    sort = "at most " if found.timed_kinds else "about "
    return f"{plural(found.runs, 'network')}: {sort}{duration(seconds)} on {plural(cores, 'core')} to {what} ({source})"


class _Shown:
    """Shows how far each step is, with the time left: bars on a terminal, else a line now and then.

    Without a terminal a step has a line at its start, and one each half minute with the time that it may still take.
    """

    def __init__(self) -> None:
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.0f} of {task.total:.0f}"),
            TimeElapsedColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            transient=True,
            disable=not rich.get_console().is_terminal,
        )
        self.tasks: dict[str, Any] = {}
        self.times: dict[str, tuple[float, float]] = {}
        self.said = 0.0

    def __enter__(self) -> "_Shown":
        self.bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.bar.stop()

    def __call__(self, step: str, done: int, total: int) -> None:
        now = time.monotonic()
        if step not in self.tasks:
            self.tasks[step] = self.bar.add_task(step, total=total, completed=done)
            self.times[step] = (now, now)
            if self.bar.disable:
                print(f"{step} ({count(total)})", file=sys.stderr, flush=True)
                self.said = now
        elif self.bar.disable and now - self.said >= LINE_SECONDS:
            left = (now - self.times[step][0]) / done * (total - done) if done else None
            more = f", ETA {duration(left)}" if left is not None else ""
            print(f"{step}: {count(done)} of {count(total)}{more}", file=sys.stderr, flush=True)
            self.said = now
        self.bar.update(self.tasks[step], completed=done, total=total)
        self.times[step] = (self.times[step][0], now)

    def slowest(self) -> tuple[str, float] | None:
        """The step that took longest, and its seconds."""
        spans = {step: end - start for step, (start, end) in self.times.items()}
        return max(spans.items(), key=lambda item: item[1]) if spans else None


def _summary(found: Any, slowest: tuple[str, float] | None, page: Path) -> Table:
    """The verdicts, what is missing, the slowest step and where the page is."""
    from cosetta.reproduce.frame.headline import VERDICTS, count_verdicts, runs_sentence

    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    verdicts = count_verdicts(found)
    for verdict, number in verdicts.items():
        named = Text(f"{VERDICTS[verdict]} {verdict}", COLOURS[verdict])
        table.add_row(named, Text(f"{count(number)} of {count(sum(verdicts.values()))} claims of the paper"))
    table.add_row("runs", Text(runs_sentence(found)))
    table.add_row("made", Text(f"{plural(len(found.tables), 'table')}, {plural(len(found.figures), 'figure')}"))
    if found.missing:
        table.add_row("missing", Text("\n".join(first_lines(found.missing))))
    if slowest is not None:
        table.add_row("slowest step", Text(f"{slowest[0]}, {duration(slowest[1])}"))
    table.add_row("page", Text(str(page), overflow="fold"))
    return table


def first_lines(lines: tuple[str, ...], shown: int = 5) -> list[str]:
    """The first few lines, and how many more there are.

    Args:
        lines: all of them.
        shown: how many are kept.

    Returns:
        Lines for the terminal.

    Example:
        >>> first_lines(("a", "b", "c"), shown=1)
        ['a', 'and 2 more on the page']
    """
    rest = len(lines) - shown
    return [*lines[:shown], *([f"and {rest} more on the page"] if rest > 0 else [])]
