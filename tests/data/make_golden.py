"""Make `golden_s5.json`: what the coset account finds in one planted network, for `tests/hypotheses/test_golden.py`.

Run: python tests/data/make_golden.py, when the labelling rule changes on purpose, and say why in LOG.md.
"""

import json
from pathlib import Path

import torch

from cosetta.config import AnalysisConfig
from cosetta.groups import named_group, subgroup_lattice
from cosetta.hypotheses import CosetCircuit
from cosetta.measures import measure
from cosetta.models.planted import CosetPlan, plant
from cosetta.results import CosetFindings, CosetLabel, CosetNeuron

PATH = Path(__file__).parent / "golden_s5.json"
DIGITS = 9


def findings() -> CosetFindings:
    """The account of a noisy S5 network with circuits of S4, F20 and A5, four random and three dead neurons."""
    group = named_group("S5")
    lattice = subgroup_lattice(group)
    plans = [CosetPlan(lattice.subgroup(lattice.names.index(name)), amplitude=8.0) for name in ("S4", "F20", "A5")]
    generator = torch.Generator().manual_seed(0)
    model = plant(group, plans, generator, noise=0.03, random_neurons=4, dead_neurons=3).folded
    config = AnalysisConfig(null_samples=19, dead_threshold=1e-6)
    return CosetCircuit.fit(measure(model, group, config), config).findings()


def label(found: CosetLabel | None) -> list | None:
    """Class, which conjugate of how many, and the fraction."""
    return found and [found.subgroup, found.conjugate, found.conjugates, round(found.fraction, DIGITS), found.twisted]


def golden(found: CosetFindings) -> dict:
    """The findings as they are committed: one row a live neuron, in a few words."""
    rows = []
    for neuron in found.neurons:
        row = {"neuron": neuron.neuron, **{side: label(getattr(neuron, side)) for side in ("left", "right", "out")}}
        if isinstance(neuron, CosetNeuron):
            row |= {"coset": neuron.shared_coset.representative, "circuit": neuron.circuit}
        rows.append(row)
    return {"neurons": rows, "classes": [[row.subgroup, row.neurons, row.circuits] for row in found.classes]}


def written(values: dict) -> str:
    """JSON with one line a neuron, so that a change of the rule shows as a readable diff."""
    rows = ",\n".join(json.dumps(row) for row in values["neurons"])
    return f'{{"classes": {json.dumps(values["classes"])},\n"neurons": [\n{rows}\n]}}\n'


if __name__ == "__main__":
    PATH.write_text(written(golden(findings())), encoding="utf-8")
