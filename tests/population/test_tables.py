"""Run folders become the same tables whatever their history, and nothing is dropped without a word."""

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import cosetta
from cosetta.config import AnalysisConfig
from cosetta.errors import BadConfig, BadRun
from cosetta.explanation import analyse_run, explain_run
from cosetta.groups import cosets, named_group, subgroup_lattice
from cosetta.measures import stander2024_concentration
from cosetta.population import Census, census, load_census
from cosetta.population.rows import GROK_ACCURACY, NEURONS, RUNS, TIMES
from cosetta.training import TrainConfig, fast, load_run, train

S3 = named_group("S3")
SEEDS = (0, 1)
SMALL = {"embed_dim": 8, "width": 8, "train_fraction": 0.8, "checkpoints": 2, "max_steps": 60}


def made(folder, seed, **values):
    config = fast("S3", seed=seed, **{**SMALL, **values})
    run = train(config, S3, folder / config.run_name)
    (run.folder / "analysis.json").write_bytes(analyse_run(run, S3, AnalysisConfig(null_samples=19)).to_json())
    return run


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    runs = [made(folder, seed) for seed in SEEDS] + [made(folder, 0, width=6)]
    return folder, runs


@pytest.fixture
def copied(finished, tmp_path):
    return shutil.copytree(finished[0], tmp_path / "runs")


def test_one_row_a_run_and_one_a_neuron(finished):
    folder, runs = finished
    found = census(folder)
    assert found.skipped == ()
    assert dict(found.runs.schema) == RUNS
    assert dict(found.neurons.schema) == NEURONS
    assert found.runs.select("width", "seed").rows() == [(6, 0), (8, 0), (8, 1)]
    assert found.neurons.height == 6 + 8 + 8
    row = found.runs.filter(run=runs[1].folder.name).row(0, named=True)
    assert row["status"] == "finished"
    assert row["order"] == 6
    assert row["learning_rate"] == runs[1].config.phases[0].learning_rate
    assert row["test_loss"] == runs[1].metrics["test_loss"][-1]
    assert row["hash"] == runs[1].config.hash8
    neurons = found.neurons.filter(run=runs[1].folder.name)
    assert row["live"] == (neurons["status"] != "dead").sum()
    assert row["explained"] == (neurons["status"] == "explained").sum()
    assert neurons["neuron"].to_list() == list(range(8))


def test_the_table_does_not_know_in_which_order_runs_were_made(finished, tmp_path):
    folder, runs = finished
    again = tmp_path / "again"
    for run in reversed(runs):
        shutil.copytree(run.folder, again / run.folder.name)
    first, second = census(folder), census(again)
    assert first.runs.equals(second.runs)
    assert first.neurons.equals(second.neurons)
    remade = made(tmp_path / "remade", 1)
    row, other = (c.runs.filter(run=remade.folder.name).drop(TIMES) for c in (first, census(tmp_path / "remade")))
    assert row.equals(other)


def test_runs_may_lie_at_any_depth_and_count_once(copied):
    names = sorted(path.name for path in copied.iterdir())
    shutil.copytree(copied / names[0], copied / "elsewhere" / "twin")
    (copied / ".hidden").mkdir()
    shutil.copytree(copied / names[1], copied / ".hidden" / "run")
    found = census(copied)
    assert sorted(found.runs["run"]) == names
    assert [line.split(":")[0] for line in found.skipped] == ["elsewhere/twin"]
    assert "must not count twice" in found.skipped[0]
    assert census(copied / names[0]).runs["run"].to_list() == [names[0]]


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("config.json", b"{", "whole record"),
        ("config.json", b"[]", "whole record"),
        ("config.json", b'{"config": {}, "group": {"name": "S3", "order": 6}}', "whole record"),
        ("config.json", b'{"config": {}, "group": []}', "whole record"),
        ("metrics.parquet", b"PAR1", "whole metrics"),
        ("analysis.json", b"{}", "must be an analysis of schema 1 or 2"),
        ("analysis.json", None, "cosetta explain"),
        ("model.safetensors", b"half", "safetensors"),
    ],
)
def test_damage_is_said_and_the_rest_is_kept(copied, file, content, says):
    name = sorted(path.name for path in copied.iterdir())[0]
    path = copied / name / file
    path.unlink() if content is None else path.write_bytes(content)
    found = census(copied)
    (line,) = found.skipped
    assert line.startswith(f"{name}: ")
    assert says in line
    assert "\n" not in line
    assert found.runs.height == 2 + (file != "config.json")
    assert found.neurons["run"].n_unique() == 2 + (file == "metrics.parquet")


