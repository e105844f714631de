"""Programs written from families of cosets, and what each network of the tests is."""

from dataclasses import replace

import numpy as np
import pytest

from cosetta.config import AnalysisConfig
from cosetta.groups import named_group
from cosetta.hypotheses.partitions import coset_partition, double_coset_partition
from cosetta.programs.building import complete_program

QUICK = AnalysisConfig(null_samples=19, control_draws=3)


@pytest.fixture(scope="session")
def quick():
    return QUICK


@pytest.fixture(scope="session")
def shared():
    """Cosets of S3 and of C4 in S4; those of C4 have three double cosets, each with its share, and there is a start."""
    program, families = complete_program(named_group("S4"), ["S3", "C4"]), []
    for family in program.families:
        H = program.subgroups[family.name]
        parts = double_coset_partition(H, H)[np.unique(coset_partition(H, "right"), return_index=True)[1]]
        values = np.linspace(60, 0, parts.max()).round().astype(int)
        shares = tuple(np.concatenate([[99], values])[parts].tolist())
        families.append(replace(family, shares=shares) if parts.max() > 1 else family)
    start = tuple(round(99 / 23 * (7 * x % 24)) for x in range(24))
    return replace(program, families=tuple(families), start=start, start_worth=2.5)


@pytest.fixture(scope="session")
def points_of_s4():
    """The 16 cosets of S3 in S4: `ab maps i to j`."""
    return complete_program(named_group("S4"), ["S3"])
