"""Irreps of the small groups, found once, and functions on a group."""

import numpy as np
import pytest

from cosetta.groups.group import Group
from cosetta.harmonics import Irrep, irreps


@pytest.fixture(scope="session")
def small_irreps(small_groups) -> list[tuple[Group, tuple[Irrep, ...]]]:
    """Each small group with its irreps."""
    return [(group, irreps(group)) for group in small_groups]


@pytest.fixture(scope="session")
def functions():
    """Random functions on G: `functions(group, *batch, dtype=...)`."""

    def draw(group: Group, *batch: int, dtype: type = np.float64, seed: int = 0) -> np.ndarray:
        return np.random.default_rng(seed).standard_normal((*batch, group.order)).astype(dtype)

    return draw
