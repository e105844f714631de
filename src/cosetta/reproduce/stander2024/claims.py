"""Every claim of the paper about one group, asked of every population of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cosetta.reproduce.frame.claims import ClaimRow, decide
from cosetta.reproduce.frame.results import Claim
from cosetta.reproduce.stander2024.controls import RandomControl
from cosetta.reproduce.stander2024.gcr_rows import argument_rows, gcr_rows
from cosetta.reproduce.stander2024.neuron_rows import neuron_rows
from cosetta.reproduce.stander2024.output_rows import output_rows
from cosetta.reproduce.stander2024.populations import Population
from cosetta.reproduce.stander2024.training_rows import training_rows

__all__ = ["PREFERENCE", "claim_rows", "group_claims"]

PREFERENCE = ("stander2024", "fast", "wu2024", "foreign")
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
    return decide(claim_rows(group, control), {name: by_recipe[name] for name in names})
