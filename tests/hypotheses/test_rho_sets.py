"""Rho-sets recovered from networks: planted ones exactly, and the idealised networks of Wu et al. where at hand."""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch

from cosetta.config import AnalysisConfig
from cosetta.groups import named_group, subgroup_lattice
from cosetta.harmonics import irreps
from cosetta.hypotheses.rho_set import RhoSets, UniformRhoSets
from cosetta.measures import measure
from cosetta.measures.equivariance import bi_equivariance_error
from cosetta.models import PairScorer
from cosetta.models.importers import open_checkpoint
from cosetta.models.planted_vectors import plant_rho_set

SHARED = Path(__file__).parents[3] / "shared" / "data" / "wu2024" / "ideal_S4_first30.safetensors"
CONFIG = AnalysisConfig(null_samples=99)


def planted(name, irrep, subgroup):
    group = named_group(name)
    lattice = subgroup_lattice(group)
    rho = next(r for r in irreps(group) if r.name == irrep)
    H = lattice.subgroup(lattice.names.index(subgroup))
    return group, plant_rho_set(group, rho, H, np.random.default_rng(3), 10.0)


@pytest.mark.parametrize(
    ("name", "irrep", "subgroup", "points"),
    [("S5", "(4,1)", "S4", 5), ("S5", "(2,2,1)", "F20", 6), ("S4", "(2,2)", "D8", 3), ("S4", "(3,1)", "S3", 4)],
)
def test_a_planted_rho_set_is_recovered_with_its_missing_pairs(name, irrep, subgroup, points):
    group, model = planted(name, irrep, subgroup)
    whole = RhoSets.fit(measure(model, group, CONFIG), CONFIG)
    (rho_set,) = whole.sets
    assert (rho_set.subgroup, len(rho_set.points), rho_set.missing) == (subgroup, points, ())
    assert group.order // rho_set.stabiliser == points  # |B| is the index of the stabiliser
    assert all(neuron.c > 0 for neuron in rho_set.neurons)
    for function, ideal in whole.functions().items():
        assert np.allclose(ideal, getattr(model, function).numpy(), atol=1e-8)
    fewer = model.keep(torch.arange(1, model.width))
    (incomplete,) = RhoSets.fit(measure(fewer, group, CONFIG), CONFIG).sets
    assert len(incomplete.missing) == 1


def test_the_complete_circuit_is_bi_equivariant_and_an_incomplete_one_is_not():
    group, model = planted("S4", "(3,1)", "S3")
    assert bi_equivariance_error(model, group) < 1e-12
    fewer = model.keep(torch.arange(2, model.width))
    assert bi_equivariance_error(fewer, group) > 0.01
    completed = UniformRhoSets.fit(measure(fewer, group, CONFIG), CONFIG).alone()
    assert completed.width == model.width
    assert bi_equivariance_error(completed, group) < 1e-9
    assert PairScorer(group)(completed).accuracy == 1


@pytest.fixture(scope="module")
def idealised():
    if not SHARED.is_file():
        pytest.skip("the networks of Wu et al. are not beside the repository (../shared/data)")
    first = open_checkpoint(SHARED, instance=0, group="S4")
    theirs = json.loads(SHARED.with_suffix(".json").read_text())["irrep_idxs"]
    order = first.recovered.relabelling
    opened = [open_checkpoint(SHARED, instance=i, group="S4", element_order=order) for i in range(len(theirs))]
    return opened, theirs


def test_irreps_and_orbits_of_the_idealised_networks(idealised):
    """On 30 of 30: neurons have the irreps that the authors give, and |B| is the index of the stabiliser."""
    opened, theirs = idealised
    names = defaultdict(set)
    for network, by_irrep in zip(opened, theirs, strict=True):
        facts = measure(network.model, network.group, CONFIG)
        account = RhoSets.fit(facts, CONFIG)
        assert set(account.labels) == set(facts.live.tolist())
        for rho_set in account.sets:
            assert len(rho_set.points) == network.group.order // rho_set.stabiliser
        live = set(facts.live.tolist())
        for name, neurons in by_irrep.items():
            names[name] |= {facts.irreps[facts.irrep[n]].name for n in neurons if n in live}
    found = {name: irrep for name, irrep in names.items() if irrep}
    assert all(len(irrep) == 1 for irrep in found.values())
    assert len(set.union(*found.values())) == len(found)
