"""The command that shows networks: `explore`."""

from pathlib import Path
from typing import Annotated, Any

import rich
from cyclopts import Parameter
from rich.markup import escape

from cosetta.cli.usage import leave_out
from cosetta.errors import BadConfig, BadRun
from cosetta.shown import plural

__all__ = ["explore"]


def explore(
    paths: Annotated[
        list[Path] | None,
        Parameter(help="A run or anybody's checkpoint; two for a page with both; a folder of many for an index."),
    ] = None,
    /,
    *,
    out: Annotated[
        Path | None, Parameter(help="The page to write. [default: explorer.html in the run, or in the folder]")
    ] = None,
    runs: Annotated[
        Path | None, Parameter(help="Folder that holds the explanations of checkpoints. [default: runs]")
    ] = None,
    group: Annotated[
        str | None, Parameter(help="Group of the checkpoints; found from their predictions if not given.")
    ] = None,
    index_only: Annotated[bool, Parameter(help="Of a folder, write the index and no page of a network.")] = False,
) -> None:
    """Write a page in which a network can be looked at: one product, neurons, subgroups, circuits, what-if, training.

    The page is one file that needs no network, no server and no installation. What it shows is kept beside it as
    explorer.bin, so that the page is written again in a moment.

    Raises:
        BadConfig: if nothing is named, or more than can be shown on one page.
        BadRun: if a network cannot be read.
    """
    if not paths:
        raise BadConfig("explore needs a run, a checkpoint, or a folder of them; got none: name one")
    from cosetta.comparison import find_targets

    targets, skipped = find_targets(paths)
    if not targets:
        raise BadRun(f"there must be a network to explore; there is none: {skipped[0]}")
    if all(target.kind != "checkpoint" for target in targets):
        leave_out({"group": group, "runs": runs}, "checkpoints", "only runs are named, which have both")
    runs = runs or Path("runs")
    for line in skipped:
        rich.print(f"[dim]{escape(line)}[/dim]")
    itself = len(targets) == 1 and paths[0] in (
        targets[0].path,
        targets[0].path.parent if targets[0].path.is_file() else None,
    )
    if len(paths) == 1 and not itself:
        _index(targets, paths[0], out, runs, group, index_only)
    elif len(targets) <= 2:
        leave_out({"index-only": index_only}, "a folder of networks", f"`{paths[0]}` is one network")
        _page(targets, out, runs, group)
    else:
        raise BadConfig(
            f"one page shows one network or two beside each other; got {len(targets)}: name the folder that holds them "
            "for an index"
        )


def _page(targets: Any, out: Path | None, runs: Path, group: str | None) -> None:
    """One network, or two beside each other."""
    from cosetta.explorer import PAGE, explorer_page, open_target
    from cosetta.files import write_text

    opened = []
    for target in targets:
        with rich.get_console().status(f"reading {escape(target.name)}"):
            opened.append(open_target(target, runs, group))
    name = f"explorer-with-{opened[1].name.replace('/', '-')}.html" if len(opened) > 1 else PAGE
    path = out or opened[0].folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, explorer_page([each.sidecar for each in opened]))
    size = path.stat().st_size / 1e6
    rich.get_console().print(f"Explorer  {escape(str(path))} ({size:.1f} MB, opens in any browser)", soft_wrap=True)
    if path == opened[0].folder / PAGE:
        _link_report(path.parent)


def _link_report(folder: Path) -> None:
    """Let the report beside a new page link its neurons to it, unless it does already."""
    from cosetta.explorer import PAGE

    report = folder / "report.html"
    if not report.is_file() or f'href="{PAGE}' in report.read_text(encoding="utf-8"):
        return
    from cosetta.report import write_report
    from cosetta.results import load_analysis

    write_report(load_analysis(folder), report)


def _index(targets: Any, folder: Path, out: Path | None, runs: Path, group: str | None, index_only: bool) -> None:
    """An index of the networks in a folder, and a page of each."""
    from cosetta.errors import CosettaError
    from cosetta.explorer import PAGE, explorer_page, index_page, index_row, open_target, page_folder
    from cosetta.files import write_text

    out = out or folder / PAGE
    problems = {}
    if not index_only:
        with rich.get_console().status("reading") as status:
            for i, target in enumerate(targets):
                status.update(f"{i} of {plural(len(targets), 'network')}; reading {escape(target.name)}")
                try:
                    opened = open_target(target, runs, group)
                    page = opened.folder / PAGE
                    if opened.made or not page.is_file():
                        write_text(page, explorer_page([opened.sidecar]))
                except (CosettaError, ValueError, OSError) as error:
                    problems[target.name] = " ".join(str(error).split())
    rows = [index_row(target, page_folder(target, runs) / PAGE, out.parent) for target in targets]
    rows = [row | {"problem": problems[row["name"]]} if row["name"] in problems else row for row in rows]
    out.parent.mkdir(parents=True, exist_ok=True)
    write_text(out, index_page(rows, folder.resolve().name))
    for name, problem in problems.items():
        rich.print(f"[dim]{escape(name)}: {escape(problem)}[/dim]")
    rich.get_console().print(f"Explorer  {escape(str(out))} ({plural(len(rows), 'network')})", soft_wrap=True)
