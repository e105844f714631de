"""Populations of networks on one GPU, each trained as one tensor program, and what that gains over single runs.

Run: python benchmarks/gpu_populations.py PART [options], with PART one of

- `full-batch`: networks of `stander2024` or `wu2024`, all steps replayed from a captured graph (`full_batch_stack.py`),
  until the test loss is <= 1e-5 at three evaluations in a row (`stander2024`) or to the end (`wu2024`). Networks that
  are done leave the stack. The number of networks is what the seconds allow, at most `--networks`.
- `minibatch`: networks of `fast`, with the stacks of `cosetta.training`, each network by its own criteria.
- `speed`: the gradient of both programs against float64, then milliseconds a step, alone and stacked, and memory.

Each part writes an `.npz` of folded weights (24 bits a number; `packing.py`) and curves, whole, as it goes; `--parts N`
divides the networks over N files. All runs on the CPU too, for tests: `--device cpu` and small `--networks`, `--steps`.
Matrix products are in float32 (`--tf32` allows TF32, `--fast-backward` in the backward products alone).
"""

import argparse
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import absent_polars  # noqa: F401
import torch
from full_batch_stack import FullBatchStack
from packing import pack, save_arrays

from cosetta.groups import named_group
from cosetta.training.recipes import RECIPES
from cosetta.training.stack import Stack, arrange, score_states
from cosetta.training.state import TrainState, table_on
from cosetta.training.step import FoldedStep

LOSS, HOLD = 1e-5, 3
FULL_BATCH = ("stander2024", "wu2024")
NET_STEPS = 115_000  # steps a `stander2024` network is expected to take, for choosing how many there are
SAVE_EVERY = 45.0  # seconds

_BEGUN = time.perf_counter()


def clock():
    return time.perf_counter() - _BEGUN


def say(text):
    print(f"[{clock():7.1f}] {text}", flush=True)


