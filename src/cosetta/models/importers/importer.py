"""Networks trained by somebody else, in their own element order.

`import_checkpoint` recognises the format and says what was converted. A network of one hidden layer is folded by its
weights; any other is a network read at a site. Which group it multiplies in, and in which order of elements, is
recovered from the network itself in `models/element_order.py`; `open_checkpoint` does both, and folds by measurement
what is not folded yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from cosetta.errors import BadConfig, BadRun, Unsupported
from cosetta.groups import Group, read_group
from cosetta.models.element_order import Recovered, recover_group
from cosetta.models.fold import fold_model
from cosetta.models.folded import ACTIVATIONS, FoldedModel
from cosetta.models.folding import Folding
from cosetta.models.importers import bilinear, chughtai2023, own, stander2024, transformer, wu2024, zhong2023
from cosetta.models.importers.folding import model_of_parts
from cosetta.models.importers.layout import Format, precision
from cosetta.models.importers.leftovers import leftovers
from cosetta.models.importers.mapped import mapped_parts
from cosetta.models.importers.reading import MAX_BYTES, Checkpoint, read_checkpoint
from cosetta.models.importers.roles import command, guess
from cosetta.models.importers.unsupported import why_unsupported
from cosetta.models.importers.used import Reading
from cosetta.models.pair_model import PairModel, Reordered
from cosetta.shown import short_repr

__all__ = ["FORMATS", "ImportedModel", "OpenedCheckpoint", "import_checkpoint", "model_of_tensors", "open_checkpoint"]

_GUESSED = "roles guessed from the shapes"
_HALF = (torch.float16, torch.bfloat16)

_MODULES = (own, chughtai2023, stander2024, wu2024, zhong2023, bilinear, transformer)
FORMATS: dict[str, Format] = {module.FORMAT.name: module.FORMAT for module in _MODULES}
"""The formats by name, in the order in which they are tried."""


@final
@dataclass(frozen=True, eq=False)
class ImportedModel:
    """A network of somebody else, in the element order of its file.

    Args:
        model: the network: a folded model, or a network read at a site.
        format: name of the format, or `mapped`.
        source: the file.
        config: what the file or its folder says about the training; may be empty.
        group_name: the group that the configuration names, in our names; None if it names none.
        notes: what was converted or assumed, in plain sentences.
    """

    model: PairModel
    format: str
    source: str
    config: Mapping[str, Any]
    group_name: str | None = None
    notes: tuple[str, ...] = ()
    __repr__ = short_repr

    @property
    def folded(self) -> FoldedModel:
        """The network, if its weights alone fold it.

        Raises:
            Unsupported: if it has to be folded by measurement.
        """
        if not isinstance(self.model, FoldedModel):
            raise Unsupported(
                f"only one hidden layer folds by its weights; `{self.source}` is read at `{self.model.site}`: fold it "
                "by measurement with `open_checkpoint` or `fold`"
            )
        return self.model


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
        folding: what the measurement found, for a network that its weights alone do not fold; else None. Its `obstacle`
            says why `model` is not the network, if so.
    """

    model: FoldedModel
    group: Group
    imported: ImportedModel
    recovered: Recovered
    notes: tuple[str, ...]
    folding: Folding | None = None
    __repr__ = short_repr


