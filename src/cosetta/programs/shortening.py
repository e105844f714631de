"""The fewest rules that keep the answers.

A rule may go when, without it, the program still gives the network's answer wherever it gave it before. Rules go one by
one, the weakest first, until none may: what is left has no rule too many (greedy). Weights left aside the question is a
set cover: for all p and z != p some rule must hold z and not p, unless more stands against z at the start. Where that
can be solved exactly with little search, and the votes of its rules keep the answers too, they are taken.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from cosetta.hypotheses.program import TOP, Program, least
from cosetta.programs.trial import Pairs

__all__ = ["fewest_plain_rules", "shorten", "taken_away"]

MOST_EXACT = 34
"""Rules up to which the set cover is solved exactly: 27 take two seconds, 82 more than a minute."""

TIE = 1e-6
"""Votes that differ by less are equal: whole numbers of 1/99 are added and taken away."""

MOST_NODES = 200
"""Branches of that search. A number of branches, not of seconds, so that every machine finds the same."""


def shorten(program: Program, pairs: Pairs) -> Program:
    """Leave out rules while every answer that agreed with the network still does.

    Cost: one pass over the pairs a rule.

    Args:
        program: the program.
        pairs: with the network's answers.

    Returns:
        A program that gives every answer of the network that the whole program gives; the start and the shares are
        left out too if the answers are kept by fewer rules, or no more, without them.
    """
    agreed = least(program.votes(pairs.a, pairs.b)) == pairs.answers
    alone = replace(program, families=tuple(replace(family, shares=()) for family in program.families))
    found = [_shortened(one, pairs, agreed) for one in dict.fromkeys((alone, program))]
    return min((one for one in found if one is not None), key=lambda one: (len(one.rules), one.bits))


def _shortened(program: Program, pairs: Pairs, agreed: Bool[np.ndarray, " pair"]) -> Program | None:
    """Fewer rules of a program that keep some answers; None if the whole program loses one."""
    answers, votes = pairs.answers, program.votes(pairs.a, pairs.b)
    without_start = votes - program.at_start
    if (least(without_start)[agreed] == answers[agreed]).all():
        program, votes = replace(program, start=(), start_worth=0.0), without_start
    elif not (least(votes)[agreed] == answers[agreed]).all():
        return None
    greedy = _greedy(program, pairs, votes, agreed)
    exact = fewest_plain_rules(program)
    if exact is not None and len(exact) < len(greedy):
        said = least(program.keep(exact).votes(pairs.a, pairs.b))
        greedy = exact if (said[agreed] == answers[agreed]).all() else greedy
    return _largest_top(program.keep(greedy))


def _greedy(program: Program, pairs: Pairs, votes: np.ndarray, agreed: Bool[np.ndarray, " pair"]) -> list[int]:
    """Rules that stay when the weakest go first."""
    a, b, answers = pairs.a[agreed], pairs.b[agreed], pairs.answers[agreed]
    spoken = [program.spoken(i, a, b) for i in range(len(program.rules))]
    rows = np.arange(len(answers))
    mine, others = votes[agreed][rows, answers], votes[agreed]
    others[rows, answers] = np.inf
    kept = set(range(len(program.rules)))
    for i in sorted(kept, key=lambda i: (np.abs(spoken[i]).sum(), i)):
        less = taken_away(mine, others, spoken[i], program.against(program.rules[i]) / TOP, answers)
        if less is not None:
            mine, kept = less, kept - {i}
    return sorted(kept)


def taken_away(
    mine: Float[np.ndarray, " pair"],
    others: Float[np.ndarray, "pair z"],
    said: Float[np.ndarray, " pair"],
    against: Float[np.ndarray, " g"],
    answers: Int[np.ndarray, " pair"],
) -> Float[np.ndarray, " pair"] | None:
    """Take away what one rule or neuron says, if less still stands against every answer than against the others.

    Args:
        mine: votes against the answers.
        others: votes against the other elements, infinite at the answers; changed in place if it can go.
        said: what it says.
        against: the share of that for each element.
        answers: to keep.

    Returns:
        Votes against the answers without it; None if an answer would be lost.
    """
    heard = np.flatnonzero(against)
    less, now = others[:, heard] - said[:, None] * against[heard], mine - said * against[answers]
    lowest = less.min(axis=1)
    if (said < 0).any():  # then more may stand against the answer than against elements that it does not speak of
        lowest = np.minimum(lowest, others.min(axis=1))
    if not (lowest > now + TIE).all():
        return None
    others[:, heard] = less
    return now


def _largest_top(program: Program) -> Program:
    """The same program with its largest weight at `TOP`, as it has where it was first written; rounded as little."""
    largest = max((abs(x) for rule in program.rules for w in rule.weights for x in (w.above, w.below)), default=TOP)
    if largest == TOP:
        return program
    factor = TOP / largest
    rules = tuple(
        replace(
            rule,
            weights=tuple(
                replace(w, above=round(w.above * factor), below=round(w.below * factor)) for w in rule.weights
            ),
        )
        for rule in program.rules
    )
    worth = float(f"{program.start_worth * factor:.4g}")
    return replace(program, rules=rules, unit=float(f"{program.unit / factor:.4g}"), start_worth=worth)


def fewest_plain_rules(program: Program) -> list[int] | None:
    """Fewest rules that tell apart all elements that the program tells apart, weights left aside.

    Args:
        program: the program.

    Returns:
        Positions of rules, of the exact least number; None where the search is too long.

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.hypotheses.program import Family, Rule, Weight
        >>> S3 = named_group("S3")
        >>> point = Family("C2", (S3["(12)"],), ((0, 50, 99),))
        >>> rules = tuple(Rule("C2", int(u), int(v), (Weight(0, 9, 9),)) for u in (0, 1, 3) for v in (0, 1, 3))
        >>> len(fewest_plain_rules(Program(S3, (point,), rules)))
        6
    """
    if not 0 < len(program.rules) <= MOST_EXACT:
        return None
    cosets = np.array([program.cosets_of(rule)[2] for rule in program.rules])
    needed = np.unique(_splits(cosets, program.at_start), axis=0)
    needed = needed[needed.any(axis=1)]
    if not len(needed):
        return None
    found = milp(
        np.ones(len(cosets)),
        constraints=LinearConstraint(csr_array(needed.astype(float)), lb=1),
        bounds=Bounds(0, 1),
        integrality=1,
        options={"node_limit": MOST_NODES},
    )
    return np.flatnonzero(found.x > 0.5).tolist() if found.status == 0 else None


def _splits(cosets: Bool[np.ndarray, "rule g"], start: np.ndarray) -> Bool[np.ndarray, "pair rule"]:
    """For each product p and each other z that the start does not tell apart: which rules hold z and not p."""
    p, z = np.nonzero((start[:, None] >= start) & ~np.eye(len(start), dtype=bool))
    return (cosets[:, z] & ~cosets[:, p]).T
