"""How many transformers leave the coset solution: populations of benchmarks/gpu_transformers.py against MLPs.

Run: python benchmarks/explain_transformers.py --raw transformers-*.npz --folded s5-fast-0.npz --cache DIR
[--runs FOLDER ..] --out docs/transformers. `--raw` holds weights as gpu_transformers.py leaves them, `--folded`
those of gpu_populations.py, `--runs` run folders of one population each. Each network is folded by measurement where
its weights do not fold it, and some accounts are fitted and scored alone on all pairs; the result is kept in DIR, so
that a second call goes on where the first stopped. Written: `networks.parquet` (a row a network) and
`transformers.json` (the shares with Wilson intervals, and Fisher's exact test against the MLPs).

The rule, fixed before any network of these populations was looked at: an account *recovers* a network if it covers at
least 95 % of the strength and its ideal, alone, answers at least 99 % of all pairs rightly. A network counts if its
last phase ended and its test accuracy is at least 99.9 %; one that the GPU's seconds cut off may be finished in a run
folder, which then counts.
"""

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import polars as pl
import torch
from packing import load_arrays
from scipy.stats import fisher_exact

from cosetta.config import AnalysisConfig
from cosetta.evidence.pair_losses import PairLosses
from cosetta.files import write_table
from cosetta.groups import named_group
from cosetta.hypotheses import CosetCircuit
from cosetta.hypotheses.rank_one import RankOneNeurons
from cosetta.hypotheses.rho_set import RhoSets, UniformRhoSets
from cosetta.hypotheses.twisted import TwistedCosets
from cosetta.interventions import mean_ablate
from cosetta.measures import measure
from cosetta.models import FoldedModel
from cosetta.models.fold import fold_model
from cosetta.models.importers import model_of_tensors
from cosetta.training import load_run

ACCOUNTS = (CosetCircuit, TwistedCosets, RhoSets, UniformRhoSets, RankOneNeurons)
COVERED, ANSWERED, LEARNED = 0.95, 0.99, 0.999
BASELINE = "MLP, fast"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--raw", type=Path, nargs="*", default=[])
    parser.add_argument("--folded", type=Path, nargs="*", default=[])
    parser.add_argument("--runs", type=Path, nargs="*", default=[])
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    chosen.cache.mkdir(parents=True, exist_ok=True)
    rows = {}
    for population, seed, group, final, source in networks(chosen):
        ended = "" if final["finished"] else " unfinished"
        path = chosen.cache / f"{population} {seed}{ended}.json".replace("/", "_")
        if not path.exists():
            row = {"population": population, "seed": seed, "group": group.name, **final} | explain(source(), group)
            temporary = path.with_suffix(".part")
            temporary.write_text(json.dumps(row))
            os.replace(temporary, path)
            told = {name: round(value, 3) for name, value in row.items() if name.endswith(("_strength", "_accuracy"))}
            print(f"{population} {seed}: {told} in {row['seconds']:.0f} s", flush=True)
        row = json.loads(path.read_text()) | final
        if final["finished"] or (population, seed) not in rows:  # a seed that was finished elsewhere counts there
            rows[population, seed] = row
    chosen.out.mkdir(parents=True, exist_ok=True)
    table = pl.DataFrame(list(rows.values()), infer_schema_length=None).drop("seconds").sort("population", "seed")
    write_table(chosen.out / "networks.parquet", table)
    text = json.dumps(summarise(table), indent=1) + "\n"
    (chosen.out / "transformers.json").write_text(text)
    print(text)


def networks(chosen):
    """Population, seed, group, what is known of the end of training, and a function that makes the network."""
    for path in chosen.raw:
        arrays, record = load_arrays(path)
        group = named_group(record["group"])
        name = {"fast": "transformer, fast", "control": "MLP, control"}.get(record["part"], "transformer, published")
        for i, seed in enumerate(record["seeds"]):
            tensors = {key: torch.from_numpy(np.ascontiguousarray(x[i])) for key, x in arrays.items()}
            accuracy, loss = record["finals"][i]
            final = {"steps": record["done"][i], "test_accuracy": accuracy, "test_loss": loss}
            whole = record["part"] != "published" or record["done"][i] == record["config"]["phases"][0]["max_steps"]
            final["finished"] = whole and seed not in record.get("unfinished", ())
            settings = {"config": record["config"]}
            yield name, seed, group, final, lambda t=tensors, s=settings, n=name: model_of_tensors(t, s, n)
    for path in chosen.folded:
        arrays, record = load_arrays(path)
        group = named_group(record["group"])
        for i, seed in enumerate(record["seeds"]):
            accuracy, loss = record["final"][i]
            parts = [torch.tensor(arrays[key][i]) for key in ("left", "right", "out", "bias")]
            final = {"steps": record["done_at"][i], "test_accuracy": accuracy, "test_loss": loss, "finished": True}
            name = f"MLP, {record['recipe']}"
            yield name, seed, group, final, lambda parts=parts: FoldedModel(*parts)
    for folder in chosen.runs:
        for path in sorted(folder.glob("*/model.safetensors")):
            run = load_run(path.parent)
            last = run.metrics.row(-1, named=True)
            final = {"steps": last["step"], "test_accuracy": last["test_accuracy"], "test_loss": last["test_loss"]}
            name = f"{run.config.architecture}, {run.config.recipe}"
            yield name, run.config.seed, run.group, final | {"finished": True}, run.model


