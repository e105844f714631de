"""The sidecar: everything that a page shows of one network, computed once, as bytes.

A sidecar is a gzip file of a header length (4 bytes, little endian), a JSON header and arrays, each at a multiple of 8
bytes after the header. The header says of each array its kind, shape and place. The page inlines these very bytes and
unpacks them in the same way (`page/unpack.js`). Equal content gives equal bytes.
"""

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from cosetta.errors import BadRun
from cosetta.files import FilePath

__all__ = ["MAX_SIDECAR", "SCHEMA", "Sidecar", "pack", "read_sidecar", "unpack"]

SCHEMA = 1
"""Number of this layout; raised when a field changes its meaning."""

MAX_SIDECAR = 2**28
"""Largest unpacked sidecar in bytes that is read back; that of S6 has 9 MB."""

_KINDS = {"u1": np.uint8, "u2": np.uint16, "u4": np.uint32, "i1": np.int8, "f2": np.float16, "f4": np.float32}
"""Kinds of arrays; a page knows these and no other."""


@final
@dataclass(frozen=True, eq=False)
class Sidecar:
    """What a page shows of one network.

    Args:
        header: plain JSON, with `schema` and `key`; the places of the arrays are not in it.
        arrays: by name.
    """

    header: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]


def pack(sidecar: Sidecar) -> bytes:
    """A sidecar as bytes.

    Args:
        sidecar: the content.

    Returns:
        The bytes of a gzip file without a time.

    Raises:
        ValueError: if an array is of a kind that pages do not know.

    Example:
        >>> packed = pack(Sidecar({"schema": SCHEMA, "key": "k"}, {"x": np.arange(3, dtype=np.uint8)}))
        >>> unpack(packed).arrays["x"].tolist()
        [0, 1, 2]
    """
    places, blocks, offset = {}, [], 0
    for name, array in sidecar.arrays.items():
        kind = array.dtype.str[1:]
        if kind not in _KINDS:
            raise ValueError(f"array `{name}` must be one of {', '.join(_KINDS)}; it is {array.dtype}")
        content = np.ascontiguousarray(array, dtype=f"<{kind}").tobytes()
        content += bytes(-len(content) % 8)
        places[name] = {"kind": kind, "shape": list(array.shape), "at": offset}
        blocks.append(content)
        offset += len(content)
    header = json.dumps({**sidecar.header, "arrays": places}, ensure_ascii=False, allow_nan=False).encode()
    header += b" " * (-(len(header) + 4) % 8)
    return gzip.compress(len(header).to_bytes(4, "little") + header + b"".join(blocks), 9, mtime=0)


def unpack(content: bytes) -> Sidecar:
    """What `pack` packed.

    Args:
        content: the bytes.

    Returns:
        The sidecar.

    Raises:
        BadRun: if the bytes are none, or damaged.
    """
    try:
        plain = zlib.decompressobj(wbits=31).decompress(content, MAX_SIDECAR)
        start = 4 + int.from_bytes(plain[:4], "little")
        header = json.loads(plain[4:start])
        places = header.pop("arrays")
        arrays = {}
        for name, place in places.items():
            kind, shape = _KINDS[place["kind"]], tuple(place["shape"])
            arrays[name] = np.frombuffer(plain, kind, int(np.prod(shape)), start + place["at"]).reshape(shape)
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise BadRun(f"a sidecar must be whole; {reason}: delete it, it is made again") from error
    if header.get("schema") != SCHEMA:
        raise BadRun(f"a sidecar must be of schema {SCHEMA}; it is of {header.get('schema')!r}: delete it")
    return Sidecar(header, arrays)


def read_sidecar(path: FilePath, key: str | None) -> bytes | None:
    """The bytes of a stored sidecar, if it is whole and was made from the same.

    Args:
        path: of the file.
        key: what it must have been made from; None takes any.

    Returns:
        Its bytes; None if it is missing, damaged, of another schema or made from something else.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_SIDECAR)
        found = unpack(content).header.get("key")
        return content if key in (None, found) else None
    except (BadRun, OSError):
        return None
