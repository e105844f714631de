"""The files of a decompiled network: `program.py`, `program.tex`, `program.svg` and `program.json`, all or none."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cosetta._version import __version__
from cosetta.files import FilePath, write_together
from cosetta.programs.decompiling import Decompiled
from cosetta.programs.pictures import latex_table, pseudocode_svg
from cosetta.programs.python_text import python_text
from cosetta.programs.reading import SCHEMA, program_record
from cosetta.shown import plural

__all__ = ["answers_in_words", "decompiled_record", "write_decompiled"]


def answers_in_words(share: float, pairs: int, total: int) -> str:
    """How many of a network's answers a program gives.

    Args:
        share: of the pairs that were compared.
        pairs: that were compared.
        total: |G|^2.

    Returns:
        A phrase.

    Example:
        >>> answers_in_words(1.0, 36, 36), answers_in_words(0.5, 100, 518400)
        ('all 36 answers of the network', '50 of 100 sampled answers of the network')
    """
    of = plural(pairs, "sampled answer" if pairs < total else "answer")
    return f"all {of} of the network" if share == 1 else f"{round(share * pairs):,} of {of} of the network"


def decompiled_record(found: Decompiled) -> dict[str, Any]:
    """Everything that was found, as plain data.

    Args:
        found: the decompiled network.

    Returns:
        The content of `program.json`.
    """
    return {
        "schema": SCHEMA,
        "cosetta": __version__,
        "name": found.name,
        "program": program_record(found.program),
        "short": program_record(found.short),
        "short_agreement": found.short_agreement,
        "strength": found.strength,
        "settled": found.settled,
        "trial": asdict(found.trial),
    }


def write_decompiled(found: Decompiled, folder: FilePath, *, whole: bool = False) -> tuple[Path, ...]:
    """Write all files of a decompiled network, or none.

    Args:
        found: the decompiled network.
        folder: where; made if it does not exist.
        whole: write every rule into the readable files, not the fewest.

    Returns:
        The files, the Python program first.

    Raises:
        Unsupported: if the group acts on too many points to be written as lines of signs.
        OSError: if a file cannot be written; then none is.
    """
    trial = found.trial
    program, share = (found.program, trial.agreement) if whole else (found.short, found.short_agreement)
    says = answers_in_words(share, trial.pairs, trial.total_pairs)
    caption = f"How {found.name} multiplies in {program.group.name}: {plural(len(program.rules), 'rule')}, {says}"
    contents = {
        "program.py": python_text(program, found.name, says),
        "program.tex": latex_table(program, caption),
        "program.svg": pseudocode_svg(program, caption),
        "program.json": json.dumps(decompiled_record(found), indent=1, allow_nan=False) + "\n",
    }
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)

    def writer(text: str) -> Callable[[Path], object]:
        return lambda path: path.write_text(text, encoding="utf-8", newline="\n")

    write_together([(folder / name, writer(text)) for name, text in contents.items()])
    return tuple(folder / name for name in contents)
