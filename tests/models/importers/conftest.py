"""Networks in every format, all folding to the same functions."""

from collections.abc import Callable

import pytest
import torch

from cosetta.models import GroupNetwork


def _state_dicts(net: GroupNetwork) -> dict[str, dict]:
    """The same network in each format, as it would be saved."""
    d, weights = net.embed_dim, {name: tensor.detach() for name, tensor in net.state_dict().items()}
    left, right = weights["embed_left.weight"], weights["embed_right.weight"]
    hidden, out, bias = weights["hidden.weight"], weights["unembed.weight"], weights["unembed.bias"]
    zeros = torch.zeros_like
    return {
        "cosetta": weights,
        "chughtai2023": {"W_x": left, "W_y": right, "W": hidden.T.contiguous(), "W_U": out.T.contiguous(), "b_U": bias},
        "stander2024": {
            "model": {
                "lembed.weight": right,  # their product is the opposite one, so inputs trade places
                "rembed.weight": left,
                "linear.weight": torch.cat((hidden[:, d:], hidden[:, :d]), dim=1),
                "unembed.weight": out,
                "unembed.bias": bias,
            },
            "config": {"n": 3, "embed_dim": d},
            "checkpoints": [{"lembed.weight": zeros(left)}],
            "checkpoint_epochs": [0, 10],
        },
        "wu2024": {
            "embedding_left": torch.stack((zeros(left), left)),
            "embedding_right": torch.stack((zeros(right), right)),
            "linear_left": torch.stack((hidden[:, :d].T, hidden[:, :d].T)),
            "linear_right": torch.stack((hidden[:, d:].T, hidden[:, d:].T)),
            "unembedding": torch.stack((out.T, out.T)),
            "unembed_bias": torch.stack((bias, bias)),
        },
        "zhong2023": {  # the only one without biases of the logits
            "embed1.weight": left,
            "embed2.weight": right,
            "l1.weight": hidden,
            "l1.bias": torch.zeros(len(hidden)),
            "unembed.weight": out,
        },
    }


@pytest.fixture
def state_dicts() -> Callable[[GroupNetwork], dict[str, dict]]:
    """What each format would save of a network."""
    return _state_dicts


@pytest.fixture
def net() -> GroupNetwork:
    torch.manual_seed(0)
    return GroupNetwork(order=6, embed_dim=4, width=5)
