"""Exchanges move values only where an account says that nothing changes, and see an account that is wrong."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cosetta.config import AnalysisConfig
from cosetta.evidence import exchange as module
from cosetta.evidence.exchange import exchange
from cosetta.evidence.pair_losses import PairLosses
from cosetta.evidence.specimens import SHOWN, find_specimens
from cosetta.groups import named_group
from cosetta.hypotheses import CosetCircuit, Quotients, TwistedCosets
from cosetta.hypotheses.gcr import ProductActivations
from cosetta.measures import coset_variance_fraction, find_frequencies, measure
from cosetta.models.planted import random_model
from tests.hypotheses.planted_set import cosets_of, rho_set

CONFIG = AnalysisConfig(null_samples=19, control_pairs=300)
FUNCTIONS = ("left", "right")


def fitted_on(kind, name, build):
    group = named_group(name)
    facts = measure(build(group), group, CONFIG)
    account, losses = kind.fit(facts, CONFIG), PairLosses(group, facts.model, 600, 0)
    return account, losses


def test_values_move_inside_the_cosets_of_their_neuron_and_none_is_lost():
    account, _ = fitted_on(CosetCircuit, "S4", cosets_of("S3"))
    parts = {name: module._levels(account, name) for name in FUNCTIONS}
    given = account.facts.model
    noisy = replace(given, **{name: torch.randn(24, given.width).double() for name in FUNCTIONS})
    account = replace(account, facts=replace(account.facts, model=noisy))
    inside = module._permuted(account, parts, np.random.default_rng(0), False)
    anywhere = module._permuted(account, parts, np.random.default_rng(0), True)
    for name in FUNCTIONS:
        before, after, control = (getattr(model, name).numpy() for model in (noisy, inside, anywhere))
        for n, levels in zip(sorted(account.labels), parts[name], strict=True):
            assert len(np.unique(levels)) == account.assigned[0].left.index
            for level in np.unique(levels):
                assert sorted(after[levels == level, n]) == sorted(before[levels == level, n])
            assert sorted(control[:, n]) == sorted(before[:, n])
        assert (after != before).mean() > 0.5
    assert torch.equal(noisy.out, inside.out)


@pytest.mark.parametrize(
    ("kind", "build"), [(CosetCircuit, cosets_of("S3")), (TwistedCosets, cosets_of("D8")), (Quotients, cosets_of("A4"))]
)
def test_an_account_that_is_right_stays_right(kind, build):
    account, losses = fitted_on(kind, "S4", build)
    (found,) = exchange([account], losses, losses(account.facts.model), CONFIG)
    assert (found.verdict, found.moved) == ("holds", 1)
    assert found.loss == pytest.approx(float(losses(account.facts.model).loss[:300].mean()), abs=1e-5)


def test_an_account_of_other_cosets_is_seen():
    """The control of the coset account, stated as if it were the account."""
    account, losses = fitted_on(CosetCircuit, "S4", cosets_of("S3"))
    wrong = account.control(np.random.default_rng(0))
    (found,) = exchange([wrong], losses, losses(account.facts.model), CONFIG)
    assert found.verdict == "fails"


def test_activations_of_coset_neurons_are_not_functions_of_the_product():
    """A complete rho-set answers by the product, but each neuron knows its factors: taken from elsewhere, they show."""
    account, losses = fitted_on(ProductActivations, "S4", rho_set("(3,1)", "S3"))
    (found,) = exchange([account], losses, losses(account.facts.model), CONFIG)
    assert found.verdict == "fails"


@pytest.mark.parametrize("name", ["S4", "C12"])
def test_specimens_are_the_networks_own_values_in_the_order_of_their_cosets(name):
    group = named_group(name)
    model = random_model(group, 16, torch.Generator().manual_seed(4))
    facts = measure(model, group, CONFIG)
    findings, waves = CosetCircuit.fit(facts, CONFIG).findings(), find_frequencies(facts)
    specimens = find_specimens(facts, findings.open, waves, CONFIG)
    strength = [facts.strength[specimen.neuron] for specimen in specimens]
    assert len(specimens) == SHOWN
    assert strength == sorted(strength, reverse=True)
    if waves is not None:
        shown = {waves.by_neuron[specimen.neuron].frequency for specimen in specimens}
        assert shown == {neuron.frequency for neuron in waves.neurons}
        assert all(len(specimen.angles) == group.order for specimen in specimens)
    for specimen in specimens:
        for side, fraction in zip(FUNCTIONS, specimen.fractions, strict=True):
            values, labels = np.array(getattr(specimen, side)), np.array(getattr(specimen, f"{side}_cosets"))
            assert np.array_equal(values, getattr(model, side)[:, specimen.neuron].numpy())
            assert coset_variance_fraction(values, labels) == pytest.approx(fraction, abs=1e-9)
            means = [values[labels == c].mean() for c in range(labels.max() + 1)]
            assert means == sorted(means)
            assert len(set(np.bincount(labels).tolist())) == 1
