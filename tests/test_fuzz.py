"""`make fuzz` in small: what reads anything survives damage, and the fuzzer itself notices what it is there for."""

import importlib.util
import random
import sys
from pathlib import Path

import pytest

from cosetta.errors import BadRun


@pytest.fixture(scope="module")
def fuzz():
    spec = importlib.util.spec_from_file_location("fuzz", Path(__file__).parents[1] / "scripts" / "fuzz.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["fuzz"]


def test_damage_is_an_answer_or_one_line(fuzz):
    tallies = fuzz.fuzz(400, seed=1)
    assert {kind: tally.failures for kind, tally in tallies.items()} == {kind: [] for kind in fuzz.SHARES}
    assert sum(tally.inputs for tally in tallies.values()) == 400
    assert all(tally.refused for tally in tallies.values())
    assert all(tallies[kind].accepted for kind in ("checkpoints", "settings", "tables", "runs"))
    assert tallies["caches"].accepted == tallies["resume"].accepted == 0


def test_the_fuzzer_notices(fuzz):
    tally = fuzz.Tally()
    for error in (KeyError("x"), BadRun("two\nlines"), BadRun("x" * 3000), RecursionError()):

        def fails(error=error):
            raise error

        fuzz.attempt(fails, tally)
    assert len(tally.failures) == 4
    fuzz.attempt(lambda: 1, tally)
    assert (tally.inputs, tally.accepted, tally.refused) == (5, 1, 2)


def test_inputs_depend_on_the_seed_alone(fuzz):
    content = b'{"a": [1, 2, {"b": "c"}]}'
    first, second = ([fuzz.either(content, random.Random(seed)) for seed in range(50)] for _ in range(2))
    assert first == second
    assert len(set(first)) > 40
