"""Their tables on every released network at hand: Table 3, the key irreps, and how far the released figures agree."""

from collections.abc import Mapping, Sequence

import numpy as np

from cosetta.reproduce.chughtai2023 import paper
from cosetta.reproduce.chughtai2023.agreement import ENOUGH, FAMILIES, Compared, family_of, is_compared
from cosetta.reproduce.chughtai2023.subjects import Subject
from cosetta.reproduce.frame.results import Cell, Column, Table

__all__ = ["agreement_facts", "key_sets", "losses_table", "networks_table", "table3"]


def table3(compared: Sequence[Compared]) -> Table:
    """Table 3: each released MLP, the mean of a group's seeds, and what the paper prints.

    Args:
        compared: their runs.

    Returns:
        The table; the mean of a group has the paper's four seeds or is marked by how many there are.
    """
    rows: list[tuple[Cell, ...]] = []
    for group, printed in paper.TABLE_3.items():
        runs = [run for run in compared if run.group == group and run.architecture == "MLP" and run.generalises]
        for run in runs:
            rows.append((run.run, *(run.ours.get(name) for _, name, _ in paper.COLUMNS.values())))
        if len(runs) > 1:
            rows.append((f"mean of {len(runs)} seeds of {group}", *_means(runs)))
        rows.append((f"the paper, mean of {paper.SEEDS} seeds of {group}", *printed.values()))
    columns = [Column("network")]
    for what, _, form in paper.COLUMNS.values():
        columns.append(Column(what, "percent") if form == "{:.2%}" else Column(what, "loss", "nats"))
    return Table(
        name="table3",
        title="What the key irreps explain, and the losses with them alone or without them",
        columns=tuple(columns),
        rows=tuple(rows),
        notes=("D118 is the dihedral group of order 118, D59 of the paper.",),
        source="Table 3",
    )


def _means(runs: Sequence[Compared]) -> list[Cell]:
    return [float(np.mean([run.ours[name] for run in runs])) for _, name, _ in paper.COLUMNS.values()]


def networks_table(compared: Sequence[Compared]) -> Table:
    """The released networks: what they are, whether they generalise, their key irreps as listed and as found.

    Args:
        compared: their runs.

    Returns:
        The table.
    """
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            run.run,
            run.group,
            run.architecture,
            run.width,
            run.theirs.get("test_acc"),
            run.ours.get("test_acc"),
            " ".join(run.listed) if run.listed is not None else None,
            _found(run),
        )
        for run in compared
    )
    return Table(
        name="networks",
        title="The released networks",
        columns=(
            Column("network"),
            Column("group"),
            Column("architecture"),
            Column("neurons", "count"),
            Column("test accuracy, released", "percent"),
            Column("test accuracy, measured", "percent"),
            Column("key irreps, released"),
            Column("key irreps, found"),
        ),
        rows=rows,
        notes=("`freq_k` is the irrep of a cyclic or dihedral group with character 2 cos(2 pi k / n) at a generator.",),
    )


def _found(run: Compared) -> str:
    if run.obstacle:
        return f"not measured: {run.obstacle}"
    return "the same" if run.listed is not None and set(run.listed) == set(run.key) else " ".join(run.key)


def agreement_facts(compared: Sequence[Compared]) -> Table:
    """How many released figures follow from the weights, by family of measures and run.

    Args:
        compared: their runs.

    Returns:
        The table: `24/26 (6)` says that 24 of 26 figures agree to 5 digits, and the median to 6.
    """
    rows: list[tuple[Cell, ...]] = []
    for run in compared:
        cells: list[Cell] = []
        for family in FAMILIES:
            digits = [row.digits for row in run.rows if family_of(row.measure) == family and is_compared(row)]
            if family == "key irreps":
                cells.append(None if not digits else "same" if digits[0] else "differ")
            elif not digits:
                cells.append(None)
            else:
                near = sum(value >= ENOUGH for value in digits)
                cells.append(f"{near}/{len(digits)} ({int(np.median(digits))})")
        rows.append((run.run, *cells))
    return Table(
        name="figures",
        title="Released figures, computed again from the weights",
        columns=(Column("network"), *(Column(family) for family in FAMILIES)),
        rows=tuple(rows),
        notes=(
            f"`24/26 (6)`: 24 of 26 figures agree to {ENOUGH} significant digits or more, the median to 6; single "
            "precision holds seven. Shares and cosines below 0.001 are rounding noise and left out.",
            "Transformers are folded by measurement, so their losses keep 2 to 4 digits. Their restricted and excluded "
            "losses agree when the path around the neurons and the output bias are left out, and not with them.",
        ),
    )


def losses_table(subjects: Mapping[str, Subject]) -> Table:
    """Test, restricted and excluded loss of each released network, beside ln |G|.

    Args:
        subjects: populations by name; of large ones the table has quartiles.

    Returns:
        The table.
    """
    rows: list[tuple[Cell, ...]] = []
    for name, subject in subjects.items():
        if len(subject.runs) <= MANY:
            chosen = [(run.name, run) for run in subject.runs]
        else:
            by_loss = sorted(subject.runs, key=lambda run: run.test_loss or 0.0)
            chosen = [
                (f"{name}, test loss at the {what} of {len(by_loss)}", by_loss[int(place * (len(by_loss) - 1))])
                for what, place in (("minimum", 0.0), ("median", 0.5), ("maximum", 1.0))
            ]
        for label, run in chosen:
            rows.append((label, run.group, run.test_loss, run.restricted, run.excluded, float(np.log(run.order))))
    return Table(
        name="losses",
        title="Ablations of the key irreps",
        columns=(
            Column("network"),
            Column("group"),
            *(Column(name, "loss", "nats") for name in ("test", "restricted", "excluded", "guessing, ln |G|")),
        ),
        rows=tuple(rows),
        notes=(
            "Restricted: only rho(ab) of the key irreps kept in the activations. Excluded: only that removed.",
            "Coset neurons predict the same, since cosets of the product are functions of the product.",
        ),
    )


MANY = 20
"""Populations up to this are listed network by network."""


def key_sets(subjects: Mapping[str, Subject]) -> Table:
    """Which sets of key irreps S5 networks have, by population and architecture.

    Args:
        subjects: populations by name.

    Returns:
        The table, most frequent first; strong universality would be one row a population.
    """
    rows: list[tuple[Cell, ...]] = []
    for name, subject in subjects.items():
        kinds = dict.fromkeys(run.architecture for run in subject.of("S5"))
        for kind in kinds:
            runs = [run for run in subject.of("S5") if run.architecture == kind]
            sets: dict[tuple[str, ...], int] = {}
            for run in runs:
                key = tuple(sorted(run.key))
                sets[key] = sets.get(key, 0) + 1
            for key, n in sorted(sets.items(), key=lambda item: (-item[1], item[0])):
                rows.append((name, kind, " ".join(key) or "none", n, n / len(runs)))
    return Table(
        name="key-sets",
        title="Sets of key irreps of S5 networks",
        columns=(
            Column("population"),
            Column("architecture"),
            Column("key irreps"),
            Column("networks", "count"),
            Column("share", "percent"),
        ),
        rows=tuple(rows),
        notes=("sign is (1^5), standard (4,1), standard_sign (2,1^3), s5_5d_a (2,2,1), s5_5d_b (3,2), s5_6d (3,1,1).",),
    )
