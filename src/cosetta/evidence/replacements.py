"""Put the coset account's own functions into the network, and random subgroups of the same size beside them."""

from dataclasses import replace
from functools import partial

import numpy as np

from cosetta.config import AnalysisConfig
from cosetta.groups import Group
from cosetta.hypotheses import CosetCircuit
from cosetta.interventions import mean_ablate
from cosetta.models import FoldedModel, PairScorer, PairScores
from cosetta.results import Control, Evidence, Verdict

__all__ = ["UNCHANGED", "evidence_scorers", "test_replacements"]

UNCHANGED = 0.01
"""A replacement leaves the network intact if it costs at most this much accuracy."""


def test_replacements(account: CosetCircuit) -> tuple[Evidence, ...]:
    """Replace functions by their coset means, with random subgroups of the same index as a control, drawn many times.

    Args:
        account: the coset account of the network.

    Returns:
        The untouched network, the replacements, and the controls. If the account covers nothing, the replacements are
        `not applicable`: nothing was replaced.
    """
    config, model = account.config, account.facts.model
    score, score_control = evidence_scorers(account.facts.group, config, reference=model)
    generator = np.random.default_rng(config.seed)
    before = score(model)
    rows = [_row("untouched", "untouched network", "", before, None, "baseline")]
    count = config.control_draws if account.labels else 1
    draws = [score_control(account.control(generator).ideal()) for _ in range(count)]
    control = _control(draws)
    mirrored = replace(account, mirror=True)
    others = [n for n in range(model.width) if n not in account.labels]
    ideals = (
        ("coset-means-inputs", "left and right by coset means", partial(account.ideal, ("left", "right"))),
        ("coset-means", "left, right and out by coset means", account.ideal),
        ("coset-mirror", "coset means, right as the mirror of left", mirrored.ideal),
        ("coset-mirror-alone", "the same without the neurons not covered", lambda: _without(mirrored.ideal(), others)),
    )
    for id, name, ideal in ideals:
        after = score(ideal())
        rows.append(_row(id, name, PREDICTION, after, control, _verdict(account, before, after, control)))
    mean = PairScores(control.accuracy, control.loss, float(np.mean([draw.kl for draw in draws])), draws[0].pairs)
    rows.append(_row("random-subgroups", "random subgroups of the same index", "destroyed", mean, control, "control"))
    ablated = score(_without(model, sorted(account.labels)))
    rows.append(_row("covered-by-mean", "covered neurons by their mean", "destroyed", ablated, None, "control"))
    return tuple(rows)


def evidence_scorers(
    group: Group, config: AnalysisConfig, reference: FoldedModel | None = None
) -> tuple[PairScorer, PairScorer]:
    """What causal tests are scored on, and what their control draws are: fewer pairs where not all pairs are taken.

    Args:
        group: the group.
        config: numbers of pairs.
        reference: what divergences are from.

    Returns:
        One scorer twice if it takes every pair; else one of `evidence_pairs` and one of `control_pairs`.

    Example:
        >>> from cosetta.groups import named_group
        >>> [scorer.a.numel() for scorer in evidence_scorers(named_group("S5"), AnalysisConfig())]
        [14400, 14400]
        >>> [scorer.a.numel() for scorer in evidence_scorers(named_group("S6"), AnalysisConfig())]
        [20000, 4000]
    """
    score = PairScorer(group, reference, config.evidence_pairs, config.seed)
    if group.order**2 <= config.evidence_pairs:
        return score, score
    return score, PairScorer(group, reference, min(config.control_pairs, config.evidence_pairs), config.seed)


PREDICTION = f"accuracy within {UNCHANGED:.0%} of the untouched network's and above the control's by more"


def _verdict(account: CosetCircuit, before: PairScores, after: PairScores, control: Control) -> Verdict:
    if not account.labels:
        return "not applicable"
    intact = before.accuracy - UNCHANGED <= after.accuracy
    apart = control.accuracy_interval[1] < after.accuracy - UNCHANGED
    return "as predicted" if intact and apart else "not as predicted"


def _control(draws: list[PairScores]) -> Control:
    accuracies = np.array([draw.accuracy for draw in draws])
    low, high = np.percentile(accuracies, [2.5, 97.5]).tolist()
    loss = float(np.mean([draw.loss for draw in draws]))
    return Control("random subgroups, same index", len(draws), float(accuracies.mean()), (low, high), loss)


def _without(model: FoldedModel, neurons: list[int]) -> FoldedModel:
    return mean_ablate(model, neurons) if neurons else model


def _row(id: str, name: str, prediction: str, after: PairScores, control: Control | None, verdict: Verdict) -> Evidence:
    return Evidence(
        id, name, "replacement", prediction, after.accuracy, after.loss, after.kl, after.pairs, control, verdict
    )
