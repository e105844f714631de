"""The command that gives a run's network to others: `export`."""

from pathlib import Path
from typing import Annotated

import rich
from cyclopts import Parameter
from rich.markup import escape

from cosetta.errors import BadConfig


def export(
    run: Annotated[Path, Parameter(help="Folder of a finished run.")],
    /,
    *,
    to: Annotated[str, Parameter(help="safetensors, npz or hub.")] = "safetensors",
    out: Annotated[Path | None, Parameter(help="Folder for the export. [default: exports/<run>]")] = None,
    repository: Annotated[str | None, Parameter(help="user/name on the hub, for --to hub.")] = None,
) -> None:
    """Write a run's network with its configuration and a model card, or upload both to the Hugging Face hub."""
    from cosetta.models.exporting import export_run, push_to_hub

    folder = out or Path("exports") / run.resolve().name
    if to == "hub":
        if repository is None:
            raise BadConfig("`--to hub` needs `--repository user/name`; none was given")
        rich.print(f"uploaded to {escape(push_to_hub(run, repository, folder))}")
        return
    rich.print(f"wrote {escape(str(export_run(run, folder, to=to)))}, config.json and README.md")