class Harvest:
    """Weights and curves of the networks of one part, and their files."""

    def __init__(self, out, parts, record):
        self.out, self.parts, self.record = out, parts, record
        self.weights, self.done, self.curve, self.finals = {}, {}, [], {}

    def note(self, step, seeds, scores):
        """A point of the curve: accuracy and loss by seed."""
        self.curve.append((step, dict(zip(seeds, scores, strict=True))))

    def save(self):
        """Write all files."""
        seeds = sorted(self.weights)
        size = -(-len(seeds) // self.parts)
        for part in range(self.parts):
            mine = seeds[part * size : (part + 1) * size]
            if not mine:
                continue
            arrays = pack({name: _stacked(self.weights, mine, name) for name in ("left", "right", "out", "bias")})
            steps = [step for step, _ in self.curve]
            curves = [[of.get(seed, (float("nan"),) * 2) for seed in mine] for _, of in self.curve]
            arrays["curve"] = torch.tensor(curves).float().numpy()  # point x seed x (accuracy, loss)
            record = self.record | {
                "seeds": mine,
                "curve_steps": steps,
                "done_at": [self.done.get(seed) for seed in mine],
                "final": [self.finals.get(seed) for seed in mine],
                "seconds": round(clock(), 1),
            }
            save_arrays(self.out.with_name(f"{self.out.stem}-{part}.npz"), arrays, record)


def _stacked(weights, seeds, name):
    return torch.stack([weights[seed][name] for seed in seeds]).numpy()


def states_of(recipe, group, seeds, device, **overrides):
    table = table_on(group, device)
    return [TrainState(RECIPES[recipe](group, seed, **overrides), group, device, table) for seed in seeds]


def overrides_of(chosen):
    """Fields of the configuration in which the networks differ from their recipe."""
    sizes = {"embed_dim": chosen.embed_dim, "width": chosen.width} if chosen.width else {}
    fraction = {"train_fraction": chosen.train_fraction} if chosen.train_fraction else {}
    return sizes | fraction | getattr(chosen, "changes", {})


def full_batch(group, recipe, chosen, out, seconds):
    """Train networks of a full-batch recipe for some seconds."""
    started, device = clock(), torch.device(chosen.device)
    steps = chosen.steps or (25_000 if recipe == "wu2024" else 150_000)
    stops, every = recipe == "stander2024", chosen.every or (100 if recipe == "wu2024" else 500)
    overrides = overrides_of(chosen)
    seeds = list(range(chosen.seeds_from, chosen.seeds_from + chosen.networks))
    stack = FullBatchStack(states_of(recipe, group, seeds, device, **overrides), chosen.fast_backward)
    if chosen.choose:
        pace = _pace(stack, 20)
        wanted = NET_STEPS if stops else steps
        fits = int(seconds * 0.93 / (pace / len(seeds) * wanted))
        say(f"{group.name} {recipe}: {pace * 1e3:.3f} ms a step for {len(seeds)} networks; {fits} fit {seconds:.0f} s")
        if fits < len(seeds):
            seeds = seeds[: max(8, fits // 4 * 4)]
        del stack
        stack = FullBatchStack(states_of(recipe, group, seeds, device, **overrides), chosen.fast_backward)
    record = {"group": group.name, "recipe": recipe, "loss_to_stop": LOSS if stops else None, "max_steps": steps}
    record["overrides"] = overrides
    record |= {"device": _device_name(device), "tf32": chosen.tf32, "fast_backward": chosen.fast_backward}
    harvest, saved, spoke = Harvest(out, chosen.parts, record), clock(), 0.0
    active, held = list(seeds), dict.fromkeys(seeds, 0)
    while active and stack.step < steps and clock() - started < seconds:
        stack.advance(min(every, steps - stack.step))
        names = [state.config.seed for state in stack.states]
        scores = stack.scores().tolist()
        harvest.note(stack.step, names, scores)
        for i, (seed, (_, loss)) in enumerate(zip(names, scores, strict=True)):
            held[seed] = held[seed] + 1 if loss <= LOSS else 0
            if stops and held[seed] == HOLD:
                harvest.done[seed] = stack.step
                harvest.weights[seed], harvest.finals[seed] = stack.folded(i), scores[i]
        active = [seed for seed in active if seed not in harvest.done]
        leaving = {i for i, seed in enumerate(names) if seed in harvest.done}
        if clock() - spoke > 5:
            spoke = clock()
            accuracies = sorted(accuracy for accuracy, _ in scores)
            middle = accuracies[len(accuracies) // 2]
            pace = (clock() - started) / stack.step * 1e3
            say(
                f"{group.name} {recipe}: step {stack.step}, {len(names)} in the stack, {len(harvest.done)} of "
                f"{len(seeds)} done; accuracy least {accuracies[0]:.4f} median {middle:.4f}; {pace:.3f} ms a step"
            )
        if active and len(leaving) >= max(4, len(names) // 6):
            stack = stack.without(leaving)
        if clock() - saved > SAVE_EVERY:
            _take(harvest, stack)
            harvest.save()
            saved = clock()
    _take(harvest, stack)
    trained = clock() - started
    harvest.record |= {"steps": stack.step, "train_seconds": round(trained, 1), "memory": _memory(device)}
    harvest.save()
    good = sum(final[0] >= 0.9999 for final in harvest.finals.values())
    say(
        f"{group.name} {recipe}: {len(seeds)} networks, {stack.step} steps in {trained:.1f} s, {len(harvest.done)} "
        f"done, {good} at test accuracy 0.9999 or more; memory {_memory(device)} GB"
    )


def _take(harvest, stack):
    """The present weights of the networks that are not done."""
    for i, (state, score) in enumerate(zip(stack.states, stack.scores().tolist(), strict=True)):
        if state.config.seed not in harvest.done:
            harvest.weights[state.config.seed], harvest.finals[state.config.seed] = stack.folded(i), score


def minibatch(group, recipe, chosen, out, seconds):
    """Train networks of a recipe with small batches, each through its phases by its own criteria."""
    started, device = clock(), torch.device(chosen.device)
    overrides = overrides_of(chosen)
    if chosen.steps:
        overrides["max_steps"] = chosen.steps
    seeds = list(range(chosen.seeds_from, chosen.seeds_from + chosen.networks))
    running = states_of(recipe, group, seeds, device, **overrides)
    record = {"group": group.name, "recipe": recipe, "device": _device_name(device), "overrides": overrides}
    harvest, stacks, spoke, saved = Harvest(out, chosen.parts, record), [], 0.0, clock()
    points = {seed: [] for seed in seeds}
    say(f"{group.name} {recipe}: {len(seeds)} networks on {device}")
    while running and clock() - started < seconds:
        stacks = arrange(stacks, running)
        due = []
        for stack in stacks:
            arrived = []
            while not arrived:
                stack.advance()
                arrived = [state for state in stack.states if _is_due(state)]
            due += arrived
        for state, scores in zip(due, score_states(due), strict=True):
            points[state.config.seed].append((state.step, state.phase, *scores))
            state.end_evaluation(state.config.phases[state.phase].is_met(scores[3], scores[1]))
        ended = [state for state in running if state.is_finished]
        for state, scores in zip(ended, score_states(ended, last=True) if ended else [], strict=True):
            seed = state.config.seed
            harvest.weights[seed], harvest.finals[seed] = _fold(state), [scores[3], scores[1]]
            harvest.done[seed] = state.step
        running = [state for state in running if not state.is_finished]
        if clock() - saved > SAVE_EVERY:
            saved = clock()
            harvest.save()
        if clock() - spoke > 5:
            spoke = clock()
            phases = [state.phase for state in running]
            say(f"{group.name} {recipe}: {len(harvest.done)} done, phases {[phases.count(p) for p in range(6)]}")
    for state, scores in zip(running, score_states(running) if running else [], strict=True):
        seed = state.config.seed
        harvest.weights[seed], harvest.finals[seed] = _fold(state), [scores[3], scores[1]]
    trained = clock() - started
    harvest.record |= {"train_seconds": round(trained, 1), "memory": _memory(device)}
    harvest.record |= {"points": points, "point_columns": ["step", "phase", "train_loss", "test_loss", "train", "test"]}
    harvest.save()
    say(f"{group.name} {recipe}: {len(harvest.done)} of {len(seeds)} done in {trained:.1f} s; {_memory(device)} GB")


def _fold(state):
    """Left, right, out and bias of a state."""
    weights = state.parameters.detach().cpu()[None]
    return FullBatchStack.folded(SimpleNamespace(parameters=weights, order=state.order, config=state.config), 0)


def _is_due(state):
    done = state.phase_step
    return done % state.config.eval_every == 0 or done == state.config.phases[state.phase].max_steps


def _synchronize(device):
    if device.type == "cuda":
        torch.cuda.synchronize()


def _pace(stack, steps):
    """Seconds a step, after warming up."""
    stack.advance(5)
    _synchronize(stack.device)
    started = time.perf_counter()
    stack.advance(steps)
    _synchronize(stack.device)
    return (time.perf_counter() - started) / steps


def _memory(device):
    return round(torch.cuda.max_memory_allocated() / 1e9, 2) if device.type == "cuda" else None


def _device_name(device):
    return torch.cuda.get_device_name() if device.type == "cuda" else "cpu"


def speed(group, chosen):
    """Correctness first, then milliseconds a step of both programs, alone and stacked."""
    device = torch.device(chosen.device)
    seeds = range(chosen.networks)
    overrides = overrides_of(chosen)
    worst, rows = {}, []
    for kind, tf32, backward in (("float32", False, False), ("TF32 backward", False, True), ("TF32", True, False)):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        worst[kind] = max(gradient_error(group, recipe, device, backward, overrides) for recipe in FULL_BATCH)
        for runs in sorted({1, len(seeds) // 2 or 1, len(seeds)}):
            stack = FullBatchStack(states_of("stander2024", group, range(runs), device, **overrides), backward)
            rows.append((f"graph, {kind}", runs, _pace(stack, chosen.steps or 30)))
            say(f"{group.name} {kind}, gradient off by {worst[kind]:.1e}: {runs} networks {rows[-1][2] * 1e3:.3f} ms")
            del stack
    torch.backends.cuda.matmul.allow_tf32 = False
    curves(group, device, overrides, 5 * (chosen.steps or 20))
    print("gradient against float64, worst of 6 networks:", {kind: f"{error:.2e}" for kind, error in worst.items()})
    for recipe, steps in (("stander2024", 10), ("fast", 20)):
        for runs in sorted({1, len(seeds)}):
            states = states_of(recipe, group, range(runs), device, **overrides)
            stack = Stack(states)
            for count in (3, steps):
                _synchronize(device)
                started = time.perf_counter()
                for _ in range(count):
                    stack.advance()
                _synchronize(device)
            pace = (time.perf_counter() - started) / steps
            say(f"{group.name} {recipe} cosetta.training.Stack: {runs} networks {pace * 1e3:.3f} ms a step")
            rows.append((f"Stack {recipe}", runs, pace))
            del stack, states
    print("program | networks | ms a step | network steps a second")
    for name, runs, pace in rows:
        print(f"{name} | {runs} | {pace * 1e3:.3f} | {runs / pace:,.0f}")
    say(f"memory {_memory(device)} GB")
    return worst["float32"]


def curves(group, device, overrides, every):
    """Training loss of one network in float64 throughout, and how far each precision of the stack is from it."""
    exactly = overrides | {"precision": "float64", "loss_precision": "float64"}
    (state,) = states_of("stander2024", group, [0], device, **exactly)
    (start,) = states_of("stander2024", group, [0], device, **overrides)
    state.tensors["parameters"].copy_(start.parameters)  # the same numbers, which a draw in float64 does not give
    exact = Stack([state])
    stacks = {
        "float32": FullBatchStack(states_of("stander2024", group, [0], device, **overrides)),
        "TF32 backward": FullBatchStack(states_of("stander2024", group, [0], device, **overrides), True),
    }
    print("step | training loss, all float64 |", " | ".join(f"{kind}, relative difference" for kind in stacks))
    for step in range(every, 20 * every + 1, every):
        with torch.no_grad():
            for _ in range(every):
                exact.advance()
            ((loss, *_),) = score_states(exact.states, last=True)
            losses = []
            for stack in stacks.values():
                stack.advance(every)
                losses.append(float(stack.scores(of_test=False)[0, 1]))
        print(f"{step} | {loss:.6e} |", " | ".join(f"{x / loss - 1:+.1e}" for x in losses))


def gradient_error(group, recipe, device, backward, overrides):
    """Worst relative error of three networks' gradients against `cosetta.training` in float64 on the CPU."""
    stack = FullBatchStack(states_of(recipe, group, range(3), device, **overrides), backward)
    stack.gradient.fill_(float("nan"))
    with torch.no_grad():
        stack.compute()
    errors = []
    for i in range(3):
        exactly = overrides | {"precision": "float64", "loss_precision": "float64"}
        (state,) = states_of(recipe, group, [i], torch.device("cpu"), **exactly)
        state.tensors["parameters"].copy_(stack.parameters[i])
        exact = FoldedStep(state.parameters, state.table, state.config)
        exact(state.train)
        errors.append(float((stack.gradient[i].cpu().double() - exact.gradient).norm() / exact.gradient.norm()))
    return max(errors) if errors == [error for error in errors if error == error] else float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("full-batch", "minibatch", "speed"))
    parser.add_argument("--group", default="S5")
    parser.add_argument("--recipe", default="stander2024")
    parser.add_argument("--networks", type=int, default=128)
    parser.add_argument("--seeds-from", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=230)
    parser.add_argument("--choose", action="store_true", help="as many networks as the seconds allow")
    parser.add_argument("--steps", type=int, help="of each network (full-batch) or phase (minibatch) at most")
    parser.add_argument("--every", type=int, help="steps between evaluations")
    parser.add_argument("--width", type=int)
    parser.add_argument("--embed-dim", type=int, default=256)
    parser.add_argument("--train-fraction", type=float, help="share of the pairs that trains, if not the recipe's")
    parser.add_argument("--parts", type=int, default=1)
    parser.add_argument("--tf32", action="store_true")
    parser.add_argument("--fast-backward", action="store_true", help="TF32 in the backward products only")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--out", type=Path, default=Path("population"))
    chosen = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = chosen.tf32
    group = named_group(chosen.group)
    if chosen.part == "speed":
        sys.exit(0 if speed(group, chosen) < 1e-4 else 1)
    train = full_batch if chosen.part == "full-batch" else minibatch
    with torch.no_grad():
        train(group, chosen.recipe, chosen, chosen.out, chosen.seconds)


if __name__ == "__main__":
    main()
