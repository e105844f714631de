"""Populations of transformers on one GPU, each trained as one tensor program; docs/transformers.md says what they are.

Run: python benchmarks/gpu_transformers.py --seconds 140 --out FOLDER. Three parts, each in a file of its own:

- `fast`: transformers by the recipe `fast`, with the stacks of `cosetta.training`, each by its own criteria.
- `control`: the paper's network at the transformer's sizes and with its phases: what the recipe does alone.
- `published`: transformers by `chughtai2023`, 50,000 full-batch steps replayed from a captured graph; as many networks
  as the seconds that are left allow.

Each part first compares a gradient with float64 on the CPU. It writes all weights (16 bits a number, `--whole` 24;
`packing.py`) with the curves of test accuracy and loss, whole, as it goes. `--device cpu` with small numbers, `--steps`
and `--group` is a rehearsal.
"""

import argparse
import time
from pathlib import Path

import torch
from gpu_populations import SAVE_EVERY, _device_name, _is_due, _memory, _synchronize, clock, say
from packing import pack, save_arrays
from torch.optim.adamw import adamw

from cosetta.groups import named_group
from cosetta.training.autograd_step import AutogradStep
from cosetta.training.parameters import parameter_views
from cosetta.training.recipes import chughtai2023, fast
from cosetta.training.scoring import score_parameters
from cosetta.training.stack import arrange, score_states
from cosetta.training.state import TrainState, table_on

ROWS = ("parameters", "exp_avg", "exp_avg_sq")


def configs(part, group, seeds, steps):
    """The configurations of a part."""
    longest = {"max_steps": steps} if steps else {}
    if part == "published":
        return [chughtai2023(group, seed, **longest) for seed in seeds]
    transformers = [fast(group, seed, architecture="transformer", **longest) for seed in seeds]
    if part == "fast":
        return transformers
    same = ("embed_dim", "width", "phases")
    return [fast(group, one.seed, **{name: getattr(one, name) for name in same}) for one in transformers]


def check(states, part):
    """Say how far the gradient of several networks together is from float64, alone, on the CPU."""
    first, pairs = states[0], torch.stack([state.train[:1000] for state in states])
    together = AutogradStep(torch.stack([state.parameters for state in states]), first.table, first.config)
    together(pairs)
    exactly, worst = {"precision": "float64", "loss_precision": "float64"}, 0.0
    for state, mine, found in zip(states, pairs.cpu(), together.gradient.cpu().double(), strict=True):
        config = first.config.model_copy(update=exactly)
        alone = AutogradStep(state.parameters.cpu().double(), first.table.cpu(), config)
        alone(mine)
        worst = max(worst, float((alone.gradient - found).norm() / alone.gradient.norm()))
    say(f"{part}: gradient off by {worst:.1e} of its length")


class Harvest:
    """Weights and curves of a part, and its files."""

    def __init__(self, chosen, part, group, config, device):
        self.path, self.whole = chosen.out / f"transformers-{part}.npz", chosen.whole
        self.order, self.config = group.order, config
        self.record = {"part": part, "group": group.name, "recipe": config.recipe, "device": _device_name(device)}
        self.record["config"] = config.model_dump(mode="json", exclude={"seed"})
        self.weights, self.points, self.finals, self.done = {}, {}, {}, {}

    def take(self, seed, parameters, accuracy, loss, step):
        """The present weights of a network."""
        self.weights[seed] = parameters.detach().float().cpu().clone()
        self.finals[seed], self.done[seed] = [accuracy, loss], step

    def save(self):
        """Write the file."""
        seeds = sorted(self.weights)
        rows = torch.stack([self.weights[seed] for seed in seeds])
        arrays = {name: view.numpy() for name, view in parameter_views(rows, self.order, self.config).items()}
        record = self.record | {"seeds": seeds, "seconds": round(clock(), 1)}
        record |= {name: [getattr(self, name).get(seed) for seed in seeds] for name in ("points", "finals", "done")}
        save_arrays(self.path, pack(arrays, None if self.whole else 0), record)


def minibatch(group, part, networks, seconds, chosen, device):
    """Train networks with small batches, each through its phases by its own criteria."""
    seeds = range(chosen.seeds_from, chosen.seeds_from + networks)
    table, started = table_on(group, device), clock()
    running = [TrainState(config, group, device, table) for config in configs(part, group, seeds, chosen.steps)]
    harvest, stacks, spoke = Harvest(chosen, part, group, running[0].config, device), [], 0.0
    count = len(running)
    check(running[:3], part)
    while running and clock() - started < seconds:
        stacks, due = arrange(stacks, running), []
        for stack in stacks:
            arrived = []
            while not arrived:
                stack.advance()
                arrived = [state for state in stack.states if _is_due(state)]
            due += arrived
        for state, (_, loss, train, test) in zip(due, score_states(due), strict=True):
            harvest.points.setdefault(state.config.seed, []).append([state.step, state.phase, loss, train, test])
            state.end_evaluation(state.config.phases[state.phase].is_met(test, loss))
        ended = [state for state in running if state.is_finished]
        running = [state for state in running if not state.is_finished]
        _take(harvest, ended)
        if clock() - spoke > 5:
            spoke, phases = clock(), [state.phase for state in running]
            say(f"{part}: {count - len(running)} of {count} done, phases {[phases.count(p) for p in range(5)]}")
    harvest.record["unfinished"] = [state.config.seed for state in running]
    _take(harvest, running)
    _end(harvest, part, count - len(running), count, started, device)


def _take(harvest, states):
    for state, (_, loss, _, accuracy) in zip(states, score_states(states, last=True) if states else [], strict=True):
        harvest.take(state.config.seed, state.parameters, accuracy, loss, state.step)


