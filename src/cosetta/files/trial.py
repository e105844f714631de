"""Parquet files of unknown origin are read once in another process, which may die of them.

The reader of polars turns most damage into an error, some into a panic that writes a trace to stderr, and a little into
the end of the process: an allocation of any size that a page header asks for. So a file that has no whole seal is first
read by a process that is kept for this, with bounded memory and time. What it has read, this process can read.
"""

import atexit
import json
import subprocess
import sys
import threading
from pathlib import Path

__all__ = ["trial_reading"]

SECONDS = 30.0
"""Longest that a file may take to read."""

_READER = """
import json, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except (ImportError, ValueError, OSError):
    pass
import polars as pl
for line in sys.stdin:
    try:
        path, most = json.loads(line)
        rows = pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()
        reason = f"it has {rows:,} rows, more than {most:,}" if rows > most else ""
        if not reason:
            pl.read_parquet(path, glob=False)
    except KeyboardInterrupt:
        raise SystemExit
    except BaseException as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
    print(json.dumps(reason), flush=True)
"""

_lock = threading.Lock()
_process: subprocess.Popen | None = None


def trial_reading(path: Path, max_rows: int) -> str:
    """Read a Parquet file in another process.

    Args:
        path: the file.
        max_rows: most rows.

    Returns:
        Why it cannot be read, in one line, or an empty string.
    """
    global _process
    with _lock:
        if _process is None or _process.poll() is not None:
            _process = _started()
        asked = _process
        watch = threading.Timer(SECONDS, asked.kill)
        watch.start()
        try:
            assert asked.stdin is not None
            assert asked.stdout is not None
            asked.stdin.write(json.dumps([str(path.absolute()), max_rows]) + "\n")
            asked.stdin.flush()
            answer = asked.stdout.readline()
        except OSError:
            answer = ""
        except BaseException:
            asked.kill()  # its answer would be taken for that of the next file
            raise
        finally:
            watch.cancel()
        return json.loads(answer) if answer else "it makes the reader end: it is damaged"


def _started() -> subprocess.Popen:
    command = [sys.executable, "-c", _READER]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, encoding="utf-8")
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen) -> None:
    """The process ends by itself when its pipe closes; this waits for it, so that nothing is left."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
