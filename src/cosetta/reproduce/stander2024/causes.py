"""What shows that a difference is of size or of measure, within one population.

The paper's runs go on to 250,000 steps; runs here end when their loss is small. Length is the cause of a difference as
far as runs that were trained longest after they generalised lie nearer to the paper than those trained shortest, with
intervals that are apart. Another cause is a threshold that the paper does not give.
"""

from collections.abc import Callable

import numpy as np

from cosetta.reproduce.frame.spread import MIN_RUNS, Mean, mean_over_runs
from cosetta.reproduce.stander2024.populations import Member, Population

__all__ = ["by_length", "dead_threshold", "either"]

STRICTER = 1e-6
"""The threshold of death that is tried beside ours, as a share of the strongest neuron's strength."""

Value = Callable[[Member], float]
Cause = Callable[[Population], str]


def by_length(value: Value, expected: float, form: str = "{:.1%}") -> Cause:
    """The cause "length of training", if runs trained longer after generalising lie nearer to the paper.

    Args:
        value: what is measured of a run.
        expected: the paper's number.
        form: how a number is printed.

    Returns:
        A function that says so for a population, or nothing.
    """

    def said(population: Population) -> str:
        runs = sorted(population.members, key=_after)
        third = len(runs) // 3
        if third < MIN_RUNS:
            return ""
        short, long = (mean_over_runs([value(run) for run in part]) for part in (runs[:third], runs[-third:]))
        if not _apart(short, long) or _distance(long, expected) >= _distance(short, expected):
            return ""
        return (
            f"size, the length of training: {form.format(long.value)} in the third of the runs with most steps after "
            f"they generalised ({_after(runs[-third]):,} up), {form.format(short.value)} in the third with fewest"
        )

    return said


def dead_threshold(population: Population) -> str:
    """The cause "measure": how many neurons are dead under a stricter threshold.

    Args:
        population: the runs.

    Returns:
        One sentence; nothing without runs.
    """
    shares = []
    for member in population.members:
        strength = np.array([neuron.facts.strength for neuron in member.analysis.neurons])
        shares.append(float((strength < STRICTER * strength.max(initial=0.0)).mean()))
    mean = mean_over_runs(shares)
    if mean.value is None:
        return ""
    ours = population.members[0].analysis.thresholds["dead_threshold"]
    return f"measure: dead is below {ours:g} of the strongest neuron here; below {STRICTER:g} it is {mean.says()}"


def either(*causes: Cause) -> Cause:
    """Several causes, those that show anything.

    Args:
        *causes: what each says of a population.

    Returns:
        A function that joins them.
    """
    return lambda population: "; ".join(said for cause in causes if (said := cause(population)))


def _after(member: Member) -> int:
    """Steps after a run generalised."""
    return member.measures.steps - (member.measures.grok_step or 0)


def _apart(one: Mean, other: Mean) -> bool:
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return False
    return one.high < other.low or other.high < one.low


def _distance(mean: Mean, expected: float) -> float:
    return float("inf") if mean.value is None else abs(mean.value - expected)
