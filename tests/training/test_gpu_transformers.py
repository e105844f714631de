"""benchmarks/gpu_transformers.py on the CPU, and what benchmarks/explain_transformers.py reads off attention."""

import sys
import time
from pathlib import Path

import pytest
import torch

from cosetta.groups import named_group
from cosetta.models.importers import model_of_tensors
from cosetta.training import TrainConfig
from cosetta.training.pairs import split_pairs

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import gpu_transformers
from explain_transformers import attention, wilson
from packing import load_arrays

S3 = torch.from_numpy(named_group("S3").table.astype("int64"))


def test_every_part_leaves_weights_that_open_as_its_networks(tmp_path, monkeypatch):
    monkeypatch.setattr(gpu_transformers, "clock", lambda: 1000 + time.perf_counter())  # seconds of its own count
    words = "--device cpu --group S3 --networks 2 1 1 --seconds 60 --steps 4 --every 2 --whole --out"
    monkeypatch.setattr(sys, "argv", ["gpu_transformers.py", *words.split(), str(tmp_path)])
    gpu_transformers.main()
    for part, seeds in (("fast", [500, 501]), ("control", [500]), ("published", [500])):
        arrays, record = load_arrays(tmp_path / f"transformers-{part}.npz")
        assert record["seeds"] == seeds
        tensors = {name: torch.from_numpy(x[0].copy()) for name, x in arrays.items()}
        model = model_of_tensors(tensors, {"config": record["config"]}, part)
        config = TrainConfig.checked(record["config"] | {"seed": 500})
        _, test = split_pairs(6, config, torch.Generator().manual_seed(500))
        right = model.logits(test // 6, test % 6).argmax(1) == S3.reshape(-1)[test]
        assert float(right.double().mean()) == pytest.approx(record["finals"][0][0])


def transformer(group, key):
    """Weights whose two heads read a, or b where `key` of a is 1."""
    order, model = group.order, 4
    tensors = {
        "embed.W_E": torch.zeros(order + 1, model),
        "pos_embed.W_pos": torch.zeros(3, model),
        "blocks.0.attn.W_Q": torch.zeros(2, model, 2),
        "blocks.0.attn.W_K": torch.zeros(2, model, 2),
        "blocks.0.attn.b_Q": torch.zeros(2, 2),
        "blocks.0.attn.b_K": torch.zeros(2, 2),
    }
    tensors["embed.W_E"][:order, 0] = key
    tensors["pos_embed.W_pos"] += torch.eye(3, 4).roll(1, 1)  # places in 1, 2, 3
    tensors["blocks.0.attn.W_Q"][:, 3, 0] = 1.0
    tensors["blocks.0.attn.W_K"][:, 1, 0] = 10.0
    tensors["blocks.0.attn.W_K"][:, 0, 0] = -20.0
    return tensors


def test_attention_is_told_apart_by_what_it_reads():
    group = named_group("S5")
    even = torch.zeros(120)
    even[list(group.subgroup(group.commutators).elements)] = 1
    identity = torch.zeros(120)
    identity[0] = 1
    for key, by_quotient, by_identity in ((even, 1, 0), (identity, 0, 1)):
        found = attention(transformer(group, key), group)
        assert found["attention_by_quotient"] == pytest.approx(by_quotient, abs=0.02)
        assert found["attention_by_identity"] == pytest.approx(by_identity, abs=0.02)
        assert found["attention_spread"] > 0.05
    still = attention(transformer(group, torch.zeros(120)), group)
    assert still["attention_spread"] == pytest.approx(0)
    assert still["heads_on_one"] == 2


def test_wilson_covers_the_share():
    for n in (1, 10, 35):
        for yes in range(n + 1):
            low, high = wilson(yes, n)
            assert 0 <= low <= yes / n <= high <= 1
