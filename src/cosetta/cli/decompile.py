"""The command that writes a network out as a program: `decompile`."""

from pathlib import Path
from typing import Annotated, Any

import rich
from cyclopts import Parameter
from rich.markup import escape

from cosetta.cli.run import Analysis, ConfigFile, Format, Instance, ItsGroup, Mapped, roles
from cosetta.cli.settings import analysis_config, read_config
from cosetta.cli.tables import print_lines
from cosetta.cli.usage import leave_out
from cosetta.errors import BadRun, Unsupported


def decompile(
    path: Annotated[Path, Parameter(help="Folder of a finished run, or anybody's checkpoint.")],
    /,
    *,
    why: Annotated[
        tuple[str, str] | None,
        Parameter(help="Two elements, as '(1 2 3)' 21345: print which rules fire for them, and write nothing."),
    ] = None,
    all_: Annotated[
        bool, Parameter(name="--all", help="Write every rule, not the fewest that keep the answers.")
    ] = False,
    out: Annotated[Path | None, Parameter(help="Folder of the files. [default: programs/NAME]")] = None,
    group: ItsGroup = None,
    format: Format = None,
    mapping: Mapped = None,
    instance: Instance = None,
    config: ConfigFile = None,
    analysis: Analysis = None,
) -> None:
    """Write a coset network as a program: a Python file that needs only Python, a LaTeX table, a figure, JSON.

    The program is held against the network: its answers, the wrong ones among them, and both with a part removed. A
    network that no coset rules describe is refused with the reason.

    Raises:
        BadRun: if there is no such network.
        Unsupported: if no program can be written.
    """
    checked = analysis_config(read_config(config)[1], analysis)
    if why is not None:
        leave_out({"out": out}, "a program that is written", "`--why` writes nothing")
    if not path.exists():
        raise BadRun(f"a run or a checkpoint must be there; `{path}` is not: check the path")
    model, G, name = _open(path, group, {"format": format, "mapping": roles(mapping), "instance": instance})
    from cosetta.programs import decompile as find_program
    from cosetta.programs.explaining import element_of
    from cosetta.programs.explaining import why as explain_pair
    from cosetta.programs.writing import write_decompiled

    for text in why or ():
        element_of(text, G)  # a typing error is told before anything is computed
    with rich.get_console().status(f"decompiling {name}"):
        found = find_program(model, G, checked, name)
    if why is not None:
        program = found.program if all_ else found.short
        print_lines(rich.get_console(), explain_pair(program, model, *why))
        return
    files = write_decompiled(found, out or Path("programs") / name, whole=all_)
    _show(found, files)


def _open(path: Path, group: str | None, options: dict[str, Any]) -> tuple[Any, Any, str]:
    """The folded network, its group and its name."""
    if (path / "checkpoints").is_dir():
        leave_out(options, "a checkpoint", f"`{path}` is a run, which has all of it")
        from cosetta.groups import read_group
        from cosetta.training.run_folder import load_run

        trained = load_run(path)
        G = read_group(group) if group else trained.group
        trained.check_group(G)
        return trained.folded(), G, path.resolve().name
    from cosetta.models.importers import open_checkpoint

    instance = options.pop("instance") or 0
    opened = open_checkpoint(path, group=group, instance=instance, **options)
    if opened.folding is not None and opened.folding.obstacle:
        raise Unsupported(
            f"a program needs neurons that are functions on the group; {opened.folding.obstacle}: `cosetta explain` "
            "shows the parts"
        )
    for note in opened.notes:
        rich.print(f"[dim]{escape(note)}[/dim]")
    resolved = path.resolve()
    return opened.model, opened.group, resolved.name if resolved.is_dir() else _name_of(resolved)


def _name_of(file: Path) -> str:
    return file.parent.name if file.stem in ("model", "full_run") else file.stem


def _show(found: Any, files: tuple[Path, ...]) -> None:
    from cosetta.programs.report_lines import trial_lines

    print_lines(rich.get_console(), trial_lines(found))
    size = files[0].stat().st_size
    names = ", ".join(file.name for file in files[1:])
    rich.get_console().print(escape(f"\n{files[0]} ({size:,} bytes), {names}"), soft_wrap=True, highlight=False)