def test_an_analysis_of_another_run_is_refused(copied):
    first, second = sorted(path.name for path in copied.iterdir())[:2]
    shutil.copy(copied / second / "analysis.json", copied / first / "analysis.json")
    assert "must be of this run" in census(copied).skipped[0]


def test_unfinished_and_failed_runs_are_rows_with_their_status(copied):
    first, second, third = sorted(path.name for path in copied.iterdir())
    (copied / first / "model.safetensors").unlink()
    for name in (second, third):
        (copied / name / "analysis.json").unlink()
    (copied / second / "failed.json").write_text(json.dumps({"schema": 1, "reason": "the loss must\nstay finite"}))
    (copied / third / "failed.json").write_text("{")
    rows = {row["run"]: row for row in census(copied).runs.rows(named=True)}
    assert (rows[first]["status"], rows[first]["steps"], rows[first]["is_explained"]) == ("unfinished", None, False)
    assert (rows[second]["status"], rows[second]["reason"]) == ("failed", "the loss must stay finite")
    assert (rows[third]["status"], rows[third]["reason"]) == ("failed", "`failed.json` is damaged")


def test_a_failure_that_was_mended_is_forgotten(copied):
    name = sorted(path.name for path in copied.iterdir())[0]
    (copied / name / "failed.json").write_text(json.dumps({"schema": 1, "reason": "the disk was full"}))
    whole = census(copied).runs.filter(run=name).row(0, named=True)
    assert (whole["status"], whole["reason"], whole["is_explained"]) == ("finished", "", True)
    (copied / name / "analysis.json").unlink()
    assert census(copied).runs.filter(run=name)["status"].to_list() == ["failed"]
    explain_run(load_run(copied / name), S3, AnalysisConfig(null_samples=19), report=False)
    assert not (copied / name / "failed.json").exists()
    assert census(copied).runs["status"].to_list() == ["finished"] * 3


def test_seeds_whose_hashes_meet_are_two_runs(finished, monkeypatch):
    """Eight digits meet by chance in a sweep of 100,000 seeds."""
    whole = census(finished[0], argmin=False)
    monkeypatch.setattr(TrainConfig, "hash8", property(lambda self: f"{self.width:08}"))
    found = census(finished[0], argmin=False)
    assert found.skipped == ()
    assert found.runs["run"].to_list() == whole.runs["run"].to_list()


def test_grokking_must_hold_to_the_end(copied):
    names = sorted(path.name for path in copied.iterdir())
    courses = ([0.1, 0.995, 0.5, 0.99, 1.0], [1.0] * 5, [1.0, 1.0, 1.0, 1.0, 0.98])
    for name, accuracy in zip(names, courses, strict=True):
        metrics = pl.read_parquet(copied / name / "metrics.parquet").head(5)
        metrics = metrics.with_columns(step=pl.Series(range(0, 50, 10)), test_accuracy=pl.Series(accuracy))
        metrics.write_parquet(copied / name / "metrics.parquet")
    found = {row["run"]: row for row in census(copied).runs.rows(named=True)}
    assert GROK_ACCURACY == 0.99
    assert [found[name]["grok_step"] for name in names] == [30, 0, None]
    assert [found[name]["steps"] for name in names] == [40, 40, 40]
    assert found[names[2]]["grok_seconds"] is None


def test_the_argmin_rule_is_the_papers(finished):
    folder, runs = finished
    lattice = subgroup_lattice(S3)
    proper = np.flatnonzero((lattice.orders > 1) & (lattice.orders < 6))
    neurons = census(folder).neurons
    for run in runs:
        left = run.network().fold().left.double().numpy().T
        spread = [stander2024_concentration(left, cosets(lattice.subgroup(i), side="right")) for i in proper]
        expected = [
            lattice.names[proper[i]] if smallest < 1 else "none"
            for i, smallest in zip(np.argmin(spread, axis=0), np.min(spread, axis=0), strict=True)
        ]
        rows = neurons.filter(run=run.folder.name)
        live = (rows["status"] != "dead").to_list()
        assert rows["argmin"].to_list() == [n if alive else "dead" for n, alive in zip(expected, live, strict=True)]
    assert census(folder, argmin=False).neurons["argmin"].is_null().all()


