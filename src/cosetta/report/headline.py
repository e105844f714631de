"""What the report and the terminal say first: one sentence that a sceptic can check, and a few numbers.

The numbers are picked from the analysis, never computed. The sentence stands on one replacement test and its control.
"""

from typing import NamedTuple

from cosetta.report.notation import count, drawn, draws, duration, percent, plural, scientific, typeset
from cosetta.results import Analysis, Evidence

__all__ = ["Stat", "headline_sentence", "headline_stats", "headline_test", "judged", "open_sentence"]

HEADLINE_TEST = "coset-means"
"""Id of the replacement test that the first sentence quotes."""


class Stat(NamedTuple):
    """A number of the headline: its value, what it is, and on what it was measured."""

    value: str
    name: str
    note: str


def headline_test(analysis: Analysis) -> Evidence | None:
    """The replacement that the headline quotes: left, right and out of the covered neurons by their coset means.

    Args:
        analysis: the analysis.

    Returns:
        The test, or None if it has not run, or if the coset account covers nothing that it could replace.
    """
    ran = any(test.id == HEADLINE_TEST for test in analysis.evidence)
    test = analysis.row(HEADLINE_TEST) if ran else None
    return None if test is None or test.verdict == "not applicable" else test


def judged(analysis: Analysis) -> tuple[Evidence, ...]:
    """The tests whose prediction held or failed.

    Args:
        analysis: the analysis.

    Returns:
        The tests; a baseline, a control and a test that does not apply are none.
    """
    return tuple(test for test in analysis.evidence if test.verdict in {"as predicted", "not as predicted"})


def headline_sentence(analysis: Analysis) -> str:
    """One sentence that a sceptic can check.

    Args:
        analysis: the analysis.

    Returns:
        Plain text, not escaped.
    """
    covered, live = len(analysis.coset.covered), len(analysis.live)
    start = (
        f"In this network of {count(analysis.width)} neurons on {typeset(analysis.group)}, "
        f"{count(covered)} of {count(live)} live neurons are covered by cosets"
    )
    if analysis.coset.refused:
        return f"{start}: the coset account could not be stated ({typeset(analysis.coset.refused)})."
    if not covered:
        return f"{start}, so there is nothing to replace by coset means."
    test = headline_test(analysis)
    if test is None or test.control is None:
        return f"{start}; no replacement test with a control has run."
    pairs = f"{'all ' if test.pairs == analysis.order**2 else ''}{count(test.pairs)}"
    return (
        f"{start}; with each of their functions replaced by its coset means, {percent(test.accuracy)} of {pairs} "
        f"products come out right, against {drawn(test.control)} under the control ({typeset(test.control.name)})."
    )


def headline_stats(analysis: Analysis) -> tuple[Stat, ...]:
    """The few numbers that the report opens with.

    Args:
        analysis: the analysis.

    Returns:
        Accuracy, loss, share covered by cosets, the replacement test, its control, and the training time.
    """
    test, live = headline_test(analysis), len(analysis.live)
    pairs = f"of all {count(analysis.order**2)} products ab"
    if analysis.accuracy_interval is not None:
        low, high = map(percent, analysis.accuracy_interval)
        pairs = f"of {count(analysis.accuracy_pairs or 0)} random products ab; 95 % interval {low} to {high}"
    stats = [
        Stat(percent(analysis.accuracy), "accuracy", pairs),
        Stat(scientific(analysis.loss), "cross-entropy", "nats, mean over the same pairs"),
        Stat(
            percent(analysis.covered_share, 1),
            "live neurons covered by cosets",
            f"{count(len(analysis.coset.covered))} of {count(live)}; {count(analysis.width - live)} dead not counted",
        ),
    ]
    if test is not None and test.control is not None:
        control = test.control
        spread = f"; {draws(control)}" if draws(control) else ""
        stats += [
            Stat(percent(test.accuracy), "accuracy on coset means", test.name),
            Stat(percent(control.accuracy), "accuracy of the control", control.name + spread),
        ]
    if analysis.curve is not None and analysis.curve.seconds:
        stats.append(
            Stat(duration(analysis.curve.seconds[-1]), "training", f"{count(analysis.curve.step[-1])} optimiser steps")
        )
    return tuple(stats)


def open_sentence(analysis: Analysis) -> str:
    """How much the coset account leaves open, in one sentence.

    Args:
        analysis: the analysis.

    Returns:
        Plain text.
    """
    tests = judged(analysis)
    failed = sum(test.verdict == "not as predicted" for test in tests)
    row = next((summary for summary in analysis.coset.classes if summary.subgroup == "none"), None)
    weight = f", carrying {percent(row.strength)} of the logit variance" if row else ""
    return (
        f"Not covered by cosets: {plural(len(analysis.live) - len(analysis.coset.covered), 'live neuron')}{weight}. "
        f"Predictions that failed: {count(failed)} of {count(len(tests))}."
    )
