"""Networks trained here under every account: train or read them, let the accounts compete, keep each analysis.

Run: python benchmarks/arena_networks.py --out DIR [--populations FILE.npz ...] [--most 6] [--ideal FILE.safetensors].
Five networks of each of `GROUPS` are trained with `fast`; populations are those that benchmarks/gpu_session.sh brings
back, of which the first `--most` that learned (test accuracy 0.999) are taken, seed by seed. The protocol is the
default `AnalysisConfig`, as in `cosetta compare`. Each analysis is a file in DIR, so a second call goes on where the
first stopped; benchmarks/arena_results.py makes docs/arena of them. `--ideal` fits rho-sets to the idealised networks
of Wu et al. (2024) and writes `ideal.json`: whether irreps agree with theirs and |B| is the index of the stabiliser.
`--sides` prints, function by function, how far the neurons of a checkpoint on no cosets are from large subgroups.
"""

import argparse
import json
import os
import tempfile
import time
from itertools import zip_longest
from pathlib import Path

import numpy as np
import torch
from packing import load_arrays
from pydantic import TypeAdapter

from cosetta import named_group
from cosetta.analysis import analyse
from cosetta.comparison import Analysed
from cosetta.config import AnalysisConfig
from cosetta.harmonics import irreps
from cosetta.hypotheses import CosetCircuit
from cosetta.hypotheses.rho_set import RhoSets
from cosetta.measures import measure
from cosetta.measures.gcr import irrep_measures
from cosetta.models import FoldedModel
from cosetta.models.importers import open_checkpoint
from cosetta.training import fast, train

GROUPS = ["S3", "D8", "A4", "F20", "C7:C3", "SL(2,3)", "S4", "Heis(3)", "GL(2,3)", "C59", "A5", "C113", "S5"]
SEEDS = 5
LEARNED = 0.999
SAME = 0.99  # functions with a larger cosine are one
KEPT = TypeAdapter(Analysed)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--populations", type=Path, nargs="*", default=[])
    parser.add_argument("--most", type=int, default=6)
    parser.add_argument("--ideal", type=Path)
    parser.add_argument("--sides", type=Path, help="a checkpoint")
    parser.add_argument("--order", type=int, default=36, help="least order of a subgroup for --sides")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    chosen.out.mkdir(parents=True, exist_ok=True)
    if chosen.ideal:
        _write(chosen.out / "ideal.json", json.dumps(ideal(chosen.ideal), indent=1).encode())
    if chosen.sides:
        print(*sides(chosen.sides, chosen.order), sep="\n")
    trained = [(f"fast {name} {seed}", name, seed) for seed in range(SEEDS) for name in GROUPS]
    returned = [learned(path, chosen.most) for path in chosen.populations]
    turns = [task for turn in zip_longest(*returned) for task in turn if task]
    known = {name for name, *_ in turns}  # a seed that a population holds already is not trained again
    for name, *task in [*(task for task in trained if task[0] not in known), *turns]:
        path = chosen.out / f"{name.replace('/', '_')}.json"
        if path.exists():
            continue
        started = time.monotonic()
        group = named_group(task[0])
        model = trained_here(group, task[1]) if len(task) == 2 else population_model(*task[1:])
        found = analyse(model, group, AnalysisConfig())
        irrep = irrep_measures(model.to(device="cpu", dtype=torch.float64), group, irreps(group))
        _write(path, KEPT.dump_json(Analysed(name, name, found, irrep)))
        print(f"{name}: accuracy {found.accuracy:.5f}, best {found.arena.best or 'none'}, ", end="")
        print(f"{time.monotonic() - started:.0f} s", flush=True)


def trained_here(group, seed):
    """A network by the recipe `fast`."""
    with tempfile.TemporaryDirectory() as folder:
        return train(fast(group, seed), group, Path(folder) / "run", threads=1).network().fold()


def learned(path, most):
    """The first networks of a population that learned, as (name, group, file, position)."""
    _, record = load_arrays(path)
    good = [i for i, (accuracy, _) in enumerate(record["final"]) if accuracy >= LEARNED]
    name = f"{record['recipe']} {record['group']}"
    return [(f"{name} {record['seeds'][i]}", record["group"], path, i) for i in good[:most]]


