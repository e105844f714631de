r"""Train one network on a large group, S7 before all, on a GPU, and say how long it stood still.

Run: python benchmarks/grok_s7.py --group S7 --seconds 200 --out s7.npz [--device cuda]. S7 has 5,040 elements and 25.4
million pairs; a step on 131,072 pairs and 512 neurons is 2.0 TFLOP in the three products of pairs with answers, so
these are in bfloat16 (TF32 once the loss is small) with float32 sums, weights and moments in float32. Candidates are
tried one after the other; one that has not left the plateau (loss ln |G|) when its turn is over gives way to the next,
and keeps what it has. The split is that of `cosetta.training` for the seed. The network has no output bias.

The phases are those of the recipe `fast`, their batches counted in pairs an element: *form*, *choose*, *clean* (small
batches), *settle*, *sharpen* (little decay), *anneal*.
"""

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from gpu_kernels import add_at_elements, errors, post
from packing import pack, save_arrays
from torch.optim.adamw import adamw

from cosetta.groups import named_group
from cosetta.models.scoring import sum_scores
from cosetta.training.implicit_pairs import PermutedPairs, permute
from cosetta.training.pairs import split_pairs
from cosetta.training.recipes import fast

EVALUATE = 50  # steps
SAMPLE = 16_384  # held-out pairs of an evaluation


@dataclass(frozen=True)
class Candidate:
    """Sizes and rates; `each` is pairs an element in a batch of the first phases."""

    name: str
    width: int = 512
    embed_dim: int = 1024
    each: int = 26
    rate: float = 1e-2
    decay: float = 1.0
    embed_std: float = 0.1
    form_decay: float | None = None
    clean_each: float = 10
    late_each: int = 26


@dataclass(frozen=True)
class Phase:
    """A stretch of training: pairs an element in a batch, rate, decay, and when it ends."""

    name: str
    each: float
    rate: float
    decay: float
    steps: int
    final_rate: float | None = None
    accuracy: float | None = None
    loss: float | None = None
    hold: int = 1
    precise: bool = False


CANDIDATES = [
    Candidate("large batch", embed_dim=2048, each=104),
    Candidate("smaller batch, lower decay", embed_dim=2048, each=52, decay=0.5),
    Candidate("A7's", embed_dim=2048, each=26, form_decay=0.3),
]


def phases_of(c):
    """The phases of a candidate."""
    low = c.decay if c.form_decay is None else c.form_decay
    return [
        Phase("form", c.each, c.rate, low, 10**6, accuracy=0.3),
        Phase("choose", min(c.each, 2 * c.late_each), c.rate, c.decay, 4000, accuracy=0.99, hold=3),
        Phase("clean", c.clean_each, c.rate, c.decay, 1000),
        Phase("settle", c.late_each, c.rate, c.decay, 400),
        Phase("sharpen", c.late_each, c.rate, c.decay / 10, 600, loss=1e-5, hold=2, precise=True),
        # the last phase lowers the rate to 0
        Phase("anneal", c.late_each, c.rate, c.decay / 10, 600, final_rate=0.0, precise=True),
    ]


class Pairs:
    """Training and held-out pairs on the device, with their products."""

    def __init__(self, group, seed, device):
        self.order = group.order
        config = fast(group, seed, train_fraction=0.4)
        train, test = split_pairs(group.order, config, torch.Generator().manual_seed(seed))
        self.train, self.test = (_listed(side, device) for side in (train, test))
        self.products = torch.tensor(group.table, device=device).reshape(-1).int()
        self.generator = torch.Generator(device).manual_seed(seed)
        self.sample = self.test[:SAMPLE]
        self._epoch, self._position = self.train[:0], 0

    def batch(self, size):
        """The next pairs, without replacement within an epoch."""
        size = min(size, len(self.train))
        if self._position + size > len(self._epoch):
            places = torch.randperm(len(self.train), generator=self.generator, device=self.train.device)
            self._epoch, self._position = self.train[places], 0
        self._position += size
        return self._epoch[self._position - size : self._position]


def _listed(side, device):
    if not isinstance(side, PermutedPairs):
        return side.to(device).int()
    blocks = torch.arange(side.positions.start, side.positions.stop, device=device).split(2**22)
    return torch.cat([permute(block, side.pairs, side.keys).int() for block in blocks])


