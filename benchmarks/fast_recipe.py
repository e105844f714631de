"""Time, accuracy, loss and circuit quality of the recipe `fast` on S5, seed by seed.

Run: python benchmarks/fast_recipe.py [first:end], seeds 0:20 if not given. Time is the processor time of the training,
with evaluations and checkpoints, on one thread. The last line counts the seeds that reach test accuracy 1 and test loss
1e-5, and those that do so within 10 s. *Coset share*: share of the live neurons whose left and right functions are
constant on cosets (fraction below 0.01).
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from cosetta.config import AnalysisConfig
from cosetta.groups import named_group
from cosetta.hypotheses import CosetCircuit
from cosetta.measures import measure
from cosetta.training import fast, train

SECONDS, LOSS = 10.0, 1e-5


def main() -> None:
    first, end = map(int, (sys.argv[1] if len(sys.argv) > 1 else "0:20").split(":"))
    group = named_group("S5")
    rows = []
    for seed in range(first, end):
        with tempfile.TemporaryDirectory() as folder:
            started = time.process_time()
            run = train(fast(group, seed), group, Path(folder) / "run", threads=1)
            seconds = time.process_time() - started
            last = run.metrics.row(-1, named=True)
            model, config = run.network().fold(), AnalysisConfig(null_samples=19)
            live = CosetCircuit.fit(measure(model, group, config), config).findings().neurons
        share = np.mean([finding.left is not None and finding.right is not None for finding in live])
        rows.append((seconds, last["step"], last["test_accuracy"], last["test_loss"], len(live), share))
        line = "seed {:2d}  {:5.1f} s  {} steps  accuracy {:.5f}  loss {:.1e}  {} live, coset share {:.3f}"
        print(line.format(seed, *rows[-1]), flush=True)
    seconds, _, accuracy, loss, _, share = map(np.array, zip(*rows, strict=True))
    good = (accuracy == 1) & (loss <= LOSS)
    print(f"seconds: median {np.median(seconds):.1f}, max {seconds.max():.1f}; coset share: mean {share.mean():.3f}")
    in_time = (good & (seconds <= SECONDS)).sum()
    print(f"accuracy 1 and loss <= {LOSS:g}: {good.sum()} of {len(rows)}; within {SECONDS:g} s: {in_time}")


if __name__ == "__main__":
    main()
