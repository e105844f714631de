"""Accounts on built networks with noise, and on networks whose elements or answers were renamed."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cosetta.config import AnalysisConfig
from cosetta.evidence import compete
from cosetta.groups import named_group
from cosetta.hypotheses import ACCOUNTS
from cosetta.measures import measure
from cosetta.models import FoldedModel
from cosetta.models.planted_vectors import plant_rank
from tests.hypotheses.planted_set import cosets_of, irrep_of, quotients, random_orbit, rho_set, rng

CONFIG = AnalysisConfig(null_samples=99, arena_pairs=400, control_pairs=200, control_draws=5)
KINDS = {kind.id: kind for kind in ACCOUNTS}
CELLED = ("coset", "twisted", "program", "rho_set", "quotient")
"""Accounts that claim cosets of one kind or another, which noise and renaming destroy."""

BUILT = {
    "coset": ("S4", cosets_of("S3")),
    "program": ("S4", cosets_of("D8")),
    "twisted": ("S4", cosets_of("D8")),
    "rho_set": ("S4", rho_set("(3,1)", "S3")),
    "rank_one": ("S4", random_orbit("(3,1)")),
    "rank_one_out": ("A4", random_orbit("3a")),
    "irrep": ("S4", lambda G: plant_rank(G, irrep_of(G, "(3,1)"), 3, rng(), 2.0)),
    "quotient": ("S3xF20", quotients),
}
"""The account that is right, and a network that was built after it."""


def noisy(model, share, seed=0):
    """Normal noise on every function of every neuron, as large as this share of the neuron's own spread."""
    generator = torch.Generator().manual_seed(seed)
    functions = []
    for f in (model.left.double(), model.right.double(), model.out.double()):
        drawn = torch.randn(f.shape, generator=generator, dtype=torch.float64)
        functions.append(f + share * f.std(dim=0, correction=0) * drawn)
    return FoldedModel(*functions, model.bias.double())


def covered(id, model, group):
    facts = measure(model, group, CONFIG)
    return len(KINDS[id].fit(facts, CONFIG).labels) / len(facts.live)


@pytest.mark.parametrize("id", BUILT)
def test_the_account_that_is_right_is_found_through_noise(id):
    name, build = BUILT[id]
    group = named_group(name)
    model = build(group)
    assert covered(id, noisy(model, 0.02), group) == 1
    if id in CELLED:
        assert covered(id, noisy(model, 1.0), group) < 0.05


@pytest.mark.parametrize("id", CELLED)
def test_renamed_elements_have_no_cosets(id):
    """The same network with its elements numbered at random: it multiplies in another table than the group's."""
    name, build = BUILT[id]
    group = named_group(name)
    model, order = build(group), torch.from_numpy(np.random.default_rng(0).permutation(group.order))
    renamed = FoldedModel(model.left[order], model.right[order], model.out[order], model.bias[order])
    assert covered(id, model, group) == 1
    assert covered(id, renamed, group) == 0


def test_shuffled_answers_leave_the_cosets_and_no_account_that_holds():
    """Left and right are what they were, so neurons are still on cosets; what they say is about other elements."""
    group = named_group("S4")
    model = cosets_of("S3")(group)
    shuffled = replace(model, out=model.out[torch.from_numpy(np.random.default_rng(1).permutation(24))])
    facts = measure(shuffled, group, CONFIG)
    accounts = [KINDS[id].fit(facts, CONFIG) for id in ("coset", "rho_set", "rank_one", "gcr")]
    assert len(accounts[0].labels) == model.width
    arena, _ = compete(facts, accounts, [account.record() for account in accounts], CONFIG)
    assert arena.best == arena.shortest == ""
    assert {c.verdict for c in arena.contests if c.mode == "alone"} <= {"fails", "not applicable"}
