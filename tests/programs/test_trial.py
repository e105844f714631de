"""A program is held against its network: errors, damage, margins; wrong networks are told; refusals have reasons."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cosetta.analysis import fit_accounts
from cosetta.errors import Unsupported
from cosetta.groups import named_group
from cosetta.hypotheses.program import ProgramAccount, network_of
from cosetta.measures import measure
from cosetta.models import FoldedModel
from cosetta.models.planted import CosetPlan, plant, random_model
from cosetta.programs import decompile
from cosetta.programs.building import complete_program, narrowed, noisy, spoiled
from cosetta.programs.report_lines import trial_lines


def test_a_network_that_errs_is_predicted_where_a_right_program_predicts_nothing(points_of_s4, quick):
    """Rules are missing, so some products are wrong; the scales make the network's choice definite."""
    G = points_of_s4.group
    program = narrowed(points_of_s4)
    program = program.keep(range(2, len(program.rules)))
    network = noisy(network_of(program), 0.002, 0, 0)
    found = decompile(network, G, quick, "missing")
    assert found.trial.network_accuracy < 0.8
    assert found.program.rules[0].family == "S3"
    assert found.trial.wrong_predicted > 0.3
    assert found.trial.wrong_predicted > 5 * found.trial.wrong_control
    right = decompile(network_of(points_of_s4), G, quick, "right").program
    a, b = (x.ravel() for x in np.meshgrid(np.arange(24), np.arange(24), indexing="ij"))
    answers = network.logits(torch.from_numpy(a), torch.from_numpy(b)).argmax(-1).numpy().reshape(24, 24)
    wrong = answers != G.table
    assert (right.answers()[wrong] == answers[wrong]).mean() == 0


def test_a_rule_that_nothing_can_replace_leaves_a_tie_and_the_network_answers_one_of_the_tied(quick):
    """Of every coset only one side speaks: without a rule, two elements are left that nothing tells apart."""
    points = complete_program(named_group("S4"), ["S3", "A4"])
    one_sided = tuple(
        replace(rule, weights=(replace(rule.weights[0], below=0),)) if rule.family == "S3" else rule
        for rule in points.rules
    )
    network = noisy(network_of(replace(points, rules=one_sided)), 0.01, 0, 0)
    damage = decompile(network, points.group, quick, "one-sided").trial.damage
    assert damage.changed > 0.05
    assert damage.changed_left == 1
    assert 1.5 < damage.left < 4


def test_the_start_is_the_bias_and_predicts_what_it_decides(points_of_s4, quick):
    """A bias for the identity makes errors that follow from it."""
    network = network_of(narrowed(points_of_s4))
    bias = torch.zeros(24, dtype=torch.float64)
    bias[0] = 3 * network.logits(torch.arange(24), torch.arange(24)).std()
    found = decompile(FoldedModel(network.left, network.right, network.out, bias), points_of_s4.group, quick, "biased")
    assert found.trial.wrong > 20
    assert found.trial.wrong_predicted > 0.9
    assert found.program.start[0] == 0
    assert set(found.program.start[1:]) == {99}


def test_damage_is_the_same_in_program_and_network(points_of_s4, quick):
    found = decompile(noisy(network_of(points_of_s4), 0.002, 0, 0), points_of_s4.group, quick, "whole")
    assert found.trial.damage.rules == 16
    assert found.trial.damage.least_agreement > 0.95
    assert found.trial.rank_correlation > 0.95
    text = "\n".join(trial_lines(found))
    assert "goal 95\u00a0%: met" in text
    assert "the network has none here" in text


def test_a_missed_goal_is_printed(points_of_s4, quick):
    network = noisy(network_of(narrowed(points_of_s4)), 0.05, 0, 3)
    found = decompile(network, points_of_s4.group, quick, "narrow")
    assert found.trial.damage.least_agreement < 0.95
    assert "MISSED" in "\n".join(trial_lines(found))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda G: random_model(G, 48, torch.Generator().manual_seed(0)), r"random, has memorised"),
        (lambda G: spoiled(complete_program(G, ["S3"]), "memoriser"), r"random, has memorised"),
        (lambda G: network_of(complete_program(G, ["A4"])), r"answer on half of the pairs"),
    ],
    ids=["random", "memoriser", "sign only"],
)
def test_what_no_rules_describe_is_refused_with_the_reason(make, reason, quick):
    G = named_group("S4")
    with pytest.raises(Unsupported, match=reason) as error:
        decompile(make(G), G, quick)
    assert "\n" not in str(error.value)


def test_a_group_without_subgroups_is_a_plain_no(quick):
    G = named_group("C7")
    with pytest.raises(Unsupported, match="C7 has none: the rank-one account"):
        decompile(random_model(G, 8, torch.Generator().manual_seed(0)), G, quick)


def test_a_wrong_conjugate_is_told_by_finder_account_and_program(points_of_s4, quick):
    G = points_of_s4.group
    good, bad = network_of(narrowed(points_of_s4, tries=1)), spoiled(points_of_s4, "wrong-conjugate")
    assert (good.out != bad.out).any(dim=0).sum() >= 1
    changed = torch.nonzero((good.out != bad.out).any(dim=0))[:, 0].tolist()
    accounts = {account.id: account for account in fit_accounts(measure(bad, G, quick), quick)[0]}
    neurons = accounts["coset"].findings().by_neuron
    assert all(neurons[n].out_on > neurons[n].out_off for n in changed)  # loud on its own coset: not what a rule is
    assert all(neurons[n].out_on < neurons[n].out_off for n in neurons if n not in changed)
    weights = {rule.coset: rule.weights for rule in accounts["program"].program.rules}
    told = [coset for coset, found in weights.items() if any(w.above < 0 or w.below < 0 for w in found)]
    assert len(told) == 1
    assert decompile(bad, G, quick).trial.network_accuracy < 0.8


def test_a_missing_circuit_is_told(points_of_s4, quick):
    found = decompile(spoiled(points_of_s4, "missing-circuit"), points_of_s4.group, quick, "missing")
    whole = narrowed(points_of_s4, tries=1)
    missing = {rule.coset for rule in whole.rules} - {rule.coset for rule in found.program.rules}
    assert missing == {whole.rules[0].coset}
    assert found.trial.network_accuracy < 0.9


def test_the_account_is_the_program_and_its_control_is_refused(quick):
    from cosetta.evidence import compete

    G = named_group("S4")
    model = plant(G, [CosetPlan(G.subgroup([1, 2]), amplitude=8.0)], torch.Generator().manual_seed(0)).folded
    facts = measure(model, G, quick)
    accounts, records = fit_accounts(facts, quick)
    arena, records = compete(facts, accounts, records, quick)
    contest = arena.contest("program", "alone")
    assert contest.verdict == "holds"
    assert contest.fidelity > 0.95
    assert contest.recovered_interval[0] > contest.control.recovered_interval[1]
    account = next(account for account in accounts if isinstance(account, ProgramAccount))
    alone, program = account.alone(), account.program
    a, b = (torch.from_numpy(x.ravel()) for x in np.meshgrid(np.arange(24), np.arange(24), indexing="ij"))
    assert (alone.logits(a, b).argmax(-1).numpy().reshape(24, 24) == program.answers()).all()


def test_an_account_without_coset_neurons_covers_nothing(quick):
    G = named_group("S4")
    account = ProgramAccount.fit(measure(random_model(G, 8, torch.Generator().manual_seed(0)), G, quick), quick)
    assert not account.labels
    assert account.program.rules == ()
    assert account.record().strength == 0
