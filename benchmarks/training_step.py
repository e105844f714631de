"""One optimiser step on S5: the step of the trainer against the plain network under autograd with torch's AdamW.

Run: python benchmarks/training_step.py [batch sizes]. Both compute the same update of the same network, on one thread;
they take turns, and the median of the rounds counts.
"""

import statistics
import sys
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from cosetta.groups import named_group
from cosetta.training import fast
from cosetta.training.parameters import network_of
from cosetta.training.stack import Stack
from cosetta.training.state import TrainState

STEPS, ROUNDS = 60, 7


def main() -> None:
    torch.set_num_threads(1)
    for batch_size in map(int, sys.argv[1:] or ["512", "2048"]):
        ours, plain = _ours(batch_size), _plain(batch_size)
        times = [(_seconds(ours), _seconds(plain)) for _ in range(ROUNDS)]
        fast_ms, plain_ms = (1000 * statistics.median(column) / STEPS for column in zip(*times, strict=True))
        print(
            f"batch {batch_size:5d}   fast {fast_ms:.2f} ms   plain {plain_ms:.2f} ms   ratio {plain_ms / fast_ms:.1f}"
        )


def _state(batch_size: int) -> TrainState:
    config = fast(
        "S5", phases=[{"max_steps": 10**6, "learning_rate": 1e-2, "weight_decay": 1.0, "batch_size": batch_size}]
    )
    return TrainState(config, named_group("S5"), torch.device("cpu"))


def _ours(batch_size: int) -> Callable[[], None]:
    stack = Stack([_state(batch_size)])
    return lambda: [stack.advance() for _ in range(STEPS)] and None


def _plain(batch_size: int) -> Callable[[], None]:
    state = _state(batch_size)
    network, products = network_of(state.parameters, state.order, state.config), state.table.reshape(-1)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2, weight_decay=1.0, betas=state.config.betas)

    def steps() -> None:
        for _ in range(STEPS):
            pairs = state.batches.next(batch_size)
            optimizer.zero_grad()
            F.cross_entropy(network(pairs // state.order, pairs % state.order), products[pairs]).backward()
            optimizer.step()

    return steps


def _seconds(call: Callable[[], None]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
