"""Tables 1, 2, 3 and the shares of neurons by class (Figure 6 as numbers), from populations of runs.

Every table carries the paper's number beside ours where the paper has one, and its controls. Means are over runs; an
interval resamples runs and is missing, with a note, when n is too small.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from cosetta.reproduce.frame.results import Cell, Column, Table
from cosetta.reproduce.frame.spread import MIN_RUNS, TOO_FEW, mean_over_runs
from cosetta.reproduce.stander2024 import paper
from cosetta.reproduce.stander2024.controls import RandomControl, coset_free_control
from cosetta.reproduce.stander2024.measures import INTERVENTIONS
from cosetta.reproduce.stander2024.out_columns import BINS
from cosetta.reproduce.stander2024.populations import Population, mean_shares, pooled
from cosetta.training.config import TrainConfig
from cosetta.training.recipes import RECIPES

__all__ = ["coset_free_table", "hyperparameters", "interventions", "out_correlations", "sample_notes", "shares"]


def interventions(population: Population, control: RandomControl) -> Table:
    """Table 1: accuracy and loss under each intervention, with the paper's values and two controls.

    Args:
        population: the runs.
        control: fresh networks of the same size.

    Returns:
        The table. The paper has it for S5 only.
    """
    theirs = paper.TABLE_1 if population.group.name == "S5" else {}
    free = coset_free_control()
    ids = dict.fromkeys([*paper.TABLE_1, *(id for run in population.measures for id in run.interventions)])
    rows: list[tuple[Cell, ...]] = []
    for id in ids:
        scores = [run.interventions[id] for run in population.measures if id in run.interventions]
        losses = [score.loss for score in scores]
        ours = (_mean([score.accuracy for score in scores]), *_summary(losses))
        row: list[Cell] = [INTERVENTIONS[id], *ours]
        if theirs:
            p = theirs.get(id)
            row += [p.accuracy, p.printed, p.minimum, p.median, p.mean, p.maximum] if p else [None] * 6
        row += [free[id].accuracy, free[id].loss] if id in free else [None, None]
        fresh = control.interventions.get(id)
        rows.append((*row, *((fresh.accuracy, fresh.loss) if fresh else (None, None))))
    columns = [Column("intervention"), Column("accuracy", "percent"), *_losses("loss")]
    if theirs:
        columns += [Column("paper: accuracy", "percent"), Column("paper: printed", "loss", "nats"), *_losses("paper:")]
    for name in ("Z_53", "fresh network"):
        columns += [Column(f"{name}: accuracy", "percent"), Column(f"{name}: loss", "loss", "nats")]
    pairs = {score.pairs for run in population.measures for key, score in run.interventions.items() if key != "none"}
    notes = [
        "Accuracy is the mean over runs; minimum, median, mean and maximum of the loss are over runs.",
        *_FREE_NOTES,
        f"Fresh networks: mean of {control.networks}, the paper's initial values, untrained.",
        "`swap left and right` exchanges the two functions and computes ba: right on the commuting pairs. It is ours.",
    ]
    if theirs:
        notes.append("The loss that the paper prints as a mean is the minimum over its 128 runs.")
    if population.members:
        every = pairs == {population.group.order**2}
        notes.append("All pairs." if every else f"{min(pairs):,} random pairs a run; the untouched network, all pairs.")
    return Table(
        name=f"table1-{population.group.name}",
        title=f"Interventions on {population.runs} of {population.name}",
        columns=tuple(columns),
        rows=tuple(rows),
        notes=(*notes, *sample_notes(population)),
        source="Table 1" if theirs else "",
    )


def coset_free_table() -> Table:
    """The interventions on Z_53, whose only subgroups are trivial: this project's network and an earlier one.

    Returns:
        The table.
    """
    recorded = coset_free_control()
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            INTERVENTIONS[id],
            *((recorded[id].accuracy, recorded[id].loss) if id in recorded else (None, None)),
            *paper.Z_53.get(id, (None, None)),
        )
        for id in dict.fromkeys([*paper.Z_53, *recorded])
    )
    return Table(
        name="table1-Z_53",
        title="The interventions without cosets: Z_53",
        columns=(
            Column("intervention"),
            Column("accuracy", "percent"),
            Column("loss", "loss", "nats"),
            Column("earlier network: accuracy", "percent"),
            Column("earlier network: loss", "loss", "nats"),
        ),
        rows=rows,
        notes=(
            *_FREE_NOTES,
            "Z_53 is abelian, so exchanging left and right changes nothing there; those scores stand for `none`.",
        ),
    )


def hyperparameters(group: str, populations: Sequence[Population] = ()) -> Table:
    """Table 2: how the networks are trained, by recipe, from the recipes themselves.

    Args:
        group: name of the group.
        populations: runs that give the measured training times.

    Returns:
        The table; the recipe `stander2024` is the paper's.
    """
    configs = {name: recipe(group) for name, recipe in RECIPES.items()}
    seconds = {
        population.recipe: float(np.median([run.seconds for run in population.measures]))
        for population in populations
        if population.group.name == group and population.members
    }
    rows: list[tuple[Cell, ...]] = [
        (label, *(_setting(config, field) for config in configs.values())) for label, field in _SETTINGS
    ]
    theirs = paper.POPULATION.get(group)
    runs = {population.recipe: len(population.members) for population in populations if population.group.name == group}
    rows.append(("runs here", *(str(runs.get(name, 0)) for name in configs)))
    rows.append(("median seconds a run", *(f"{seconds[name]:.0f}" if name in seconds else None for name in configs)))
    notes = ("The columns are the recipes as they run here; `stander2024` follows the paper's text and code.",)
    if theirs:
        notes += (
            f"The paper: {theirs['runs']:.0f} runs of {theirs['steps']:,.0f} steps, {theirs['hours']:.0f} hours each "
            "on one RTX 2080; it says Adam and uses AdamW.",
        )
    return Table(
        name=f"table2-{group}",
        title=f"Training on {group}",
        columns=(Column("setting"), *(Column(name) for name in configs)),
        rows=tuple(rows),
        notes=notes,
        source="Table 2",
    )


def out_correlations(population: Population) -> Table:
    """Table 3: correlation of the out columns of two neurons by what they share, with two controls.

    Args:
        population: the runs.

    Returns:
        The table: all pairs of all runs taken together, and the mean over runs with its interval.
    """
    theirs = paper.TABLE_3 if population.group.name == "S5" else {}
    rows: list[tuple[Cell, ...]] = []
    for id, name in BINS.items():
        bins = [run.out_bins[id] for run in population.measures]
        together = pooled([(b.n, b.mean, b.sd) for b in bins if b.mean is not None and b.sd is not None])
        over_runs = mean_over_runs([b.mean for b in bins if b.mean is not None])
        n, mean, sd = together or (0, None, None)
        row: tuple[Cell, ...] = (name, n, mean, sd, over_runs.value, over_runs.low, over_runs.high)
        rows.append((*row, *theirs.get(id, (None, None))) if theirs else row)
    columns = [Column("pairs of neurons"), Column("n", "count")]
    columns += [Column(name, "number") for name in ("mean", "sd", "mean over runs", "low", "high")]
    columns += [Column("paper: mean", "number"), Column("paper: sd", "number")] if theirs else []
    return Table(
        name=f"table3-{population.group.name}",
        title=f"Correlation of two out columns, {population.name}",
        columns=tuple(columns),
        rows=tuple(rows),
        notes=(
            "Coset rows take covered neurons, `all live pairs` live ones. The paper takes the subgroup with the "
            "smallest C_H for all neurons, so its first bin also holds neurons with wrong labels.",
            "Controls: neurons of one dominant irrep, or of one subgroup H, with different shared cosets, and random "
            "normal vectors.",
            *sample_notes(population),
        ),
        source="Table 3" if theirs else "",
    )


def shares(population: Population) -> Table:
    """Figure 6 as numbers: share of neurons by class under the paper's rule and under ours.

    Args:
        population: the runs.

    Returns:
        The table, classes in the order of the paper's shares, then of ours.
    """
    argmin, largest = (mean_shares(population.measures, rule) for rule in ("argmin", "largest"))
    theirs: Mapping[str, float] = paper.SHARES.get(population.group.name, {})
    rows: list[tuple[Cell, ...]] = []
    for name in dict.fromkeys([*theirs, *argmin, *largest]):
        means = [table.get(name) for table in (argmin, largest)]
        ours = [cell for mean in means for cell in ((mean.value, mean.low, mean.high) if mean else (0.0, None, None))]
        rows.append((name, *ours, theirs.get(name)))
    headings = [f"{rule}{suffix}" for rule in ("argmin", "largest") for suffix in ("", ": low", ": high")]
    return Table(
        name=f"shares-{population.group.name}-{population.recipe}",
        title=f"Neurons by subgroup, {population.name}",
        columns=(Column("class"), *(Column(name, "percent") for name in headings), Column("paper", "percent")),
        rows=tuple(rows),
        notes=(
            "argmin: class with the smallest C_H, the paper's rule. largest: the largest subgroup under the threshold.",
            "Shares of all neurons, dead ones too; `none`: C_H is 1 or more for every subgroup, or no subgroup is "
            "under the threshold.",
            *_twisted_note(population),
            *sample_notes(population),
        ),
        source="Figure 6" if theirs else "",
    )


def _twisted_note(population: Population) -> tuple[str, ...]:
    """How many neurons of a class are constant on cosets of a larger subgroup up to a sign."""
    labels = [f.left for member in population.members for f in member.analysis.coset.neurons if f.left is not None]
    counts = Counter(label.subgroup for label in labels)
    twisted = Counter((label.subgroup, label.twisted) for label in labels if label.twisted)
    said = [f"{n} of {counts[H]} {H} neurons ({K})" for (H, K), n in sorted(twisted.items(), key=lambda item: -item[1])]
    if not said:
        return ()
    return (f"Constant on the cosets of a larger subgroup up to a sign, by the largest rule: {', '.join(said)}.",)


def sample_notes(population: Population) -> tuple[str, ...]:
    """What a reader must know about the number of runs.

    Args:
        population: the runs.

    Returns:
        A note that n is too small, or nothing.
    """
    if len(population.members) >= MIN_RUNS:
        return ()
    return (f"{TOO_FEW}: {population.runs}, and an interval takes {MIN_RUNS}.",)


_FREE_NOTES = (
    "Z_53 has no proper nontrivial subgroup, yet flipping both signs or taking |x| harms its network no more, and "
    "flipping one sign ruins it, as in S5: those rows do not speak for cosets. One network of ours (n = 1) and an "
    "earlier one; ours withstands N(1, 1), which the paper's S5 networks do not, so noise is not part of that pattern.",
)

_SETTINGS = (
    ("embedding length", "embed_dim"),
    ("neurons", "width"),
    ("share of pairs trained on", "train_fraction"),
    ("optimiser", "optimizer"),
    ("betas", "betas"),
    ("standard deviation of initial embeddings", "embed_std"),
    ("precision of the loss", "loss_precision"),
    ("phases", "phases"),
    ("batch sizes", "batch_size"),
    ("learning rates", "learning_rate"),
    ("weight decay", "weight_decay"),
    ("steps at most", "max_steps"),
)


def _setting(config: TrainConfig, field: str) -> str:
    """A setting in words; one that belongs to a phase, without repetitions in a row."""
    if field == "phases":
        return str(len(config.phases))
    if field in ("batch_size", "learning_rate", "weight_decay"):
        values = [getattr(phase, field) for phase in config.phases]
        said = ["full" if value is None else f"{value:g}" for value in values]
        return ", ".join(value for i, value in enumerate(said) if i == 0 or value != said[i - 1])
    value = getattr(config, field)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else f"{value}"


def _losses(prefix: str) -> list[Column]:
    return [Column(f"{prefix} {name}", "loss", "nats") for name in ("minimum", "median", "mean", "maximum")]


def _summary(values: Sequence[float]) -> tuple[Cell, ...]:
    """Minimum, median, mean and maximum, or nothing."""
    if not values:
        return (None,) * 4
    return min(values), float(np.median(values)), float(np.mean(values)), max(values)


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
