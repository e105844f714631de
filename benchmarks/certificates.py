"""Certificates of many networks: what is proven, and at which share of trying all, in work and in seconds.

    python benchmarks/certificates.py --out docs/certificates FILE...
    python benchmarks/certificates.py --out docs/certificates --planted S7 S6

A file is an .npz of packed weights, a run's folder or somebody's checkpoint (GROUP=path names its group). Every network
becomes one row of `certificates.json`; rows of an earlier call stay unless they are of the same network, so several
calls make one table. Prints a line a network and the table of docs/certificates.md.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from packing import load_arrays
from safetensors.torch import save

from cosetta.bounds.certificate import check_certificate, write_certificate
from cosetta.certification import certify
from cosetta.files import write_text
from cosetta.groups import named_group, read_group, subgroup_lattice
from cosetta.models import FoldedModel
from cosetta.models.importers import open_checkpoint
from cosetta.models.planted import CosetPlan, plant
from cosetta.training.run_folder import load_run

FUNCTIONS = ("left", "right", "out", "bias", "direct_left", "direct_right")


def networks(path):
    """Population, name, group and folded network of everything in a file."""
    named, _, rest = path.rpartition("=")
    file = Path(rest)
    if file.suffix == ".npz":
        arrays, record = load_arrays(file)
        group = named_group(record["group"])
        for i, seed in enumerate(record["seeds"]):
            model = FoldedModel(*(torch.from_numpy(arrays[f][i].copy()) for f in FUNCTIONS[:4]))
            yield f"{record['group']} {record['recipe']}", f"{record['group']}-{record['recipe']}-{seed}", group, model
    elif (file / "checkpoints").is_dir():
        run = load_run(file)
        yield f"{run.group.name} {run.config.recipe}", file.name, run.group, run.network().fold()
    else:
        opened = open_checkpoint(file, group=read_group(named) if named else None)
        yield f"{opened.group.name} published", file.parent.name, opened.group, opened.model


def planted(name, subgroup):
    """A complete circuit of one class of subgroups, with noise that a training might leave."""
    group = named_group(name)
    lattice = subgroup_lattice(group)
    H = lattice.subgroup(lattice.names.index(subgroup))
    model = plant(group, [CosetPlan(H, amplitude=4.0)], torch.Generator().manual_seed(0), noise=1e-3).folded
    return f"{name} planted", f"{name}-planted-{subgroup}", group, model


def row(population, name, group, model, exhaustive, keep):
    """What is proven of one network."""
    weights = save({f: getattr(model, f).clone().contiguous() for f in FUNCTIONS if getattr(model, f) is not None})
    started = time.process_time()
    certificate = certify(model, group, weights, exhaustive=exhaustive)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{name}.safetensors").write_bytes(weights)
        write_certificate(certificate, keep / f"{name}.json")
        check_certificate(keep / f"{name}.json", keep / f"{name}.safetensors")
    record = certificate.record
    return {
        "population": population,
        "name": name,
        "group": group.name,
        "width": model.width,
        "certified": certificate.share,
        "exhaustive": record["brute_force"].get("share"),
        "loss_bound": record["claim"]["loss"],
        "work": record["claim"]["work"],
        "brute_force_work": record["brute_force"]["work"],
        "work_share": certificate.work_share,
        "check_seconds": record["seconds"]["check"],
        "brute_force_seconds": record["brute_force"].get("seconds"),
        "find_seconds": record["seconds"]["prove"],
        "processor_seconds": time.process_time() - started,
        "tiers": {tier["tier"]: tier["pairs"] / certificate.pairs for tier in record["tiers"]},
        "account": {key: value for key, value in record["account"].items() if not isinstance(value, list)}
        | {key: len(record["account"][key]) for key in ("one_by_one", "bounded")},
        "weights": record["weights"],
    }


def table(rows):
    """The populations as a table in Markdown."""
    found = defaultdict(list)
    for entry in rows:
        found[entry["population"]].append(entry)
    lines = [
        "| population | networks | certified = measured | certified >= 0.95 | certified 0 "
        "| by bounds alone: median (least) | work / trying all: median (least, most) | seconds / trying all: median |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for population, entries in sorted(found.items()):
        shares = np.array([entry["certified"] for entry in entries])
        known = [entry for entry in entries if entry["exhaustive"] is not None]
        equal = sum(entry["certified"] == entry["exhaustive"] for entry in known)
        bounds = [sum(share for tier, share in entry["tiers"].items() if tier != "every neuron") for entry in entries]
        work = np.array([entry["work_share"] for entry in entries])
        pace = [entry["check_seconds"] / entry["brute_force_seconds"] for entry in known if entry["check_seconds"]]
        cells = [
            population,
            len(entries),
            f"{equal} of {len(known)}" if known else "not tried",
            (shares >= 0.95).sum(),
            (shares == 0).sum(),
            f"{np.median(bounds):.4f} ({min(bounds):.4f})",
            f"{np.median(work):.4f} ({work.min():.4f}, {work.max():.4f})",
            f"{np.median(pace):.2f}" if pace else "-",
        ]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def main():
    """Certify what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--planted", nargs=2, metavar=("GROUP", "SUBGROUP"))
    parser.add_argument("--most", type=int, default=10**9, help="networks of each file")
    parser.add_argument("--no-exhaustive", action="store_true", help="do not try all pairs beside")
    parser.add_argument("--keep", type=Path, help="folder for the certificates and weights, each checked again there")
    chosen = parser.parse_args()
    path = chosen.out / "certificates.json"
    rows = {entry["name"]: entry for entry in (json.loads(path.read_text())["rows"] if path.is_file() else [])}
    chosen.out.mkdir(parents=True, exist_ok=True)
    found = [planted(*chosen.planted)] if chosen.planted else []
    for file in chosen.files:
        found += [network for _, network in zip(range(chosen.most), networks(file), strict=False)]
    for network in found:
        entry = row(*network, not chosen.no_exhaustive, chosen.keep)
        rows[entry["name"]] = entry
        print(
            f"{entry['name']:32} certified {entry['certified']:.4%} at {entry['work_share']:.4f} of the work, "
            f"{entry['check_seconds']:.2f} s; {entry['tiers']}",
            flush=True,
        )
        lines = ",\n".join(json.dumps(rows[name]) for name in sorted(rows))
        write_text(path, f'{{"rows": [\n{lines}\n]}}\n')
    print(table(rows.values()))


if __name__ == "__main__":
    sys.exit(main())
