"""What S7 costs: 5,040 elements, 25 million pairs, 11,300 subgroups. Training steps, evaluation, explanation, memory.

No S7 network that generalises is published, and none was trained here: the explanation is of a planted one. Usage:

    python benchmarks/large_group.py [--group S7] [--steps 2] [--batch 4096] [--threads 2]
"""

import argparse
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from cosetta import AnalysisConfig, analyse, irreps, named_group, subgroup_lattice, train
from cosetta.models.planted import CosetPlan, plant
from cosetta.training.recipes import fast


@contextmanager
def timed(what: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{what:55} {time.perf_counter() - started:7.1f} s   peak {peak:.2f} GB", flush=True)


def main(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(arguments.threads)
    with timed("group, lattice and irreps"):
        group = named_group(arguments.group)
        lattice = subgroup_lattice(group)
        irreps(group)
    config = fast(group, batch_size=arguments.batch, eval_pairs=2_000, eval_every=10_000, checkpoints=0)
    short = config.model_copy(update={"phases": (config.phases[0].model_copy(update={"max_steps": arguments.steps}),)})
    with (
        TemporaryDirectory() as folder,
        timed(f"{arguments.steps} steps of batch {arguments.batch}, evaluations, files"),
    ):
        run = train(short, group, Path(folder) / "run", threads=arguments.threads)
        print(f"  loss after {arguments.steps} steps: {run.metrics['train_loss'][-1]:.3f} nats")
    largest = [cls for cls in lattice.classes if 2 < cls.index <= group.order**0.25]
    plans = [CosetPlan(lattice.subgroup(cls.representative), amplitude=8.0) for cls in largest]
    planted = plant(group, plans, torch.Generator().manual_seed(0), random_neurons=4).folded
    thresholds = AnalysisConfig(evidence_pairs=2_000, accuracy_pairs=20_000)
    with timed(f"explanation of {planted.width} neurons, 2,000 pairs a causal test"):
        found = analyse(planted, group, thresholds)
    print(
        f"  {found.covered_share:.1%} of live neurons covered by cosets; accuracy {found.accuracy:.4%} on "
        f"{found.accuracy_pairs:,} random pairs, 95 % interval {found.accuracy_interval}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--group", default="S7")
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--batch", type=int, default=4096)
    parser.add_argument("--threads", type=int, default=2)
    main(parser.parse_args())
