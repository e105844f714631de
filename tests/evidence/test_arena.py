"""The arena's arithmetic against slow twins on all pairs, and its rules."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cosetta.analysis import fit_accounts
from cosetta.config import AnalysisConfig
from cosetta.evidence import compete
from cosetta.evidence.exchange import exchange
from cosetta.evidence.pair_losses import PairLosses
from cosetta.evidence.single import single_neurons
from cosetta.groups import named_group, subgroup_lattice
from cosetta.hypotheses import ACCOUNTS, CosetCircuit
from cosetta.interventions import mean_ablate
from cosetta.measures import measure
from cosetta.models import FoldedModel, PairScorer
from cosetta.models.planted import CosetPlan, plant

CONFIG = AnalysisConfig(null_samples=99, control_draws=4)


def planted(noise=0.0, random_neurons=0):
    group = named_group("S4")
    H = subgroup_lattice(group).subgroup(1)
    circuit = CosetPlan(subgroup_lattice(group)["S3"], amplitude=8.0)
    assert H.order == 2
    made = plant(group, [circuit], torch.Generator().manual_seed(0), noise=noise, random_neurons=random_neurons)
    return group, made.folded


@pytest.fixture(scope="module")
def noisy():
    group, model = planted(noise=0.02, random_neurons=2)
    facts = measure(model, group, CONFIG)
    return group, model, facts, PairLosses(group, model, 10_000, 0)


def logits_of(model, losses):
    return model.logits(losses.a, losses.b).double()


def test_losses_are_cross_entropy_divergence_and_squared_distance(noisy):
    group, model, _, losses = noisy
    other = mean_ablate(model, [0, 3])
    found = losses(other)
    theirs, ours = logits_of(model, losses), logits_of(other, losses)
    assert np.allclose(found.loss, F.cross_entropy(ours, losses.product, reduction="none"), atol=1e-6)
    divergence = (theirs.softmax(-1) * (theirs.log_softmax(-1) - ours.log_softmax(-1))).sum(-1)
    assert np.allclose(found.kl, divergence, atol=1e-5)
    change = ours - theirs
    assert np.allclose(found.error, ((change - change.mean(-1, keepdim=True)) ** 2).sum(-1), rtol=1e-4, atol=1e-5)
    assert found.accuracy == PairScorer(group)(other).accuracy
    assert len(losses) == group.order**2


def test_one_neuron_at_a_time_is_what_replacing_it_does(noisy):
    _, model, facts, losses = noisy
    account = CosetCircuit.fit(facts, CONFIG)
    ideal = account.functions()
    single = single_neurons(account, losses)
    assert set(single) == set(account.labels)
    before = logits_of(model, losses).log_softmax(-1)
    for n in sorted(account.labels)[:5]:
        values = {name: getattr(model, name).clone() for name in ("left", "right", "out")}
        for name, value in values.items():
            value[:, n] = torch.from_numpy(np.array(ideal[name][:, n])).to(value)
        alone = FoldedModel(**values, bias=model.bias)
        after = logits_of(alone, losses).log_softmax(-1)
        kl = float((before.exp() * (before - after)).sum(-1).mean())
        assert single[n][1] == pytest.approx(kl, rel=1e-3, abs=1e-7)

        def given(m, n=n):
            post = m.activate(m.left[losses.a, n] + m.right[losses.b, n])
            return torch.outer(post - post.mean(), m.out[:, n] - m.out[:, n].mean())

        kept = 1 - ((given(alone) - given(model)) ** 2).sum() / (given(model) ** 2).sum()
        assert single[n][0] == pytest.approx(float(kept), abs=1e-6)


def test_the_ends_of_the_scale(noisy):
    _, _, facts, _ = noisy
    arena, records = compete(facts, *fit_accounts(facts, CONFIG), CONFIG)
    assert arena.contest("nothing", "alone").recovered == 0
    assert arena.contest("nothing", "alone").fidelity == pytest.approx(0, abs=1e-6)
    assert arena.contest("nothing", "alone").verdict == "fails"
    assert arena.contest("lookup", "alone").recovered > 0.99
    assert arena.shortest != "lookup"
    coset = arena.contest("coset", "kept")
    assert coset.recovered == pytest.approx(1, abs=0.01)
    assert {record.id for record in records} == {kind.id for kind in ACCOUNTS}
    with pytest.raises(KeyError, match="no contest cosets/left; there are coset/left"):
        arena.contest("cosets", "left")


def test_an_account_that_ties_with_its_control_does_not_hold():
    """Of the sign alone a turned rho-set is the same rho-set: nothing tells the account from its control."""
    group = named_group("S4")
    model = plant(
        group, [CosetPlan(subgroup_lattice(group)["A4"], amplitude=8.0)], torch.Generator().manual_seed(0)
    ).folded
    facts = measure(model, group, CONFIG)
    tied = compete(facts, *fit_accounts(facts, CONFIG), CONFIG)[0].contest("rho_set", "alone")
    assert tied.recovered == pytest.approx(1)
    assert tied.control is not None
    assert tied.control.recovered_interval[1] == pytest.approx(tied.recovered)
    assert tied.verdict == "fails"


def test_exchanges_inside_cosets_move_nothing_and_others_do(noisy):
    _, model, facts, losses = noisy
    account = CosetCircuit.fit(facts, CONFIG)
    (found,) = exchange([account], losses, losses(model), CONFIG)
    assert found.verdict == "holds"
    assert found.moved == 1
    assert found.control_loss > found.loss + 1


def test_a_sample_has_an_interval_that_covers_all_pairs(noisy):
    _, _, facts, _ = noisy
    sampled = AnalysisConfig(null_samples=99, control_draws=2, arena_pairs=150)
    whole, _ = compete(facts, *fit_accounts(facts, CONFIG), CONFIG)
    part, _ = compete(facts, *fit_accounts(facts, sampled), sampled)
    assert (whole.pairs, part.pairs) == (576, 150)
    for id in ("coset", "rank_one", "quotient"):
        low, high = part.contest(id, "alone").recovered_interval
        assert low <= whole.contest(id, "alone").recovered + 0.02
        assert high >= whole.contest(id, "alone").recovered - 0.02
