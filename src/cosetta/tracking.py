"""Training curves in a dashboard: one adapter for Weights & Biases and Trackio, which share init, log and finish.

The run folder stays the record of a run; a dashboard is a copy for the eye. So a missing package is an error before
training starts, while one that fails later, for want of a network or a login, costs a warning and nothing else.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib import import_module
from types import ModuleType
from typing import final

from cosetta.errors import BadConfig, Unsupported
from cosetta.training import Progress, TrainConfig

__all__ = ["TRACKERS", "tracker"]

PROJECT = "cosetta"
"""Project under which runs appear."""

TRACKERS = {"wandb": "pip install wandb", "trackio": "pip install 'cosetta[track]'"}
"""Packages that can be used, and how each is installed."""


@contextmanager
def tracker(name: str, config: TrainConfig, run_name: str) -> Iterator[Callable[[Progress], None]]:
    """Send the progress of a training to a dashboard while the context lasts.

    The dashboard's run begins with the first progress, so a run that is finished already leaves no empty one.

    Args:
        name: `wandb` or `trackio`.
        config: the configuration, shown beside the curves.
        run_name: name of the run in the dashboard.

    Yields:
        The function to pass to `train(progress=...)`.

    Raises:
        BadConfig: if there is no such tracker.
        Unsupported: if its package is not installed.

    Example:
        >>> from cosetta.training import fast
        >>> with tracker("paper", fast("S3"), "run") as send:
        ...     pass
        Traceback (most recent call last):
        cosetta.errors.BadConfig: `track` must be wandb or trackio; got 'paper'
    """
    if name not in TRACKERS:
        raise BadConfig(f"`track` must be {' or '.join(TRACKERS)}; got '{name}'")
    try:
        package = import_module(name)
    except ImportError as error:
        raise Unsupported(f"`track` needs the package {name}, which is not installed: {TRACKERS[name]}") from error
    dashboard = _Dashboard(package, config, run_name)
    try:
        yield dashboard.send
    finally:
        dashboard.finish()


@final
class _Dashboard:
    """A run in a dashboard; after its first failure it does nothing."""

    def __init__(self, package: ModuleType, config: TrainConfig, run_name: str) -> None:
        self.package, self.config, self.run_name = package, config, run_name
        self.has_begun = self.has_failed = False

    def send(self, now: Progress) -> None:
        """Add a point to each curve."""
        if not self.has_begun:
            self.has_begun = True
            values = self.config.model_dump(mode="json")
            self._attempt(lambda: self.package.init(project=PROJECT, name=self.run_name, config=values))
        curves = {key: value for key, value in asdict(now).items() if key not in ("step", "max_steps")}
        self._attempt(lambda: self.package.log(curves, step=now.step))

    def finish(self) -> None:
        """End the dashboard's run, if it began."""
        if self.has_begun:
            self._attempt(lambda: self.package.finish())

    def _attempt(self, action: Callable[[], object]) -> None:
        if self.has_failed:
            return
        try:
            action()
        except Exception as error:  # whatever it is, it is not worth the training
            self.has_failed = True
            reason = " ".join(str(error).split()) or type(error).__name__
            warnings.warn(f"{self.package.__name__} failed and is left out from here on: {reason}", stacklevel=2)
