"""Programs written from families of cosets, and what each network of the tests is."""

import pytest

from cosetta.config import AnalysisConfig
from cosetta.groups import named_group
from cosetta.programs.building import complete_program

QUICK = AnalysisConfig(null_samples=19, control_draws=3)


@pytest.fixture(scope="session")
def quick():
    return QUICK


@pytest.fixture(scope="session")
def points_of_s4():
    """The 16 cosets of S3 in S4: `ab maps i to j`."""
    return complete_program(named_group("S4"), ["S3"])
