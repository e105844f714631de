"""What the report and the terminal say first: sentences that a sceptic can check, and a few numbers.

First what the network does, on training and on test pairs; then how much of it cosets cover, beside what chance would
reach; then what happens when that much of it is replaced, beside a control; then which account is best. The numbers are
picked from the analysis, never computed.
"""

from collections import Counter
from typing import NamedTuple

from cosetta.groups.integers import is_prime
from cosetta.report.notation import count, decimal, drawn, draws, percent, plural, scientific, typeset
from cosetta.report.waves import kind_of
from cosetta.results import Analysis, Evidence, Frequency

__all__ = [
    "Stat",
    "accuracy_sentence",
    "best_sentence",
    "found_instead",
    "headline_sentence",
    "headline_stats",
    "headline_test",
    "judged",
    "open_sentence",
    "opens_with_cosets",
    "origin",
    "rank_sentence",
    "three_shares",
    "verdict_of_learning",
]

HEADLINE_TEST = "coset-means"
"""Id of the replacement test that the first sentence quotes."""

FITTED = 0.99
"""Training accuracy from which a network fits its training pairs."""

GENERAL = 0.9
"""Test accuracy below which a network that fits its training pairs has memorised them."""


MARGIN = 0.5
"""Share of the strength from which cosets carry the opening of the report; below, it shows what else there is."""


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


def opens_with_cosets(analysis: Analysis) -> bool:
    """Whether the report opens with a coset: cosets cover most of the strength, and the network has learned.

    Args:
        analysis: the analysis.

    Returns:
        False also where nothing is covered.
    """
    covered = analysis.covered_strength >= MARGIN and bool(analysis.coset.exemplars)
    return covered and not verdict_of_learning(analysis)


def origin(analysis: Analysis) -> tuple[str, str, str]:
    """Where a network that somebody else trained was read from.

    Args:
        analysis: the analysis.

    Returns:
        The file with its folder, the name of its format, and the whole path; empty for a run of our own.
    """
    source, format = (str(analysis.run.get(name) or "") for name in ("source", "format"))
    return ("/".join(source.replace("\\", "/").split("/")[-2:]), format, source) if source else ("", "", "")


def rank_sentence(analysis: Analysis) -> str:
    """How many live neurons are of rank one in their main irrep.

    Args:
        analysis: the analysis.

    Returns:
        Plain text; empty where every function is, as in an abelian group, or nothing was measured.
    """
    measured = [neuron.facts.rank_shares for neuron in analysis.live if neuron.facts.rank_shares]
    if not measured or analysis.frequencies is not None:
        return ""
    ranked = sum(min(shares["left"], shares["right"]) >= RANK_ONE for shares in measured)
    return (
        f"In {count(ranked)} of {plural(len(measured), 'live neuron')} one pair of vectors holds "
        f"{percent(RANK_ONE, 0)} or more of left and of right in the main irrep: they are of rank one."
    )


RANK_ONE = 0.95
"""Rank share of left and of right from which the report counts a neuron as of rank one."""


def accuracy_sentence(analysis: Analysis) -> str:
    """What the network does, on training and on test pairs where its run tells them apart.

    Args:
        analysis: the analysis.

    Returns:
        Plain text.
    """
    known = _train_and_test(analysis)
    if known is None:
        return f"Accuracy {percent(analysis.accuracy)}{_sampled(analysis)}; no record tells training from test pairs."
    (train, test), pairs = known, _pairs(analysis)
    counts = [f" ({plural(number, 'pair')})" for number in pairs] if pairs else ["", ""]
    return f"Train accuracy {percent(train)}{counts[0]}, test accuracy {percent(test)}{counts[1]}."


def verdict_of_learning(analysis: Analysis) -> str:
    """Whether the network memorised or did not learn, with what to try; empty if it learned or nobody knows.

    Args:
        analysis: the analysis.

    Returns:
        Plain text, such as `It memorised: right on its 29 training pairs, wrong on the other 7: ...`.
    """
    known = _train_and_test(analysis)
    if known is None or known[1] >= GENERAL:
        return ""
    (train, test), pairs = known, _pairs(analysis)
    if train < FITTED:
        return (
            f"It has not learned: right on {percent(train)} of its training pairs and {percent(test)} of the others, "
            f"so there is no algorithm to explain; try more --max-steps, another --seed or another --recipe."
        )
    if pairs is None:
        said = f"right on {percent(train)} of its training pairs, on {percent(test)} of the others"
    else:
        right, wrong = round(train * pairs[0]), pairs[1] - round(test * pairs[1])
        said = f"right on {'its' if right == pairs[0] else f'{count(right)} of its'} {count(pairs[0])} training pairs, "
        said += f"wrong on {'the' if wrong == pairs[1] else f'{count(wrong)} of the'} other {count(pairs[1])}"
    config = analysis.run.get("config", {})
    now = config.get("train_fraction") if isinstance(config, dict) else None
    fraction = f" (now {now:g})" if isinstance(now, float) else ""
    return (
        f"It memorised: {said}: there is no algorithm to explain; try a larger --train-fraction{fraction}, a smaller "
        "--batch-size, more --weight-decay or another --seed."
    )


