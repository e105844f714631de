"""Training: configurations and recipes, without torch; the trainer and run folders, imported when first used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cosetta.training.config import Phase, TrainConfig
from cosetta.training.recipes import RECIPES, fast, stander2024, wu2024

_HOME = {
    "Progress": "cosetta.training.trainer",
    "TrainedRun": "cosetta.training.run_folder",
    "load_run": "cosetta.training.run_folder",
    "train": "cosetta.training.trainer",
}

__all__ = [
    "RECIPES",
    "Phase",
    "Progress",
    "TrainConfig",
    "TrainedRun",
    "fast",
    "load_run",
    "stander2024",
    "train",
    "wu2024",
]

if TYPE_CHECKING:
    from cosetta.training.run_folder import TrainedRun, load_run
    from cosetta.training.trainer import Progress, train


def __getattr__(name: str) -> Any:
    """Import what needs torch when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module 'cosetta.training' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)
