"""Claims about what is proven: their bounds, and certificates of this project beside them."""

from collections.abc import Callable
from functools import partial

import numpy as np

from cosetta.reproduce.frame.rules import Measured, Near, plain
from cosetta.reproduce.frame.spread import mean_over_runs
from cosetta.reproduce.wu2024 import paper
from cosetta.reproduce.wu2024.subjects import NOT_MEASURED, Row, Subject

__all__ = ["bound_rows"]

PROVEN = 0.1
"""Shares of networks by their bound agree within this."""


def bound_rows() -> list[Row]:
    """Their bounds beside certificates of this project.

    Returns:
        The rows.
    """
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
        return NOT_MEASURED
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
