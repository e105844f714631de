"""The paper's arguments for cosets, re-run as tests, each with a verdict and a control.

An argument that a network without cosets passes as well, or that both accounts predict, may hold and still decide
nothing between them; the table says so. Bounds were fixed before the populations were looked at.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, final

import numpy as np

from cosetta.groups import Group, subgroup_lattice
from cosetta.harmonics import fixed_space_dimension, irreps
from cosetta.reproduce.stander2024.controls import coset_free_control
from cosetta.reproduce.stander2024.populations import Population
from cosetta.reproduce.stander2024.results import Column, Table
from cosetta.reproduce.stander2024.spread import MIN_RUNS, TOO_FEW, mean_over_runs

__all__ = [
    "Argument",
    "argument_table",
    "conditional_entropies",
    "counting_is_characters",
    "lower_with_abs",
    "not_one_to_one",
    "out_columns_by_coset",
]

MATTERS = 0.05
"""A class or irrep counts in the contingency of both when it has at least this share of the row or column."""

APART = 0.3
"""Out columns group by coset rather than irrep when the mean correlations differ by more than this."""

EXACT = 1e-9
"""Largest error of an identity between integers in float64."""


@final
@dataclass(frozen=True)
class Argument:
    """An argument of the paper as a test.

    Args:
        name: in a few words.
        statement: what is claimed.
        measured: what was found.
        control: what was found where the claim should fail, or where it cannot mean cosets.
        verdict: whether the claim holds on our networks or groups.
        decides: whether it tells the coset account from one by irreps, and why.
    """

    name: str
    statement: str
    measured: str
    control: str
    verdict: Literal["holds", "fails", "n too small"]
    decides: str


def argument_table(group: Group, population: Population) -> Table:
    """All arguments as a table.

    Args:
        group: the group.
        population: runs of it.

    Returns:
        One row an argument.
    """
    found = (
        counting_is_characters(group),
        not_one_to_one(population),
        out_columns_by_coset(population),
        lower_with_abs(population),
    )
    names = ("argument", "claim", "measured", "control", "verdict", "does it tell cosets from irreps?")
    return Table(
        name=f"arguments-{group.name}-{population.recipe}",
        title=f"The paper's arguments as tests, {population.name}",
        columns=tuple(Column(name) for name in names),
        rows=tuple((a.name, a.statement, a.measured, a.control, a.verdict, a.decides) for a in found),
    )


def counting_is_characters(group: Group) -> Argument:
    r"""Whether the number of cosets gH that w^-1 z fixes is $\sum_\rho (m_\rho/c_\rho)\,\chi_\rho(w^{-1}z)$, for all H.

    Args:
        group: the group.

    Returns:
        The test, exact over all elements and classes of subgroups; the control takes another class's multiplicities.
    """
    lattice, all_irreps = subgroup_lattice(group), irreps(group)
    characters = np.stack([irrep.character / irrep.endomorphism_dim for irrep in all_irreps])
    counted, multiplicities = [], []
    for cls in lattice.classes:
        H = lattice.subgroup(cls.representative)
        conjugates = group.table[
            group.table[group.inverse[:, None], np.arange(group.order)], np.arange(group.order)[:, None]
        ]
        counted.append(H.members[conjugates].sum(axis=0) / H.order)  # of g with g^-1 x g in H, over |H|
        multiplicities.append([fixed_space_dimension(irrep, H) for irrep in all_irreps])
    summed = np.array(multiplicities) @ characters
    error = np.abs(np.array(counted)[:, None] - summed[None]).max(axis=2)
    own = float(np.diag(error).max())
    n = len(error)
    wrong = int((error > EXACT).sum()) - int((np.diag(error) > EXACT).sum())
    return Argument(
        name="coset counting equals a character sum",
        statement="the number of cosets gH with w^-1 z gH = gH is the sum of m chi(w^-1 z) over the irreps",
        measured=f"largest error {own:.0e} over {n} classes of subgroups of {group.name} and all elements",
        control=f"with the multiplicities of another class it fails for {wrong} of {n * (n - 1)} pairs of classes"
        + ("" if wrong == n * (n - 1) else "; the others have the same permutation character"),
        verdict="holds" if own <= EXACT else "fails",
        decides="no: it is an identity, and shows that logits cannot tell coset counting from characters",
    )


def not_one_to_one(population: Population, seed: int = 0) -> Argument:
    """Whether neither the irrep of an explained neuron gives its subgroup nor the other way round.

    Args:
        population: the runs.
        seed: seed of the control's shuffling.

    Returns:
        The test; it holds when some irrep serves two classes and some class uses two irreps.
    """
    labels = [
        (neuron.irrep, neuron.largest)
        for run in population.measures
        for neuron in run.neurons
        if neuron.status == "explained"
    ]
    first, second = conditional_entropies(labels)
    order = np.random.default_rng(seed).permutation(len(labels))
    shuffled = [(labels[i][0], labels[j][1]) for i, j in enumerate(order.tolist())]
    third, fourth = conditional_entropies(shuffled)
    shared = _with_several(labels)
    mixed = _with_several([(subgroup, irrep) for irrep, subgroup in labels])
    few = len(population.members) < MIN_RUNS
    return Argument(
        name="irreps and subgroups are not one to one",
        statement="neurons of one irrep use different subgroups, and neurons of one subgroup different irreps",
        measured=f"{len(labels)} explained neurons of {population.runs}: H(irrep given subgroup) = {first:.2f}, "
        f"H(subgroup given irrep) = {second:.2f} nats; irreps with several subgroups: {_listed(shared)}; "
        f"subgroups with several irreps: {_listed(mixed)}",
        control=f"labels shuffled over neurons: {third:.2f} and {fourth:.2f} nats; one to one would be 0 and 0",
        verdict=TOO_FEW if few else "holds" if shared and mixed else "fails",
        decides="partly: an account by irreps alone leaves the second entropy unexplained",
    )


def out_columns_by_coset(population: Population) -> Argument:
    """Whether out columns agree by shared coset and not by irrep.

    Args:
        population: the runs.

    Returns:
        The test on the means over runs of Table 3's bins.
    """
    same, other, noise = (
        mean_over_runs([b.mean for run in population.measures if (b := run.out_bins[name]).mean is not None])
        for name in ("same shared coset", "same irrep, other coset", "random vectors")
    )
    parted = same.low is not None and other.high is not None and same.low - other.high > APART
    return Argument(
        name="out columns group by coset, not by irrep",
        statement="two neurons write alike when they share a coset; sharing an irrep is not enough",
        measured=f"mean correlation with one shared coset {same.says('{:.3f}')}; with one irrep and different cosets "
        f"{other.says('{:.3f}')}",
        control=f"random vectors {noise.says('{:.3f}')}",
        verdict=TOO_FEW if same.low is None or other.low is None else "holds" if parted else "fails",
        decides="yes: an irrep of dimension above 1 leaves the directions of out columns open, cosets fix them",
    )


def lower_with_abs(population: Population) -> Argument:
    """Whether |x| in place of ReLU lowers the loss, and whether it does so without cosets.

    Args:
        population: the runs.

    Returns:
        The test; it holds when every run's loss falls.
    """
    losses = [
        (run.interventions["|x| for ReLU"].loss, run.loss)
        for run in population.measures
        if "|x| for ReLU" in run.interventions
    ]
    lower = sum(after < before for after, before in losses)
    ratios = [np.log10(before / after) for after, before in losses if after > 0 and before > 0]
    free = coset_free_control()
    same = free["|x| for ReLU"].loss < free["flip both signs"].loss
    few = len(losses) < MIN_RUNS
    return Argument(
        name="|x| lowers the loss",
        statement="a neuron that fires on both signs rules its coset out twice as often",
        measured=f"the loss falls in {lower} of {len(losses)} runs"
        + (f", by a median factor of 1e{np.median(ratios):.1f}" if ratios else ""),
        control="on Z_53, which has no proper subgroup, it falls too: "
        f"{free['|x| for ReLU'].loss:.1e} against {free['flip both signs'].loss:.1e} with both signs flipped",
        verdict=TOO_FEW if few else "holds" if lower == len(losses) else "fails",
        decides="no: the coset-free network shows the same" if same else "yes: the coset-free network does not show it",
    )


def conditional_entropies(labels: Sequence[tuple[str, str]]) -> tuple[float, float]:
    """H(first given second) and H(second given first) of pairs of labels.

    Args:
        labels: pairs.

    Returns:
        Both in nats; 0 and 0 when the labels are one to one.

    Example:
        >>> conditional_entropies([("a", "x"), ("b", "y")])
        (0.0, 0.0)
    """
    joint = _entropy(Counter(labels))
    first, second = (_entropy(Counter(pair[i] for pair in labels)) for i in (0, 1))
    return max(0.0, joint - second), max(0.0, joint - first)


def _entropy(counts: Counter) -> float:
    p = np.array(list(counts.values()), dtype=np.float64)
    p = p / max(1.0, p.sum())
    return float(-(p * np.log(p)).sum())


def _with_several(labels: Sequence[tuple[str, str]]) -> list[str]:
    """First labels that meet two or more second labels, each with a share that matters."""
    found = []
    for name, total in Counter(first for first, _ in labels).most_common():
        others = Counter(second for first, second in labels if first == name)
        if sum(n >= MATTERS * total for n in others.values()) > 1:
            found.append(name)
    return found


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
