r"""A random order of all pairs that is computed and never stored, for groups whose |G|^2 pairs are too many to list.

S7 has 25 million pairs. A keyed permutation of 0..n-1 gives the pair at any position of the order: a Feistel network on
2k bits with 4^k >= n is a bijection whatever its round function is, and walking it until the value falls below n
(cycle walking) restricts it to 0..n-1. Four rounds suffice to hide the structure from training; this is no cipher.
"""

from typing import final

import torch
from jaxtyping import Int
from torch import Tensor

__all__ = ["PermutedPairs", "draw_keys", "permute"]

ROUNDS = 4
_MULTIPLIER = 0x2545F4914F6CDD1D % 2**31
"""Odd, so that multiplication modulo a power of 2 loses nothing."""


def draw_keys(generator: torch.Generator) -> Int[Tensor, " round"]:
    """Random keys of one permutation.

    Args:
        generator: source of randomness, on the CPU.

    Returns:
        One key a round.
    """
    return torch.randint(1, 2**31 - 1, (ROUNDS,), generator=generator)


def permute(positions: Int[Tensor, " n"], length: int, keys: Int[Tensor, " round"]) -> Int[Tensor, " n"]:
    """The values of a keyed permutation of 0..length-1.

    Args:
        positions: numbers below `length`.
        length: number of values permuted.
        keys: from `draw_keys`.

    Returns:
        As many numbers below `length`; different positions have different values.

    Source:
        Black, Rogaway 2002, "Ciphers with arbitrary finite domains" (cycle walking on a Feistel network).

    Example:
        >>> keys = draw_keys(torch.Generator().manual_seed(0))
        >>> sorted(permute(torch.arange(10), 10, keys).tolist()) == list(range(10))
        True
    """
    half = max(1, ((length - 1).bit_length() + 1) // 2)
    values = _feistel(positions, half, keys)
    while bool((outside := values >= length).any()):
        values = torch.where(outside, _feistel(values, half, keys), values)
    return values


def _feistel(values: Int[Tensor, " n"], half: int, keys: Int[Tensor, " round"]) -> Int[Tensor, " n"]:
    mask = 2**half - 1
    high, low = values >> half, values & mask
    for key in keys.tolist():
        mixed = ((low + key) * _MULTIPLIER) >> 21  # every product fits into 63 bits: overflow is not defined
        mixed = (mixed & (2**31 - 1)) * (key | 1)
        high, low = low, high ^ ((mixed >> 17) & mask)
    return (high << half) | low


@final
class PermutedPairs:
    """A stretch of a random order of all pairs, indexed like the tensor of pairs that it stands for.

    Args:
        pairs: number of all pairs, |G|^2.
        keys: keys of the order.
        positions: the stretch.
        device: where the pairs are wanted.
    """

    def __init__(self, pairs: int, keys: Int[Tensor, " round"], positions: range, device: torch.device | str = "cpu"):
        self.pairs, self.keys, self.positions, self.device = pairs, keys, positions, device

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, chosen: "slice | Int[Tensor, ' n']") -> Int[Tensor, " n"]:
        """The pairs at these places of the stretch, as numbers a |G| + b."""
        if isinstance(chosen, slice):
            chosen = torch.arange(*chosen.indices(len(self)))
        return permute(chosen + self.positions.start, self.pairs, self.keys).to(self.device)

    def to(self, device: torch.device | str) -> "PermutedPairs":
        """The same stretch for another device.

        Args:
            device: where the pairs are wanted.

        Returns:
            A new object; nothing is computed.
        """
        return PermutedPairs(self.pairs, self.keys, self.positions, device)
