"""Networks trained by somebody else, as folded models in their own element order.

`import_checkpoint` recognises the format, folds the network and says what was converted. Which group it multiplies in,
and in which order of elements, is recovered from the network itself in `models/element_order.py`; `open_checkpoint`
does both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Int

from cosetta.errors import BadConfig, Unsupported
from cosetta.groups import Group, named_group
from cosetta.models.element_order import Recovered, recover_group
from cosetta.models.folded import ACTIVATIONS, FoldedModel
from cosetta.models.importers import chughtai2023, own, stander2024, wu2024
from cosetta.models.importers.folding import fold_parts
from cosetta.models.importers.layout import Format, precision
from cosetta.models.importers.mapped import mapped_parts
from cosetta.models.importers.reading import MAX_BYTES, Checkpoint, read_checkpoint
from cosetta.models.importers.unsupported import why_unsupported

__all__ = ["FORMATS", "ImportedModel", "OpenedCheckpoint", "import_checkpoint", "open_checkpoint"]

FORMATS: dict[str, Format] = {module.FORMAT.name: module.FORMAT for module in (own, chughtai2023, stander2024, wu2024)}
"""The formats by name, in the order in which they are tried."""


@final
@dataclass(frozen=True, eq=False)
class ImportedModel:
    """A network of somebody else, folded, in the element order of its file.

    Args:
        folded: the network.
        format: name of the format, or `mapped`.
        source: the file.
        config: what the file or its folder says about the training; may be empty.
        group_name: the group that the configuration names, in our names; None if it names none.
        notes: what was converted or assumed, in plain sentences.
    """

    folded: FoldedModel
    format: str
    source: str
    config: Mapping[str, Any]
    group_name: str | None = None
    notes: tuple[str, ...] = ()


@final
@dataclass(frozen=True, eq=False)
class OpenedCheckpoint:
    """A network of somebody else, ready to be analysed: `analyse(opened.model, opened.group)`.

    Args:
        model: the network in the element order of `group`.
        group: the group that it multiplies in.
        imported: the network as its file has it.
        recovered: how the group and the order were found.
        notes: what was converted, assumed and found, in plain sentences.
    """

    model: FoldedModel
    group: Group
    imported: ImportedModel
    recovered: Recovered
    notes: tuple[str, ...]


def import_checkpoint(
    path: Path | str,
    format: str | None = None,
    mapping: Mapping[str, str] | None = None,
    instance: int = 0,
    activation: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> ImportedModel:
    """Read a checkpoint of any known format and fold it. Nothing in the file is executed.

    Args:
        path: the file, or a folder that holds `model.pt`, `model.safetensors` or `full_run.pth`.
        format: a name from `FORMATS`; recognised by the names of the tensors if None.
        mapping: names of tensors by role (see `mapped.py`), for a network in no known format.
        instance: which of several stacked networks, from 0.
        activation: name of the activation, where the file does not hold it; ReLU if None.
        max_bytes: refuse larger files.

    Returns:
        The folded network in the file's own element order.

    Raises:
        BadRun: if the file is damaged, or its tensors do not fit the format.
        BadConfig: if `format`, `mapping` or `activation` name something unknown.
        Unsupported: if the architecture does not fold or is not known; the message names it.

    Example:
        >>> import tempfile, torch
        >>> path = Path(tempfile.mkdtemp()) / "model.pt"
        >>> weights = {"W_x": torch.eye(3), "W_y": torch.eye(3), "W": torch.ones(6, 2), "W_U": torch.ones(2, 3)}
        >>> torch.save(weights, path)
        >>> import_checkpoint(path).format
        'chughtai2023'
    """
    if activation is not None and activation not in ACTIVATIONS:
        raise BadConfig(f"`activation` must be one of {', '.join(ACTIVATIONS)}; got '{activation}'")
    if format is not None and format not in FORMATS:
        raise BadConfig(f"`format` must be one of {', '.join(FORMATS)}; got '{format}'")
    checkpoint = read_checkpoint(path, max_bytes)
    if mapping is not None:
        parts, chosen = mapped_parts(checkpoint.tensors, mapping, checkpoint.source), None
    else:
        chosen = FORMATS[format] if format is not None else _recognised(checkpoint)
        parts = chosen.parts(checkpoint.tensors, checkpoint.config, checkpoint.source, instance)
    if activation is not None:
        parts = replace(parts, activation=activation)
    folded = fold_parts(parts, checkpoint.source, precision(checkpoint.tensors))
    group_name = chosen.group_name(checkpoint.config) if chosen is not None else None
    notes = (
        (f"read as {chosen.name} ({chosen.says})", *chosen.notes) if chosen is not None else ("read by the mapping",)
    )
    name = chosen.name if chosen is not None else "mapped"
    return ImportedModel(folded, name, checkpoint.source, checkpoint.config, group_name, notes)


def open_checkpoint(
    path: Path | str,
    group: Group | str | None = None,
    format: str | None = None,
    mapping: Mapping[str, str] | None = None,
    instance: int = 0,
    activation: str | None = None,
    element_order: Int[np.ndarray, " g"] | None = None,
    max_bytes: int = MAX_BYTES,
) -> OpenedCheckpoint:
    """Read somebody's checkpoint, find its group, and put it into our element order.

    Args:
        path: as in `import_checkpoint`.
        group: the group, or its name; found from the predictions if None.
        format: as in `import_checkpoint`.
        mapping: as in `import_checkpoint`.
        instance: as in `import_checkpoint`.
        activation: as in `import_checkpoint`.
        element_order: for each element of the file its number in `group`; recovered from the predictions if None.
        max_bytes: refuse larger files.

    Returns:
        The network with its group, ready for `analyse`.

    Raises:
        BadRun: if the file is damaged, or the predictions do not determine a group.
        BadConfig: as `import_checkpoint`.
        Unsupported: as `import_checkpoint`.

    Example:
        >>> import tempfile, torch
        >>> from cosetta.models import GroupNetwork, save_network
        >>> path = Path(tempfile.mkdtemp()) / "model.safetensors"
        >>> save_network(GroupNetwork(order=6, embed_dim=4, width=3), path)
        >>> open_checkpoint(path, group="S3", element_order=np.arange(6)).group.name
        'S3'
    """
    imported = import_checkpoint(path, format, mapping, instance, activation, max_bytes)
    known = named_group(group) if isinstance(group, str) else group
    recovered = recover_group(imported.folded, known, element_order, _hint(imported.group_name), imported.source)
    return OpenedCheckpoint(
        model=recovered.relabel(imported.folded),
        group=recovered.group,
        imported=imported,
        recovered=recovered,
        notes=(*imported.notes, *recovered.notes),
    )


def _recognised(checkpoint: Checkpoint) -> Format:
    for candidate in FORMATS.values():
        if candidate.recognise(checkpoint.tensors, checkpoint.config):
            return candidate
    reason = why_unsupported(checkpoint.tensors)
    if reason is not None:
        raise Unsupported(
            f"only one-hidden-layer networks on pairs can be explained; `{checkpoint.source}` is {reason}"
        )
    shown = ", ".join(f"`{name[:60]}` {tuple(t.shape)}" for name, t in list(checkpoint.tensors.items())[:8])
    raise Unsupported(
        f"the tensors must be those of {', '.join(FORMATS)}; `{checkpoint.source}` holds {shown}: "
        "say which is which with `mapping`"
    )


def _hint(name: str | None) -> tuple[str, ...]:
    return (name,) if name else ()
