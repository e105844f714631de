"""Networks of TransformerLens and nnsight themselves, against our own forward pass on the same weights.

Skipped where the libraries are not installed; docs/importers.md names the versions that were tried.
"""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from cosetta import fold, named_group
from cosetta.models.importers import open_checkpoint
from cosetta.training.architectures import ARCHITECTURES
from cosetta.training.recipes import RECIPES

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "chughtai2023" / "S5_T_seed1" / "model.pt"
SITE = "blocks.0.mlp.hook_pre"
pytestmark = pytest.mark.filterwarnings("ignore")  # theirs, not ours


def library(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(name, reason=f"{name} is not installed: pip install {name}")


@pytest.fixture(params=["S3", "S5"])
def checkpoint(request, tmp_path):
    """A file, its group, and the element order where its predictions do not determine one."""
    if request.param == "S5":
        if not PUBLISHED.is_file():
            pytest.skip("the published networks are not beside the checkout")
        return PUBLISHED, "S5", None
    generator = torch.Generator().manual_seed(0)
    config = RECIPES["fast"](named_group("S3"), architecture="transformer", embed_dim=8, heads=2, width=12)
    shapes = ARCHITECTURES["transformer"].shapes(6, config)
    weights = {name: torch.randn(shape, generator=generator) / 2 for name, shape in shapes.items()}
    weights["unembed.b_U"] *= 0  # the bridges of TransformerLens 4 have none
    torch.save(weights, tmp_path / "model.pt")
    return tmp_path / "model.pt", "S3", np.arange(6)


def transformer_lens_model(path):
    """The file as a model of TransformerLens: a HookedTransformer up to its version 3, a TransformerBridge after."""
    lens = library("transformer_lens")
    stored = torch.load(path, weights_only=True, map_location="cpu")
    weights = {name: weight for name, weight in stored.items() if "." in name}
    heads, model, d = weights["blocks.0.attn.W_Q"].shape
    vocabulary, width = len(weights["embed.W_E"]), weights["blocks.0.mlp.W_in"].shape[1]
    sizes = {"n_layers": 1, "d_model": model, "n_ctx": 3, "d_head": d, "n_heads": heads, "d_mlp": width}
    sizes |= {"d_vocab": vocabulary, "d_vocab_out": vocabulary - 1, "act_fn": "relu", "normalization_type": None}
    try:
        config = lens.HookedTransformerConfig(**sizes, device="cpu")
    except ImportError:
        from transformer_lens.config import TransformerBridgeConfig
        from transformer_lens.utilities.tl_checkpoint_conversion import convert_tl_checkpoint

        config = TransformerBridgeConfig(**sizes, device="cpu", architecture="TransformerLensNative")
        network = lens.TransformerBridge.boot_native(config)
        del weights["unembed.b_U"]
        weights = convert_tl_checkpoint(weights, config)
    else:
        network = lens.HookedTransformer(config)
    unread = network.load_state_dict(weights, strict=False).unexpected_keys
    assert all(name.endswith(("mask", "IGNORE")) for name in unread)
    return network.eval()


def same_fold(found, expected):
    """Both folds to the rounding of single precision, relative to the largest weight of each kind."""
    for name in ("left", "right", "out", "bias", "direct_left", "direct_right"):
        values = getattr(expected.model, name)
        torch.testing.assert_close(getattr(found.model, name), values, rtol=0, atol=1e-4 * float(values.abs().max()))
    assert found.additive_share == pytest.approx(expected.additive_share, abs=1e-6)
    assert (found.agreement, found.accuracy) == (expected.agreement, expected.accuracy)


def test_a_model_of_transformer_lens_folds_as_its_checkpoint_does(checkpoint):
    path, group, order = checkpoint
    network = transformer_lens_model(path)
    found = fold(network, named_group(group), SITE)
    same_fold(found, open_checkpoint(path, group=group, element_order=order).folding)
    assert fold(network, named_group(group), "mlp.hook_pre", activation="relu").site == SITE


def test_a_model_of_transformer_lens_in_an_nnsight_wrapper_is_the_same(checkpoint):
    nnsight = library("nnsight")
    path, group, order = checkpoint
    wrapped = nnsight.NNsight(transformer_lens_model(path))
    same_fold(fold(wrapped, named_group(group), SITE), open_checkpoint(path, group=group, element_order=order).folding)


def test_a_plain_module_in_an_nnsight_wrapper_is_read_by_its_own_names():
    nnsight = library("nnsight")
    generator = torch.Generator().manual_seed(0)

    class Mine(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.mlp = torch.nn.Sequential(torch.nn.Linear(12, 9), torch.nn.ReLU(), torch.nn.Linear(9, 6))
            for weight in self.parameters():
                torch.nn.init.normal_(weight, generator=generator)

        def forward(self, a, b):
            eye = torch.eye(6)
            return self.mlp(torch.cat([eye[a], eye[b]], dim=-1))

    network = Mine()
    folding = fold(nnsight.NNsight(network), named_group("S3"), "mlp.0")
    assert (folding.site, folding.agreement, folding.model.activation) == ("mlp.0", 1, "relu")
    torch.testing.assert_close(folding.model.out, network.mlp[2].weight.detach(), rtol=1e-4, atol=1e-5)
