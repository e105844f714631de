"""Tensors of a file that nothing has used: each is named, and a bias among them is refused."""

from collections.abc import Collection

import torch

from cosetta.errors import BadConfig
from cosetta.models.importers.used import Reading

__all__ = ["leftovers"]


def leftovers(reading: Reading, ignored: Collection[str], lengths: Collection[int], source: str) -> tuple[str, ...]:
    """What to say of the tensors that were not used.

    Args:
        reading: the tensors, after the network was made of them.
        ignored: names that are left out on purpose.
        lengths: lengths that a bias of this network can have.
        source: the file, for the message.

    Returns:
        At most two sentences: copies of tensors that were used, and all others.

    Raises:
        BadConfig: if one of them is a bias of the network that is not zero.

    Example:
        >>> reading = Reading({"W": torch.ones(2, 3), "copy": torch.ones(2, 3), "mask": torch.ones(3, 3)})
        >>> reading.use("W")
        >>> leftovers(reading, (), (2, 3), "model.pt")
        ('`copy` repeats `W`', 'not used: `mask` (3, 3)')
    """
    unused = reading.unused
    used = [name for name in reading if name not in unused]
    copies, others = [], []
    for name in unused:
        tensor = reading[name]
        same = next((key for key in used if _equal(reading[key], tensor)), None)
        bias = tensor.ndim == 1 and tensor.is_floating_point() and len(tensor) in lengths and bool(tensor.any())
        if same is not None:
            copies.append(f"`{name}` repeats `{same}`")
        elif bias and name not in ignored:
            raise BadConfig(
                f"a bias must not be dropped in silence; `{name}` in `{source}` has {len(tensor)} numbers and no role: "
                f"map it, or say --mapping.ignore {name}"
            )
        else:
            others.append(f"`{name}` {tuple(tensor.shape)}")
    said = [", ".join(copies)] if copies else []
    return (*said, f"not used: {', '.join(others)}") if others else tuple(said)


def _equal(first: torch.Tensor, second: torch.Tensor) -> bool:
    return first.shape == second.shape and first.dtype == second.dtype and torch.equal(first, second)
