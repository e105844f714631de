import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from cosetta.errors import BadConfig, BadRun, Unsupported
from cosetta.models import GroupNetwork, exporting, load_network, save_network
from cosetta.models.exporting import export_run, load, push_to_hub


@pytest.fixture
def run(tmp_path):
    torch.manual_seed(0)
    save_network(GroupNetwork(6, 4, 3), tmp_path / "model.safetensors")
    record = {"schema": 1, "config": {"group": "S3", "seed": 5, "phases": [1]}}
    (tmp_path / "config.json").write_text(json.dumps(record))
    return tmp_path


@pytest.fixture
def without_hub(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)


def test_an_export_holds_the_same_weights_and_says_what_it_is(run):
    weights = load_network(run / "model.safetensors").state_dict()
    again = load_network(export_run(run, run / "a")).state_dict()
    arrays = np.load(export_run(run, run / "b", to="npz"))
    for name, tensor in weights.items():
        assert torch.equal(again[name], tensor)
        assert np.array_equal(arrays[name], tensor.numpy())
    card = (run / "a" / "README.md").read_text()
    assert card.startswith("---\nlibrary_name: cosetta")
    assert "multiplies in S3" in card
    assert "- seed: 5" in card
    assert (run / "a" / "config.json").read_text() == (run / "config.json").read_text()


def test_an_export_that_fails_leaves_no_file(run, tmp_path, monkeypatch):
    def full(network, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, "save_tensors", full)
    with pytest.raises(OSError, match="No space") as raised:
        export_run(run, tmp_path / "out")
    assert raised.value.filename == str(tmp_path / "out" / "model.safetensors")
    assert list((tmp_path / "out").iterdir()) == []


def test_what_cannot_be_exported(run, tmp_path):
    with pytest.raises(BadConfig, match="`to` must be one of safetensors, npz; got 'onnx'"):
        export_run(run, run / "a", to="onnx")
    with pytest.raises(BadRun, match=r"config\.json` must be the record of a run; it does not exist"):
        export_run(run / "nowhere", run / "a")


def test_the_hub_is_an_extra(run, without_hub):
    for call in (lambda: load("user/name"), lambda: push_to_hub(run, "user/name", run / "out")):
        with pytest.raises(Unsupported, match=r"pip install 'cosetta\[hub\]'"):
            call()


def test_a_network_comes_back_from_the_hub_in_our_order(run, monkeypatch):
    asked = []

    def download(repository, name):
        asked.append((repository, name))
        return str(run / name)

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(hf_hub_download=download))
    with pytest.raises(BadRun, match="must determine a group"):  # an untrained network
        load("user/name")
    assert asked == [("user/name", "model.safetensors"), ("user/name", "config.json")]


def test_a_path_needs_no_hub(without_hub):
    tiny = Path(__file__).parents[1] / "data" / "tiny_chughtai2023"
    assert load(str(tiny)).group.name == "S4"
