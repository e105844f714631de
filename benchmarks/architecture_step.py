"""One gradient of each architecture on S5, and of the same transformer with every place and every attention matrix.

Run: python benchmarks/architecture_step.py [PAIRS]. Milliseconds of processor time of one thread for a batch (512 pairs
if not given); the networks have the sizes that `fast` gives them, and the paper's network those of the transformer too.
"""

import sys
import time

import torch
import torch.nn.functional as F

from cosetta.groups import named_group
from cosetta.models.transformer import Block, Transformer
from cosetta.training.architectures import ARCHITECTURES, AUTOGRAD
from cosetta.training.autograd_step import AutogradStep
from cosetta.training.parameters import parameter_views
from cosetta.training.recipes import fast
from cosetta.training.state import TrainState
from cosetta.training.step import FoldedStep

REPEATS = 40


def milliseconds(step):
    for _ in range(3):
        step()
    started = time.process_time()
    for _ in range(REPEATS):
        step()
    return (time.process_time() - started) / REPEATS * 1e3


def plain(state, pairs):
    """The gradient by autograd through the whole network: three places, attention as a matrix."""
    flat = state.parameters.clone().requires_grad_()
    order, products = state.order, state.table.reshape(-1)

    def step():
        part = {name.rsplit(".", 1)[1]: x for name, x in parameter_views(flat, order, state.config).items()}
        names = ("W_Q", "W_K", "W_V", "W_O", "W_in", "W_out", "b_Q", "b_K", "b_V", "b_O", "b_in", "b_out")
        network = Transformer(
            part["W_E"], part["W_pos"], [Block(*(part[name] for name in names))], part["W_U"], part["b_U"]
        )
        tokens = torch.stack((pairs // order, pairs % order, torch.full_like(pairs, order)), dim=-1)
        return torch.autograd.grad(F.cross_entropy(network(tokens), products[pairs]), flat)[0]

    return step


def main():
    torch.set_num_threads(1)
    group, cpu = named_group("S5"), torch.device("cpu")
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 512
    of_transformer = {"embed_dim": 128, "width": 512}
    for kind, sizes in [*((kind, {}) for kind in ARCHITECTURES), ("mlp", of_transformer)]:
        state = TrainState(fast(group, architecture=kind, **sizes), group, cpu)
        pairs = state.train[:size]
        step = (AutogradStep if kind in AUTOGRAD else FoldedStep)(state.parameters, state.table, state.config)
        print(f"{kind} {state.config.width}: {milliseconds(lambda: step(pairs)):.1f} ms", flush=True)  # noqa: B023
        if kind == "transformer":
            slow = plain(state, pairs)
            step(pairs)
            gap = float((slow() - step.gradient).norm() / step.gradient.norm())
            print(f"  the plain network: {milliseconds(slow):.1f} ms, gradients apart by {gap:.0e}", flush=True)


if __name__ == "__main__":
    main()
