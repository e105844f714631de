"""A computed order of pairs is a permutation, and trains like a listed one."""

import pytest
import torch

from cosetta.errors import Unsupported
from cosetta.groups import named_group
from cosetta.training import pairs as pairs_module
from cosetta.training import sitting
from cosetta.training.implicit_pairs import draw_keys, permute
from cosetta.training.pairs import Batches, split_pairs
from cosetta.training.recipes import fast
from cosetta.training.trainer import train


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("length", [1, 2, 3, 5, 16, 17, 576, 14400, 65537])
def test_every_order_is_a_permutation(length):
    order = permute(torch.arange(length), length, draw_keys(generator(length)))
    assert torch.equal(order.sort().values, torch.arange(length))


def test_neighbours_are_scattered():
    """The mean left factor over any tenth of the order is within 4 standard errors of the middle."""
    order = 120
    a = permute(torch.arange(order**2), order**2, draw_keys(generator())) // order
    error = ((order**2 - 1) / 12) ** 0.5 / (order**2 // 10) ** 0.5  # a is uniform on 0..119
    for part in a.double().chunk(10):
        assert abs(float(part.mean()) - (order - 1) / 2) < 4 * error


@pytest.fixture
def computed(monkeypatch):
    monkeypatch.setattr(pairs_module, "LISTED_PAIRS", 100)


@pytest.mark.usefixtures("computed")
def test_the_split_covers_all_pairs_once():
    sides = split_pairs(24, fast("S4", train_fraction=0.3), generator())
    assert [len(side) for side in sides] == [173, 403]
    assert torch.equal(torch.cat([side[:] for side in sides]).sort().values, torch.arange(576))


@pytest.mark.usefixtures("computed")
def test_an_epoch_takes_each_training_pair_at_most_once_and_the_next_takes_another_order():
    pairs, _ = split_pairs(24, fast("S4", train_fraction=0.5), generator())
    batches = Batches(pairs, generator(1))
    epochs = [torch.cat([batches.next(96) for _ in range(3)]) for _ in range(2)]
    for epoch in epochs:
        assert torch.equal(epoch.sort().values, pairs[:].sort().values)
    assert not torch.equal(*epochs)


@pytest.mark.usefixtures("computed")
def test_what_would_list_all_pairs_is_refused():
    with pytest.raises(Unsupported, match="use ordered"):
        split_pairs(24, fast("S4", split="unordered"), generator())
    pairs, _ = split_pairs(24, fast("S4"), generator())
    with pytest.raises(Unsupported, match="set `batch_size`"):
        Batches(pairs, generator()).next(None)


@pytest.mark.usefixtures("computed")
def test_a_killed_run_resumes_to_the_same_weights(tmp_path):
    group = named_group("S4")
    config = fast(group, max_steps=60, eval_every=20, width=8, embed_dim=8, batch_size=64)
    whole = train(config, group, tmp_path / "whole")

    def stop(now):
        if now.step == 80:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sitting, "SAVE_SECONDS", 0.0)
        with pytest.raises(KeyboardInterrupt):
            train(config, group, tmp_path / "killed", progress=stop)
        resumed = train(config, group, tmp_path / "killed")
    weights = [(run.folder / "model.safetensors").read_bytes() for run in (whole, resumed)]
    assert weights[0] == weights[1]
