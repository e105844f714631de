"""The command that gives a run's network to others: `export`."""

from pathlib import Path
from typing import Annotated

import rich
from cyclopts import Parameter
from rich.markup import escape

from cosetta.cli.usage import leave_out
from cosetta.errors import BadConfig, BadRun

KINDS = ("safetensors", "npz", "hub")
"""Where a network goes: a file of one of two kinds in a folder, or the hub."""


def export(
    run: Annotated[Path, Parameter(help="Folder of a finished run.")],
    /,
    *,
    to: Annotated[str, Parameter(help="safetensors, npz or hub.")] = "safetensors",
    out: Annotated[Path | None, Parameter(help="Folder for the export. [default: exports/NAME]")] = None,
    repository: Annotated[str | None, Parameter(help="user/name on the hub, for --to hub.")] = None,
) -> None:
    """Write a run's network with its configuration and a model card, or upload both to the Hugging Face hub."""
    if to not in KINDS:
        raise BadConfig(f"`--to` must be one of {', '.join(KINDS)}; got '{to}'")
    if to != "hub":
        leave_out({"repository": repository}, "the hub", f"`--to {to}` writes a folder")
    elif repository is None:
        raise BadConfig("`--to hub` needs a repository; none was given: add --repository user/name")
    if not (run / "config.json").is_file():
        raise BadRun(f"a finished run must be there; `{run}` is none: check the path")
    from cosetta.models.exporting import export_run, push_to_hub

    folder = out or Path("exports") / run.resolve().name
    if to == "hub":
        assert repository is not None
        rich.print(f"uploaded to {escape(push_to_hub(run, repository, folder))}")
        return
    rich.print(f"wrote {escape(str(export_run(run, folder, to=to)))}, config.json and README.md")
