"""One process at a time works on a run: a lock file `<out>/.locks/<run>.lock`, held with flock.

The kernel frees the lock when its process dies, however it dies, so there is nothing to clean up and no timeout to
choose. The file is removed by its holder; whoever locked a file that was removed meanwhile tries again. Where the file
system has no locks, runs are not locked, and sweeps on one folder must have seeds of their own.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cosetta.errors import BadRun

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

__all__ = ["run_lock", "sole_use"]

LOCKS = ".locks"
"""Folder of the lock files."""

_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}


@contextmanager
def run_lock(out: Path, run_name: str) -> Iterator[bool]:
    """Hold the lock of a run, if nobody else does.

    Args:
        out: the folder that holds the runs.
        run_name: the run's folder in it.

    Yields:
        Whether the lock is held; it is not waited for.

    Raises:
        OSError: if the lock file cannot be written.

    Example:
        >>> import tempfile
        >>> out = Path(tempfile.mkdtemp())
        >>> with run_lock(out, "a") as first, run_lock(out, "a") as second, run_lock(out, "b") as other:
        ...     first, second, other
        (True, False, True)
        >>> with run_lock(out, "a") as again:
        ...     again
        True
    """
    path = out / LOCKS / f"{run_name}.lock"
    handle = _locked(path)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            _free(handle, path)


@contextmanager
def sole_use(folder: Path) -> Iterator[None]:
    """Keep other processes off one run folder, and leave no trace beside it.

    Args:
        folder: of the run; made if missing, with the folder that it is in, and removed if they stay empty.

    Raises:
        BadRun: if another process works on the run.
        OSError: if the lock file cannot be written.

    Example:
        >>> import tempfile
        >>> out = Path(tempfile.mkdtemp())
        >>> with sole_use(out / "a"):
        ...     [path.name for path in (out / LOCKS).iterdir()]
        ['a.lock']
        >>> list(out.iterdir())
        []
    """
    made = not folder.parent.exists()
    folder.mkdir(parents=True, exist_ok=True)  # first, so that an error names the run
    place = folder.resolve()
    try:
        with run_lock(place.parent, place.name) as held:
            if not held:
                raise BadRun(f"run '{place.name}' must be in one hand; another process works on it: wait for its end")
            try:
                yield
            finally:
                with suppress(OSError):  # it is not empty
                    place.rmdir()
    finally:
        with suppress(OSError):  # locks of other runs are in it, and runs are in the other
            (place.parent / LOCKS).rmdir()
            if made:
                place.parent.rmdir()


def _free(handle: int, path: Path) -> None:
    """Remove the file while it is locked, see _locked; where there are no locks, once it is closed, as Windows asks."""
    if fcntl is None:
        os.close(handle)
        with suppress(OSError):  # open elsewhere
            path.unlink()
        return
    with suppress(FileNotFoundError):
        path.unlink()
    os.close(handle)


def _locked(path: Path) -> int | None:
    """A handle that holds the lock of this file, or None."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:  # the folder was removed by `sole_use`, between our making and opening
            continue
        if not _lock(handle):
            os.close(handle)
            return None
        with suppress(FileNotFoundError):  # removed by its last holder, between our opening and locking
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        os.close(handle)


def _lock(handle: int) -> bool:
    """Whether the lock was free; True where there are no locks."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    return True
