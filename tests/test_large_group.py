"""S7: 25 million pairs and 11,300 subgroups, explained from a planted network without ever listing the pairs."""

import pytest
import torch

from cosetta.analysis import analyse
from cosetta.config import AnalysisConfig
from cosetta.groups import named_group, subgroup_lattice
from cosetta.models.planted import CosetPlan, plant


@pytest.mark.slow
def test_a_planted_network_on_s7_is_explained_and_its_accuracy_has_an_interval():
    group = named_group("S7")
    lattice = subgroup_lattice(group)
    S6 = lattice.subgroup(next(cls.representative for cls in lattice.classes if cls.name == "S6"))
    model = plant(group, [CosetPlan(S6, amplitude=8.0)], torch.Generator().manual_seed(0), random_neurons=2).folded
    found = analyse(model, group, AnalysisConfig(null_samples=99, evidence_pairs=500, accuracy_pairs=2_000))
    assert [found.coset.row_of(n) for n in range(model.width)] == ["S6"] * (model.width - 2) + ["none"] * 2
    assert len(found.coset.circuits) == 49  # one for each i and j with "ab maps j to i"
    low, high = found.accuracy_interval
    assert low <= found.accuracy <= high
    assert found.accuracy > 0.99
