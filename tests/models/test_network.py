import resource
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch

from cosetta.errors import BadRun, Unsupported
from cosetta.groups import named_group
from cosetta.interventions import STANDER2024, mean_ablate
from cosetta.models import ACTIVATIONS, FoldedModel, GroupNetwork, PairScorer, load_network, save_network
from cosetta.models.element_order import Recovered


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
    with pytest.raises(
        Unsupported, match="`activation` must be one of relu, abs, gelu, silu, square, tanh; got 'sine'"
    ):
        GroupNetwork(6, 5, 7, activation="sine")
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


def with_direct_path(group, seed=5):
    generator = torch.Generator().manual_seed(seed)
    left, right, out = (torch.randn(group.order, 4, generator=generator, dtype=torch.float64) for _ in range(3))
    bias = torch.randn(group.order, generator=generator, dtype=torch.float64)
    direct = torch.randn(2, group.order, group.order, generator=generator, dtype=torch.float64)
    return FoldedModel(left, right, out, bias, "tanh", direct[0], direct[1])


def test_direct_path_is_added_to_every_logit(small_group):
    model = with_direct_path(small_group)
    for a in range(small_group.order):
        for b in range(small_group.order):
            post = torch.tanh(model.left[a] + model.right[b])
            expected = model.out @ post + model.bias + model.direct_left[a] + model.direct_right[b]
            torch.testing.assert_close(model.logits(torch.tensor(a), torch.tensor(b)), expected, rtol=0, atol=1e-12)


def test_direct_path_survives_everything_that_makes_a_model():
    group = named_group("S3")
    model = with_direct_path(group)
    table = np.argsort([3, 0, 4, 1, 5, 2])
    image = np.array([3, 0, 4, 1, 5, 2])
    renamed = Recovered(group, image, 0, 0).relabel(model)
    a, b = torch.tensor([1, 4]), torch.tensor([2, 5])
    places = torch.from_numpy(table)
    torch.testing.assert_close(renamed.logits(a, b), model.logits(places[a], places[b])[:, places])
    swapped = next(x for x in STANDER2024 if x.name == "swap left and right").weights(model)
    torch.testing.assert_close(swapped.logits(a, b), model.logits(b, a))
    empty = model.keep(torch.tensor([], dtype=torch.int64))
    torch.testing.assert_close(empty.logits(a, b), model.bias + model.direct_left[a] + model.direct_right[b])
    assert model.to(torch.float32).direct_right.dtype == torch.float32
    scores = PairScorer(group, reference=model)
    assert scores(model).kl == pytest.approx(0, abs=1e-12)
    ablated = mean_ablate(model, [0, 2])
    assert scores(ablated).loss == pytest.approx(scores.without(model, [[0, 2]])[0].loss, abs=1e-9)
    assert scores(replace(model, direct_left=None)).kl > 0.01


def test_a_direct_path_that_does_not_fit_is_refused():
    model = with_direct_path(named_group("S3"))
    unfitting = object.__new__(FoldedModel)  # past the tests' own shape checks
    values = {name: getattr(model, name) for name in ("left", "right", "out", "bias", "activation", "direct_right")}
    for name, value in (values | {"direct_left": torch.zeros(6, 5, dtype=torch.float64)}).items():
        object.__setattr__(unfitting, name, value)
    with pytest.raises(ValueError, match=r"`direct_left` must be order x order, 6 each; got \(6, 5\)"):
        unfitting.__post_init__()
    with pytest.raises(ValueError, match="`direct_left` holds nan at"):
        replace(model, direct_left=torch.full((6, 6), torch.nan, dtype=torch.float64))
