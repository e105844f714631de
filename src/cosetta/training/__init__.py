"""Training: configurations and recipes, without torch; the trainer and run folders, imported when first used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cosetta.training.config import Phase, TrainConfig
from cosetta.training.recipes import RECIPES, chughtai2023, fast, stander2024, wu2024

_HOME = {
    "Progress": "cosetta.training.sitting",
    "TrainedRun": "cosetta.training.run_folder",
    "load_run": "cosetta.training.run_folder",
    "stack_size": "cosetta.training.stack",
    "train": "cosetta.training.trainer",
    "train_stack": "cosetta.training.trainer",
}

__all__ = [
    "RECIPES",
    "Phase",
    "Progress",
    "TrainConfig",
    "TrainedRun",
    "chughtai2023",
    "fast",
    "load_run",
    "stack_size",
    "stander2024",
    "train",
    "train_stack",
    "wu2024",
]

if TYPE_CHECKING:
    from cosetta.training.run_folder import TrainedRun, load_run
    from cosetta.training.sitting import Progress
    from cosetta.training.stack import stack_size
    from cosetta.training.trainer import train, train_stack


def __getattr__(name: str) -> Any:
    """Import what needs torch when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module 'cosetta.training' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)
