"""Time until an S5 network generalises: recipe `fast`, measured, against the paper's recipe, extrapolated.

Run: python benchmarks/time_to_grok.py [seed]. `fast` is trained to the end. Of `stander2024` a few steps are timed,
with the plain network under autograd and torch's AdamW, as the paper trained, and scaled to the 70,000 steps after
which seed 1 once reached test accuracy 1 with loss below 0.01 (LOG.md): an extrapolation, and printed as one.
"""

import sys
import tempfile
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from cosetta.groups import named_group
from cosetta.training import fast, stander2024, train
from cosetta.training.parameters import network_of
from cosetta.training.state import TrainState

PAPER_STEPS = 70_000
TIMED_STEPS = 40


def main() -> None:
    torch.set_num_threads(1)
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    group = named_group("S5")
    with tempfile.TemporaryDirectory() as folder:
        metrics = train(fast(group, seed), group, Path(folder) / "run").metrics
    grokked = metrics.filter((metrics["test_accuracy"] == 1.0) & (metrics["test_loss"] < 0.01)).row(0, named=True)
    last = metrics.row(-1, named=True)
    print(f"fast, seed {seed}: accuracy 1 and loss < 0.01 after {grokked['seconds']:.1f} s, {grokked['step']} steps;")
    print(f"    end: accuracy {last['test_accuracy']:.4f}, loss {last['test_loss']:.1e} after {last['seconds']:.1f} s")
    paper = PAPER_STEPS * _paper_step(seed)
    print(f"stander2024, extrapolated from {TIMED_STEPS} steps to {PAPER_STEPS:,}: {paper:.0f} s")
    print(f"ratio {paper / grokked['seconds']:.0f}")


def _paper_step(seed: int) -> float:
    """Seconds of one full-batch step of the plain network with a float64 loss."""
    group = named_group("S5")
    state = TrainState(stander2024(group, seed), group, torch.device("cpu"))
    network, products = network_of(state.parameters, state.order, state.config), state.table.reshape(-1)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1.0, betas=(0.9, 0.98))
    a, b, answers = state.train // state.order, state.train % state.order, products[state.train]
    start = time.perf_counter()
    for _ in range(TIMED_STEPS):
        optimizer.zero_grad()
        F.cross_entropy(network(a, b).double(), answers).backward()
        optimizer.step()
    return (time.perf_counter() - start) / TIMED_STEPS


if __name__ == "__main__":
    main()
