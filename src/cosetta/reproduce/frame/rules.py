"""Rules of claims, fixed before the populations were looked at: each can say agrees, differs, or cannot be checked.

The band of a number is the paper's and a tolerance on either side. It agrees when our 95 % interval lies inside the
band, or when our mean does and the interval is no wider than the band; it differs when the two are apart. Anything else
decides nothing: then, and with too few runs for an interval, the claim is unchecked, with the words "n too small", so
that fewer runs never make a claim agree. A first version of the bands and rules was sharpened after a review; none was
widened.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from cosetta.reproduce.frame.results import Verdict
from cosetta.reproduce.frame.spread import MIN_RUNS, TOO_FEW, Mean

__all__ = [
    "AllBeyond",
    "Every",
    "Exact",
    "Exists",
    "Factors",
    "Measured",
    "Near",
    "NearAll",
    "Part",
    "Rule",
    "Stated",
    "beyond",
    "plain",
]

FACTOR = 3.0
"""Losses agree within this factor: they depend on where training ends."""


@final
@dataclass(frozen=True)
class Measured:
    """What was measured for a claim on one population.

    Args:
        ours: our number in words, with the number of runs.
        means: the numbers that the rule looks at, in its order.
        notes: what else limits or explains the verdict: a control, a share that cannot count.
        open_because: a reason why these runs cannot decide, whatever the numbers; empty if there is none.
    """

    ours: str
    means: tuple[Mean, ...]
    notes: tuple[str, ...] = ()
    open_because: str = ""


class Rule(ABC):
    """What makes a claim agree or differ."""

    def decide(self, measured: Measured) -> tuple[Verdict, str]:
        """The verdict on what was measured, and what decides it.

        Args:
            measured: on one population.

        Returns:
            Verdict and reason.
        """
        runs = min((mean.n for mean in measured.means), default=0)
        rule = "; ".join(part for part in (self.words(), *measured.notes) if part)
        if measured.open_because:
            return "cannot be checked", f"{measured.open_because}; {rule}"
        if runs < self.fewest:
            needed = f"{self.fewest} are needed"
            return "cannot be checked", f"{TOO_FEW}: {runs} run{'s' * (runs != 1)}, {needed}; {rule}"
        held, refuted = self.judge(measured.means)
        if not held and not refuted:
            return "cannot be checked", f"{TOO_FEW}: the interval is too wide to decide; {rule}"
        return "agrees" if held else "differs", rule

    def is_near(self, measured: Measured) -> bool:
        """Whether the numbers alone are as the rule asks, without intervals and however few runs there are.

        Args:
            measured: on one population.

        Returns:
            A hint, not a verdict; False if nothing was measured.
        """
        if measured.open_because or any(mean.value is None for mean in measured.means):
            return False
        return self.judge([Mean(mean.value, mean.value, mean.value, mean.n) for mean in measured.means])[0]

    @property
    def fewest(self) -> int:
        """Runs below which nothing is decided."""
        return MIN_RUNS

    @abstractmethod
    def words(self) -> str:
        """The rule in words."""

    @abstractmethod
    def judge(self, means: Sequence[Mean]) -> tuple[bool, bool]:
        """Whether the numbers are clear that the claim holds, and whether they are clear that it does not.

        Args:
            means: what was measured.

        Returns:
            Two truths, never both.
        """


@final
@dataclass(frozen=True)
class Near(Rule):
    """A mean near the paper's number.

    Args:
        expected: the paper's number.
        tolerance: the most that the two may differ by.
        form: how a number is printed.

    Example:
        >>> from cosetta.reproduce.frame.spread import mean_over_runs
        >>> Near(0.5, 0.1).decide(Measured("", (mean_over_runs([0.48, 0.5, 0.5, 0.51, 0.52]),)))[0]
        'agrees'
        >>> Near(0.5, 0.1).decide(Measured("", (mean_over_runs([0.8, 0.8, 0.9, 0.9, 0.8]),)))[0]
        'differs'
    """

    expected: float
    tolerance: float
    form: str = "{:.1%}"

    def words(self) -> str:
        """The rule in words."""
        return f"the mean within {self.form.format(self.tolerance)}, with an interval no wider than that band or inside"

    def judge(self, means: Sequence[Mean]) -> tuple[bool, bool]:
        """By the band."""
        ours, low, high = means[0], self.expected - self.tolerance - _ROUNDING, self.expected + self.tolerance
        high += _ROUNDING
        inside = beyond(ours, low) and beyond(ours, high, above=False)
        near = ours.value is not None and low <= ours.value <= high and _width(ours) <= high - low
        return inside or near, beyond(ours, high) or beyond(ours, low, above=False)


@final
@dataclass(frozen=True)
class Every(Rule):
    """All runs without exception: the mean of a truth is the paper's number itself.

    Args:
        expected: the mean that only runs without exception have.
    """

    expected: float = 1.0

    def words(self) -> str:
        """The rule in words."""
        return "every run, without exception"

    def judge(self, means: Sequence[Mean]) -> tuple[bool, bool]:
        """By equality."""
        return means[0].value == self.expected, means[0].value != self.expected


@final
@dataclass(frozen=True)
class AllBeyond(Rule):
    """Every interval on its side of a bound; it differs when one lies on the other side, or all do if `together`.

    Args:
        bounds: a number for each mean, and whether the interval must lie above it.
        said: the rule in words.
        together: whether all must lie on the other side before the claim differs.
        still: whether a mean that never moves from its bound refutes too.
    """

    bounds: tuple[tuple[float, bool], ...]
    said: str
    together: bool = False
    still: bool = False

    def words(self) -> str:
        """The rule in words."""
        return self.said

    def judge(self, means: Sequence[Mean]) -> tuple[bool, bool]:
        """By the sides of the intervals."""
        pairs = list(zip(means, self.bounds, strict=True))
        held = [beyond(mean, bound, above=above) for mean, (bound, above) in pairs]
        apart = [beyond(mean, bound, above=not above) for mean, (bound, above) in pairs]
        unmoved = self.still and any(mean.low == mean.high == bound for mean, (bound, _) in pairs)
        return all(held), unmoved or (all(apart) if self.together else any(apart))


@final
@dataclass(frozen=True)
class Factors(Rule):
    """Positive numbers within a factor of the paper's.

    Args:
        expected: the paper's numbers.
        said: what is compared, in words; empty for one number.
        runs: runs below which nothing is decided; extremes depend on how many there are.
        factor: the most that two may differ by.
    """

    expected: tuple[float, ...]
    said: str = ""
    runs: int = MIN_RUNS
    factor: float = FACTOR

    @property
    def fewest(self) -> int:
        """Runs below which nothing is decided."""
        return self.runs

    def words(self) -> str:
        """The rule in words."""
        each = "each " if len(self.expected) > 1 else ""
        return f"{self.said}{each}within a factor of {self.factor:g}"

    def judge(self, means: Sequence[Mean]) -> tuple[bool, bool]:
        """By ratios."""
        near = [
            mean.value is not None and mean.value > 0 and max(mean.value / theirs, theirs / mean.value) <= self.factor
            for mean, theirs in zip(means, self.expected, strict=True)
        ]
        return all(near), not all(near)


@final
@dataclass(frozen=True)
class NearAll(Rule):
    """Plain numbers, each within its own tolerance of the paper's; for medians, which have no interval here.

    Args:
        expected: the paper's number and the most that ours may differ by, for each.
        said: the rule in words.
    """

    expected: tuple[tuple[float, float], ...]
    said: str

    def words(self) -> str:
        """The rule in words."""
        return self.said

    def judge(self, means: Sequence[Mean]) -> tuple[bool, bool]:
        """By differences."""
        held = all(
            mean.value is not None and abs(mean.value - theirs) <= within
            for mean, (theirs, within) in zip(means, self.expected, strict=True)
        )
        return held, not held


@final
@dataclass(frozen=True)
class Part(Rule):
    """At least a part of the runs; the mean is of truths.

    Args:
        least: the part, in (0, 1].
        said: what the runs must do, in words.
    """

    least: float
    said: str

    def words(self) -> str:
        """The rule in words."""
        return f"at least {self.least:.0%} of the runs {self.said}".rstrip()

    def judge(self, means: Sequence[Mean]) -> tuple[bool, bool]:
        """By the part."""
        held = means[0].value is not None and means[0].value >= self.least
        return held, not held


@final
@dataclass(frozen=True)
class Exists(Rule):
    """That something occurs: as many kinds as are asked for settle it, however few runs; their absence takes runs.

    Args:
        least: number of different kinds that must be seen.
        said: of what, in words.
    """

    least: int
    said: str

    @property
    def fewest(self) -> int:
        """Two runs can differ."""
        return 2

    def words(self) -> str:
        """The rule in words."""
        return f"at least {self.least} different {self.said}; with {MIN_RUNS} runs or more and fewer, it differs"

    def judge(self, means: Sequence[Mean]) -> tuple[bool, bool]:
        """By the number of kinds."""
        value, runs = means[0].value, means[0].n
        held = value is not None and value >= self.least
        return held, not held and runs >= MIN_RUNS


@final
@dataclass(frozen=True)
class Stated(Rule):
    """A test that has its own verdict, which the first mean carries: 1 held, 0 failed, None not decided.

    Args:
        said: the test in words.
    """

    said: str

    def words(self) -> str:
        """The rule in words."""
        return self.said

    def judge(self, means: Sequence[Mean]) -> tuple[bool, bool]:
        """By the test."""
        return means[0].value == 1.0, means[0].value == 0.0


@final
@dataclass(frozen=True)
class Exact(Rule):
    """One number that needs no runs: algebra, or a figure recomputed from released weights, to a number of digits.

    Args:
        expected: the paper's number.
        tolerance: the most that the two may differ by, for the digits that are printed.
        said: what is compared.
    """

    expected: float
    tolerance: float
    said: str = "exact"

    @property
    def fewest(self) -> int:
        """One is enough."""
        return 1

    def words(self) -> str:
        """The rule in words."""
        return f"{self.said}, within {self.tolerance:.2g}"

    def judge(self, means: Sequence[Mean]) -> tuple[bool, bool]:
        """By the difference."""
        value = means[0].value
        held = value is not None and abs(value - self.expected) <= self.tolerance
        return held, not held


def plain(value: float | None, runs: int) -> Mean:
    """A number over some runs that has no interval, such as a median.

    Args:
        value: the number; None if nothing was measured.
        runs: how many runs are behind it.

    Returns:
        The number as a mean without an interval.
    """
    return Mean(value, None, None, runs)


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


_ROUNDING = 1e-12
"""Keeps a mean at the edge of a band inside it."""


def _width(mean: Mean) -> float:
    return float("inf") if mean.low is None or mean.high is None else mean.high - mean.low
