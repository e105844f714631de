r"""The twisted coset account: functions carry a sign on the cosets of a subgroup.

left(ha) = chi(h) left(a) for a real linear character chi of H, likewise right(b k) = chi'(k) right(b) for K = g^-1 H g
with chi'(g^-1 h g) = chi(h), and out(h c k) = chi(h) chi'(k) out(c). With chi = 1 this is the coset account; a real
function can carry no other linear character than chi = 1 and chi = -1 off a subgroup of index 2.
"""

from dataclasses import dataclass, replace
from math import log2
from typing import ClassVar, final

import numpy as np
from jaxtyping import Float, Int

from cosetta.config import AnalysisConfig
from cosetta.groups import Subgroup, SubgroupLattice
from cosetta.hypotheses.base import AbstractHypothesis, Functions
from cosetta.hypotheses.partitions import conjugate_by, coset_partition, double_coset_partition, subgroup_at
from cosetta.measures.cells import Cells, choose
from cosetta.measures.cosets import coset_means
from cosetta.measures.facts import Facts

__all__ = ["SignedCell", "TwistedCosets"]


@final
@dataclass(frozen=True, eq=False)
class SignedCell:
    """The subgroup and the sign that one neuron is claimed to carry.

    Args:
        neuron: its position.
        H: left(ha) = chi(h) left(a).
        kernel: where chi is 1; H itself for the coset account.
        representative: g, an element of the shared coset; right carries g^-1 H g.
        relabelled: elements are renumbered by this permutation first; for controls only.
    """

    neuron: int
    H: Subgroup
    kernel: Subgroup
    representative: int
    relabelled: Int[np.ndarray, " g"] | None = None

    @property
    def sign_element(self) -> int | None:
        """An element of H with chi = -1, or None."""
        if self.H.order == self.kernel.order:
            return None
        return int(np.setdiff1d(self.H.elements, self.kernel.elements)[0])


