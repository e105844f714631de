"""Does speed change the circuit? Shares of neurons by recipe, and how far the recipes are apart.

The distance between two populations is the total variation between their mean shares, with a bootstrap interval and a
permutation test over runs (`cosetta.population`). Even two halves of one population are some distance apart, so the
distance that shuffling gives stands beside it.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Literal

import polars as pl

from cosetta.population import Census, CensusDistance, census_distance
from cosetta.reproduce.frame.results import Cell, Column, Table
from cosetta.reproduce.frame.spread import TOO_FEW
from cosetta.reproduce.stander2024.populations import Population, irrep_shares, mean_shares
from cosetta.reproduce.stander2024.tables import sample_notes
from cosetta.training.recipes import RECIPES

__all__ = ["census_distances", "census_shares", "distance_table"]

By = Literal["subgroup", "irrep"]


def census_shares(group: str, populations: Sequence[Population], by: By) -> Table:
    """Mean share of neurons by class or irrep for each recipe, with intervals over runs.

    Args:
        group: name of the group.
        populations: populations; those of other groups and empty ones are left out.
        by: what neurons are counted by.

    Returns:
        The table, largest share of the first recipe first.
    """
    filled = [population for population in populations if population.group.name == group and population.members]
    tables = [
        mean_shares(population.measures, "largest") if by == "subgroup" else irrep_shares(population.measures)
        for population in filled
    ]
    rows: list[tuple[Cell, ...]] = []
    for name in dict.fromkeys(name for table in tables for name in table):
        means = [table.get(name) for table in tables]
        cells = [cell for mean in means for cell in ((mean.value, mean.low, mean.high) if mean else (0.0, None, None))]
        rows.append((name, *cells))
    heads = [f"{population.recipe}{end}" for population in filled for end in ("", ": low", ": high")]
    return Table(
        name=f"census-{group}-{by}",
        title=f"Neurons by {by} and recipe, {group}",
        columns=(Column("subgroup" if by == "subgroup" else "irrep"), *(Column(head, "percent") for head in heads)),
        rows=tuple(rows),
        notes=(
            "; ".join(f"{population.recipe}: {population.runs}" for population in filled) or "no runs",
            *(note for population in filled for note in (*sample_notes(population), *_length_notes(population))),
        ),
    )


def census_distances(group: str, populations: Sequence[Population]) -> dict[tuple[str, str, By], CensusDistance]:
    """Distance between the censuses of each two recipes.

    Args:
        group: name of the group.
        populations: populations; those of other groups and empty ones are left out.

    Returns:
        Distances by the two recipes and what neurons are counted by.
    """
    parts = {
        population.recipe: _census(population)
        for population in populations
        if population.group.name == group and population.members
    }
    kinds: tuple[By, ...] = ("subgroup", "irrep")
    return {
        (first, second, by): census_distance(parts[first], parts[second], by)
        for by in kinds
        for first, second in combinations(parts, 2)
    }


def distance_table(
    group: str, distances: dict[tuple[str, str, By], CensusDistance], populations: Sequence[Population] = ()
) -> Table:
    """The distances as a table, with the finding in words.

    Args:
        group: name of the group.
        distances: from `census_distances`.
        populations: behind them; runs that were shortened or have not generalised limit the finding.

    Returns:
        One row two recipes and kind of count.
    """
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (by, first, d.runs[0], second, d.runs[1], d.distance, d.low, d.high, d.by_chance, d.p_value)
        for (first, second, by), d in distances.items()
    )
    limits = {p.recipe: _limits(p) for p in populations if p.group.name == group}
    notes = [
        _finding(first, second, by, d, [limits[name] for name in (first, second) if limits.get(name)])
        for (first, second, by), d in distances.items()
    ]
    return Table(
        name=f"census-distance-{group}",
        title=f"Distance between the censuses of two recipes, {group}",
        columns=(
            Column("by"),
            Column("recipe"),
            Column("runs", "count"),
            Column("other recipe"),
            Column("other runs", "count"),
            Column("distance", "number", "0 to 1"),
            Column("low", "number"),
            Column("high", "number"),
            Column("by chance", "number", "median of shuffled runs"),
            Column("p", "number"),
        ),
        rows=rows,
        notes=(
            "Distance: total variation between the mean shares over runs; 0 is the same census, 1 nothing in common. "
            "p: share of shufflings of the runs that give at least this distance.",
            *notes,
        ),
    )


def _length_notes(population: Population) -> tuple[str, ...]:
    """Says so if runs were stopped before the end of their recipe."""
    short = [member.measures.steps for member in population.members if member.shortened]
    if not short:
        return ()
    steps, whole = max(short), RECIPES[population.recipe](population.group.name).max_steps
    return (f"{population.recipe}: {len(short)} runs stopped at {steps:,} of the recipe's {whole:,} steps",)


SIGNIFICANT = 0.01
"""Two recipes are said to differ below this p-value; several pairs and two kinds of count are tested."""


def _limits(population: Population) -> str:
    """Why a population may differ from another for its length alone, or nothing."""
    done = sum(run.grok_step is not None for run in population.measures)
    parts = list(_length_notes(population))
    if done < len(population.members):
        parts.append(f"{population.recipe}: {done} of {population.runs} have generalised")
    return "; ".join(parts)


def _finding(first: str, second: str, by: By, d: CensusDistance, limits: Sequence[str] = ()) -> str:
    """What is found, plainly, and what limits it."""
    said = f"{first} and {second} by {by}: "
    if d.p_value is None:
        return f"{said}{TOO_FEW} ({d.runs[0]} and {d.runs[1]} runs)."
    if d.p_value > SIGNIFICANT:
        return f"{said}no difference is found at this number of runs (p = {d.p_value:.2g})."
    found = f"{said}these runs differ by {d.distance:.2f} (chance {d.by_chance:.2f}, p = {d.p_value:.2g})"
    return (
        f"{found}, which may be of their length and not of the recipe: {'; '.join(limits)}." if limits else f"{found}."
    )


def _census(population: Population) -> Census:
    """The labels of all neurons of a population, as a census holds them."""
    runs = pl.DataFrame({"run": [m.name for m in population.members]}).with_columns(
        group=pl.lit(population.group.name), status=pl.lit("finished")
    )
    labels = [
        (member.name, *(("dead", "dead") if n.status == "dead" else (n.largest or "none", n.irrep)))
        for member in population.members
        for n in member.measures.neurons
    ]
    return Census(runs, pl.DataFrame(labels, schema=["run", "subgroup", "irrep"], orient="row"))
