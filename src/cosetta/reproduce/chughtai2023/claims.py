"""Their claims as rows: Table 3 to the printed digit, the released figures, universality weak and strong, and order.

The abstract: networks consistently learn the algorithm, and for a given network the precise circuits, as well as the
order in which they develop, are arbitrary. *Weak universality* is the first half: the key irreps are what a network
computes with. *Strong universality* is what the second half denies. Coset neurons predict the first half too, so
agreeing with it does not tell irreps from cosets (`cosetta reproduce stander2024`).
"""

from collections import Counter
from functools import partial
from itertools import combinations

import numpy as np

from cosetta.report.notation import plural
from cosetta.reproduce.chughtai2023 import paper
from cosetta.reproduce.chughtai2023.agreement import ENOUGH, MEASURED_ENOUGH, Agreement, is_compared
from cosetta.reproduce.chughtai2023.subjects import KeyRun, Subject
from cosetta.reproduce.frame.claims import ClaimRow
from cosetta.reproduce.frame.rules import Every, Exact, Exists, Measured, Near, plain
from cosetta.reproduce.frame.spread import mean_over_runs

__all__ = ["RELEASED", "claim_rows"]

RELEASED = "released"
"""Name of the population that they released."""

OFTEN = 2
"""An order of two irreps counts when this many runs have it: one may be an accident of a checkpoint."""

WIDTH = 128
"""Neurons of the MLPs of Table 3."""

Row = ClaimRow[Subject]


def claim_rows() -> tuple[Row, ...]:
    """Every claim, before anything is measured.

    Returns:
        The rows.
    """
    rows = [_table_row(group, column) for group in paper.TABLE_3 for column in paper.COLUMNS]
    rows += [_figures_row(kind) for kind in ("MLP", "transformer")]
    rows += [
        Row(
            "key-lists",
            "Released files",
            "the key irreps that a run lists are those whose character has a cosine above 0.005 with its logits",
            "all runs",
            _key_lists,
            Every(),
            cause=_wrong_basis,
            only=(RELEASED,),
        ),
        *_weak(),
        *_strong(),
    ]
    return (*rows, *_counts())


def _table_row(group: str, column: str) -> Row:
    what, _, form = paper.COLUMNS[column]
    printed = paper.TABLE_3[group][column]
    return Row(
        f"table3-{group}-{column}",
        "Table 3",
        f"{group}: {what}, mean of {paper.SEEDS} MLP seeds",
        form.format(printed),
        partial(_table_cell, group, column),
        Exact(printed, _half_digit(form.format(printed)), "to the printed digit"),
        only=(RELEASED,),
    )


def _half_digit(printed: str) -> float:
    """Half a unit of the last printed digit, with a little room for the rounding of single precision."""
    number, scale = printed.rstrip("%"), 0.01 if printed.endswith("%") else 1.0
    mantissa, _, exponent = number.partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 0.51 * scale * 10.0 ** (int(exponent or 0) - decimals)


def _table_cell(group: str, column: str, subject: Subject) -> Measured:
    """The mean over the seeds of one group; open unless all four are at hand."""
    _, name, form = paper.COLUMNS[column]
    runs = [run for run in subject.compared if (run.group, run.architecture, run.width) == (group, "MLP", WIDTH)]
    values = [run.ours[name] for run in runs if name in run.ours]
    mean = float(np.mean(values)) if values else None
    said = f"{form.format(mean)}, {plural(len(values), 'seed')}" if mean is not None else "not measured"
    few = 0 < len(values) < paper.SEEDS
    missing = f"{len(values)} of the {paper.SEEDS} seeds are at hand" if few else ""
    return Measured(said, (plain(mean, len(values)),), open_because=missing)


def _figures_row(kind: str) -> Row:
    digits = ENOUGH if kind == "MLP" else MEASURED_ENOUGH
    why = "single precision holds seven" if kind == "MLP" else "its folded form is measured, a loss near 1e-7 keeps two"
    return Row(
        f"figures-{kind}",
        "Released files",
        f"every figure that is released with {'an MLP' if kind == 'MLP' else 'a transformer'} follows from its "
        f"weights, to {digits} digits",
        "all figures of all runs",
        partial(_figures, kind, digits),
        Exact(1.0, 0.0, f"all of them, {why}"),
        cause=_wrong_basis,
        only=(RELEASED,),
    )


