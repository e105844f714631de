"""Time of each stage of an explanation, for 30 groups up to order 2,000, 128 neurons, one core.

Half of the neurons are constant on cosets of a random subgroup, with the mirror law; half are random functions. The
stages of the analysis are the functions that `analyse` calls. Every group has its own process and a
limit; all times are processor time, so that other work on the machine does not count. Usage:

    python benchmarks/stages.py [GROUP ...] [--neurons 128] [--limit 120]
"""

import argparse
import cProfile
import pstats
import resource
import signal
import subprocess
import sys
import time

GROUPS = (
    *("S3", "C2^5", "C59", "D48", "SL(2,3)", "GL(2,3)", "C2^6", "Heis(5)", "A5", "SL(2,5)", "S5", "D118", "C113"),
    *("C2wrS3xC2", "SmallGroup(64,138)", "PSL(2,7)", "A5xC2", "D200", "Aff(16)", "Q128", "S4xC5", "S5xC2", "D240"),
    *("C2xC2xC60", "S4xS3", "SmallGroup(192,955)", "A6", "SmallGroup(384,8580)", "S6", "D2000"),
)
STAGES_SHOWN = 3
"""Slowest stages of the analysis that are named."""


def measure(name: str, neurons: int, limit: int) -> None:
    """Print one line about one group; the kernel ends the process after `limit` seconds of processor time."""
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    import numpy as np

    from cosetta.groups import read_group, subgroup_lattice
    from cosetta.harmonics import irreps

    seconds: dict[str, float] = {}

    def timed(stage, call):
        start = time.process_time()
        result = call()
        seconds[stage] = time.process_time() - start
        return result

    group = timed("table", lambda: read_group(name))
    lattice = timed("lattice", lambda: subgroup_lattice(group, cache=False))
    timed("irreps", lambda: irreps(group))

    import torch

    from cosetta.analysis import analyse
    from cosetta.groups import cosets
    from cosetta.models import FoldedModel

    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    left, right, out = rng.standard_normal((3, neurons, group.order))
    for n in range(0, neurons if len(lattice) > 2 else 0, 2):
        labels = cosets(lattice.subgroup(int(rng.integers(1, len(lattice) - 1))), side="right")
        left[n] = rng.standard_normal(labels.max() + 1)[labels]
        right[n] = -left[n][group.table[int(rng.integers(group.order)), group.inverse]]
    model = FoldedModel(*(torch.tensor(f.T, dtype=torch.float32) for f in (left, right, out)), torch.zeros(group.order))
    profile = cProfile.Profile(time.process_time)
    profile.runcall(analyse, model, group)
    inside = pstats.Stats(profile)
    inside.calc_callees()
    top = next(key for key in inside.stats if key[2] == "analyse")
    calls = {key[2]: row[3] for key, row in inside.all_callees[top].items()}
    del top
    slowest = sorted(calls.items(), key=lambda item: -item[1])[:STAGES_SHOWN]
    total = inside.total_tt
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{group.name:<20} {group.order:>5} {len(lattice):>6} {len(lattice.classes):>5} "
        + " ".join(f"{seconds[stage]:>7.2f}" for stage in ("table", "lattice", "irreps"))
        + f" {total:>8.2f} {peak:>6.2f}  "
        + ", ".join(f"{stage} {value:.2f}" for stage, value in slowest if value >= 0.05),
        flush=True,
    )


def main(arguments: argparse.Namespace) -> None:
    if arguments.inside:
        measure(arguments.groups[0], arguments.neurons, arguments.limit)
        return
    heading = (
        "group                order  subgr class   table lattice  irreps  analyse peakGB  slowest stages of analyse (s)"
    )
    print(heading, flush=True)
    for name in arguments.groups or GROUPS:
        command = [sys.executable, __file__, name, f"--neurons={arguments.neurons}", f"--limit={arguments.limit}"]
        done = subprocess.run([*command, "--inside"], check=False, capture_output=True, text=True)
        if done.returncode == -signal.SIGXCPU:
            print(f"{name:<20} more than {arguments.limit} s", flush=True)
            continue
        print(done.stdout.strip() or f"{name:<20} {done.stderr.strip().splitlines()[-1]}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*")
    parser.add_argument("--neurons", type=int, default=128)
    parser.add_argument("--limit", type=int, default=120, help="seconds of processor time a group")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    main(parser.parse_args())
