"""The analysis of one network, as one readable function.

Measure the facts, fit every account to them, let the accounts compete on one protocol, and test the coset account's
finer predictions causally. The result is plain data (`results/`); the report, the command line and the tests read
nothing else.
"""

from collections.abc import Sequence
from dataclasses import replace

from cosetta.config import AnalysisConfig
from cosetta.errors import Unsupported
from cosetta.evidence import (
    compete,
    find_specimens,
    open_notes,
    test_circuits,
    test_interventions,
    test_replacements,
    work_product,
)
from cosetta.groups import Group
from cosetta.hypotheses import ACCOUNTS, AbstractHypothesis, CosetCircuit
from cosetta.hypotheses.coset import summarise_classes
from cosetta.measures import Facts, find_frequencies, measure
from cosetta.models import FoldedModel, GroupNetwork, PairScorer
from cosetta.results import (
    AccountRecord,
    Analysis,
    CosetFindings,
    DeadNeuron,
    LiveNeuron,
    Neuron,
    NeuronFacts,
    OpenNeuron,
)

__all__ = ["analyse", "fit_accounts"]


def analyse(model: FoldedModel | GroupNetwork, group: Group, config: AnalysisConfig | None = None) -> Analysis:
    """Explain a network neuron by neuron, with causal evidence beside the claims.

    Args:
        model: the network, or its folded form, on any device and in any precision; it is analysed on the CPU.
        group: the group it multiplies in, in the model's element order.
        config: thresholds and sample sizes; the defaults if None.

    Returns:
        The analysis.

    Raises:
        ValueError: if the model's order is not the group's.

    Example:
        >>> from cosetta import analyse, named_group
        >>> from cosetta.models.planted import random_model
        >>> import torch
        >>> G = named_group("S3")
        >>> analyse(random_model(G, 4, torch.Generator().manual_seed(0)), G).covered_share
        0.0
    """
    config = config or AnalysisConfig()
    network = model.cpu() if isinstance(model, GroupNetwork) else None
    model = model.fold() if isinstance(model, GroupNetwork) else model.to(device="cpu")
    facts = measure(model, group, config)
    accounts, records = fit_accounts(facts, config)
    arena, records = compete(facts, accounts, records, config) if config.arena else (None, records)
    coset = next((account for account in accounts if isinstance(account, CosetCircuit)), None)
    applies = bool(coset and coset.labels)
    evidence = (test_replacements(coset) if coset else ()) + test_interventions(
        model, group, config, network, applies=applies
    )
    neurons = _neurons(facts, records)
    findings = _findings(coset, records, facts)
    waves = find_frequencies(facts, config.seed)
    scores = PairScorer(group, max_pairs=config.accuracy_pairs, seed=config.seed)(model)
    return Analysis(
        group=group.name,
        order=group.order,
        elements=group.labels,
        irreps=tuple((irrep.name, irrep.dim, irrep.frobenius_schur) for irrep in facts.irreps),
        width=model.width,
        activation=model.activation,
        accuracy=scores.accuracy,
        loss=scores.loss,
        neurons=neurons,
        coset=findings,
        evidence=evidence,
        accounts=records,
        arena=arena,
        chance=coset.chance() if coset else None,
        frequencies=waves,
        worked=work_product(facts, coset, config),
        specimens=find_specimens(facts, findings.open, waves, config),
        thresholds=config.model_dump(),
        unexplained=open_notes(neurons, findings, evidence),
        accuracy_pairs=scores.pairs,
        accuracy_interval=scores.accuracy_interval() if scores.pairs < group.order**2 else None,
    )


def fit_accounts(
    facts: Facts, config: AnalysisConfig
) -> tuple[tuple[AbstractHypothesis, ...], tuple[AccountRecord, ...]]:
    """Fit every account; one that cannot be stated for the group says why and covers nothing.

    Args:
        facts: of the network.
        config: thresholds.

    Returns:
        The accounts that could be stated, and a record of each account.
    """
    fitted, records = [], []
    for kind in ACCOUNTS:
        try:
            account = kind.fit(facts, config)
        except Unsupported as error:
            records.append(AccountRecord(kind.id, kind.title, kind.claim, kind.source, (), 0.0, 0.0, (), str(error)))
        else:
            fitted.append(account)
            records.append(account.record())
    return tuple(fitted), tuple(records)


def _findings(coset: CosetCircuit | None, records: Sequence[AccountRecord], facts: Facts) -> CosetFindings:
    """What the coset account found, its circuits tested; every live neuron open if it could not be stated."""
    if coset is None:
        left_open = tuple(OpenNeuron(int(n), "the coset account was left out") for n in facts.live)
        refused = next((r.refused for r in records if r.id == CosetCircuit.id), "")
        return CosetFindings(left_open, classes=summarise_classes(left_open, facts), refused=refused)
    return replace(coset.findings(), circuits=test_circuits(coset))


def _neurons(facts: Facts, records: Sequence[AccountRecord]) -> tuple[Neuron, ...]:
    """The facts of each neuron and the label that each account gives it."""
    labels: list[dict[str, str]] = [{} for _ in range(facts.width)]
    for record in records:
        for neuron in record.neurons:
            if neuron.label:
                labels[neuron.neuron][record.id] = neuron.label
    found: list[Neuron] = []
    for n in range(facts.width):
        known = NeuronFacts(
            strength=float(facts.strength[n]),
            silent_share=float(facts.silent_share[n]),
            irrep=facts.irreps[facts.irrep[n]].name,
            irrep_shares={
                name: {irrep.name: float(s) for irrep, s in zip(facts.irreps, function.power[n], strict=True)}
                for name, function in facts.functions.items()
            },
            rank_shares={name: float(parts.share[n]) for name, parts in facts.rank_one.items()},
            mirror_correlation=float(facts.mirror[n].max()),
        )
        found.append(DeadNeuron(n, known) if facts.dead[n] else LiveNeuron(n, known, labels[n]))
    return tuple(found)
