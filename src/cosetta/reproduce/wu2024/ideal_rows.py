"""Claims about their idealised networks: irreps, complete sets, failures, bounds."""

from collections.abc import Callable

import numpy as np

from cosetta.report.notation import plural
from cosetta.reproduce.frame.rules import Exact, Measured, plain
from cosetta.reproduce.wu2024.ideals import Ideals
from cosetta.reproduce.wu2024.subjects import IDEALS, NOT_MEASURED, Row, Subject

__all__ = ["ideal_rows"]


def ideal_rows() -> list[Row]:
    """Claims about their file, which no other population decides.

    Returns:
        The rows.
    """
    only = (IDEALS,)
    every = "the numbers must be equal"
    return [
        Row(
            "ideal-irreps",
            "Released file",
            "the irrep that the file gives each live neuron is the one found from its functions",
            "all neurons",
            _of_file(_ideal_irreps),
            Exact(1.0, 0.0, "every name of theirs must stand for one irrep of ours, in all networks"),
            only=only,
        ),
        Row(
            "ideal-sets",
            "Released file",
            "every live neuron of an idealised network lies in a rho-set",
            "all neurons",
            _of_file(_ideal_cover),
            Exact(1.0, 0.0, "all live neurons"),
            only=only,
        ),
        Row(
            "ideal-complete",
            "Released file",
            "the faithful rho-set of an idealised network, where it has one, is complete: |B|^2 pairs",
            "complete",
            _of_file(_ideal_complete),
            Exact(1.0, 0.0, "every such set"),
            only=only,
        ),
        Row(
            "ideal-rho-bad",
            "Released file",
            "networks that fail because a faithful irrep is not ideal (rho-bad)",
            "their list",
            _of_file(_ideal_rho_bad),
            Exact(0.0, 0.0, f"{every}: networks on one list only"),
            cause=_rho_bad_cause,
            only=only,
        ),
        Row(
            "ideal-a-bad",
            "Released file",
            "networks whose vectors a vary (a-bad) are among those that are rho-bad",
            "9 of 30 on the list",
            _of_file(_ideal_a_bad),
            Exact(0.0, 0.0, "a-bad networks whose ideal still has a complete faithful rho-set"),
            only=only,
        ),
        Row(
            "ideal-bound",
            "Released file",
            "the bound is above 0 exactly where the ideal is right",
            "30 networks",
            _of_file(_ideal_bound),
            Exact(0.0, 0.0, "networks for which one holds and the other does not"),
            only=only,
        ),
        Row(
            "ideal-sound",
            "Released file",
            "no bound exceeds the accuracy",
            "30 networks",
            _of_file(_ideal_sound),
            Exact(0.0, 0.0, "bounds above the accuracy"),
            only=only,
        ),
    ]


def _of_file(measure: Callable[[Ideals], Measured]) -> Callable[[Subject], Measured]:
    """A measure of their file, asked of a population that may not be it."""
    return lambda subject: NOT_MEASURED if subject.ideals is None else measure(subject.ideals)


def _ideal_irreps(ideals: Ideals) -> Measured:
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


def _ideal_cover(ideals: Ideals) -> Measured:
    live = sum(network.live for network in ideals.measured)
    inside = sum(found.neurons for network in ideals.measured for found in network.sets)
    return Measured(f"{inside:,} of {live:,} live neurons", (plain(inside / max(1, live), len(ideals.measured)),))


def _ideal_complete(ideals: Ideals) -> Measured:
    sets = [found for network in ideals.measured for found in network.sets if found.faithful]
    whole = sum(found.is_complete for found in sets)
    neurons = f"{min(f.neurons for f in sets)} to {max(f.neurons for f in sets)}" if sets else "none"
    said = (
        f"{whole} of {len(sets)}; {neurons} neurons for {' or '.join(sorted({str(f.points**2) for f in sets}))} pairs"
    )
    return Measured(said, (plain(whole / len(sets) if sets else None, len(sets)),))


def _ideal_rho_bad(ideals: Ideals) -> Measured:
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


def _ideal_a_bad(ideals: Ideals) -> Measured:
    kept = [i for i in ideals.a_bad if not ideals.measured[i].rho_bad]
    said = f"{len(ideals.a_bad)} on their list, {len(set(ideals.a_bad) & set(ideals.rho_bad))} of them on both lists"
    note = "the ideals have no vector a of an irrep that failed, so a itself cannot be measured again"
    return Measured(said, (plain(float(len(kept)), len(ideals.measured)),), (note,))


def _ideal_bound(ideals: Ideals) -> Measured:
    wrong = [
        i
        for i, (bound, network) in enumerate(zip(ideals.bounds, ideals.measured, strict=True))
        if (bound > 0) != (network.accuracy == 1.0)
    ]
    right = sum(network.accuracy == 1.0 for network in ideals.measured)
    zero = sum(bound == 0 for bound in ideals.bounds)
    said = f"{right} ideals are right on all pairs, {zero} bounds are 0; {plural(len(wrong), 'exception')}"
    return Measured(said, (plain(float(len(wrong)), len(ideals.bounds)),))


def _ideal_sound(ideals: Ideals) -> Measured:
    above = sum(bound > accuracy for bound, accuracy in zip(ideals.bounds, ideals.accuracies, strict=True))
    ratio = float(np.mean(np.array(ideals.bound_seconds) / np.array(ideals.accuracy_seconds)))
    said = f"{above} of {len(ideals.bounds)}; mean bound {np.mean(ideals.bounds):.3f}, at {ratio:.2f} of the time"
    return Measured(said, (plain(float(above), len(ideals.bounds)),))
