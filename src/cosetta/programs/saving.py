"""A built network on disk: the folder that `cosetta explain` and `cosetta decompile` open."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from cosetta._version import __version__
from cosetta.files import FilePath, write_together
from cosetta.models import FoldedModel

__all__ = ["save_built"]


def save_built(model: FoldedModel, group: str, folder: FilePath, record: Mapping[str, Any]) -> Path:
    """Write a folded network in the format of a run: one-hot embeddings, and hidden weights that are left and right.

    Args:
        model: the network, without a direct path.
        group: name of its group.
        folder: where; made if it does not exist.
        record: how it was built, for `config.json`.

    Returns:
        The folder.

    Raises:
        OSError: if a file cannot be written; then none is.
    """
    one_hot = torch.eye(model.order, dtype=model.left.dtype)
    tensors = {
        "embed_left.weight": one_hot,
        "embed_right.weight": one_hot.clone(),
        "hidden.weight": torch.cat([model.left.T, model.right.T], dim=1).contiguous(),
        "unembed.weight": model.out.contiguous(),
        "unembed.bias": model.bias.contiguous(),
    }
    config = {
        "schema": 1,
        "cosetta": __version__,
        "config": {"group": group, "activation": model.activation, "width": model.width, "embed_dim": model.order},
        "built": dict(record),
    }
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text, weights = json.dumps(config, indent=1, allow_nan=False) + "\n", save(tensors)
    write_together(
        [
            (folder / "config.json", lambda path: path.write_text(text, encoding="utf-8")),
            (folder / "model.safetensors", lambda path: path.write_bytes(weights)),
        ]
    )
    return folder
