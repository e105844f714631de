"""Checkpoints of unknown origin, read without trusting them.

A file is a safetensors file or a torch zip archive. Before torch sees an archive its directory and its pickle are read
as text: the sizes it declares must fit the file and the limit, and the pickle may name tensors and plain containers
only. Then `torch.load(weights_only=True)` builds the tensors. Nothing in a file is executed, and nothing is allocated
that the file does not hold. What the tensors mean is the business of the formats beside this module.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from cosetta.errors import BadRun
from cosetta.files import read_json
from cosetta.models.importers.archive import check_archive

__all__ = ["MAX_BYTES", "Checkpoint", "read_checkpoint", "read_tensors"]

MAX_BYTES = 2**30
"""Largest file that is read without being asked to: 1 GiB; an S6 network of Stander et al. is 5 MB."""

MAX_HEADER = 2**22
"""Largest safetensors header, in bytes: 4 MiB is some 40,000 tensors."""

_PREFIXES = ("module.", "_orig_mod.")
"""What DataParallel and torch.compile put before every name."""

_WRAPPERS = ("model", "state_dict", "model_state_dict", "model_state")
_SIBLINGS = ("cfg.json", "config.json")


@final
@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Named tensors and the plain data beside them.

    Args:
        tensors: floating-point and integer tensors by name, on the CPU.
        config: what the file or a `cfg.json` or `config.json` in the same folder says about them; may be empty.
        source: the path, for messages.
        notes: what was changed in reading, in plain sentences.
    """

    tensors: Mapping[str, Tensor]
    config: Mapping[str, Any] = field(default_factory=dict)
    source: str = "checkpoint"
    notes: tuple[str, ...] = ()


def read_tensors(path: Path | str, max_bytes: int = MAX_BYTES) -> dict[str, Tensor]:
    """Named tensors of a checkpoint, without running anything in it.

    Args:
        path: a safetensors file, or what `torch.save` writes since torch 1.6.
        max_bytes: refuse larger files, and archives that declare more.

    Returns:
        The tensors by name, on the CPU.

    Raises:
        BadRun: if the file is missing, too large, truncated, or asks for anything but tensors and plain containers.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "weights.pt"
        >>> torch.save({"W": torch.eye(2)}, path)
        >>> read_tensors(path)["W"]
        tensor([[1., 0.],
                [0., 1.]])
    """
    return dict(read_checkpoint(path, max_bytes).tensors)


def read_checkpoint(path: Path | str, max_bytes: int = MAX_BYTES) -> Checkpoint:
    """Named tensors of a checkpoint with its configuration.

    Args:
        path: the file, or a folder that holds `model.pt`, `model.safetensors` or `full_run.pth`.
        max_bytes: refuse larger files, and archives that declare more.

    Returns:
        The checkpoint.

    Raises:
        BadRun: as `read_tensors`.
    """
    path = _file(Path(path))
    size = path.stat().st_size
    if size > max_bytes:
        raise BadRun(f"a checkpoint may have {max_bytes:,} bytes; `{path}` has {size:,}: raise `max_bytes` if meant")
    with path.open("rb") as file:
        start = file.read(9)
    if start[:4] == b"PK\x03\x04":
        content = _load_archive(path, max_bytes)
    elif len(start) == 9 and start[8:] == b"{":
        content = _load_safetensors(path, int.from_bytes(start[:8], "little"))
    else:
        an_array = start.startswith(b"\x93NUMPY")
        raise BadRun(
            f"`{path}` must be a safetensors file or a torch archive (torch >= 1.6); it begins with {start[:4]!r}: "
            + ("give activations with --activations" if an_array else "save it again in one of these")
        )
    tensors, config = _parts(content, path)
    _check_sizes(tensors, path, max_bytes)
    tensors, prefix = _without_prefix(tensors)
    notes = (f"`{prefix}` left off every name",) if prefix else ()
    return Checkpoint(tensors, _sibling(path) | config, str(path), notes)


def _without_prefix(tensors: dict[str, Tensor]) -> tuple[dict[str, Tensor], str]:
    """The tensors without what a wrapper puts before every name, and what that was."""
    gone = ""
    while prefix := next((p for p in _PREFIXES if all(name.startswith(p) and name != p for name in tensors)), ""):
        tensors = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
        gone += prefix
    return tensors, gone


