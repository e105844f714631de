"""The analysis of one network, as one readable function.

Find what each neuron computes, group neurons into circuits, state the coset account, and test it causally with
controls. The result is plain data (`results.py`); the report, the command line and the tests read nothing else.
"""

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cosetta.circuits import find_circuits, find_exemplars, find_neurons, summarise_classes
from cosetta.config import AnalysisConfig
from cosetta.evidence import test_circuits, test_interventions, test_replacements
from cosetta.groups import Group, subgroup_lattice
from cosetta.harmonics import irreps as all_irreps
from cosetta.models import FoldedModel, GroupNetwork, PairScorer
from cosetta.results import Analysis, ClassSummary, Evidence, NeuronRecord
from cosetta.training.run_folder import TrainedRun

__all__ = ["analyse", "analyse_run"]


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
        >>> analyse(random_model(G, 4, torch.Generator().manual_seed(0)), G).explained_share
        0.0
    """
    started = time.monotonic()
    config = config or AnalysisConfig()
    network = model.cpu() if isinstance(model, GroupNetwork) else None
    model = model.fold() if isinstance(model, GroupNetwork) else model.to(device="cpu")
    lattice, irreps = subgroup_lattice(group), all_irreps(group)
    neurons = find_neurons(model, group, lattice, irreps, config)
    neurons, circuits = find_circuits(neurons)
    classes = summarise_classes(neurons, lattice)
    evidence = test_replacements(model, group, lattice, neurons, config) + test_interventions(
        model, group, config, network
    )
    circuits = test_circuits(model, group, lattice, neurons, circuits, config)
    scores = PairScorer(group, max_pairs=config.accuracy_pairs, seed=config.seed)(model)
    records = tuple(neuron.record for neuron in neurons)
    values = {name: getattr(model, name).double().numpy() for name in ("left", "right", "out")}
    return Analysis(
        group=group.name,
        order=group.order,
        elements=group.labels,
        irreps=tuple((irrep.name, irrep.dim, irrep.frobenius_schur) for irrep in irreps),
        width=model.width,
        activation=model.activation,
        accuracy=scores.accuracy,
        loss=scores.loss,
        neurons=records,
        circuits=circuits,
        classes=classes,
        evidence=evidence,
        exemplars=find_exemplars(neurons, values, lattice),
        thresholds=config.model_dump(),
        unexplained=_unexplained(records, classes, evidence),
        seconds=time.monotonic() - started,
        accuracy_pairs=scores.pairs,
        accuracy_interval=scores.accuracy_interval() if scores.pairs < group.order**2 else None,
    )


def _unexplained(
    neurons: Sequence[NeuronRecord], classes: Sequence[ClassSummary], evidence: Sequence[Evidence]
) -> tuple[str, ...]:
    """What the coset account leaves open, in plain sentences."""
    notes = []
    live = [neuron for neuron in neurons if neuron.status != "dead"]
    open_ = [neuron for neuron in live if neuron.status == "unexplained"]
    if open_:
        strength = sum(neuron.strength for neuron in open_)
        notes.append(
            f"{len(open_)} of {len(live)} live neurons are not explained; "
            f"they carry {strength:.2%} of the logit variance"
        )
    explained = [neuron for neuron in live if neuron.status == "explained"]
    forced = [neuron for neuron in explained if neuron.left is not None and neuron.left.p_value > 0.05]
    if forced:
        notes.append(
            f"{len(forced)} explained neurons have p > 0.05: their irreps alone make them constant on such cosets, "
            "so the coset label adds nothing to the irrep label"
        )
    apart = [neuron for neuron in explained if neuron.shared_coset is not None and not neuron.shared_coset.routes_agree]
    if apart:
        notes.append(
            f"for {len(apart)} explained neurons the mirror law alone finds another set than the subgroup lattice"
        )
    for row in classes:
        if row.possible_circuits and row.circuits < row.possible_circuits:
            notes.append(f"{row.subgroup}: {row.circuits} of its {row.possible_circuits} cosets have a circuit")
    notes += [f"{row.name}: {row.verdict} ({row.prediction})" for row in evidence if row.verdict == "not as predicted"]
    if np.isclose(sum(neuron.strength for neuron in neurons), 0):
        notes.append("no neuron moves a logit")
    return tuple(notes)


def analyse_run(run: TrainedRun, group: Group, config: AnalysisConfig | None = None) -> Analysis:
    """Explain a finished run: its network, with its training curve and the command that makes it again.

    Args:
        run: the run.
        group: the group it was trained on.
        config: thresholds and sample sizes; the defaults if None.

    Returns:
        The analysis.

    Raises:
        BadRun: if a file of the run is missing or damaged.
    """
    analysis = analyse(run.network(), group, config)
    return replace(analysis, curve=run.curve(), run=run.record, command=run.command)
