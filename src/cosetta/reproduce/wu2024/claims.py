"""Their claims as rows: sizes of rho-sets, the idealised networks and their failures, |B|^2 neurons, and the bound."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import final

import numpy as np

from cosetta.groups import Group, named_group, subgroup_lattice
from cosetta.harmonics import fixed_space_dimension, irreps
from cosetta.report.notation import plural
from cosetta.reproduce.frame.claims import ClaimRow
from cosetta.reproduce.frame.rules import AllBeyond, Exact, Measured, Near, Part, plain
from cosetta.reproduce.frame.spread import mean_over_runs
from cosetta.reproduce.wu2024 import paper
from cosetta.reproduce.wu2024.ideals import Ideals
from cosetta.reproduce.wu2024.measures import MATTERS, RhoMeasures, SetFacts

__all__ = ["IDEALS", "Subject", "claim_rows", "minimal_sets"]

IDEALS = "their idealised S4"
"""Name of the population that their file holds."""

OURS = "this project"
"""Source of what their paper does not say in numbers."""

EXPLAINED = 0.95
"""A network is of rho-sets when they cover at least this share of its strength."""

NEARLY_ALL = 0.95
"""Share of the networks, or of the rho-sets of a network, that "all" asks for."""

PROVEN = 0.1
"""Shares of networks by their bound agree within this."""


@final
@dataclass(frozen=True)
class Subject:
    """One population.

    Args:
        networks: its networks; for their file, the ideals.
        ideals: what their file says; None for networks trained here.
    """

    networks: tuple[RhoMeasures, ...]
    ideals: Ideals | None = None


Row = ClaimRow[Subject]


def claim_rows() -> tuple[Row, ...]:
    """Every claim, before anything is measured.

    Returns:
        The rows.
    """
    exact = minimal_sets(named_group("S5"))
    sizes = [_size_row(name, size, exact[name]) for name, size in paper.MINIMAL_SETS.items()]
    return (*sizes, *_ideal_rows(), *_network_rows(), *_bound_rows())


def minimal_sets(group: Group) -> dict[str, int]:
    """Points of the smallest rho-set of each irrep: the least index of a subgroup that fixes a vector of it.

    Args:
        group: the group.

    Returns:
        Sizes by irrep.

    Example:
        >>> minimal_sets(named_group("S3"))
        {'(3)': 1, '(2,1)': 3, '(1^3)': 2}
    """
    lattice = subgroup_lattice(group)
    subgroups = [lattice.subgroup(cls.representative) for cls in lattice.classes]
    return {irrep.name: min(H.index for H in subgroups if fixed_space_dimension(irrep, H)) for irrep in irreps(group)}


def _size_row(name: str, size: int, exact: int) -> Row:
    def measured(subject: Subject) -> Measured:
        """The size is algebra, the same whatever the networks; what they have stands beside it."""
        seen = sorted(
            {s.points for n in subject.networks if n.group == "S5" for s in _strong_sets(n) if s.irrep == name}
        )
        there = f"; of {plural(len(seen), 'size')} in the networks: {', '.join(map(str, seen))}" if seen else ""
        return Measured(f"{exact}{there}", (plain(float(exact), 1),))

    what = f"points of the smallest rho-set of {name} of S5"
    return Row(f"size-{name}", "Rho-sets", what, str(size), measured, Exact(float(size), 0.0, "exact, by the lattice"))


def _strong_sets(network: RhoMeasures) -> list[SetFacts]:
    return [found for found in network.sets if found.strength >= MATTERS]


def _ideal_rows() -> list[Row]:
    only = (IDEALS,)
    every = "the numbers must be equal"
    return [
        Row(
            "ideal-irreps",
            "Released file",
            "the irrep that the file gives each live neuron is the one found from its functions",
            "all neurons",
            _ideal_irreps,
            Exact(1.0, 0.0, "every name of theirs must stand for one irrep of ours, in all networks"),
            only=only,
        ),
        Row(
            "ideal-sets",
            "Released file",
            "every live neuron of an idealised network lies in a rho-set",
            "all neurons",
            _ideal_cover,
            Exact(1.0, 0.0, "all live neurons"),
            only=only,
        ),
        Row(
            "ideal-complete",
            "Released file",
            "the faithful rho-set of an idealised network, where it has one, is complete: |B|^2 pairs",
            "complete",
            _ideal_complete,
            Exact(1.0, 0.0, "every such set"),
            only=only,
        ),
        Row(
            "ideal-rho-bad",
            "Released file",
            "networks that fail because a faithful irrep is not ideal (rho-bad)",
            "their list",
            _ideal_rho_bad,
            Exact(0.0, 0.0, f"{every}: networks on one list only"),
            cause=_rho_bad_cause,
            only=only,
        ),
        Row(
            "ideal-a-bad",
            "Released file",
            "networks whose vectors a vary (a-bad) are among those that are rho-bad",
            "9 of 30 on the list",
            _ideal_a_bad,
            Exact(0.0, 0.0, "a-bad networks whose ideal still has a complete faithful rho-set"),
            only=only,
        ),
        Row(
            "ideal-bound",
            "Released file",
            "the bound is above 0 exactly where the ideal is right",
            "30 networks",
            _ideal_bound,
            Exact(0.0, 0.0, "networks for which one holds and the other does not"),
            only=only,
        ),
        Row(
            "ideal-sound",
            "Released file",
            "no bound exceeds the accuracy",
            "30 networks",
            _ideal_sound,
            Exact(0.0, 0.0, "bounds above the accuracy"),
            only=only,
        ),
    ]


def _nothing() -> Measured:
    return Measured("not measured", (plain(None, 0),))


def _ideal_irreps(subject: Subject) -> Measured:
    ideals = subject.ideals
    if ideals is None:
        return _nothing()
    seen: dict[str, set[str]] = {}
    total = 0
    for theirs, ours in zip(ideals.irreps, ideals.measured, strict=True):
        for name, neurons in theirs.items():
            found = [ours.irreps[n] for n in neurons if ours.irreps[n]]
            total += len(found)
            seen.setdefault(name, set()).update(found)
    used = {name: found for name, found in seen.items() if found}
    one = all(len(found) == 1 for found in used.values()) and len(set.union(*used.values())) == len(used)
    said = ", ".join(f"{name} is {' or '.join(sorted(found))}" for name, found in used.items())
    return Measured(f"{total:,} live neurons: {said}", (plain(float(one), len(ideals.measured)),))


def _ideal_cover(subject: Subject) -> Measured:
    if subject.ideals is None:
        return _nothing()
    live = sum(network.live for network in subject.networks)
    inside = sum(found.neurons for network in subject.networks for found in network.sets)
    return Measured(f"{inside:,} of {live:,} live neurons", (plain(inside / max(1, live), len(subject.networks)),))


def _ideal_complete(subject: Subject) -> Measured:
    if subject.ideals is None:
        return _nothing()
    sets = [found for network in subject.networks for found in network.sets if found.faithful]
    whole = sum(found.is_complete for found in sets)
    neurons = f"{min(f.neurons for f in sets)} to {max(f.neurons for f in sets)}" if sets else "none"
    said = (
        f"{whole} of {len(sets)}; {neurons} neurons for {' or '.join(sorted({str(f.points**2) for f in sets}))} pairs"
    )
    return Measured(said, (plain(whole / len(sets) if sets else None, len(sets)),))


def _ideal_rho_bad(subject: Subject) -> Measured:
    ideals = subject.ideals
    if ideals is None:
        return _nothing()
    ours = {i for i, network in enumerate(ideals.measured) if network.rho_bad}
    theirs = set(ideals.rho_bad)
    said = f"{len(ours)} without a complete faithful rho-set, {len(theirs)} on their list, {len(ours & theirs)} on both"
    return Measured(said, (plain(float(len(ours ^ theirs)), len(ideals.measured)),))


def _rho_bad_cause(subject: Subject) -> str:
    ideals = subject.ideals
    if ideals is None:
        return ""
    ours = {i for i, network in enumerate(ideals.measured) if network.rho_bad}
    alone = sorted(ours ^ set(ideals.rho_bad))
    bounds = ", ".join(f"{i} (bound {ideals.bounds[i]:.2f})" for i in alone)
    return f"paper: network {bounds} has an ideal without a faithful irrep and is not on their list"


def _ideal_a_bad(subject: Subject) -> Measured:
    ideals = subject.ideals
    if ideals is None:
        return _nothing()
    kept = [i for i in ideals.a_bad if not ideals.measured[i].rho_bad]
    said = f"{len(ideals.a_bad)} on their list, {len(set(ideals.a_bad) & set(ideals.rho_bad))} of them on both lists"
    note = "the ideals have no vector a of an irrep that failed, so a itself cannot be measured again"
    return Measured(said, (plain(float(len(kept)), len(ideals.measured)),), (note,))


def _ideal_bound(subject: Subject) -> Measured:
    ideals = subject.ideals
    if ideals is None:
        return _nothing()
    wrong = [
        i
        for i, (bound, network) in enumerate(zip(ideals.bounds, ideals.measured, strict=True))
        if (bound > 0) != (network.accuracy == 1.0)
    ]
    right = sum(network.accuracy == 1.0 for network in ideals.measured)
    zero = sum(bound == 0 for bound in ideals.bounds)
    said = f"{right} ideals are right on all pairs, {zero} bounds are 0; {plural(len(wrong), 'exception')}"
    return Measured(said, (plain(float(len(wrong)), len(ideals.bounds)),))


def _ideal_sound(subject: Subject) -> Measured:
    ideals = subject.ideals
    if ideals is None:
        return _nothing()
    above = sum(bound > accuracy for bound, accuracy in zip(ideals.bounds, ideals.accuracies, strict=True))
    ratio = float(np.mean(np.array(ideals.bound_seconds) / np.array(ideals.accuracy_seconds)))
    said = f"{above} of {len(ideals.bounds)}; mean bound {np.mean(ideals.bounds):.3f}, at {ratio:.2f} of the time"
    return Measured(said, (plain(float(above), len(ideals.bounds)),))


def _network_rows() -> list[Row]:
    """Claims about trained S5 networks: the first two are the paper's thesis, the count of pairs is what it costs."""
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
            Near(paper.BOUNDS["exactly 0"], PROVEN, "{:.0%}"),
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
    shares = [np.mean([s.is_complete for s in sets]) for n in _s5(subject) if (sets := _strong_sets(n))]
    mean = mean_over_runs([float(share) for share in shares])
    return Measured(f"share of a network's rho-sets {mean.says()}", (mean,))