def _file(path: Path) -> Path:
    """The checkpoint that a path stands for."""
    if path.is_dir():
        names = ("model.pt", "model.safetensors", "full_run.pth")
        found = [path / name for name in names if (path / name).is_file()]
        if not found:
            raise BadRun(
                f"a checkpoint folder must hold {', '.join(names)}; `{path}` does not: name a run or a file in it"
            )
        return found[0]
    if not path.is_file():
        raise BadRun(f"a checkpoint must be a file; `{path}` is not one: check the path")
    return path


def _load_archive(path: Path, max_bytes: int) -> Any:
    check_archive(path, max_bytes)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever torch makes of a damaged archive: RuntimeError, KeyError, struct.error, ...
        raise BadRun(f"`{path}` must be a whole torch archive; {_first_line(error)}: fetch it again") from error


def _load_safetensors(path: Path, header: int) -> dict[str, Any]:
    if header > MAX_HEADER:
        raise BadRun(f"a safetensors header may have {MAX_HEADER:,} bytes; that of `{path}` claims {header:,}")
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            aliases = file.metadata() or {}  # safetensors keeps one of several names of a tensor, and notes the others
            shared = {name: tensors[kept] for name, kept in aliases.items() if kept in tensors and name not in tensors}
            return tensors | shared
    except (SafetensorError, OSError, ValueError, TypeError, RuntimeError, AttributeError, KeyError) as error:
        raise BadRun(
            f"`{path}` must be a whole safetensors file; {_first_line(error)}: fetch or export it again"
        ) from error


def _parts(content: Any, path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Split a loaded object into tensors and the configuration beside them."""
    config: dict[str, Any] = {}
    for _ in range(3):  # {"model": state dict, "config": ...}, at most three deep
        inner = [name for name in _WRAPPERS if isinstance(content, dict) and isinstance(content.get(name), dict)]
        if not inner:
            break
        if isinstance(content.get("config"), dict):
            config |= {str(name): value for name, value in content["config"].items() if _is_plain(value)}
        content = content[inner[0]]
    if not isinstance(content, dict):
        raise BadRun(f"`{path}` must hold tensors by name; it holds a {type(content).__name__}: save a state dict")
    tensors = {name: value.detach() for name, value in content.items() if isinstance(value, Tensor)}
    odd = [repr(name) for name in tensors if not isinstance(name, str) or len(name) > 500]
    if odd or not tensors:
        found = f"the name {odd[0][:40]}" if odd else f"{len(content)} entries and no tensor"
        raise BadRun(f"`{path}` must hold tensors by name; it holds {found}: save a state dict")
    return tensors, config


def _is_plain(value: Any) -> bool:
    """Numbers, strings and short lists of them: what a configuration is made of."""
    if isinstance(value, list | tuple):
        return len(value) < 1000 and all(isinstance(item, int | float | str) for item in value)
    return value is None or isinstance(value, int | float | str)


def _check_sizes(tensors: dict[str, Tensor], path: Path, max_bytes: int) -> None:
    """Strides of zero let a tensor of any size stand on one number; and only dense tensors hold weights."""
    total = 0
    for name, tensor in tensors.items():
        if tensor.layout != torch.strided or tensor.device.type != "cpu" or tensor.is_quantized:
            raise BadRun(f"`{name}` in `{path}` must be a dense tensor; it is {tensor.layout} on {tensor.device}")
        total += tensor.numel() * tensor.element_size()
        if total > max_bytes:
            raise BadRun(
                f"tensors may have {max_bytes:,} bytes together; `{name}` in `{path}` brings them to {total:,}"
            )


def _sibling(path: Path) -> dict[str, Any]:
    """Configuration in the same folder, if there is a readable one."""
    for name in _SIBLINGS:
        file = path.parent / name
        if file.is_file() and file.stat().st_size < 2**20:
            content: Any = read_json(file, object, what="JSON", advice="mend it or move it away", finite=False)
            return content if isinstance(content, dict) else {}
    return {}


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
