"""Explain the networks in files of `gpu_populations.py` that were not explained where they were trained.

Run: python benchmarks/explain_populations.py FILE.npz ... --lines LINES.jsonl.gz [--arenas N]. A line a network
(`network_rows.py`) is added to the end as it is made, so a call that was stopped goes on where it was; with
`--arenas N` the accounts of the first N learned networks of each file compete too. `census_tables.py` makes the tables.
"""

import argparse
from pathlib import Path

import torch
from network_rows import arena_line, network_line, read_lines
from packing import load_arrays

LEARNED = 0.999


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--lines", type=Path, required=True)
    parser.add_argument("--arenas", type=int, default=0)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    known = {(line["kind"], line.get("run") or line["row"]["run"]) for line in _whole(chosen.lines)}
    for path in chosen.files:
        arrays, record = load_arrays(path)
        names = [f"{record['group']}-{record['recipe']}-{seed}-" for seed in record["seeds"]]
        learned = [i for i, (accuracy, _) in enumerate(record["final"]) if accuracy >= LEARNED]
        tasks = [("network", network_line, i) for i in range(len(names))]
        tasks += [("arena", arena_line, i) for i in learned[: chosen.arenas]]
        for kind, make, i in tasks:
            if any(found == kind and run.startswith(names[i]) for found, run in known):
                continue
            row, line = make(arrays, record, i)
            with chosen.lines.open("ab") as file:
                file.write(line)
            print(kind, row["run"], flush=True)


def _whole(path):
    """Lines of a file, without one that a kill cut short, which is removed."""
    if not path.exists():
        return []
    found = []
    try:
        for line in read_lines(path):
            found.append(line)
    except EOFError as error:
        raise SystemExit(f"`{path}` must hold whole lines; the last one is cut short: remove the file") from error
    return found


if __name__ == "__main__":
    main()
