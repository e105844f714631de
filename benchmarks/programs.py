"""Programs of populations: do they say what the networks do, how long are they, and is it the same program each time?

Run: python benchmarks/programs.py rows OUT.jsonl WEIGHTS.npz .. [--damage-every 4] [--limit N]
     python benchmarks/programs.py erring OUT.jsonl [--seeds 3]
     python benchmarks/programs.py widths docs/programs/widths.json
     python benchmarks/programs.py table OUT.jsonl [ERRING.jsonl] docs/programs

`rows` decompiles the networks of files that `gpu_populations.py` wrote (packed folded weights), one line each, and goes
on where it stopped. `erring` trains networks that err (narrow, few pairs, stopped early) and decompiles them.
`widths` searches narrow networks of single families, and decompiles built ones of many seeds back. `table` counts:
docs/programs/programs.parquet, programs.json.
"""

import argparse
import hashlib
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from packing import load_arrays

from cosetta.config import AnalysisConfig
from cosetta.errors import Unsupported
from cosetta.groups import named_group
from cosetta.hypotheses.program import ProgramAccount
from cosetta.measures import measure
from cosetta.models import FoldedModel, PairScorer
from cosetta.programs import decompiling
from cosetta.programs.likeness import canonical_cosets, complete_families, rules_by_family
from cosetta.programs.python_text import python_text
from cosetta.programs.shortening import shorten
from cosetta.programs.trial import Pairs, try_program


def networks(files):
    for file in files:
        arrays, record = load_arrays(Path(file))
        for i, seed in enumerate(record["seeds"]):
            model = FoldedModel(*(torch.tensor(arrays[name][i]) for name in ("left", "right", "out", "bias")))
            yield f"{record['group']}-{record['recipe']}-{seed}", record["group"], record["recipe"], model


def row(name, group, recipe, model, damage):
    """One network; what would be refused is measured all the same and marked."""
    started, config = time.perf_counter(), AnalysisConfig(control_draws=5)
    facts = measure(model, group, config)
    found = {"network": name, "group": group.name, "recipe": recipe, "width": model.width, "live": len(facts.live)}
    found["accuracy"] = PairScorer(group)(model).accuracy
    try:
        places = decompiling._places(facts, config)
    except Unsupported as error:
        return found | {"refused": str(error), "rules": 0}
    pairs = Pairs.of(model, group, config)
    program, settled = decompiling.better(facts, config, places, pairs)
    account = replace(ProgramAccount.fit(facts, config), program=program)
    neurons = decompiling._neurons(places, program, facts) if damage else {}
    trial = asdict(try_program(program, account, pairs, neurons, config))
    refused = "" if trial["agreement"] >= decompiling.LEAST_AGREEMENT else "agreement below one half"
    short = shorten(program, pairs) if not refused else program
    forms = canonical_cosets(program)
    return (
        found
        | trial
        | {
            "refused": refused,
            "strength": float(facts.strength[list(places)].sum()),
            "settled": settled,
            "rules": len(program.rules),
            "short": len(short.rules),
            "short_families": rules_by_family(short),
            "short_start": bool(short.start),
            "short_bytes": len(python_text(short, name, "all 14,400 answers of the network").encode()),
            "short_bits": short.bits,
            "families": rules_by_family(program),
            "complete": list(complete_families(program)),
            "scales": sum(len(family.scales) for family in program.families),
            "form": hashlib.sha256(repr(forms).encode()).hexdigest()[:16],
            "seconds": round(time.perf_counter() - started, 1),
        }
    )


def rows(chosen):
    out = Path(chosen.out)
    done = {json.loads(line)["network"] for line in out.read_text().splitlines()} if out.exists() else set()
    with out.open("a") as file:
        for i, (name, group, recipe, model) in enumerate(networks(chosen.files)):
            if name in done or (chosen.limit and i >= chosen.limit):
                continue
            found = row(name, named_group(group), recipe, model, i % chosen.damage_every == 0)
            print(json.dumps(found), file=file, flush=True)
            print(name, found.get("rules"), found.get("agreement"), found.get("seconds"), flush=True)


