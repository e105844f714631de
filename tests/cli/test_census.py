"""The census from the command line, on one tiny run and on nothing."""

import json
import shutil

import pytest
import torch

from cosetta.config import AnalysisConfig
from cosetta.explanation import analyse_run
from cosetta.groups import named_group
from cosetta.models import load_tensors
from cosetta.population import load_census
from cosetta.training import fast, load_run, train
from cosetta.trajectory import trajectory


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    S3 = named_group("S3")
    config = fast("S3", embed_dim=8, width=8, train_fraction=0.8, checkpoints=3, max_steps=60)
    made = train(config, S3, tmp_path_factory.mktemp("runs") / config.run_name)
    (made.folder / "analysis.json").write_bytes(analyse_run(made, S3, AnalysisConfig(null_samples=19)).to_json())
    trajectory(made, S3)
    return made


@pytest.fixture
def cosetta(command_line):
    """Run the command line in an empty folder: (exit status, stdout, stderr)."""
    return command_line


@pytest.mark.parametrize("by", ["subgroup", "irrep", "argmin"])
def test_a_census_is_tables_numbers_and_figures(run, cosetta, tmp_path, by):
    status, shown, errors = cosetta("census", run.folder.parent, "--by", by, "--out", "out")
    assert (status, errors) == (0, "")
    assert "S3 fast: 1 finished" in shown
    assert "n too small" in shown
    out = tmp_path / "out"
    names = {"runs.parquet", "neurons.parquet", "accounts.parquet", "census.json"}
    names |= {"shares.svg", "grok_times.svg", "acquisition.svg"}
    assert {path.name for path in out.iterdir()} == names
    assert load_census(out).neurons.height == 8
    numbers = json.loads((out / "census.json").read_text())
    assert numbers["shares"]["S3 fast"]["by"] == by
    assert sum(numbers["shares"]["S3 fast"]["share"]) == pytest.approx(1)
    assert numbers["acquisition"]["S3 fast"]["runs"] == 1
    assert (out / "shares.svg").read_text().startswith("<?xml")


def test_weights_are_the_folded_networks_by_population(run, cosetta, tmp_path):
    other = tmp_path / "runs" / "other"
    shutil.copytree(run.folder, tmp_path / "runs" / run.folder.name)
    train(fast("S3", seed=1, embed_dim=8, width=8, train_fraction=0.8, checkpoints=3, max_steps=60), None, other)
    status, _, errors = cosetta("census", "runs", "--weights", "weights")
    assert (status, errors) == (0, "")
    assert sorted(path.name for path in (tmp_path / "weights").iterdir()) == ["S3-fast.json", "S3-fast.safetensors"]
    record = json.loads((tmp_path / "weights" / "S3-fast.json").read_text())
    assert record["runs"] == [run.folder.name, "other"]
    assert record["elements"] == list(named_group("S3").labels)
    stacked = load_tensors(tmp_path / "weights" / "S3-fast.safetensors")
    for i, folder in enumerate((run.folder, other)):
        model = load_run(folder).network().fold()
        for name in ("left", "right", "out", "bias"):
            assert torch.equal(stacked[name][i], getattr(model, name))


def test_a_damaged_network_is_named_and_the_others_are_written(run, cosetta, tmp_path):
    for name in ("a", "b"):
        shutil.copytree(run.folder, tmp_path / "runs" / name)
    config = json.loads((tmp_path / "runs" / "b" / "config.json").read_text())
    config["config"]["seed"] = 7  # not the same run twice
    config["hash"] = config["hash"][::-1]
    (tmp_path / "runs" / "b" / "config.json").write_text(json.dumps(config))
    (tmp_path / "runs" / "b" / "model.safetensors").write_bytes(b"damaged")
    status, shown, _ = cosetta("census", "runs", "--no-argmin", "--weights", "weights")
    assert status == 0
    assert "skipped b: " in shown
    assert json.loads((tmp_path / "weights" / "S3-fast.json").read_text())["runs"] == ["a"]


def test_what_was_skipped_is_shown(run, cosetta, tmp_path):
    folder = tmp_path / "runs" / run.folder.name
    shutil.copytree(run.folder, folder)
    (folder / "analysis.json").unlink()
    status, shown, _ = cosetta("census", "runs")
    assert status == 0
    assert "skipped" in shown
    assert (tmp_path / "runs" / "census" / "census.json").is_file()
    assert "cosetta explain" in json.loads((tmp_path / "runs" / "census" / "census.json").read_text())["skipped"][0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("nowhere",), "no such folder"), ((".",), "must hold runs"), ((".", "--by", "colour"), "colour")],
)
def test_bad_input_is_one_line(cosetta, arguments, message):
    status, shown, errors = cosetta("census", *arguments)
    assert (status, shown) == (1, "")
    assert errors.count("\n") == 1
    assert message in errors


def test_runs_that_cannot_be_read_are_said(run, cosetta, tmp_path):
    for name in ("a", "b"):
        shutil.copytree(run.folder, tmp_path / "runs" / name)
        (tmp_path / "runs" / name / "config.json").write_text("{")
    status, shown, errors = cosetta("census", "runs")
    assert (status, shown) == (1, "")
    assert errors.count("\n") == 1
    assert "must hold a run that can be read; there is none: a: `runs/a/config.json`" in errors
    assert "(and 1 more)" in errors
    assert "--group" not in errors


def test_what_is_missing_for_shares_and_acquisition_is_said(run, cosetta, tmp_path):
    folder = tmp_path / "runs" / run.folder.name
    shutil.copytree(run.folder, folder)
    assert "trajectory" not in cosetta("census", "runs")[1]
    (folder / "analysis.json").unlink()
    (folder / "trajectory.json").unlink()
    _, shown, _ = cosetta("census", "runs")
    assert "no finished run is explained: `cosetta explain RUN`" in shown
    assert "0 of 1 finished run with a trajectory.json; `cosetta sweep --trajectory` writes it" in shown


def test_a_group_that_is_not_there_is_said(run, cosetta):
    status, _, errors = cosetta("census", run.folder.parent, "--group", "S4", "--out", "out")
    assert status == 1
    assert "it holds S3, not S4: name one of them" in errors
