"""The weights of a census in stacks: each run's own, under its name, and never beside the names of others."""

import json
import shutil

import pytest
import torch

from cosetta.files import writing
from cosetta.groups import named_group
from cosetta.models import load_tensors
from cosetta.population import census
from cosetta.population.weights import PARTS, save_weights
from cosetta.training import fast, load_run, train


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs of one width, one of another, and one whose weights are damaged."""
    folder = tmp_path_factory.mktemp("runs")
    for seed, width in ((0, 4), (1, 4), (0, 6), (2, 4)):
        config = fast("S3", seed=seed, embed_dim=4, width=width, train_fraction=0.8, checkpoints=0, max_steps=2)
        run = train(config, named_group("S3"), folder / config.run_name)
    (run.folder / "model.safetensors").write_bytes(b"not weights")
    return folder


def test_every_run_lies_in_the_stack_of_its_population(runs, tmp_path):
    (skipped,) = save_weights(census(runs), runs, tmp_path / "weights")
    assert "safetensors" in skipped
    found = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "weights").glob("*.json")}
    assert sorted(record["population"] for record in found.values()) == ["S3 fast, width 4", "S3 fast, width 6"]
    named = set()
    for stem, record in found.items():
        tensors = load_tensors(tmp_path / "weights" / f"{stem}.safetensors")
        assert set(tensors) == set(PARTS)
        assert (record["group"], record["order"], record["elements"]) == ("S3", 6, list(named_group("S3").labels))
        for i, run in enumerate(record["runs"]):
            model = load_run(runs / run).network().fold()
            assert all(torch.equal(tensors[part][i], getattr(model, part)) for part in PARTS)
            named.add(run)
    assert len(named) == 3
    assert skipped.partition(":")[0] not in named


def test_stems_do_not_meet_on_a_file_system_without_capitals(runs, tmp_path):
    from cosetta.population.weights import _stem

    taken: set[str] = set()
    stems = [_stem(name, taken) for name in ("S3 fast, width 4", "s3 FAST, width 4", "S3/fast, width 4", "A x:B")]
    assert len({stem.lower() for stem in stems}) == 4
    assert not any(set(stem) & set("/:* ") for stem in stems)


def test_weights_are_not_left_with_the_names_of_others(runs, tmp_path, monkeypatch):
    """The disk fills up between the two files of a population that has grown."""
    smaller = tmp_path / "runs"
    shutil.copytree(next(iter(runs.glob("*-0-*"))), smaller / next(iter(runs.glob("*-0-*"))).name)
    out = tmp_path / "weights"
    save_weights(census(smaller), smaller, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def full(self, *arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        save_weights(census(runs), runs, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
