"""Their paper again: released networks (`--data`), and runs and folded runs made elsewhere (`--runs`, `--networks`)."""

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

import numpy as np
import torch
from matplotlib.figure import Figure
from pydantic import TypeAdapter

from cosetta._version import __version__
from cosetta.errors import BadRun, CosettaError, Unsupported
from cosetta.files import read_json, write_whole
from cosetta.groups import named_group
from cosetta.harmonics import irreps
from cosetta.measures.gcr import gcr_measures
from cosetta.population import acquired
from cosetta.report.notation import count, duration
from cosetta.reproduce.chughtai2023.agreement import Compared, compare_run
from cosetta.reproduce.chughtai2023.claims import RELEASED, claim_rows
from cosetta.reproduce.chughtai2023.paper import CHUGHTAI2023
from cosetta.reproduce.chughtai2023.subjects import KeyRun, Subject
from cosetta.reproduce.chughtai2023.tables import agreement_facts, key_sets, losses_table, networks_table, table3
from cosetta.reproduce.frame.claims import decide
from cosetta.reproduce.frame.folded_runs import FoldedRun
from cosetta.reproduce.frame.results import FigureFacts, Reproduction
from cosetta.reproduce.frame.sets import Network, networks_in
from cosetta.training.pairs import split_pairs
from cosetta.trajectory import load_trajectory

__all__ = ["Plan", "draw", "reproduce"]

Progress = Callable[[str, int, int], None]
"""Called with the name of a step, how much of it is done, and its total."""

FILES = ("model.pt", "cfg.json", "summary_metrics.json")
"""What a folder of their release holds; `key_reps.txt` is optional."""

SLOW = ("S6",)
"""Groups whose networks take longer than all others together; a quick look leaves them out."""

SECONDS = {"S6": 15.0, "C113": 10.0, "D118": 6.0}
"""One core's seconds to measure a released network, by group; others take 3."""

RUN_SECONDS = 0.5
"""One core's seconds to measure a run of S5 that is not measured yet."""

CACHE = "chughtai2023.json"
"""What is measured of a run trained here, in its folder."""

SCHEMA = 1
"""Number of the cache's layout."""

SAMPLE = 20_000
"""At most this many training pairs are behind an excluded loss of a run trained here; S5 has 5,760."""

PREFERENCE = (RELEASED, "stander2024", "fast", "wu2024", "foreign")
"""Which population decides: the networks that the paper is about, then those of the recipe nearest to theirs."""


@final
@dataclass(frozen=True)
class Plan:
    """What is to be reproduced.

    Args:
        data: folder of their release; None reproduces what needs none of it.
        networks: folder of folded runs.
        runs: folder of runs.
        quick: whether S6 is left out.
    """

    data: Path | None = None
    networks: Path | None = None
    runs: Path | None = None
    quick: bool = False

    def released(self) -> list[Path]:
        """Folders of the release, those left out by `quick` not among them."""
        if self.data is None:
            return []
        found = sorted(path for path in self.data.iterdir() if path.is_dir())
        return [path for path in found if not (self.quick and path.name.startswith(SLOW))]

    def expected(self) -> str:
        """How long it will take, in words, before anything is measured."""
        folders = self.released()
        seconds = sum(SECONDS.get(path.name.split("_")[0].replace("D59", "D118"), 3.0) for path in folders)
        left = [path for path in _folders(self) if not (path / CACHE).is_file()]
        seconds += RUN_SECONDS * len(left)
        parts = f"{count(len(folders))} released networks" + (f" and {count(len(left))} runs" if left else "")
        return f"{parts}: about {duration(max(1.0, seconds))} of one core"


def _folders(plan: Plan) -> list[Path]:
    """Run folders and folded runs that are named."""
    places = [place for place in (plan.networks, plan.runs) if place is not None]
    return [path.parent for place in places for path in sorted(place.glob("*/model.safetensors"))]


def draw(facts: FigureFacts) -> Figure:
    """Draw a figure of this paper, which has none yet.

    Args:
        facts: a figure.

    Raises:
        Unsupported: always.
    """
    raise Unsupported(f"figure '{facts.name}' has kind '{facts.kind}', which nothing draws")


def reproduce(plan: Plan, *, progress: Progress | None = None) -> Reproduction:
    """Their tables and claims on the released networks, and on networks trained here beside them.

    Args:
        plan: what is to be reproduced.
        progress: called as each step goes on.

    Returns:
        The reproduction; what could not be read is in `missing`, by name and reason.

    Raises:
        OSError: if a file cannot be written.

    Source:
        Chughtai, Chan and Nanda 2023 (arXiv:2302.03025).
    """
    started, tell = time.monotonic(), progress or (lambda step, done, total: None)
    missing: dict[str, str] = {}
    compared = _compared(plan, missing, tell)
    subjects = {RELEASED: Subject(tuple(_released_run(run) for run in compared if _usable(run)), tuple(compared))}
    subjects = subjects if compared else {}
    subjects |= _trained_here(plan, missing, tell)
    subjects = {name: subjects[name] for name in sorted(subjects, key=_rank)}
    tables = [table3(compared), networks_table(compared), agreement_facts(compared)] if compared else []
    tables += [losses_table(subjects), key_sets(subjects)] if subjects else []
    places = ((name, getattr(plan, name)) for name in ("data", "networks", "runs"))
    said = "".join(f" --{name} {place.name}" for name, place in places if place is not None)
    return Reproduction(
        settings={"quick": plan.quick},
        populations={
            name if name == RELEASED else f"S5 {name}": len(subject.runs) for name, subject in subjects.items()
        },
        tables=tuple(tables),
        figures=(),
        claims=decide(claim_rows(), subjects),
        missing=tuple(f"{name}: {reason}" for name, reason in sorted(missing.items())),
        command=f"cosetta reproduce chughtai2023{said}{' --quick' if plan.quick else ''}",
        seconds=time.monotonic() - started,
        versions={"cosetta": __version__, "python": platform.python_version(), "torch": str(torch.__version__)},
        paper=CHUGHTAI2023,
        words=WORDS,
    )


