"""Sweeps: many networks trained and explained, on one core or a cluster, in folders that survive any interruption.

Grids need no torch; the rest is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cosetta.sweep.grid import grid, seed_range

_HOME = {
    "ENGINES": "cosetta.sweep.driver",
    "LocalWorkers": "cosetta.sweep.engines",
    "RayWorkers": "cosetta.sweep.engines",
    "RunRow": "cosetta.sweep.shard",
    "Shard": "cosetta.sweep.plan",
    "SweepPlan": "cosetta.sweep.plan",
    "SweepProgress": "cosetta.sweep.count",
    "SweepResult": "cosetta.sweep.count",
    "Work": "cosetta.sweep.plan",
    "run_plan": "cosetta.sweep.driver",
    "run_shard": "cosetta.sweep.shard",
    "sweep": "cosetta.sweep.driver",
}

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

if TYPE_CHECKING:
    from cosetta.sweep.count import SweepProgress, SweepResult
    from cosetta.sweep.driver import ENGINES, run_plan, sweep
    from cosetta.sweep.engines import LocalWorkers, RayWorkers
    from cosetta.sweep.plan import Shard, SweepPlan, Work
    from cosetta.sweep.shard import RunRow, run_shard


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module 'cosetta.sweep' has no attribute '{name}'; its public names are {__all__}")
    return getattr(import_module(_HOME[name]), name)
