"""What makes a claim agree: tolerances, fixed before the full populations were measured, and verdicts.

The band of a claim is the paper's number and a tolerance on either side. The claim agrees when our 95 % interval lies
inside the band, or when our mean does and the interval is no wider than the band; it differs when the two are apart.
Anything else decides nothing: then, and with too few runs for an interval, the claim is unchecked, with the words "n
too small", so that fewer runs never make a claim agree. A tolerance of 0 stands for "all runs", without exception.
A first version of the bands and rules was sharpened after a review; none was widened.
"""

from cosetta.reproduce.stander2024.results import PAPER, Claim, Verdict
from cosetta.reproduce.stander2024.spread import MIN_RUNS, TOO_FEW, Mean

__all__ = [
    "ACCURACY",
    "CORRELATION",
    "EXPLAINED",
    "FACTOR",
    "FEW",
    "NEARLY_ALL",
    "SHARE",
    "SPREAD",
    "about",
    "beyond",
    "reason",
    "settled",
    "verdict",
    "within_factor",
]

ACCURACY = 0.02
"""Accuracies agree within this."""

SHARE = (0.003, 0.2)
"""Shares of neurons agree within this, or within this part of the paper's share, whichever is more."""

FEW = 0.05
"""At most this share of the neurons may be exceptions to "all but a few"."""

CORRELATION = (0.02, 0.1)
"""Correlations agree within this, or within this part of the paper's, whichever is more."""

SPREAD = 0.05
"""Standard deviations of correlations agree within this."""

FACTOR = 3.0
"""Losses agree within this factor: they depend on where training ends."""

EXPLAINED = 0.05
"""Shares explained by irreps agree within this."""

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
    source: str = PAPER,
) -> Claim:
    """A claim that a number is near the paper's.

    Args:
        section: where the paper says it.
        statement: the claim.
        theirs: the paper's number in words.
        ours: our mean over runs.
        expected: the paper's number.
        tolerance: the most that the two may differ by; 0 when every run must have the paper's number.
        form: how a number is printed.
        notes: what else decides or limits the verdict.
        source: who makes the claim.

    Returns:
        The claim with its verdict.
    """
    if not tolerance:
        why = reason(ours.n, "; ".join(part for part in ("every run, without exception", *notes) if part))
        return Claim(section, statement, theirs, ours.says(form), verdict(ours.n, ours.value == expected), why, source)
    low, high = expected - tolerance - _ROUNDING, expected + tolerance + _ROUNDING
    inside = beyond(ours, low) and beyond(ours, high, above=False)
    near = ours.value is not None and low <= ours.value <= high and _width(ours) <= high - low
    apart = beyond(ours, high) or beyond(ours, low, above=False)
    rule = f"the mean within {form.format(tolerance)}, with an interval no wider than that band or inside it"
    found, why = settled(ours.n, inside or near, apart, "; ".join(part for part in (rule, *notes) if part))
    return Claim(section, statement, theirs, ours.says(form), found, why, source)


def beyond(mean: Mean, bound: float, *, above: bool = True) -> bool:
    """Whether a whole interval lies on one side of a number.

    Args:
        mean: a mean with its interval.
        bound: the number.
        above: the side.

    Returns:
        False when there is no interval.
    """
    if mean.low is None or mean.high is None:
        return False
    return mean.low > bound if above else mean.high < bound


def settled(runs: int, held: bool, refuted: bool, rule: str) -> tuple[Verdict, str]:
    """The verdict and its reason where an interval can also be too wide to decide.

    Args:
        runs: number of runs behind the claim.
        held: whether the data are clear that it holds.
        refuted: whether they are clear that it does not.
        rule: the rule that decides.

    Returns:
        Verdict and reason.

    Example:
        >>> settled(8, False, False, "the interval must lie above 0")
        ('cannot be checked', 'n too small: the interval is too wide to decide; the interval must lie above 0')
    """
    if runs >= MIN_RUNS and not held and not refuted:
        return "cannot be checked", f"{TOO_FEW}: the interval is too wide to decide; {rule}"
    return verdict(runs, held), reason(runs, rule)


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


_ROUNDING = 1e-12
"""Keeps a mean at the edge of a band inside it."""


def _width(mean: Mean) -> float:
    return float("inf") if mean.low is None or mean.high is None else mean.high - mean.low
