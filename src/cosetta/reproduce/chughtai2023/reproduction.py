"""Their paper again: released networks (`--data`), and runs and folded runs made elsewhere (`--runs`, `--networks`)."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

import numpy as np
import torch

from cosetta.errors import CosettaError
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
from cosetta.reproduce.frame.beside import Beside
from cosetta.reproduce.frame.folded_runs import FoldedRun
from cosetta.reproduce.frame.released import Plan, Progress, conclude, measure_each, ranked
from cosetta.reproduce.frame.results import Reproduction
from cosetta.reproduce.frame.sets import Network
from cosetta.training.pairs import split_pairs
from cosetta.trajectory import load_trajectory

__all__ = ["expected", "reproduce"]

FILES = ("model.pt", "cfg.json", "summary_metrics.json")
"""What a folder of their release holds; `key_reps.txt` is optional."""

SLOW = ("S6",)
"""Groups whose networks take longer than all others together; a quick look leaves them out."""

SECONDS = {"S6": 12.0, "C113": 5.0, "D118": 3.0}
"""One core's seconds to measure a released network, by group; others take `OTHERS` (docs/benchmarks.md)."""

OTHERS = 1.5
"""One core's seconds to measure any other released network."""

RUN_SECONDS = 0.5
"""One core's seconds to measure a run of S5 that is not measured yet."""


SCHEMA = 1
"""Number of the layout of what is kept beside a run."""


@final
@dataclass(frozen=True)
class _Kept:
    """What is kept beside a run."""

    run: KeyRun
    schema: int = SCHEMA


KEPT = Beside("chughtai2023.json", _Kept, "measures of a run", SCHEMA)
"""What is measured of a run trained here, in its folder."""

SAMPLE = 20_000
"""At most this many training pairs are behind an excluded loss of a run trained here; S5 has 5,760."""

PREFERENCE = (RELEASED, "stander2024", "fast", "wu2024", "foreign")
"""Which population decides: the networks that the paper is about, then those of the recipe nearest to theirs."""


def expected(plan: Plan) -> str:
    """How long it will take, in words, before anything is measured.

    Args:
        plan: what is to be reproduced.

    Returns:
        A sentence's worth.
    """
    folders = _released(plan)
    seconds = sum(SECONDS.get(path.name.split("_")[0].replace("D59", "D118"), OTHERS) for path in folders)
    left = sum(KEPT.read(network.folder) is None for network in plan.networks_of("S5")[0])
    parts = f"{count(len(folders))} released networks" + (f" and {count(left)} runs" if left else "")
    return f"{parts}: about {duration(max(1.0, seconds + RUN_SECONDS * left))} of one core"


def _released(plan: Plan) -> list[Path]:
    """Folders of the release, those left out by `quick` not among them."""
    if plan.data is None:
        return []
    found = sorted(path for path in plan.data.iterdir() if path.is_dir())
    return [path for path in found if not (plan.quick and path.name.startswith(SLOW))]


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
    networks, damaged = plan.networks_of("S5")
    missing |= damaged
    trained = measure_each(networks, _key_run, missing, tell, "measuring runs")
    subjects |= {name: Subject(tuple(run for run in runs if _learned(run))) for name, runs in trained.items()}
    subjects = ranked(subjects, PREFERENCE)
    tables = [table3(compared), networks_table(compared), agreement_facts(compared)] if compared else []
    tables += [losses_table(subjects), key_sets(subjects)] if subjects else []
    return conclude(
        plan,
        CHUGHTAI2023,
        claim_rows(),
        subjects,
        populations={
            name if name == RELEASED else f"S5 {name}": len(subject.runs) for name, subject in subjects.items()
        },
        tables=tables,
        missing=missing,
        words=WORDS,
        started=started,
    )


def _compared(plan: Plan, missing: dict[str, str], tell: Progress) -> list[Compared]:
    """Every released network that can be read; the others are named with what they lack."""
    if plan.data is None:
        missing["--data"] = f"not given; the tables need folders of their release, each with {', '.join(FILES)}"
        return []
    found, folders = [], _released(plan)
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


def _learned(run: KeyRun) -> bool:
    """Whether a network multiplies: its test loss is below 1 nat, where guessing on S5 has 4.8."""
    return run.test_loss is not None and run.test_loss < 1.0


def _key_run(network: Network) -> KeyRun:
    """What irreps explain of a run, from the file beside it if there is a whole one."""
    kept = KEPT.read(network.folder)
    if kept is None:
        kept = _Kept(_measured(network))
        KEPT.write(network.folder, kept)
    formed = load_trajectory(network.folder)
    return replace(kept.run, acquired=tuple(acquired(formed, "irreps").items())) if formed is not None else kept.run


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
