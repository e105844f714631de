"""From the analyses of networks to one comparison: plain data, nothing is measured again.

A verdict over networks is given only where intervals part: an account lies *above* another when the lower end of its
recovered share, a 95 % bootstrap over networks, is above the other's upper end.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from cosetta._version import __version__
from cosetta.population.shares import mean_interval
from cosetta.results import (
    AccountRecord,
    Agreement,
    Analysis,
    Arena,
    ComparedAccount,
    ComparedNetwork,
    Comparison,
    Entry,
    IrrepMeasures,
    Mean,
    Relation,
    Summary,
    Uncovered,
)

__all__ = ["COINCIDE", "Analysed", "compare"]

COINCIDE = 0.99
"""Two accounts coincide on a network when they share at least this part of the strength that either covers; one lies
inside another when it shares this part of its own."""

SHOWN_LABELS = 6
"""Pairs of labels that are listed for two accounts."""


@final
@dataclass(frozen=True)
class Analysed:
    """A network with its analysis.

    Args:
        name: unique in the comparison.
        source: the file or folder it was read from.
        analysis: what was found, with the arena.
        irreps: what irreps explain; None if the weights are not at hand.
    """

    name: str
    source: str
    analysis: Analysis
    irreps: IrrepMeasures | None = None


def compare(found: Sequence[Analysed], skipped: Iterable[str] = (), *, command: str = "") -> Comparison:
    """Put the analyses of several networks beside each other.

    Args:
        found: networks with their analyses, made with the same thresholds, each with its arena.
        skipped: one line for everything that could not be compared.
        command: the command that makes this comparison again.

    Returns:
        The comparison.

    Raises:
        ValueError: if two networks have one name, or an analysis has no arena.

    Example:
        >>> compare([]).networks
        ()
    """
    names = Counter(one.name for one in found)
    if twice := [name for name, n in names.items() if n > 1]:
        raise ValueError(f"networks must have names of their own; `{twice[0]}` is there {names[twice[0]]} times")
    accounts = {
        record.id: ComparedAccount(record.id, record.title, record.claim, record.source)
        for one in found
        for record in one.analysis.accounts
    }
    entries = [entry for one in found for entry in _entries(one, list(accounts))]
    return Comparison(
        accounts=tuple(accounts.values()),
        networks=tuple(_network(one) for one in found),
        entries=tuple(entries),
        summaries=tuple(_summaries(found, entries, list(accounts))),
        agreements=tuple(_agreement(one) for one in found),
        skipped=tuple(skipped),
        thresholds=found[0].analysis.thresholds if found else {},
        command=command,
        version=__version__,
    )


def _arena(one: Analysed) -> Arena:
    if one.analysis.arena is None:
        raise ValueError(f"analyses must hold the arena; that of `{one.name}` does not: analyse it with `arena`")
    return one.analysis.arena


def _entries(one: Analysed, accounts: Sequence[str]) -> list[Entry]:
    """One entry an account; an account that this network's analysis does not have is named as such."""
    arena, records = _arena(one), {record.id: record for record in one.analysis.accounts}
    exchanges = {row.account: row for row in arena.exchanges}
    entries = []
    for id in accounts:
        record = records.get(id)
        if record is None or record.refused:
            entries.append(Entry(one.name, id, record.refused if record else "not in the analysis of this network"))
            continue
        alone = arena.contest(id, "alone")
        entries.append(
            Entry(
                network=one.name,
                account=id,
                neurons=len(record.covered),
                strength=record.strength,
                bits=record.bits,
                accuracy=alone.accuracy,
                loss=alone.loss,
                recovered=alone.recovered,
                recovered_interval=alone.recovered_interval,
                fidelity=alone.fidelity,
                control=alone.control,
                verdict=alone.verdict,
                exchange=exchanges.get(id),
            )
        )
    fronts = {name: _front(entries, name) for name in ("recovered", "fidelity")}
    return [
        replace(
            entry, on_front=entry.account in fronts["recovered"], on_logit_front=entry.account in fronts["fidelity"]
        )
        for entry in entries
    ]


def _front(entries: Sequence[Entry], name: str) -> set[str]:
    """The accounts than which no other has at most their bits and at least their value, one of the two strictly."""
    points = {e.account: (-e.bits, getattr(e, name)) for e in entries if e.bits is not None}

    def beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
        return one[0] >= other[0] and one[1] >= other[1] and one != other

    return {id for id, mine in points.items() if not any(beats(other, mine) for other in points.values())}


def _speaks_of_neurons(record: AccountRecord) -> bool:
    """Whether its ideal keeps more of some covered neuron than the mean does; one of the logits alone has no ideal."""
    return any(neuron.kept is not None and neuron.kept > 0 for neuron in record.neurons)


