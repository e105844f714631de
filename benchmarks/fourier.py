"""Fourier transform of 256 functions on S6: one matrix product an irrep, against the sum over G written out.

Run `python benchmarks/fourier.py`; the last line is the ratio, measured in one process.
"""

import time
from collections.abc import Callable

import numpy as np

from cosetta.groups.group import Group
from cosetta.harmonics import autocorrelation, fourier, irreps

FUNCTIONS = 256
REPEATS = 5


def naive_fourier(f: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """The definition: sum over g of f(g) rho(g), one element at a time."""
    total = np.zeros((len(f), *matrices.shape[1:]))
    for g in range(f.shape[1]):
        total += f[:, g, None, None] * matrices[g]
    return total


def best_seconds(call: Callable[[], object], repeats: int = REPEATS) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    group = Group.from_permutations([(1, 0, 2, 3, 4, 5), (1, 2, 3, 4, 5, 0)], name="S6")
    found = irreps(group)
    f = np.random.default_rng(0).standard_normal((FUNCTIONS, group.order))
    fast = fourier(f, found)
    slow = [naive_fourier(f, irrep.matrices) for irrep in found]
    error = max(np.abs(a - b).max() for a, b in zip(fast, slow, strict=True))
    fast_seconds = best_seconds(lambda: fourier(f, found))
    naive_seconds = best_seconds(lambda: [naive_fourier(f, irrep.matrices) for irrep in found], repeats=1)
    coset_seconds = best_seconds(lambda: autocorrelation(f, found))
    irreps_seconds = best_seconds(lambda: irreps(group), repeats=3)
    print(f"irreps of {group.name}                {1e3 * irreps_seconds:8.1f} ms")
    print(f"fourier, {FUNCTIONS} functions        {1e3 * fast_seconds:8.1f} ms")
    print(f"autocorrelation, {FUNCTIONS} functions {1e3 * coset_seconds:7.1f} ms")
    print(f"naive sum over G, {FUNCTIONS} functions {1e3 * naive_seconds:6.1f} ms   largest difference {error:.1e}")
    print(f"ratio naive / fourier = {naive_seconds / fast_seconds:.1f}")


if __name__ == "__main__":
    main()
