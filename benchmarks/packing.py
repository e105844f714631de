"""Weights in few bytes: float32 rounded to 24 bits (relative error at most 2^-16), or to 16 where 24 are too many.

A packed array is uint8 with one more axis of length 3; `unpacked` gives float32 back. Files are written whole or not at
all: an `.npz` of arrays with the record of the run as JSON beside them.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np

__all__ = ["load_arrays", "pack", "save_arrays", "unpacked"]


def packed(x):
    """Three bytes a number.

    Returns:
        uint8 with one more axis.

    Example:
        >>> x = np.float32([1.0, -3.14159274, 1e-30, 0.0])
        >>> bool((abs(unpacked(packed(x)) - x) <= 2.0**-16 * abs(x)).all())
        True
    """
    bits = np.ascontiguousarray(x, dtype=np.float32).view(np.uint32)
    rounded = ((bits.astype(np.uint64) + 0x80) >> 8).astype("<u4")
    return rounded.view(np.uint8).reshape(*bits.shape, 4)[..., :3].copy()


def unpacked(x):
    """The float32 numbers of a packed array; any other array as float32."""
    if x.dtype != np.uint8:
        return x.astype(np.float32)
    bits = np.zeros((*x.shape[:-1], 4), np.uint8)
    bits[..., 1:] = x
    return bits.view("<u4")[..., 0].view(np.float32)


def pack(arrays, limit=None):
    """Arrays of 24 bits a number; float16 if their bytes together would exceed `limit`."""
    arrays = {name: np.asarray(x, dtype=np.float32) for name, x in arrays.items()}
    if limit is not None and 3 * sum(x.size for x in arrays.values()) > limit:
        return {name: x.astype(np.float16) for name, x in arrays.items()}
    return {name: packed(x) for name, x in arrays.items()}


def save_arrays(path, arrays, record):
    """Write arrays and a JSON record, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.part.npz")
    np.savez(temporary, record=np.frombuffer(json.dumps(record).encode(), np.uint8), **arrays)
    os.replace(temporary, path)


def load_arrays(path):
    """The arrays in float32 (other than integers) and the record."""
    with np.load(path) as file:
        record = json.loads(bytes(file["record"]))
        return {name: unpacked(file[name]) for name in file.files if name != "record"}, record


def _divide(path, folder):
    """Copy a file of arrays into one file an array, at 24 bits a number."""
    arrays, record = load_arrays(path)
    for name, x in arrays.items():
        save_arrays(folder / f"{path.stem}-{name}.npz", pack({name: x}), record)


if __name__ == "__main__":
    _divide(Path(sys.argv[1]), Path(sys.argv[2]))