def _end(harvest, part, done, count, started, device):
    harvest.record |= {"train_seconds": round(clock() - started, 1), "memory": _memory(device)}
    harvest.save()
    good = sum(accuracy >= 0.999 for accuracy, _ in harvest.finals.values())
    took = f"{clock() - started:.1f} s; {_memory(device)} GB"
    say(f"{part}: {done} of {count} done, {good} at test accuracy 0.999, {took}")


class Graph:
    """Full-batch steps of several networks, one captured graph a step."""

    def __init__(self, states):
        self.states, first = states, states[0]
        self.rows = {name: torch.stack([state.tensors[name] for state in states]) for name in ROWS}
        self.pairs = torch.stack([state.train for state in states])
        self.gradient = AutogradStep(self.rows["parameters"], first.table, first.config)
        self.counter = torch.zeros((), device=self.pairs.device)
        self.config, self.table, self.step, self._graph = first.config, first.table, 0, None

    def _one(self):
        self.gradient(self.pairs)
        (phase,) = self.config.phases
        beta1, beta2 = self.config.betas
        parameters, gradient = self.rows["parameters"], self.gradient.gradient
        lists = [[x.view(-1)] for x in (parameters, gradient, self.rows["exp_avg"], self.rows["exp_avg_sq"])]
        options = {"amsgrad": False, "maximize": False, "beta1": beta1, "beta2": beta2, "eps": self.config.epsilon}
        adamw(
            *lists, [], [self.counter], fused=True, lr=phase.learning_rate, weight_decay=phase.weight_decay, **options
        )

    def advance(self, steps):
        """Make some steps; the first two one by one, the rest from a graph if the device has them."""
        left = steps
        if self.pairs.device.type == "cuda" and self._graph is None:
            stream = torch.cuda.Stream()
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                for _ in range(min(2, left)):
                    self._one()
            torch.cuda.current_stream().wait_stream(stream)
            left -= min(2, left)
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph):
                self._one()
        for _ in range(left):
            self._one() if self._graph is None else self._graph.replay()
        self.step += steps

    def scores(self):
        """Accuracy and loss of each network on its test pairs."""
        test = torch.stack([state.test for state in self.states])
        return score_parameters(self.rows["parameters"], test, self.table, self.config).tolist()


def published(group, networks, seconds, chosen, device):
    """Train networks on their full batch for as many steps as the recipe says, as many as the seconds allow."""
    started, table = clock(), table_on(group, device)
    make = lambda seeds: Graph(  # noqa: E731
        [TrainState(config, group, device, table) for config in configs("published", group, seeds, chosen.steps)]
    )
    seeds = list(range(chosen.seeds_from, chosen.seeds_from + networks))
    stack = make(seeds)
    check(stack.states[:3], "published")
    stack.advance(10)
    _synchronize(device)
    begun = time.perf_counter()
    stack.advance(20)
    _synchronize(device)
    pace, steps = (time.perf_counter() - begun) / 20, stack.config.max_steps
    fits = int(0.92 * seconds / (pace / len(seeds) * steps))
    say(f"published: {pace * 1e3:.3f} ms a step for {len(seeds)} networks; {fits} fit {seconds:.0f} s")
    seeds = seeds[: max(1, min(len(seeds), fits))]
    del stack
    stack = make(seeds)
    harvest, saved, spoke = Harvest(chosen, "published", group, stack.config, device), clock(), 0.0
    while stack.step < steps and clock() - started < seconds:
        stack.advance(min(chosen.every, steps - stack.step))
        scores = stack.scores()
        for seed, (accuracy, loss) in zip(seeds, scores, strict=True):
            harvest.points.setdefault(seed, []).append([stack.step, 0, loss, None, accuracy])
        if clock() - spoke > 5:
            spoke, ordered = clock(), sorted(accuracy for accuracy, _ in scores)
            say(f"published: step {stack.step}, accuracy least {ordered[0]:.3f} median {ordered[len(seeds) // 2]:.3f}")
        if clock() - saved > SAVE_EVERY:
            _take_rows(harvest, stack, scores)
            harvest.save()
            saved = clock()
    _take_rows(harvest, stack, stack.scores())
    _end(harvest, "published", len(seeds) if stack.step == steps else 0, len(seeds), started, device)


def _take_rows(harvest, stack, scores):
    for state, row, (accuracy, loss) in zip(stack.states, stack.rows["parameters"], scores, strict=True):
        harvest.take(state.config.seed, row, accuracy, loss, stack.step)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--group", default="S5")
    parser.add_argument("--networks", type=int, nargs=3, default=[32, 6, 12], help="of fast, control, published")
    parser.add_argument("--seeds-from", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=140, help="of all parts together; below 60 they are a check")
    parser.add_argument("--steps", type=int, help="of each phase at most")
    parser.add_argument("--every", type=int, default=500, help="full-batch steps between evaluations")
    parser.add_argument("--whole", action="store_true", help="24 bits a number")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--out", type=Path, default=Path("transformers"))
    chosen, started = parser.parse_args(), clock()
    chosen.out.mkdir(parents=True, exist_ok=True)
    group, device = named_group(chosen.group), torch.device(chosen.device)
    networks = chosen.networks if chosen.seconds >= 60 else [4, 2, 2]
    with torch.no_grad():
        for part, count, share in zip(("fast", "control", "published"), networks, (0.45, 0.5, 1.0), strict=True):
            left = (chosen.seconds - (clock() - started) - 3) * share
            if not count or left <= 0:
                say(f"{part}: left out, {left:.0f} s are left")
                continue
            try:
                (published if part == "published" else minibatch)(
                    group, *(() if part == "published" else (part,)), count, left, chosen, device
                )
            except Exception as error:  # of this part alone
                say(f"FAILED: {part}: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
