"""Explain the networks that benchmarks/gpu_session.sh brought back, and ask whether the recipe changes the circuit.

Run: python benchmarks/explain_populations.py FILE.npz ... --out docs/populations --cache DIR. Each network is
explained by the coset account (`measure` and `CosetCircuit`, no causal tests) and kept in DIR, so that a second call
goes on where the first was stopped. Written into the folder, whole or not at all: `runs.parquet` and
`neurons.parquet` with the columns of docs/census.md, and `populations.json` with the shares of each population and, for
each two populations of one group, their distance by class and by irrep with its permutation test.

A population is the networks of one group and recipe whose test accuracy is at least `--accuracy`: what did not learn
has no circuit to compare. How many were left out is in `populations.json`.
"""

import argparse
import json
import os
import time
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import torch
from packing import load_arrays

from cosetta import named_group
from cosetta.config import AnalysisConfig
from cosetta.hypotheses import CosetCircuit
from cosetta.measures import measure
from cosetta.models import FoldedModel, PairScorer
from cosetta.population import census_distance, class_shares
from cosetta.population.rows import GROK_ACCURACY, NEURONS, RUNS, _neuron, settings_of
from cosetta.population.shares import mean_interval
from cosetta.population.tables import Census
from cosetta.training import RECIPES

LABELS = ("subgroup", "irrep")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--accuracy", type=float, default=0.999)
    parser.add_argument("--most", type=int, help="networks of each population that are explained")
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    chosen.cache.mkdir(parents=True, exist_ok=True)
    runs, neurons, explained = [], [], {}
    for path in chosen.files:
        arrays, record = load_arrays(path)
        population = (record["group"], record["recipe"])
        for i in range(len(record["seeds"])):
            row = _row(record, arrays, i)
            learned = row["test_accuracy"] >= chosen.accuracy
            if learned and (chosen.most is None or explained.get(population, 0) < chosen.most):
                explained[population] = explained.get(population, 0) + 1
                found = _cached(chosen.cache / f"{row['run']}.json", lambda: _explain(arrays, record, i))  # noqa: B023
                row |= found["row"]
                shared = {name: row[name] for name in ("run", "group", "recipe")}
                neurons += [shared | neuron for neuron in found["neurons"]]
                print(f"{row['run']}: {row['explained_share']:.3f} of the live neurons explained", flush=True)
            runs.append(row)
    census = Census(pl.DataFrame(runs, schema=RUNS, orient="row"), pl.DataFrame(neurons, schema=NEURONS, orient="row"))
    census.save(chosen.out)
    found = summarise(census, chosen.accuracy)
    temporary = chosen.out / "populations.json.part"
    temporary.write_text(json.dumps(found, indent=1, default=float))
    os.replace(temporary, chosen.out / "populations.json")
    for row in found["distances"]:
        print(row)


def _row(record, arrays, i):
    """One run as a row of `runs`, without what the explanation adds."""
    group, recipe, seed = record["group"], record["recipe"], record["seeds"][i]
    config = RECIPES[recipe](group, seed)
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


def _explain(arrays, record, i):
    """What the coset account says of one network, as values of both tables."""
    group, config = named_group(record["group"]), AnalysisConfig()
    model = FoldedModel(*(torch.tensor(arrays[name][i]) for name in ("left", "right", "out", "bias")))
    started = time.monotonic()
    facts = measure(model, group, config)
    findings = CosetCircuit.fit(facts, config).findings()
    scores = PairScorer(group, max_pairs=config.accuracy_pairs, seed=config.seed)(model)
    explained = len(findings.covered)
    row = {
        "is_explained": True,
        "accuracy": scores.accuracy,
        "loss": scores.loss,
        "live": len(facts.live),
        "explained": explained,
        "explained_share": explained / max(1, len(facts.live)),
        "circuits": len(findings.circuits),
        "coset_threshold": config.coset_threshold,
        "analysis_seconds": time.monotonic() - started,
    }
    neurons = []
    for n in range(facts.width):
        known = {"strength": facts.strength[n], "silent_share": facts.silent_share[n]}
        known["irrep"] = facts.irreps[facts.irrep[n]].name
        neurons.append(_neuron(SimpleNamespace(neuron=n, facts=SimpleNamespace(**known)), findings, None))
    return {"row": row, "neurons": neurons}


def _cached(path, make):
    """Read what was made before, or make it and keep it."""
    if not path.exists():
        temporary = path.with_suffix(".part")
        temporary.write_text(json.dumps(make(), default=float))
        os.replace(temporary, path)
    return json.loads(path.read_text())


def _live(part):
    """The population without its dead neurons."""
    return Census(part.runs, part.neurons.filter(pl.col("status") != "dead"))


def summarise(census, accuracy):
    """Numbers of each population and of each two of one group."""
    parts = {}
    for group, recipe in census.runs.select("group", "recipe").unique(maintain_order=True).rows():
        whole = census.where(group=group, recipe=recipe)
        kept = whole.runs.filter(pl.col("is_explained"))
        parts[group, recipe] = (whole.runs, Census(kept, whole.neurons))
    populations = []
    for (group, recipe), (all_runs, part) in parts.items():
        row = {"group": group, "recipe": recipe, "networks": all_runs.height, "accuracy_asked": accuracy}
        row["learned"] = all_runs.filter(pl.col("test_accuracy") >= accuracy).height
        row["loss_1e-5"] = all_runs.filter(pl.col("test_loss") <= 1e-5).height
        row["explained_networks"] = part.runs.height
        row["grokked"] = all_runs["grok_step"].count()
        row["grok_step"] = [all_runs["grok_step"].quantile(share) for share in (0, 0.25, 0.5, 0.75, 1)]
        if part.runs.height:
            strength = part.neurons.group_by("run").agg(
                pl.col("strength").filter(pl.col("status") == "explained").sum() / pl.col("strength").sum()
            )["strength"]
            low, high = mean_interval(strength.to_numpy()[:, None].astype(float))
            row["mean_explained_strength"] = [strength.mean(), low[0], high[0]]
            names = ("steps", "test_loss", "live", "explained_share")
            row |= {f"median_{name}": part.runs[name].median() for name in names}
            values = part.runs.select("explained_share", "live").to_numpy().astype(float)
            low, high = mean_interval(values)
            row["mean_explained_share"] = [values[:, 0].mean(), low[0], high[0]]
            row["mean_live"] = [values[:, 1].mean(), low[1], high[1]]
            row["shares"] = {by: asdict(class_shares(part, by)) for by in LABELS}
            row["shares_of_live"] = {by: asdict(class_shares(_live(part), by)) for by in LABELS}
        populations.append(row)
    distances = []
    for one, other in combinations(parts, 2):
        if one[0] == other[0] and parts[one][1].runs.height and parts[other][1].runs.height:
            pair = parts[one][1], parts[other][1]
            for of, (first, second) in (("all neurons", pair), ("live neurons", tuple(map(_live, pair)))):
                for by in LABELS:
                    found = asdict(census_distance(first, second, by))
                    distances.append({"group": one[0], "recipes": [one[1], other[1]], "of": of} | found)
    return {"schema": 1, "populations": populations, "distances": distances}


if __name__ == "__main__":
    main()
