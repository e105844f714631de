"""The fewest rules that keep the answers.

A rule may go when, without it, the program still gives the network's answer wherever it gave it before. Rules go one by
one, the weakest first, until none may: what is left has no rule too many (greedy). Weights left aside the question is a
set cover: for all p and z != p some rule must hold z and not p, unless more stands against z at the start. Where that
can be solved exactly with little search, and the votes of its rules keep the answers too, they are taken.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from cosetta.hypotheses.program import TOP, Program, least
from cosetta.programs.trial import Pairs

__all__ = ["fewest_plain_rules", "shorten"]

MOST_EXACT = 34
"""Rules up to which the set cover is solved exactly: 27 take two seconds, 82 more than a minute."""

MOST_NODES = 200
"""Branches of that search. A number of branches, not of seconds, so that every machine finds the same."""


def shorten(program: Program, pairs: Pairs) -> Program:
    """Leave out rules while every answer that agreed with the network still does.

    Cost: one pass over the pairs a rule.

    Args:
        program: the program.
        pairs: with the network's answers.

    Returns:
        A program that gives every answer of the network that the whole program gives; the start is left out too if no
        answer needs it.
    """
    answers = pairs.answers
    votes = program.votes(pairs.a, pairs.b)
    agreed = least(votes) == answers
    without_start = votes - program.at_start
    if (least(without_start)[agreed] == answers[agreed]).all():
        program, votes = replace(program, start=(), start_worth=0.0), without_start
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
        inside, said = np.flatnonzero(program.cosets_of(program.rules[i])[2]), spoken[i]
        less = others[:, inside] - said[:, None]  # only what stands against the rule's own coset changes
        now = mine - said * np.isin(answers, inside)
        bar = less.min(axis=1) if (said >= 0).all() else np.minimum(less.min(axis=1), others.min(axis=1))
        if (bar > now).all():
            others[:, inside], mine, kept = less, now, kept - {i}
    return sorted(kept)


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
