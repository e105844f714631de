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

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

__all__ = ["run_lock"]

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
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = _locked(path)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            with suppress(FileNotFoundError):
                path.unlink()  # while it is locked: see _locked
            os.close(handle)


def _locked(path: Path) -> int | None:
    """A handle that holds the lock of this file, or None."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
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
