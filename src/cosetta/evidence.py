"""Test: causal evidence for the coset account of one model, each number beside its control.

Replacements put the account's own functions into the network and ask whether it still works; interventions are those of
Stander et al.'s Table 1, with the prediction stated before the measurement; ablations remove one circuit at a time.
The interventions give the same pattern on Z_53, a group without proper subgroups, so they cannot tell cosets from other
accounts: their control is that network's recorded result (`data/coset_free_control.json`).
"""

import json
from dataclasses import replace
from importlib.resources import files
from typing import Literal

import numpy as np
import torch

from cosetta.circuits import FoundNeuron
from cosetta.circuits.pairs import coset_post_mean
from cosetta.config import AnalysisConfig
from cosetta.groups import Group, SubgroupLattice, cosets
from cosetta.hypotheses import Assignment, CosetCircuit, assignments, random_assignments
from cosetta.interventions import EMBEDDING_SWAP, STANDER2024, mean_ablate, swap_embeddings
from cosetta.models import FoldedModel, GroupNetwork, PairScorer, PairScores
from cosetta.models.moments import post_moments
from cosetta.results import Ablation, CircuitRecord, Evidence, Verdict

__all__ = ["test_circuits", "test_interventions", "test_replacements"]

UNCHANGED = 0.01
"""A replacement leaves the network intact if it costs at most this much accuracy."""


def test_replacements(
    model: FoldedModel,
    group: Group,
    lattice: SubgroupLattice,
    neurons: tuple[FoundNeuron, ...],
    config: AnalysisConfig,
) -> tuple[Evidence, ...]:
    """Put the coset account's functions into the network, and controls of the same size beside it.

    Args:
        model: the model.
        group: its group.
        lattice: the group's subgroups.
        neurons: its labelled neurons.
        config: sample sizes and seed.

    Returns:
        The untouched network, the replacements, and the controls.
    """
    score = PairScorer(group, reference=model, max_pairs=config.evidence_pairs, seed=config.seed)
    found = assignments(neurons, lattice)
    account = CosetCircuit(model, found)
    shuffled = random_assignments(found, lattice, np.random.default_rng(config.seed))
    unexplained = [n.record.neuron for n in neurons if n.record.status != "explained"]
    explained = [assignment.neuron for assignment in found]

    before = score(model)
    control = score(replace(account, assigned=shuffled).ideal)
    mirrored = replace(account, mirror=True)
    rows = [_evidence("untouched network", "replacement", "", before, None, "baseline")]
    for name, ideal in (
        ("left and right by coset means", replace(account, functions=("left", "right")).ideal),
        ("left, right and out by coset means", account.ideal),
        ("coset means, right as the mirror of left", mirrored.ideal),
        ("the same without the unexplained neurons", mean_ablate(mirrored.ideal, unexplained)),
    ):
        after = score(ideal)
        prediction = f"accuracy within {UNCHANGED:.0%} of the untouched network's and above the control's by more"
        held = before.accuracy - UNCHANGED <= after.accuracy and control.accuracy < after.accuracy - UNCHANGED
        verdict: Verdict = "as predicted" if held else "not as predicted"
        rows.append(_evidence(name, "replacement", prediction, after, control, verdict, "random subgroups, same index"))
    rows.append(_evidence("random subgroups of the same index", "replacement", "destroyed", control, None, "control"))
    ablated = score(mean_ablate(model, explained))
    rows.append(_evidence("explained neurons by their mean", "replacement", "destroyed", ablated, None, "control"))
    return tuple(rows)


def test_interventions(
    model: FoldedModel, group: Group, config: AnalysisConfig, network: GroupNetwork | None = None
) -> tuple[Evidence, ...]:
    """The interventions of Stander et al.'s Table 1, with the coset-free control beside each.

    Args:
        model: the model.
        group: its group.
        config: sample sizes and seed.
        network: the network that the model is folded from, for the exchange of its embeddings.

    Returns:
        One row an intervention.

    Source:
        Stander et al. 2023 (arXiv:2312.06581), Table 1.
    """
    score = PairScorer(group, reference=model, max_pairs=config.evidence_pairs, seed=config.seed)
    before = score(model)
    controls = _coset_free_control()
    commuting = len(group.conjugacy_classes) / group.order
    changed = [(intervention, intervention.weights(model)) for intervention in STANDER2024]
    if network is not None:
        changed.insert(0, (EMBEDDING_SWAP, swap_embeddings(network)))
    rows = []
    for intervention, changed_model in changed:
        after = score(changed_model, intervention.on_pre(torch.Generator().manual_seed(config.seed)))
        held = intervention.holds(after, before, commuting)
        rows.append(
            _evidence(
                intervention.name,
                "intervention",
                intervention.prediction.format(commuting=f"{commuting:.2%}"),
                after,
                controls.get(intervention.name),
                "as predicted" if held else "not as predicted",
                "Z_53, which has no proper subgroups",
            )
        )
    return tuple(rows)


