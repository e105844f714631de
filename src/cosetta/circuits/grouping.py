"""Circuits: neurons grouped by the coset they share, and counted by subgroup class.

The shared coset C = Hg = gK determines H and K, its left and right stabilisers, so neurons with one C form one
circuit: each of them rules C out when it fires. A class such as S4 in S5 has [G:H] times (number of conjugates)
    possible shared cosets.
"""

from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np

from cosetta.circuits.neurons import FoundNeuron
from cosetta.groups import SubgroupLattice, cosets
from cosetta.results import CircuitRecord, ClassSummary, Exemplar

__all__ = ["find_circuits", "find_exemplars", "summarise_classes"]


def find_circuits(
    neurons: tuple[FoundNeuron, ...],
) -> tuple[tuple[FoundNeuron, ...], tuple[CircuitRecord, ...]]:
    """Group the explained neurons by shared coset.

    Args:
        neurons: the labelled neurons.

    Returns:
        The neurons with their circuit's number filled in, and the circuits, those of the largest subgroups first.
    """
    groups: dict[tuple[int, int], list[FoundNeuron]] = defaultdict(list)
    for neuron in neurons:
        if neuron.record.status == "explained" and neuron.left_subgroup is not None:
            assert neuron.record.shared_coset is not None
            groups[-neuron.left_subgroup, neuron.record.shared_coset.representative].append(neuron)
    circuits = tuple(_circuit(number, groups[key]) for number, key in enumerate(sorted(groups)))
    number_of = {n: circuit.circuit for circuit in circuits for n in circuit.neurons}
    numbered = tuple(
        replace(neuron, record=replace(neuron.record, circuit=number_of.get(neuron.record.neuron)))
        for neuron in neurons
    )
    return numbered, circuits


def summarise_classes(neurons: tuple[FoundNeuron, ...], lattice: SubgroupLattice) -> tuple[ClassSummary, ...]:
    """Count neurons by the class of their left subgroup.

    Args:
        neurons: the labelled neurons, with circuit numbers.
        lattice: the group's subgroups.

    Returns:
        One row a class, most neurons first, then `none` (unexplained) and `dead` if there are any.
    """
    rows: dict[str, list[FoundNeuron]] = defaultdict(list)
    for neuron in neurons:
        rows[_row(neuron)].append(neuron)
    order = sorted(rows, key=lambda name: (name in ("none", "dead"), name == "dead", -len(rows[name]), name))
    possible = {cls.name: cls.index * len(cls.subgroups) for cls in lattice.classes}
    return tuple(_summary(name, rows[name], len(neurons), possible.get(name, 0)) for name in order)


def find_exemplars(
    neurons: tuple[FoundNeuron, ...], values: dict[str, np.ndarray], lattice: SubgroupLattice
) -> tuple[Exemplar, ...]:
    """The clearest neuron of each class: the smallest sum of left and right fractions and mirror residual.

    Args:
        neurons: the labelled neurons.
        values: `left`, `right` and `out` as arrays of shape order x width.
        lattice: the group's subgroups.

    Returns:
        One exemplar a class, in the order of first appearance by class size.
    """
    clearest: dict[str, FoundNeuron] = {}
    for neuron in neurons:
        if neuron.record.status == "explained":
            name = _row(neuron)
            if name not in clearest or _blur(neuron) < _blur(clearest[name]):
                clearest[name] = neuron
    counts = Counter(_row(neuron) for neuron in neurons)
    names = sorted(clearest, key=lambda name: (-counts[name], name))
    return tuple(_exemplar(name, clearest[name], values, lattice) for name in names)


def _row(neuron: FoundNeuron) -> str:
    record = neuron.record
    if record.status == "explained" and record.left is not None:
        return record.left.subgroup
    return "dead" if record.status == "dead" else "none"


def _circuit(number: int, members: list[FoundNeuron]) -> CircuitRecord:
    first = members[0].record
    assert first.left is not None
    assert first.right is not None
    assert first.shared_coset is not None
    return CircuitRecord(
        circuit=number,
        subgroup=first.left.subgroup,
        left_conjugate=first.left.conjugate,
        right_conjugate=first.right.conjugate,
        representative_label=first.shared_coset.representative_label,
        size=first.shared_coset.size,
        description=first.shared_coset.description,
        neurons=tuple(member.record.neuron for member in members),
    )


def _summary(name: str, members: list[FoundNeuron], width: int, possible: int) -> ClassSummary:
    fractions = [neuron.record.left.fraction for neuron in members if neuron.record.left is not None]
    irreps = Counter(neuron.record.irrep for neuron in members if neuron.record.irrep)
    return ClassSummary(
        subgroup=name,
        neurons=len(members),
        share=len(members) / width,
        strength=sum(neuron.record.strength for neuron in members),
        circuits=len({neuron.record.circuit for neuron in members if neuron.record.circuit is not None}),
        possible_circuits=possible,
        median_fraction=float(np.median(fractions)) if fractions and possible else None,
        irreps={irrep: count / len(members) for irrep, count in irreps.most_common()},
    )


def _blur(neuron: FoundNeuron) -> float:
    record = neuron.record
    assert record.left is not None
    assert record.right is not None
    assert record.mirror_residual is not None
    return record.left.fraction + record.right.fraction + record.mirror_residual


def _exemplar(name: str, neuron: FoundNeuron, values: dict[str, np.ndarray], lattice: SubgroupLattice) -> Exemplar:
    record, group = neuron.record, lattice.group
    assert neuron.left_subgroup is not None
    assert record.shared_coset is not None
    assert neuron.shared is not None
    n = record.neuron
    labels = cosets(lattice.subgroup(neuron.left_subgroup), side="right")
    means = np.bincount(labels, weights=values["left"][:, n]) / np.bincount(labels)
    left_cosets = np.argsort(np.argsort(means, kind="stable"), kind="stable")[labels]
    mirrored = group.table[record.shared_coset.representative, group.inverse]  # b -> g b^-1
    return Exemplar(
        subgroup=name,
        neuron=n,
        left=tuple(values["left"][:, n].tolist()),
        right=tuple(values["right"][:, n].tolist()),
        out=tuple(values["out"][:, n].tolist()),
        left_cosets=tuple(left_cosets.tolist()),
        right_cosets=tuple(left_cosets[mirrored].tolist()),
        in_shared_coset=tuple(neuron.shared.tolist()),
        irrep=record.irrep,
        sentence=record.sentence,
    )
