r"""Find what each neuron computes: its irreps, its cosets, the coset at which it falls silent.

A coset neuron has left constant on right cosets Ha, right constant on left cosets bK of a conjugate K = g^-1 H g, and
right(b) = -left(g b^-1). Then pre = 0 whenever ab lies in the shared coset C = Hg = gK, so a neuron that fires says
that the product is not in C. The class of H is chosen by evidence (`measures/cells.py`): the one that random functions
of the same irreps would fit as well with the least chance, left and right together. A function constant on cosets of H
is constant on those of every smaller subgroup too; a smaller subgroup fits at least as well, and pays for its freedom.
The threshold decides only whether the chosen class fits well enough to cover the neuron.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Int

from cosetta.config import AnalysisConfig
from cosetta.groups import Subgroup, SubgroupLattice, conjugate, cosets, double_cosets
from cosetta.hypotheses.coset.wording import describe_coset
from cosetta.measures.cells import Cells, choose
from cosetta.measures.cosets import coset_variance_fraction
from cosetta.measures.facts import Facts
from cosetta.measures.mirror import left_stabilizer, mirror_residual
from cosetta.measures.null import CosetNull
from cosetta.measures.pairs import coset_leak
from cosetta.results import Chance, CosetLabel, CosetNeuron, OpenNeuron, SharedCoset

__all__ = [
    "Found",
    "FoundCoset",
    "chance_of_cosets",
    "coset_null",
    "find_neurons",
    "find_places",
    "nearest_subgroups",
]


@final
@dataclass(frozen=True, eq=False)
class FoundCoset:
    """A neuron that the account covers, with what circuits and ideals need beside its record.

    Args:
        finding: what is reported.
        left: lattice position of H.
        right: lattice position of K.
        shared: which elements lie in the shared coset.
    """

    finding: CosetNeuron
    left: int
    right: int
    shared: Bool[np.ndarray, " g"]

    @property
    def neuron(self) -> int:
        """Position of the neuron."""
        return self.finding.neuron


Found = FoundCoset | OpenNeuron
"""What is found of a live neuron."""


def find_neurons(facts: Facts, config: AnalysisConfig) -> tuple[Found, ...]:
    """Label every live neuron by the subgroups and the shared coset that it uses.

    Cost: |G|^2 work a neuron, and one product of size neurons x |G| x subgroups for each function.

    Args:
        facts: of the network; they must hold a lattice.
        config: the thresholds.

    Returns:
        One finding a live neuron, in the model's order. Circuits are numbered later, by `find_circuits`.

    Raises:
        Unsupported: if the group's subgroups are out of reach.

    Source:
        Stander et al. 2023 (arXiv:2312.06581), section 4, for the structure; the labelling rule is this project's.
    """
    finder = _Finder(facts, facts.known_lattice, config)
    return tuple(finder.find(int(n)) for n in facts.live)


def find_places(facts: Facts, config: AnalysisConfig) -> dict[int, tuple[int, int]]:
    """The coset of every neuron that `find_neurons` covers, without p-values and words.

    Args:
        facts: of the network; they must hold a lattice.
        config: the thresholds.

    Returns:
        By neuron: lattice position of H, and the smallest element of the shared coset.

    Raises:
        Unsupported: if the group's subgroups are out of reach.
    """
    finder = _Finder(facts, facts.known_lattice, config)
    places = {int(n): finder.place(int(n)) for n in facts.live}
    return {n: place for n, place in places.items() if place is not None}


def chance_of_cosets(facts: Facts, found: Sequence[Found], config: AnalysisConfig) -> Chance:
    """Shares of the live neurons in cosets, beside what random neurons of the same irreps would reach.

    Args:
        facts: of the network; they must hold a lattice.
        found: what was found of each live neuron.
        config: the thresholds.

    Returns:
        The shares.

    Raises:
        Unsupported: if the group's subgroups are out of reach.
    """
    cells = Cells(facts.known_lattice, facts.irreps)
    null = coset_null(facts, cells, config)
    live = max(1, len(found))
    covered = [neuron.finding for neuron in found if isinstance(neuron, FoundCoset)]
    power = facts.functions["left"].power
    thresholds = []
    for threshold in THRESHOLDS:
        finder = _Finder(facts, facts.known_lattice, config.model_copy(update={"coset_threshold": threshold}))
        inside = [int(n) for n in facts.live if finder.covers(int(n))]
        thresholds.append((threshold, len(inside) / live, float(facts.strength[inside].sum())))
    return Chance(
        covered=len(covered) / live,
        significant=sum(finding.left.p_value < SIGNIFICANT for finding in covered) / live,
        by_chance=float(np.mean([null.covered(power[n]) for n in facts.live])) if len(found) else 0.0,
        by_threshold=tuple(thresholds),
    )


def nearest_subgroups(
    facts: Facts, neurons: Sequence[int], config: AnalysisConfig
) -> tuple[tuple[str, Subgroup, Subgroup, float, float] | None, ...]:
    """The class of subgroups that comes nearest to each neuron, whether or not it comes near enough.

    Args:
        facts: of the network.
        neurons: positions of live neurons.
        config: the thresholds.

    Returns:
        For each neuron the name of the class, the conjugates that leave least of left and of right, and what they
        leave; None where there is no lattice or no subgroup to try.
    """
    if facts.lattice is None:
        return (None,) * len(neurons)
    finder, lattice = _Finder(facts, facts.lattice, config), facts.lattice
    if not neurons or not finder.cells.families:
        return (None,) * len(neurons)
    found = []
    for n in neurons:
        h, k = (finder.nearest(side, n) for side in ("left", "right"))
        left = (float(facts.coset_fractions(side)[n, at]) for side, at in (("left", h), ("right", k)))
        found.append((lattice.names[h], lattice.subgroup(h), lattice.subgroup(k), *left))
    return tuple(found)


THRESHOLDS = (0.001, 0.003, 0.01, 0.03, 0.1)
"""Coset variance fractions at which the shares are also told."""

SIGNIFICANT = 0.05
"""A label is beyond chance when its p-value is below this."""


def coset_null(facts: Facts, cells: Cells, config: AnalysisConfig) -> CosetNull:
    """The null distribution that a network's labels are held against.

    Args:
        facts: of the network; its noise counts.
        cells: what labels are chosen from.
        config: samples, seed and threshold.

    Returns:
        The distribution.
    """
    return CosetNull(cells, config.null_samples, config.seed, config.coset_threshold, facts.noise)


@final
@dataclass(frozen=True, eq=False)
class _Finder:
    """The inputs that the labelling of one neuron shares with all others."""

    facts: Facts
    lattice: SubgroupLattice
    config: AnalysisConfig

    @cached_property
    def cells(self) -> Cells:
        return Cells(self.lattice, self.facts.irreps)

    @cached_property
    def null(self) -> CosetNull:
        return coset_null(self.facts, self.cells, self.config)

    @cached_property
    def fractions(self) -> dict[str, Float[np.ndarray, "neuron cell"]]:
        """What each cell leaves of each function."""
        return {name: self.cells.fractions(self._of_subgroups(name)) for name in self.facts.functions}

    @cached_property
    def best(self) -> dict[str, Float[np.ndarray, "neuron family"]]:
        """What the best cell of each family leaves."""
        return {name: self.cells.best(fractions) for name, fractions in self.fractions.items()}

    @cached_property
    def chances(self) -> dict[str, Float[np.ndarray, "neuron family"]]:
        """Log chance of each family."""
        functions, noise = self.facts.functions, self.facts.noise
        return {name: self.cells.log_chance(functions[name].power, best, noise) for name, best in self.best.items()}

    @cached_property
    def families(self) -> dict[str, Int[np.ndarray, " neuron"]]:
        """Family of each neuron: of `left` and `right` together, and of `out` alone."""
        both = self._choose("left", self._joint_chance, np.maximum(self.best["left"], self.best["right"]))
        return {"left": both, "right": both, "out": self._choose("out", self.chances["out"], self.best["out"])}

    @cached_property
    def _joint_chance(self) -> Float[np.ndarray, "neuron family"]:
        return (self.chances["left"] + self.chances["right"]) / 2

    @cached_property
    def evident(self) -> dict[str, Bool[np.ndarray, "neuron family"]]:
        """Whether each family may label a function."""
        both = self.cells.evident(self.facts.functions["left"].power, self._joint_chance)
        out = self.cells.evident(self.facts.functions["out"].power, self.chances["out"])
        return {"left": both, "right": both, "out": out}

    def _choose(
        self, name: str, chances: Float[np.ndarray, "neuron family"], best: Float[np.ndarray, "neuron family"]
    ) -> Int[np.ndarray, " neuron"]:
        fits = np.where(self.evident[name], best, 1.0)
        return choose(chances, fits, self.cells.orders, self.config.coset_threshold)

    def covers(self, n: int) -> bool:
        """Whether `find` would cover the neuron, without its record."""
        return self.place(n) is not None

    def place(self, n: int) -> tuple[int, int] | None:
        """Lattice position of H and smallest element of the shared coset, where `find` would cover the neuron."""
        if not self.cells.families or self._misfits(n):
            return None
        h = self.nearest("left", n)
        H = self.lattice.subgroup(h)
        g = self._representative(n, H)
        partner = self.lattice.position(conjugate(H, int(self.facts.group.inverse[g])))
        if self._of_subgroups("right")[n, partner] >= self.config.coset_threshold:
            return None
        left, right = (getattr(self.facts.model, side)[:, n].double().numpy() for side in ("left", "right"))
        residual = mirror_residual(left, right, g, self.facts.group)
        return (h, g) if residual <= self.config.mirror_threshold else None

    def _misfits(self, n: int) -> bool:
        return any(self._is_open(side, n) for side in ("left", "right"))

    def _is_open(self, name: str, n: int) -> bool:
        """Whether the chosen family of a function says nothing: no evidence, or it leaves too much."""
        family = self.families[name][n]
        return bool(not self.evident[name][n, family] or self.best[name][n, family] >= self.config.coset_threshold)

    def _representative(self, n: int, H: Subgroup) -> int:
        """Smallest element of the right coset Hg with the largest mirror correlation."""
        of_element = cosets(H, side="right")
        means = np.bincount(of_element, weights=self.facts.mirror[n]) / H.order
        return int(np.argmax(of_element == np.argmax(means)))

    def find(self, n: int) -> Found:
        if not self.cells.families:
            return OpenNeuron(n, f"{self.facts.group.name} has no proper subgroup besides 1")
        left, right, out_label = self._label("left", n), self._label("right", n), self._label("out", n)
        if left is None or right is None:
            return OpenNeuron(n, self._misfit(n), left, right, out_label)
        h = self.nearest("left", n)
        shared, coset = self._shared_coset(n, h)
        if not coset.conjugate_pair:
            reason = f"left and right use {left.subgroup}, but no conjugate pair H, g^-1 H g with a shared coset Hg"
            return OpenNeuron(n, reason, left, right, out_label)
        model, group = self.facts.model, self.facts.group
        left_values, right_values = model.left[:, n].double().numpy(), model.right[:, n].double().numpy()
        residual = mirror_residual(left_values, right_values, coset.representative, group)
        if residual > self.config.mirror_threshold:
            reason = f"the mirror law leaves {residual:.2g} of the right function's variance"
            return OpenNeuron(n, reason, left, right, out_label)
        H = self.lattice.subgroup(h)
        K = conjugate(H, int(group.inverse[coset.representative]))
        k = self.lattice.position(K)
        out = self.facts.functions["out"].values[n]
        finding = CosetNeuron(
            neuron=n,
            sentence=f"silent whenever {coset.description}",
            left=left,
            right=self._labelled("right", n, k),
            out=out_label,
            shared_coset=coset,
            mirror_residual=residual,
            expected_silent_share=H.order / group.order,
            leak=coset_leak(left_values, right_values, shared, group),
            out_on=float(out[shared].mean() / (out.std() or 1.0)),
            out_off=float(out[~shared].mean() / (out.std() or 1.0)),
            out_residual=float(coset_variance_fraction(out, double_cosets(H, K))),
            circuit=-1,
        )
        return FoundCoset(finding, h, k, shared)

    def _misfit(self, n: int) -> str:
        """Why left or right has no label: what the best class leaves of each."""
        family = self.families["left"][n]
        left, right = (self.best[side][n, family] for side in ("left", "right"))
        by_chance = "" if self.evident["left"][n, family] else ", which random vectors of its irreps do as well"
        return (
            f"not constant on cosets: the best class, {self.cells.families[family]}, leaves {left:.2g} of left's "
            f"variance and {right:.2g} of right's{by_chance}"
        )

    def _of_subgroups(self, name: str) -> Float[np.ndarray, "neuron subgroup"]:
        return self.facts.coset_fractions(name)

    def nearest(self, name: str, n: int) -> int:
        """Lattice position of the subgroup of the neuron's family that leaves least."""
        cells, family = self.cells, self.families[name][n]
        first = cells.starts[family]
        inside = self.fractions[name][n, first : first + cells.sizes[family]]
        return int(cells.subgroups[first + np.argmin(inside)])

    def _label(self, name: str, n: int) -> CosetLabel | None:
        """Label of a function by its family, if it leaves less than the threshold."""
        if self._is_open(name, n):
            return None
        return self._labelled(name, n, self.nearest(name, n))

    def _labelled(self, name: str, n: int, position: int) -> CosetLabel:
        function, lattice = self.facts.functions[name], self.lattice
        cls = lattice.classes[lattice.class_of[position]]
        fractions = self._of_subgroups(name)[n]
        return CosetLabel(
            subgroup=cls.name,
            order=cls.order,
            index=cls.index,
            conjugate=int(np.flatnonzero(cls.subgroups == position)[0]),
            conjugates=self._conjugates(position),
            generators=", ".join(self.facts.group.labels[g] for g in lattice.subgroup(position).generators),
            side=function.side,
            fraction=float(fractions[position]),
            p_value=self.null.p_value(function.power[n], float(self.chances[name][n, self.families[name][n]])),
            twisted=self._twisted(fractions, position),
        )

    def _twisted(self, fractions: Float[np.ndarray, " subgroup"], position: int) -> str:
        """Proper subgroup K > H of index 2 whose cosets explain nothing: f then carries the character of K/H."""
        lattice = self.lattice
        above = lattice.covers[lattice.covers[:, 0] == position, 1]
        for k in above:
            double = lattice.orders[k] == 2 * lattice.orders[position] and lattice.orders[k] < self.facts.group.order
            if double and 1 - fractions[k] < self.config.coset_threshold:
                return lattice.names[k]
        return ""

    def _shared_coset(self, n: int, h: int) -> tuple[Bool[np.ndarray, " g"], SharedCoset]:
        """The right coset Hg with the largest mirror correlation, held against the lattice-free route."""
        group, correlation = self.facts.group, self.facts.mirror[n]
        H = self.lattice.subgroup(h)
        g = self._representative(n, H)
        of_element = cosets(H, side="right")
        shared = of_element == of_element[g]
        by_mirror = correlation >= correlation.max() - self.config.mirror_tolerance
        same = bool((by_mirror == shared).all()) and np.array_equal(left_stabilizer(by_mirror, group), H.elements)
        partner = self.lattice.position(conjugate(H, int(group.inverse[g])))
        carries = self.lattice.classes[self.lattice.class_of[h]].index == self._conjugates(h)  # H is its own normaliser
        return shared, SharedCoset(
            representative=g,
            representative_label=group.labels[g],
            size=H.order,
            description=describe_coset(shared, self._printed(h), self._printed(partner), carries, group),
            correlation=float(correlation[shared].mean()),
            routes_agree=same,
            conjugate_pair=bool(self._of_subgroups("right")[n, partner] < self.config.coset_threshold),
        )

    def _conjugates(self, position: int) -> int:
        return len(self.lattice.classes[self.lattice.class_of[position]].subgroups)

    def _printed(self, position: int) -> str:
        """Name of one subgroup: its class, and which conjugate if there are several."""
        cls = self.lattice.classes[self.lattice.class_of[position]]
        return f"{cls.name}#{position - cls.subgroups[0] + 1}" if len(cls.subgroups) > 1 else cls.name
