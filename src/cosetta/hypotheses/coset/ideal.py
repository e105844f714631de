r"""The coset account: a neuron's functions depend on cosets only.

The ideal replaces, for each labelled neuron with subgroups H and K and shared coset C = Hg = gK,

    left  by its mean over right cosets Ha,   right by its mean over left cosets bK,
    out   by its mean over double cosets HcK  (the coarsest partition that both allow, C among them).

With `mirror`, right is not averaged but written down from left: right(b) = mean(right) - (left - mean(left))(g b^-1).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log2
from typing import ClassVar, final

import numpy as np
from jaxtyping import Int

from cosetta.config import AnalysisConfig
from cosetta.groups import Subgroup, SubgroupLattice
from cosetta.hypotheses.base import ALONE, AbstractHypothesis, Functions
from cosetta.hypotheses.coset.circuits import find_circuits, find_exemplars, summarise_classes
from cosetta.hypotheses.coset.finder import Found, FoundCoset, chance_of_cosets, find_neurons
from cosetta.hypotheses.partitions import conjugate_by, coset_partition, double_coset_partition, subgroup_at
from cosetta.measures.cosets import coset_means
from cosetta.measures.facts import Facts
from cosetta.measures.mirror import mirror_of
from cosetta.results import Chance, CircuitRecord, CosetFindings, OpenNeuron, Prediction

__all__ = ["Assignment", "CosetCircuit"]


@final
@dataclass(frozen=True)
class Assignment:
    """The cosets that one neuron is claimed to use.

    Args:
        neuron: its position.
        left: H.
        right: K, a conjugate g^-1 H g.
        representative: g, an element of the shared coset.
        relabelled: elements are renumbered by this permutation before their cosets are taken; for controls only, as it
            turns cosets into random parts of the same sizes.
    """

    neuron: int
    left: Subgroup
    right: Subgroup
    representative: int
    relabelled: Int[np.ndarray, " g"] | None = None


@final
@dataclass(frozen=True, eq=False, repr=False)
class CosetCircuit(AbstractHypothesis):
    """Every covered neuron is constant on cosets and silent on one shared coset.

    Args:
        found: what was found of each live neuron.
        circuits: the covered neurons by shared coset.
        assigned: the cosets of each covered neuron.
        mirror: write `right` down from `left` by the mirror law instead of averaging it.

    Source:
        Stander et al. 2023 (arXiv:2312.06581), sections 4 and 5.
    """

    id: ClassVar[str] = "coset"
    title: ClassVar[str] = "constant on cosets"
    claim: ClassVar[str] = (
        "left, right and out are constant on cosets of H, K and HcK; silent when ab lies in one coset"
    )
    source: ClassVar[str] = "Stander et al. 2023 (arXiv:2312.06581)"
    control_name: ClassVar[str] = "random subgroups of equal index, random shared cosets"
    equivalence: ClassVar[str] = "for each neuron: left factors in one coset Ha, right factors in one coset bK"

    found: tuple[Found, ...] = ()
    circuits: tuple[CircuitRecord, ...] = ()
    assigned: tuple[Assignment, ...] = ()
    mirror: bool = False

    @classmethod
    def fit(cls, facts: Facts, config: AnalysisConfig) -> "CosetCircuit":
        """Find the cosets of every neuron.

        Args:
            facts: of the network.
            config: thresholds.

        Returns:
            The account.

        Raises:
            Unsupported: if the group's subgroups are out of reach.
        """
        lattice = facts.known_lattice
        found, circuits = find_circuits(find_neurons(facts, config))
        covered = [neuron for neuron in found if isinstance(neuron, FoundCoset)]
        return cls(
            facts,
            config,
            labels={neuron.neuron: neuron.finding.left.subgroup for neuron in covered},
            reasons={neuron.neuron: neuron.reason for neuron in found if isinstance(neuron, OpenNeuron)},
            found=found,
            circuits=circuits,
            assigned=tuple(_assignment(neuron, lattice) for neuron in covered),
        )

    def findings(self) -> CosetFindings:
        """What was found, as plain data.

        Returns:
            Findings of the live neurons, circuits, classes and exemplars.
        """
        return CosetFindings(
            neurons=tuple(n.finding if isinstance(n, FoundCoset) else n for n in self.found),
            circuits=self.circuits,
            classes=summarise_classes(self.found, self.facts),
            exemplars=find_exemplars(self.found, self.facts),
        )

    def chance(self) -> Chance:
        """Shares of neurons in cosets beside what chance would reach.

        Returns:
            The shares.
        """
        return chance_of_cosets(self.facts, self.found, self.config)

    def functions(self) -> Functions:
        """Coset means in place of the assigned neurons' functions.

        Returns:
            Left, right and out.
        """
        values = self.given()
        for assignment in self.assigned:
            n, H, K = assignment.neuron, assignment.left, assignment.right
            left = values["left"][:, n]
            partition = {
                "left": coset_partition(H, "right"),
                "right": coset_partition(K, "left"),
                "out": double_coset_partition(H, K),
            }
            if assignment.relabelled is not None:
                partition = {name: parts[assignment.relabelled] for name, parts in partition.items()}
            means = {name: coset_means(values[name][:, n], parts) for name, parts in partition.items()}
            if self.mirror:
                mean = values["right"][:, n].mean() + left.mean()
                means["right"] = mean + mirror_of(means["left"][None], assignment.representative, H.group)[0]
            for name, averaged in means.items():
                values[name][:, n] = averaged
        return values

    def control(self, generator: np.random.Generator) -> "CosetCircuit":
        """For each neuron another subgroup of the same index, with a random shared coset.

        Where there is no other subgroup of that index (A5 in S5, every subgroup of a cyclic group), the cosets are
        replaced by random parts of the same sizes.

        Args:
            generator: source of the choices.

        Returns:
            An account of the same neurons.
        """
        return replace(self, assigned=_random_assignments(self.assigned, self.facts.known_lattice, generator))

    @property
    def bits(self) -> float:
        """For each neuron: which coset of which subgroup, and a number for each coset value of left, right and out."""
        choices = sum(cls.index * len(cls.subgroups) for cls in self.facts.known_lattice.classes)
        values = sum(2 * a.left.index + self._double_cosets(a) for a in self.assigned)
        return len(self.assigned) * log2(choices) + values * self.config.number_bits

    def _double_cosets(self, assignment: Assignment) -> int:
        return int(double_coset_partition(assignment.left, assignment.right).max()) + 1

    @property
    def predictions(self) -> tuple[Prediction, ...]:
        """Replacement, its control, and silence."""
        return (
            ALONE,
            Prediction(
                "silence",
                "a neuron is silent when the product lies in its shared coset",
                "rms of pre on the coset over its rms on all pairs; 0 is silence (printed for each neuron)",
            ),
            Prediction(
                "lift",
                "without a circuit the logits on its own coset rise for products outside it",
                "lift positive and above the other cosets' (evidence of each circuit)",
            ),
        )


def _assignment(neuron: FoundCoset, lattice: SubgroupLattice) -> Assignment:
    g = neuron.finding.shared_coset.representative
    return Assignment(neuron.neuron, subgroup_at(lattice, neuron.left), subgroup_at(lattice, neuron.right), g)


def _random_assignments(
    found: Sequence[Assignment], lattice: SubgroupLattice, generator: np.random.Generator
) -> tuple[Assignment, ...]:
    replaced = []
    for assignment in found:
        others = np.flatnonzero(lattice.orders == assignment.left.order)
        others = others[others != lattice.position(assignment.left)]
        if not len(others):
            relabelled = generator.permutation(lattice.group.order)
            replaced.append(replace(assignment, relabelled=relabelled))
            continue
        H = subgroup_at(lattice, int(generator.choice(others)))
        g = int(generator.integers(lattice.group.order))
        K = conjugate_by(H, int(lattice.group.inverse[g]))
        replaced.append(replace(assignment, left=H, right=K, representative=g))
    return tuple(replaced)