def import_checkpoint(
    path: Path | str,
    format: str | None = None,
    mapping: Mapping[str, str] | None = None,
    instance: int = 0,
    activation: str | None = None,
    max_bytes: int = MAX_BYTES,
    site: str | None = None,
    order: int | None = None,
) -> ImportedModel:
    """Read a checkpoint of any known format. Nothing in the file is executed.

    Args:
        path: the file, or a folder that holds `model.pt`, `model.safetensors` or `full_run.pth`.
        format: a name from `FORMATS`; recognised by the names of the tensors if None.
        mapping: names of tensors by role (see `mapped.py`), for a network in no known format.
        instance: which of several stacked networks, from 0.
        activation: name of the activation, where the file does not hold it; ReLU if None.
        max_bytes: refuse larger files.
        site: where neurons are read, in a network of several layers; before the last activation if None.
        order: number of group elements, if it is known, for guessing roles by shape.

    Returns:
        The network in the file's own element order.

    Raises:
        BadRun: if the file is damaged, or its tensors do not fit the format.
        BadConfig: if `format`, `mapping` or `activation` name something unknown, or there is no such instance.
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
    tensors, notes = Reading(checkpoint.tensors), checkpoint.notes
    chosen = None if mapping is not None else FORMATS[format] if format is not None else _recognised(checkpoint)
    if instance and (chosen is None or not chosen.stacks):
        raise BadConfig(f"`instance` must be 0 where a file holds one network, as `{path}` does; got {instance}")
    if mapping is None and chosen is None:
        mapping, notes = _guessed(checkpoint, order, notes)
    name, says = ("mapped", "the mapping") if chosen is None else (chosen.name, f"{chosen.name} ({chosen.says})")
    if mapping is not None:
        parts = mapped_parts(tensors, mapping, checkpoint.source)
        notes = (*notes, "read by the mapping")
    else:
        assert chosen is not None
        notes = (*notes, f"read as {says}", *chosen.notes)
        parts = chosen.parts(tensors, checkpoint.config, checkpoint.source, instance) if chosen.parts else None
    if parts is not None:
        parts = parts if activation is None else replace(parts, activation=activation)
        model = model_of_parts(parts, checkpoint.source, precision(checkpoint.tensors), site)
    else:
        assert chosen is not None
        assert chosen.network is not None
        model, more = chosen.network(tensors, checkpoint.config, checkpoint.source, activation, site)
        notes = (*notes, *more)
    ignored = mapping.get("ignore", "").split(",") if mapping else ()
    notes = (*notes, *leftovers(tensors, ignored, (model.order, model.width), checkpoint.source))
    if halves := [name for name in tensors if name not in tensors.unused and tensors[name].dtype in _HALF]:
        notes = (*notes, f"half precision read as single: `{halves[0]}`" + (" and others" if halves[1:] else ""))
    group_name = chosen.group_name(checkpoint.config) if chosen is not None else None
    return ImportedModel(model, name, checkpoint.source, checkpoint.config, group_name, notes)


def model_of_tensors(
    tensors: Mapping[str, Tensor], config: Mapping[str, Any], source: str, site: str | None = None
) -> PairModel:
    """The network that named tensors in a known format are of, such as those of a run.

    Args:
        tensors: the tensors by name.
        config: what is known of the training, as in the record of a run.
        source: where they came from, for messages.
        site: as in `import_checkpoint`.

    Returns:
        A folded model, or a network read at a site.

    Raises:
        BadRun: if they are in no known format, or do not fit it.

    Example:
        >>> import torch
        >>> from cosetta.models import GroupNetwork
        >>> model_of_tensors(GroupNetwork(order=6, embed_dim=4, width=3).state_dict(), {}, "model").width
        3
    """
    reading = Reading(dict(tensors))
    chosen = next((known for known in FORMATS.values() if known.recognise(reading, config)), None)
    if chosen is None:
        shown = ", ".join(f"`{name[:60]}`" for name in list(tensors)[:5])
        raise BadRun(f"`{source}` must hold the weights of a network in a known format; it holds {shown}")
    if chosen.parts is not None:
        return model_of_parts(chosen.parts(reading, config, source, 0), source, precision(tensors), site)
    assert chosen.network is not None
    return chosen.network(reading, config, source, None, site)[0]


def open_checkpoint(
    path: Path | str,
    group: Group | str | None = None,
    format: str | None = None,
    mapping: Mapping[str, str] | None = None,
    instance: int = 0,
    activation: str | None = None,
    element_order: Int[np.ndarray, " g"] | None = None,
    max_bytes: int = MAX_BYTES,
    site: str | None = None,
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
        site: as in `import_checkpoint`.

    Returns:
        The network with its group, ready for `analyse`; folded by measurement if it has more than one hidden layer.

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
    known = read_group(group) if isinstance(group, str) else group
    order = None if known is None else known.order
    imported = import_checkpoint(path, format, mapping, instance, activation, max_bytes, site, order)
    if element_order is None and imported.format == own.FORMAT.name and "built" in imported.config:
        known = known or (read_group(imported.group_name) if imported.group_name else None)
        element_order = np.arange(imported.model.order)  # `cosetta build` writes in our order, wrong networks too
    try:
        recovered = recover_group(imported.model, known, element_order, _hint(imported.group_name), imported.source)
    except BadRun as error:
        guessed = next((note for note in imported.notes if note.startswith(_GUESSED)), None)
        raise error if guessed is None else BadRun(f"{error}, or other roles ({guessed})") from error
    notes, folding = (*imported.notes, *recovered.notes), None
    if isinstance(imported.model, FoldedModel):
        model = recovered.relabel(imported.model)
    else:
        places = torch.from_numpy(np.argsort(recovered.relabelling))
        folding = fold_model(Reordered(imported.model, places), recovered.group)
        model, notes = folding.model, (*notes, *folding.sentences())
    return OpenedCheckpoint(model, recovered.group, imported, recovered, notes, folding)


def _recognised(checkpoint: Checkpoint) -> Format | None:
    for candidate in FORMATS.values():
        if candidate.recognise(checkpoint.tensors, checkpoint.config):
            return candidate
    return None


def _guessed(
    checkpoint: Checkpoint, order: int | None, notes: tuple[str, ...]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Roles by shape, with the flags that say the same."""
    reason = why_unsupported(checkpoint.tensors)
    if reason is not None:
        raise Unsupported(f"the tensors of a file must say how they are used; `{checkpoint.source}` is {reason}")
    mapping = guess(checkpoint.tensors, checkpoint.source, order)
    if mapping is None:
        shown = ", ".join(f"`{name[:60]}` {tuple(t.shape)}" for name, t in list(checkpoint.tensors.items())[:8])
        raise Unsupported(
            f"the tensors must be those of {', '.join(FORMATS)}; `{checkpoint.source}` holds {shown}: "
            "say which is which, as --mapping.out NAME (docs/importers.md)"
        )
    if all(role == name for role, name in mapping.items()):
        return mapping, (*notes, "its tensors are named by their roles")
    return mapping, (*notes, f"{_GUESSED}, the same as {command(mapping)}")


def _hint(name: str | None) -> tuple[str, ...]:
    return (name,) if name else ()
