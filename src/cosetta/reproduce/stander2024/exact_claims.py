"""The paper's claims that are algebra, which exact computation decides, and those that cannot be checked here."""

from collections.abc import Sequence

from cosetta.groups import named_group
from cosetta.reproduce.stander2024 import paper
from cosetta.reproduce.stander2024.arguments import counting_is_characters
from cosetta.reproduce.stander2024.counts import double_coset_counts
from cosetta.reproduce.stander2024.results import Claim, Table

__all__ = ["exact_claims", "unchecked_claims"]

OBSERVED: dict[str, tuple[str, ...]] = {"S5": ("S3xS2", "A4"), "S6": ("A5",)}
"""Classes that the paper observes in networks and its proof does not cover."""


def exact_claims(groups: Sequence[str], counts: Table, indicators: Table | None) -> tuple[Claim, ...]:
    """Claims about subgroups, irreps, the proof and the bridge from counting to characters.

    Args:
        groups: names of the groups that are reproduced.
        counts: Table 4.
        indicators: Table 5 for S5; None if S5 is not reproduced.

    Returns:
        The claims; all are exact, so none needs runs.
    """
    claims = [_lists(counts, name) for name in groups if name in paper.LIST_GAPS]
    claims += _indicators(indicators) if indicators is not None else []
    for name in groups:
        if name in paper.TWO_DOUBLE_COSETS:
            claims += _proof(name)
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
        ),
        Claim(
            "Wu et al. 2024",
            "accuracy of S5 networks that is proven from the coset account",
            f"mean {wu['mean']:.3f}; at least 95% for {wu['at least 0.95']:.0%} of {wu['runs']:.0f} networks, 0 for "
            f"{wu['exactly 0']:.0%}",
            "not measured",
            "cannot be checked",
            "no bound is computed in this reproduction",
        ),
    )


def _lists(counts: Table, group: str) -> Claim:
    missing, number = paper.LIST_GAPS[group]
    row = next(row for row in counts.rows if row[0] == group)
    return Claim(
        "Table 4 and published code",
        f"the list of subgroups of {group} that C_H is minimised over is complete",
        f"{int(str(row[2])) - number:,} subgroups",
        f"{row[2]:,} subgroups in {row[3]} classes",
        "differs",
        f"exact; the list lacks {number} {missing}. They are small, so labels by larger subgroups are not affected",
    )


def _indicators(table: Table) -> list[Claim]:
    """One claim for the rows that are printed right, one for each that is not."""
    right = [row for row in table.rows if row[-1] == "same"]
    claims = [
        Claim(
            "Table 5",
            "irreps in the indicators of the subgroups of S5",
            f"{len(table.rows)} rows",
            f"{len(right)} rows are equal to one decimal",
            "agrees",
            "exact: d m / ([G:H] - 1); the rows below are the others",
        )
    ]
    for row in table.rows:
        if row[-1] != "same":
            claims.append(
                Claim(
                    "Table 5",
                    f"irreps in the indicator of {row[0]} in S5",
                    str(row[-1]),
                    ", ".join(
                        f"{column.name} {share:.1%}"
                        for column, share in zip(table.columns[4:-1], row[4:-1], strict=True)
                        if isinstance(share, float) and share
                    ),
                    "differs",
                    "exact; the row is misprinted",
                )
            )
    return claims


def _proof(group: str) -> list[Claim]:
    counts = double_coset_counts(named_group(group))
    two = {name for name, n in counts.items() if n == 2}
    claimed = set(paper.TWO_DOUBLE_COSETS[group])
    outside = ", ".join(f"{name} ({counts[name]})" for name in OBSERVED[group])
    return [
        Claim(
            "Proof",
            f"the subgroups of {group} with exactly two double cosets HgH, which the proof needs",
            ", ".join(sorted(claimed)),
            ", ".join(sorted(two)),
            "agrees" if two == claimed else "differs",
            "exact, over all classes of proper nontrivial subgroups",
        ),
        Claim(
            "Proof",
            f"the proof covers the coset neurons that are observed in {group}",
            "proof for two double cosets",
            f"observed with more: {outside}",
            "differs",
            "exact; the neurons are real, but the proof does not cover them",
        ),
    ]


def _bridge(group: str) -> Claim:
    found = counting_is_characters(named_group(group))
    return Claim(
        "Comparison with GCR",
        f"{found.name} in {group}",
        found.statement,
        found.measured,
        "agrees" if found.verdict == "holds" else "differs",
        f"control: {found.control}. Does it tell cosets from irreps? {found.decides}",
    )
