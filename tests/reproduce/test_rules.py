"""The rules of claims: each can say agrees, differs and cannot be checked, and never two at once."""

import itertools

import numpy as np
import pytest

from cosetta import named_group
from cosetta.reproduce.chughtai2023 import claims as chughtai2023
from cosetta.reproduce.frame.claims import ClaimRow, decide
from cosetta.reproduce.frame.results import Claim
from cosetta.reproduce.frame.rules import (
    AllBeyond,
    Every,
    Exact,
    Exists,
    Factors,
    Measured,
    Near,
    NearAll,
    Part,
    Stated,
    plain,
)
from cosetta.reproduce.frame.spread import MIN_RUNS, Mean, mean_over_runs
from cosetta.reproduce.stander2024 import claims as stander2024
from cosetta.reproduce.stander2024.controls import random_control
from cosetta.reproduce.wu2024 import claims as wu2024

RUNS = 200
RULES = (
    Near(0.5, 0.1),
    Every(),
    AllBeyond(((0.0, True),), "above 0"),
    AllBeyond(((0.1, True), (0.2, False)), "on its side", still=True),
    AllBeyond(((0.9, True), (0.9, True)), "above", together=True),
    Factors((1e-6,)),
    Factors((1e-6, 2e-6, 3e-6), "extremes ", 100),
    NearAll(((24.0, 12.0), (1.0, 0.02)), "both"),
    Part(0.95, "must"),
    Stated("the test"),
    Exists(2, "kinds"),
    Exact(1.02e-5, 5e-8),
)


def sure(value, n=RUNS):
    """A number that every run has."""
    return Mean(value, value, value, n)


def means(rule, agree):
    """Numbers on which the rule must agree, or must differ."""
    match rule:
        case Near():
            return (sure(rule.expected if agree else rule.expected + 3 * rule.tolerance + 0.01),)
        case Every():
            return (sure(rule.expected if agree else rule.expected - 0.01),)
        case AllBeyond():
            return tuple(sure(bound + (0.5 if above == agree else -0.5)) for bound, above in rule.bounds)
        case Factors():
            return tuple(sure(value * (1.0 if agree else 2 * rule.factor)) for value in rule.expected)
        case NearAll():
            return tuple(sure(value if agree else value + 2 * within) for value, within in rule.expected)
        case Part():
            return (sure(1.0 if agree else rule.least - 0.01),)
        case Stated():
            return (sure(1.0 if agree else 0.0),)
        case Exists():
            return (sure(float(rule.least if agree else rule.least - 1)),)
        case Exact():
            return (sure(rule.expected if agree else rule.expected + 2 * rule.tolerance + 1e-12),)
    raise AssertionError(rule)


def verdict(rule, found, **more):
    return rule.decide(Measured("", tuple(found), **more))[0]


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_a_rule_can_say_every_verdict(rule):
    assert verdict(rule, means(rule, True)) == "agrees"
    assert verdict(rule, means(rule, False)) == "differs"
    assert verdict(rule, means(rule, True), open_because="nothing was put to the test") == "cannot be checked"
    assert verdict(rule, means(rule, False), open_because="nothing was put to the test") == "cannot be checked"
    nothing = [Mean(None, None, None, 0) for _ in means(rule, True)]
    assert verdict(rule, nothing) == "cannot be checked"


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_no_rule_holds_and_fails_at_once(rule):
    generator = np.random.default_rng(0)
    size = len(means(rule, True))
    centre = [mean.value for mean in means(rule, True)]
    for _ in range(200):
        spread = np.abs(generator.standard_normal(size)).tolist()
        values = [float(c + s * generator.standard_normal()) for c, s in zip(centre, spread, strict=True)]
        found = [Mean(v, v - s, v + s, RUNS) for v, s in zip(values, spread, strict=True)]
        held, refuted = rule.judge(found)
        assert not (held and refuted)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.fewest >= MIN_RUNS], ids=repr)
def test_too_few_runs_decide_nothing(rule):
    for agree, n in itertools.product((True, False), range(MIN_RUNS)):
        few = [Mean(mean.value, None, None, n) for mean in means(rule, agree)]
        found, why = rule.decide(Measured("", tuple(few)))
        assert found == "cannot be checked"
        assert "n too small" in why


