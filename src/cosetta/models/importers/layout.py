"""What a format is: how to recognise it, and how to make a network of it.

A format is one small module with a `FORMAT`; `importer.py` lists them. Authors' conventions are converted to those of
docs/conventions.md in `parts` or `network` and nowhere else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from cosetta.models.importers.folding import Parts
from cosetta.models.pair_model import PairModel

__all__ = ["Format", "precision"]

Tensors = Mapping[str, Tensor]
Config = Mapping[str, Any]


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
        stacks: whether a file may hold several networks.
    """

    name: str
    says: str
    recognise: Callable[[Tensors, Config], bool]
    parts: Callable[[Tensors, Config, str, int], Parts] | None
    group_name: Callable[[Config], str | None] = lambda _: None
    notes: tuple[str, ...] = ()
    network: Callable[[Tensors, Config, str, str | None, str | None], tuple[PairModel, tuple[str, ...]]] | None = None
    stacks: bool = False


def precision(tensors: Tensors) -> torch.dtype:
    """The precision to fold into: float64 if any weight has it, else float32.

    Args:
        tensors: the tensors of a checkpoint.

    Returns:
        The precision.
    """
    return torch.float64 if any(tensor.dtype == torch.float64 for tensor in tensors.values()) else torch.float32
