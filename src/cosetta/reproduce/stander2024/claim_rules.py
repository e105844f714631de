"""What makes a claim agree: tolerances, fixed before the full populations were measured, and verdicts.

A claim about a number agrees when the mean over our runs is within a tolerance of the paper's number, or when that
number lies in our 95 % interval and the interval is at most `WIDE` tolerances wide. A wider one that covers the number
decides nothing: then, and with too few runs for an interval, the claim is unchecked, with the words "n too small".
"""

from cosetta.reproduce.stander2024.results import Claim, Verdict
from cosetta.reproduce.stander2024.spread import MIN_RUNS, TOO_FEW, Mean

__all__ = [
    "ACCURACY",
    "CORRELATION",
    "EXPLAINED",
    "FACTOR",
    "FEW",
    "NEARLY_ALL",
    "SHARE",
    "WIDE",
    "about",
    "reason",
    "verdict",
    "within_factor",
]

ACCURACY = 0.02
"""Accuracies agree within this."""

SHARE = (0.02, 0.2)
"""Shares of neurons agree within this, or within this part of the paper's share, whichever is more."""

FEW = 0.05
"""At most this share of the neurons may be exceptions to "all but a few"."""

CORRELATION = 0.1
"""Correlations agree within this."""

FACTOR = 3.0
"""Losses agree within this factor: they depend on where training ends."""

EXPLAINED = 0.05
"""Shares explained by irreps agree within this."""

WIDE = 4.0
"""An interval of more than this many tolerances is too wide to confirm a number."""

NEARLY_ALL = 0.95
"""Share of the runs that "all" or "nearly all" asks for."""


def about(
    section: str,
    statement: str,
    theirs: str,
    ours: Mean,
    expected: float,
    tolerance: float,
    form: str = "{:.1%}",
    notes: tuple[str, ...] = (),
) -> Claim:
    """A claim that a number is near the paper's.

    Args:
        section: where the paper says it.
        statement: the claim.
        theirs: the paper's number in words.
        ours: our mean over runs.
        expected: the paper's number.
        tolerance: the most that the two may differ by, unless the interval covers the paper's number.
        form: how a number is printed.
        notes: what else decides or limits the verdict.

    Returns:
        The claim with its verdict.
    """
    near = ours.value is not None and abs(ours.value - expected) <= tolerance + 1e-12
    wide = ours.low is not None and ours.high is not None and ours.high - ours.low > WIDE * tolerance > 0
    rule = f"within {form.format(tolerance)}, or the interval covers it" if tolerance else "must be equal"
    if ours.covers(expected) and wide and not near:
        why = "; ".join(part for part in (f"{TOO_FEW}: the interval is too wide to decide", rule, *notes) if part)
        return Claim(section, statement, theirs, ours.says(form), "cannot be checked", why)
    why = reason(ours.n, "; ".join(part for part in (rule, *notes) if part))
    return Claim(section, statement, theirs, ours.says(form), verdict(ours.n, near or ours.covers(expected)), why)


def verdict(runs: int, held: bool) -> Verdict:
    """Whether a claim agrees.

    Args:
        runs: number of runs behind it.
        held: whether it held on them.

    Returns:
        `cannot be checked` when n is too small.

    Example:
        >>> verdict(4, True), verdict(5, True), verdict(5, False)
        ('cannot be checked', 'agrees', 'differs')
    """
    return "cannot be checked" if runs < MIN_RUNS else "agrees" if held else "differs"


def reason(runs: int, rule: str) -> str:
    """What decides a verdict, with the words that n is too small where it is.

    Args:
        runs: number of runs behind the claim.
        rule: the rule that decides.

    Returns:
        One line.
    """
    return rule if runs >= MIN_RUNS else f"{TOO_FEW}: {runs} run{'s' * (runs != 1)}, {MIN_RUNS} are needed; {rule}"


def within_factor(ours: float, theirs: float) -> bool:
    """Whether two positive numbers differ by at most `FACTOR`.

    Args:
        ours: our number.
        theirs: the paper's.

    Returns:
        False also when ours is not positive.
    """
    return ours > 0 and max(ours / theirs, theirs / ours) <= FACTOR
