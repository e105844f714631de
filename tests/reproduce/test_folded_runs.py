"""Folded runs: written whole, read back, damaged ones named, and measured without what they do not hold."""

import json

import numpy as np
import pytest
import torch

from cosetta import named_group, subgroup_lattice
from cosetta.errors import BadRun
from cosetta.models import FoldedModel
from cosetta.models.planted import CosetPlan, plant
from cosetta.reproduce.frame.folded_runs import FOREIGN, RECORD, FoldedRecord, load_folded_run, write_folded_run
from cosetta.reproduce.frame.sets import networks_in
from cosetta.reproduce.stander2024 import reproduction
from cosetta.reproduce.stander2024.populations import measure_folder
from cosetta.training import fast
from cosetta.training.pairs import split_pairs

S4 = named_group("S4")


@pytest.fixture
def model():
    lattice = subgroup_lattice(S4)
    H = lattice.subgroup(lattice.names.index("S3"))
    return plant(S4, [CosetPlan(H)], torch.Generator().manual_seed(0), noise=1e-5).folded


def record(recipe="fast", seed=3, **more):
    values = {"step": (0, 10), "test_accuracy": (0.1, 1.0), "test_loss": (3.0, 1e-6)} | more
    return FoldedRecord("S4", recipe, seed, "by hand", **values)


def test_a_folded_run_is_read_back(model, tmp_path):
    write_folded_run(tmp_path / "a", record(), model)
    found = load_folded_run(tmp_path / "a")
    assert found.record == record()
    for name in ("left", "right", "out", "bias"):
        assert torch.equal(getattr(found.model, name), getattr(model, name))
    config = fast("S4", 3)
    expected, _ = split_pairs(24, config, torch.Generator().manual_seed(3))
    assert torch.equal(found.trained(S4), expected[:])


def test_the_training_pairs_of_others_are_kept_or_asked_for(model, tmp_path):
    write_folded_run(tmp_path / "a", record(FOREIGN), model, np.array([1, 5, 7]))
    assert load_folded_run(tmp_path / "a").trained(S4).tolist() == [1, 5, 7]
    write_folded_run(tmp_path / "b", record(FOREIGN), model)
    with pytest.raises(BadRun, match="must say its training pairs"):
        load_folded_run(tmp_path / "b").trained(S4)


def test_a_path_around_the_neurons_is_refused(model, tmp_path):
    direct = FoldedModel(model.left, model.right, model.out, model.bias, direct_left=torch.zeros(24, 24).double())
    with pytest.raises(BadRun, match="without a path around its neurons"):
        write_folded_run(tmp_path / "a", record(), direct)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 2}, "schema"),
        ({"step": [10, 0]}, "do not rise"),
        ({"test_loss": [1.0]}, "lack values"),
        ({"test_accuracy": [0.1, 1.5]}, "test_accuracy"),
        ({"seed": -1}, "seed"),
    ],
)
def test_a_damaged_record_is_named(model, tmp_path, change, message):
    run = write_folded_run(tmp_path / "a", record(), model)
    content = json.loads((run.folder / RECORD).read_text())
    (run.folder / RECORD).write_text(json.dumps(content | change))
    with pytest.raises(BadRun, match=message):
        load_folded_run(run.folder)


def test_another_group_or_half_a_file_is_refused(model, tmp_path):
    run = write_folded_run(tmp_path / "a", record(), model)
    with pytest.raises(BadRun, match="it is of S4 and has 24 elements"):
        run.check_group(named_group("S3"))
    path = run.folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(BadRun, match="whole safetensors"):
        _ = load_folded_run(run.folder).model


def test_a_folded_run_is_measured_without_embeddings_and_checkpoints(model, tmp_path):
    run = write_folded_run(tmp_path / "a", record(), model)
    member = measure_folder(run.folder, S4)
    assert member.trajectory is None
    assert "swap-embeddings" not in member.measures.interventions
    assert {"none", "flip-left", "noise-1-1"} <= set(member.measures.interventions)
    assert (member.measures.steps, member.measures.grok_step, member.measures.test_loss) == (10, 10, 1e-6)
    assert member.analysis.covered_share == 1.0
    again = measure_folder(run.folder, S4)  # from the files beside it
    assert again.measures == member.measures


def test_networks_are_found_by_group_and_damaged_ones_are_named(model, tmp_path):
    write_folded_run(tmp_path / "b", record(seed=1), model)
    write_folded_run(tmp_path / "a", record("wu2024", seed=2), model)
    (write_folded_run(tmp_path / "c", record(seed=0), model).folder / RECORD).write_text("{")
    (tmp_path / "unrelated").mkdir()
    found, missing = networks_in(tmp_path, ("S4",))
    assert [(network.name, network.recipe) for network in found] == [("b", "fast"), ("a", "wu2024")]
    assert list(missing) == ["c"]
    assert networks_in(tmp_path, ("S5",))[0] == []


def test_a_reproduction_of_folded_runs_trains_nothing(model, tmp_path, monkeypatch):
    monkeypatch.setattr(reproduction, "COUNTED", ("S3",))
    folded, runs = tmp_path / "folded", tmp_path / "runs"
    for seed in (1, 2):
        write_folded_run(folded / f"run{seed}", record("stander2024", seed), model)
    write_folded_run(folded / "slow", record("stander2024", 5, test_accuracy=(0.1, 0.5)), model)
    (write_folded_run(folded / "torn", record(), model).folder / "model.safetensors").write_bytes(b"half")
    found = reproduction.reproduce(runs, groups=("S4",), seeds=(), networks=folded, workers=1)
    assert found.populations == {"S4 stander2024": 2}
    assert not runs.exists()
    missing = " ".join(found.missing)
    assert "torn" in missing
    assert "1 of 3 runs have not generalised" in missing
    with pytest.raises(BadRun, match="must hold folders with folded"):
        reproduction.reproduce(runs, groups=("S4",), seeds=(), networks=tmp_path, workers=1)