def three_shares(analysis: Analysis) -> str:
    """The share of neurons in cosets as three numbers: covered, covered with p < 0.05, and what chance would reach.

    Args:
        analysis: the analysis.

    Returns:
        Plain text without a full stop; the first number alone for a file that has no others.

    Example:
        >>> from cosetta.results import Analysis, CosetFindings
        >>> three_shares(Analysis("S3", 6, ("e",), (), 0, "relu", 0.5, 1.0, (), CosetFindings(), (), {}, ()))
        '0 of 0 live neurons are covered by cosets'
    """
    covered, live = len(analysis.coset.covered), len(analysis.live)
    said = f"{count(covered)} of {plural(live, 'live neuron')} {'is' if covered == 1 else 'are'} covered by cosets"
    chance = analysis.chance
    if not covered:
        reach = "" if chance is None or not live else percent(chance.by_chance, 1)
        return f"{said} (random neurons of the same irreps would reach {reach})" if reach else said
    said += f" ({percent(analysis.covered_share, 1)}"
    if chance is None:
        return f"{said})"
    return (
        f"{said}; {percent(chance.significant, 1)} with p < 0.05; random neurons of the same irreps would reach "
        f"{percent(chance.by_chance, 1)})"
    )


def headline_sentence(analysis: Analysis) -> str:
    """How much cosets cover, and what the network does when that much is replaced.

    Args:
        analysis: the analysis.

    Returns:
        Plain text, not escaped.
    """
    start = (
        f"In this network of {plural(analysis.width, 'neuron')} on {typeset(analysis.group)}, {three_shares(analysis)}"
    )
    if analysis.coset.refused:
        return f"{start}: the coset account could not be stated ({typeset(analysis.coset.refused)})."
    if not analysis.coset.covered and is_prime(analysis.order):
        return (
            f"{start}: none can be, since a group of prime order has no proper subgroup but the trivial one, "
            "so there is nothing to replace by coset means."
        )
    if not analysis.coset.covered:
        return f"{start}, so there is nothing to replace by coset means."
    test = headline_test(analysis)
    if test is None or test.control is None:
        return f"{start}; no replacement test with a control has run."
    pairs = f"{'all ' if test.pairs == analysis.order**2 else ''}{count(test.pairs)}"
    return (
        f"{start}; with their functions, {percent(analysis.covered_strength, 1)} of the network’s strength, replaced "
        f"by coset means, {percent(test.accuracy)} of {pairs} products come out right, against {drawn(test.control)} "
        f"under the control ({typeset(test.control.name)})."
    )


def found_instead(analysis: Analysis) -> str:
    """What the neurons are where cosets cover none of them: strength by irrep, or by frequency.

    Args:
        analysis: the analysis.

    Returns:
        Plain text; empty if cosets cover a neuron, or no neuron is live.
    """
    if analysis.coset.covered or not analysis.live:
        return ""
    waves = analysis.frequencies
    if waves is not None:
        parts = [
            f"{', '.join(map(str, found.k))} ({percent(found.strength, 0)})"
            for found in waves.frequencies[:SHOWN_PARTS]
        ]
        if waves.is_cyclic:
            rest = len(waves.frequencies) - SHOWN_PARTS
            more = f" and {count(rest)} more" if rest > 0 else ""
            return (
                f"What was found instead, as shares of the network’s strength: frequencies {', '.join(parts)}{more}"
                f"{_kinds(waves.frequencies)}."
            )
    shares = list(analysis.strength_by_irrep.items())
    named = ", ".join(f"{typeset(name)} {percent(share, 0)}" for name, share in shares[:SHOWN_PARTS])
    more = f" and {count(len(shares) - SHOWN_PARTS)} more" if len(shares) > SHOWN_PARTS else ""
    return f"What was found instead, as shares of the network’s strength: irreps {named}{more}."


def _kinds(frequencies: tuple[Frequency, ...]) -> str:
    """How many of the frequencies are clocks, pizzas and neither."""
    kinds = Counter(kind_of(frequency) for frequency in frequencies)
    words = {"clock": ("clock", "clocks"), "pizza": ("pizza", "pizzas"), "between": 2 * ("between the two",)}
    parts = [f"{count(kinds[kind])} {forms[kinds[kind] > 1]}" for kind, forms in words.items() if kinds[kind]]
    if kinds["sign"]:
        parts.append(f"{count(kinds['sign'])} of two values")
    return f" ({', '.join(parts)})" if parts else ""


SHOWN_PARTS = 5
"""Irreps or frequencies that are named in a sentence."""