class Network:
    """Weights, moments and position of one candidate."""

    def __init__(self, candidate, pairs, seed, device):
        self.candidate, self.pairs, self.device = candidate, pairs, device
        order, width, dim = pairs.order, candidate.width, candidate.embed_dim
        generator = torch.Generator().manual_seed(seed)
        hidden, unembed = (2 * dim) ** -0.5, width**-0.5
        start = [torch.randn(order, dim, generator=generator) * candidate.embed_std for _ in range(2)]
        start += [(torch.rand(width, dim, generator=generator) * 2 - 1) * hidden for _ in range(2)]
        start += [(torch.rand(order, width, generator=generator) * 2 - 1) * unembed]
        self.weights = [x.to(device) for x in start]  # embed left, right, hidden left, right, unembed
        self.gradients = [torch.zeros_like(x) for x in self.weights]
        self.moments = [[torch.zeros_like(x) for x in self.weights] for _ in range(2)]
        self.counters = [torch.zeros((), device=device) for _ in self.weights]
        self.no_bias = torch.zeros(1, order, device=device)
        self.phases = phases_of(candidate)
        self.phase = self.phase_step = self.held = self.step = 0
        self.seen, self.seconds, self.curve = 0, 0.0, []
        self.share = 0.0  # of the last phase that is over by the clock
        self.loss, self.accuracy = math.log(order), 0.0
        self._rooms = {}

    @property
    def is_finished(self):
        """Whether the last phase is over."""
        return self.phase == len(self.phases)

    @property
    def has_left(self):
        """Whether the loss is off the plateau."""
        return self.phase > 0 or self.loss < math.log(self.pairs.order) - 0.2

    def _room(self, size, dtype):
        """Memory for post, logits, gradient at post, of the last size only."""
        if (size, dtype) not in self._rooms:
            self._rooms.clear()
            width, order = self.candidate.width, self.pairs.order
            shapes = ((size, width), (size, order), (size, width))
            self._rooms[size, dtype] = tuple(torch.empty(*x, dtype=dtype, device=self.device) for x in shapes)
        return self._rooms[size, dtype]

    def sides(self):
        """Left and right."""
        return [embed @ hidden.T for embed, hidden in zip(self.weights[:2], self.weights[2:4], strict=True)]

    def advance(self):
        """One step."""
        phase, order = self.phases[self.phase], self.pairs.order
        chosen = self.pairs.batch(round(phase.each * order))
        size = len(chosen)
        is_cuda = chosen.is_cuda
        dtype = torch.bfloat16 if is_cuda and not phase.precise else torch.float32
        a, b, products = chosen // order, chosen % order, self.pairs.products[chosen.long()]
        posts, logits, at_post = self._room(size, dtype)
        left, right = self.sides()
        out = self.weights[4].to(dtype)
        post(left, right, a, b, posts)
        torch.mm(posts, out.T, out=logits)
        errors(logits, self.no_bias, products, 1 / size, size)
        self.gradients[4].copy_(logits.T @ posts)
        torch.mm(logits, out, out=at_post)
        at_sides = [torch.zeros_like(left), torch.zeros_like(right)]
        add_at_elements(at_post, posts, a, b, *at_sides)
        for i, at_side in enumerate(at_sides):
            torch.mm(at_side, self.weights[2 + i], out=self.gradients[i])
            torch.mm(at_side.T, self.weights[i], out=self.gradients[2 + i])
        rate = phase.rate
        if phase.final_rate is not None:
            share = min(1.0, max(self.phase_step / phase.steps, self.share))
            rate = phase.final_rate + (rate - phase.final_rate) * (1 + math.cos(math.pi * share)) / 2
        adamw(
            self.weights,
            self.gradients,
            *self.moments,
            [],
            self.counters,
            fused=True,
            amsgrad=False,
            maximize=False,
            beta1=0.9,
            beta2=0.98,
            eps=1e-8,
            lr=rate,
            weight_decay=phase.decay,
        )
        self.step += 1
        self.phase_step += 1
        self.seen += size

    def score(self, pairs, block=SAMPLE):
        """Loss and accuracy on pairs, logits in float32 (on a GPU in TF32 if that is allowed)."""
        left, right = self.sides()
        loss = correct = 0.0
        for chosen in pairs.split(block):
            a, b = (chosen // self.pairs.order).long(), (chosen % self.pairs.order).long()
            logits = torch.relu(left[a] + right[b]) @ self.weights[4].T
            products = self.pairs.products[chosen.long()].long()
            here = sum_scores(logits, products[:, None])
            correct, loss = correct + here[0], loss + here[1]
        return float(loss) / len(pairs), float(correct) / len(pairs)

    def evaluate(self, seconds):
        """Append a point of the curve, and end the phase if it is over."""
        self.loss, self.accuracy = self.score(self.pairs.sample)
        train_loss, _ = self.score(self.pairs.train[:4096])
        self.curve.append((self.step, self.seen, round(seconds, 2), self.phase, self.loss, self.accuracy, train_loss))
        phase = self.phases[self.phase]
        met = (phase.accuracy is not None and self.accuracy >= phase.accuracy) or (
            phase.loss is not None and self.loss <= phase.loss
        )
        self.held = self.held + 1 if met else 0
        if self.held >= phase.hold or self.phase_step >= phase.steps:
            self.phase, self.phase_step, self.held = self.phase + 1, 0, 0

    def hurry(self):
        """Go to the last phase, which the clock will end."""
        self.phases[-1] = replace(self.phases[-1], steps=10**6)
        self.phase, self.phase_step, self.held = len(self.phases) - 1, 0, 0


def train(network, until, clock, say, hurry_at, stay, save):
    """Train until the time is over, the network is finished, or it is still on the plateau at `stay`."""
    started, before = clock(), network.seconds
    spoke, saved, hurried = 0.0, network.phase, None
    while not network.is_finished and clock() < until:
        if clock() > hurry_at and network.has_left and network.phase < len(network.phases) - 1:
            network.hurry()
            hurried = clock()
        if hurried is not None:
            network.share = (clock() - hurried) / (until - hurried)
        for _ in range(min(EVALUATE, network.phases[network.phase].steps - network.phase_step)):
            network.advance()
        network.seconds = before + clock() - started
        network.evaluate(network.seconds)  # waits for the device
        network.seconds = before + clock() - started
        if network.phase > saved:
            saved = network.phase
            save(network)
        if not math.isfinite(network.loss):
            say(f"{network.candidate.name}: loss {network.loss} at step {network.step}; given up")
            return
        if clock() - spoke > 3:
            spoke = clock()
            say(
                f"{network.candidate.name}: step {network.step} phase {network.phase} seen {network.seen / 1e6:.1f}M "
                f"loss {network.loss:.4g} (train {network.curve[-1][-1]:.4g}) accuracy {network.accuracy:.5f} "
                f"{network.seconds:.1f} s"
            )
        if clock() > stay and not network.has_left:
            return


def result(network, group, final=None):
    """Folded weights and what is known of the run."""
    left, right = network.sides()
    meta = {
        "group": group.name,
        "candidate": asdict(network.candidate),
        "phases": [asdict(phase) for phase in network.phases],
        "columns": ["step", "pairs", "seconds", "phase", "test_loss", "test_accuracy", "train_loss"],
        "curve": network.curve,
        "final": final,
    }
    arrays = {"left": left[None], "right": right[None], "out": network.weights[4][None], "bias": network.no_bias}
    return {name: x.detach().cpu() for name, x in arrays.items()}, meta


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--group", default="S7")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=200)
    parser.add_argument("--turn", type=float, default=30, help="seconds of a candidate's first turn on the plateau")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--full", type=Path, help="where the float32 weights go as well, however large")
    parser.add_argument(
        "--candidates", default="", help="JSON list of settings of `Candidate`, instead of the built-in"
    )
    chosen = parser.parse_args()
    begun = time.perf_counter()
    device = torch.device(chosen.device)

    def clock():
        return time.perf_counter() - begun

    def say(text):
        print(f"[{clock():7.1f}] {chosen.group} {text}", flush=True)

    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
    group = named_group(chosen.group)
    pairs = Pairs(group, chosen.seed, device)
    say(f"{group.order} elements, {len(pairs.train):,} training pairs, loss of the uniform {math.log(group.order):.4f}")
    settings = [Candidate(**x) for x in json.loads(chosen.candidates)] if chosen.candidates else CANDIDATES
    networks, end, saved = [], chosen.seconds - 3, False

    def save(network, final=None):
        arrays, meta = result(network, group, final)
        meta["others"] = [
            {"candidate": asdict(other.candidate), "curve": other.curve} for other in networks if other is not network
        ]
        save_arrays(chosen.out, pack(arrays, limit=15_900_000), meta)
        if chosen.full:
            save_arrays(chosen.full, arrays, meta)

    with torch.no_grad():
        for turn in range(100):
            if turn < len(settings):
                networks.append(Network(settings[turn], pairs, chosen.seed, device))
                network = networks[-1]
            else:
                open_ = [x for x in networks if not x.is_finished and math.isfinite(x.loss)]
                if not open_:
                    break
                left = [x for x in open_ if x.has_left]
                network = min(left, key=lambda x: x.loss) if left else open_[turn % len(open_)]
            if clock() > end - 2:
                break
            network._rooms.clear()
            train(
                network,
                end,
                clock,
                say,
                hurry_at=end - max(5, 0.08 * chosen.seconds),
                stay=clock() + chosen.turn,
                save=save,
            )
            network._rooms.clear()
            say(f"{network.candidate.name}: {network.step} steps, loss {network.loss:.4g}, {network.seconds:.1f} s")
            if network.has_left and math.isfinite(network.loss):
                torch.backends.cuda.matmul.allow_tf32 = False
                held_out = pairs.test if device.type == "cuda" else pairs.test[: 4 * SAMPLE]
                loss, accuracy = network.score(held_out)
                torch.backends.cuda.matmul.allow_tf32 = True
                final = {"pairs": len(held_out), "test_loss": loss, "test_accuracy": accuracy}
                say(f"{network.candidate.name}: all held-out pairs: {final}")
                save(network, final)
                saved = True
                if network.is_finished:
                    break
        if not saved:
            save(min(networks, key=lambda x: x.loss))
    if device.type == "cuda":
        say(f"memory {torch.cuda.max_memory_allocated() / 1e9:.1f} GB")


if __name__ == "__main__":
    main()
