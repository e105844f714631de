import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from cosetta import PairScorer, named_group
from cosetta.errors import BadConfig, BadRun, Unsupported
from cosetta.models import GroupNetwork, save_network
from cosetta.models.importers import FORMATS, import_checkpoint, open_checkpoint

NAMES = sorted(set(FORMATS) - {"transformer", "bilinear"})  # those two are in test_architectures.py
TINY = Path(__file__).parents[2] / "data" / "tiny_chughtai2023"


def saved(content, path):
    torch.save(content, path)
    return path


@pytest.mark.parametrize("name", NAMES)
def test_each_format_folds_to_the_network_that_was_saved(name, net, state_dicts, tmp_path):
    found = import_checkpoint(saved(state_dicts(net)[name], tmp_path / "model.pt"), instance=int(name == "wu2024"))
    expected = net.fold()
    assert found.format == name
    for part in ("left", "right", "out", "bias")[: 3 if name == "zhong2023" else 4]:
        torch.testing.assert_close(getattr(found.folded, part), getattr(expected, part), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["cosetta", "chughtai2023", "wu2024"])
def test_safetensors_and_torch_archives_hold_the_same(name, net, state_dicts, tmp_path):
    tensors = {key: tensor.contiguous() for key, tensor in state_dicts(net)[name].items()}
    save_file(tensors, tmp_path / "model.safetensors")
    one = import_checkpoint(tmp_path / "model.safetensors").folded
    other = import_checkpoint(saved(tensors, tmp_path / "model.pt")).folded
    assert torch.equal(one.left, other.left)
    assert torch.equal(one.out, other.out)


def test_parameters_and_metadata_of_a_module_load(net, tmp_path):
    found = import_checkpoint(saved({"state_dict": net.state_dict()}, tmp_path / "model.pt"))
    torch.testing.assert_close(found.folded.left, net.fold().left)
    found = import_checkpoint(saved(dict(net.named_parameters()), tmp_path / "again.pt"))
    torch.testing.assert_close(found.folded.right, net.fold().right)


def test_instances_are_chosen_by_number(net, state_dicts, tmp_path):
    path = saved(state_dicts(net)["wu2024"], tmp_path / "model.pt")
    assert not import_checkpoint(path, instance=0).folded.left.any()
    with pytest.raises(BadRun, match=r"`instance` must be one of the 2 networks.*got 2"):
        import_checkpoint(path, instance=2)
    single = saved(state_dicts(net)["chughtai2023"], tmp_path / "single.pt")
    with pytest.raises(BadConfig, match=r"`instance` must be 0 where a file holds one network.*got 1"):
        import_checkpoint(single, instance=1)


def test_wu_without_linear_layers_and_with_a_shared_one(net, state_dicts, tmp_path):
    folded, tensors = net.fold(), state_dicts(net)["wu2024"]
    bare = {
        "embedding_left": folded.left[None],
        "embedding_right": folded.right[None],
        "unembedding": folded.out.T[None],
    }
    assert torch.equal(import_checkpoint(saved(bare, tmp_path / "a.pt")).folded.left, folded.left)
    shared = {key: t for key, t in tensors.items() if not key.startswith("linear")} | {"linear": tensors["linear_left"]}
    assert import_checkpoint(saved(shared, tmp_path / "b.pt"), instance=1).folded.width == net.width


def test_a_hidden_bias_moves_into_left(net, state_dicts, tmp_path):
    bias = torch.arange(5.0)
    tensors = state_dicts(net)["chughtai2023"] | {"b": bias}
    found = import_checkpoint(saved(tensors, tmp_path / "model.pt")).folded
    torch.testing.assert_close(found.left, net.fold().left + bias)


@pytest.mark.parametrize("turned", [False, True])
def test_a_mapping_orients_matrices_by_their_lengths(net, state_dicts, tmp_path, turned):
    w = state_dicts(net)["cosetta"]
    tensors = {"e.a": w["embed_left.weight"], "e.b": w["embed_right.weight"], "mix": w["hidden.weight"]}
    tensors |= {"head": w["unembed.weight"], "head.bias": w["unembed.bias"]}
    if turned:
        tensors |= {name: tensors[name].T.contiguous() for name in ("mix", "head")}
    mapping = {"left": "e.a", "right": "e.b", "hidden": "mix", "out": "head", "bias": "head.bias"}
    found = import_checkpoint(saved(tensors, tmp_path / "model.pt"), mapping=mapping, activation="abs")
    torch.testing.assert_close(found.folded.left, net.fold().left)
    assert (found.format, found.folded.activation) == ("mapped", "abs")