def _network(one: Analysed) -> ComparedNetwork:
    analysis, arena = one.analysis, _arena(one)
    covered = {n for record in analysis.accounts if _speaks_of_neurons(record) for n in record.covered}
    power: dict[str, float] = {}
    for neuron in analysis.live:
        power[neuron.facts.irrep] = power.get(neuron.facts.irrep, 0.0) + neuron.facts.strength
    whole = sum(power.values()) or 1.0
    uncovered = [
        Uncovered(
            neuron=neuron.neuron,
            strength=(facts := neuron.facts).strength,
            irrep=facts.irrep,
            power=(facts.irrep_shares["left"].get(facts.irrep, 0.0), facts.irrep_shares["right"].get(facts.irrep, 0.0)),
            rank=(facts.rank_shares["left"], facts.rank_shares["right"]) if facts.rank_shares else None,
        )
        for neuron in analysis.live
        if neuron.neuron not in covered
    ]
    return ComparedNetwork(
        name=one.name,
        source=one.source,
        group=analysis.group,
        order=analysis.order,
        width=analysis.width,
        live=tuple(neuron.neuron for neuron in analysis.live),
        strength=tuple(neuron.facts.strength for neuron in analysis.live),
        activation=analysis.activation,
        accuracy=analysis.accuracy,
        loss=analysis.loss,
        pairs=arena.pairs,
        total_pairs=arena.total_pairs,
        lookup_bits=arena.lookup_bits,
        best=arena.best,
        irreps=one.irreps,
        power={name: share / whole for name, share in sorted(power.items(), key=lambda item: -item[1])},
        uncovered=tuple(sorted(uncovered, key=lambda found: -found.strength)),
    )


def _agreement(one: Analysed) -> Agreement:
    """Which accounts of neurons cover the same ones, weighted by strength."""
    analysis = one.analysis
    records = [record for record in analysis.accounts if _speaks_of_neurons(record)]
    weight = np.array([neuron.facts.strength for neuron in analysis.neurons])
    covers = np.zeros((len(records), analysis.width))
    for row, record in zip(covers, records, strict=True):
        row[list(record.covered)] = 1
    both = covers @ (weight[:, None] * covers.T)
    mass = covers @ weight
    either = mass[:, None] + mass[None, :] - both
    overlap = np.divide(both, either, out=np.zeros_like(both), where=either > 0).clip(0, 1)
    inside = np.divide(both, mass[:, None], out=np.zeros_like(both), where=mass[:, None] > 0)
    relations = [
        Relation(first.id, second.id, "coincide" if together else "inside", _labels(first, second))
        for i, first in enumerate(records)
        for j, second in enumerate(records)
        if ((together := bool(overlap[i, j] >= COINCIDE)) and i < j) or (not together and inside[i, j] >= COINCIDE)
    ]
    return Agreement(
        network=one.name,
        accounts=tuple(record.id for record in records),
        overlap=tuple(tuple(row) for row in overlap.tolist()),
        covered=tuple(record.covered for record in records),
        relations=tuple(relations),
    )


def _labels(first: AccountRecord, second: AccountRecord) -> tuple[tuple[str, str, int], ...]:
    theirs = {neuron.neuron: neuron.label for neuron in second.neurons if neuron.label}
    pairs = Counter((n.label, theirs[n.neuron]) for n in first.neurons if n.label and n.neuron in theirs)
    return tuple((one, other, number) for (one, other), number in pairs.most_common(SHOWN_LABELS))


def _summaries(found: Sequence[Analysed], entries: Sequence[Entry], accounts: Sequence[str]) -> list[Summary]:
    """Accounts over the networks of each group that has several."""
    groups: dict[str, list[str]] = {}
    for one in found:
        groups.setdefault(one.analysis.group, []).append(one.name)
    best = Counter((one.analysis.group, _arena(one).best) for one in found)
    summaries: list[Summary] = []
    for group, names in groups.items():
        if len(names) < 2:
            continue
        own = [entry for entry in entries if entry.network in set(names)]
        rows = [
            _summary(group, id, [e for e in own if e.account == id and not e.refused], best[group, id])
            for id in accounts
        ]
        summaries += [_placed(row, rows) for row in rows if row.networks]
    return summaries


def _summary(group: str, account: str, entries: Sequence[Entry], best: int) -> Summary:
    names = ("strength", "bits", "accuracy", "recovered", "fidelity")
    values = np.array([[float(getattr(entry, name)) for name in names] for entry in entries]).reshape(-1, len(names))
    low, high = mean_interval(values)
    middle = values.mean(axis=0).tolist() if len(values) else [0.0] * len(names)
    strength, bits, accuracy, recovered, fidelity = map(Mean, middle, low, high)
    verdicts = Counter(entry.verdict for entry in entries)
    return Summary(
        group=group,
        account=account,
        networks=len(entries),
        holds=verdicts["holds"],
        fails=verdicts["fails"],
        best=best,
        strength=strength,
        bits=bits,
        accuracy=accuracy,
        recovered=recovered,
        fidelity=fidelity,
    )


def _placed(row: Summary, rows: Sequence[Summary]) -> Summary:
    """The row with the accounts from which it can be told."""
    mine = row.recovered
    parted = {True: [], False: []}
    for other in rows:
        theirs = other.recovered
        if mine.low is None or mine.high is None or theirs.low is None or theirs.high is None:
            continue
        if mine.low > theirs.high or mine.high < theirs.low:
            parted[mine.low > theirs.high].append(other.account)
    return replace(row, above=tuple(parted[True]), below=tuple(parted[False]))
