"""What the report and the terminal say first: one sentence that a sceptic can check, and a few numbers.

The numbers are picked from the analysis, never computed. The sentence stands on one replacement test and its control.
"""

from typing import NamedTuple

from cosetta.report.notation import count, duration, percent, plural, scientific, typeset
from cosetta.results import Analysis, Evidence, NeuronRecord

__all__ = ["Stat", "headline_sentence", "headline_stats", "headline_test", "neurons_by_status", "open_sentence"]

HEADLINE_TEST = "left, right and out by coset means"
"""The replacement test that the first sentence quotes, when the analysis has it."""


class Stat(NamedTuple):
    """A number of the headline: its value, what it is, and on what it was measured."""

    value: str
    name: str
    note: str


def headline_test(analysis: Analysis) -> Evidence | None:
    """The replacement with a control that the headline quotes.

    Args:
        analysis: the analysis.

    Returns:
        The test on left, right and out together, else the first replacement with a control, else None.
    """
    controlled = [e for e in analysis.evidence if e.kind == "replacement" and e.control_accuracy is not None]
    named = [test for test in controlled if test.name == HEADLINE_TEST]
    return next(iter(named + controlled), None)


def neurons_by_status(analysis: Analysis) -> dict[str, tuple[NeuronRecord, ...]]:
    """The neurons by status.

    Args:
        analysis: the analysis.

    Returns:
        The records under `explained`, `unexplained` and `dead`.
    """
    return {
        status: tuple(neuron for neuron in analysis.neurons if neuron.status == status)
        for status in ("explained", "unexplained", "dead")
    }


def headline_sentence(analysis: Analysis) -> str:
    """One sentence that a sceptic can check.

    Args:
        analysis: the analysis.

    Returns:
        Plain text, not escaped.
    """
    neurons = neurons_by_status(analysis)
    live = len(neurons["explained"]) + len(neurons["unexplained"])
    start = (
        f"In this network of {count(analysis.width)} neurons on {typeset(analysis.group)}, "
        f"{count(len(neurons['explained']))} of {count(live)} live neurons are explained by cosets"
    )
    test = headline_test(analysis)
    if test is None:
        return f"{start}; no replacement test with a control has run."
    pairs = f"{'all ' if test.pairs == analysis.order**2 else ''}{count(test.pairs)}"
    if test.name == HEADLINE_TEST:
        way = "with each of their functions replaced by its coset means"
    else:
        way = f"under the replacement “{test.name}”"
    return (
        f"{start}; {way}, {percent(test.accuracy)} of {pairs} products come out right, against "
        f"{percent(test.control_accuracy)} under the control ({typeset(test.control)})."
    )


def headline_stats(analysis: Analysis) -> tuple[Stat, ...]:
    """The few numbers that the report opens with.

    Args:
        analysis: the analysis.

    Returns:
        Accuracy, loss, explained share, the replacement test, its control, and the training time.
    """
    neurons, test = neurons_by_status(analysis), headline_test(analysis)
    explained, open_ = len(neurons["explained"]), len(neurons["unexplained"])
    pairs = f"of all {count(analysis.order**2)} products ab"
    if analysis.accuracy_interval is not None:
        low, high = map(percent, analysis.accuracy_interval)
        pairs = f"of {count(analysis.accuracy_pairs or 0)} random products ab; 95 % interval {low} to {high}"
    stats = [
        Stat(percent(analysis.accuracy), "accuracy", pairs),
        Stat(scientific(analysis.loss), "cross-entropy", "nats, mean over the same pairs"),
        Stat(
            percent(analysis.explained_share, 1),
            "live neurons explained",
            f"{count(explained)} of {count(explained + open_)}; {count(len(neurons['dead']))} dead not counted",
        ),
    ]
    if test is not None:
        stats += [
            Stat(percent(test.accuracy), "accuracy on coset means", test.name),
            Stat(percent(test.control_accuracy), "accuracy of the control", test.control),
        ]
    if analysis.curve is not None and analysis.curve.seconds:
        stats.append(
            Stat(duration(analysis.curve.seconds[-1]), "training", f"{count(analysis.curve.step[-1])} optimiser steps")
        )
    return tuple(stats)


def open_sentence(analysis: Analysis) -> str:
    """How much stays unexplained, in one sentence.

    Args:
        analysis: the analysis.

    Returns:
        Plain text.
    """
    open_ = neurons_by_status(analysis)["unexplained"]
    failed = [test for test in analysis.evidence if test.verdict == "not as predicted"]
    row = next((summary for summary in analysis.classes if summary.subgroup == "none"), None)
    weight = f", carrying {percent(row.strength)} of the logit variance" if row else ""
    return (
        f"Not explained: {plural(len(open_), 'live neuron')}{weight}. "
        f"Predictions that failed: {count(len(failed))} of "
        f"{count(sum(test.verdict in {'as predicted', 'not as predicted'} for test in analysis.evidence))}."
    )