def erring(chosen):
    from cosetta.models.importers import open_checkpoint
    from cosetta.training import fast, train

    jobs = []
    for seed in range(chosen.seeds):
        jobs += [(f"S5, width {w}", "S5", seed, {"width": w}, None) for w in (32, 48, 64)]
        jobs += [(f"S5, stopped after {n} steps", "S5", seed, {}, n) for n in (600, 1000)]
        jobs += [(f"S4, {round(100 * f)} % of the pairs", "S4", seed, {"train_fraction": f}, None) for f in (0.4, 0.5)]
    with Path(chosen.out).open("a") as file:
        path = Path("../shared/data/chughtai2023/S5_MLP_hidden_dim_64_seed1/model.pt")
        if path.exists():
            opened = open_checkpoint(path)
            found = row("S5_MLP_hidden_dim_64_seed1", opened.group, "Chughtai et al., width 64", opened.model, True)
            print(json.dumps(found), file=file, flush=True)
        for kind, name, seed, overrides, steps in jobs:
            group, config = named_group(name), fast(name, seed, checkpoints=0, **overrides)
            if steps:
                phase = config.phases[0].model_copy(update={"max_steps": steps})
                config = config.model_copy(update={"phases": (phase,)})
            with tempfile.TemporaryDirectory() as folder:
                model = train(config, group, Path(folder) / "run").network().fold()
            found = row(f"{name}-{kind}-{seed}", group, kind, model, True)
            print(json.dumps(found), file=file, flush=True)
            print(kind, seed, found["accuracy"], found.get("agreement"), found.get("wrong_predicted"), flush=True)


FAMILIES = {
    "S3": ("C2",),
    "S4": ("S3",),
    "A5": ("A4", "D10", "S3", "C5"),
    "S5": ("S4", "F20", "A4", "S3xS2", "D10", "S3"),
}


def widths(chosen):
    """The narrowest network found for each family, and how often built programs come back."""
    from cosetta.hypotheses.program import network_of, write_program
    from cosetta.programs.building import complete_program, narrowed, width_of
    from cosetta.programs.shortening import fewest_plain_rules

    found, config = [], AnalysisConfig(null_samples=19)
    for name, families in FAMILIES.items():
        group = named_group(name)
        for family in families:
            back, least = 0, None
            for seed in range(10):
                program = complete_program(group, [family], seed)
                back += write_program(measure(network_of(program), group, config), config) == program
                if seed < 3 and (program.answers() == group.table).all():
                    narrow = narrowed(program, seed, tries=8)
                    least = min(filter(None, (least, narrow)), key=width_of)
            fewest = fewest_plain_rules(complete_program(group, [family]))
            found.append(
                {
                    "group": name,
                    "family": family,
                    "rules": len(program.rules),
                    "complete_width": 2 * len(program.rules),
                    "narrowest": least and width_of(least),
                    "narrowest_rules": least and len(least.rules),
                    "fewest_plain_rules": fewest and len(fewest),
                    "come_back_of_10_seeds": back,
                }
            )
            print(found[-1], flush=True)
    Path(chosen.out).parent.mkdir(parents=True, exist_ok=True)
    Path(chosen.out).write_text(json.dumps({"schema": 1, "families": found}, indent=1) + "\n")


def table(chosen):
    import polars as pl

    folder = Path(chosen.folder)
    folder.mkdir(parents=True, exist_ok=True)
    found = [json.loads(line) for line in Path(chosen.out).read_text().splitlines()]
    extra = [json.loads(line) for line in Path(chosen.erring).read_text().splitlines()] if chosen.erring else []
    flat = [_flat(r) for r in found + extra]
    pl.DataFrame(flat, infer_schema_length=None).write_parquet(folder / "programs.parquet", compression="zstd")
    summary = {"schema": 1, "populations": {}, "erring": _erring(extra + [r for r in found if r["accuracy"] < 1])}
    for recipe in dict.fromkeys(r["recipe"] for r in found):
        summary["populations"][recipe] = _population([r for r in found if r["recipe"] == recipe])
    summary["populations"]["all"] = _population(found)
    (folder / "programs.json").write_text(json.dumps(summary, indent=1) + "\n")
    print(json.dumps(summary, indent=1))


def _flat(r):
    damage = r.get("damage") or {}
    kept = {k: v for k, v in r.items() if not isinstance(v, dict | list) and k != "seconds"}
    kept |= {f"damage_{k}": v for k, v in damage.items()}
    for key in ("families", "short_families", "complete"):
        kept[key] = json.dumps(r.get(key, {}))
    return kept


