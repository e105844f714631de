"""Circuits: neurons grouped by the coset they share, and counted by subgroup class.

The shared coset C = Hg = gK determines H and K, its left and right stabilisers, so neurons with one C form one
circuit: each of them rules C out when it fires. A class such as S4 in S5 has [G:H] times (number of conjugates)
    possible shared cosets.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from cosetta.groups import SubgroupLattice, cosets
from cosetta.hypotheses.coset.finder import Found, FoundCoset
from cosetta.measures.facts import Facts
from cosetta.results import CircuitRecord, ClassSummary, Exemplar

__all__ = ["find_circuits", "find_exemplars", "summarise_classes"]


def find_circuits(found: Sequence[Found]) -> tuple[tuple[Found, ...], tuple[CircuitRecord, ...]]:
    """Group the covered neurons by shared coset.

    Args:
        found: what was found of each live neuron.

    Returns:
        The same with the number of its circuit in each covered neuron, and the circuits, those of the largest subgroups
        first.
    """
    groups: dict[tuple[int, int], list[FoundCoset]] = defaultdict(list)
    for neuron in found:
        if isinstance(neuron, FoundCoset):
            groups[-neuron.left, neuron.finding.shared_coset.representative].append(neuron)
    circuits = tuple(_circuit(number, groups[key]) for number, key in enumerate(sorted(groups)))
    number_of = {n: circuit.circuit for circuit in circuits for n in circuit.neurons}
    numbered = tuple(
        replace(neuron, finding=replace(neuron.finding, circuit=number_of[neuron.neuron]))
        if isinstance(neuron, FoundCoset)
        else neuron
        for neuron in found
    )
    return numbered, circuits


def summarise_classes(found: Sequence[Found], facts: Facts) -> tuple[ClassSummary, ...]:
    """Count neurons by the class of their left subgroup.

    Args:
        found: what was found of each live neuron, with circuit numbers.
        facts: of the network.

    Returns:
        One row a class, most neurons first, then `none` (not covered) and `dead` if there are any.
    """
    covered = {neuron.neuron: neuron for neuron in found if isinstance(neuron, FoundCoset)}
    rows: dict[str, list[int]] = defaultdict(list)
    for n in range(facts.width):
        name = covered[n].finding.left.subgroup if n in covered else "dead" if facts.dead[n] else "none"
        rows[name].append(n)
    order = sorted(rows, key=lambda name: (name in ("none", "dead"), name == "dead", -len(rows[name]), name))
    classes = () if facts.lattice is None else facts.lattice.classes
    possible = {cls.name: cls.index * len(cls.subgroups) for cls in classes}
    return tuple(_summary(name, rows[name], facts, covered, possible.get(name, 0)) for name in order)


def find_exemplars(found: Sequence[Found], facts: Facts) -> tuple[Exemplar, ...]:
    """The clearest neuron of each class: the smallest sum of left and right fractions and mirror residual.

    Args:
        found: what was found of each live neuron, with circuit numbers.
        facts: of the network.

    Returns:
        One exemplar a class, the classes with most neurons first.
    """
    clearest: dict[str, FoundCoset] = {}
    counts: Counter[str] = Counter()
    for neuron in found:
        if isinstance(neuron, FoundCoset):
            name = neuron.finding.left.subgroup
            counts[name] += 1
            if name not in clearest or _blur(neuron) < _blur(clearest[name]):
                clearest[name] = neuron
    names = sorted(clearest, key=lambda name: (-counts[name], name))
    if facts.lattice is None:
        return ()
    return tuple(_exemplar(name, clearest[name], facts, facts.lattice) for name in names)


def _circuit(number: int, members: list[FoundCoset]) -> CircuitRecord:
    first = members[0].finding
    return CircuitRecord(
        circuit=number,
        subgroup=first.left.subgroup,
        left_conjugate=first.left.conjugate,
        right_conjugate=first.right.conjugate,
        representative_label=first.shared_coset.representative_label,
        size=first.shared_coset.size,
        description=first.shared_coset.description,
        neurons=tuple(member.neuron for member in members),
    )


def _summary(
    name: str, members: list[int], facts: Facts, covered: Mapping[int, FoundCoset], possible: int
) -> ClassSummary:
    findings = [covered[n].finding for n in members if n in covered]
    irreps = Counter(facts.irreps[facts.irrep[n]].name for n in members if not facts.dead[n])
    return ClassSummary(
        subgroup=name,
        neurons=len(members),
        share=len(members) / facts.width,
        strength=float(sum(facts.strength[n] for n in members)),
        circuits=len({finding.circuit for finding in findings}),
        possible_circuits=possible,
        median_fraction=float(np.median([finding.left.fraction for finding in findings])) if findings else None,
        irreps={irrep: count / len(members) for irrep, count in irreps.most_common()},
    )


def _blur(neuron: FoundCoset) -> float:
    finding = neuron.finding
    return finding.left.fraction + finding.right.fraction + finding.mirror_residual


def _exemplar(name: str, neuron: FoundCoset, facts: Facts, lattice: SubgroupLattice) -> Exemplar:
    finding, group, n = neuron.finding, facts.group, neuron.neuron
    values = {side: getattr(facts.model, side)[:, n].double().numpy() for side in facts.functions}
    labels = cosets(lattice.subgroup(neuron.left), side="right")
    means = np.bincount(labels, weights=values["left"]) / np.bincount(labels)
    left_cosets = np.argsort(np.argsort(means, kind="stable"), kind="stable")[labels]
    mirrored = group.table[finding.shared_coset.representative, group.inverse]  # b -> g b^-1
    return Exemplar(
        subgroup=name,
        neuron=n,
        **{side: tuple(function.tolist()) for side, function in values.items()},
        left_cosets=tuple(left_cosets.tolist()),
        right_cosets=tuple(left_cosets[mirrored].tolist()),
        in_shared_coset=tuple(neuron.shared.tolist()),
        irrep=facts.irreps[facts.irrep[n]].name,
        sentence=finding.sentence,
    )
