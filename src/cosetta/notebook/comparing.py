"""`cosetta compare` from Python: networks side by side under every account."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from cosetta.comparison import Analysed
from cosetta.comparison import compare as put_together
from cosetta.config import AnalysisConfig
from cosetta.errors import BadConfig, BadRun
from cosetta.harmonics import irreps
from cosetta.measures.gcr import irrep_measures
from cosetta.models.importers import open_checkpoint
from cosetta.notebook.explained import ExplainedNetwork, analyse
from cosetta.notebook.runs import Run, load_run
from cosetta.results import Comparison

__all__ = ["compare"]


def compare(*networks: Run | ExplainedNetwork | Path | str, names: Sequence[str] | None = None) -> Comparison:
    """Put networks side by side under every account, on one protocol.

    Args:
        *networks: runs, analyses with their networks, run folders, or anybody's checkpoints. What has no analysis with
            an arena is analysed now; nothing is written.
        names: what to call them, one each; the names of their folders if None.

    Returns:
        The comparison; a notebook shows its table, `to_frame()` has all of it.

    Raises:
        BadConfig: if no network is given, names do not fit, or something is none of these.
        BadRun: if a folder or file is missing or damaged, or a checkpoint does not fold.

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.models.planted import CosetPlan, plant, random_model
        >>> S3, generator = named_group("S3"), torch.Generator().manual_seed(0)
        >>> planted = plant(S3, [CosetPlan(S3.subgroup([1]), amplitude=8.0)], generator).folded
        >>> noise = analyse(random_model(S3, 9, generator), S3)
        >>> found = compare(analyse(planted, S3), noise, names=["planted", "noise"])
        >>> found.entry("planted", "coset").verdict, found.entry("noise", "coset").neurons
        ('holds', 0)
    """
    if not networks:
        raise BadConfig("compare needs a run, an analysis or a checkpoint; got none: name one or more")
    if names is not None and (len(names) != len(networks) or len(set(names)) < len(names)):
        raise BadConfig(f"`names` must be one for each of {len(networks)} networks, all different; got {list(names)}")
    opened = [_opened(network, i) for i, network in enumerate(networks)]
    called = list(names) if names is not None else _apart([name for name, *_ in opened])
    pairs = zip(called, opened, strict=True)
    return put_together([_analysed(name, found, source) for name, (_, found, source) in pairs])


def _opened(network: Any, i: int) -> tuple[str, ExplainedNetwork, str]:
    """A name, the network with its analysis, and where it is from."""
    if isinstance(network, str | Path):
        path = Path(network)
        if not path.exists():
            raise BadRun(f"a run or a checkpoint must be there; `{path}` is not: check the path")
        if not (path / "config.json").is_file():
            opened = open_checkpoint(path)
            if opened.folding is not None and opened.folding.obstacle:
                raise BadRun(f"the neurons of `{path}` must be functions on the group; {opened.folding.obstacle}")
            return path.stem, analyse(opened.model, opened.group), str(path)
        network = load_run(path)
    if isinstance(network, Run):
        found = network.analysis
        found = analyse(found.model, found.over, _with_arena(found)) if found.arena is None else found
        return network.folder.resolve().name, found, str(network.folder)
    if isinstance(network, ExplainedNetwork):
        found = analyse(network.model, network.over, _with_arena(network)) if network.arena is None else network
        return f"network {i + 1}", found, "memory"
    raise BadConfig(
        f"networks must be runs, analyses with their networks, or paths; number {i + 1} is of "
        f"type {type(network).__name__}: give `cosetta.analyse(network, group)`"
    )


def _with_arena(analysis: ExplainedNetwork) -> AnalysisConfig:
    """The thresholds of an analysis that left the arena out, with it."""
    known = {name: value for name, value in analysis.thresholds.items() if name in AnalysisConfig.model_fields}
    return AnalysisConfig.model_validate(known | {"arena": True})


def _apart(names: list[str]) -> list[str]:
    """Names with a number where an earlier one is equal."""
    numbers = [names[: i + 1].count(name) for i, name in enumerate(names)]
    return [name if number == 1 else f"{name} ({number})" for name, number in zip(names, numbers, strict=True)]


def _analysed(name: str, found: ExplainedNetwork, source: str) -> Analysed:
    measured = irrep_measures(found.model.to(device="cpu", dtype=torch.float64), found.over, irreps(found.over))
    return Analysed(name, source, found, measured)
