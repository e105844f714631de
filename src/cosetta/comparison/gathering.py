"""Analyses of the networks to compare: taken as they are where they fit, made otherwise, and kept.

An analysis fits if it has the arena, the thresholds that are asked for, and every account. One that is made is kept as
`<out>/analyses/<name>.json` at once, under the hash of the weights, so an interruption loses only what was in work. A
network that cannot be analysed gives one line, and the rest goes on.
"""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from time import sleep
from typing import Any, final

import torch
from pydantic import TypeAdapter

from cosetta._version import __version__
from cosetta.analysis import analyse
from cosetta.comparison.comparing import Analysed
from cosetta.comparison.targets import Target
from cosetta.config import AnalysisConfig
from cosetta.errors import BadRun, CosettaError
from cosetta.explanation import analyse_run
from cosetta.files import read_json, write_whole
from cosetta.groups import Group, named_group
from cosetta.harmonics import irreps
from cosetta.hypotheses import ACCOUNTS
from cosetta.measures.gcr import irrep_measures
from cosetta.models import FoldedModel
from cosetta.models.importers import open_checkpoint
from cosetta.results import Analysis, load_analysis
from cosetta.sweep.engines import LocalWorkers
from cosetta.training.run_folder import load_run

__all__ = ["KEPT", "gather"]

KEPT = "analyses"
"""Folder of the analyses that were made, inside that of the comparison."""

Progress = Callable[[str, int, int], object]


@final
@dataclass(frozen=True)
class _Kept:
    """An analysis on disk.

    Args:
        key: hash of the weights, the thresholds, the accounts and the version that it was made from.
        analysed: the analysis.
        schema: number of this layout.
    """

    key: str
    analysed: Analysed
    schema: int = 1


_KEPT = TypeAdapter(_Kept)


def gather(
    targets: Sequence[Target],
    config: AnalysisConfig,
    out: Path,
    *,
    group: str | None = None,
    workers: int = 1,
    progress: Progress = lambda name, done, total: None,
) -> tuple[tuple[Analysed, ...], tuple[str, ...]]:
    """The analysis of each network.

    Args:
        targets: the networks.
        config: thresholds; `arena` must be on.
        out: folder of the comparison; what is made is kept below it.
        group: name of the group of the checkpoints; found from their predictions if None.
        workers: networks at a time, each in a process.
        progress: told the name of each network that is done, how many are, and how many there are.

    Returns:
        The analyses in the order of the targets, and one line for each network that has none.
    """
    folder = out / KEPT
    folder.mkdir(parents=True, exist_ok=True)
    tasks = [(target, config, folder, group) for target in targets]
    found: dict[str, Analysed | str] = {}
    if workers == 1:
        for task in tasks:
            found[task[0].name] = _open(*task)
            progress(task[0].name, len(found), len(targets))
    else:
        with ExitStack() as stack:
            pool = LocalWorkers(min(workers, max(1, len(tasks))))
            stack.callback(pool.stop)
            _spread(pool, workers, tasks, found, progress)
    results = [found[target.name] for target in targets]
    skipped = [f"{target.name}: {r}" for target, r in zip(targets, results, strict=True) if isinstance(r, str)]
    return tuple(r for r in results if isinstance(r, Analysed)), tuple(skipped)


def _spread(
    pool: LocalWorkers, workers: int, tasks: Sequence[Any], found: dict[str, Analysed | str], progress: Progress
) -> None:
    """Keep every worker busy with one network at a time."""
    waiting, running = list(tasks), dict[str, Future]()
    while waiting or running:
        while waiting and len(running) < workers:
            task = waiting.pop(0)
            running[task[0].name] = pool.submit(_open, *task)
        for name in [name for name, future in running.items() if future.done()]:
            try:
                found[name] = running.pop(name).result()
            except BrokenProcessPool:
                found[name] = "its process was killed: run the command again, or with fewer workers"
            progress(name, len(found), len(tasks))
        sleep(0.02)


def _open(target: Target, config: AnalysisConfig, folder: Path, group: str | None) -> Analysed | str:
    """The analysis of one network, or in one line why there is none."""
    try:
        return _analysed(target, config, folder, group)
    except (CosettaError, ValueError, OSError, MemoryError) as error:
        return " ".join(str(error).split()) or type(error).__name__