def _pairs_there(subject: Subject) -> Measured:
    sets: Sequence[list[SetFacts]] = [found for n in _s5(subject) if (found := _strong_sets(n))]
    shares = [sum(s.pairs for s in found) / sum(s.points**2 for s in found) for found in sets]
    missing = mean_over_runs([float(sum(s.points**2 - s.pairs for s in found)) for found in sets])
    spent = [sum(s.neurons for s in found) / max(1, sum(s.pairs for s in found)) for found in sets]
    note = f"missing pairs a network {missing.says('{:.1f}')}; neurons a pair {mean_over_runs(spent).says('{:.2f}')}"
    mean = mean_over_runs(shares)
    return Measured(mean.says(), (mean,), (note,))


def _no_room(subject: Subject) -> str:
    """Whether networks with room for complete circuits have more of their pairs than those without."""
    networks = [(n, found) for n in _s5(subject) if (found := _strong_sets(n))]
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
    asked = [sum(s.points**2 for s in _strong_sets(network)) for network in networks]
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


def _bound_rows() -> list[Row]:
    b = paper.BOUNDS
    rows = (
        ("mean", "mean proven accuracy", f"{b['mean']:.3f}", b["mean"], float),
        ("high", "share proven right on at least 95%", f"{b['at least 0.95']:.0%}", b["at least 0.95"], _at_least),
        ("zero", "share with a bound of exactly 0", f"{b['exactly 0']:.0%}", b["exactly 0"], _is_zero),
    )
    return [
        Row(
            f"bound-{id}",
            "Bound",
            f"S5: {what}",
            f"{said} of {b['runs']:.0f} networks",
            partial(_bound, read),
            Near(expected, PROVEN, "{:.2f}"),
            cause=_another_bound,
        )
        for id, what, said, expected, read in rows
    ]


