import resource
import signal

import numpy as np
import pytest
import torch

from cosetta.errors import BadRun, Unsupported
from cosetta.groups import named_group
from cosetta.models import ACTIVATIONS, FoldedModel, GroupNetwork, PairScorer, load_network, save_network


@pytest.fixture
def network():
    torch.manual_seed(0)
    return GroupNetwork(order=6, embed_dim=5, width=7)


@pytest.fixture
def all_pairs():
    return torch.arange(6).repeat_interleave(6), torch.arange(6).repeat(6)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_folded_logits_are_the_networks(activation, all_pairs):
    network = GroupNetwork(order=6, embed_dim=5, width=7, activation=activation).double()
    assert torch.allclose(network(*all_pairs), network.fold().logits(*all_pairs), atol=1e-12)


def test_every_activation_has_a_named_module(network, all_pairs):
    logits, cache = network.run_with_cache(*all_pairs)
    folded = network.fold()
    assert torch.allclose(cache["hook_pre"], folded.pre(*all_pairs), atol=1e-5)
    assert torch.equal(cache["hook_post"], cache["hook_pre"].relu())
    assert cache["hook_embed"].shape == (36, 10)
    assert torch.equal(cache["unembed"], logits)


def test_hooks_replace_and_are_removed(network, all_pairs):
    before = network(*all_pairs)
    silent = network.run_with_hooks(*all_pairs, [("hook_post", torch.zeros_like)])
    assert torch.allclose(silent, network.unembed.bias.expand(36, 6))
    with pytest.raises(ValueError, match="hooks must name a module, one of embed_left"):
        network.run_with_hooks(*all_pairs, [("nowhere", torch.zeros_like)])
    assert torch.equal(network(*all_pairs), before)


def test_rescaling_a_neuron_changes_nothing(network, all_pairs):
    folded = network.fold()
    scaled = FoldedModel(3 * folded.left, 3 * folded.right, folded.out / 3, folded.bias)
    assert torch.allclose(scaled.logits(*all_pairs), folded.logits(*all_pairs), atol=1e-5)


def test_scores_against_a_loop_over_pairs(network):
    group, folded = named_group("S3"), network.fold()
    other = GroupNetwork(order=6, embed_dim=5, width=7).fold()
    right, loss, kl = 0, 0.0, 0.0
    for a in range(6):
        for b in range(6):
            pair = torch.tensor([a]), torch.tensor([b])
            p, q = (m.logits(*pair)[0].double().softmax(0) for m in (folded, other))
            product = int(group.table[a, b])
            right += int(p.argmax()) == product
            loss -= float(p[product].log())
            kl += float((q * (q / p).log()).sum())
    scores = PairScorer(group, reference=other)(folded)
    assert scores.accuracy == right / 36
    assert np.allclose([scores.loss, scores.kl], [loss / 36, kl / 36])
    assert scores.pairs == 36


def test_ties_are_wrong():
    group = named_group("C2")
    flat = FoldedModel(*(torch.zeros(2, 1) for _ in range(3)), torch.zeros(2))
    assert PairScorer(group)(flat).accuracy == 0


def test_a_sample_of_pairs_has_the_stated_size_and_no_repeats():
    scorer = PairScorer(named_group("S4"), max_pairs=100, seed=3)
    assert len({(int(a), int(b)) for a, b in zip(scorer.a, scorer.b, strict=True)}) == 100
    assert not torch.equal(scorer.a, PairScorer(named_group("S4"), max_pairs=100, seed=4).a)


def test_networks_survive_the_disk(network, tmp_path):
    save_network(network, tmp_path / "model.safetensors")
    read = load_network(tmp_path / "model.safetensors")
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), read.parameters(), strict=True))
    assert [p.name for p in tmp_path.iterdir()] == ["model.safetensors"]


def test_a_write_that_fails_is_an_os_error_and_leaves_the_old_file(network, tmp_path):
    """A real failure of the operating system: files may not grow beyond a limit."""
    path = tmp_path / "model.safetensors"
    save_network(network, path)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            save_network(network, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["model.safetensors"]


def test_damaged_files_are_named(network, tmp_path):
    path = tmp_path / "model.safetensors"
    with pytest.raises(BadRun, match="does not exist"):
        load_network(path)
    save_network(network, path)
    whole = path.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], b"\x80\x04\x95" + whole):
        path.write_bytes(damaged)
        with pytest.raises(BadRun, match="must be a whole safetensors file"):
            load_network(path)
    broken = GroupNetwork(6, 5, 7)
    broken.unembed.bias.data[3] = torch.nan
    save_network(broken, path)
    with pytest.raises(BadRun, match=r"`unembed.bias` in .* must be finite"):
        load_network(path)


def test_unfitting_models_are_refused():
    with pytest.raises(Unsupported, match="`activation` must be one of relu, abs, gelu, silu; got 'tanh'"):
        GroupNetwork(6, 5, 7, activation="tanh")
    unfitting = object.__new__(FoldedModel)  # past the tests' own shape checks
    values = {"left": (6, 2), "right": (6, 3), "out": (6, 2), "bias": (6,)}
    for name, shape in values.items():
        object.__setattr__(unfitting, name, torch.zeros(shape))
    with pytest.raises(ValueError, match="must be order x width"):
        unfitting.__post_init__()
    broken = torch.zeros(6, 2)
    broken[2, 1] = torch.nan
    with pytest.raises(ValueError, match=r"must be finite; `out` holds nan at \[2, 1\]"):
        FoldedModel(torch.zeros(6, 2), torch.zeros(6, 2), broken, torch.zeros(6))
    with pytest.raises(ValueError, match="the model must have 24 outputs for S4; it has 6"):
        PairScorer(named_group("S4"))(GroupNetwork(6, 5, 7).fold())
