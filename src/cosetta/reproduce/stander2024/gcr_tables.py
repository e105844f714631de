"""The competing account beside the paper's: what irreps explain, which are key, and when they became so.

Chughtai et al. hold that the network computes tr(rho(a) rho(b) rho(z^-1)). Their measures are given for our runs beside
their numbers. An irrep is key when the cosine of its character with the centred logits is above `KEY_SIMILARITY`.
"""

from collections import Counter

import numpy as np

from cosetta.measures.gcr import KEY_SIMILARITY
from cosetta.population import acquired
from cosetta.reproduce.frame.results import Cell, Column, Table
from cosetta.reproduce.frame.spread import mean_over_runs
from cosetta.reproduce.stander2024 import paper
from cosetta.reproduce.stander2024.populations import Member, Population
from cosetta.reproduce.stander2024.tables import sample_notes

__all__ = ["gcr_table", "key_count_table", "key_irreps_table"]

MEASURES: dict[str, str] = {
    "left": "W_a in the key irreps",
    "right": "W_b in the key irreps",
    "out": "W_U in the key irreps",
    "hidden": "activations explained by rho(a), rho(b), rho(ab)",
    "product": "activations explained by rho(ab) alone",
    "test": "test loss",
    "restricted": "restricted loss: only rho(ab) of the key irreps kept",
    "excluded": "excluded loss: rho(ab) of the key irreps removed",
}
"""The rows, in their notation."""

_LOSSES = ("test", "restricted", "excluded")


def gcr_table(population: Population) -> Table:
    """What the key irreps explain, and the losses with them alone or without them.

    Args:
        population: the runs.

    Returns:
        The table: shares in percent, losses in nats, as text, since the two have different formats.
    """
    four, fifty = (
        paper.GCR_TABLE_3.get(population.group.name, {}),
        paper.GCR_MEANS if population.group.name == "S5" else {},
    )
    rows: list[tuple[Cell, ...]] = []
    for kind, label in MEASURES.items():
        mean = mean_over_runs([_value(member, kind) for member in population.members])
        cells = (mean.value, mean.low, mean.high, four.get(kind), fifty.get(kind))
        rows.append((label, *(_said(kind, cell) for cell in cells)))
    rows += _by_irrep(population)
    names = ("ours, mean", "low", "high", "Chughtai et al., 4 runs", "Chughtai et al., 50 runs")
    return Table(
        name=f"gcr-{population.group.name}-{population.recipe}",
        title=f"What irreps explain, {population.name}",
        columns=(Column("measure"), *(Column(name) for name in names)),
        rows=tuple(rows),
        notes=(
            "Activations are centred first; weights are not, as in their code.",
            "A coset neuron lies in few irreps, so high shares of W_a and W_b do not tell the two accounts apart; what "
            "rho(ab) explains of the activations does, and it is small.",
            *sample_notes(population),
        ),
    )


def key_irreps_table(population: Population) -> Table:
    """Key irreps: in how many runs, and in what order the training acquired them.

    Args:
        population: the runs.

    Returns:
        The table, one row an irrep; steps are the checkpoint from which the cosine stays at half of its final value.
    """
    steps: dict[str, list[int]] = {}
    ranks: dict[str, list[int]] = {}
    for _, trajectory in population.formed:
        of_run = acquired(trajectory, "irreps")
        ordered = sorted(set(of_run.values()))
        for name, step in of_run.items():
            steps.setdefault(name, []).append(step)
            ranks.setdefault(name, []).append(ordered.index(step) + 1)
    names = list(dict.fromkeys(name for run in population.measures for name in run.gcr.trace_similarity))
    rows: list[tuple[Cell, ...]] = []
    for name in names:
        key = sum(name in run.gcr.key for run in population.measures)
        similarity = mean_over_runs([run.gcr.trace_similarity[name] for run in population.measures])
        theirs = _their_count(population.group.name, name)
        rank, step = (_median(table.get(name)) for table in (ranks, steps))
        rows.append((name, key, key / max(1, len(population.members)), similarity.value, rank, step, theirs))
    return Table(
        name=f"key-irreps-{population.group.name}-{population.recipe}",
        title=f"Key irreps and their order of acquisition, {population.name}",
        columns=(
            Column("irrep"),
            Column("key in", "count", "runs"),
            Column("share of runs", "percent"),
            Column("cosine with the logits, mean", "number"),
            Column("median place", "number", "1 is first"),
            Column("median step", "count", "steps"),
            Column("Chughtai et al., key in", "text", "of 50 runs"),
        ),
        rows=tuple(rows),
        notes=(
            f"Key: cosine above {KEY_SIMILARITY}. Acquired: the first checkpoint from which the cosine stays at half "
            "of its final value or more; every irrep passes the bound alone in the first dozens of steps.",
            "Chughtai et al. do not say which of the two 5-dimensional irreps is key in 18 runs and which in 10.",
            *sample_notes(population),
        ),
    )


def key_count_table(population: Population) -> Table:
    """How many irreps are key in a run.

    Args:
        population: the runs.

    Returns:
        The table, beside the counts of Chughtai et al. for S5.
    """
    counts = Counter(len(run.gcr.key) for run in population.measures)
    theirs = paper.GCR_KEY_COUNT if population.group.name == "S5" else {}
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (n, counts[n], counts[n] / max(1, len(population.members)), theirs.get(n, 0 if theirs else None))
        for n in sorted({*counts, *theirs})
    )
    return Table(
        name=f"key-count-{population.group.name}-{population.recipe}",
        title=f"Number of key irreps of a run, {population.name}",
        columns=(
            Column("key irreps", "count"),
            Column("runs", "count"),
            Column("share", "percent"),
            Column("Chughtai et al.", "count", "of 50 runs"),
        ),
        rows=rows,
        notes=sample_notes(population),
    )


def _by_irrep(population: Population) -> list[tuple[Cell, ...]]:
    """Restricted and excluded loss of each irrep alone."""
    rows: list[tuple[Cell, ...]] = []
    for kind in ("restricted", "excluded"):
        for name in population.measures[0].gcr.trace_similarity if population.members else ():
            mean = mean_over_runs([getattr(run.gcr, kind)[name] for run in population.measures])
            cells = (mean.value, mean.low, mean.high, None, None)
            rows.append((f"{kind} loss of {name} alone", *(_said(kind, cell) for cell in cells)))
    return rows


def _value(member: Member, kind: str) -> float:
    return member.measures.test_loss if kind == "test" else member.measures.gcr.total[kind]


def _said(kind: str, value: float | None) -> str | None:
    if value is None:
        return None
    return f"{value:.3g}" if kind in _LOSSES else f"{value:.2%}"


def _their_count(group: str, name: str) -> str | None:
    if group != "S5":
        return None
    if name in ("(3,2)", "(2,2,1)"):
        return "18 and 10"
    return str(paper.GCR_KEY_IRREPS.get(name, 0))


def _median(values: list[int] | None) -> float | None:
    return float(np.median(values)) if values else None
