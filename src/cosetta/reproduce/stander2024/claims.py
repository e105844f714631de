"""Every claim of the paper about one group, asked of every population of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cosetta.reproduce.frame.claims import ClaimRow, decide
from cosetta.reproduce.frame.folded_runs import FOREIGN
from cosetta.reproduce.frame.results import Claim
from cosetta.reproduce.stander2024.controls import RandomControl
from cosetta.reproduce.stander2024.gcr_rows import argument_rows, gcr_rows
from cosetta.reproduce.stander2024.neuron_rows import neuron_rows
from cosetta.reproduce.stander2024.output_rows import output_rows
from cosetta.reproduce.stander2024.populations import Population
from cosetta.reproduce.stander2024.training_rows import OWN_RECIPE, training_rows

__all__ = ["PREFERENCE", "claim_rows", "group_claims"]

PREFERENCE = ("stander2024", "fast", "wu2024", FOREIGN)
"""Which population decides a claim: the paper's own recipe, then ours, then those of others."""


def claim_rows(group: str, control: RandomControl) -> tuple[ClaimRow[Population], ...]:
    """The claims about one group, before anything is measured.

    Args:
        group: S5 or S6, of which the paper makes claims.
        control: fresh networks of the group.

    Returns:
        The rows, their ids and statements with the group in front.
    """
    rows = [*neuron_rows(group, control)]
    rows += [*output_rows(), *training_rows()] if group == "S5" else []
    rows += [*gcr_rows(group), *argument_rows()]
    return tuple(
        replace(
            row,
            id=f"{group}-{row.id}",
            statement=f"{group}: {row.statement}",
            twin=f"{group}-{row.twin}" if row.twin else "",
        )
        for row in rows
    )


def group_claims(group: str, populations: Sequence[Population], control: RandomControl) -> tuple[Claim, ...]:
    """The claims about one group, decided.

    Args:
        group: S5 or S6.
        populations: of that group; empty ones are passed over.
        control: fresh networks of the group.

    Returns:
        The claims; each says which population decides it and what the others say.
    """
    by_recipe: Mapping[str, Population] = {p.recipe: p for p in populations if p.members}
    names = [name for name in PREFERENCE if name in by_recipe]
    names += [name for name in by_recipe if name not in names]
    return _full_length(decide(claim_rows(group, control), {name: by_recipe[name] for name in names}))


def _full_length(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Name length where the foreign networks, which are trained to the paper's last step, are as the paper says.

    Four are too few for a verdict: it is said of differences that nothing else accounts for, and with their number.

    Returns:
        The claims.
    """
    said = []
    for claim in claims:
        other = next((f for f in claim.others if f.population == FOREIGN and f.near), None)
        unknown = claim.cause.startswith(("not the recipe", "not decided"))
        if claim.verdict == "differs" and claim.decided_on in OWN_RECIPE and unknown and other is not None:
            cause = f"size, the length of training, as far as so few can show it: {FOREIGN} networks, trained by nearly"
            claim = replace(claim, cause=f"{cause} the paper's settings for 250,000 steps, have {other.ours}")
        said.append(claim)
    return tuple(said)
