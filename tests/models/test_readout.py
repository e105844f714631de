import re

import numpy as np
import pytest
import torch

from cosetta import fold
from cosetta.errors import BadNetwork
from cosetta.groups import named_group
from cosetta.models import ACTIVATIONS, FoldedModel
from cosetta.models.deep_mlp import DeepMLP
from cosetta.models.function_model import FunctionModel
from cosetta.models.module_model import ModuleModel
from cosetta.models.planted import random_model
from cosetta.models.readout import find_readout

S3 = named_group("S3")


def random_folded(activation, width=5):
    generator = torch.Generator().manual_seed(2)
    left, right, out = (torch.randn(6, width, generator=generator, dtype=torch.float64) for _ in range(3))
    direct = torch.randn(6, 6, generator=generator, dtype=torch.float64)
    return FoldedModel(left, right, out, torch.randn(6, dtype=torch.float64), activation, direct, direct.T.clone())


class Pairs(torch.nn.Module):
    """A layer of a sum, any function after it, and a layer of logits."""

    def __init__(self, after, width=4):
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.left, self.right, self.out = (
            torch.randn(6, width, generator=generator, dtype=torch.float64) for _ in range(3)
        )
        self.site, self.after = torch.nn.Identity(), after

    def forward(self, a, b):
        return self.after(self.site(self.left[a] + self.right[b])) @ self.out.T


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_patching_finds_the_activation_and_the_weights(activation):
    model = random_folded(activation)
    found = find_readout(model)
    assert (found.activation, found.method) == (activation, "patched")
    torch.testing.assert_close(found.out, model.out, rtol=0, atol=1e-10)
    assert found.error < 1e-20


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "abs"])
def test_regression_finds_the_activation_and_the_weights(activation):
    model = random_folded(activation, width=3)
    found = find_readout(FunctionModel(model.run, 6))
    assert (found.activation, found.method) == (activation, "fitted")
    torch.testing.assert_close(found.out, model.out, rtol=0, atol=1e-7)


def test_regression_of_copies_says_its_rank():
    model = random_folded("relu", width=3).keep(torch.tensor([0, 1, 2, 0, 1, 2]))
    found = find_readout(FunctionModel(model.run, 6), "relu")
    assert found.rank == 3
    torch.testing.assert_close(
        found.out[:, :3] + found.out[:, 3:], model.out[:, :3] + model.out[:, 3:], atol=1e-7, rtol=0
    )
    assert found.error < 1e-10


@pytest.mark.parametrize("after", [lambda x: x, torch.sin, lambda x: x.softmax(-1)])
def test_what_is_no_known_activation_is_told_by_a_number(after):
    model = ModuleModel(Pairs(after), 6, "site")
    assert find_readout(model).activation_error > 0.01
    assert re.match(r"no known activation follows the site: .*leaves \d+\.\d%", fold(model, S3).obstacle)
    assert find_readout(ModuleModel(Pairs(torch.tanh), 6, "site")).activation_error < 1e-20


def test_a_later_layer_that_is_not_affine_is_measured():
    second = torch.randn(4, 4, generator=torch.Generator().manual_seed(6), dtype=torch.float64)
    deep = DeepMLP(*_first_layer(), [(second, torch.zeros(4).double()), _last_layer()])
    first, second = (find_readout(ModuleModel(deep, 6, f"hidden.{i}"), "relu") for i in (0, 1))
    assert first.error > 0.01
    assert second.error < 1e-20


def _first_layer():
    generator = torch.Generator().manual_seed(3)
    return (torch.randn(6, 4, generator=generator, dtype=torch.float64) for _ in range(2))


def _last_layer():
    weight = torch.randn(4, 6, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    return weight, torch.zeros(6, dtype=torch.float64)


def test_a_site_that_moves_no_logit_is_named():
    silent = random_model(S3, 4, torch.Generator().manual_seed(0))
    silent = FoldedModel(silent.left, silent.right, torch.zeros_like(silent.out), silent.bias)
    with pytest.raises(BadNetwork, match="a site must move the logits; none of them moves with `pre`"):
        find_readout(silent)
    with pytest.raises(BadNetwork, match="must move the logits"):
        find_readout(FunctionModel(lambda a, b: (np.zeros((len(a), 2)), np.zeros((len(a), 6))), 6))
