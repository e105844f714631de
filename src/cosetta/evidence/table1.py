"""The interventions of Stander et al.'s Table 1.

They give the same pattern on Z_53, a group without proper subgroups, so they cannot tell cosets from other accounts:
their control is that network's recorded result (`data/coset_free_control.json`).
"""

import json
from importlib.resources import files

import torch

from cosetta.config import AnalysisConfig
from cosetta.groups import Group
from cosetta.interventions import EMBEDDING_SWAP, STANDER2024, swap_embeddings
from cosetta.models import FoldedModel, GroupNetwork, PairScorer
from cosetta.results import Control, Evidence

__all__ = ["coset_free_control", "test_interventions"]


def test_interventions(
    model: FoldedModel,
    group: Group,
    config: AnalysisConfig,
    network: GroupNetwork | None = None,
    *,
    applies: bool = True,
) -> tuple[Evidence, ...]:
    """The interventions of Stander et al.'s Table 1, with the coset-free control beside each.

    Args:
        model: the model.
        group: its group.
        config: sample sizes and seed.
        network: the network that the model is folded from, for the exchange of its embeddings.
        applies: whether any neuron is covered by cosets; without one the predictions are about nothing, and every row
            is `not applicable`.

    Returns:
        One row an intervention.

    Raises:
        KeyError: if an intervention has no recorded control.

    Source:
        Stander et al. 2023 (arXiv:2312.06581), Table 1.
    """
    score = PairScorer(group, reference=model, max_pairs=config.evidence_pairs, seed=config.seed)
    before = score(model)
    controls = coset_free_control()
    commuting = len(group.conjugacy_classes) / group.order
    changed = [(intervention, intervention.weights(model)) for intervention in STANDER2024]
    if network is not None:
        changed.insert(0, (EMBEDDING_SWAP, swap_embeddings(network)))
    rows = []
    for intervention, changed_model in changed:
        after = score(changed_model, intervention.on_pre(torch.Generator().manual_seed(config.seed)))
        held = intervention.holds(after, before, commuting)
        rows.append(
            Evidence(
                id=intervention.id,
                name=intervention.name,
                kind="intervention",
                prediction=intervention.prediction.format(commuting=f"{commuting:.2%}"),
                accuracy=after.accuracy,
                loss=after.loss,
                kl=after.kl,
                pairs=after.pairs,
                control=controls[intervention.id],
                verdict=("as predicted" if held else "not as predicted") if applies else "not applicable",
            )
        )
    return tuple(rows)


def coset_free_control() -> dict[str, Control]:
    """Recorded scores of a network trained on Z_53.

    Returns:
        A control for each intervention, by its id.
    """
    recorded = json.loads(files("cosetta").joinpath("data/coset_free_control.json").read_text())
    name = "Z_53, which has no proper subgroups"
    return {
        id: Control(name, 1, row["accuracy"], (row["accuracy"], row["accuracy"]), row["loss"])
        for id, row in recorded["interventions"].items()
    }
