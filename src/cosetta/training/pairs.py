"""Which ordered pairs (a, b) train, which test, and which come in a batch.

A pair is the number a |G| + b. The split draws a share of all |G|^2 ordered pairs; the unordered split draws a share of
the sets {a, b} instead, so that (a, b) and (b, a) lie on one side.
"""

from typing import final

import torch
from jaxtyping import Int
from torch import Tensor

from cosetta.errors import BadConfig
from cosetta.training.config import TrainConfig

__all__ = ["Batches", "split_pairs"]


def split_pairs(
    order: int, config: TrainConfig, generator: torch.Generator
) -> tuple[Int[Tensor, " train"], Int[Tensor, " test"]]:
    """Divide the ordered pairs into training and test pairs, both in random order.

    Args:
        order: number of group elements.
        config: gives the share and the kind of split.
        generator: source of randomness, on the CPU.

    Returns:
        The training and the test pairs, disjoint and together all |G|^2.

    Raises:
        BadConfig: if one side would be empty.

    Example:
        >>> from cosetta.training.recipes import fast
        >>> train, test = split_pairs(5, fast("C5", train_fraction=0.4), torch.Generator().manual_seed(0))
        >>> len(train), len(test), len(set(train.tolist()) | set(test.tolist()))
        (10, 15, 25)
    """
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


@final
class Batches:
    """Random batches, without replacement within an epoch; pairs left over at the end of an epoch are dropped.

    Args:
        pairs: the training pairs, on the device of training.
        generator: source of randomness, on the CPU.
    """

    def __init__(self, pairs: Int[Tensor, " pair"], generator: torch.Generator) -> None:
        self.pairs = pairs
        self.generator = generator
        self.epoch = pairs[:0]
        self.position = 0

    def next(self, size: int | None) -> Int[Tensor, " batch"]:
        """The next batch.

        Args:
            size: number of pairs; None, or at least the number of training pairs, is the full batch.

        Returns:
            Pairs as numbers a |G| + b.
        """
        if size is None or size >= len(self.pairs):
            return self.pairs
        if self.position + size > len(self.epoch):
            order = torch.randperm(len(self.pairs), generator=self.generator)
            self.epoch, self.position = self.pairs[order.to(self.pairs.device)], 0
        self.position += size
        return self.epoch[self.position - size : self.position]
