"""The part of a sidecar that an analysis states: neurons, circuits, accounts, curve. Nothing is computed here but sums.

Subgroups go by their position in the lattice, irreps and accounts by name; words are those of the analysis.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cosetta.explorer.identification import fewest, identify
from cosetta.groups import SubgroupLattice, cosets
from cosetta.measures import Facts
from cosetta.models import PairScorer, PairScores
from cosetta.report.headline import best_sentence, headline_sentence
from cosetta.report.notation import typeset
from cosetta.results import AccountRecord, Analysis, CircuitRecord, CosetLabel, CosetNeuron, LiveNeuron, OpenNeuron

__all__ = ["account_rows", "circuit_rows", "neuron_rows", "summary", "without_each"]

ABLATION_ENTRIES = 2.5e8
"""Logits that removing each neuron in turn may cost: all pairs of S5 with 128 neurons, 2 s; 1,300 pairs of S6."""


def summary(analysis: Analysis) -> dict[str, Any]:
    """The network in numbers and sentences.

    Args:
        analysis: of the network.

    Returns:
        Plain JSON.
    """
    return {
        "group": analysis.group,
        "width": analysis.width,
        "activation": analysis.activation,
        "accuracy": analysis.accuracy,
        "loss": analysis.loss,
        "pairs": analysis.accuracy_pairs,
        "headline": headline_sentence(analysis),
        "best": best_sentence(analysis),
        "covered_share": analysis.covered_share,
        "covered_strength": analysis.covered_strength,
        "command": analysis.command,
        "thresholds": analysis.thresholds,
        "open": list(analysis.unexplained),
        "evidence": [
            {
                "id": row.id,
                "name": row.name,
                "accuracy": row.accuracy,
                "loss": row.loss,
                "pairs": row.pairs,
                "verdict": row.verdict,
            }
            for row in analysis.evidence
        ],
    }


def without_each(facts: Facts, seed: int) -> tuple[list[PairScores], int]:
    """The scores of the network without each of its neurons, that neuron held at its mean.

    Args:
        facts: of the network.
        seed: of the sample of pairs, where not all of them are used.

    Returns:
        Scores by neuron, and the number of pairs behind them.
    """
    order = facts.group.order
    pairs = int(max(100, min(order**2, ABLATION_ENTRIES / (order * max(1, facts.width)))))
    scorer = PairScorer(facts.group, max_pairs=pairs, seed=seed)
    return scorer.without(facts.model, [[n] for n in range(facts.width)]), min(pairs, order**2)


def neuron_rows(
    analysis: Analysis, facts: Facts, lattice: SubgroupLattice | None, without: Sequence[PairScores]
) -> list[dict[str, Any]]:
    """One entry a neuron.

    Args:
        analysis: of the network.
        facts: measured of it.
        lattice: the subgroups, or None where they are out of reach.
        without: scores of the network without each neuron.

    Returns:
        Facts, labels, what the coset account says, and what removing it does.
    """
    firsts = {} if lattice is None else {cls.name: int(cls.subgroups[0]) for cls in lattice.classes}
    rows = []
    for neuron in analysis.neurons:
        n, known = neuron.neuron, neuron.facts
        row: dict[str, Any] = {
            "neuron": n,
            "kind": neuron.kind,
            "strength": known.strength,
            "silent": known.silent_share,
            "irrep": known.irrep,
            "irrep_shares": {
                name: {irrep: round(share, 5) for irrep, share in shares.items() if share >= 5e-4}
                for name, shares in known.irrep_shares.items()
            },
            "rank": {name: round(share, 6) for name, share in known.rank_shares.items()},
            "mirror": known.mirror_correlation,
            "mean": float(facts.post_means[n]),
            "accounts": neuron.accounts if isinstance(neuron, LiveNeuron) else {},
            "without": {"accuracy": without[n].accuracy, "loss": without[n].loss},
        }
        finding = analysis.coset.by_neuron.get(n)
        if finding is not None:
            row |= _finding(finding, firsts)
        rows.append(row)
    return rows


def _finding(finding: CosetNeuron | OpenNeuron, firsts: Mapping[str, int]) -> dict[str, Any]:
    labels = {name: _label(getattr(finding, name), firsts) for name in ("left", "right", "out")}
    if isinstance(finding, OpenNeuron):
        return {"covered": False, "reason": finding.reason, "labels": labels}
    return {
        "covered": True,
        "sentence": finding.sentence,
        "labels": labels,
        "shared": finding.shared_coset.representative,
        "shared_words": finding.shared_coset.description,
        "mirror_residual": finding.mirror_residual,
        "leak": finding.leak,
        "expected_silent": finding.expected_silent_share,
        "out_on": finding.out_on,
        "out_off": finding.out_off,
        "circuit": finding.circuit,
    }


def _label(label: CosetLabel | None, firsts: Mapping[str, int]) -> dict[str, Any] | None:
    if label is None:
        return None
    return {
        "name": label.subgroup,
        "title": typeset(label.subgroup),
        "subgroup": firsts[label.subgroup] + label.conjugate if label.subgroup in firsts else None,
        "conjugate": label.conjugate + 1,
        "conjugates": label.conjugates,
        "generators": label.generators,
        "fraction": label.fraction,
        "p": label.p_value,
        "twisted": label.twisted,
    }


def circuit_rows(analysis: Analysis, lattice: SubgroupLattice | None) -> dict[str, Any]:
    """Circuits, and which sets of them tell every product apart.

    Args:
        analysis: of the network.
        lattice: the subgroups, or None where they are out of reach.

    Returns:
        The circuits with their cosets, and rows of identification: each class, all, and a set that cannot be smaller.
    """
    records = analysis.coset.circuits
    if lattice is None or not records:
        return {"circuits": [], "identification": []}
    held = np.stack([_coset(record, analysis, lattice) for record in records])
    strength = [sum(analysis.neurons[n].facts.strength for n in record.neurons) for record in records]
    rows = [_circuit(record, coset, s, lattice) for record, coset, s in zip(records, held, strength, strict=True)]
    kept = fewest(held, np.argsort(strength, kind="stable").tolist())
    sets = {}
    for name in dict.fromkeys(record.subgroup for record in records):
        sets[name] = [i for i, record in enumerate(records) if record.subgroup == name]
    if len(sets) > 1:
        sets["all circuits"] = list(range(len(records)))
    sets["a smallest set"] = list(kept)
    identification = [
        {"name": name, "title": typeset(name), "circuits": members, **vars(identify(held[members]))}
        for name, members in sets.items()
    ]
    return {"circuits": rows, "identification": identification}


def _coset(record: CircuitRecord, analysis: Analysis, lattice: SubgroupLattice) -> np.ndarray:
    """Membership of the shared coset C = Hg of a circuit."""
    finding = analysis.coset.by_neuron[record.neurons[0]]
    assert isinstance(finding, CosetNeuron)  # circuits are made of covered neurons
    members = lattice.classes[lattice.class_names.index(record.subgroup)].subgroups
    labels = cosets(lattice.subgroup(members[record.left_conjugate]), side="right")
    return labels == labels[finding.shared_coset.representative]


def _circuit(record: CircuitRecord, coset: np.ndarray, strength: float, lattice: SubgroupLattice) -> dict[str, Any]:
    first = int(lattice.classes[lattice.class_names.index(record.subgroup)].subgroups[0])
    tested = record.ablation
    return {
        "circuit": record.circuit,
        "name": record.subgroup,
        "title": typeset(record.subgroup),
        "left": first + record.left_conjugate,
        "right": first + record.right_conjugate,
        "representative": int(np.flatnonzero(coset)[0]),
        "size": record.size,
        "words": record.description,
        "neurons": list(record.neurons),
        "strength": strength,
        "ablation": None
        if tested is None
        else {
            "accuracy": tested.accuracy,
            "loss": tested.loss,
            "control_accuracy": tested.control_accuracy,
            "control_loss": tested.control_loss,
            "lift": tested.lift,
            "control_lift": tested.control_lift,
            "verdict": tested.verdict,
        },
    }


def account_rows(analysis: Analysis) -> dict[str, Any]:
    """The arena's table.

    Args:
        analysis: of the network.

    Returns:
        One row an account with its contests, and what all of them are measured against.
    """
    arena = analysis.arena
    contests: dict[str, dict[str, Any]] = {}
    for row in arena.contests if arena is not None else ():
        control = row.control
        contests.setdefault(row.account, {})[row.mode] = {
            "accuracy": row.accuracy,
            "loss": row.loss,
            "recovered": row.recovered,
            "fidelity": row.fidelity,
            "verdict": row.verdict,
            "control": None
            if control is None
            else {
                "name": control.name,
                "draws": control.draws,
                "recovered": control.recovered,
                "interval": list(control.recovered_interval),
                "accuracy": control.accuracy,
            },
        }
    rows = [_account(record, contests.get(record.id, {}), analysis) for record in analysis.accounts]
    if arena is None:
        return {"accounts": rows, "arena": None}
    measured = {
        "pairs": arena.pairs,
        "total_pairs": arena.total_pairs,
        "network_loss": arena.network_loss,
        "mean_loss": arena.mean_loss,
        "lookup_bits": arena.lookup_bits,
        "best": arena.best,
        "shortest": arena.shortest,
    }
    return {"accounts": rows, "arena": measured}


def _account(record: AccountRecord, contests: Mapping[str, Any], analysis: Analysis) -> dict[str, Any]:
    return {
        "id": record.id,
        "title": record.title,
        "claim": record.claim,
        "source": record.source,
        "covered": len(record.covered),
        "live": len(analysis.live),
        "strength": record.strength,
        "bits": record.bits,
        "predictions": [vars(prediction) for prediction in record.predictions],
        "refused": record.refused,
        "contests": contests,
        "reasons": {str(neuron.neuron): neuron.reason for neuron in record.neurons if neuron.reason},
    }
