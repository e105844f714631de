"""What a trial found, in plain lines: what misses its goal as plainly as what does not."""

from collections.abc import Iterator

from cosetta.programs.decompiling import Decompiled
from cosetta.programs.writing import answers_in_words

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
    yield f"{found.name}: a program of {len(short.rules)} rules ({families}), from {len(found.program.rules)} found"
    yield f"  neurons that the rules are made of hold {found.strength:.1%} of the strength"
    whole = answers_in_words(trial.agreement, trial.pairs, trial.total_pairs)
    fewest = answers_in_words(found.short_agreement, trial.pairs, trial.total_pairs)
    yield f"  gives {fewest}; all rules give {whole}; the network is right on {trial.network_accuracy:.2%}"
    if trial.plain_agreement is not None:
        yield f"  with all weights left aside the rules give {trial.plain_agreement:.2%} of its answers"
    if trial.wrong_predicted is None:
        yield "  wrong answers: the network has none here, so none can be predicted"
    else:
        yield (
            f"  of {trial.wrong:,} wrong answers it predicts {trial.wrong_predicted:.1%} "
            f"(rules about random cosets: {trial.wrong_control or 0:.1%})"
            f"{_goal('wrong_predicted', trial.wrong_predicted)}"
        )
    if trial.damage is not None:
        damage = trial.damage
        yield (
            f"  one rule and its neurons removed: the answers agree on {damage.median_agreement:.2%} (median of "
            f"{damage.rules} rules; least {damage.least_agreement:.2%}){_goal('damage', damage.least_agreement)}"
        )
        if damage.changed_predicted is None:
            yield "    no answer of the network changes"
        else:
            yield (
                f"    {damage.changed:.2%} of the network's answers change, {damage.changed_predicted:.1%} of those "
                f"are predicted, {damage.changed_left:.1%} are among the {damage.left:.1f} elements that are then left"
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
    return f"; goal {goal:.2f}: {'met' if value >= goal else 'MISSED'}"
