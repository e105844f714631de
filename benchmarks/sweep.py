"""Models per minute of a sweep on this machine, against one run after the other in the same sitting.

Run: python benchmarks/sweep.py [--seeds 4] [--group S5] [--alone 1] [--explain] [--stack N]. Trains `fast` seeds alone,
then as a sweep of processes on the CPU, or of stacks on CUDA, each into an empty folder. Alone means this process and
one thread. The last lines extrapolate to 128 seeds (or measure them, with --seeds 128) and, on CUDA, give the achieved
floating-point operations a second against the card's peak in float32.
"""

import argparse
import tempfile
import time
from pathlib import Path

import polars as pl
import torch

from cosetta.groups import named_group
from cosetta.machine import usable_cores
from cosetta.sweep import SweepPlan, Work, grid, run_plan
from cosetta.training import load_run, train

FULL = 128
PEAKS = {"H200": 67e12, "H100": 67e12, "A100": 19.5e12, "V100": 15.7e12}
"""Floating-point operations a second in float32 without tensor cores, from NVIDIA's data sheets."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--group", default="S5")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--alone", type=int, default=1, help="seeds trained one after the other")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--stack", type=int)
    parser.add_argument("--explain", action="store_true")
    chosen = parser.parse_args()
    configs = grid({"group": chosen.group, "seed": f"0:{chosen.seeds}"})
    with tempfile.TemporaryDirectory() as folder:
        alone = _alone(configs[: chosen.alone], Path(folder) / "alone")
        plan = SweepPlan(configs, Path(folder) / "sweep", Work(explain=chosen.explain), chosen.stack)
        started = time.perf_counter()
        result = run_plan(plan, workers=chosen.workers)
        seconds = time.perf_counter() - started
        assert not result.failed, result.failed
        operations = sum(_operations(plan.out / name) for name in result.finished)
    each = seconds / len(configs)
    place = torch.cuda.get_device_name() if plan.uses_gpu else f"{chosen.workers or usable_cores()} cores"
    what = "trained and explained" if chosen.explain else "trained"
    print(f"alone: {alone:.1f} s a model, {60 / alone:.1f} models a minute (mean of {chosen.alone}, trained only)")
    print(f"sweep on {place}: {len(configs)} {chosen.group} models {what} in {seconds:.1f} s, {60 / each:.1f} a minute")
    print(f"ratio to one at a time: {alone / each:.2f}")
    print(f"{FULL} seeds: {'measured' if len(configs) == FULL else 'extrapolated'} {each * FULL / 60:.1f} min")
    if plan.uses_gpu:
        peak = next((value for name, value in PEAKS.items() if name in place), None)
        share = f", {operations / seconds / peak:.1%} of {peak / 1e12:g} TFLOP/s" if peak else ""
        print(f"achieved {operations / seconds / 1e12:.2f} TFLOP/s{share}")


def _alone(configs, out):
    """Seconds a model, one after the other in this process, on the CPU."""
    group = named_group(configs[0].group)
    started = time.perf_counter()
    for config in configs:
        train(config.model_copy(update={"device": "cpu"}), group, out / config.run_name)
    return (time.perf_counter() - started) / len(configs)


def _operations(folder):
    # Multiplications and additions of the matrix products of all steps; evaluations are not counted. Each pair of a
    # batch takes 2 |G| w for the logits and twice that for their gradients; left and right, made once a step, take
    # 2 |G| d w each, and their gradients twice that.
    run = load_run(folder)
    config, order = run.config, named_group(run.config.group).order
    train_pairs = round(config.train_fraction * order**2)
    steps = run.metrics.group_by("phase").agg(pl.col("step").max())
    total, before = 0, 0
    for phase, last in sorted(steps.rows()):
        batch = min(config.phases[min(phase, len(config.phases) - 1)].batch_size or train_pairs, train_pairs)
        total += (last - before) * (6 * batch * order * config.width + 12 * order * config.embed_dim * config.width)
        before = last
    return total


if __name__ == "__main__":
    main()
