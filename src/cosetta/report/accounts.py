"""What the report and the terminal say of the accounts: rows of tables, whatever accounts there are.

No account is named here. A new one is in `analysis.accounts`, so it has a row, a point in the figures and a label in
the table of neurons.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from cosetta.report.notation import MISSING, count, decimal, percent, scientific
from cosetta.results import AccountRecord, Analysis, Contest, Draws, Exchange, LiveNeuron

__all__ = [
    "MODES",
    "AccountRow",
    "OpenRow",
    "account_rows",
    "detail",
    "labels_of",
    "recovered_by_control",
    "uncovered",
]

MODES = {
    "left": "left alone",
    "right": "right alone",
    "out": "out alone",
    "kept": "all three, the rest kept",
    "alone": "all three, the rest silenced",
}
"""What is replaced, in words, by the name of the mode."""


class AccountRow(NamedTuple):
    """One account: its record, its contests by mode, its equivalence test, and whether it is the best."""

    record: AccountRecord
    neurons: str
    contests: Mapping[str, Contest]
    exchange: Exchange | None
    is_best: bool
    is_short: bool

    @property
    def alone(self) -> Contest | None:
        """The hardest test: everything that the account does not mention is silenced."""
        return self.contests.get("alone")


class OpenRow(NamedTuple):
    """A live neuron that no account describes: why, account by account."""

    neuron: LiveNeuron
    best_kept: float | None
    reasons: tuple[tuple[str, str], ...]


def account_rows(analysis: Analysis) -> tuple[AccountRow, ...]:
    """One row for each account, in the order of the list of accounts.

    Args:
        analysis: the analysis.

    Returns:
        The rows; none for files that know no accounts.
    """
    arena, live = analysis.arena, len(analysis.live)
    contests: dict[str, dict[str, Contest]] = {}
    for contest in arena.contests if arena else ():
        contests.setdefault(contest.account, {})[contest.mode] = contest
    exchanges = {row.account: row for row in arena.exchanges} if arena else {}
    return tuple(
        AccountRow(
            record,
            MISSING if record.refused else f"{count(len(record.covered))} of {count(live)}",
            contests.get(record.id, {}),
            exchanges.get(record.id),
            arena is not None and record.id == arena.best,
            arena is None or 0 < record.bits < arena.lookup_bits,
        )
        for record in analysis.accounts
    )


def recovered_by_control(control: Draws | None) -> tuple[str, str]:
    r"""Share that the controls of an account recover: mean, and the interval of the draws.

    Args:
        control: the draws, if the account has controls.

    Returns:
        Two texts; the second is empty without draws.

    Example:
        >>> recovered_by_control(Draws("random", 20, 0.1, (0.0, 0.2), 0.063, (0.0, 0.12), 0.0, 4000))
        ('6.3\xa0%', '0\xa0% to 12.0\xa0%')
    """
    if control is None:
        return MISSING, ""
    low, high = control.recovered_interval
    return percent(control.recovered, 1), f"{percent(low, 1)} to {percent(high, 1)}"


def labels_of(analysis: Analysis, neuron: LiveNeuron) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Labels that the accounts give a neuron, each with the accounts that give it.

    Args:
        analysis: the analysis.
        neuron: a live neuron of it.

    Returns:
        Labels in the order of the accounts. Accounts that say nothing (0 bits) or no less than the multiplication table
        are left out.
    """
    found: dict[str, list[str]] = {}
    for row in account_rows(analysis):
        if row.is_short and (label := neuron.accounts.get(row.record.id)):
            found.setdefault(label, []).append(row.record.id)
    return tuple((label, tuple(ids)) for label, ids in found.items())


def uncovered(analysis: Analysis) -> tuple[OpenRow, ...]:
    """Live neurons of which no account keeps `faithful_at` of what they give to the logits, strongest first.

    An account may cover a neuron and not describe it (its ideal neuron does something else), so what counts is the
    share of the neuron's variance that the ideal neuron keeps.

    Args:
        analysis: the analysis.

    Returns:
        The neurons with the reason that each account gives; none if the accounts did not compete.
    """
    if analysis.arena is None:
        return ()
    enough = float(analysis.thresholds.get("faithful_at", 0.8))
    kept: dict[int, float] = {}
    reasons: dict[int, list[tuple[str, str]]] = {}
    for record in analysis.accounts:
        for said in record.neurons:
            if said.kept is not None:
                kept[said.neuron] = max(said.kept, kept.get(said.neuron, said.kept))
            if said.reason:
                reasons.setdefault(said.neuron, []).append((record.id, said.reason))
    open_ones = [n for n in analysis.live if kept.get(n.neuron, -1.0) < enough]
    return tuple(
        OpenRow(n, kept.get(n.neuron), _merged(reasons.get(n.neuron, [])))
        for n in sorted(open_ones, key=lambda n: -n.facts.strength)
    )


def detail(value: Any) -> str:
    """A value of an account's details as text.

    Args:
        value: plain JSON.

    Returns:
        Text, not escaped.

    Example:
        >>> detail({"(4,1)": 8.0513}), detail([1, 2]), detail(0.5), detail(None)
        ('(4,1): 8.05', '1, 2', '0.500', '–')
    """
    if value is None:
        return MISSING
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {detail(part)}" for name, part in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(detail, value)) or "none"
    if isinstance(value, float):
        return scientific(value) if value else decimal(value, 0)
    return count(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _merged(reasons: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Reasons with the accounts that give them, equal ones once."""
    found: dict[str, list[str]] = {}
    for id, reason in reasons:
        found.setdefault(reason, []).append(id)
    return tuple((", ".join(ids), reason) for reason, ids in found.items())
