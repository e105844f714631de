"""Write networks that were trained elsewhere as folders that `cosetta reproduce stander2024 --networks DIR` reads.

Run: python benchmarks/folded_runs.py DIR FILE.npz ... [--foreign FOLDER ...]. A FILE is what benchmarks/gpu_session.sh
brings back (folded weights at 24 bits a number, and curves); a FOLDER one of the release of Chughtai et al., whose
network enters a population of its own, `foreign`. Folders that are there already are left alone. `--measure` measures
them too, one after the other, which the reproduction would do; a second call goes on where the first was stopped.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from packing import load_arrays

from cosetta import named_group
from cosetta.files import read_json
from cosetta.models import FoldedModel, PairScorer
from cosetta.models.importers import open_checkpoint
from cosetta.reproduce.chughtai2023.measures import training_pairs
from cosetta.reproduce.frame.folded_runs import FOREIGN, RECORD, FoldedRecord, load_folded_run, write_folded_run
from cosetta.reproduce.stander2024.populations import measure_folder
from cosetta.training import RECIPES


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--foreign", type=Path, nargs="*", default=[])
    parser.add_argument("--measure", action="store_true")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    for path in chosen.files:
        write_file(path, chosen.out)
    for path in chosen.foreign:
        write_foreign(path, chosen.out)
    for folder in sorted(path.parent for path in chosen.out.glob(f"*/{RECORD}")) if chosen.measure else []:
        started = time.process_time()
        member = measure_folder(folder, named_group(load_folded_run(folder).record.group))
        spent = time.process_time() - started
        print(f"{member.name}: {member.analysis.covered_share:.3f} covered, {spent:.1f} s", flush=True)


def write_file(path, out):
    """Every network of one file."""
    arrays, record = load_arrays(path)
    for i, seed in enumerate(record["seeds"]):
        folder = out / RECIPES[record["recipe"]](record["group"], seed).run_name
        if (folder / RECORD).is_file():
            continue
        model = FoldedModel(*(torch.tensor(arrays[name][i]) for name in ("left", "right", "out", "bias")))
        source = f"{record['device']}, weights rounded to 24 bits"
        what = (record["group"], record["recipe"], seed, source)
        write_folded_run(folder, FoldedRecord(*what, *curve(arrays, record, i)), model)


def curve(arrays, record, i):
    """Steps, test accuracies and test losses of one network; the last evaluation is of the weights that are kept."""
    if "points" in record:
        points = record["points"][str(record["seeds"][i])]
        return tuple(tuple(point[k] for point in points) for k in (0, 5, 3))
    values = arrays["curve"][:, i]
    there = np.flatnonzero(~np.isnan(values[:, 0]))
    steps = tuple(record["curve_steps"][n] for n in there)
    return steps, tuple(values[there, 0].tolist()), tuple(values[there, 1].tolist())


def write_foreign(path, out):
    """One network of Chughtai et al., in our order of elements, with the pairs that it was trained on."""
    folder = out / path.name
    if (folder / RECORD).is_file():
        return
    opened = open_checkpoint(path)
    order, config = opened.group.order, opened.imported.config
    places = np.argsort(opened.recovered.relabelling)  # their number of each of our elements
    mask = training_pairs(order, float(config["frac_train"]), int(config["seed"])).reshape(order, order)
    trained = np.flatnonzero(mask[np.ix_(places, places)])
    scores = read_json(path / "summary_metrics.json", dict, what="measures", advice="name another", finite=False)
    found = PairScorer(opened.group)(opened.model)
    step, accuracy = (int(config["num_epochs"]),), (float(scores["test_acc"]),)
    what = (opened.group.name, FOREIGN, int(config["seed"]), f"Chughtai et al. 2023, {path.name}")
    write_folded_run(folder, FoldedRecord(*what, step, accuracy, (float(scores["test_loss"]),)), opened.model, trained)
    print(f"{path.name}: {found.accuracy:.4f} of all pairs", flush=True)


if __name__ == "__main__":
    main()
