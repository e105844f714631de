r"""The quotient account: functions of cosets of normal subgroups only, as CRT on C_n does.

A function is constant on the cosets of a normal subgroup N exactly when its power lies in the irreps whose kernel holds
N. So the largest N that leaves less than the threshold of left and right is the intersection of the kernels of the
irreps that hold the rest of the power: no lattice is needed. Which N it is, is forced by the irreps; what the account
adds is that the network multiplies in G/N and puts the answers together.
"""

from dataclasses import dataclass, field, replace
from math import log2
from typing import ClassVar, final

import numpy as np
from jaxtyping import Bool, Float, Int

from cosetta.config import AnalysisConfig
from cosetta.groups import Group
from cosetta.hypotheses.base import AbstractHypothesis, Functions
from cosetta.measures.cosets import coset_means
from cosetta.measures.facts import Facts

__all__ = ["Quotients"]


@final
@dataclass(frozen=True, eq=False, repr=False)
class Quotients(AbstractHypothesis):
    """Every covered neuron is a function on a proper quotient G/N.

    Args:
        parts: the coset of N of each element, for each covered neuron.
    """

    id: ClassVar[str] = "quotient"
    title: ClassVar[str] = "functions on quotients"
    claim: ClassVar[str] = "left, right and out are constant on the cosets of a normal subgroup"
    source: ClassVar[str] = "this project"
    control_name: ClassVar[str] = "random partitions with parts of the same sizes"
    equivalence: ClassVar[str] = "for each neuron: factors in one coset of its normal subgroup"

    parts: dict[int, Int[np.ndarray, " g"]] = field(default_factory=dict)

    @classmethod
    def fit(cls, facts: Facts, config: AnalysisConfig) -> "Quotients":
        """Cover the neurons that live on a proper quotient.

        Args:
            facts: of the network.
            config: thresholds.

        Returns:
            The account.
        """
        kernels = np.stack([np.isclose(irrep.character, irrep.dim) for irrep in facts.irreps])
        labels, reasons, parts = {}, {}, {}
        known: dict[bytes, tuple[str, np.ndarray]] = {}
        for n in facts.live.tolist():
            powers = np.stack([facts.functions[name].power[n] for name in ("left", "right")])
            N = _largest_kernel(powers, kernels, config.coset_threshold)
            order = int(N.sum())
            if order == 1:
                reasons[n] = "its irreps have no common kernel besides 1: it uses no quotient"
            elif order == facts.group.order:
                reasons[n] = "left and right are constant"
            else:
                key = N.tobytes()
                if key not in known:
                    known[key] = _name(facts, N), _cosets(facts.group, N)
                labels[n], parts[n] = known[key]
        return cls(facts, config, labels, reasons, parts=parts)

    def functions(self) -> Functions:
        """Means over the cosets of N.

        Returns:
            Left, right and out.
        """
        values = self.given()
        for n, parts in self.parts.items():
            for f in values.values():
                f[:, n] = coset_means(f[:, n], parts)
        return values

    def control(self, generator: np.random.Generator) -> "Quotients":
        """Random parts of the same sizes.

        Args:
            generator: source of the draw.

        Returns:
            An account of the same neurons.
        """
        return replace(self, parts={n: parts[generator.permutation(len(parts))] for n, parts in self.parts.items()})

    @property
    def bits(self) -> float:
        """For each neuron: which of the normal subgroups, and a number for each coset and function."""
        values = sum(3 * (int(parts.max()) + 1) for parts in self.parts.values())
        return len(self.parts) * log2(1 + len(set(self.labels.values()))) + values * self.config.number_bits


def _largest_kernel(
    powers: Float[np.ndarray, "2 irrep"], kernels: Bool[np.ndarray, "irrep g"], threshold: float
) -> Bool[np.ndarray, " g"]:
    """The intersection of the kernels of the fewest irreps that hold all but the threshold of both powers."""
    strongest = np.argsort(-powers.min(axis=0) - powers.max(axis=0), kind="stable")
    held = np.cumsum(powers[:, strongest], axis=1).min(axis=0)
    needed = int(np.argmax(held > 1 - threshold)) + 1 if held[-1] > 1 - threshold else len(strongest)
    return np.logical_and.reduce(kernels[strongest[:needed]])


def _cosets(group: Group, N: Bool[np.ndarray, " g"]) -> Int[np.ndarray, " g"]:
    """Number of the coset of N of each element, by smallest element."""
    smallest = group.table[:, np.flatnonzero(N)].min(axis=1)
    return np.unique(smallest, return_inverse=True)[1]


def _name(facts: Facts, N: Bool[np.ndarray, " g"]) -> str:
    index = facts.group.order // int(N.sum())
    kernel = f"of order {int(N.sum())}" if facts.lattice is None else facts.lattice.names[facts.lattice.find(N)]
    return f"quotient of order {index} by {kernel}"
