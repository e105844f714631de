"""What is said of a network that a benchmark trained: its row of `runs`, those of its neurons and of its accounts.

The columns are those of docs/census.md and are made by the code of `cosetta census`; only the network does not come
from a run folder. Nothing here needs polars.
"""

import gzip
import json
import time

import absent_polars  # noqa: F401
import numpy as np
import torch

from cosetta.analysis import _neurons, fit_accounts
from cosetta.config import AnalysisConfig
from cosetta.evidence import compete
from cosetta.groups import named_group, subgroup_lattice
from cosetta.harmonics import irreps
from cosetta.hypotheses import CosetCircuit
from cosetta.measures import measure
from cosetta.models import FoldedModel, PairScorer
from cosetta.population.rows import (
    GROK_ACCURACY,
    RUNS,
    _account,
    nearest_classes,
    settings_of,
)
from cosetta.results import neuron_row
from cosetta.training.recipes import RECIPES

__all__ = ["arena_line", "network_line", "read_lines"]


def model_of(arrays, i):
    """Network number i of a file of `gpu_populations.py`."""
    return FoldedModel(*(torch.tensor(arrays[name][i]) for name in ("left", "right", "out", "bias")))


def run_row(record, arrays, i):
    """One run as a row of `runs`, without what the explanation adds.

    Args:
        record: of the file, as `gpu_populations.py` writes it.
        arrays: of the file; only `curve` is read.
        i: position of the network in the file.

    Returns:
        Values by column; `grok_step` is that of docs/census.md, on the evaluations that there were.
    """
    group, recipe, seed = record["group"], record["recipe"], record["seeds"][i]
    config = RECIPES[recipe](group, seed, **record.get("overrides", {}))
    accuracy, loss = record["final"][i]
    row = dict.fromkeys(RUNS) | settings_of(config)
    row |= {"run": config.run_name, "group": group, "order": named_group(group).order, "recipe": recipe, "seed": seed}
    row |= {"hash": config.hash8, "setting": config.model_copy(update={"seed": 0}).hash8, "device": record["device"]}
    row |= {"status": "finished", "reason": "", "test_accuracy": accuracy, "test_loss": loss, "is_explained": False}
    if "points" in record:
        points = record["points"][str(seed)]
        steps, accuracies = [point[0] for point in points], [point[5] for point in points]
        row["steps"] = steps[-1] if steps else 0
    else:
        curve = arrays["curve"][:, i, 0]
        steps, accuracies = np.array(record["curve_steps"])[~np.isnan(curve)].tolist(), curve[~np.isnan(curve)].tolist()
        row["steps"] = record["done_at"][i] or steps[-1]
    last_below = max((n for n, value in enumerate(accuracies) if value < GROK_ACCURACY), default=-1)
    if last_below + 1 < len(steps):
        row["grok_step"] = steps[last_below + 1]
    return row


def explained(model, group, config=None):
    """What every account says of a network; they do not compete, and no causal test is made.

    Args:
        model: the folded network.
        group: its group.
        config: thresholds; the defaults if None.

    Returns:
        Values of the row of `runs`, rows of `neurons` and of `accounts` without what they share with their run.
    """
    config, started = config or AnalysisConfig(), time.monotonic()
    facts = measure(model, group, config)
    accounts, records = fit_accounts(facts, config)
    coset = next(account for account in accounts if isinstance(account, CosetCircuit))
    findings, chance = coset.findings(), coset.chance()
    scores = PairScorer(group, max_pairs=config.accuracy_pairs, seed=config.seed)(model)
    covered = [finding.neuron for finding in findings.covered]
    row = {
        "is_explained": True,
        "accuracy": scores.accuracy,
        "loss": scores.loss,
        "live": len(facts.live),
        "explained": len(covered),
        "explained_share": len(covered) / max(1, len(facts.live)),
        "significant_share": chance.significant if chance else None,
        "chance_share": chance.by_chance if chance else None,
        "explained_strength": float(sum(facts.strength[n] for n in covered)),
        "circuits": len(findings.circuits),
        "coset_threshold": config.coset_threshold,
    }
    lattice = subgroup_lattice(group)
    argmin = nearest_classes(model, lattice, irreps(group), facts.dead.tolist())
    known = _neurons(facts, records)
    neurons = [neuron_row(neuron, findings) | {"argmin": name} for neuron, name in zip(known, argmin, strict=True)]
    row["analysis_seconds"] = time.monotonic() - started
    return row, neurons, [_account(record, None, None) for record in records]


def arena_rows(model, group, config=None):
    """The best account of a network, and rows of `accounts` after they competed."""
    config = config or AnalysisConfig()
    facts = measure(model, group, config)
    arena, records = compete(facts, *fit_accounts(facts, config), config)
    alone = {row.account: row for row in arena.contests if row.mode == "alone"}
    return arena.best, [_account(record, alone.get(record.id), arena) for record in records]


def network_line(arrays, record, i):
    """Explain a network of a file: its row of `runs`, and the line that says everything (`read_lines`)."""
    row = run_row(record, arrays, i)
    found, neurons, accounts = explained(model_of(arrays, i), named_group(record["group"]))
    line = {"kind": "network", "row": row | found, "neurons": columns_of(neurons), "accounts": columns_of(accounts)}
    return row, packed_line(line)


def arena_line(arrays, record, i):
    """Let the accounts of a network compete: its row of `runs`, and the line that says how they did."""
    row = run_row(record, arrays, i)
    best, accounts = arena_rows(model_of(arrays, i), named_group(record["group"]))
    return row, packed_line({"kind": "arena", "run": row["run"], "best": best, "accounts": columns_of(accounts)})


def packed_line(record):
    """A line of JSON as a gzip member of its own, so that files of them can be joined."""
    return gzip.compress((json.dumps(record, default=plain, separators=(",", ":")) + "\n").encode(), 6)


def plain(x):
    """A number of numpy as one of Python."""
    return x.item()


def columns_of(rows):
    """Rows as columns, numbers to six digits."""
    rounded = lambda x: float(f"{x:.6g}") if isinstance(x, float | np.floating) else x  # noqa: E731
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [rounded(row.get(name)) for row in rows] for name in names}


def read_lines(path):
    """What a file of lines says, one dictionary a line."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
