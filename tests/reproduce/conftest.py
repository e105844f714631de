"""Run folders whose network is written by hand, for the tests of what is measured on runs."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from cosetta.groups import Group
from cosetta.models import GroupNetwork
from cosetta.models.folded import FoldedModel
from cosetta.models.planted import CosetPlan, plant
from cosetta.models.storage import save_network
from cosetta.training import fast, train
from cosetta.training.run_folder import TrainedRun

PlantRun = Callable[..., TrainedRun]


def unfolded(model: FoldedModel) -> GroupNetwork:
    """A network with one-hot embeddings that folds to this model."""
    n = model.order
    network = GroupNetwork(n, n, model.width)
    eye = torch.eye(n)
    weights = {
        "embed_left.weight": eye,
        "embed_right.weight": eye,
        "hidden.weight": torch.cat([model.left.T, model.right.T], dim=1).float(),
        "unembed.weight": model.out.float(),
        "unembed.bias": model.bias.float(),
    }
    network.load_state_dict(weights)
    return network


@pytest.fixture(scope="session")
def plant_run(tmp_path_factory: pytest.TempPathFactory) -> PlantRun:
    """Makes a finished run folder that holds a planted network, with one checkpoint before it."""

    def made(
        group: Group, plans: Sequence[CosetPlan], *, seed: int = 0, noise: float = 0.0, out: Path | None = None
    ) -> TrainedRun:
        planted = plant(group, plans, torch.Generator().manual_seed(seed), noise=noise, shuffle=False)
        network = unfolded(planted.folded)
        config = fast(group, seed, embed_dim=group.order, width=network.width, max_steps=1, checkpoints=3)
        run = train(config, group, (out or tmp_path_factory.mktemp("runs")) / config.run_name)
        save_network(network, run.folder / "model.safetensors")
        return run

    return made
