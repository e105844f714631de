"""Ctrl-C and SIGTERM: a command ends within two seconds, at a state that goes on from there, with one line.

Whatever is on disk under its final name is whole, so a process may end at any moment. Two things are left to do:
training finishes its step and saves first (`deferred`), and a command whose Python code is not reached in time, because
it waits for a lock or is inside a long call, is ended from a thread of its own (`ends_in_time`), which the kernel wakes
through a pipe.
"""

import atexit
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, NoReturn, final

__all__ = ["Deferred", "Stopped", "deferred", "ends_in_time", "leave", "say", "wind_down"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)

GRACE = 1.6
"""Seconds from a signal to the end of the process, if it does not end by itself."""

LINE = "interrupted; what is finished is kept: run the same command to go on"


@final
class Stopped(KeyboardInterrupt):
    """A signal asked this process to end.

    Args:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.status = 128 + number


@final
class Deferred:
    """A stretch of work that is left only where its state can be saved."""

    def __init__(self) -> None:
        self.number = 0
        self.left = threading.Event()

    @property
    def is_asked(self) -> bool:
        """Whether a signal has asked the process to end."""
        return self.number != 0

    def stop(self) -> None:
        """End the work, once its state is saved.

        Raises:
            Stopped: always.
        """
        raise Stopped(self.number)


_open: list[Deferred] = []
_said = threading.Event()


@contextmanager
def deferred() -> Iterator[Deferred]:
    """Let Ctrl-C and SIGTERM wait for a moment at which the work can be left; a second one does not wait.

    Yields:
        Where to ask, between two steps, whether to save and stop.

    Raises:
        Stopped: as the work's own `stop`, or at its end if it never asked.

    Example:
        >>> with deferred() as work:
        ...     work.is_asked
        False
    """
    work = Deferred()
    is_main = threading.current_thread() is threading.main_thread()
    try:
        with ExitStack() as handlers:
            for number in SIGNALS if is_main else ():
                if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
                    handlers.callback(signal.signal, number, signal.signal(number, _on_signal))
            _open.append(work)
            try:
                yield work
            finally:
                _open.remove(work)
                work.left.set()
    finally:
        if is_main and work.number == signal.SIGTERM and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            signal.raise_signal(signal.SIGTERM)  # nobody above us has a handler: the process ends, as it was asked to
    if work.is_asked:
        work.stop()


def _on_signal(number: int, _: Any) -> None:
    """Leave now, or at the end of the step."""
    waiting = [work for work in _open if not work.is_asked]
    if not waiting:
        raise Stopped(number)
    for work in waiting:
        work.number = number


def wind_down(seconds: float) -> None:
    """Ask all deferred work to save, from another thread, and wait for it.

    Args:
        seconds: to wait at most.
    """
    for work in list(_open):
        work.number = work.number or signal.SIGTERM
        work.left.wait(seconds)


def leave(stop: KeyboardInterrupt, message: str = LINE) -> NoReturn:
    """Say why the process ends and end it, without taking every module apart, which takes torch two seconds.

    Args:
        stop: what was caught. Only a `Stopped`, which a signal made, ends the process at once.
        message: one line.

    Raises:
        SystemExit: with status 130, if there was no signal.
    """
    say(message)
    if not isinstance(stop, Stopped):
        sys.exit(130)
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    atexit._run_exitfuncs()  # of multiprocessing, whose semaphores would be reported as lost
    os._exit(stop.status)


def say(message: str) -> None:
    """Say once why the process ends, on stderr.

    Args:
        message: one line.
    """
    if not _said.is_set():
        _said.set()
        with suppress(OSError, ValueError):  # stderr is closed
            print(f"cosetta: {message}", file=sys.stderr, flush=True)


@contextmanager
def ends_in_time() -> Iterator[None]:
    """Make the command inside raise `Stopped` at Ctrl-C and SIGTERM, and end the process if that takes too long.

    Yields:
        Nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _said.clear()
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = {number: signal.signal(number, _on_signal) for number in SIGNALS}
    woken = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    with suppress(RuntimeError):  # there is no memory for a thread: then it is said elsewhere
        threading.Thread(target=_watch, args=(reading,), daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(woken)
        os.close(writing)  # which ends the thread, unless a signal has come
        for number, handler in before.items():
            signal.signal(number, handler)


def _watch(reading: int) -> None:
    """End the process some time after the first signal, whatever it is doing."""
    while number := os.read(reading, 1):
        if number[0] in SIGNALS:
            threading.Event().wait(GRACE)
            if not _said.is_set():
                with suppress(OSError):
                    os.write(2, f"cosetta: {LINE}\n".encode())  # print might wait for a lock of what does not end
            os._exit(128 + number[0])
    os.close(reading)
