"""The written-out step against the plain network under autograd, its slow and obvious twin."""

import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F

from cosetta.groups import named_group
from cosetta.models import ACTIVATIONS, PairScorer
from cosetta.training import TrainConfig, fast, step
from cosetta.training.pairs import Batches, split_pairs
from cosetta.training.parameters import initial_parameters, network_of, parameter_views
from cosetta.training.scoring import score_parameters
from cosetta.training.stack import Stack
from cosetta.training.state import TrainState
from cosetta.training.step import FoldedStep


def small(group, **overrides) -> TrainConfig:
    return fast(group, **({"embed_dim": 5, "width": 7, "train_fraction": 0.5} | overrides))


def table_of(name):
    return torch.tensor(named_group(name).table, dtype=torch.int64)


def autograd(network, pairs, table):
    loss = F.cross_entropy(network(pairs // len(table), pairs % len(table)), table.reshape(-1)[pairs])
    loss.backward()
    return {name: parameter.grad for name, parameter in network.named_parameters()}


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_gradient_is_autograds(small_group, activation, precision):
    config = small(small_group, activation=activation, precision=precision, loss_precision=precision)
    generator = torch.Generator().manual_seed(1)
    flat = initial_parameters(small_group.order, config, generator)
    table = torch.tensor(small_group.table, dtype=torch.int64)
    pairs = torch.randint(small_group.order**2, (20,), generator=generator)
    step = FoldedStep(flat, table, config)
    step(pairs)
    ours = parameter_views(step.gradient, small_group.order, config)
    theirs = autograd(network_of(flat, small_group.order, config), pairs, table)
    for name in ours:
        assert torch.allclose(ours[name], theirs[name], atol={"float32": 1e-6, "float64": 1e-14}[precision]), name


@pytest.mark.parametrize("margin", [5, 14, 18, 40])
def test_a_float32_gradient_is_as_good_as_float64_however_small_the_loss(small_group, margin):
    """Softmax minus 1 at the answer would be a multiple of 6e-8, or 0, when the loss is e^-18."""
    config = small(small_group)
    flat = initial_parameters(small_group.order, config, torch.Generator().manual_seed(3))
    parameter_views(flat, small_group.order, config)["unembed.bias"][0] = margin
    table = torch.tensor(small_group.table, dtype=torch.int64)
    pairs = (table.reshape(-1) == 0).nonzero()[:, 0]  # whose product is the element with the large bias
    gradients = []
    for precision in ("float32", "float64"):
        exact = config.model_copy(update={"precision": precision, "loss_precision": precision})
        gradient = FoldedStep(flat.to(getattr(torch, precision)), table, exact)
        gradient(pairs)
        gradients.append(gradient.gradient.double())
    assert torch.allclose(*gradients, rtol=0, atol=1e-5 * float(gradients[1].abs().max()))


@pytest.mark.parametrize("entries", [1, 100, 2**18])
def test_blocks_do_not_change_the_gradient(monkeypatch, entries):
    config = small("A4", precision="float64", loss_precision="float64")
    generator, table = torch.Generator().manual_seed(0), table_of("A4")
    flat, pairs = initial_parameters(12, config, generator), torch.randint(144, (50,), generator=generator)
    whole = FoldedStep(flat, table, config)
    whole(pairs)
    monkeypatch.setattr(step, "CACHED_ENTRIES", entries)
    in_blocks = FoldedStep(flat, table, config)
    in_blocks(pairs)
    assert torch.allclose(in_blocks.gradient, whole.gradient, rtol=0, atol=1e-15)


def test_training_imports_no_compiler():
    """It takes seconds, in every process of a sweep."""
    program = """
import sys, tempfile
from pathlib import Path
from cosetta.groups import named_group
from cosetta.training import fast, train
S3 = named_group("S3")
train(fast(S3, embed_dim=4, width=4, max_steps=2), S3, Path(tempfile.mkdtemp()) / "run").network()
print({"torch._dynamo", "torch._inductor", "sympy"} & set(sys.modules))
"""
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "set()\n"


@pytest.mark.parametrize("optimizer", ["adamw", "adam"])
def test_steps_are_those_of_the_plain_loop(optimizer):
    config = small("S3", optimizer=optimizer, precision="float64", loss_precision="float64")
    state = TrainState(config, named_group("S3"), torch.device("cpu"))
    stack = Stack([state])
    network = network_of(state.parameters, 6, config)
    twin = TrainState(config, named_group("S3"), torch.device("cpu"))
    kind = torch.optim.AdamW if optimizer == "adamw" else torch.optim.Adam
    plain = kind(network.parameters(), betas=config.betas, eps=config.epsilon)
    for i in range(20):
        plain.param_groups[0]["lr"], plain.param_groups[0]["weight_decay"] = config.phases[0].at(i)
        plain.zero_grad()
        autograd(network, twin.batches.next(config.phases[0].batch_size), state.table)
        plain.step()
        stack.advance()
    for name, view in parameter_views(state.parameters, 6, config).items():
        assert torch.allclose(view, network.state_dict()[name], atol=1e-10), name


def test_initial_values_have_pytorchs_spread():
    config = fast("S5", embed_std=0.25)
    views = parameter_views(initial_parameters(120, config, torch.Generator().manual_seed(0)), 120, config)
    assert views["embed_right.weight"].std() == pytest.approx(0.25, rel=0.02)
    for name, fan_in in (("hidden.weight", 512), ("unembed.weight", 128)):
        assert views[name].abs().max() <= fan_in**-0.5
        assert views[name].std() == pytest.approx((3 * fan_in) ** -0.5, rel=0.02)


def test_scores_are_those_of_the_pair_scorer(small_group):
    config = small(small_group, precision="float64")
    flat = initial_parameters(small_group.order, config, torch.Generator().manual_seed(2))
    model = network_of(flat, small_group.order, config).fold()
    if small_group.order == 1:
        return
    pairs = torch.arange(small_group.order**2)
    table = torch.tensor(small_group.table, dtype=torch.int64)
    accuracy, loss = score_parameters(flat, pairs, table, config).tolist()
    scores = PairScorer(small_group)(model)
    assert accuracy == scores.accuracy
    assert loss == pytest.approx(scores.loss)


@pytest.mark.parametrize("split", ["ordered", "unordered"])
def test_split_is_the_stated_share_of_all_pairs(small_group, split):
    if small_group.order == 1:
        return
    config = small(small_group, split=split)
    train, test = split_pairs(small_group.order, config, torch.Generator().manual_seed(0))
    pairs = small_group.order**2
    assert torch.equal(torch.cat((train, test)).sort().values, torch.arange(pairs))
    assert abs(len(train) - 0.5 * pairs) <= 1
    a, b = train // small_group.order, train % small_group.order
    mirrored = set((b * small_group.order + a).tolist())
    assert split == "ordered" or mirrored == set(train.tolist())


def test_split_depends_on_the_seed():
    splits = [split_pairs(6, small("S3"), torch.Generator().manual_seed(seed))[0].tolist() for seed in (0, 0, 1)]
    assert splits[0] == splits[1] != splits[2]


def test_an_empty_side_is_refused():
    with pytest.raises(ValueError, match=r"must leave training and test pairs; 0\.5 of 1 pairs gives 0 and 1"):
        split_pairs(1, small("C1"), torch.Generator())


def test_an_epoch_repeats_no_pair():
    batches = Batches(torch.arange(10), torch.Generator().manual_seed(0))
    epochs = [torch.cat([batches.next(5), batches.next(5)]) for _ in range(3)]
    for epoch in epochs:
        assert epoch.sort().values.tolist() == list(range(10))
    assert epochs[0].tolist() != epochs[1].tolist()
    assert batches.next(None).tolist() == batches.next(10).tolist() == list(range(10))