def test_the_numbers_of_few_runs_are_a_hint_and_no_verdict():
    few = Measured("", (mean_over_runs([0.49, 0.5, 0.51, 0.5]),))
    assert Near(0.5, 0.1).decide(few)[0] == "cannot be checked"
    assert Near(0.5, 0.1).is_near(few)
    assert not Near(0.9, 0.1).is_near(few)
    assert not Near(0.5, 0.1).is_near(Measured("", (Mean(None, None, None, 0),)))


def test_what_exists_takes_few_runs_and_what_does_not_takes_many():
    rule = Exists(2, "kinds")
    assert verdict(rule, [plain(2.0, 2)]) == "agrees"
    assert verdict(rule, [plain(1.0, MIN_RUNS - 1)]) == "cannot be checked"
    assert verdict(rule, [plain(1.0, MIN_RUNS)]) == "differs"


def all_rows():
    control = random_control(named_group("S3"), 1, width=4)
    rows = [(f"stander2024 {group}", stander2024.claim_rows(group, control)) for group in ("S5", "S6")]
    return [*rows, ("chughtai2023", chughtai2023.claim_rows()), ("wu2024", wu2024.claim_rows())]


@pytest.mark.parametrize(("paper", "rows"), all_rows(), ids=[name for name, _ in all_rows()])
def test_every_row_has_an_id_of_its_own_and_a_rule_that_can_go_either_way(paper, rows):
    ids = [row.id for row in rows]
    assert len(set(ids)) == len(ids), paper
    for row in rows:
        assert verdict(row.rule, means(row.rule, True)) == "agrees", row.id
        assert verdict(row.rule, means(row.rule, False)) == "differs", row.id
        assert not row.twin or row.twin in ids, row.id
        assert row.section
        assert row.statement


def row(id="a", **more):
    """A claim that a population, here a list of numbers, has mean 0.5."""
    rule = Near(0.5, 0.1, "{:.2f}")

    def measure(values):
        mean = mean_over_runs(values)
        return Measured(mean.says("{:.2f}"), (mean,))

    return ClaimRow(id, "Section 1", f"G: {id}", "0.5", measure, rule, **more)


HALF, ONE, FEW = [0.5] * 9, [1.0] * 9, [0.5] * 2


def one(rows, **populations) -> Claim:
    return decide(rows, populations)[0]


def test_the_first_population_that_can_decide_does():
    claim = one([row()], few=FEW, slow=ONE, fast=HALF)
    assert (claim.decided_on, claim.verdict) == ("slow", "differs")
    assert [(f.population, f.verdict) for f in claim.others] == [("few", "cannot be checked"), ("fast", "agrees")]
    assert claim.others[0].near


def test_a_claim_about_one_recipe_is_decided_by_no_other():
    claim = one([row(only=("slow",))], fast=HALF)
    assert claim.verdict == "cannot be checked"
    assert "0 runs of slow" in claim.why
    assert claim.others[0].verdict == "agrees"
    assert one([row(only=("slow",))], fast=HALF, slow=ONE).verdict == "differs"


def test_without_a_population_nothing_is_decided():
    claim = one([row()])
    assert (claim.verdict, claim.ours, claim.others) == ("cannot be checked", "", ())


def test_a_difference_that_another_recipe_lacks_is_the_recipes():
    assert one([row()], slow=ONE, fast=HALF).cause == "recipe: fast agrees by the same rule"
    assert one([row()], slow=ONE, fast=ONE).cause.startswith("not the recipe, since fast differs as well")
    assert one([row()], slow=ONE, few=FEW).cause.startswith("not decided")
    assert one([row()], slow=HALF, fast=ONE).cause == "recipe, for fast: by the same rule slow agrees"
    assert one([row()], slow=HALF, fast=HALF).cause == ""


def test_a_twin_that_agrees_makes_the_measure_the_cause():
    twin = ClaimRow("b", "", "G: measured their way", "0.5", lambda _: Measured("0.50", (sure(0.5),)), Near(0.5, 0.1))
    assert one([row(twin="b"), twin], slow=ONE).cause == "measure: measured their way: 0.50"
    wrong = ClaimRow("b", "", "G: measured their way", "0.5", lambda _: Measured("0.9", (sure(0.9),)), Near(0.5, 0.1))
    assert one([row(twin="b", cause=lambda _: "size: shorter"), wrong], slow=ONE).cause == "size: shorter"
    assert one([row(cause=lambda _: "size: shorter")], slow=HALF).cause == ""