def _figures(kind: str, digits: int, subject: Subject) -> Measured:
    rows = [row for run in subject.compared if run.architecture == kind for row in run.rows if is_compared(row)]
    rows = [row for row in rows if "ratio" not in row.measure]
    near = sum(row.digits >= digits for row in rows)
    sound = [row for row in rows if not _touches_wrong_basis(row)]
    kept = sum(row.digits >= digits for row in sound)
    said = f"{near:,} of {len(rows):,} figures of {plural(len({row.run for row in rows}), 'run')}"
    note = f"of the {len(sound):,} that no wrong basis of theirs touches, {kept:,} agree"
    return Measured(said, (plain(near / len(rows) if rows else None, len(rows)),), (note,))


def _touches_wrong_basis(row: Agreement) -> bool:
    """Whether a figure uses their orthonormal bases for activations of C_n, or for the 3-dimensional irreps of A5."""
    if row.run.startswith("C113"):
        return "hidden" in row.measure or row.measure.startswith("total_")
    of_a5 = "a5_3d" in row.measure or "explained" in row.measure or row.measure.startswith("total_")
    return row.run.startswith("A5") and (of_a5 or row.measure == "key_reps")


def _wrong_basis(subject: Subject) -> str:
    """What in the released figures cannot follow from the weights."""
    rows = [row for run in subject.compared for row in run.rows if is_compared(row)]
    if not any(_touches_wrong_basis(row) for row in rows):
        return ""
    return (
        "paper: their bases do not span the isotypic parts, for activations of C113 (two of the four entries of a "
        "rotation are rounding noise) and for the two 3-dimensional irreps of A5 (their five shares of W_x sum to "
        "0.9857); docs/importers.md"
    )


def _key_lists(subject: Subject) -> Measured:
    runs = [run for run in subject.compared if run.listed is not None and not run.obstacle]
    same = [float(set(run.listed or ()) == set(run.key)) for run in runs]
    other = ", ".join(run.run for run, equal in zip(runs, same, strict=True) if not equal)
    mean = mean_over_runs(same)
    return Measured(f"{sum(same):.0f} of {plural(len(runs), 'run')}" + (f"; not {other}" if other else ""), (mean,))


def _weak() -> list[Row]:
    """Three tests of one sentence; the tests are ours, and a network of cosets passes them as well."""
    said = "networks consistently learn this algorithm"
    return [
        Row(
            "weak-restricted",
            "Abstract",
            "with rho(ab) of the key irreps alone a network is better than with the rest: its restricted loss is below "
            "its test loss",
            said,
            _restricted_is_lower,
            Every(),
            cause=_their_own_figures,
        ),
        Row(
            "weak-excluded",
            "Abstract",
            "without rho(ab) of the key irreps a network is worse than guessing: its excluded loss is above ln |G|",
            said,
            _excluded_is_higher,
            Every(),
        ),
        Row(
            "weak-family",
            "Abstract",
            "every S5 and S6 network has a faithful key irrep, one besides the sign",
            said,
            _has_key,
            Every(),
        ),
    ]


def _restricted_is_lower(subject: Subject) -> Measured:
    runs = [run for run in subject.runs if run.restricted is not None and run.test_loss is not None]
    lower = [float((run.restricted or 0.0) < (run.test_loss or 0.0)) for run in runs]
    return _all(lower, [run.name for run in runs])


def _excluded_is_higher(subject: Subject) -> Measured:
    runs = [run for run in subject.runs if run.excluded is not None]
    return _all([float((run.excluded or 0.0) > np.log(run.order)) for run in runs], [run.name for run in runs])


def _has_key(subject: Subject) -> Measured:
    """Of S_n: a key irrep that is neither trivial nor the sign, all of which are faithful from S5 on."""
    runs = [run for run in subject.runs if run.group in ("S5", "S6")]
    held = [float(any(name not in ("sign", "(1^5)", "(1^6)") for name in run.key)) for run in runs]
    return _all(held, [run.name for run in runs])


def _all(held: list[float], names: list[str]) -> Measured:
    other = [name for name, value in zip(names, held, strict=True) if not value]
    shown = f"; not {', '.join(other[:5])}{' and others' if len(other) > 5 else ''}" if other else ""
    return Measured(f"{sum(held):.0f} of {plural(len(held), 'network')}{shown}", (mean_over_runs(held),))


