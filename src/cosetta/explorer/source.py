"""What there is to explore: a run, or a network of somebody else, with its analysis and its sidecar on disk.

A sidecar that was made from the same weights, thresholds and version is taken as it is, so a page is written again
without torch having to compute anything.
"""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import final

from cosetta._version import __version__
from cosetta.analysis import analyse
from cosetta.comparison.targets import Target
from cosetta.config import AnalysisConfig
from cosetta.errors import BadRun
from cosetta.explanation import analyse_run
from cosetta.explorer.packing import SCHEMA, read_sidecar
from cosetta.explorer.sidecar import Explored, check_order, make_sidecar
from cosetta.files import file_digest, write_whole
from cosetta.models.importers import open_checkpoint
from cosetta.results import Analysis, load_analysis
from cosetta.training.run_folder import TrainedRun, load_run

__all__ = ["PAGE", "SIDECAR", "Opened", "open_target", "page_folder"]

SIDECAR = "explorer.bin"
"""The sidecar's name in a run's folder."""

PAGE = "explorer.html"
"""The page's name beside it."""


@final
@dataclass(frozen=True)
class Opened:
    """A network with its sidecar.

    Args:
        name: of the network.
        folder: where the sidecar is and the page belongs.
        sidecar: packed.
        made: whether the sidecar was made now.
    """

    name: str
    folder: Path
    sidecar: bytes
    made: bool


def page_folder(target: Target, out: Path) -> Path:
    """Where the page of a network belongs: in the run, or in the folder that `cosetta explain` gives a checkpoint.

    Args:
        target: the network.
        out: folder that holds the explanations of checkpoints.

    Returns:
        The folder; it may not exist yet.

    Example:
        >>> page_folder(Target("net", "checkpoint", Path("a/net.pt")), Path("runs")).as_posix()
        'runs/imported-net'
    """
    return target.path if target.kind != "checkpoint" else out / f"imported-{target.name.replace('/', '-')}"


def open_target(target: Target, out: Path, group: str | None = None) -> Opened:
    """The sidecar of a network: as it is on disk, or made and written there.

    Args:
        target: the network.
        out: folder that holds the explanations of checkpoints.
        group: group of a checkpoint; found from its predictions if None.

    Returns:
        The sidecar.

    Raises:
        BadRun: if the network cannot be read or is not finished.
        Unsupported: if its neurons are not functions on the group, or the group is too large to be shown.
        OSError: if the sidecar cannot be written.
    """
    folder = page_folder(target, out)
    if target.kind == "explanation":
        stored = read_sidecar(folder / SIDECAR, None)
        if stored is None:
            raise BadRun(
                f"`{target.path}` has an analysis but no weights to explore: name the checkpoint that it is of"
            )
        return Opened(target.name, folder, stored, made=False)
    if target.kind == "run":
        run = load_run(target.path)
        analysis = _stored(run)
        key = _key(run.folder / "model.safetensors", run.folder / "analysis.json")
        make = lambda: _of_run(run, analysis, key)  # noqa: E731
    else:
        key = _key(target.path, group)
        make = lambda: _of_checkpoint(target, folder, group, key)  # noqa: E731
    stored = read_sidecar(folder / SIDECAR, key)
    if stored is not None:
        return Opened(target.name, folder, stored, made=False)
    content = make_sidecar(make())
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / SIDECAR, lambda path: path.write_bytes(content))
    return Opened(target.name, folder, content, made=True)


def _stored(run: TrainedRun) -> Analysis | None:
    """The analysis in a run's folder, if it has one with an arena."""
    if not (run.folder / "analysis.json").is_file():
        return None
    analysis = load_analysis(run.folder)
    return analysis if analysis.arena is not None else None


def _of_run(run: TrainedRun, analysis: Analysis | None, key: str) -> Explored:
    group = run.group
    check_order(group)
    run.check_group(group)
    config = AnalysisConfig.model_validate(analysis.thresholds) if analysis is not None else AnalysisConfig()
    analysis = analysis or analyse_run(run, group, config)
    network = run.folded()
    return Explored(run.folder.resolve().name, f"trained: {run.command}", network, group, analysis, config, run, key)


def _of_checkpoint(target: Target, folder: Path, group: str | None, key: str) -> Explored:
    opened = open_checkpoint(target.path, group=group)
    check_order(opened.group)
    if opened.folding is not None and opened.folding.obstacle:
        obstacle = opened.folding.obstacle
        raise BadRun(f"its neurons must be functions on the group; {obstacle}: `cosetta explain` shows what they are")
    config = AnalysisConfig()
    source = f"imported: {opened.imported.source}. {' '.join(opened.notes)}"
    digest = file_digest(target.path)
    analysis = _kept(folder, digest, config)
    if analysis is None:
        analysis = analyse(opened.model, opened.group, config)
        record = {"source": opened.imported.source, "format": opened.imported.format, "notes": list(opened.notes)}
        record |= {"weights": digest, "versions": {"cosetta": __version__}}
        analysis = replace(analysis, run=record, command=f"cosetta explain {target.path.name}")
        if not (folder / "analysis.json").exists():  # that of `cosetta explain` stays as it is
            folder.mkdir(parents=True, exist_ok=True)
            content = analysis.to_json()
            write_whole(folder / "analysis.json", lambda path: path.write_bytes(content))
    return Explored(target.name, source, opened.model, opened.group, analysis, config, key=key)


def _kept(folder: Path, digest: str, config: AnalysisConfig) -> Analysis | None:
    """The analysis that an earlier page of the same weights was made from."""
    if not (folder / "analysis.json").is_file():
        return None
    try:
        analysis = load_analysis(folder)
    except BadRun:
        return None
    made = {"weights": digest, "versions": {"cosetta": __version__}}
    same = all(analysis.run.get(name) == value for name, value in made.items())
    return analysis if same and analysis.thresholds == config.model_dump() else None


def _key(weights: Path, *others: Path | str | None) -> str:
    """What a sidecar depends on."""
    digest = sha256(repr((SCHEMA, __version__)).encode())
    for part in (weights, *others):
        content = part.read_bytes() if isinstance(part, Path) and part.is_file() else repr(part).encode()
        digest.update(sha256(content if not isinstance(part, Path) or part.is_file() else b"").digest())
    return digest.hexdigest()
