"""Folded runs: finished networks of which only the three functions on G, the bias and the curve of training are kept.

    model.safetensors     left, right, out, bias; trained (uint8, one a pair a |G| + b) where no recipe tells the split
    folded.json           group, recipe, seed, the evaluations, and where the network comes from; written last

Populations that were trained elsewhere, and networks that others published, enter a reproduction in this form. What
needs embeddings (their exchange) or checkpoints (how a neuron formed) cannot be measured on them and is left out.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, final

import numpy as np
import torch
from jaxtyping import Int
from pydantic import Field, TypeAdapter
from torch import Tensor

from cosetta.errors import BadRun, Unsupported
from cosetta.files import FilePath, read_json, write_json
from cosetta.groups import Group
from cosetta.models import FoldedModel
from cosetta.models.storage import load_tensors, save_tensors
from cosetta.training.pairs import split_pairs
from cosetta.training.recipes import RECIPES

__all__ = ["FOREIGN", "RECORD", "FoldedRecord", "FoldedRun", "load_folded_run", "write_folded_run"]

RECORD = "folded.json"
"""Name of the record in the folder of a folded run."""

FOREIGN = "foreign"
"""Recipe of networks that others published."""

SCHEMA = 1
"""Number of the layout of `folded.json`."""

_FUNCTIONS = ("left", "right", "out", "bias")


@final
@dataclass(frozen=True)
class FoldedRecord:
    """What is known of a network besides its functions.

    Args:
        group: name of the group.
        recipe: one of `RECIPES`, or `FOREIGN`.
        seed: seed of the run.
        source: where the network comes from, in words.
        step: optimiser steps at each evaluation, rising; at least one.
        test_accuracy: on the test pairs, in [0, 1].
        test_loss: on the test pairs, nats.
        schema: number of this layout.
    """

    group: Annotated[str, Field(min_length=1, max_length=1000)]
    recipe: Annotated[str, Field(min_length=1, max_length=100)]
    seed: Annotated[int, Field(ge=0)]
    source: str
    step: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)]
    test_accuracy: tuple[Annotated[float, Field(ge=0, le=1)], ...]
    test_loss: tuple[Annotated[float, Field(ge=0)], ...]
    schema: int = SCHEMA


@final
@dataclass(frozen=True)
class FoldedRun:
    """A finished network with its curve, without embeddings and checkpoints.

    Args:
        folder: where it is.
        record: what is known of it.
    """

    folder: Path
    record: FoldedRecord

    @cached_property
    def model(self) -> FoldedModel:
        """The network, float32 or float64 as it is kept.

        Raises:
            BadRun: if the file is missing or damaged.
        """
        path = self.folder / "model.safetensors"
        tensors = load_tensors(path)
        if missing := [name for name in _FUNCTIONS if name not in tensors]:
            raise BadRun(f"`{path}` must hold {', '.join(_FUNCTIONS)}; it lacks {missing[0]}: write the folder again")
        try:
            return FoldedModel(tensors["left"], tensors["right"], tensors["out"], tensors["bias"])
        except (ValueError, Unsupported) as error:
            raise BadRun(f"`{path}` must be a folded network; {error}: write the folder again") from error

    def trained(self, group: Group) -> Int[Tensor, " pair"]:
        """The training pairs a |G| + b, in random order where the recipe tells the split.

        Args:
            group: the group.

        Returns:
            Numbers of pairs.

        Raises:
            BadRun: if neither the recipe nor the file tells them.
        """
        kept = load_tensors(self.folder / "model.safetensors").get("trained")
        if kept is not None and kept.numel() == group.order**2:
            return torch.nonzero(kept)[:, 0]
        if self.record.recipe not in RECIPES:
            raise BadRun(f"`{self.folder}` must say its training pairs: `trained` in model.safetensors, one a pair")
        config = RECIPES[self.record.recipe](group, self.record.seed)
        train, _ = split_pairs(group.order, config, torch.Generator().manual_seed(config.seed))
        return train[: len(train)]

    def check_group(self, group: Group) -> None:
        """Refuse a group that is not this network's.

        Args:
            group: the group to compare, by name and order.

        Raises:
            BadRun: if the name or the order differs.
        """
        if self.record.group != group.name or self.model.order != group.order:
            raise BadRun(
                f"`{self.folder}` must be of {group.name} (order {group.order}); it is of {self.record.group} and has "
                f"{self.model.order} elements"
            )


def write_folded_run(
    folder: FilePath, record: FoldedRecord, model: FoldedModel, trained: Int[np.ndarray, " pair"] | None = None
) -> FoldedRun:
    """Write a folded run: the network first, the record last, each whole or not at all.

    Args:
        folder: where; made if missing.
        record: what is known of it.
        model: the network, without a path around its neurons.
        trained: the training pairs a |G| + b, where the recipe does not tell them.

    Returns:
        The run.

    Raises:
        BadRun: if the network has a path around its neurons or another activation than ReLU, which this form lacks.
        OSError: if a file cannot be written.

    Example:
        >>> import tempfile
        >>> record = FoldedRecord("C2", "fast", 0, "by hand", (0,), (0.5,), (0.7,))
        >>> model = FoldedModel(torch.zeros(2, 1), torch.zeros(2, 1), torch.zeros(2, 1), torch.zeros(2))
        >>> run = write_folded_run(Path(tempfile.mkdtemp()) / "run", record, model)
        >>> load_folded_run(run.folder).record.source
        'by hand'
    """
    folder = Path(folder)
    if model.direct_left is not None or model.direct_right is not None or model.activation != "relu":
        raise BadRun(f"a folded run must be a ReLU network without a path around its neurons; `{folder}` is to get one")
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: getattr(model, name) for name in _FUNCTIONS}
    if trained is not None:
        mask = torch.zeros(model.order**2, dtype=torch.uint8)
        mask[torch.from_numpy(trained.astype(np.int64))] = 1
        tensors["trained"] = mask
    save_tensors(tensors, folder / "model.safetensors")
    write_json(folder / RECORD, _RECORD.dump_python(record, mode="json"))
    return FoldedRun(folder, record)


def load_folded_run(folder: FilePath) -> FoldedRun:
    """Read a folded run; its network is read when it is used.

    Args:
        folder: its folder.

    Returns:
        The run.

    Raises:
        BadRun: if the record is missing or damaged, or its columns are not of one length.
    """
    folder = Path(folder)
    what, advice = "the whole record of a folded run", "write the folder again"
    record = read_json(folder / RECORD, FoldedRecord, what=what, advice=advice, schema=SCHEMA)
    lengths = {len(record.step), len(record.test_accuracy), len(record.test_loss)}
    if len(lengths) != 1 or list(record.step) != sorted(set(record.step)):
        raise BadRun(f"`{folder / RECORD}` must be {what}; its evaluations do not rise or lack values: {advice}")
    return FoldedRun(folder, record)


_RECORD = TypeAdapter(FoldedRecord)
