"""The prover: looks for the cheapest way to bound a network's margins, and trusts nothing that it finds.

What it returns is a list of stages, plain data that the checker carries out (`checker.py`): tables over cosets first,
then activations through the low rank of out, then every neuron, each for the pairs that those before left open.
Candidates are tried on a few y, and the one with the least work in all is taken. If none is cheaper, the last stage
alone remains: every pair neuron by neuron, which is trying all.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Any, final

import numpy as np
from jaxtyping import Float, Int

from cosetta.bounds import checker
from cosetta.bounds.sums import Refinements, group_rights, merge_order

__all__ = ["Cosets", "Route", "brute_force_work", "by_neurons", "find_route"]

Stage = dict[str, Any]

TYPICAL = 10
"""Percentile of the sampled margins that errors are held against: most pairs should pass."""

DROPPED, FORGOTTEN = 0.02, 0.15
"""Shares of the typical margin that dropped neurons, and the dimensions of out that a low rank leaves, may cost."""

WEAK = (0.1, 0.2, 0.35)
"""Shares of the typical margin that weak neurons, bounded one by one instead of in tables, may cost."""

MAIN = (1.0, 0.75, 0.6, 0.5, 0.4, 0.3, 0.2, 0.0)
"""Shares of the left partitions whose tables are added up to rows; the others are bounded by a number each."""

OPEN = 10.0
"""How many times brute force a route is charged for the share of pairs that it leaves open, if it may leave any."""


@final
@dataclass(frozen=True, eq=False)
class Cosets:
    """What accounts say of the neurons, as plain data: partitions on whose blocks left and right are constant.

    Args:
        partitions: block of each element, numbered from 0, a row a partition.
        left: row of each neuron's left function; -1 if there is none.
        right: row of its right function; -1 with left.
    """

    partitions: Int[np.ndarray, "partition g"]
    left: Int[np.ndarray, " neuron"]
    right: Int[np.ndarray, " neuron"]


@final
@dataclass(frozen=True, eq=False)
class Route:
    """A way to bound all margins.

    Args:
        stages: for the checker.
        share: estimated work as a share of brute force, with what open pairs are charged.
    """

    stages: tuple[Stage, ...]
    share: float


def brute_force_work(order: int, width: int) -> int:
    """Multiply-adds of trying all pairs: |G|^3 w.

    Args:
        order: |G|.
        width: number of neurons.

    Returns:
        A count.

    Example:
        >>> brute_force_work(120, 128)
        221184000
    """
    return order**3 * width


def by_neurons(neurons: Sequence[int], dropped: Sequence[int] = (), pivots: Sequence[int] = ()) -> Stage:
    """A stage without tables: margins from activations, neuron by neuron.

    Args:
        neurons: those that are computed.
        dropped: those that are bounded by their largest contribution.
        pivots: positions in `neurons` whose columns of out span nearly all of it; empty to read out through every
            neuron, which is brute force.

    Returns:
        The stage.

    Example:
        >>> by_neurons(range(2))["exact"]
        [0, 1]
    """
    shared = {"leaves": [], "merges": [], "linear": False}
    return shared | {"exact": list(neurons), "dropped": list(dropped), "pivots": list(pivots)}


def find_route(
    net: Any, table: Int[np.ndarray, "g g"], cosets: Cosets, *, samples: int | None = None, bounds_only: bool = False
) -> Route:
    """The cheapest of the routes that are tried.

    Args:
        net: the network, from `checker.fold`.
        table: of the group.
        cosets: what accounts say.
        samples: number of y on which routes are tried; if None, three to eight, for some 1,000 pairs or more.
        bounds_only: leave out the last stage, in which every neuron is computed; pairs may then stay open.

    Returns:
        The route; trying all if no other costs less.
    """
    samples = max(3, min(8, 1000 // net.g)) if samples is None else samples
    ys = np.unique(
        np.linspace(0, net.g - 1, min(samples, net.g) + 2)[1:-1].round().astype(int)
    )  # the identity is special
    search = _Search(net, table, cosets, ys, () if bounds_only else (by_neurons(range(net.w)),))
    return min(search.routes(), key=lambda route: route.share)


@final
@dataclass(frozen=True)
class Tables:
    """How a stage of tables is made.

    Args:
        rows: number of left partitions whose tables are added up to rows.
        by_rows: whether those are chosen by what they cost as a number for each row that they add, or by that alone.
        linear: whether the linear half of ReLU is summed apart.
        weak: share of the margin that neurons bounded one by one may cost.
        low: whether the low rank of out follows.
    """

    rows: int = 1
    by_rows: bool = False
    linear: bool = False
    weak: float = 0.0
    low: bool = False


@final
@dataclass(frozen=True, eq=False)
class _Search:
    """What all routes of one network share."""

    net: Any
    table: Int[np.ndarray, "g g"]
    cosets: Cosets
    ys: Int[np.ndarray, " y"]
    last: tuple[Stage, ...]

    def routes(self) -> Iterator[Route]:
        net, everything = self.net, range(self.net.w)
        yield Route(self.last, 1.0) if self.last else self._tried((by_neurons([], everything),))
        least, _ = checker.derive(net, self.table, self.cosets.partitions, [by_neurons(everything)], self.ys)
        margins = least[:, self.ys]
        positive = margins[(margins > 0) & np.isfinite(margins)]  # infinite where there is no other answer
        if not len(positive):
            return
        plan = _Plan(net, self.cosets, self._post, float(np.percentile(positive, TYPICAL)))
        low = plan.low_rank()
        if low:
            yield self._tried(low)
        if (self.cosets.left >= 0).any():
            yield from self._by_cosets(plan, low)

    @cached_property
    def _post(self) -> Float[np.ndarray, " neuron"]:
        """Mean activation of each neuron over the sampled pairs."""
        return np.mean([np.maximum(self.net.left + self.net.right[y], 0).mean(axis=0) for y in self.ys], axis=0)

    def _tried(self, stages: tuple[Stage, ...]) -> Route:
        """A route with its work estimated from the sampled y: what is done once, for each y, and for open pairs."""
        given = self.net, self.table, self.cosets.partitions, stages
        least, done = checker.derive(*given, self.ys)
        _, once = checker.derive(*given, [])
        scale = self.net.g / len(self.ys)
        work = sum(a["work"] * scale - b["work"] * (scale - 1) for a, b in zip(done, once, strict=True))
        left_open = float((least[:, self.ys] <= 0).mean()) * (1 if self.last else OPEN)
        return Route(stages + self.last, work / brute_force_work(self.net.g, self.net.w) + left_open)

    def _by_cosets(self, plan: "_Plan", low: tuple[Stage, ...]) -> Iterator[Route]:
        """Tables over cosets: first how many are added up to rows, then what follows, then which neurons are weak."""
        choice, best = Tables(), Route((), float("inf"))
        for others in plan.choices():
            for other in others(choice):
                route = self._tried((plan.tables(other), *(low if other.low else ())))
                if route.share < best.share:
                    choice, best = other, route
        yield best


@final
@dataclass(frozen=True, eq=False)
class _Plan:
    """Stages for one network."""

    net: Any
    cosets: Cosets
    post: Float[np.ndarray, " neuron"]
    margin: float

    @cached_property
    def known(self) -> Refinements:
        """The partitions, and last that into one block, of the table of bias and of what y adds directly."""
        one_block = np.zeros((1, self.net.g), dtype=np.int64)
        return Refinements(np.vstack([self.cosets.partitions, one_block]))

    @cached_property
    def size(self) -> Float[np.ndarray, " neuron"]:
        """What a neuron may typically change a margin by."""
        return self.post * np.ptp(self.net.out, axis=0)

    @cached_property
    def dropped(self) -> list[int]:
        """The neurons that cost least when they are bounded by their largest contribution."""
        net = self.net
        reach = np.maximum(net.left.max(axis=0) + net.right.max(axis=0), 0) * np.ptp(net.out, axis=0)
        order = np.argsort(reach, kind="stable")
        return sorted(order[np.cumsum(reach[order]) < DROPPED * self.margin].tolist())

    def choices(self) -> Iterator[Callable[[Tables], list[Tables]]]:
        """What to vary in turn: which tables are added up, if linear; weak neurons; a table more or less; low rank."""
        count = len(set(self.cosets.left.tolist()) - {-1})
        counts = list(dict.fromkeys(max(1, round(main * count)) for main in MAIN))
        yield lambda best: [replace(best, rows=rows, by_rows=by) for rows in counts for by in (False, True)]
        yield lambda best: [replace(best, linear=True)]
        yield lambda best: [replace(best, rows=rows) for rows in counts if best.linear and rows != best.rows]
        yield lambda best: [replace(best, weak=weak) for weak in WEAK]
        yield lambda best: [replace(best, rows=best.rows + more) for more in (-1, 1) if best.rows + more > 0]
        yield lambda best: [replace(best, low=True)]

    def tables(self, choice: Tables) -> Stage:
        """Tables over cosets, some added up to rows."""
        exact, tree = self._apart(choice.weak * self.margin)
        lefts, linear = self._in_order(tree, choice.by_rows), choice.linear
        rows = min(choice.rows, len(lefts))
        merges, _ = merge_order(self.known, [*lefts[:rows], len(self.cosets.partitions)])
        number = [*range(rows), *range(len(lefts), len(lefts) + 1 + len(merges))]  # among the tables of all partitions
        return {
            "leaves": [[P, group_rights(self.known, P, tree[P], self.net.g)] for P in lefts],
            "merges": [[number[i], number[j]] for i, j in merges],
            "linear": linear,
            "exact": exact,
            "dropped": self.dropped,
            "pivots": [],
        }

    def _in_order(self, tree: dict[int, dict[int, list[int]]], by_rows: bool) -> list[int]:
        """Left partitions, first those that cost most to bound by a number: in all, or for each row that they add."""
        strength = {P: float(self.size[list(chain(*rights.values()))].sum()) for P, rights in tree.items()}
        if by_rows and len(tree) > 2:
            _, rows = merge_order(self.known, list(tree))
            for P in tree:
                strength[P] /= max(1, rows - merge_order(self.known, [Q for Q in tree if Q != P])[1])
        return sorted(tree, key=lambda P: (-strength[P], P))

    def _apart(self, budget: float) -> tuple[list[int], dict[int, dict[int, list[int]]]]:
        """The neurons that are computed one by one, and the others by left and right partition."""
        cost, exact = 0.0, []
        tree: dict[int, dict[int, list[int]]] = {}
        covered = [k for k in np.argsort(self.size, kind="stable").tolist() if self.cosets.left[k] >= 0]
        for k in sorted(range(self.net.w), key=lambda k: (self.size[k], k)):
            P, Q = int(self.cosets.left[k]), int(self.cosets.right[k])
            if k in self.dropped:
                continue
            cost += self.size[k]
            if P < 0 or (cost <= budget and k != covered[-1]):
                exact.append(k)
            else:
                tree.setdefault(P, {}).setdefault(Q, []).append(k)
        return sorted(exact), tree

    def low_rank(self) -> tuple[Stage, ...]:
        """The stage that reads out through as few dimensions as leave little of a margin, if that is cheaper."""
        kept = np.setdiff1d(np.arange(self.net.w), self.dropped)
        out = self.net.out[:, kept] - self.net.out[:, kept].mean(axis=0)
        u, s, v = np.linalg.svd(out, full_matrices=False)
        for rank in range(1, len(s)):
            if rank / self.net.g + rank / self.net.w > 0.9:
                return ()
            rest = np.ptp(out - (u[:, :rank] * s[:rank]) @ v[:rank], axis=0)
            if rest @ self.post[kept] <= FORGOTTEN * self.margin:
                return (by_neurons(kept.tolist(), self.dropped, _pivots(out, rank)),)
        return ()


def _pivots(out: Float[np.ndarray, "g neuron"], rank: int) -> list[int]:
    """Columns that span most of out: each the longest after projection off those before."""
    rest, chosen = out.copy(), []
    for _ in range(rank):
        lengths = (rest**2).sum(axis=0)
        chosen.append(int(lengths.argmax()))
        unit = rest[:, chosen[-1]] / np.sqrt(lengths.max())
        rest -= np.outer(unit, unit @ rest)
    return chosen
