"""Arrays as `.npy` files: mapped, so that a false size in the head allocates nothing; never unpickled."""

import warnings
from pathlib import Path

import numpy as np

from cosetta.errors import BadRun, CosettaError
from cosetta.files.paths import FilePath

__all__ = ["map_array"]


def map_array(path: FilePath, *, what: str, advice: str, error: type[CosettaError] = BadRun) -> np.ndarray:
    """The array in a `.npy` file, on the disk until it is read.

    Args:
        path: the file.
        what: what it must be, for the message.
        advice: the next step, for the message.
        error: class of the error.

    Returns:
        The array; nothing is said of its shape and type.

    Raises:
        CosettaError: of class `error`, if the file is missing, damaged, an archive, or holds objects.

    Example:
        >>> map_array("nowhere.npy", what="a whole .npy file", advice="save it with numpy.save")
        Traceback (most recent call last):
        cosetta.errors.BadRun: `nowhere.npy` must be a whole .npy file; it is not a file: save it with numpy.save
    """
    path = Path(path)
    try:
        if reason := _no_array(path):
            raise error(f"`{path}` must be {what}; {reason}: {advice}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of names of types, in a damaged head
            return np.load(path, mmap_mode="r", allow_pickle=False)
    except CosettaError:
        raise
    except Exception as problem:  # whatever numpy makes of a damaged head: TypeError, TokenError, struct.error
        reason = " ".join(str(problem).split())[:200].rstrip(".") or type(problem).__name__
        if "Python objects" in reason:  # numpy goes on to say how to load them all the same
            reason = "it holds Python objects"
    raise error(f"`{path}` must be {what}; {reason}: {advice}")


def _no_array(path: Path) -> str:
    """Why a file cannot be one array, by its first bytes; empty if it may be."""
    if not path.is_file():
        return "it is not a file"
    with path.open("rb") as file:
        start = file.read(6)
    if start.startswith(b"PK"):
        return "it is an archive of several arrays"
    return "" if start == b"\x93NUMPY" else f"it begins with {start!r}"
