"""Small networks as files: planted ones with known answers, a run, and what a disk may hold besides."""

import pytest
import torch

from cosetta.config import AnalysisConfig
from cosetta.explanation import explain_run
from cosetta.groups import named_group, subgroup_lattice
from cosetta.models.planted import CosetPlan, plant, random_model
from cosetta.training import Phase, TrainConfig, train

CONFIG = AnalysisConfig(null_samples=19, control_draws=5)


@pytest.fixture(scope="session")
def config():
    """Small samples, the same in every test."""
    return CONFIG


def planted(name="S3", subgroup="C2", seed=0, random_neurons=0):
    """A network of a complete coset circuit."""
    group = named_group(name)
    lattice = subgroup_lattice(group)
    plan = CosetPlan(lattice.subgroup(lattice.names.index(subgroup)))
    return plant(group, [plan], torch.Generator().manual_seed(seed), random_neurons=random_neurons).folded, group


def save(model, folder):
    """Write a folded network as a checkpoint in the format of Chughtai et al."""
    folder.mkdir(parents=True)
    one = torch.eye(model.order)
    weights = {"W_x": one, "W_y": one, "W": torch.cat([model.left, model.right]).float(), "W_U": model.out.T.float()}
    torch.save({name: tensor.contiguous() for name, tensor in weights.items()}, folder / "model.pt")
    return folder


@pytest.fixture(scope="session")
def networks(tmp_path_factory):
    """A folder with two checkpoints on S3: one of cosets, one of cosets and random neurons."""
    folder = tmp_path_factory.mktemp("networks")
    save(planted()[0], folder / "cosets")
    save(planted(seed=1, random_neurons=4)[0], folder / "mixed")
    return folder


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory, config):
    """A finished run that is explained with the configuration of these tests."""
    group, phase = named_group("S3"), Phase(max_steps=40, learning_rate=2e-2)
    training = TrainConfig(group="S3", embed_dim=8, width=8, train_fraction=0.8, phases=(phase,), checkpoints=0)
    run = train(training, group, tmp_path_factory.mktemp("runs") / training.run_name)
    explain_run(run, group, config, report=False)
    return run.folder


@pytest.fixture(scope="session")
def noise():
    """A network without structure."""
    group = named_group("S4")
    return random_model(group, 12, torch.Generator().manual_seed(0)), group


@pytest.fixture(scope="session")
def mixed():
    """A network of coset circuits and four random neurons."""
    return planted(random_neurons=4)