def test_a_square_matrix_is_turned_only_when_asked(tmp_path):
    square = torch.arange(16.0).reshape(4, 4)
    tensors = {"a": torch.eye(4), "b": torch.eye(4), "u": torch.ones(4, 4), "wl": square}
    mapping = {"left": "a", "right": "b", "hidden_left": "wl", "hidden_right": "wl.T", "out": "u"}
    found = import_checkpoint(saved(tensors, tmp_path / "model.pt"), mapping=mapping).folded
    assert torch.equal(found.left, square.T)
    assert torch.equal(found.right, square)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"left": "a", "right": "b"}, "`out` is missing"),
        ({"left": "a", "right": "b", "out": "u", "middle": "w"}, "got `middle`"),
        ({"left": "a", "right": "b", "out": "u", "hidden_left": "w"}, "mixture"),
        ({"left": "a", "embed": "b", "out": "u"}, "`left` with `right`, or `embed`.*mixture"),
        ({"out": "u"}, "needs embeddings or hidden weights"),
        ({"left": "a", "right": "b", "out": "u", "second_bias": "u"}, "`second` is missing"),
    ],
)
def test_mappings_that_cannot_be(mapping, message, tmp_path):
    path = saved({"a": torch.eye(3), "b": torch.eye(3), "u": torch.eye(3)}, tmp_path / "model.pt")
    with pytest.raises(BadConfig, match=message):
        import_checkpoint(path, mapping=mapping)


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (("transformer.layers.0.self_attn.in_proj_weight",), "transformer"),
        (("rnn.weight_ih_l0", "rnn.weight_hh_l0"), "recurrent"),
        (("conv1.weight", "fc.weight"), "convolutional"),
        (tuple(f"layers.{i}.weight" for i in range(5)), "5 layers"),
    ],
)
def test_files_that_do_not_say_how_they_are_run_are_named(names, kind, tmp_path):
    with pytest.raises(Unsupported, match=f"must say how they are used.*{kind}.*run the module, cosetta.fold"):
        import_checkpoint(saved({name: torch.zeros(3, 3) for name in names}, tmp_path / "model.pt"))


def test_unknown_tensors_are_listed(tmp_path):
    with pytest.raises(Unsupported, match=r"holds `foo` \(2, 3\): say which is which"):
        import_checkpoint(saved({"foo": torch.zeros(2, 3)}, tmp_path / "model.pt"))


def test_wrong_formats_and_activations_are_named(net, tmp_path):
    path = saved(net.state_dict(), tmp_path / "model.pt")
    with pytest.raises(BadConfig, match=r"`format` must be one of .*got 'gpt'"):
        import_checkpoint(path, format="gpt")
    with pytest.raises(BadConfig, match=r"`activation` must be one of .*got 'sine'"):
        import_checkpoint(path, activation="sine")
    with pytest.raises(BadRun, match="must hold `W_x`"):
        import_checkpoint(path, format="chughtai2023")


def test_our_own_run_folder_keeps_its_activation_and_order(tmp_path):
    save_network(GroupNetwork(6, 4, 5, activation="gelu"), tmp_path / "model.safetensors")
    record = {"schema": 1, "config": {"group": "S3", "activation": "gelu"}}
    (tmp_path / "config.json").write_text(json.dumps(record))
    found = import_checkpoint(tmp_path)
    assert (found.format, found.folded.activation, found.group_name) == ("cosetta", "gelu", "S3")


def test_the_tiny_file_is_s4_in_a_shuffled_order():
    opened = open_checkpoint(TINY)
    scores = PairScorer(opened.group)(opened.model)
    assert (opened.group.name, scores.accuracy, opened.recovered.identity) == ("S4", 1.0, 7)
    assert opened.imported.group_name == "S4"
    assert sum(path.stat().st_size for path in TINY.iterdir()) < 100_000
    assert np.array_equal(np.sort(opened.recovered.relabelling), np.arange(24))


def test_a_group_that_the_predictions_are_not_is_refused():
    with pytest.raises(BadRun, match=r"must multiply in C24 as asked.*table of S4"):
        open_checkpoint(TINY, group="C24")
    with pytest.raises(BadRun, match=r"multiplies 24 elements; S5 has 120"):
        open_checkpoint(TINY, group=named_group("S5"))