def _rank(name: str) -> tuple[int, str]:
    return (PREFERENCE.index(name) if name in PREFERENCE else len(PREFERENCE), name)


def _compared(plan: Plan, missing: dict[str, str], tell: Progress) -> list[Compared]:
    """Every released network that can be read; the others are named with what they lack."""
    if plan.data is None:
        missing["--data"] = f"not given; the tables need folders of their release, each with {', '.join(FILES)}"
        return []
    found, folders = [], plan.released()
    if not folders:
        missing[str(plan.data.name)] = f"holds no folder of their release; each has {', '.join(FILES)}"
    for i, folder in enumerate(folders):
        tell("measuring released networks", i, len(folders))
        absent = [name for name in FILES if not (folder / name).is_file()]
        if absent:
            missing[folder.name] = f"wants {absent[0]}"
            continue
        try:
            found.append(compare_run(folder))
        except CosettaError as error:
            missing[folder.name] = str(error)
        tell("measuring released networks", i + 1, len(folders))
    if plan.quick and plan.data is not None:
        left = [path.name for path in plan.data.iterdir() if path.is_dir() and path.name.startswith(SLOW)]
        missing |= dict.fromkeys(left, "left out by --quick")
    return found


def _usable(run: Compared) -> bool:
    """Whether a released network generalises and is folded."""
    return run.generalises and not run.obstacle


def _released_run(run: Compared) -> KeyRun:
    ours = run.ours
    return KeyRun(
        name=run.run,
        group=run.group,
        order=named_group(run.group).order,
        architecture=f"{run.architecture}, {run.width} neurons",
        key=run.key,
        test_loss=ours.get("test_loss"),
        restricted=ours.get("total_hidden_restricted_loss"),
        excluded=ours.get("total_hidden_excluded_loss"),
    )


def _trained_here(plan: Plan, missing: dict[str, str], tell: Progress) -> dict[str, Subject]:
    """S5 networks by recipe, from both folders."""
    networks: list[Network] = []
    for place in (plan.networks, plan.runs):
        if place is not None:
            found, damaged = networks_in(place, ("S5",))
            networks, missing = networks + found, _added(missing, damaged)
    by_recipe: dict[str, list[KeyRun]] = {}
    for i, network in enumerate(networks):
        tell("measuring runs", i, len(networks))
        try:
            by_recipe.setdefault(network.recipe, []).append(_key_run(network))
        except BadRun as error:
            missing[network.name] = str(error)
        tell("measuring runs", i + 1, len(networks))
    return {name: Subject(tuple(run for run in runs if _learned(run))) for name, runs in by_recipe.items()}


def _added(missing: dict[str, str], more: dict[str, str]) -> dict[str, str]:
    missing.update(more)
    return missing


def _learned(run: KeyRun) -> bool:
    """Whether a network multiplies: its test loss is below 1 nat, where guessing on S5 has 4.8."""
    return run.test_loss is not None and run.test_loss < 1.0


@final
@dataclass(frozen=True)
class _Cached:
    """What is kept beside a run."""

    run: KeyRun
    schema: int = SCHEMA


_CACHED = TypeAdapter(_Cached)


def _key_run(network: Network) -> KeyRun:
    """What irreps explain of a run, from the file beside it if there is a whole one."""
    path = network.folder / CACHE
    try:
        kept = read_json(path, _Cached, what="measures of a run", advice="they are made again", schema=SCHEMA).run
    except BadRun:
        kept = _measured(network)
        content = _CACHED.dump_json(_Cached(kept))
        write_whole(path, lambda temporary: temporary.write_bytes(content))
    formed = load_trajectory(network.folder)
    return replace(kept, acquired=tuple(acquired(formed, "irreps").items())) if formed is not None else kept


def _measured(network: Network) -> KeyRun:
    group, model = named_group(network.group), network.model
    run = network.run
    if isinstance(run, FoldedRun):
        trained, test_loss = run.trained(group), run.record.test_loss[-1]
    else:
        config = run.config
        trained, _ = split_pairs(group.order, config, torch.Generator().manual_seed(config.seed))
        test_loss = float(run.metrics["test_loss"][-1])
    found = gcr_measures(model, group, irreps(group), trained[:SAMPLE])
    return KeyRun(
        name=network.name,
        group=group.name,
        order=group.order,
        architecture=f"MLP, {model.width} neurons",
        key=found.key,
        test_loss=float(np.float64(test_loss)),
        restricted=found.total["restricted"],
        excluded=found.total["excluded"],
    )


WORDS: tuple[tuple[str, str], ...] = (
    ("Key irrep", "The cosine of its character at a b z^-1 with the centred logits is above 0.005."),
    ("Restricted loss", "With only rho(ab) of the key irreps kept in the activations, over all pairs."),
    ("Excluded loss", "With rho(ab) of the key irreps removed from the activations, over the training pairs."),
    ("Weak universality", "All networks are of one family: they compute with characters of some irreps."),
    ("Strong universality", "All networks of one architecture and group use the same irreps; the paper denies it."),
    ("released", "The networks that the authors released, as far as they are at hand."),
)
