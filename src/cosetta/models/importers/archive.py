"""What a torch archive declares, checked before torch reads it.

A torch checkpoint is a zip archive of uncompressed members: one pickle, and one member of raw numbers a storage. Here
the directory and the pickle are read without building anything: members must not be compressed (no zip bombs), the
declared sizes must fit, the pickle may use only the operations and names that a state dict needs, and every tensor must
lie inside a storage of the size that the archive really holds.
"""

import io
import pickle
import pickletools
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

from cosetta.errors import BadRun

__all__ = ["check_archive"]

MAX_PICKLE = 2**24
"""Largest pickle in bytes; that of a state dict of ten tensors is about one thousand."""

MAX_MEMBERS = 100_000
"""Most members of an archive."""

_STORAGES = {
    "FloatStorage": 4,
    "DoubleStorage": 8,
    "HalfStorage": 2,
    "BFloat16Storage": 2,
    "LongStorage": 8,
    "IntStorage": 4,
    "ShortStorage": 2,
    "CharStorage": 1,
    "ByteStorage": 1,
    "BoolStorage": 1,
}
"""Kinds of storage that torch writes, with their bytes per number."""

_OPERATIONS = frozenset(
    (
        *("PROTO", "STOP", "MARK", "POP", "POP_MARK", "GLOBAL", "REDUCE", "BUILD", "BINPERSID", "NEWOBJ"),
        *("NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE"),
        *("SHORT_BINSTRING", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_LIST", "APPEND", "APPENDS"),
        *("EMPTY_DICT", "SETITEM", "SETITEMS", "EMPTY_SET", "BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET"),
    )
)
"""Operations of the second pickle protocol, in which torch writes, that build plain data."""


class _Storage(NamedTuple):
    """A storage as the pickle declares it."""

    key: str
    numbers: int
    width: int


class _Kind(NamedTuple):
    """A kind of storage."""

    width: int


def check_archive(path: Path, max_bytes: int) -> None:
    """Refuse an archive that is not a plain state dict, before anything is allocated.

    Args:
        path: the file.
        max_bytes: most bytes that its members may declare together.

    Raises:
        BadRun: if the archive is damaged, compressed, too large, or its pickle asks for more than tensors.
    """
    sizes, name, pickled = _declared(path, max_bytes)
    prefix = name.removesuffix("data.pkl")
    _check_operations(pickled, path)
    _check_tensors(pickled, {key.removeprefix(prefix): size for key, size in sizes.items()}, path)


def _declared(path: Path, max_bytes: int) -> tuple[dict[str, int], str, bytes]:
    """Sizes of the members, the name of the pickle, and the pickle itself."""
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = _check_directory(archive, path, max_bytes)
            name = next(iter(sizes), "").partition("/")[0] + "/data.pkl"  # torch takes the folder of the first member
            if name not in sizes:
                raise BadRun(f"`{path}` must be a torch archive; it is a zip without data.pkl: save it with torch.save")
            if sizes[name] > MAX_PICKLE:
                raise BadRun(f"the pickle of a checkpoint may have {MAX_PICKLE:,} bytes; `{path}` has {sizes[name]:,}")
            return sizes, name, archive.read(name)
    except BadRun:
        raise
    except Exception as error:  # a damaged directory fails anywhere: BadZipFile, struct.error, UnicodeDecodeError, ...
        raise BadRun(f"`{path}` must be a whole torch archive; {_words(error)}: fetch it again") from error


def _check_directory(archive: zipfile.ZipFile, path: Path, max_bytes: int) -> dict[str, int]:
    """Sizes of the members by name."""
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise BadRun(f"an archive may have {MAX_MEMBERS:,} members; `{path}` has {len(members):,}")
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            raise BadRun(
                f"members of a checkpoint must be uncompressed, as torch.save writes them; `{member.filename[:80]}` in "
                f"`{path}` takes {member.compress_size:,} bytes for {member.file_size:,}: save it again with torch.save"
            )
    total = sum(member.file_size for member in members)
    if total > max_bytes:
        raise BadRun(f"a checkpoint may declare {max_bytes:,} bytes; `{path}` declares {total:,}")
    folders = {member.filename.partition("/")[0] for member in members}
    if len({member.filename for member in members}) < len(members) or len(folders) > 1:
        raise BadRun(
            f"members of a checkpoint must be different files in one folder; `{path}` has others: save it again"
        )
    return {member.filename: member.file_size for member in members}


def _check_operations(pickled: bytes, path: Path) -> None:
    """Read the pickle as text: no name but those of tensors, no operation that could allocate by number alone."""
    try:
        for operation, argument, _ in pickletools.genops(pickled):
            if operation.name == "GLOBAL" and _known(str(argument)) is None:
                raise BadRun(
                    f"a checkpoint may name tensors and plain containers only; `{path}` asks for "
                    f"`{str(argument)[:80].replace(' ', '.')}`, which was not run: export the weights as safetensors"
                )
            if operation.name not in _OPERATIONS:
                raise BadRun(
                    f"a checkpoint may use plain pickle operations only; `{path}` uses {operation.name}, which was not "
                    "run: save the state dict again with torch.save"
                )
            if operation.name == "LONG_BINPUT" and (not isinstance(argument, int) or argument > len(pickled)):
                raise BadRun(
                    f"the pickle of a checkpoint must be whole; `{path}` stores memo {argument}: fetch it again"
                )
    except (ValueError, UnicodeDecodeError, EOFError, OverflowError) as error:
        if isinstance(error, BadRun):
            raise
        raise BadRun(f"the pickle of a checkpoint must be whole; in `{path}`, {error}: fetch it again") from error


def _known(name: str) -> Any:
    """A harmless stand-in for each name that a state dict needs."""
    module, _, attribute = name.partition(" ")
    if module == "torch" and attribute in _STORAGES:
        return _Kind(_STORAGES[attribute])
    return {
        "collections OrderedDict": OrderedDict,
        "torch._utils _rebuild_tensor_v2": _rebuild_tensor,
        "torch._utils _rebuild_parameter": _rebuild_parameter,
    }.get(name)


def _check_tensors(pickled: bytes, sizes: dict[str, int], path: Path) -> None:
    """Replay the pickle with stand-ins: each tensor must lie inside its storage, each storage in the archive."""
    try:
        _Replay(io.BytesIO(pickled), sizes).load()
    except Exception as error:  # a damaged pickle fails anywhere: IndexError, TypeError, UnpicklingError, ...
        raise BadRun(f"tensors must lie inside the archive; in `{path}`, {_words(error)}: fetch it again") from error


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


class _Replay(pickle.Unpickler):
    """Builds descriptions instead of tensors; nothing but the stand-ins is ever called."""

    def __init__(self, file: io.BytesIO, sizes: dict[str, int]) -> None:
        super().__init__(file)
        self.sizes = sizes

    def find_class(self, module_name: str, global_name: str) -> Any:
        """The stand-in of a name."""
        found = _known(f"{module_name} {global_name}")
        if found is None:
            raise ValueError(f"the name {module_name}.{global_name} is not one of a tensor")
        return found

    def persistent_load(self, pid: Any) -> _Storage:
        """Check a storage against the member that holds it."""
        word, kind, key, _, count = pid
        if word != "storage" or not isinstance(kind, _Kind) or not isinstance(key, str) or not isinstance(count, int):
            raise ValueError("a storage is not described as torch does")
        held = self.sizes.get(f"data/{key}", -1)
        if count < 0 or held != count * kind.width:
            raise ValueError(f"storage {key[:20]} declares {count * kind.width:,} bytes and holds {max(held, 0):,}")
        return _Storage(key, count, kind.width)


def _rebuild_tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> _Storage:
    """Stand-in that checks shape against storage."""
    whole = [offset, *size, *stride]
    if not isinstance(storage, _Storage) or not all(isinstance(n, int) and n >= 0 for n in whole):
        raise ValueError("a tensor is not described as torch does")
    if len(size) != len(stride) or len(size) > 8:
        raise ValueError(f"a tensor has {len(size)} sizes and {len(stride)} strides")
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if 0 not in size and last >= storage.numbers:
        raise ValueError(f"a tensor of shape {tuple(size)} reaches number {last:,} of a storage of {storage.numbers:,}")
    return storage


def _rebuild_parameter(tensor: Any, *_: Any) -> Any:
    """Stand-in for a parameter: its tensor."""
    return tensor
