"""Todd-Coxeter enumeration of the cosets of a cyclic subgroup of a presented group; of the trivial one: its elements.

A coset is a number, and a partial table holds its image under each generator (column 2i) and its inverse (2i + 1).
Each relator must lead every coset back to itself: scanning it from both ends defines new cosets, fills an entry, or
finds that two numbers are one coset. The strategy is HLT, after Haselgrove, Leech and Trotter.
"""

import numpy as np
from jaxtyping import Int

from cosetta.errors import Unsupported

__all__ = ["enumerate_cosets", "root_of"]


def enumerate_cosets(
    generators: int, relators: list[tuple[int, ...]], max_cosets: int, subgroup: tuple[int, ...] = ()
) -> Int[np.ndarray, "generator coset"]:
    """Right multiplication by each generator on the right cosets of <w> in a finitely presented group.

    **Cost**: a relator u^k that was scanned at a coset is not scanned again at the cosets that u leads it to.

    Args:
        generators: how many there are.
        relators: words; letter i + 1 is generator i, -(i + 1) its inverse.
        max_cosets: give up when more numbers than this were handed out.
        subgroup: a word w; the empty word for the cosets of the trivial subgroup, which are the elements.

    Returns:
        Images of the cosets 0, 1, ..; coset 0 is <w> itself.

    Raises:
        Unsupported: if the table did not close within the limit; the group may be infinite or only awkward.

    Source:
        Holt, Eick and O'Brien, Handbook of Computational Group Theory (2005), sections 5.1-5.2.

    Example:
        >>> enumerate_cosets(1, [(1, 1, 1)], 100).tolist()
        [[1, 2, 0]]
    """
    words = [_columns(relator) for relator in relators]
    roots = [_columns(root_of(relator)) for relator in relators]
    closed: list[set[int]] = [set() for _ in words]
    cosets = _Cosets(2 * generators, max_cosets)
    if subgroup:
        cosets.scan(0, _columns(subgroup))
    coset = 0
    while coset < len(cosets.table):
        for word, root, known in zip(words, roots, closed, strict=True):
            if cosets.parent[coset] == coset and coset not in known:
                cosets.scan(coset, word)
                if len(root) < len(word) and cosets.parent[coset] == coset:
                    known.update(cosets.walk(coset, root, len(word) // len(root)))
        for column in range(2 * generators):
            if cosets.parent[coset] == coset and cosets.table[coset][column] < 0:
                cosets.define(coset, column)
        coset += 1
    live = [coset for coset, parent in enumerate(cosets.parent) if coset == parent]
    number = {coset: i for i, coset in enumerate(live)}
    columns = [[number[cosets.table[coset][2 * i]] for coset in live] for i in range(generators)]
    return np.array(columns, dtype=np.int64).reshape(generators, len(live))


def _columns(word: tuple[int, ...]) -> list[int]:
    """Letters as columns of the table."""
    return [2 * abs(letter) - 2 + (letter < 0) for letter in word]


def root_of(word: tuple[int, ...]) -> tuple[int, ...]:
    """The shortest u with word = u^k.

    Args:
        word: letters.

    Returns:
        The root; the word itself if it is no power.

    Example:
        >>> root_of((1, 2, 1, 2)), root_of((1, 2))
        ((1, 2), (1, 2))
    """
    length = len(word)
    return next(word[:n] for n in range(1, length + 1) if not length % n and word[:n] * (length // n) == word)


class _Cosets:
    """The table under construction; `parent` leads from a number to the smallest one of the same coset."""

    def __init__(self, columns: int, limit: int):
        self.columns, self.limit = columns, limit
        self.table: list[list[int]] = [[-1] * columns]
        self.parent = [0]

    def define(self, coset: int, column: int) -> None:
        """A new coset as the image of one."""
        new = len(self.table)
        if new >= self.limit:
            raise Unsupported(
                f"the group was not found to be finite within {self.limit:,} cosets; add relations or give permutations"
            )
        self.table.append([-1] * self.columns)
        self.parent.append(new)
        self.table[coset][column] = new
        self.table[new][column ^ 1] = coset

    def scan(self, coset: int, word: list[int]) -> None:
        """Lead a coset around a relator, from both ends, defining what is missing."""
        table = self.table
        front = back = coset
        i, j = 0, len(word) - 1
        while True:
            while i <= j and table[front][word[i]] >= 0:
                front = table[front][word[i]]
                i += 1
            while j >= i and table[back][word[j] ^ 1] >= 0:
                back = table[back][word[j] ^ 1]
                j -= 1
            if j < i:
                if front != back:
                    self._identify(front, back)
                return
            if j == i:
                table[front][word[i]] = back
                table[back][word[i] ^ 1] = front
                return
            self.define(front, word[i])

    def walk(self, coset: int, word: list[int], times: int) -> list[int]:
        """The cosets that powers of a word lead to, as far as the table is filled."""
        met = []
        for _ in range(times):
            for column in word:
                coset = self.table[coset][column]
                if coset < 0:
                    return met
            met.append(coset)
        return met

    def _identify(self, one: int, other: int) -> None:
        """Two numbers are one coset; so are their images."""
        dead: list[int] = []
        self._merge(one, other, dead)
        for gone in dead:
            for column in range(self.columns):
                image = self.table[gone][column]
                if image < 0:
                    continue
                self.table[image][column ^ 1] = -1
                here, there = self._smallest(gone), self._smallest(image)
                if self.table[here][column] >= 0:
                    self._merge(there, self.table[here][column], dead)
                elif self.table[there][column ^ 1] >= 0:
                    self._merge(here, self.table[there][column ^ 1], dead)
                else:
                    self.table[here][column] = there
                    self.table[there][column ^ 1] = here

    def _smallest(self, coset: int) -> int:
        """Follow and shorten the path of parents."""
        root = coset
        while self.parent[root] != root:
            root = self.parent[root]
        while self.parent[coset] != root:
            self.parent[coset], coset = root, self.parent[coset]
        return root

    def _merge(self, one: int, other: int, dead: list[int]) -> None:
        """The larger number dies."""
        low, high = sorted((self._smallest(one), self._smallest(other)))
        if low != high:
            self.parent[high] = low
            dead.append(high)
