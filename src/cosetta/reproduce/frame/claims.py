"""Claims as rows: the paper's number, what is measured, the rule fixed in advance, and how a verdict is reached.

A row is asked of every population of its paper. One population decides, the first in the paper's order of preference
that can: for a claim about training that is the paper's own recipe. The others stand beside it by the same rule, so a
difference that another recipe does not have is the recipe's, and one that every recipe has is not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar, final

from cosetta.reproduce.frame.results import Claim, Finding
from cosetta.reproduce.frame.rules import Measured, Rule
from cosetta.reproduce.frame.spread import TOO_FEW

__all__ = ["ClaimRow", "decide", "with_causes"]

Subject = TypeVar("Subject")


@final
@dataclass(frozen=True)
class ClaimRow(Generic[Subject]):
    """One claim, before anything is measured.

    Args:
        id: stable name, unique in its paper.
        section: where the source says it.
        statement: the claim, in our words.
        paper: the source's number, in words.
        measure: what is measured of a population.
        rule: what makes it agree, fixed in advance.
        source: who makes the claim if it is not the paper.
        twin: id of a row that measures the same in the way that the paper seems to have measured it; if it agrees where
            this one differs, the measure is the cause.
        cause: what else is known to make the difference, with what shows it; used when nothing above it does.
        only: populations that may decide, where the claim is about a way to train; empty if any may.
    """

    id: str
    section: str
    statement: str
    paper: str
    measure: Callable[[Subject], Measured]
    rule: Rule
    source: str = ""
    twin: str = ""
    cause: Callable[[Subject], str] | None = None
    only: tuple[str, ...] = ()


def decide(rows: Sequence[ClaimRow[Subject]], populations: Mapping[str, Subject]) -> tuple[Claim, ...]:
    """Every row asked of every population.

    Args:
        rows: of one paper and group; ids are unique.
        populations: by name, the one that is to decide first.

    Returns:
        A claim a row; without any population every claim says that nothing was measured.
    """
    claims = [_decided(row, populations) for row in rows]
    return with_causes(claims, {row.id: row.twin for row in rows if row.twin})


def _decided(row: ClaimRow[Subject], populations: Mapping[str, Subject]) -> Claim:
    """One row asked of every population."""
    asked = {name: row.measure(subject) for name, subject in populations.items()}
    found = [
        Finding(name, measured.ours, *row.rule.decide(measured), row.rule.is_near(measured))
        for name, measured in asked.items()
        if _is_there(measured)
    ]
    may = [finding for finding in found if not row.only or finding.population in row.only]
    chosen = next((finding for finding in may if finding.verdict != "cannot be checked"), (may or [None])[0])
    if chosen is None:
        wanted = f" of {' or '.join(row.only)}, which the claim is about" if row.only else ""
        chosen = Finding("", "", "cannot be checked", f"{TOO_FEW}: 0 runs{wanted}; {row.rule.words()}")
    cause = ""
    if chosen.verdict == "differs" and row.cause is not None:
        cause = row.cause(populations[chosen.population])
    return Claim(
        section=row.section,
        statement=row.statement,
        paper=row.paper,
        ours=chosen.ours,
        verdict=chosen.verdict,
        why=chosen.why,
        source=row.source,
        id=row.id,
        decided_on=chosen.population,
        others=tuple(finding for finding in found if finding is not chosen),
        cause=cause,
    )


def with_causes(claims: Sequence[Claim], twins: Mapping[str, str]) -> tuple[Claim, ...]:
    """The claims with the cause of each difference, as far as the other populations and twins show it.

    Args:
        claims: decided claims.
        twins: id of the row that measures as the paper seems to have, by id.

    Returns:
        The claims; a difference that nothing shown here accounts for says so.
    """
    by_id = {claim.id: claim for claim in claims}
    return tuple(replace(claim, cause=_cause(claim, by_id.get(twins.get(claim.id, "")))) for claim in claims)


def _is_there(measured: Measured) -> bool:
    """Whether anything was measured, or a reason says why it was not."""
    return bool(measured.open_because) or any(mean.n for mean in measured.means)


def _cause(claim: Claim, twin: Claim | None) -> str:
    """Why a claim differs, or why a population beside it does."""
    agree = [finding.population for finding in claim.others if finding.verdict == "agrees"]
    differ = [finding.population for finding in claim.others if finding.verdict == "differs"]
    if claim.verdict == "agrees" and differ:
        return f"recipe, for {' and '.join(differ)}: by the same rule {claim.decided_on} agrees"
    if claim.verdict != "differs":
        return ""
    if twin is not None and twin.verdict == "agrees":
        return f"measure: {twin.statement.partition(': ')[2] or twin.statement}: {twin.ours}"
    if claim.cause:
        return claim.cause
    if agree:
        return f"recipe: {' and '.join(agree)} agrees by the same rule"
    if differ:
        return f"not the recipe, since {' and '.join(differ)} differs as well; size, measure or paper is not decided"
    return "not decided: no other population can be asked"