def _at_least(bound: float) -> float:
    return float(bound >= 0.95)


def _is_zero(bound: float) -> float:
    return float(bound == 0.0)


def _bound(read: Callable[[float], float], subject: Subject) -> Measured:
    """Bounds alone decide the verdict, as theirs computes no product either; what is proven in all stands beside it."""
    if subject.ideals is not None:
        return _nothing()
    found = [(network, network.proven) for network in subject.networks if network.proven is not None]
    if not found:
        return Measured(
            "not measured",
            (plain(None, len(subject.networks)),),
            open_because="no certificate: they are made for recipe wu2024",
        )
    alone = mean_over_runs([read(proven.bounds_alone) for _, proven in found])
    whole = mean_over_runs([read(proven.share) for _, proven in found])
    exact = sum(abs(proven.share - network.accuracy) < 1e-9 for network, proven in found)
    least = min(proven.bounds_alone for _, proven in found)
    work = float(np.median([proven.work_share for _, proven in found]))
    ours = (
        f"{alone.says('{:.4f}')}, by bounds alone (least bound {least:.4f}); with what they leave open computed "
        f"{whole.says('{:.4f}')}"
    )
    notes = (
        "the bounds are not the same: theirs follows from the rho-set ideal of the network alone, in floating point, "
        f"at {paper.BOUNDS['time']:.2f} of the time of trying all",
        "ours (docs/certificates.md) from the cosets of each neuron with out as it is, rounding included, and bounds "
        "alone are what counts",
        f"what is proven with the open products computed is the measured accuracy in {exact} of {len(found)}, at a "
        f"median {work:.3f} of the work",
    )
    return Measured(ours, (alone,), notes)


def _another_bound(subject: Subject) -> str:
    """What ours proves of the networks whose ideal cannot multiply, where theirs is 0."""
    found = [(network, network.proven) for network in subject.networks if network.proven is not None]
    failing = [proven.bounds_alone for network, proven in found if network.rho_bad]
    if not failing or min(failing) == 0:
        return ""
    return (
        f"measure, another bound: {len(failing)} of {len(found)} networks here have no complete faithful rho-set, and "
        "an ideal without one cannot multiply, the case in which the paper's bound is 0 (for "
        f"{paper.BOUNDS['exactly 0']:.0%} of its networks); of these {len(failing)} bounds alone prove "
        f"{mean_over_runs(failing).says('{:.4f}')}, least {min(failing):.4f}"
    )
