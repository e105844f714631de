"""The paper's claims that are algebra, which exact computation decides, and those that cannot be checked here."""

from collections.abc import Sequence

from cosetta.groups import named_group
from cosetta.reproduce.frame.results import Cell, Claim, Column, Table
from cosetta.reproduce.stander2024 import paper
from cosetta.reproduce.stander2024.arguments import counting_is_characters
from cosetta.reproduce.stander2024.counts import double_coset_counts

__all__ = ["corrections_table", "exact_claims", "unchecked_claims"]

OBSERVED: dict[str, tuple[str, ...]] = {"S5": ("S3xS2", "A4"), "S6": ("A5",)}
"""Classes that the paper observes in networks and its proof does not cover."""


def exact_claims(groups: Sequence[str], indicators: Table | None) -> tuple[Claim, ...]:
    """Claims about subgroups, irreps, the proof and the bridge from counting to characters.

    Args:
        groups: names of the groups that are reproduced.
        indicators: Table 5 for S5; None if S5 is not reproduced.

    Returns:
        The claims; all are exact, so none needs runs.
    """
    claims = [_indicators(indicators)] if indicators is not None else []
    claims += [_proof(name) for name in groups if name in paper.TWO_DOUBLE_COSETS]
    return (*claims, *(_bridge(name) for name in groups))


def unchecked_claims() -> tuple[Claim, ...]:
    """Claims that this reproduction cannot check, with the reason.

    Returns:
        The claims.
    """
    wu, S5, S6 = paper.WU2024_BOUNDS, paper.POPULATION["S5"], paper.POPULATION["S6"]
    return (
        Claim(
            "Training cost",
            "a run takes 8 hours for S5 and 100 hours for S6",
            f"{S5['hours']:.0f} and {S6['hours']:.0f} hours on an RTX 2080",
            "see Table 2 for the time here",
            "cannot be checked",
            "other hardware, and the recipe that was run here in full is another one",
            id="hours",
        ),
        Claim(
            "Bounds",
            "accuracy of S5 networks that is proven from the coset account",
            f"mean {wu['mean']:.3f}; at least 95% for {wu['at least 0.95']:.0%} of {wu['runs']:.0f} networks, 0 for "
            f"{wu['exactly 0']:.0%}",
            "see `cosetta reproduce wu2024`",
            "cannot be checked",
            "no bound is computed in this reproduction",
            "Wu et al. 2024",
            id="bounds",
        ),
    )


def corrections_table(groups: Sequence[str], counts: Table, indicators: Table | None) -> Table:
    """What exact computation or the authors' own notebooks correct, and what the proof leaves out.

    These are no claims to agree with: they follow from the paper's numbers and algebra, whatever our networks do.

    Args:
        groups: names of the groups that are reproduced.
        counts: Table 4.
        indicators: Table 5 for S5; None if S5 is not reproduced.

    Returns:
        The table; empty when neither S5 nor S6 is reproduced.
    """
    rows: list[tuple[Cell, ...]] = []
    for group in groups:
        if group in paper.LIST_GAPS:
            missing, number = paper.LIST_GAPS[group]
            total = int(str(next(row for row in counts.rows if row[0] == group)[2]))
            effect = f"the list lacks {number} {missing}; they are small, so labels by larger subgroups stay"
            published = f"{total - number:,} in the published code"
            rows.append(
                ("Table 4", f"subgroups of {group} that C_H is minimised over", published, f"{total:,}", effect)
            )
            double = double_coset_counts(named_group(group))
            outside = ", ".join(f"{name} ({double[name]})" for name in OBSERVED[group])
            what = f"double cosets HgH of the subgroups that networks for {group} use"
            rows.append(("Proof", what, "exactly 2", f"more: {outside}", "the proof does not cover these neurons"))
    rows += _misprints(indicators) if indicators is not None else []
    if "S5" in groups:
        untouched = paper.TABLE_1["none"]
        least = f"minimum {untouched.minimum:.3g}, mean {untouched.mean:.3g} in the authors' notebooks"
        effect = "the printed means are minima over the 128 runs"
        rows.append(("Table 1", "mean loss of the untouched networks", f"{untouched.printed:.3g}", least, effect))
    names = ("where", "what", "printed", "exact", "effect")
    return Table(
        name="corrections",
        title="Corrections to the paper, and limits of its proof",
        columns=tuple(Column(name) for name in names),
        rows=tuple(rows),
        notes=("Not among the claims that are counted: these follow from algebra or the authors' own notebooks.",),
    )


def _misprints(table: Table) -> list[tuple[Cell, ...]]:
    return [
        (
            "Table 5",
            f"irreps in the indicator of {row[0]} in S5",
            row[-1],
            ", ".join(
                f"{column.name} {share:.1%}"
                for column, share in zip(table.columns[4:-1], row[4:-1], strict=True)
                if isinstance(share, float) and share
            ),
            "a misprint",
        )
        for row in table.rows
        if row[-1] != "same"
    ]


def _indicators(table: Table) -> Claim:
    right = sum(row[-1] == "same" for row in table.rows)
    wrong = len(table.rows) - right
    return Claim(
        "Table 5",
        "irreps in the indicators of the subgroups of S5",
        f"{len(table.rows)} rows",
        f"{right} rows are equal to one decimal",
        "agrees" if right == len(table.rows) else "differs",
        "exact: d m / ([G:H] - 1), all rows must be equal; the others are in the table of corrections",
        id="S5-table5",
        cause=f"paper: {wrong} rows are misprinted, by exact computation" if wrong else "",
    )


def _proof(group: str) -> Claim:
    counts = double_coset_counts(named_group(group))
    two = {name for name, n in counts.items() if n == 2}
    claimed = set(paper.TWO_DOUBLE_COSETS[group])
    return Claim(
        "Proof",
        f"the subgroups of {group} with exactly two double cosets HgH, which the proof needs",
        ", ".join(sorted(claimed)),
        ", ".join(sorted(two)),
        "agrees" if two == claimed else "differs",
        "exact, over all classes of proper nontrivial subgroups",
        id=f"{group}-two-double-cosets",
    )


def _bridge(group: str) -> Claim:
    found = counting_is_characters(named_group(group))
    return Claim(
        "Comparison with GCR",
        f"{found.name} in {group}",
        found.statement,
        found.measured,
        "agrees" if found.verdict == "holds" else "differs",
        f"control: {found.control}. Does it tell cosets from irreps? {found.decides}",
        id=f"{group}-counting-is-characters",
    )
