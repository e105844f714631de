"""Coset analysis of a 256-neuron S6 model: 1,455 subgroups on both sides, against averaging coset by coset.

Run: python benchmarks/coset_analysis.py. The naive twin scores a random sample of the subgroups and is scaled up.
"""

import time

import numpy as np

from cosetta.groups import cosets, named_group, subgroup_lattice
from cosetta.harmonics import irreps
from cosetta.measures import coset_variance_fraction, coset_variance_fractions

SAMPLE = 40


def main() -> None:
    group = named_group("S6")
    lattice, representations = subgroup_lattice(group), irreps(group)
    assert lattice.members.any()  # unpacked once for all analyses of the group
    rng = np.random.default_rng(0)
    left, right = rng.standard_normal((2, 256, group.order))
    fast = min(_seconds(lambda: _both(left, right, lattice, representations)) for _ in range(3))
    chosen = [lattice.subgroup(int(i)) for i in rng.choice(len(lattice), SAMPLE, replace=False)]
    labels = [(cosets(H, side="right"), cosets(H, side="left")) for H in chosen]
    naive = _seconds(lambda: [_naive(left, right, pair) for pair in labels]) * len(lattice) / SAMPLE
    print(f"fast {fast:.3f} s, coset by coset {naive:.1f} s (from {SAMPLE} subgroups), ratio {naive / fast:.0f}")


def _both(left, right, lattice, representations):
    coset_variance_fractions(left, lattice, representations, "right")
    coset_variance_fractions(right, lattice, representations, "left")


def _naive(left, right, labels):
    coset_variance_fraction(left, labels[0])
    coset_variance_fraction(right, labels[1])


def _seconds(call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
