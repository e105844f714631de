"""The programs of benchmarks/gpu_session.sh on the CPU: their plain twins, against `cosetta.training` in float64."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from cosetta.groups import named_group
from cosetta.training.stack import Stack
from cosetta.training.state import TrainState
from cosetta.training.step import FoldedStep

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from full_batch_stack import FullBatchStack
from gpu_kernels import add_at_elements, errors, side_gradient
from gpu_populations import states_of
from grok_s7 import Candidate, Network, Pairs
from packing import load_arrays, pack, packed, save_arrays, unpacked

CPU = torch.device("cpu")
SMALL = {"embed_dim": 12, "width": 8}
EXACT = {"precision": "float64", "loss_precision": "float64"}


@pytest.mark.parametrize("recipe", ["stander2024", "wu2024"])
def test_gradient_of_each_network_is_that_of_the_step(recipe):
    group = named_group("S4")
    stack = FullBatchStack(states_of(recipe, group, range(3), CPU, **SMALL))
    stack.gradient.fill_(torch.nan)
    with torch.no_grad():
        stack.compute()
    for i in range(3):
        (state,) = states_of(recipe, group, [i], CPU, **SMALL, **EXACT)
        state.tensors["parameters"].copy_(stack.parameters[i])
        exact = FoldedStep(state.parameters, state.table, state.config)
        exact(state.train)
        torch.testing.assert_close(stack.gradient[i].double(), exact.gradient, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("recipe", ["stander2024", "wu2024"])
def test_a_stack_walks_where_single_runs_walk(recipe):
    group = named_group("S4")
    stack = FullBatchStack(states_of(recipe, group, range(2), CPU, **SMALL))
    stack.advance(20)
    for i in range(2):
        single = Stack(states_of(recipe, group, [i], CPU, **SMALL))
        for _ in range(20):
            single.advance()
        torch.testing.assert_close(stack.parameters[i], single.states[0].parameters, rtol=1e-3, atol=1e-4)


def test_networks_that_leave_do_not_change_the_others():
    group = named_group("S4")
    four = FullBatchStack(states_of("stander2024", group, range(4), CPU, **SMALL))
    four.advance(5)
    rest = four.without({1, 3})
    rest.advance(5)
    two = FullBatchStack(states_of("stander2024", group, [0, 2], CPU, **SMALL))
    two.advance(10)
    assert [state.config.seed for state in rest.states] == [0, 2]
    assert rest.step == 10
    torch.testing.assert_close(rest.parameters, two.parameters, rtol=1e-5, atol=1e-7)


def test_folded_weights_give_the_logits_of_the_network():
    group = named_group("S3")
    (state,) = states_of("stander2024", group, [0], CPU, **SMALL)
    folded = FullBatchStack([state]).folded(0)
    assert isinstance(state, TrainState)
    from cosetta.models import FoldedModel
    from cosetta.training.parameters import network_of

    network = network_of(state.parameters, group.order, state.config).fold()
    a, b = torch.meshgrid(torch.arange(6), torch.arange(6), indexing="ij")
    ours = FoldedModel(*(folded[name] for name in ("left", "right", "out", "bias")))
    torch.testing.assert_close(ours.logits(a, b), network.logits(a, b), rtol=1e-5, atol=1e-5)


def test_error_at_the_target_is_exact_where_the_softmax_is_all_but_one():
    logits = torch.tensor([[40.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    found = errors(logits, torch.zeros(1, 3), torch.tensor([0, 1]), 1.0, 2)
    assert found[0, 0].item() == pytest.approx(-2 * np.exp(-40.0), rel=1e-5)
    assert found[1].tolist() == pytest.approx([1 / 3, -2 / 3, 1 / 3])


def test_both_ways_to_sum_over_pairs_agree():
    generator = torch.Generator().manual_seed(0)
    left, right = (torch.randn(5, 4, generator=generator) for _ in range(2))
    a, b = torch.tensor([0, 0, 3, 4]), torch.tensor([1, 2, 2, 0])
    post = torch.relu(left[a] + right[b])
    at_post = torch.randn(4, 4, generator=generator)
    at_left, at_right = torch.zeros(5, 4), torch.zeros(5, 4)
    add_at_elements(at_post, post, a, b, at_left, at_right)
    pairs = torch.tensor([[0, 1], [-1, -1], [-1, -1], [2, -1], [3, -1]])
    others = torch.tensor([[1, 2], [0, 0], [0, 0], [2, 0], [0, 0]])
    torch.testing.assert_close(side_gradient(at_post, left, right, pairs, others, torch.zeros(5, 4)), at_left)


def test_a_large_groups_network_learns_a_small_group():
    group = named_group("S5")
    candidate = Candidate("small", width=64, embed_dim=128, each=8, rate=2e-2)
    network = Network(candidate, Pairs(group, 0, CPU), 0, CPU)
    with torch.no_grad():
        for _ in range(30):
            network.advance()
        before = network.score(network.pairs.train[:2000])[0]
        for _ in range(300):
            network.advance()
        after = network.score(network.pairs.train[:2000])[0]
    assert after < before - 1


def test_packed_numbers_come_back(tmp_path):
    x = np.float32([[1.0, -3.1415927, 1e-30, 0.0, 65504.0]])
    assert (np.abs(unpacked(packed(x)) - x) <= 2.0**-16 * np.abs(x)).all()
    save_arrays(tmp_path / "x.npz", pack({"left": x}) | {"curve": x}, {"seeds": [0]})
    arrays, record = load_arrays(tmp_path / "x.npz")
    assert record == {"seeds": [0]}
    np.testing.assert_allclose(arrays["left"], x, rtol=2.0**-16)
    np.testing.assert_array_equal(arrays["curve"], x)
    assert pack({"left": x}, limit=10)["left"].dtype == np.float16
