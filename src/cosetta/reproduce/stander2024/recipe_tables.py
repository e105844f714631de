"""Recipes beside each other: Table 1 with absolute noise and in own units, and the bins of Table 3.

A number that one recipe has and another has not belongs to the recipe; a number that all have does not.
"""

from collections.abc import Callable, Sequence

import numpy as np

from cosetta.reproduce.frame.results import Cell, Column, Table
from cosetta.reproduce.frame.spread import mean_over_runs
from cosetta.reproduce.stander2024 import paper
from cosetta.reproduce.stander2024.measures import INTERVENTIONS, RunMeasures
from cosetta.reproduce.stander2024.noise import SCALED, UNIT
from cosetta.reproduce.stander2024.out_columns import BINS
from cosetta.reproduce.stander2024.populations import Population

__all__ = ["interventions_by_recipe", "out_columns_by_recipe"]


def interventions_by_recipe(group: str, populations: Sequence[Population]) -> Table:
    """Table 1 for each recipe: mean accuracy and median loss, absolute noise beside noise in own units.

    Args:
        group: name of the group.
        populations: of that group; empty ones are left out.

    Returns:
        The table; the paper's numbers, which are of absolute noise, stand beside both.
    """
    filled = [population for population in populations if population.members]
    theirs = paper.TABLE_1 if group == "S5" else {}
    rows: list[tuple[Cell, ...]] = []
    for id, name in INTERVENTIONS.items():
        printed = theirs.get(id)
        row: list[Cell] = [name]
        for population in filled:
            row += _scores(population, lambda run, id=id: _absolute(run, id))
        rows.append((*row, *((printed.accuracy, printed.median) if printed else (None, None))))
        twin = id.replace("noise", "scaled")
        if id.startswith("noise") and twin in SCALED:
            row = [SCALED[twin][0]]
            for population in filled:
                row += _scores(population, lambda run, id=twin: run.noise.scores[id])
            rows.append((*row, *((printed.accuracy, printed.median) if printed else (None, None))))
    scale: list[Cell] = ["scale of pre-activations"]
    for population in filled:
        scale += [None, float(np.median([run.noise.scale for run in population.measures]))]
    rows.append((*scale, None, None))
    columns = [Column("intervention")]
    for name in (*(population.recipe for population in filled), "paper"):
        columns += [Column(f"{name}: accuracy", "percent"), Column(f"{name}: median loss", "loss", "nats")]
    return Table(
        name=f"table1-{group}-recipes",
        title=f"Interventions by recipe, {group}",
        columns=tuple(columns),
        rows=tuple(rows),
        notes=(
            "; ".join(f"{population.recipe}: {population.runs}" for population in filled),
            f"In own units {UNIT:g} of the network's scale takes the place of 1: the root mean square over live "
            "neurons of the standard deviation of a pre-activation, in the last row (median over runs). The paper's "
            "noise is absolute and stands beside both.",
            "An exchange of embeddings takes runs whose embeddings are kept.",
        ),
        source="Table 1" if theirs else "",
    )


def out_columns_by_recipe(group: str, populations: Sequence[Population]) -> Table:
    """Table 3 for each recipe: mean over runs of the mean and of the standard deviation of each bin.

    Args:
        group: name of the group.
        populations: of that group; empty ones are left out.

    Returns:
        The table. The paper's first bin is `same-labels`, as far as its numbers tell, not `same-coset`.
    """
    filled = [population for population in populations if population.members]
    theirs = paper.TABLE_3 if group == "S5" else {}
    theirs |= {"same-labels": theirs["same-coset"]} if theirs else {}
    rows: list[tuple[Cell, ...]] = []
    for id, name in BINS.items():
        row: list[Cell] = [name]
        for population in filled:
            bins = [b for run in population.measures if (b := run.out_bins[id]).mean is not None and b.sd is not None]
            row += [
                mean_over_runs([b.mean or 0.0 for b in bins]).value,
                mean_over_runs([b.sd or 0.0 for b in bins]).value,
            ]
        rows.append((*row, *theirs.get(id, (None, None))))
    columns = [Column("pairs of neurons")]
    for name in (*(population.recipe for population in filled), "paper"):
        columns += [Column(f"{name}: mean", "number"), Column(f"{name}: sd", "number")]
    return Table(
        name=f"table3-{group}-recipes",
        title=f"Correlation of two out columns by recipe, {group}",
        columns=tuple(columns),
        rows=tuple(rows),
        notes=(
            "; ".join(f"{population.recipe}: {population.runs}" for population in filled),
            "Two neurons with the same H and K need not share a coset: of A5 in S5 there are two cosets, on which the "
            "columns are opposite. The paper's first bin is held against both.",
        ),
        source="Table 3" if theirs else "",
    )


def _absolute(run: RunMeasures, id: str) -> tuple[float, float] | None:
    scores = run.interventions.get(id)
    return (scores.accuracy, scores.loss) if scores is not None else None


def _scores(population: Population, read: Callable[[RunMeasures], tuple[float, float] | None]) -> list[Cell]:
    """Mean accuracy and median loss of an intervention, or nothing where no run has it."""
    found = [scores for run in population.measures if (scores := read(run)) is not None]
    if not found:
        return [None, None]
    return [float(np.mean([scores[0] for scores in found])), float(np.median([scores[1] for scores in found]))]
