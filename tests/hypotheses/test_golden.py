"""The labels of one planted network, neuron by neuron, are those committed: a rule does not change by accident."""

import importlib.util
import json
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "data" / "make_golden.py"
spec = importlib.util.spec_from_file_location("make_golden", SCRIPT)
make_golden = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make_golden)


@pytest.fixture(scope="module")
def committed() -> dict:
    return json.loads(make_golden.PATH.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def found() -> dict:
    return json.loads(json.dumps(make_golden.golden(make_golden.findings())))


def test_findings_are_those_committed(committed, found):
    assert [row["neuron"] for row in found["neurons"]] == [row["neuron"] for row in committed["neurons"]]
    changed = [pair for pair in zip(committed["neurons"], found["neurons"], strict=True) if pair[0] != pair[1]]
    assert not changed, f"{len(changed)} findings changed; if on purpose, run {SCRIPT.name} and say why in LOG.md"
    assert found == committed


def test_the_network_has_something_of_everything(committed):
    counts = {name: neurons for name, neurons, _ in committed["classes"]}
    assert counts == {"F20": 72, "S4": 50, "A5": 4, "none": 4, "dead": 3}
    assert sum("circuit" in row for row in committed["neurons"]) == 126
    assert min(row["left"][3] for row in committed["neurons"] if "circuit" in row) > 1e-5  # noise, so digits to compare
