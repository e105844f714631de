"""Networks in which there is nothing to find: fresh random ones, and one trained on a group without subgroups.

Flipped signs and |x| give the same pattern on one network for Z_53, whose only subgroups are trivial, so these rows of
Table 1 cannot tell the coset account from another; n = 1, and the noise rows differ. A fresh network shows what the
interventions do before training. For the concentration C_H it is the null: no neuron is constant on cosets.
"""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import final

import numpy as np
import torch

from cosetta.config import AnalysisConfig
from cosetta.evidence import test_interventions
from cosetta.groups import Group, subgroup_lattice
from cosetta.harmonics import irreps as all_irreps
from cosetta.models import GroupNetwork, PairScorer
from cosetta.reproduce.stander2024.concentration import least_concentrations
from cosetta.reproduce.stander2024.measures import Scores
from cosetta.training.config import TrainConfig
from cosetta.training.parameters import initial_parameters, parameter_views
from cosetta.training.recipes import stander2024

__all__ = ["RandomControl", "coset_free_control", "random_control"]


@final
@dataclass(frozen=True)
class RandomControl:
    """Fresh networks with the paper's initial values.

    Args:
        networks: number of networks.
        interventions: mean accuracy and loss by id of the intervention.
        below_one: share of neurons with a concentration below 1.
        least: smallest concentration of any neuron; None if the group has no proper nontrivial subgroup.
    """

    networks: int
    interventions: dict[str, Scores]
    below_one: float
    least: float | None


def random_control(group: Group, networks: int, width: int | None = None, seed: int = 0) -> RandomControl:
    """Interventions and concentrations of fresh random networks.

    Args:
        group: the group.
        networks: how many networks.
        width: number of neurons; the paper's if None.
        seed: seed of the first network.

    Returns:
        The control.

    Example:
        >>> from cosetta import named_group
        >>> random_control(named_group("S3"), 2, width=8).interventions["none"].accuracy < 0.5
        True
    """
    lattice, irreps = subgroup_lattice(group), all_irreps(group)
    scores: dict[str, list[Scores]] = {}
    values: list[float] = []
    for i in range(networks):
        config = stander2024(group, seed + i, **({} if width is None else {"width": width}))
        generator = torch.Generator().manual_seed(config.seed)
        network = _fresh(config, group, generator)
        analysis = AnalysisConfig(seed=config.seed)
        model = network.fold()
        before = PairScorer(group, max_pairs=analysis.evidence_pairs, seed=config.seed)(model)
        scores.setdefault("none", []).append(Scores(before.accuracy, before.loss, before.pairs))
        for row in test_interventions(model, group, analysis, network):
            scores.setdefault(row.id, []).append(Scores(row.accuracy, row.loss, row.pairs))
        least = least_concentrations(model.left.double().numpy().T, lattice, irreps)
        values += [neuron.value for neuron in least if neuron.value is not None]
    return RandomControl(
        networks=networks,
        interventions={name: _mean(rows) for name, rows in scores.items()},
        below_one=float(np.mean([value < 1 for value in values])) if values else 0.0,
        least=min(values, default=None),
    )


def coset_free_control() -> dict[str, Scores]:
    """Recorded scores of a network trained on Z_53, by id of the intervention.

    Returns:
        The scores of one network on all 2,809 pairs. As Z_53 is abelian, `swap left and right` changes nothing but the
        order of sums, so its scores stand for the untouched network as `none`.

    Source:
        `data/coset_free_control.json`, made by this project with `cosetta run C53`.

    Example:
        >>> coset_free_control()["flip-left"].accuracy
        0.0
    """
    recorded = json.loads(files("cosetta").joinpath("data/coset_free_control.json").read_text(encoding="utf-8"))
    pairs = recorded["pairs"]
    found = {id: Scores(row["accuracy"], row["loss"], pairs) for id, row in recorded["interventions"].items()}
    return {"none": found["swap-left-right"], **found}


def _fresh(config: TrainConfig, group: Group, generator: torch.Generator) -> GroupNetwork:
    """A network with the initial values that training would start from."""
    with torch.random.fork_rng(devices=[]):
        network = GroupNetwork(group.order, config.embed_dim, config.width, config.activation)
    parameters = initial_parameters(group.order, config, generator)
    network.load_state_dict(parameter_views(parameters, group.order, config))
    return network


def _mean(rows: list[Scores]) -> Scores:
    accuracy, loss = (float(np.mean([getattr(row, name) for row in rows])) for name in ("accuracy", "loss"))
    return Scores(accuracy, loss, rows[0].pairs)
