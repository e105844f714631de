"""What a trial found, in plain lines: what misses its goal as plainly as what does not."""

from collections.abc import Iterator

from cosetta.programs.decompiling import Decompiled
from cosetta.programs.writing import answers_in_words
from cosetta.shown import percent, plural

__all__ = ["GOALS", "trial_lines"]

GOALS = {"wrong_predicted": 0.80, "damage": 0.95, "rank_correlation": 0.90}
"""Set before anything was measured: wrong answers predicted, agreement after a removal, rank correlation."""


def trial_lines(found: Decompiled) -> Iterator[str]:
    """A decompiled network in lines.

    Args:
        found: the decompiled network.

    Yields:
        One line a measure.
    """
    trial, short = found.trial, found.short
    families = ", ".join(
        f"{sum(rule.family == f.name for rule in short.rules)} of {f.name}" for f in reversed(short.families)
    )
    size = plural(len(short.rules), "rule")
    yield f"{found.name}: a program of {size} ({families}), from {len(found.program.rules)} found"
    yield f"  neurons that the rules are made of hold {percent(found.strength, 1)} of the strength"
    whole = answers_in_words(trial.agreement, trial.pairs, trial.total_pairs)
    fewest = answers_in_words(found.short_agreement, trial.pairs, trial.total_pairs)
    yield f"  gives {fewest}; all rules give {whole}; the network is right on {percent(trial.network_accuracy)}"
    if trial.plain_agreement is not None:
        yield f"  with all weights left aside the rules give {percent(trial.plain_agreement)} of its answers"
    if trial.wrong_predicted is None:
        yield "  wrong answers: the network has none here, so none can be predicted"
    else:
        yield (
            f"  of {plural(trial.wrong, 'wrong answer')} it predicts {percent(trial.wrong_predicted, 1)} "
            f"(rules about random cosets: {percent(trial.wrong_control or 0.0, 1)})"
            f"{_goal('wrong_predicted', trial.wrong_predicted)}"
        )
    if trial.damage is not None:
        damage = trial.damage
        yield (
            f"  one rule and its neurons removed: the answers agree on {percent(damage.median_agreement)} (median of "
            f"{plural(damage.rules, 'rule')}; least {percent(damage.least_agreement)})"
            f"{_goal('damage', damage.least_agreement)}"
        )
        if damage.changed_predicted is None:
            yield "    no answer of the network changes"
        else:
            predicted, among = percent(damage.changed_predicted, 1), percent(damage.changed_left, 1)
            yield (
                f"    {percent(damage.changed)} of the network's answers change, {predicted} of those are predicted, "
                f"{among} are among the {damage.left:.1f} elements that are then left"
            )
    if trial.rank_correlation is not None:
        yield (
            f"  votes and logits against other elements: rank correlation {trial.rank_correlation:.3f}"
            f"{_goal('rank_correlation', trial.rank_correlation)}"
        )
    yield f"  size: {short.bits:,.0f} bits ({trial.bits:,.0f} with all rules); the table takes {trial.table_bits:,.0f}"
    yield "  " + (
        "the network written from it decompiles to it again"
        if found.settled
        else "its own network decompiles to another program"
    )


def _goal(name: str, value: float) -> str:
    goal = GOALS[name]
    said = f"{goal:.2f}" if name == "rank_correlation" else percent(goal, 0)
    return f"; goal {said}: {'met' if value >= goal else 'MISSED'}"
