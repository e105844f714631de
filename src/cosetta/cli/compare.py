"""The command that lets accounts compete on many networks: `compare`."""

import shlex
from pathlib import Path
from typing import Annotated

import rich
from cyclopts import Parameter
from rich.markup import escape

from cosetta.cli.run import Analysis, ConfigFile
from cosetta.cli.settings import analysis_config, read_config, whole_number
from cosetta.cli.usage import leave_out
from cosetta.errors import BadConfig, BadRun
from cosetta.shown import plural


def compare(
    paths: Annotated[
        list[Path] | None, Parameter(help="Run folders, anybody's checkpoints, or folders that hold them.")
    ] = None,
    /,
    *,
    out: Annotated[Path, Parameter(help="Folder of the result.")] = Path("comparison"),
    group: Annotated[
        str | None, Parameter(help="Group of the checkpoints; found from their predictions if not given.")
    ] = None,
    workers: Annotated[int, Parameter(converter=whole_number, help="Networks at a time.")] = 1,
    config: ConfigFile = None,
    analysis: Analysis = None,
) -> None:
    """Compare all accounts of networks on one protocol: which holds, for how many bits, on which neurons.

    Writes compare.json, compare.parquet and compare.html. Networks that are explained with the same thresholds are
    taken as they are; the others are analysed and kept in `analyses/`, so the same command goes on after an
    interruption. What cannot be read or analysed is one line, and the rest goes on.

    Raises:
        BadConfig: if nothing is named, or a setting is out of range.
        BadRun: if no network is left.
    """
    if not paths:
        raise BadConfig("compare needs a run, a checkpoint, or a folder of them; got none: name one")
    if workers < 1:
        raise BadConfig(f"`--workers` must be at least 1; got {workers}")
    checked = analysis_config(read_config(config)[1], analysis)
    if not checked.arena:
        raise BadConfig("`analysis.arena` must be on, as it is what is compared; leave it out")
    from cosetta.comparison import compare as put_together
    from cosetta.comparison import find_targets, gather, write_comparison
    from cosetta.report.compare_terminal import comparison_summary

    targets, lines = find_targets(paths)
    if targets and all(target.kind != "checkpoint" for target in targets):
        leave_out({"group": group}, "checkpoints", "only runs are named, which say their group")
    with rich.get_console().status(f"comparing {plural(len(targets), 'network')}") as status:

        def tell(name: str, done: int, total: int) -> None:
            status.update(f"{done} of {plural(total, 'network')}; {escape(name)} is done")

        found, more = gather(targets, checked, out, group=group, workers=workers, progress=tell)
        skipped = (*lines, *more)
        if not found:
            first, *others = skipped
            raise BadRun(
                f"a network must be left to compare; there is none: {first}"
                + (f" (and {plural(len(others), 'more line')})" if others else "")
            )
        command = " ".join(["cosetta", "compare", *(shlex.quote(str(path)) for path in paths)])
        result = put_together(found, skipped, command=command + (f" --group {shlex.quote(group)}" if group else ""))
        write_comparison(result, out)
    rich.print(comparison_summary(result, rich.get_console().width))
    rich.print(f"[dim]{escape(str(out))}: compare.html, compare.json, compare.parquet[/dim]")
