"""Claims about trained S5 networks: that they are made of rho-sets, |B|^2 neurons, and failures."""

from collections.abc import Sequence

import numpy as np

from cosetta.report.notation import plural
from cosetta.reproduce.frame.rules import AllBeyond, Measured, Near, Part, plain
from cosetta.reproduce.frame.spread import mean_over_runs
from cosetta.reproduce.wu2024 import paper
from cosetta.reproduce.wu2024.measures import RhoMeasures, SetFacts
from cosetta.reproduce.wu2024.subjects import OURS, Row, Subject, strong_sets

__all__ = ["network_rows"]

EXPLAINED = 0.95
"""A network is of rho-sets when they cover at least this share of its strength."""

NEARLY_ALL = 0.95
"""Share of the networks, or of the rho-sets of a network, that "all" asks for."""

LIKE_BOUNDS = 0.1
"""The share of networks that fail agrees with that of bounds of 0 within this."""


def network_rows() -> list[Row]:
    """Claims about trained S5 networks: the first two are the paper's thesis, the count of pairs is what it costs.

    Returns:
        The rows.
    """
    return [
        Row(
            "rho-sets-cover",
            "Thesis",
            f"S5: rho-sets cover at least {EXPLAINED:.0%} of a network's strength",
            "networks are of this form; some are not",
            _covers,
            Part(0.5, "must be covered"),
            OURS,
        ),
        Row(
            "alone",
            "Thesis",
            "S5: the rho-sets of a network alone multiply as it does",
            "networks are of this form; some are not",
            _alone,
            AllBeyond(((0.5, True),), "mean accuracy of the rho-sets alone above one half"),
            OURS,
        ),
        Row(
            "complete",
            "|B|^2 neurons",
            "S5: the rho-sets of a network are complete: every pair (b, b') has a neuron",
            "|B|^2 neurons a circuit",
            _complete,
            Near(1.0, 1 - NEARLY_ALL),
            cause=_no_room,
        ),
        Row(
            "pairs",
            "|B|^2 neurons",
            "S5: pairs that are there, of the |B|^2 of each rho-set that matters",
            "all",
            _pairs_there,
            Near(1.0, 1 - NEARLY_ALL),
            cause=_no_room,
        ),
        Row(
            "budget",
            "|B|^2 neurons",
            "S5: a network has room for its circuits: the |B|^2 of its rho-sets sum to at most its live neurons",
            "a complete circuit costs |B|^2 neurons",
            _budget,
            Part(NEARLY_ALL, "must have room"),
            OURS,
            cause=_needs,
        ),
        Row(
            "rho-bad",
            "Failures",
            "S5: share of networks without a complete faithful rho-set (rho-bad)",
            "given for S4 only: 14 of 30; of S5 the bound is 0 for 46%",
            _rho_bad,
            Near(paper.BOUNDS["exactly 0"], LIKE_BOUNDS, "{:.0%}"),
            OURS,
            only=("wu2024",),
        ),
    ]


def _s5(subject: Subject) -> list[RhoMeasures]:
    return [network for network in subject.networks if network.group == "S5" and network.accuracy >= 0.99]


def _covers(subject: Subject) -> Measured:
    networks = _s5(subject)
    held = [float(network.covered >= EXPLAINED) for network in networks]
    cover = mean_over_runs([network.covered for network in networks])
    share = mean_over_runs(held).value
    return Measured(
        f"{sum(held):.0f} of {plural(len(held), 'network')}; mean {cover.says()}", (plain(share, len(held)),)
    )


def _alone(subject: Subject) -> Measured:
    mean = mean_over_runs([network.alone for network in _s5(subject)])
    whole = sum(network.alone >= 0.999 for network in _s5(subject))
    return Measured(f"accuracy {mean.says()}; right on 99.9% of pairs in {whole}", (mean,))


def _complete(subject: Subject) -> Measured:
    shares = [np.mean([s.is_complete for s in sets]) for n in _s5(subject) if (sets := strong_sets(n))]
    mean = mean_over_runs([float(share) for share in shares])
    return Measured(f"share of a network's rho-sets {mean.says()}", (mean,))


def _pairs_there(subject: Subject) -> Measured:
    sets: Sequence[list[SetFacts]] = [found for n in _s5(subject) if (found := strong_sets(n))]
    shares = [sum(s.pairs for s in found) / sum(s.points**2 for s in found) for found in sets]
    missing = mean_over_runs([float(sum(s.points**2 - s.pairs for s in found)) for found in sets])
    spent = [sum(s.neurons for s in found) / max(1, sum(s.pairs for s in found)) for found in sets]
    note = f"missing pairs a network {missing.says('{:.1f}')}; neurons a pair {mean_over_runs(spent).says('{:.2f}')}"
    mean = mean_over_runs(shares)
    return Measured(mean.says(), (mean,), (note,))


def _no_room(subject: Subject) -> str:
    """Whether networks with room for complete circuits have more of their pairs than those without."""
    networks = [(n, found) for n in _s5(subject) if (found := strong_sets(n))]
    parts: dict[bool, list[float]] = {True: [], False: []}
    for network, found in networks:
        need = sum(s.points**2 for s in found)
        parts[need <= network.live].append(sum(s.pairs for s in found) / need)
    with_room, without = (mean_over_runs(parts[has]) for has in (True, False))
    if with_room.low is None or without.high is None or with_room.low <= without.high:
        return ""
    return (
        f"size: networks with as many live neurons as pairs have {with_room.says()} of the pairs, networks with fewer "
        f"{without.says()}"
    )


def _budget(subject: Subject) -> Measured:
    networks = _s5(subject)
    asked = [sum(s.points**2 for s in strong_sets(network)) for network in networks]
    held = [float(need <= network.live) for need, network in zip(asked, networks, strict=True)]
    needs = mean_over_runs([float(need) for need in asked])
    live = mean_over_runs([float(network.live) for network in networks])
    share = mean_over_runs(held).value
    said = f"{sum(held):.0f} of {plural(len(held), 'network')}; {needs.says('{:.0f}')} needed of {live.says('{:.0f}')}"
    return Measured(said, (plain(share, len(held)),))


def _needs(subject: Subject) -> str:
    """How many neurons live, of how many there are."""
    networks = _s5(subject)
    width = float(np.mean([len(network.irreps) for network in networks])) if networks else 0.0
    live = float(np.mean([network.live for network in networks])) if networks else 0.0
    return f"size: of {width:.0f} neurons {live:.0f} are alive, and circuits of several irreps share them"


def _rho_bad(subject: Subject) -> Measured:
    networks = _s5(subject)
    mean = mean_over_runs([float(network.rho_bad) for network in networks])
    varying = mean_over_runs([float(network.a_bad) for network in networks])
    note = f"vectors a of one orbit differ (a-bad) in {varying.says('{:.0%}')}"
    return Measured(mean.says("{:.0%}"), (mean,), (note,))