def test_circuits(
    model: FoldedModel,
    group: Group,
    lattice: SubgroupLattice,
    neurons: tuple[FoundNeuron, ...],
    circuits: tuple[CircuitRecord, ...],
    config: AnalysisConfig,
) -> tuple[CircuitRecord, ...]:
    """Remove one circuit at a time, and as many other neurons of its class as a control.

    The account predicts more than damage: without the neurons that rule C out, the logits on C must rise against the
    rest for products outside C.

    Args:
        model: the model.
        group: its group.
        lattice: the group's subgroups.
        neurons: its labelled neurons.
        circuits: its circuits.
        config: sample sizes and seed.

    Returns:
        The circuits with `ablation` filled in.
    """
    score = PairScorer(group, max_pairs=config.evidence_pairs, seed=config.seed)
    generator = np.random.default_rng(config.seed)
    by_neuron = {assignment.neuron: assignment for assignment in assignments(neurons, lattice)}
    removed = [list(circuit.neurons) for circuit in circuits]
    others = [_others_of_class(circuit, circuits, generator) for circuit in circuits]
    scores = score.without(model, removed + [drawn for drawn in others if drawn])
    controls = iter(scores[len(removed) :])
    tested = []
    for circuit, inside, drawn, after in zip(circuits, removed, others, scores, strict=False):
        control = next(controls) if drawn else None
        lift, control_lift = _lifts(model, group, inside, by_neuron[inside[0]])
        tested.append(
            replace(
                circuit,
                ablation=Ablation(
                    accuracy=after.accuracy,
                    loss=after.loss,
                    control_accuracy=control.accuracy if control else None,
                    control_loss=control.loss if control else None,
                    lift=lift,
                    control_lift=control_lift,
                    verdict="as predicted" if lift > max(0.0, control_lift) else "not as predicted",
                ),
            )
        )
    return tuple(tested)


def _others_of_class(
    circuit: CircuitRecord, circuits: tuple[CircuitRecord, ...], generator: np.random.Generator
) -> list[int]:
    """As many random neurons of the circuit's class outside it, or none if there are too few."""
    same_class = {n for other in circuits if other.subgroup == circuit.subgroup for n in other.neurons}
    pool, size = sorted(same_class - set(circuit.neurons)), len(circuit.neurons)
    return generator.choice(pool, size, replace=False).tolist() if len(pool) >= size else []


def _lifts(model: FoldedModel, group: Group, inside: list[int], assignment: Assignment) -> tuple[float, float]:
    """Rise of the mean logit on C, and on the other cosets of H, against the rest over pairs with ab outside C."""
    labels = cosets(assignment.left, side="right")
    shared = labels[assignment.representative]
    indicator = np.equal.outer(np.arange(labels.max() + 1), labels).astype(float)
    share = indicator.mean(axis=1, keepdims=True)
    contrast = (indicator / share - (1 - indicator) / (1 - share)) / group.order  # mean on a coset minus mean off it
    gaps = np.zeros(len(indicator))
    means = post_moments(model.keep(torch.tensor(inside)))[0]
    inside_share = float(share[shared, 0])
    for n, mean in zip(inside, means.tolist(), strict=True):
        on = coset_post_mean(model, n, labels == shared, group)
        off = (mean - inside_share * on) / (1 - inside_share)
        gaps += (mean - off) * (contrast @ model.out[:, n].double().numpy())  # ablation lowers the firing off C
    others = np.delete(gaps, shared)
    return float(gaps[shared]), float(others.mean()) if len(others) else 0.0


def _evidence(
    name: str,
    kind: Literal["replacement", "intervention"],
    prediction: str,
    after: PairScores,
    control: PairScores | None,
    verdict: Verdict,
    control_name: str = "",
) -> Evidence:
    return Evidence(
        name=name,
        kind=kind,
        prediction=prediction,
        accuracy=after.accuracy,
        loss=after.loss,
        kl=after.kl,
        pairs=after.pairs,
        control=control_name if control else "",
        control_accuracy=control.accuracy if control else None,
        control_loss=control.loss if control else None,
        verdict=verdict,
    )


def _coset_free_control() -> dict[str, PairScores]:
    """Recorded scores of a network trained on Z_53, by intervention."""
    recorded = json.loads(files("cosetta").joinpath("data/coset_free_control.json").read_text())
    return {
        name: PairScores(row["accuracy"], row["loss"], 0.0, recorded["pairs"])
        for name, row in recorded["interventions"].items()
    }
