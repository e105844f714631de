"""Ground truth for every account: the right one wins on networks written by hand, and every wrong one loses."""

from functools import cache

import pytest

from cosetta.analysis import fit_accounts
from cosetta.config import AnalysisConfig
from cosetta.evidence import compete
from cosetta.measures import measure
from tests.hypotheses.planted_set import CASES, network

CONFIG = AnalysisConfig(null_samples=99, arena_pairs=4000, control_pairs=800)


@cache
def arena_of(name):
    group, model = network(CASES[name])
    facts = measure(model, group, CONFIG)
    return compete(facts, *fit_accounts(facts, CONFIG), CONFIG)[0]


@pytest.mark.parametrize("name", CASES)
def test_the_right_account_wins(name):
    case, arena = CASES[name], arena_of(name)
    assert arena.shortest in (case.shortest or ("",))
    if case.shortest:
        won = arena.contest(arena.shortest, "alone")
        assert won.recovered > 0.99
        assert won.fidelity > 0.95
        assert won.control is not None
        assert won.recovered_interval[0] > won.control.recovered_interval[1]  # the intervals are disjoint


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name].fail])
def test_wrong_accounts_lose(name):
    case, arena = CASES[name], arena_of(name)
    won = arena.contest(arena.shortest, "alone")
    for id in case.fail:
        lost = arena.contest(id, "alone")
        assert lost.verdict != "holds" or lost.fidelity < CONFIG.faithful_at, id
        assert lost.fidelity < won.fidelity - 0.1, id


@pytest.mark.parametrize("name", [name for name in CASES if not CASES[name].learned])
def test_nothing_holds_for_a_network_that_has_learned_nothing(name):
    arena = arena_of(name)
    assert arena.best == arena.shortest == ""
    assert {contest.verdict for contest in arena.contests if contest.mode == "alone"} <= {"not applicable", "fails"}