def population_model(path, i):
    """One network of a population."""
    arrays, _ = load_arrays(path)
    return FoldedModel(*(torch.tensor(arrays[name][i]) for name in ("left", "right", "out", "bias")))


def ideal(path):
    """Rho-sets of the idealised networks of Wu et al. against their own record of them."""
    theirs = json.loads(path.with_suffix(".json").read_text())["irrep_idxs"]
    config, order, rows, names = AnalysisConfig(), None, [], {}
    for i, irreps_of in enumerate(theirs):
        opened = open_checkpoint(
            path, instance=i, group="S4", **({"element_order": order} if order is not None else {})
        )
        order = opened.recovered.relabelling if order is None else order
        facts = measure(opened.model, opened.group, config)
        account = RhoSets.fit(facts, config)
        live = [int(n) for n in facts.live]
        mine = {n: facts.irreps[facts.irrep[n]].name for n in live}
        for key, neurons in irreps_of.items():
            for n in set(neurons) & set(live):
                names.setdefault(key, set()).add(mine[n])
        sets = [
            {"points": seen(facts, [n.neuron for n in s.neurons]), "index": facts.group.order // s.stabiliser}
            for s in account.sets
        ]
        listed = {n for neurons in irreps_of.values() for n in neurons}
        row = {"network": i, "sets": sets, "index_agrees": all(s["points"] == s["index"] for s in sets)}
        row |= {"live": len(live), "covered": len(account.labels), "listed": len(listed)}
        rows.append(row | {"listed_covered": len(listed & set(account.labels)), "listed_live": len(listed & set(live))})
    one_name = {key: sorted(found) for key, found in names.items()}
    distinct = all(len(found) == 1 for found in one_name.values()) and len({*map(tuple, one_name.values())}) == len(
        names
    )
    totals = {
        key: sum(row[key] for row in rows) for key in ("live", "covered", "listed", "listed_live", "listed_covered")
    }
    return {
        "networks": len(rows),
        "index_agrees": sum(row["index_agrees"] for row in rows),
        "all_covered": sum(row["covered"] == row["live"] for row in rows),
        "irreps_agree": distinct,
        "irreps": one_name,
        "neurons": totals,
        "rows": rows,
    }


def sides(path, order):
    """Lines on the live neurons that the coset account leaves: what each function has off its best large subgroup."""
    opened, config = open_checkpoint(path), AnalysisConfig()
    facts = measure(opened.model, opened.group, config)
    account = CosetCircuit.fit(facts, config)
    left_out = [int(n) for n in facts.live if int(n) not in account.labels]
    orders = np.array(facts.lattice.orders)
    large = (orders >= order) & (orders < facts.group.order)
    yield f"{len(left_out)} of {len(facts.live)} live neurons are on no cosets"
    for name in ("left", "right", "out"):
        middle = np.median(facts.coset_fractions(name)[left_out][:, large].min(axis=1))
        yield f"{name}: median share of variance off the best subgroup of order {order} or more {middle:.4f}"


def seen(facts, neurons):
    """Number of vectors b, b' of these neurons, counted without any fit.

    With one `a`, left is b^T rho(x) a and right is -a^T rho(y) b', so minus the right function at the inverse is the
    left function of b': functions up to scale are as many as vectors.

    Returns:
        The number of different functions.
    """
    left = facts.functions["left"].values[neurons]
    right = -facts.functions["right"].values[neurons][:, facts.group.inverse]
    both = np.concatenate([left, right])
    both /= np.linalg.norm(both, axis=1, keepdims=True)
    found = []
    for f in both:
        if all(f @ other < SAME for other in found):
            found.append(f)
    return len(found)


def _write(path, content):
    """Write a file whole or not at all."""
    temporary = path.with_suffix(".part")
    temporary.write_bytes(content)
    os.replace(temporary, path)


if __name__ == "__main__":
    main()
