"""Time to find all subgroups with classes, names and covers, without the copy on disk.

Baseline: the naive twin on S5, which joins every subgroup found with every cyclic subgroup, closing sets of elements in
plain Python. Run with one thread: `OMP_NUM_THREADS=1 python benchmarks/subgroup_lattice.py [group ...]`.
"""

import sys
import time
from collections.abc import Callable

from cosetta.groups import Group, named_group, subgroup_lattice


def naive_subgroups(group: Group) -> set[frozenset[int]]:
    """All subgroups by joining with cyclic ones until nothing new appears."""
    table = group.table.tolist()

    def generated(elements: frozenset[int]) -> frozenset[int]:
        seen, frontier = set(elements), list(elements)
        while frontier:
            frontier = [c for a in frontier for b in elements if (c := table[a][b]) not in seen and not seen.add(c)]
        return frozenset(seen)

    cyclic = {generated(frozenset({0, a})) for a in range(group.order)}
    found, frontier = set(cyclic), list(cyclic)
    while frontier:
        joins = {generated(H | C) for H in frontier for C in cyclic if not C <= H} - found
        found |= joins
        frontier = list(joins)
    return found


def seconds(task: Callable[[], object], repeats: int) -> float:
    """Best of several runs."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        best = min(best, time.perf_counter() - start)
    return best


def main(names: list[str]) -> None:
    for name in names:
        start = time.perf_counter()
        group = named_group(name)
        built = time.perf_counter() - start
        taken = seconds(lambda group=group: subgroup_lattice(group, cache=False).covers, 3)
        lattice = subgroup_lattice(group, cache=False)
        counts = f"{len(lattice):6,} subgroups {len(lattice.classes):3} classes {len(lattice.covers):7,} covers"
        print(f"{name:8} {counts}  {taken:8.3f} s  (table {built:.3f} s)")
    S5 = named_group("S5")
    fast = seconds(lambda: subgroup_lattice(S5, cache=False).covers, 5)
    start = time.perf_counter()
    assert len(naive_subgroups(S5)) == len(subgroup_lattice(S5, cache=False))
    slow = time.perf_counter() - start
    print(f"S5 naive twin {slow:.3f} s; ratio {slow / fast:.0f}x")


if __name__ == "__main__":
    main(sys.argv[1:] or ["S5", "S6", "S7"])