def _analysed(target: Target, config: AnalysisConfig, folder: Path, group: str | None) -> Analysed:
    stored = _stored(target)
    weights = target.path / "model.safetensors" if target.kind == "run" else target.path
    if target.kind == "explanation" or not weights.is_file():
        reason = stored if isinstance(stored, str) else _unfit(stored, config)
        if reason or isinstance(stored, str):
            raise BadRun(f"{reason}, and there are no weights here to analyse: name its checkpoint instead")
        return Analysed(target.name, str(target.path), stored, None)
    key = _key(weights, config, group)
    path = folder / f"{_file_name(target)}.json"
    kept = _read_kept(path, key)
    if kept is not None:
        return replace(kept, name=target.name, source=str(target.path))
    if target.kind == "run":
        usable = None if isinstance(stored, str) or _unfit(stored, config) else stored
        analysed = _of_run(target, config, usable)
        if usable is not None:
            return analysed  # it is in the run's own folder
    else:
        analysed = _of_checkpoint(target, config, group)
    content = _KEPT.dump_json(_Kept(key, analysed), indent=1)
    write_whole(path, lambda temporary: temporary.write_bytes(content))
    return analysed


def _of_run(target: Target, config: AnalysisConfig, usable: Analysis | None) -> Analysed:
    run = load_run(target.path)
    group = named_group(run.config.group)
    run.check_group(group)
    analysis = usable or analyse_run(run, group, config)
    return Analysed(target.name, str(target.path), analysis, _irrep_measures(run.folded(), group))


def _of_checkpoint(target: Target, config: AnalysisConfig, group: str | None) -> Analysed:
    opened = open_checkpoint(target.path, group=group)
    if opened.folding is not None and opened.folding.obstacle:
        obstacle = opened.folding.obstacle
        raise BadRun(f"its neurons must be functions on the group; {obstacle}: `cosetta explain` shows what they are")
    analysis = analyse(opened.model, opened.group, config)
    record = {"source": opened.imported.source, "format": opened.imported.format, "notes": list(opened.notes)}
    analysis = replace(analysis, run=record | {"versions": {"cosetta": __version__}})
    return Analysed(target.name, str(target.path), analysis, _irrep_measures(opened.model, opened.group))


def _irrep_measures(model: FoldedModel, group: Group) -> Any:
    return irrep_measures(model.to(device="cpu", dtype=torch.float64), group, irreps(group))


def _stored(target: Target) -> Analysis | str:
    """The analysis in a folder, or why it cannot be used."""
    if target.kind == "checkpoint":
        return "it has no analysis"
    if not (target.path / "analysis.json").exists():
        return "it is not explained"
    try:
        return load_analysis(target.path)
    except BadRun as error:
        return str(error)


def _unfit(analysis: Analysis, config: AnalysisConfig) -> str:
    """Why an analysis does not fit this comparison, or an empty string."""
    if analysis.arena is None:
        return "its analysis has no arena (of an earlier version, or left out)"
    wanted = config.model_dump()
    other = sorted(name for name in wanted if analysis.thresholds.get(name) != wanted[name])
    if other:
        return f"its analysis was made with another `{other[0]}`"
    missing = {kind.id for kind in ACCOUNTS} - {record.id for record in analysis.accounts}
    return f"its analysis lacks the account `{min(missing)}`" if missing else ""


def _key(weights: Path, config: AnalysisConfig, group: str | None) -> str:
    """What an analysis depends on."""
    digest = sha256(weights.read_bytes())
    record = weights.parent / "config.json"
    for part in (record.read_bytes() if record.is_file() else b"", config.model_dump_json().encode()):
        digest.update(sha256(part).digest())
    digest.update(repr((group, __version__, [kind.id for kind in ACCOUNTS])).encode())
    return digest.hexdigest()


def _read_kept(path: Path, key: str) -> Analysed | None:
    """The analysis in a file, if it is whole and was made from the same."""
    if not path.exists():
        return None
    try:
        kept = read_json(path, _Kept, what="an analysis that was kept", advice="delete it", schema=1)
    except BadRun:
        return None  # damaged: it is made again
    return kept.analysed if kept.key == key else None


def _file_name(target: Target) -> str:
    """The name as a file name; any that had to be changed carries a hash, so that no two meet."""
    plain = re.sub(r"[^A-Za-z0-9._=,+-]", "_", target.name)[:100].lstrip(".") or "_"
    return plain if plain == target.name else f"{plain}-{sha256(target.name.encode(errors='replace')).hexdigest()[:8]}"
