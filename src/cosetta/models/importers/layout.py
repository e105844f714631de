"""What a format is: how to recognise it, and how to make a network of it.

A format is one small module with a `FORMAT`; `importer.py` lists them. Authors' conventions are converted to those of
docs/conventions.md in `parts` or `network` and nowhere else.
"""

from collections.abc import Callable, Iterator, Mapping, ValuesView
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from cosetta.models.importers.folding import Parts
from cosetta.models.pair_model import PairModel

__all__ = ["Format", "Reading", "precision"]

Tensors = Mapping[str, Tensor]
Config = Mapping[str, Any]


@final
class Reading(Mapping[str, Tensor]):
    """Named tensors that remember which of them were looked at, so that none is dropped in silence.

    Args:
        tensors: the tensors of a checkpoint.

    Example:
        >>> reading = Reading({"W": torch.zeros(2), "b": torch.zeros(2)})
        >>> "b" in reading, reading["W"].shape, reading.unread
        (True, torch.Size([2]), ['b'])
    """

    def __init__(self, tensors: Tensors) -> None:
        self._tensors = tensors
        self._read: set[str] = set()

    def __getitem__(self, name: str) -> Tensor:
        tensor = self._tensors[name]
        self._read.add(name)
        return tensor

    def __contains__(self, name: object) -> bool:
        return name in self._tensors

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)

    def values(self) -> ValuesView[Tensor]:
        """The tensors, without counting them as looked at."""
        return self._tensors.values()

    @property
    def unread(self) -> list[str]:
        """Names of the tensors that nothing has looked at."""
        return [name for name in self._tensors if name not in self._read]


@final
@dataclass(frozen=True)
class Format:
    """A way in which somebody writes networks on pairs.

    Args:
        name: what `--format` calls it.
        says: whose it is, in a few words.
        recognise: whether tensors of these names and this configuration are in this format.
        parts: the weights, with our orientation and product order; takes tensors, configuration, the file's name for
            messages, and the number of the instance. None for a format whose networks are not one or two hidden layers.
        group_name: the group that the configuration names, in our names; None if it names none.
        notes: what was converted or assumed, in plain sentences.
        network: for any other network: takes tensors, configuration, the file's name, the activation and the site (both
            None if not asked for), and gives a network read at a site, with sentences on what was assumed.
    """

    name: str
    says: str
    recognise: Callable[[Tensors, Config], bool]
    parts: Callable[[Tensors, Config, str, int], Parts] | None
    group_name: Callable[[Config], str | None] = lambda _: None
    notes: tuple[str, ...] = ()
    network: Callable[[Tensors, Config, str, str | None, str | None], tuple[PairModel, tuple[str, ...]]] | None = None


def precision(tensors: Tensors) -> torch.dtype:
    """The precision to fold into: float64 if any weight has it, else float32.

    Args:
        tensors: the tensors of a checkpoint.

    Returns:
        The precision.
    """
    return torch.float64 if any(tensor.dtype == torch.float64 for tensor in tensors.values()) else torch.float32
