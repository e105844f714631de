"""What is to be compared: run folders, checkpoints of others, and folders that hold them, each under a name of its own.

Nothing is read here but the names of files. A folder is a *run* if it holds `config.json`, unless all that is beside it
are weights, as in an exported or built network: that is a *checkpoint*, as is every folder that holds one of
`CHECKPOINTS`. It is an *explanation* if it holds only `analysis.json` (of a checkpoint that was explained). Any other
folder is looked through, and each file in it that is named as `SERIES` says is a checkpoint.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, final

from cosetta.files import FilePath

__all__ = ["CHECKPOINTS", "SERIES", "Target", "find_targets"]

CHECKPOINTS = ("model.pt", "model.safetensors", "full_run.pth")
"""Files that make a folder a checkpoint; such a file has the name of its folder."""

SERIES = re.compile(r"model_[^.]+\.(pt|pth|safetensors)")
"""Files of which one folder may hold several, as those of Zhong et al. 2023 do."""

Kind = Literal["run", "explanation", "checkpoint"]


@final
@dataclass(frozen=True)
class Target:
    """A network to compare.

    Args:
        name: unique among the targets.
        kind: how it is opened.
        path: the folder of a run or explanation, the file of a checkpoint.
    """

    name: str
    kind: Kind
    path: Path


def find_targets(paths: Iterable[FilePath]) -> tuple[tuple[Target, ...], tuple[str, ...]]:
    """The networks that these paths lead to, in their order; those of a folder in the order of their names.

    Args:
        paths: run folders, checkpoints, folders of any depth that hold them.

    Returns:
        The networks, each named once, and one line for each path that leads to none or to one that is there already.

    Example:
        >>> find_targets(["nowhere"])
        ((), ('nowhere: there is no such file or folder',))
    """
    found: list[Target] = []
    skipped: list[str] = []
    seen: dict[Path, str] = {}
    for path in map(Path, paths):
        targets = list(_below(path))
        if not targets:
            missing = "there is no such file or folder" if not path.exists() else "it holds no run and no checkpoint"
            skipped.append(f"{path}: {missing}")
        for target in targets:
            place = target.path.resolve()
            if place in seen:
                skipped.append(f"{target.path}: the same as {seen[place]}: one network must not count twice")
            else:
                seen[place] = target.name
                found.append(target)
    return _named_apart(found), tuple(skipped)


def _below(path: Path) -> Iterator[Target]:
    """The networks at a path."""
    if path.is_file():
        if path.name == "analysis.json":
            yield from _below(path.parent)
        else:
            yield Target(_name_of_file(path), "checkpoint", path)
        return
    for current, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        target = _folder(Path(current), set(files), set(folders))
        if target is not None:
            folders.clear()  # nothing inside a run is a run
            yield target
            continue
        for name in sorted(filter(SERIES.fullmatch, files)):
            yield Target(_name_of_file(Path(current, name)), "checkpoint", Path(current, name))


def _folder(folder: Path, files: set[str], folders: set[str]) -> Target | None:
    name = folder.resolve().name
    file = next((file for file in CHECKPOINTS if file in files), None)
    if "config.json" in files and (file is None or "checkpoints" in folders or "analysis.json" in files):
        return Target(name, "run", folder)
    if "analysis.json" in files:
        return Target(name, "explanation", folder)
    return None if file is None else Target(name, "checkpoint", folder / file)


def _name_of_file(path: Path) -> str:
    return path.resolve().parent.name if path.name in CHECKPOINTS else path.stem


def _named_apart(targets: Sequence[Target]) -> tuple[Target, ...]:
    """Targets with one name get those of the folders above them as well, and a number where even these are equal."""
    depth, names = 0, [target.name for target in targets]
    while len(set(names)) < len(names) and depth < 20:
        depth += 1
        counts = Counter(names)
        names = [
            "/".join([*_above(target)[-depth:], target.name]) if counts[name] > 1 else name
            for name, target in zip(names, targets, strict=True)
        ]
    met: Counter[str] = Counter()
    numbered = []
    for name, target in zip(names, targets, strict=True):
        met[name] += 1
        numbered.append(replace(target, name=name if met[name] == 1 else f"{name} ({met[name]})"))
    return tuple(numbered)


def _above(target: Target) -> tuple[str, ...]:
    """Names of the folders above a target that are not in its name."""
    folder = target.path.resolve()
    folder = folder.parent if target.kind == "checkpoint" else folder
    parts = folder.parts[1:]
    return parts[:-1] if parts and parts[-1] == target.name else parts
