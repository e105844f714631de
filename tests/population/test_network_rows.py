"""What benchmarks/network_rows.py says of a network is what `cosetta census` reads from the folder of its run."""

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cosetta import census, named_group, train
from cosetta.explanation import explain_run
from cosetta.population.rows import ACCOUNTS, NEURONS
from cosetta.training import fast

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from network_rows import arena_line, columns_of, explained, network_line, read_lines, run_row

SETTINGS = {"embed_dim": 16, "width": 16, "train_fraction": 0.9, "max_steps": 400}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    S4 = named_group("S4")
    config = fast("S4", **SETTINGS)
    made = train(config, S4, tmp_path_factory.mktemp("runs") / config.run_name)
    explain_run(made, S4, report=False)
    return made


@pytest.fixture(scope="module")
def counted(run):
    return census(run.folder.parent)


@pytest.fixture(scope="module")
def file(run):
    """The network as a file of `gpu_populations.py` holds it: the record and the arrays."""
    model, points = (
        run.network().fold(),
        run.metrics.select("step", pl.lit(0), "train_loss", "test_loss", "train_accuracy", "test_accuracy"),
    )
    last = run.metrics.row(-1, named=True)
    record = {"group": "S4", "recipe": "fast", "overrides": SETTINGS, "seeds": [0], "device": "cpu"}
    record |= {"final": [[last["test_accuracy"], last["test_loss"]]], "points": {"0": points.rows()}}
    arrays = {name: getattr(model, name).numpy()[None] for name in ("left", "right", "out", "bias")}
    return arrays, record


def test_rows_of_neurons_and_accounts_are_those_of_the_census(run, counted):
    row, neurons, accounts = explained(run.network().fold(), named_group("S4"))
    shared = {"run": run.folder.name, "group": "S4", "recipe": "fast"}
    mine = pl.DataFrame([shared | neuron for neuron in neurons], schema=NEURONS, orient="row")
    assert mine.equals(counted.neurons)
    told = pl.DataFrame([shared | account for account in accounts], schema=ACCOUNTS, orient="row")
    competed = ("accuracy", "recovered", "fidelity", "control", "verdict", "is_best")
    same = [name for name in ACCOUNTS if not name.startswith(competed) and name not in ("bits", "covered", "strength")]
    assert told.select(same).equals(counted.accounts.select(same))
    theirs = counted.runs.row(0, named=True)
    for name in set(row) - {"analysis_seconds"}:
        assert row[name] == pytest.approx(theirs[name]), name


def test_the_row_of_a_run_is_that_of_the_census(file, counted):
    row, theirs = run_row(file[1], file[0], 0), counted.runs.row(0, named=True)
    same = ("run", "group", "order", "seed", "hash", "setting", "train_fraction", "width", "max_steps", "batch_size")
    for name in (*same, "steps", "test_accuracy", "test_loss", "grok_step", "status"):
        assert row[name] == theirs[name], name


def test_a_line_holds_the_network_and_its_arena(file, counted, tmp_path):
    path = tmp_path / "lines.jsonl.gz"
    path.write_bytes(network_line(*file, 0)[1] + arena_line(*file, 0)[1])
    network, arena = read_lines(path)
    assert network["row"]["live"] == counted.runs["live"][0]
    assert network["neurons"]["subgroup"] == counted.neurons["subgroup"].to_list()
    theirs = counted.accounts.filter(pl.col("account") == "coset")["recovered"][0]
    mine = dict(zip(arena["accounts"]["account"], arena["accounts"]["recovered"], strict=True))["coset"]
    assert mine == pytest.approx(theirs, rel=1e-5)
    assert arena["best"] == counted.runs["best_account"][0]


def test_columns_keep_six_digits_and_what_is_missing():
    rows = [{"a": 1 / 3, "b": None}, {"a": np.float64(2e-9), "c": "x"}]
    assert columns_of(rows) == {"a": [0.333333, 2e-9], "b": [None, None], "c": [None, "x"]}
