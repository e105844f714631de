"""Tables of their idealised networks and of the rho-sets of trained S5 networks."""

from collections.abc import Mapping

import numpy as np

from cosetta.groups import named_group
from cosetta.reproduce.frame.results import Cell, Column, Table
from cosetta.reproduce.wu2024 import paper
from cosetta.reproduce.wu2024.ideals import Ideals
from cosetta.reproduce.wu2024.measures import MATTERS, RhoMeasures, SetFacts
from cosetta.reproduce.wu2024.size_rows import minimal_sets
from cosetta.reproduce.wu2024.subjects import Subject

__all__ = ["certificates_table", "ideals_table", "sets_table", "sizes_table", "summary_table"]


def sizes_table() -> Table:
    """Points of the smallest rho-set of each irrep of S5 and of S6, and what a complete circuit costs.

    Returns:
        The table, exact.
    """
    rows: list[tuple[Cell, ...]] = []
    for group in ("S5", "S6"):
        for name, size in minimal_sets(named_group(group)).items():
            rows.append((group, name, size, size**2, paper.MINIMAL_SETS.get(name) if group == "S5" else None))
    return Table(
        name="sizes",
        title="Smallest rho-sets",
        columns=(
            Column("group"),
            Column("irrep"),
            Column("points", "count", "|B|"),
            Column("pairs", "count", "|B|^2"),
            Column("the paper", "count", "|B|"),
        ),
        rows=tuple(rows),
        notes=("Least index of a subgroup that fixes a vector of the irrep; a sum over the lattice.",),
    )


def ideals_table(ideals: Ideals) -> Table:
    """Each idealised network: its bound, whether its ideal is right, their lists, and its rho-sets.

    Args:
        ideals: theirs.

    Returns:
        One row a network.
    """
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            str(i),
            ideals.bounds[i],
            ideals.accuracies[i],
            network.accuracy,
            "yes" if i in ideals.a_bad else "",
            "yes" if i in ideals.rho_bad else "",
            "; ".join(_said(found) for found in network.sets),
        )
        for i, network in enumerate(ideals.measured)
    )
    return Table(
        name="ideals",
        title="Idealised networks for S4 and their bounds",
        columns=(
            Column("network"),
            Column("their bound", "percent"),
            Column("accuracy of the network", "percent"),
            Column("accuracy of its ideal", "percent"),
            Column("a-bad, their list"),
            Column("rho-bad, their list"),
            Column("rho-sets of the ideal, by us"),
        ),
        rows=rows,
        notes=("A set: irrep, pairs that are there of |B|^2, and its neurons. Bounds and lists are from their file.",),
    )


def _said(found: SetFacts) -> str:
    return f"{found.irrep} {found.pairs} of {found.points**2}, {found.neurons} neurons"


def summary_table(subjects: Mapping[str, Subject]) -> Table:
    """What the rho-set account says of S5 networks, by population.

    Args:
        subjects: populations by name; their ideals are left out.

    Returns:
        The table.
    """
    rows: list[tuple[Cell, ...]] = []
    for name, networks in _s5(subjects).items():
        sets = [[s for s in n.sets if s.strength >= MATTERS] for n in networks]
        flat = [found for of in sets for found in of]
        rows.append(
            (
                name,
                len(networks),
                float(np.mean([n.covered for n in networks])),
                float(np.mean([n.alone for n in networks])),
                float(np.mean([n.rho_bad for n in networks])),
                float(np.mean([n.a_bad for n in networks])),
                sum(s.pairs for s in flat) / max(1, sum(s.points**2 for s in flat)),
                float(np.mean([sum(s.points**2 - s.pairs for s in of) for of in sets])),
                float(np.mean([sum(s.points**2 for s in of) for of in sets])),
                float(np.mean([n.live for n in networks])),
            )
        )
    percents = ("strength in rho-sets", "accuracy of the rho-sets alone", "rho-bad", "a-bad", "pairs that are there")
    counts = ("missing pairs", "pairs of complete circuits", "live neurons")
    return Table(
        name="networks",
        title="Rho-sets of S5 networks",
        columns=(
            Column("networks"),
            Column("n", "count"),
            *(Column(name, "percent") for name in percents),
            *(Column(name, "count", "mean a network") for name in counts),
        ),
        rows=tuple(rows),
        notes=(
            "Networks that are right on at least 99 % of the pairs. Sets count from 1 % of the strength on.",
            "rho-bad: no faithful irrep has a complete rho-set. a-bad: two sets of one irrep and stabiliser.",
        ),
    )