def _population(found):
    """Shares with Wilson intervals, quantiles, and how many networks share a program."""
    written = [r for r in found if not r["refused"]]
    learned = [r for r in found if r["accuracy"] >= 0.9999]
    agree = sum(not r["refused"] and r["agreement"] == 1 for r in learned)
    plain = sum(not r["refused"] and r["plain_agreement"] == 1 for r in learned)
    damaged = [r["damage"] for r in written if r.get("damage")]
    return {
        "networks": len(found),
        "refused": len(found) - len(written),
        "learned": len(learned),
        "agree_on_all_pairs": _share(agree, len(learned)),
        "plain_agree_on_all_pairs": _share(plain, len(learned)),
        "mean_agreement": float(np.mean([r["agreement"] for r in written])),
        "rules": _quantiles([r["rules"] for r in written]),
        "short_rules": _quantiles([r["short"] for r in written]),
        "short_bytes": _quantiles([r["short_bytes"] for r in written]),
        "short_within_4096_bytes": _share(sum(r["short_bytes"] <= 4096 for r in written), len(written)),
        "short_needs_start": _share(sum(r["short_start"] for r in written), len(written)),
        "bits": _quantiles([r["bits"] for r in written]),
        "short_bits": _quantiles([r["short_bits"] for r in written]),
        "rank_correlation": _quantiles([r["rank_correlation"] for r in written]),
        "rank_correlation_0.9": _share(sum(r["rank_correlation"] >= 0.9 for r in written), len(written)),
        "settled": _share(sum(r["settled"] for r in written), len(written)),
        "damage_networks": len(damaged),
        "damage_rules": sum(d["rules"] for d in damaged),
        "damage_good": float(np.average([d["good"] for d in damaged], weights=[d["rules"] for d in damaged]))
        if damaged
        else None,
        "damage_median_agreement": float(np.median([d["median_agreement"] for d in damaged])) if damaged else None,
        "damage_changed": sum(d["changed"] * d["rules"] for d in damaged) / max(1, sum(d["rules"] for d in damaged)),
        "damage_changed_left": _of_changed(damaged, "changed_left"),
        "damage_changed_predicted": _of_changed(damaged, "changed_predicted"),
        "damage_left": _of_changed(damaged, "left"),
        "same": _sameness(written),
    }


def _of_changed(damaged, key):
    """A figure of the answers that changed, over all of them."""
    changed = [d["changed"] * d["rules"] for d in damaged if d["changed"]]
    return float(np.average([d[key] for d in damaged if d["changed"]], weights=changed)) if changed else None


LEVELS = {
    "families": lambda r: tuple(sorted(r["families"])),
    "complete families": lambda r: tuple(sorted(r["complete"])),
    "rules by family": lambda r: tuple(sorted(r["families"].items())),
    "cosets up to symmetry": lambda r: r["form"],
    "families of the short program": lambda r: tuple(sorted(r["short_families"])),
}


def _sameness(written):
    """At each level: how many programs, the commonest ones, and the chance that two networks have one."""
    out = {}
    for level, key in LEVELS.items():
        counts = Counter(map(key, written))
        shown = [[str(k), n] for k, n in counts.most_common(6)]
        out[level] = {
            "programs": len(counts),
            "commonest": shown,
            "largest": _share(max(counts.values()), len(written)),
        }
        out[level]["two_networks_share_one"] = _pairs([key(r) for r in written])
    return out


def _pairs(keys):
    """Chance that two different networks have one key, with a bootstrap interval over networks."""

    def chance(chosen):
        n = len(chosen)
        return sum(c * (c - 1) for c in Counter(chosen).values()) / (n * (n - 1))

    generator, n = np.random.default_rng(0), len(keys)
    if n < 2:
        return None
    # m-out-of-n without replacement (n/2 networks), since drawing one network twice would count as sharing
    draws = [chance([keys[i] for i in generator.choice(n, max(2, n // 2), replace=False)]) for _ in range(1000)]
    low, high = np.percentile(draws, [2.5, 97.5])
    return {"chance": chance(keys), "interval": [float(low), float(high)]}


def _erring(found):
    kinds = {}
    for r in found:
        kinds.setdefault(r["recipe"], []).append(r)
    return {
        kind: [
            {
                k: r.get(k)
                for k in (
                    "network",
                    "accuracy",
                    "refused",
                    "rules",
                    "strength",
                    "agreement",
                    "wrong",
                    "wrong_predicted",
                    "wrong_control",
                    "rank_correlation",
                )
            }
            for r in rows_
        ]
        for kind, rows_ in kinds.items()
    }


def _share(count, total):
    if not total:
        return None
    p, z = count / total, 1.96
    centre, half = p + z * z / (2 * total), z * np.sqrt(p * (1 - p) / total + z * z / (4 * total**2))
    low, high = ((centre + s * half) / (1 + z * z / total) for s in (-1, 1))
    return {"count": count, "of": total, "share": p, "interval": [float(low), float(high)]}


def _quantiles(values):
    return (
        dict(
            zip(
                ("least", "quarter", "median", "three_quarters", "most"),
                map(float, np.percentile(values, [0, 25, 50, 75, 100])),
                strict=True,
            )
        )
        if values
        else None
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="part", required=True)
    one = parts.add_parser("rows")
    one.add_argument("out")
    one.add_argument("files", nargs="+")
    one.add_argument("--damage-every", type=int, default=4)
    one.add_argument("--limit", type=int, default=0)
    two = parts.add_parser("erring")
    two.add_argument("out")
    two.add_argument("--seeds", type=int, default=3)
    four = parts.add_parser("widths")
    four.add_argument("out")
    three = parts.add_parser("table")
    three.add_argument("out")
    three.add_argument("erring", nargs="?")
    three.add_argument("folder")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    {"rows": rows, "erring": erring, "widths": widths, "table": table}[chosen.part](chosen)


if __name__ == "__main__":
    sys.exit(main())
