from types import SimpleNamespace

import pytest
import torch
from torch import nn

from cosetta import fold, named_group
from cosetta.errors import BadConfig, BadNetwork
from cosetta.models import GroupNetwork, ModuleModel
from cosetta.models.module_model import module_of, tokens

S3 = named_group("S3")


class OneHot(nn.Module):
    """Two one-hot vectors side by side, as many write it."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 6))

    def forward(self, a, b):
        eye = torch.eye(6)
        return self.layers(torch.cat([eye[a], eye[b]], dim=1))


class Hooked(nn.Module):
    """What a TransformerLens model looks like from outside: `cfg`, tokens, hook points, logits at each position."""

    def __init__(self, context, vocabulary):
        super().__init__()
        torch.manual_seed(1)
        self.cfg = SimpleNamespace(n_ctx=context, d_vocab=vocabulary)
        self.embed = nn.Embedding(vocabulary, 4)
        block = nn.ModuleDict({"mlp": nn.ModuleDict({"hook_pre": nn.Identity()})})
        self.blocks = nn.ModuleList([block])
        self.into, self.unembed = nn.Linear(4, 7), nn.Linear(7, 6)
        self.seen = None

    def forward(self, tokens):
        self.seen = tokens
        stream = self.embed(tokens).cumsum(1)  # pair, position, model
        return self.unembed(torch.relu(self.blocks[0]["mlp"]["hook_pre"](self.into(stream))))


def test_a_layer_of_a_sequential_is_a_site():
    folding = fold(OneHot(), S3, "layers.0")
    assert (folding.site, folding.model.activation, folding.model.width) == ("layers.0", "tanh", 8)
    assert (folding.additive_share, folding.agreement) == (pytest.approx(1), 1)
    assert fold(OneHot(), S3, "0").site == "layers.0"


@pytest.mark.parametrize(("context", "vocabulary", "expected"), [(2, 6, [4, 5]), (3, 7, [4, 5, 6])])
def test_a_module_with_a_context_gets_tokens_and_is_read_at_the_last(context, vocabulary, expected):
    network = Hooked(context, vocabulary)
    model = ModuleModel(network, 6, "blocks.0.mlp.hook_pre")
    pre, logits = model.run(torch.tensor([4]), torch.tensor([5]))
    assert network.seen.tolist() == [expected]
    stream = network.embed(torch.tensor(expected)).sum(0)
    torch.testing.assert_close(pre[0], network.into(stream))
    torch.testing.assert_close(logits[0], network.unembed(torch.relu(pre[0])))
    assert fold(network, S3, "blocks.0.mlp.hook_pre").additive_share == pytest.approx(1)


def test_patching_replaces_the_last_position_alone():
    network = Hooked(2, 6)
    model = ModuleModel(network, 6, "hook_pre")
    a, b = torch.tensor([1, 2]), torch.tensor([3, 3])
    values = torch.randn(2, 7)
    torch.testing.assert_close(model.patched(values, a, b), network.unembed(torch.relu(values)))
    torch.testing.assert_close(model.patched(model.pre(a, b), a, b), model.logits(a, b))


def test_hooks_are_gone_afterwards_also_after_an_error():
    network = OneHot()
    model = ModuleModel(network, 6, "layers.0")
    site = network.layers[0]
    with pytest.raises(BadNetwork, match="it raised IndexError"):
        model.run(torch.tensor([99]), torch.tensor([0]))
    assert not site._forward_hooks
    model.run(torch.tensor([0]), torch.tensor([0]))
    assert not site._forward_hooks


def test_wrappers_are_unwrapped():
    network = OneHot()

    class Envoy:
        """nnsight keeps the module in `_model` or `_module`, by version, and is itself callable."""

        def __init__(self, **inside):
            self.__dict__.update(inside)

        def __call__(self, *_):
            raise AssertionError("only the module is run")

    assert module_of(Envoy(_model=network)) is network
    assert fold(Envoy(_module=network), S3, "layers.0").agreement == 1
    assert fold(nn.DataParallel(network), S3, "layers.0").site == "module.layers.0"


def test_own_inputs_and_answers_with_logits():
    class Answers(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = GroupNetwork(order=6, embed_dim=4, width=5)

        def forward(self, pair):
            return SimpleNamespace(logits=self.net(pair[:, 1], pair[:, 0]))

    folding = fold(Answers(), S3, "hook_pre", inputs=lambda a, b: tokens()(b, a))
    assert folding.agreement == 1


@pytest.mark.parametrize("site", ["layers.7", "", "LAYERS.0"])
def test_sites_that_cannot_be_are_named(site):
    with pytest.raises(BadConfig, match="no submodule has that name: one of layers"):
        ModuleModel(OneHot(), 6, site)


def test_a_site_that_never_runs_or_is_no_matrix_is_named():
    network = OneHot()
    network.idle = nn.Linear(2, 2)
    with pytest.raises(BadNetwork, match="`idle` did not run"):
        ModuleModel(network, 6, "idle")
    deep = Hooked(2, 6)
    with pytest.raises(BadNetwork, match=r"must give 5 logits a pair, one an element; it gives \(1, 6\)"):
        ModuleModel(deep, 5, "hook_pre")
    with pytest.raises(BadConfig, match="several submodules end in it"):
        ModuleModel(nn.ModuleDict({"x": OneHot(), "y": OneHot()}), 6, "layers.0")
