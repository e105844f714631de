"""How many transformers leave the coset solution: populations of benchmarks/gpu_transformers.py against MLPs.

Run: python benchmarks/explain_transformers.py --raw transformers-*.npz --folded s5-fast-0.npz --cache DIR
[--runs FOLDER ..] --out docs/transformers. `--raw` holds weights as gpu_transformers.py leaves them, `--folded`
those of gpu_populations.py, `--runs` run folders of one population each. Each network is folded by measurement where
its weights do not fold it, and some accounts are fitted and scored alone on all pairs; the result is kept in DIR, so
that a second call goes on where the first stopped. Written: `networks.parquet` (a row a network) and
`transformers.json` (the shares with Wilson intervals, and Fisher's exact test against the MLPs).

The rule, fixed before any network of these populations was looked at: an account *recovers* a network if it covers at
least 95 % of the strength and its ideal, alone, answers at least 99 % of all pairs rightly. Added after the first 25:
neurons must be functions on the group (additive share 0.999), a network whose attention works is recovered by none. A
network counts if its last phase ended and its test accuracy is at least 99.9 %; one that the GPU's seconds cut off may
be finished in a run folder, which then counts.
"""

import argparse
import json
import os
import time
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import torch
from packing import load_arrays
from scipy.stats import fisher_exact

from cosetta.config import AnalysisConfig
from cosetta.evidence.pair_losses import PairLosses
from cosetta.files import write_table
from cosetta.groups import cosets, named_group
from cosetta.hypotheses import CosetCircuit
from cosetta.hypotheses.rank_one import RankOneNeurons
from cosetta.hypotheses.rho_set import RhoSets, UniformRhoSets
from cosetta.hypotheses.twisted import TwistedCosets
from cosetta.interventions import mean_ablate
from cosetta.measures import measure
from cosetta.models import FoldedModel, load_tensors
from cosetta.models.fold import fold_model
from cosetta.models.folding import ADDITIVE
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
        row["largest_irrep"] = max(float(word) for word in row["irreps"].replace(",", "").split()[1::2])
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
            final |= attention(tensors, group)
            settings = {"config": record["config"]}
            yield name, seed, group, final, lambda t=tensors, s=settings, n=name: model_of_tensors(t, s, n)
    for path in chosen.folded:
        arrays, record = load_arrays(path)
        group = named_group(record["group"])
        for i, seed in enumerate(record["seeds"]):
            accuracy, loss = record["final"][i]
            parts = [torch.tensor(arrays[key][i]) for key in ("left", "right", "out", "bias")]
            final = {
                "steps": record["done_at"][i],
                "test_accuracy": accuracy,
                "test_loss": loss,
                "finished": True,
            } | attention({}, group)
            name = f"MLP, {record['recipe']}"
            yield name, seed, group, final, lambda parts=parts: FoldedModel(*parts)
    for folder in chosen.runs:
        for path in sorted(folder.glob("*/model.safetensors")):
            run = load_run(path.parent)
            last = run.metrics.row(-1, named=True)
            final = {"steps": last["step"], "test_accuracy": last["test_accuracy"], "test_loss": last["test_loss"]}
            name = f"{run.config.architecture}, {run.config.recipe}"
            final |= {"finished": True} | attention(load_tensors(path), run.group)
            yield name, run.config.seed, run.group, final, run.pair_model


def attention(tensors, group):
    """What the heads read.

    Returns:
        How many read one of the factors (mean attention 0.9); the largest spread of attention to a over pairs; and what
        share of that spread, over all heads, is a function of the classes of a and b in the commutator quotient (of S5:
        of their signs), or of whether they are the identity.
    """
    names = ("heads_on_one", "attention_spread", "attention_by_quotient", "attention_by_identity")
    if "pos_embed.W_pos" not in tensors:
        return dict.fromkeys(names)
    part = {name.rsplit(".", 1)[1]: weight.double() for name, weight in tensors.items()}
    tokens, last = part["W_E"][:-1], part["W_E"][-1] + part["W_pos"][2]
    query = torch.einsum("m,hmd->hd", last, part["W_Q"]) + part["b_Q"]
    scores = []
    for stream in (tokens + part["W_pos"][0], tokens + part["W_pos"][1], last[None]):
        keys = torch.einsum("tm,hmd->htd", stream, part["W_K"]) + part["b_K"][:, None]
        scores.append(torch.einsum("htd,hd->ht", keys, query) / part["W_Q"].shape[2] ** 0.5)
    shape = (len(query), len(tokens), len(tokens))
    of_pairs = (scores[0][:, :, None].expand(shape), scores[1][:, None].expand(shape), scores[2][:, :, None])
    pattern = torch.stack([x.expand(shape) for x in of_pairs]).softmax(0)
    on_one = pattern[:2].mean((2, 3)).amax(0) >= 0.9
    to_a = pattern[0] - pattern[0].mean((1, 2), keepdim=True)
    quotient = torch.from_numpy(cosets(group.subgroup(group.commutators))).long()
    identity = torch.nn.functional.one_hot(torch.zeros(1, dtype=torch.int64), len(tokens))[0]
    read = [_explained(to_a, classes) for classes in (quotient, identity)]
    return dict(zip(names, (int(on_one.sum()), float(to_a.std((1, 2)).max()), *read), strict=True))


def _explained(values, classes):
    """Share of the sum of squares that is a function of the classes of both factors."""
    rows = torch.nn.functional.one_hot(classes).double()
    cells = torch.einsum("hab,ax,by->hxy", values, rows, rows) / torch.outer(rows.sum(0), rows.sum(0))
    energy = (cells.square() * torch.outer(rows.sum(0), rows.sum(0))).sum()
    return float(energy / values.square().sum())


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
        is_additive = part["additive_share"] >= ADDITIVE
        if part["heads_on_one"].count():
            row["heads_on_one"] = dict(sorted(Counter(part["heads_on_one"].to_list()).items()))
            row["median_attention_spread"] = part["attention_spread"].median()
        row["additive"] = _share(is_additive)
        working = part.filter(~is_additive)
        if working["attention_by_quotient"].count():
            columns = ("seed", "additive_share", "attention_by_quotient", "attention_by_identity")
            row["attention_works"] = working.select(columns).sort("seed").to_dicts()
        row["one_irrep"] = _share(part["largest_irrep"] >= COVERED)
        for kind in ACCOUNTS:
            strengths = part[f"{kind.id}_strength"]
            recovers = is_additive & (strengths >= COVERED) & (part[f"{kind.id}_accuracy"] >= ANSWERED)
            counts[name, kind.id] = (int(recovers.sum()), part.height)
            row[kind.id] = _share(recovers) | {
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


def _share(flags):
    """How many of the networks, with the interval."""
    yes, n = int(flags.sum()), len(flags)
    return {"networks": yes, "of": n, "interval": wilson(yes, n)}


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