def _their_own_figures(subject: Subject) -> str:
    """The exceptions that their own released figures have as well."""
    names = ("total_hidden_restricted_loss", "test_loss")
    shown = [
        f"{run.run} {run.theirs[names[0]]:.2e} against {run.theirs[names[1]]:.2e}"
        for run in subject.compared
        if run.generalises and all(n in run.theirs for n in names) and run.theirs[names[0]] >= run.theirs[names[1]]
    ]
    return f"paper: its own released figures have {'; '.join(shown)}" if shown else ""


def _strong() -> list[Row]:
    return [
        Row(
            "strong-circuits",
            "Abstract",
            "networks of one architecture, group and recipe differ in their key irreps",
            "the precise circuits learned are arbitrary",
            _different_sets,
            Exists(2, "sets of key irreps among S5 networks of one kind"),
        ),
        Row(
            "strong-order",
            "Abstract",
            "two irreps that are key in several runs are acquired in either order",
            "the order they develop is arbitrary",
            _different_orders,
            Exists(2, "orders of one pair of irreps, each strictly so in two S5 runs or more"),
        ),
    ]


def _different_sets(subject: Subject) -> Measured:
    kinds = Counter(run.architecture for run in subject.of("S5"))
    kind = max(kinds, key=lambda name: kinds[name]) if kinds else ""
    sets = Counter(frozenset(run.key) for run in subject.of("S5") if run.architecture == kind)
    common = ", ".join(f"{'+'.join(sorted(names))} in {n}" for names, n in sets.most_common(3))
    said = f"{plural(len(sets), 'set')} in {plural(sum(sets.values()), 'network')} ({kind}): {common or 'none'}"
    return Measured(said, (plain(float(len(sets)), sum(sets.values())),))


def _different_orders(subject: Subject) -> Measured:
    """The pair of irreps whose orders are most mixed; a pair acquired by one checkpoint has no order."""
    runs = [dict(run.acquired) for run in subject.of("S5") if run.acquired]
    pairs = []
    for one, other in combinations(sorted({name for run in runs for name in run}), 2):
        steps = [(run[one], run[other]) for run in runs if one in run and other in run]
        first, second = sum(a < b for a, b in steps), sum(a > b for a, b in steps)
        pairs.append((min(first, second), first, second, len(steps) - first - second, one, other))
    if not pairs:
        return Measured("no run with checkpoints", (plain(None, 0),))
    _, first, second, ties, one, other = max(pairs)
    orders = (first >= OFTEN) + (second >= OFTEN)
    said = f"{one} before {other} in {first}, after it in {second}, by the same checkpoint in {ties}"
    return Measured(f"{said} of {plural(len(runs), 'run')}", (plain(float(orders), len(runs)),))


def _counts() -> list[Row]:
    """Counts over their 50 S5 networks, of which four are released: asked of networks trained here."""
    rows = []
    for ours, theirs, printed in (("(1^5)", "sign", 49), ("(4,1)", "standard", 49), ("(2,1^3)", "standard_sign", 17)):
        rows.append(
            Row(
                f"key-{theirs}",
                "Counts over 50 S5 networks",
                f"{ours} is a key irrep",
                f"{printed} of {paper.S5_RUNS} networks",
                partial(_is_key, (ours, theirs)),
                Near(printed / paper.S5_RUNS, 0.1, "{:.0%}"),
            )
        )
    expected = sum(n * runs for n, runs in paper.KEY_COUNT.items()) / paper.S5_RUNS
    rows.append(
        Row(
            "key-count",
            "Counts over 50 S5 networks",
            "mean number of key irreps",
            f"{expected:.2f}",
            _key_count,
            Near(expected, 0.5, "{:.2f}"),
        )
    )
    return rows


def _is_key(names: tuple[str, str], subject: Subject) -> Measured:
    mean = mean_over_runs([float(bool(set(names) & set(run.key))) for run in _wide(subject)])
    return Measured(mean.says("{:.0%}"), (mean,))


def _key_count(subject: Subject) -> Measured:
    mean = mean_over_runs([float(len(run.key)) for run in _wide(subject)])
    return Measured(mean.says("{:.2f}"), (mean,))


def _wide(subject: Subject) -> list[KeyRun]:
    """S5 MLPs of the width of their tables."""
    return [run for run in subject.of("S5") if run.architecture == f"MLP, {WIDTH} neurons"]
