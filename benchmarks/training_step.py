"""One optimiser step on S5: the step of the trainer against the plain network under autograd with torch's AdamW.

Run: python benchmarks/training_step.py [batch sizes]; 5760 is the full batch. All make the same update of the same
network, on one thread, in turns; the median processor time of the rounds counts. The plain network is float32, with the
softmax of its loss in float64, as the paper trains it, or in float32; or it is float64 altogether.
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

STEPS, ROUNDS = 20, 9
PLAIN = {
    "float32": (torch.float32,) * 2,
    "loss float64": (torch.float32, torch.float64),
    "float64": (torch.float64,) * 2,
}
"""Precision of the plain network and of its loss."""


def main() -> None:
    torch.set_num_threads(1)
    for batch_size in map(int, sys.argv[1:] or ["512", "2048", "5760"]):
        calls = {"cosetta": _ours(batch_size)} | {f"plain {kind}": _plain(batch_size, kind) for kind in PLAIN}
        times = [[_seconds(call) for call in calls.values()] for _ in range(ROUNDS)]
        medians = [1000 * statistics.median(column) / STEPS for column in zip(*times, strict=True)]
        cells = (f"{name} {ms:6.2f} ms ({ms / medians[0]:.1f})" for name, ms in zip(calls, medians, strict=True))
        print(f"batch {batch_size:5d}   {'   '.join(cells)}", flush=True)


def _state(batch_size: int) -> TrainState:
    config = fast(
        "S5", phases=[{"max_steps": 10**6, "learning_rate": 1e-2, "weight_decay": 1.0, "batch_size": batch_size}]
    )
    return TrainState(config, named_group("S5"), torch.device("cpu"))


def _ours(batch_size: int) -> Callable[[], None]:
    stack = Stack([_state(batch_size)])
    return lambda: [stack.advance() for _ in range(STEPS)] and None


def _plain(batch_size: int, kind: str) -> Callable[[], None]:
    state = _state(batch_size)
    dtype, loss_dtype = PLAIN[kind]
    network, products = network_of(state.parameters, state.order, state.config).to(dtype), state.table.reshape(-1)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2, weight_decay=1.0, betas=state.config.betas)

    def steps() -> None:
        for _ in range(STEPS):
            pairs = state.batches.next(batch_size)
            optimizer.zero_grad()
            logits = network(pairs // state.order, pairs % state.order).to(loss_dtype)
            F.cross_entropy(logits, products[pairs]).backward()
            optimizer.step()

    return steps


def _seconds(call: Callable[[], None]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


if __name__ == "__main__":
    main()