def test_a_saved_census_reads_back_equal(finished, tmp_path):
    found = census(finished[0])
    found.save(tmp_path / "new" / "folder")
    again = load_census(tmp_path / "new" / "folder")
    assert again.runs.equals(found.runs)
    assert again.neurons.equals(found.neurons)
    (tmp_path / "new" / "folder" / "runs.parquet").write_bytes(b"half")
    with pytest.raises(BadRun, match="must be a table of a census"):
        load_census(tmp_path / "new" / "folder")
    found.neurons.write_parquet(tmp_path / "new" / "folder" / "runs.parquet")
    with pytest.raises(BadRun, match="must be a table of a census"):
        load_census(tmp_path / "new" / "folder")


def test_the_parquet_is_plain_enough_for_duckdb(finished, tmp_path):
    duckdb = pytest.importorskip("duckdb")
    census(finished[0]).save(tmp_path)
    query = f"select count(*) from '{tmp_path}/neurons.parquet' join '{tmp_path}/runs.parquet' using (run)"
    assert duckdb.sql(query).fetchall() == [(22,)]


def test_a_folder_without_runs_is_refused(tmp_path):
    with pytest.raises(BadRun, match="no such folder"):
        census(tmp_path / "nowhere")
    with pytest.raises(BadRun, match=r"no folder below it has a config\.json"):
        census(tmp_path)


def test_populations_differ_in_a_setting_not_in_the_seed(finished):
    found = census(finished[0])
    parts = found.populations()
    assert {name: part.runs.height for name, part in parts.items()} == {"S3 fast, width 6": 1, "S3 fast, width 8": 2}
    assert parts["S3 fast, width 6"].neurons.height == 6
    assert parts["S3 fast, width 8"].runs["setting"].n_unique() == 1
    assert found.where(seed=1).runs["seed"].to_list() == [1]
    assert found.where(width=6, seed=1).runs.height == 0
    full = Census(found.runs.with_columns(batch_size=pl.Series([None, 32, None])), found.neurons)
    assert full.where(batch_size=None).runs.height == 2  # null is the full batch, and a value like any other
    assert full.where(batch_size=32).runs.height == 1
    with pytest.raises(BadConfig, match="`widht` is not a column"):
        found.where(widht=6)


def test_a_setting_without_a_column_still_makes_a_population(finished):
    found = census(finished[0])
    runs = found.runs.with_columns(width=8, setting=pl.Series(["a", "b", "b"]))
    parts = Census(runs, found.neurons).populations()
    assert {name: part.runs.height for name, part in parts.items()} == {"S3 fast": 1, "S3 fast, setting b": 2}


def test_census_is_a_public_name():
    assert cosetta.census is census


def test_the_committed_census_still_reads():
    """The words of a neuron's status stay as they were when it was `explained` or not, so old and new tables stack."""
    found = load_census(Path(__file__).parents[2] / "docs" / "census")
    explained = found.runs.filter(pl.col("is_explained"))
    assert explained.height > 1_500
    assert found.neurons.height == explained["width"].sum()
    assert set(found.neurons["status"]) == {"dead", "explained", "unexplained"}
    counted = found.neurons.group_by("run").agg(n=(pl.col("status") == "explained").sum()).sort("run")["n"]
    assert counted.to_list() == explained.sort("run")["explained"].to_list()


def test_words_and_nulls_of_neurons_that_cosets_do_not_cover(finished):
    neurons = census(finished[0]).neurons
    assert {"explained", "unexplained"} <= set(neurons["status"])
    covered = neurons["status"] == "explained"
    for column in ("circuit", "shared_coset", "leak", "mirror_residual"):
        assert (neurons[column].is_not_null() == covered).all()
    dead = neurons.filter(status="dead")
    assert set(dead["subgroup"]) | set(dead["irrep"]) <= {"dead"}