def best_sentence(analysis: Analysis) -> str:
    """Which account is best, and what that means.

    Args:
        analysis: the analysis.

    Returns:
        Plain text; empty if the accounts did not compete.
    """
    arena = analysis.arena
    if arena is None:
        return ""
    if all(row.verdict == "not applicable" for row in arena.contests):
        return "No account can be told from another: the network’s loss is hardly below that of no neurons at all."
    if arena.shortest and not arena.best:
        held = analysis.account(arena.shortest)
        return (
            f"The shortest account that holds, {held.title}, takes {count(round(held.bits))} bits, more than the "
            f"{count(round(arena.lookup_bits))} of the multiplication table, so none explains more than the table does."
        )
    if not arena.best:
        return "No account holds alone, reproduces the logits and is shorter than the multiplication table."
    best, alone = analysis.account(arena.best), arena.contest(arena.best, "alone")
    return (
        f"Best account: {best.title}, the shortest that holds, with {count(round(best.bits))} bits against "
        f"{count(round(arena.lookup_bits))} of the multiplication table; alone, with {percent(best.strength, 1)} of "
        f"the network’s strength idealised and the rest silenced, it recovers {percent(alone.recovered, 1)} of the "
        f"loss and reproduces {percent(max(0.0, alone.fidelity), 1)} of the logits’ variance."
    )


def headline_stats(analysis: Analysis) -> tuple[Stat, ...]:
    """The few numbers that the report opens with.

    Args:
        analysis: the analysis.

    Returns:
        Train and test accuracy where they are known, accuracy and loss on all pairs, share covered by cosets beside
        chance, the replacement test with the share that it replaced, its control, and the best account.
    """
    test, live, chance = headline_test(analysis), len(analysis.live), analysis.chance
    known, counts = _train_and_test(analysis), _pairs(analysis)
    stats = []
    if known is not None:
        notes = [f"of {plural(number, 'pair')}" for number in counts] if counts else ["", ""]
        stats = [
            Stat(percent(known[0]), "train accuracy", notes[0]),
            Stat(percent(known[1]), "test accuracy", notes[1]),
        ]
    covered = f"{count(len(analysis.coset.covered))} of {count(live)}; {count(analysis.width - live)} dead not counted"
    if chance is not None:
        covered += f"; {percent(chance.significant, 1)} with p < 0.05, {percent(chance.by_chance, 1)} by chance"
    pairs = f"of all {count(analysis.order**2)} products ab"
    stats += [
        Stat(percent(analysis.accuracy), "accuracy", _sampled(analysis).strip(" ()") or pairs),
        Stat(scientific(analysis.loss), "cross-entropy", "nats, mean over the same pairs"),
        Stat(percent(analysis.covered_share, 1), "live neurons covered by cosets", covered),
    ]
    if test is not None and test.control is not None:
        control = test.control
        spread = f"; {draws(control)}" if draws(control) else ""
        replaced = f"{test.name}: {percent(analysis.covered_strength, 1)} of the strength replaced"
        stats += [
            Stat(percent(test.accuracy), "accuracy on coset means", replaced),
            Stat(percent(control.accuracy), "accuracy of the control", control.name + spread),
        ]
    if analysis.arena is not None and analysis.arena.best:
        best, alone = analysis.account(analysis.arena.best), analysis.arena.contest(analysis.arena.best, "alone")
        note = f"{best.title}: {decimal(alone.fidelity)} of the logits’ variance reproduced"
        stats.append(Stat(f"{count(round(best.bits))} bits", "best account", note))
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
    start = f"Not covered by cosets: {plural(len(analysis.live) - len(analysis.coset.covered), 'live neuron')}{weight}."
    if analysis.evidence and not tests:
        return f"{start} No prediction of the coset account applies."
    return f"{start} Predictions that failed: {count(failed)} of {count(len(tests))}."


def _train_and_test(analysis: Analysis) -> tuple[float, float] | None:
    """Accuracy on training and test pairs at the last evaluation, if the run has any."""
    curve = analysis.curve
    return None if curve is None or not curve.step else (curve.train_accuracy[-1], curve.test_accuracy[-1])


def _pairs(analysis: Analysis) -> tuple[int, int] | None:
    """How many pairs train and test, if the record of the run says so."""
    config = analysis.run.get("config")
    if not isinstance(config, dict):
        return None
    fraction = config.get("train_fraction")
    if not isinstance(fraction, float) or not 0 < fraction < 1 or config.get("split", "ordered") != "ordered":
        return None
    train = round(fraction * analysis.order**2)
    return train, analysis.order**2 - train


def _sampled(analysis: Analysis) -> str:
    """On what the accuracy was measured, if it is of a sample."""
    if analysis.accuracy_interval is None:
        return ""
    low, high = map(percent, analysis.accuracy_interval)
    return f" (of {count(analysis.accuracy_pairs or 0)} random products ab; 95 % interval {low} to {high})"
