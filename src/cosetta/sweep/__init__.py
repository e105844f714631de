"""Sweeps: many networks trained and explained, on one core or a cluster, in folders that survive any interruption."""

from cosetta.sweep.count import SweepProgress, SweepResult
from cosetta.sweep.driver import ENGINES, run_plan, sweep
from cosetta.sweep.engines import LocalWorkers, RayWorkers
from cosetta.sweep.grid import grid, seed_range
from cosetta.sweep.plan import Shard, SweepPlan, Work
from cosetta.sweep.shard import RunRow, run_shard

__all__ = [
    "ENGINES",
    "LocalWorkers",
    "RayWorkers",
    "RunRow",
    "Shard",
    "SweepPlan",
    "SweepProgress",
    "SweepResult",
    "Work",
    "grid",
    "run_plan",
    "run_shard",
    "seed_range",
    "sweep",
]
