"""Remove one circuit at a time.

The account predicts more than damage: without the neurons that rule C out, the logits on C must rise against the rest
for products outside C. The rise has a closed form, the lift.
"""

from dataclasses import replace

import numpy as np
import torch

from cosetta.evidence.replacements import evidence_scorers
from cosetta.groups import Group, cosets
from cosetta.hypotheses import CosetCircuit
from cosetta.hypotheses.coset import Assignment
from cosetta.measures.pairs import coset_post_mean
from cosetta.models import FoldedModel
from cosetta.models.moments import post_moments
from cosetta.results import Ablation, CircuitRecord

__all__ = ["test_circuits"]


def test_circuits(account: CosetCircuit) -> tuple[CircuitRecord, ...]:
    """Remove one circuit at a time, and as many other neurons of its class as a control.

    The account predicts more than damage: without the neurons that rule C out, the logits on C must rise against the
    rest for products outside C.

    Args:
        account: the coset account of the network.

    Returns:
        The circuits with `ablation` filled in.
    """
    model, group, config, circuits = account.facts.model, account.facts.group, account.config, account.circuits
    score, score_control = evidence_scorers(group, config)
    generator = np.random.default_rng(config.seed)
    by_neuron = {assignment.neuron: assignment for assignment in account.assigned}
    removed = [list(circuit.neurons) for circuit in circuits]
    others = [_others_of_class(circuit, circuits, generator) for circuit in circuits]
    scores = score.without(model, removed)
    controls = iter(score_control.without(model, [drawn for drawn in others if drawn]))
    tested = []
    for circuit, inside, drawn, after in zip(circuits, removed, others, scores, strict=True):
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
