"""Exchanges of activations: permutations that keep every part, and accounts that do not disturb one another."""

import numpy as np
import pytest
import torch

from cosetta.analysis import fit_accounts
from cosetta.config import AnalysisConfig
from cosetta.evidence.exchange import _permuted, _shuffle, exchange
from cosetta.evidence.pair_losses import PairLosses
from cosetta.groups import named_group, subgroup_lattice
from cosetta.hypotheses import CosetCircuit
from cosetta.measures import measure
from cosetta.models.planted import CosetPlan, plant

CONFIG = AnalysisConfig(null_samples=99, control_draws=2, control_pairs=200)


@pytest.fixture(scope="module")
def facts():
    group = named_group("S4")
    plan = CosetPlan(subgroup_lattice(group)["S3"], amplitude=8.0)
    model = plant(group, [plan], torch.Generator().manual_seed(0), noise=0.02, random_neurons=2).folded
    return measure(model, group, CONFIG)


@pytest.mark.parametrize(("parts", "elements"), [(1, 6), (3, 24), (24, 24), (200, 2**15 + 8)])
def test_a_shuffle_is_a_permutation_that_keeps_every_part(parts, elements):
    generator = np.random.default_rng(0)
    rows = generator.integers(parts, size=(4, elements))
    source = _shuffle(rows, generator.random(rows.shape))
    assert (np.sort(source, axis=1) == np.arange(elements)).all()
    assert (np.take_along_axis(rows, source, axis=1) == rows).all()
    assert parts == elements or (source != np.arange(elements)).any()


@pytest.mark.parametrize("anywhere", [False, True])
def test_exchanged_functions_are_those_of_one_neuron_at_a_time(facts, anywhere):
    account = CosetCircuit.fit(facts, CONFIG)
    covered = sorted(account.labels)
    parts = {name: np.tile(np.arange(24) // 6, (len(covered), 1)) for name in ("left", "right")}
    found = _permuted(account, parts, np.random.default_rng(3), anywhere)
    generator = np.random.default_rng(3)
    for name in parts:
        slow = getattr(facts.model, name).numpy().copy()
        for n, row in zip(covered, parts[name], strict=True):
            part = row[generator.permutation(24)] if anywhere else row
            noise, values = generator.random(24), slow[:, n].copy()
            for p in np.unique(part):
                inside = np.flatnonzero(part == p)
                slow[inside, n] = values[inside[np.argsort(noise[inside])]]
        assert (getattr(found, name).numpy() == slow).all()
    assert torch.equal(found.out, facts.model.out)


def test_an_account_is_tested_alike_alone_and_among_others(facts):
    """Accounts of the product that cover the same neurons share their exchanges; none moves another's draws."""
    accounts, _ = fit_accounts(facts, CONFIG)
    losses = PairLosses(facts.group, facts.model, CONFIG.arena_pairs, CONFIG.seed)
    network = losses(facts.model)
    together = exchange(accounts, losses, network, CONFIG)
    apart = [test for account in accounts for test in exchange([account], losses, network, CONFIG)]
    assert list(together) == apart
    assert len({test.account for test in together}) == len(together) >= 4
    assert exchange([], losses, network, CONFIG) == ()
