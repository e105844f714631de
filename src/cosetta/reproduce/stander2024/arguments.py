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
from cosetta.reproduce.frame.results import Column, Table
from cosetta.reproduce.frame.spread import MIN_RUNS, TOO_FEW, mean_over_runs
from cosetta.reproduce.stander2024.controls import coset_free_control
from cosetta.reproduce.stander2024.populations import Member, Population

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

MIXED = 0.05
"""Irreps and subgroups are mixed when both conditional entropies are above this, in nats."""

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
        decides="no: it is an identity, and shows that logits cannot tell coset counting from characters"
        if own <= EXACT
        else "no: the identity itself fails here",
    )


def not_one_to_one(population: Population, seed: int = 0) -> Argument:
    """Whether neither the irrep of a covered neuron gives its subgroup nor the other way round.

    Args:
        population: the runs.
        seed: seed of the control's shuffling.

    Returns:
        The test; it holds when some irrep serves two classes and some class uses two irreps.
    """
    per_run = [_labels(member) for member in population.members]
    labels = [label for run in per_run for label in run]
    generator = np.random.default_rng(seed)
    found = [conditional_entropies(run) for run in per_run if run]
    chance = [conditional_entropies(_shuffled(run, generator)) for run in per_run if run]
    (first, second), (third, fourth) = (
        [mean_over_runs([pair[i] for pair in pairs]) for i in (0, 1)] for pairs in (found, chance)
    )
    bounds = [(mean.low, mean.high) for mean in (first, second)]
    held = all(low is not None and low > MIXED for low, _ in bounds)
    refuted = any(high is not None and high <= MIXED for _, high in bounds)
    left_open = second.low is not None and second.low > MIXED
    return Argument(
        name="irreps and subgroups are not one to one",
        statement="neurons of one irrep use different subgroups, and neurons of one subgroup different irreps",
        measured=f"{len(labels)} covered neurons of {population.runs}, a twisted label being one of its own: H(irrep "
        f"given subgroup) = {first.says('{:.2f}')}, H(subgroup given irrep) = {second.says('{:.2f}')}, in nats; "
        f"irreps with several subgroups: {_listed(_with_several(labels))}; subgroups with several irreps: "
        f"{_listed(_with_several([(subgroup, irrep) for irrep, subgroup in labels]))}",
        control=f"labels shuffled over the neurons of a run: {third.says('{:.2f}')} and {fourth.says('{:.2f}')} nats; "
        f"one to one would be 0 and 0; both intervals must lie above {MIXED:g}",
        verdict="holds" if held else "fails" if refuted else TOO_FEW,
        decides="partly: an account by irreps alone leaves the second entropy unexplained"
        if left_open
        else "no: the subgroup is not seen to vary within an irrep"
        if second.low is not None
        else f"{TOO_FEW}",
    )


def out_columns_by_coset(population: Population) -> Argument:
    """Whether out columns agree by shared coset and not by irrep.

    Args:
        population: the runs.

    Returns:
        The test on the means over runs of Table 3's bins.
    """
    same, other, matched, noise = (
        mean_over_runs([b.mean for run in population.measures if (b := run.out_bins[name]).mean is not None])
        for name in ("same-coset", "same-irrep", "same-subgroup", "random")
    )
    parted = [same.low is not None and m.high is not None and same.low - m.high > APART for m in (other, matched)]
    few = same.low is None or other.low is None
    return Argument(
        name="out columns group by coset, not by irrep",
        statement="two neurons write alike when they share a coset; sharing an irrep is not enough",
        measured=f"mean correlation with one shared coset {same.says('{:.3f}')}; with one irrep and different cosets "
        f"{other.says('{:.3f}')}",
        control=f"one subgroup H, so left functions of one space, and different cosets {matched.says('{:.3f}')}, "
        f"where indicators of cosets have -1/([G:H]-1); "
        f"random vectors {noise.says('{:.3f}')}",
        verdict=TOO_FEW if few else "holds" if parted[0] else "fails",
        decides=TOO_FEW
        if few
        else "no: the columns do not group by coset"
        if not parted[0]
        else "partly: it excludes one column for each irrep"
        + (", and for each subgroup" if parted[1] else "")
        + "; but an irrep of dimension d leaves out columns a space of dimension d^2, in which a mean near 0 is "
        "expected too",
    )


def lower_with_abs(population: Population) -> Argument:
    """Whether |x| in place of ReLU lowers the loss, and whether it does so without cosets.

    Args:
        population: the runs.

    Returns:
        The test; it holds when every run's loss falls.
    """
    losses = [
        (run.interventions["abs-for-relu"].loss, run.loss)
        for run in population.measures
        if "abs-for-relu" in run.interventions
    ]
    lower = sum(after < before for after, before in losses)
    ratios = [np.log10(before / after) for after, before in losses if after > 0 and before > 0]
    free = coset_free_control()
    same = free["abs-for-relu"].loss < free["none"].loss
    few = len(losses) < MIN_RUNS
    held = lower == len(losses)
    return Argument(
        name="|x| lowers the loss",
        statement="a neuron that fires on both signs rules its coset out twice as often",
        measured=f"the loss falls in {lower} of {len(losses)} runs"
        + (f", by a median factor of 1e{np.median(ratios):.1f}" if ratios else ""),
        control=f"on Z_53 (n = 1), which has no proper subgroup, it {'falls too' if same else 'does not fall'}: "
        f"{free['abs-for-relu'].loss:.1e} against {free['none'].loss:.1e} untouched",
        verdict=TOO_FEW if few else "holds" if held else "fails",
        decides=TOO_FEW
        if few
        else "no: it does not hold in every run"
        if not held
        else "no: a coset-free network shows the same"
        if same
        else "partly: one coset-free network (n = 1) does not show it",
    )


def _labels(member: Member) -> list[tuple[str, str]]:
    """Irrep and subgroup of each covered neuron; a subgroup with a sign twist is a label of its own."""
    return [
        (
            member.analysis.neurons[found.neuron].facts.irrep,
            found.left.subgroup + (f", twisted {found.left.twisted}" if found.left.twisted else ""),
        )
        for found in member.analysis.coset.covered
    ]


def _shuffled(labels: list[tuple[str, str]], generator: np.random.Generator) -> list[tuple[str, str]]:
    order = generator.permutation(len(labels)).tolist()
    return [(irrep, labels[j][1]) for (irrep, _), j in zip(labels, order, strict=True)]


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
