"""Which ordered pairs (a, b) train, which test, and which come in a batch.

A pair is the number a |G| + b. The split draws a share of all |G|^2 ordered pairs; the unordered split draws a share of
the sets {a, b} instead, so that (a, b) and (b, a) lie on one side. Above `LISTED_PAIRS` pairs nothing is listed: the
order of the pairs is computed where it is needed (`implicit_pairs.py`).
"""

from typing import final

import torch
from jaxtyping import Int
from torch import Tensor

from cosetta.errors import BadConfig, Unsupported
from cosetta.training.config import TrainConfig
from cosetta.training.implicit_pairs import PermutedPairs, draw_keys, permute

__all__ = ["Batches", "Pairs", "split_pairs"]

LISTED_PAIRS = 2**22
"""Groups with more pairs (order above 2,048) have them computed; S6 has 518,400, S7 25 million."""

Pairs = Int[Tensor, " _pair"] | PermutedPairs
"""Pairs (a, b) as numbers a |G| + b, listed or computed."""


def split_pairs(order: int, config: TrainConfig, generator: torch.Generator) -> tuple[Pairs, Pairs]:
    """Divide the ordered pairs into training and test pairs, both in random order.

    Args:
        order: number of group elements.
        config: gives the share and the kind of split.
        generator: source of randomness, on the CPU.

    Returns:
        The training and the test pairs, disjoint and together all |G|^2.

    Raises:
        BadConfig: if one side would be empty.
        Unsupported: if an unordered split is asked of more than `LISTED_PAIRS` pairs.

    Example:
        >>> from cosetta.training.recipes import fast
        >>> train, test = split_pairs(5, fast("C5", train_fraction=0.4), torch.Generator().manual_seed(0))
        >>> len(train), len(test), len(set(train.tolist()) | set(test.tolist()))
        (10, 15, 25)
    """
    if order**2 > LISTED_PAIRS:
        return _computed_split(order, config, generator)
    shuffled = torch.randperm(order**2, generator=generator)
    if config.split == "unordered":  # both orders of a set carry one random key: the smaller of their two places
        place = torch.empty_like(shuffled)
        place[shuffled] = torch.arange(order**2)
        key = torch.minimum(place, place.view(order, order).T.reshape(-1))
        shuffled = key.argsort(stable=True)
        ends = (key[shuffled].diff() != 0).nonzero()[:, 0] + 1  # where a cut separates no two orders of one set
        cut = int(ends[(ends - config.train_fraction * order**2).abs().argmin()]) if len(ends) else 0
    else:
        cut = round(config.train_fraction * order**2)
    if not 0 < cut < order**2:
        raise BadConfig(
            f"`train_fraction` must leave training and test pairs; {config.train_fraction:g} of {order**2} pairs gives "
            f"{cut} and {order**2 - cut}: choose another fraction or a larger group"
        )
    return shuffled[:cut].clone(), shuffled[cut:].clone()


def _computed_split(order: int, config: TrainConfig, generator: torch.Generator) -> tuple[Pairs, Pairs]:
    """The split of a random order that is never stored."""
    if config.split == "unordered":
        raise Unsupported(f"`split` = unordered lists all pairs; {order**2:,} are too many: use ordered")
    keys, cut = draw_keys(generator), round(config.train_fraction * order**2)
    return PermutedPairs(order**2, keys, range(cut)), PermutedPairs(order**2, keys, range(cut, order**2))


@final
class Batches:
    """Random batches, without replacement within an epoch; pairs left over at the end of an epoch are dropped.

    Args:
        pairs: the training pairs, on the device of training.
        generator: source of randomness, on the CPU.
    """

    def __init__(self, pairs: Pairs, generator: torch.Generator) -> None:
        self.pairs = pairs
        self.generator = generator
        self.epoch = torch.zeros(0, dtype=torch.int64, device=pairs.device)
        self.position = 0

    def next(self, size: int | None) -> Int[Tensor, " batch"]:
        """The next batch.

        Args:
            size: number of pairs; None, or at least the number of training pairs, is the full batch.

        Returns:
            Pairs as numbers a |G| + b.

        Raises:
            Unsupported: if the full batch is asked for and the pairs are too many to list.
        """
        if isinstance(self.pairs, PermutedPairs):
            return self._next_computed(self.pairs, size)
        if size is None or size >= len(self.pairs):
            return self.pairs
        if self.position + size > len(self.epoch):
            order = torch.randperm(len(self.pairs), generator=self.generator)
            self.epoch, self.position = self.pairs[order.to(self.pairs.device)], 0
        self.position += size
        return self.epoch[self.position - size : self.position]

    def _next_computed(self, pairs: PermutedPairs, size: int | None) -> Int[Tensor, " batch"]:
        """The next batch of pairs that are not listed; `epoch` holds the keys of this epoch's order."""
        if size is None or size >= len(pairs):
            raise Unsupported(f"a full batch must be listed; {len(pairs):,} pairs are too many: set `batch_size`")
        if len(self.epoch) == 0 or self.position + size > len(pairs):
            self.epoch, self.position = draw_keys(self.generator), 0
        self.position += size
        places = torch.arange(self.position - size, self.position)
        return pairs[permute(places, len(pairs), self.epoch.cpu())]