def sets_table(subjects: Mapping[str, Subject]) -> Table:
    """Which rho-sets S5 networks have, with how many of their pairs.

    Args:
        subjects: populations by name; their ideals are left out.

    Returns:
        The table, by population, irrep and stabiliser.
    """
    rows: list[tuple[Cell, ...]] = []
    for name, networks in _s5(subjects).items():
        kinds: dict[tuple[str, str, int], list[SetFacts]] = {}
        for network in networks:
            for found in network.sets:
                if found.strength >= MATTERS:
                    kinds.setdefault((found.irrep, found.subgroup, found.points), []).append(found)
        for (irrep, subgroup, points), sets in sorted(kinds.items(), key=lambda item: -len(item[1])):
            rows.append(
                (
                    name,
                    irrep,
                    subgroup,
                    points**2,
                    len(sets),
                    float(np.mean([s.neurons for s in sets])),
                    float(np.mean([s.pairs for s in sets])),
                    float(np.mean([s.is_complete for s in sets])),
                    float(np.mean([s.strength for s in sets])),
                )
            )
    return Table(
        name="sets",
        title="Rho-sets of S5 networks by irrep and stabiliser",
        columns=(
            Column("networks"),
            Column("irrep"),
            Column("stabiliser"),
            Column("pairs", "count", "|B|^2"),
            Column("sets", "count"),
            Column("neurons, mean", "count"),
            Column("pairs that are there, mean", "count"),
            Column("complete", "percent"),
            Column("strength, mean", "percent"),
        ),
        rows=tuple(rows),
    )


def certificates_table(subjects: Mapping[str, Subject]) -> Table:
    """What certificates of this project prove of S5 networks, by population and by whether an ideal can multiply.

    Args:
        subjects: populations by name; their ideals are left out.

    Returns:
        The table; networks without a certificate are left out.
    """
    rows: list[tuple[Cell, ...]] = []
    for name, subject in subjects.items():
        if subject.ideals is not None:
            continue
        for bad in (False, True):
            found = [(n, n.proven) for n in subject.networks if n.proven is not None and n.rho_bad == bad]
            if not found:
                continue
            alone = [proven.bounds_alone for _, proven in found]
            rows.append(
                (
                    name,
                    "no" if bad else "yes",
                    len(found),
                    float(np.mean(alone)),
                    min(alone),
                    sum(share >= 0.95 for share in alone),
                    sum(share == 0 for share in alone),
                    sum(abs(proven.share - network.accuracy) < 1e-9 for network, proven in found),
                    float(np.median([proven.work_share for _, proven in found])),
                )
            )
    return Table(
        name="certificates",
        title="Certificates of S5 networks",
        columns=(
            Column("networks"),
            Column("complete faithful rho-set"),
            Column("n", "count"),
            Column("by bounds alone, mean", "percent"),
            Column("by bounds alone, least", "percent"),
            Column("at least 95 %", "count"),
            Column("exactly 0", "count"),
            Column("all that is right is proven", "count"),
            Column("work of that, median", "percent", "of trying all"),
        ),
        rows=tuple(rows),
        notes=(
            "Of this project (docs/certificates.md), not of the paper: from the cosets of each neuron, out as it is.",
            "By bounds alone: no product has all its neurons computed. All that is right: open ones are computed too.",
        ),
    )


def _s5(subjects: Mapping[str, Subject]) -> dict[str, list[RhoMeasures]]:
    """S5 networks that multiply, by population."""
    chosen = {
        name: [n for n in subject.networks if n.group == "S5" and n.accuracy >= 0.99]
        for name, subject in subjects.items()
        if subject.ideals is None
    }
    return {name: networks for name, networks in chosen.items() if networks}