def explain(model, group):
    """What each account covers, and what its ideal does alone."""
    started, config = time.process_time(), AnalysisConfig(null_samples=19)
    folding = None if isinstance(model, FoldedModel) else fold_model(model, group)
    row = {"additive_share": 1.0, "direct_share": 0.0, "agreement": 1.0}
    if folding is not None:
        row = {name: getattr(folding, name) for name in row}
        model = folding.model
    facts = measure(model, group, config)
    losses = PairLosses(group, facts.model, config.arena_pairs, config.seed)
    network, nothing = losses(facts.model), losses(mean_ablate(facts.model, list(range(facts.width))))
    strength = facts.strength[facts.live] / facts.strength[facts.live].sum()
    power = {irrep.name: float(strength[facts.irrep[facts.live] == i].sum()) for i, irrep in enumerate(facts.irreps)}
    row |= {"live": len(facts.live), "width": facts.width, "accuracy": network.accuracy, "loss": network.mean_loss}
    row["irreps"] = ", ".join(f"{name} {share:.3f}" for name, share in sorted(power.items(), key=_of) if share > 0.01)
    for kind in ACCOUNTS:
        account = kind.fit(facts, config)
        found = losses(account.alone())
        span = nothing.mean_loss - network.mean_loss
        row |= {
            f"{kind.id}_strength": account.record().strength,
            f"{kind.id}_neurons": len(account.labels),
            f"{kind.id}_accuracy": found.accuracy,
            f"{kind.id}_recovered": (nothing.mean_loss - found.mean_loss) / span,
            f"{kind.id}_fidelity": float(1 - found.error.sum() / losses.energy.sum()),
            f"{kind.id}_bits": account.bits,
        }
    return row | {"seconds": time.process_time() - started}


def _of(pair):
    return -pair[1]


def summarise(table):
    """Shares of the networks that each account recovers, by population."""
    rows, counts = [], {}
    for (name,), all_of in table.group_by("population", maintain_order=True):
        part = all_of.filter(pl.col("finished"), pl.col("test_accuracy") >= LEARNED)
        row = {"population": name, "networks": all_of.height, "finished": int(all_of["finished"].sum())}
        row["learned"] = part.height
        if part.height:
            row |= {f"median_{c}": part[c].median() for c in ("test_loss", "live", "direct_share", "steps")}
            row["additive_share"] = {"least": part["additive_share"].min(), "median": part["additive_share"].median()}
        for kind in ACCOUNTS:
            strengths = part[f"{kind.id}_strength"]
            recovers = (strengths >= COVERED) & (part[f"{kind.id}_accuracy"] >= ANSWERED)
            counts[name, kind.id] = (int(recovers.sum()), part.height)
            row[kind.id] = {
                "recovers": int(recovers.sum()),
                "of": part.height,
                "interval": wilson(int(recovers.sum()), part.height),
                "strength": [float(strengths.quantile(q)) for q in (0, 0.25, 0.5, 0.75, 1)] if part.height else [],
                "seeds_left": part.filter(~recovers)["seed"].to_list(),
            }
        rows.append(row)
    tests = []
    for (name, account), (yes, n) in counts.items():
        if name != BASELINE and (BASELINE, account) in counts and n:
            other, m = counts[BASELINE, account]
            p = float(fisher_exact([[yes, n - yes], [other, m - other]]).pvalue)
            tests.append({"population": name, "against": BASELINE, "account": account, "p": p})
    return {"schema": 1, "rule": [COVERED, ANSWERED, LEARNED], "populations": rows, "tests": tests}


def wilson(yes, n, z=1.959964):
    """95 % interval of a share, by Wilson's score.

    Returns:
        Lower and upper end.

    Example:
        >>> [round(x, 3) for x in wilson(0, 10)], [round(x, 3) for x in wilson(5, 10)]
        ([0.0, 0.278], [0.237, 0.763])
    """
    if not n:
        return [0.0, 1.0]
    middle = (yes + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * (yes * (n - yes) / n + z * z / 4) ** 0.5
    return [max(0.0, middle - half), min(1.0, middle + half)]


if __name__ == "__main__":
    main()
