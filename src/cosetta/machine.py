"""What this process may use of the machine."""

import os

__all__ = ["usable_cores"]


def usable_cores() -> int:
    """Number of processor cores that this process may use.

    Returns:
        At least 1.
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
