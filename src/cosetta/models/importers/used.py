"""Tensors of a file that remember which of them made the network, so that none is dropped in silence."""

from collections.abc import Iterator, Mapping
from typing import final

from torch import Tensor

__all__ = ["Reading"]


@final
class Reading(Mapping[str, Tensor]):
    """Named tensors with a mark on those that were used; looking at one is not using it.

    Args:
        tensors: the tensors of a checkpoint.

    Example:
        >>> import torch
        >>> reading = Reading({"W": torch.zeros(2), "b": torch.zeros(2)})
        >>> reading.use("W")
        >>> reading["b"].shape, reading.unused
        (torch.Size([2]), ['b'])
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = tensors
        self._used: set[str] = set()

    def __getitem__(self, name: str) -> Tensor:
        return self._tensors[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)

    def use(self, name: str) -> None:
        """Mark a tensor.

        Args:
            name: which one.
        """
        self._used.add(name)

    @property
    def unused(self) -> list[str]:
        """Names of the tensors without a mark."""
        return [name for name in self._tensors if name not in self._used]
