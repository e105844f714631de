"""What a reproduction says first: how many claims agree, differ, or cannot be checked, and on how many runs."""

from cosetta.report.notation import count, plural, typeset
from cosetta.reproduce.frame.results import Claim, Reproduction

__all__ = ["VERDICTS", "beside", "claims_sentence", "count_verdicts", "runs_sentence", "typeset_population"]

VERDICTS = {"agrees": "✓", "differs": "≠", "cannot be checked": "?"}
"""The verdicts, each with the sign that stands beside its word."""


def count_verdicts(reproduction: Reproduction, source: str = "") -> dict[str, int]:
    """Number of claims by verdict.

    Args:
        reproduction: the reproduction.
        source: whose claims are counted; empty for the paper's own.

    Returns:
        All three verdicts, also those without a claim.
    """
    found = [claim.verdict for claim in reproduction.claims if claim.source == source]
    return {verdict: found.count(verdict) for verdict in VERDICTS}


def claims_sentence(reproduction: Reproduction) -> str:
    """How the claims came out: first the paper's, then those of each other source.

    Args:
        reproduction: the reproduction.

    Returns:
        Plain text.

    Example:
        >>> claims_sentence(Reproduction({}, {}, (), (), ()))
        'No claim of the paper was compared.'
    """
    said = []
    for source in dict.fromkeys(["", *(claim.source for claim in reproduction.claims)]):
        found = count_verdicts(reproduction, source)
        if not (total := sum(found.values())):
            said.append("No claim of the paper was compared.")
            continue
        whose, measured = ("the paper", " with what was measured here") if not source else (source, "")
        said.append(
            f"Of {plural(total, 'claim')} of {whose}, {count(found['agrees'])} agree{measured}, "
            f"{count(found['differs'])} differ, and {count(found['cannot be checked'])} cannot be checked."
        )
    return " ".join(said)


def beside(claim: Claim) -> tuple[str, ...]:
    """What each population beside the one that decides says of a claim.

    Args:
        claim: a claim.

    Returns:
        One line a population: its name, the sign of its verdict, and its number.

    Example:
        >>> from cosetta.reproduce.frame.results import Finding
        >>> other = Finding("fast", "98 %, 32 runs", "differs", "")
        >>> beside(Claim("", "", "", "", "agrees", "", others=(other,)))
        ('fast ≠ 98 %, 32 runs',)
    """
    return tuple(f"{found.population} {VERDICTS[found.verdict]} {found.ours}" for found in claim.others)


def runs_sentence(reproduction: Reproduction) -> str:
    """On which runs the tables and figures stand, in one sentence.

    Args:
        reproduction: the reproduction.

    Returns:
        Plain text.

    Example:
        >>> runs_sentence(Reproduction({}, {"S5 fast": 128, "S6 fast": 1}, (), (), ()))
        'Measured on 128 runs of S₅ fast and 1 run of S₆ fast.'
    """
    parts = [f"{plural(runs, 'run')} of {typeset_population(name)}" for name, runs in reproduction.populations.items()]
    if not parts:
        return "Measured on no run."
    return f"Measured on {' and '.join(filter(None, [', '.join(parts[:-1]), parts[-1]]))}."


def typeset_population(name: str) -> str:
    """Name of a population with its group typeset.

    Args:
        name: `<group> <recipe>`.

    Returns:
        Text; the recipe, whose name may end in a year, stays as it is.

    Example:
        >>> typeset_population("S5 stander2024")
        'S₅ stander2024'
    """
    group, space, recipe = name.partition(" ")
    if not space:
        return name
    return f"{typeset(group)} {recipe}".rstrip()