@final
@dataclass(frozen=True, eq=False, repr=False)
class TwistedCosets(AbstractHypothesis):
    """Every covered neuron carries a sign, or none, on cosets.

    Args:
        cells: what each covered neuron carries.
        choices: number of (H, chi, coset) to choose from.
    """

    id: ClassVar[str] = "twisted"
    title: ClassVar[str] = "cosets with a sign"
    claim: ClassVar[str] = "left(ha) = chi(h) left(a) for a sign chi of H, and the same for right and out"
    source: ClassVar[str] = "this project"
    control_name: ClassVar[str] = "other subgroups and signs of equal index"
    equivalence: ClassVar[str] = "for each neuron: left factors in one coset of ker chi, right factors likewise"

    cells: tuple[SignedCell, ...] = ()
    choices: int = 1

    @classmethod
    def fit(cls, facts: Facts, config: AnalysisConfig) -> "TwistedCosets":
        """Choose the subgroup and sign of each neuron by evidence, left and right together.

        Args:
            facts: of the network.
            config: thresholds.

        Returns:
            The account.

        Raises:
            Unsupported: if the group's subgroups are out of reach.
        """
        lattice = facts.known_lattice
        cells = Cells(lattice, facts.irreps, twisted=True)
        choices = max(1, int((facts.group.order // lattice.orders[cells.subgroups]).sum()))
        if not cells.families:
            reason = f"{facts.group.name} has no proper subgroup besides 1"
            return cls(facts, config, {}, {int(n): reason for n in facts.live}, choices=choices)
        left, right = (cells.fractions(facts.coset_fractions(name)) for name in ("left", "right"))
        best = {"left": cells.best(left), "right": cells.best(right)}
        chances = [cells.log_chance(facts.functions[name].power, best[name], facts.noise) for name in best]
        chance, worst = (chances[0] + chances[1]) / 2, np.maximum(best["left"], best["right"])
        evident = cells.evident(facts.functions["left"].power, chance)
        worst = np.where(evident, worst, 1.0)
        chosen = choose(chance, worst, cells.orders, config.coset_threshold)
        labels, reasons, found = {}, {}, []
        for n in facts.live.tolist():
            family = chosen[n]
            if worst[n, family] >= config.coset_threshold:
                leaves = f"leaves {best['left'][n, family]:.2g} of left's variance and {best['right'][n, family]:.2g}"
                by_chance = "" if evident[n, family] else ", which random vectors do as well"
                reasons[n] = f"the best cell, {cells.families[family]}, {leaves} of right's{by_chance}"
                continue
            first = cells.starts[family]
            cell = int(first + np.argmin(left[n, first : first + cells.sizes[family]]))
            signed = _shared(n, cells, cell, facts, lattice)
            if _right_fraction(signed, facts, lattice) < config.coset_threshold:
                labels[n] = cells.families[family]
                found.append(signed)
            else:
                reasons[n] = f"left and right carry {cells.families[family]}, but on no conjugate pair H, g^-1 H g"
        return cls(facts, config, labels, reasons, cells=tuple(found), choices=choices)

    def functions(self) -> Functions:
        """Signed coset means in place of the covered neurons' functions.

        Returns:
            Left, right and out.
        """
        values = self.given()
        for cell in self.cells:
            for name, f in values.items():
                f[:, cell.neuron] = _signed_means(f[:, cell.neuron], cell, name)
        return values

    def control(self, generator: np.random.Generator) -> "TwistedCosets":
        """For each neuron another subgroup and sign of equal index, with a random shared coset; else random parts.

        Args:
            generator: source of the draw.

        Returns:
            An account of the same neurons.
        """
        lattice = self.facts.known_lattice
        pairs = Cells(lattice, self.facts.irreps, twisted=True)
        orders = np.stack([lattice.orders[pairs.subgroups], lattice.orders[pairs.kernels]], axis=1)
        return replace(self, cells=tuple(_other(cell, pairs, orders, lattice, generator) for cell in self.cells))

    @property
    def bits(self) -> float:
        """For each neuron: which coset of which cell, and a number for each free value of left, right and out."""
        values = sum(2 * cell.H.index + _orbits(cell) for cell in self.cells)
        return len(self.cells) * log2(self.choices) + values * self.config.number_bits


def _shared(n: int, cells: Cells, cell: int, facts: Facts, lattice: SubgroupLattice) -> SignedCell:
    """The cell with the right coset of its kernel that has the largest mirror correlation."""
    H, kernel = (subgroup_at(lattice, int(positions[cell])) for positions in (cells.subgroups, cells.kernels))
    labels = coset_partition(kernel, "right")
    shared = labels == np.argmax(np.bincount(labels, weights=facts.mirror[n]))
    return SignedCell(n, H, kernel, int(np.argmax(shared)))


def _right_fraction(cell: SignedCell, facts: Facts, lattice: SubgroupLattice) -> float:
    """What the conjugate cell g^-1 H g leaves of right."""
    back = int(facts.group.inverse[cell.representative])
    H, kernel = (lattice.position(conjugate_by(subgroup, back)) for subgroup in (cell.H, cell.kernel))
    fractions = facts.coset_fractions("right")[cell.neuron]
    return float(fractions[kernel] + (1 - fractions[H] if kernel != H else 0))


def _signed_means(f: Float[np.ndarray, " g"], cell: SignedCell, name: str) -> Float[np.ndarray, " g"]:
    """Projection of f, without its mean, on the functions that carry the cell."""
    group = cell.H.group
    K, back = cell.kernel, int(group.inverse[cell.representative])
    L = conjugate_by(K, back)
    parts = {
        "left": lambda: coset_partition(K, "right"),
        "right": lambda: coset_partition(L, "left"),
        "out": lambda: double_coset_partition(K, L),
    }[name]()
    if cell.relabelled is not None:
        parts = parts[cell.relabelled]
    mean = f.mean()
    means = coset_means(f - mean, parts)
    t = cell.sign_element
    if t is not None:
        moved = int(group.table[group.table[back, t], cell.representative])  # g^-1 t g
        if name in ("left", "out"):
            means = (means - means[group.table[t]]) / 2
        if name in ("right", "out"):
            means = (means - means[group.table[:, moved]]) / 2
    return mean + means


def _other(
    cell: SignedCell,
    pairs: Cells,
    orders: Int[np.ndarray, "cell 2"],
    lattice: SubgroupLattice,
    generator: np.random.Generator,
) -> SignedCell:
    alike = np.flatnonzero((orders == [cell.H.order, cell.kernel.order]).all(axis=1))
    own = lattice.position(cell.H), lattice.position(cell.kernel)
    others = alike[(pairs.subgroups[alike] != own[0]) | (pairs.kernels[alike] != own[1])]
    if not len(others):
        return replace(cell, relabelled=generator.permutation(lattice.group.order))
    i = int(generator.choice(others))
    H, kernel = subgroup_at(lattice, int(pairs.subgroups[i])), subgroup_at(lattice, int(pairs.kernels[i]))
    return SignedCell(cell.neuron, H, kernel, int(generator.integers(lattice.group.order)))


def _orbits(cell: SignedCell) -> int:
    """Number of double cosets HcK: at least as many as the free values of out."""
    K = conjugate_by(cell.H, int(cell.H.group.inverse[cell.representative]))
    return int(double_coset_partition(cell.H, K).max()) + 1
