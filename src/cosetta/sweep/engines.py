"""Engines: where shards run. `submit(function, shard)` gives a future, as in `concurrent.futures.Executor`.

Of a future a sweep uses `done()` and `result()` only.
`LocalWorkers` are processes of this machine with one thread each. `RayWorkers` are tasks of Ray. Executors of others,
such as those of dask and submitit, are used as they are (docs/scaling.md).
"""

import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any, final

from cosetta.errors import BadConfig, Unsupported
from cosetta.stopping import wind_down

__all__ = ["LocalWorkers", "RayWorkers"]

SAVE_SECONDS = 1.0
"""What a worker has to save its training when its sweep ends."""


@final
class LocalWorkers:
    """Processes of this machine, started with spawn, with one thread each.

    Every worker is a pool of its own, so one that is killed takes only its own shard with it; it is replaced at the
    next `submit`. Workers end when this process ends, however it ends: they hold the other end of a pipe.

    Args:
        count: number of processes, started when they are first needed.
    """

    def __init__(self, count: int) -> None:
        if count < 1:
            raise BadConfig(f"`workers` must be at least 1; got {count}")
        self._context = multiprocessing.get_context("spawn")
        self._theirs, self._ours = self._context.Pipe(duplex=False)
        self._pools: list[ProcessPoolExecutor | None] = [None] * count
        self._running: list[Future | None] = [None] * count

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future:
        """Start a call in a worker that is free, or else in the first.

        Args:
            function: what to call; it can be pickled.
            *arguments: its arguments.

        Returns:
            The future.
        """
        free = (i for i, future in enumerate(self._running) if future is None or future.done())
        place = next(free, 0)
        with _one_thread(), _as_it_is((function, arguments)):
            try:
                future = self._pool(place).submit(function, *arguments)
            except BrokenExecutor:  # killed while it was idle, or by the last shard
                self._pools[place] = None
                future = self._pool(place).submit(function, *arguments)
        self._running[place] = future
        return future

    def stop(self) -> None:
        """End all workers within a second; they save what they are training."""
        self._ours.close()
        for pool in filter(None, self._pools):
            pool.shutdown(wait=True, cancel_futures=True)

    def _pool(self, place: int) -> ProcessPoolExecutor:
        pool = self._pools[place]
        if pool is None:
            pool = ProcessPoolExecutor(1, self._context, initializer=_begin_worker, initargs=(self._theirs,))
            self._pools[place] = pool
        return pool


def _begin_worker(parent: Connection) -> None:
    """Leave Ctrl-C to the parent, and end when it ends or says so: the pipe is closed then."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        parent.poll(None)
        wind_down(SAVE_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Start processes with one thread for matrix products, as a second one only waits on small matrices.

    Ctrl-C, which the terminal sends to them too, is kept from them from their first instruction on.
    """
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    resource_tracker.ensure_running()  # it would take the mask away while it starts
    masked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if hasattr(signal, "pthread_sigmask") else None
    try:
        yield
    finally:
        if masked is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, masked)
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before


@contextmanager
def _as_it_is(work: Any) -> Iterator[None]:
    """Start processes that do not run the caller's script again, where the work needs nothing of it.

    A spawned process imports the script that started it, and a script that sweeps at its top level, as a notebook does,
    would sweep in each of them; so they are shown an empty one. Work with a class or function of the script needs it,
    and then it is Python that asks for `if __name__ == "__main__"`.
    """
    if b"__main__" in pickle.dumps(work):
        yield
        return
    script, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


@final
class RayWorkers:
    """Tasks of Ray, on this machine or a cluster; it is the sweep, not Ray, that tries killed tasks again.

    Args:
        address: of a cluster, such as `auto` or `ray://head:10001`; None starts Ray on this machine.
        gpus: GPUs a task takes; 0.25 puts four on one. With 0, tasks train on the CPU.

    Raises:
        Unsupported: if Ray is not installed.
    """

    def __init__(self, address: str | None = None, gpus: float = 0.0) -> None:
        try:
            ray = import_module("ray")
        except ImportError as error:
            raise Unsupported("engine ray needs the package ray: pip install 'cosetta[ray]'") from error
        self._ray = ray
        self.gpus = gpus
        self._options = {"num_cpus": 1, "num_gpus": gpus, "max_retries": 0}
        self._started = not ray.is_initialized()
        if self._started:
            ray.init(address=address, include_dashboard=False, log_to_driver=False, logging_level="error")

    @property
    def count(self) -> int:
        """Number of tasks that fit the machine or cluster now; Unsupported if it has too few GPUs for one."""
        resources = self._ray.cluster_resources()
        gpus = resources.get("GPU", 0)
        if gpus < self.gpus:  # tasks would wait for ever
            raise Unsupported(
                f"engine ray must have {self.gpus:g} GPUs for a task; the cluster has {gpus:g} now: lower `gpus`, or "
                "give `workers` if the cluster grows"
            )
        return max(1, int(gpus / self.gpus if self.gpus else resources.get("CPU", 1)))

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future:
        """Start a task.

        Args:
            function: what to call; it can be pickled.
            *arguments: its arguments.

        Returns:
            The future.
        """
        return self._ray.remote(**self._options)(function).remote(*arguments).future()

    def stop(self) -> None:
        """Leave Ray, and end it if it was started here."""
        if self._started:
            self._ray.shutdown()
