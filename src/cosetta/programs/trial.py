"""How well a program says what its network does, right or wrong, whole or damaged.

That a right program agrees with a right network says little. So: the share of the network's *wrong* answers that the
program gives, beside the same program with its rules about random cosets; the answers of both when one rule is taken
from the program and its neurons from the network; the rank correlation of what the votes and the logits say against the
other elements; and the size in bits, beside the table's.
"""

from dataclasses import dataclass
from math import log2
from typing import final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.stats import rankdata

from cosetta.config import AnalysisConfig
from cosetta.groups import Group
from cosetta.hypotheses.program import TOP, Program, ProgramAccount, credit, least
from cosetta.models import FoldedModel

__all__ = ["Damage", "Pairs", "Trial", "try_program"]

COMPARED = 200_000
"""Entries (pair, other element) whose votes and logits are compared by rank."""


@final
@dataclass(frozen=True, eq=False)
class Pairs:
    """The pairs that program and network are compared on, with the network's logits.

    Args:
        a: left factors.
        b: right factors.
        logits: of the network.
        products: ab.
        total: |G|^2.
    """

    a: Int[np.ndarray, " pair"]
    b: Int[np.ndarray, " pair"]
    logits: Float[np.ndarray, "pair z"]
    products: Int[np.ndarray, " pair"]
    total: int

    @classmethod
    def of(cls, model: FoldedModel, group: Group, config: AnalysisConfig) -> "Pairs":
        """All pairs up to `arena_pairs`, else a random sample of that size.

        Args:
            model: the network.
            group: its group.
            config: number of pairs and seed.

        Returns:
            The pairs.
        """
        order = group.order
        chosen = np.arange(order**2)
        if order**2 > config.arena_pairs:
            chosen = np.sort(np.random.default_rng(config.seed).choice(order**2, config.arena_pairs, replace=False))
        a, b = np.divmod(chosen, order)
        blocks = [
            model.logits(torch.from_numpy(x), torch.from_numpy(y)).numpy()
            for x, y in zip(np.array_split(a, 32), np.array_split(b, 32), strict=True)
        ]
        return cls(a, b, np.concatenate(blocks).astype(np.float32), group.table[a, b], order**2)

    def first(self, most: int) -> "Pairs":
        """Every pair of a small group, else so many of a sample.

        Args:
            most: of a sample.

        Returns:
            The pairs.
        """
        if len(self.a) == self.total or len(self.a) <= most:
            return self
        chosen = np.random.default_rng(most).choice(len(self.a), most, replace=False)
        return Pairs(self.a[chosen], self.b[chosen], self.logits[chosen], self.products[chosen], self.total)

    @property
    def answers(self) -> Int[np.ndarray, " pair"]:
        """The network's answers."""
        return self.logits.argmax(axis=1)

    @property
    def wrong(self) -> Bool[np.ndarray, " pair"]:
        """Where the network errs."""
        return self.answers != self.products


@final
@dataclass(frozen=True)
class Damage:
    """One rule taken from the program, and its neurons silenced in the network, for each rule in turn.

    Args:
        rules: how many rules were taken out, one at a time.
        median_agreement: median over rules of the share of pairs on which the answers agree.
        least_agreement: the least such share.
        good: share of the rules with at least 95 % agreement.
        changed: answers of the network that any of the removals changed, as a share of all.
        changed_predicted: share of the changed answers that the damaged program gives; None if none changed.
        changed_left: share of them that no rule that is left rules out, weights aside; None if none changed.
        left: mean number of elements that no rule rules out on those pairs, weights aside; None if none changed.
    """

    rules: int
    median_agreement: float
    least_agreement: float
    good: float
    changed: float
    changed_predicted: float | None
    changed_left: float | None
    left: float | None


@final
@dataclass(frozen=True)
class Trial:
    """A program against its network.

    Args:
        pairs: how many pairs were compared.
        total_pairs: |G|^2.
        network_accuracy: share of the pairs that the network multiplies rightly.
        program_accuracy: the same of the program; several least elements are no answer.
        agreement: share of the network's answers that the program gives; 1 only if it gives every one of them.
        undecided: share of pairs on which several elements share the least.
        plain_agreement: agreement of the program with weights left aside; None where that was not computed.
        wrong: number of pairs on which the network errs.
        wrong_predicted: share of them on which the program gives the same wrong answer; None if there are none.
        wrong_control: the same for the program with every rule about a random coset of its class: mean of the draws.
        rank_correlation: Spearman's, of votes and logits against the other elements; None if either is constant.
        damage: with single rules taken out.
        bits: size of the program.
        table_bits: size of the multiplication table.
    """

    pairs: int
    total_pairs: int
    network_accuracy: float
    program_accuracy: float
    agreement: float
    undecided: float
    plain_agreement: float | None
    wrong: int
    wrong_predicted: float | None
    wrong_control: float | None
    rank_correlation: float | None
    damage: Damage | None
    bits: float
    table_bits: float


def try_program(
    program: Program,
    account: ProgramAccount,
    pairs: Pairs,
    neurons: dict[tuple[str, int, int], list[int]],
    config: AnalysisConfig,
) -> Trial:
    """Hold a program against its network.

    Cost: for each rule one pass over the pairs.

    Args:
        program: the program.
        account: of the network, for the control.
        pairs: with the network's logits.
        neurons: of the network, by the coset of their rule.
        config: seed and number of control draws.

    Returns:
        The trial.
    """
    votes = program.votes(pairs.a, pairs.b)
    said, given, order = least(votes), credit(votes, pairs.answers), program.group.order
    wrong = pairs.wrong
    plain = (program.left_over()[pairs.a, pairs.b] == pairs.answers).mean() if order**2 <= len(pairs.a) else None
    return Trial(
        pairs=len(pairs.a),
        total_pairs=pairs.total,
        network_accuracy=float(1 - wrong.mean()),
        program_accuracy=float((said == pairs.products).mean()),
        agreement=float(given.mean()),
        undecided=float((said < 0).mean()),
        plain_agreement=None if plain is None else float(plain),
        wrong=int(wrong.sum()),
        wrong_predicted=float(given[wrong].mean()) if wrong.any() else None,
        wrong_control=_control(account, pairs, config) if wrong.any() else None,
        rank_correlation=_rank_correlation(votes, pairs, config.seed),
        damage=_damage(program, account.facts.model, pairs, neurons) if program.rules else None,
        bits=program.bits,
        table_bits=order**2 * log2(order),
    )


def _control(account: ProgramAccount, pairs: Pairs, config: AnalysisConfig) -> float:
    """Share of the wrong answers that programs with the wrong content give."""
    generator, wrong = np.random.default_rng([config.seed, 2]), pairs.wrong
    found = []
    for _ in range(config.control_draws):
        program = account.control(generator).program
        assert program is not None  # the account has one
        found.append(credit(program.votes(pairs.a[wrong], pairs.b[wrong]), pairs.answers[wrong]).mean())
    return float(np.mean(found))


def _rank_correlation(votes: Float[np.ndarray, "pair z"], pairs: Pairs, seed: int) -> float | None:
    """Of the votes against z beyond those against the network's answer, and the answer's margin over z."""
    rows = np.arange(len(votes))[:, None]
    answer = pairs.answers[:, None]
    generator = np.random.default_rng([seed, 3])
    row, z = generator.integers(len(votes), size=COMPARED), generator.integers(votes.shape[1], size=COMPARED)
    row, z = row[z != answer[row, 0]], z[z != answer[row, 0]]
    against = votes[row, z] - votes[rows, answer][row, 0]
    margin = pairs.logits[rows, answer][row, 0] - pairs.logits[row, z]
    if not len(row) or np.ptp(against) == 0 or np.ptp(margin) == 0:
        return None
    return float(np.corrcoef(rankdata(against), rankdata(margin))[0, 1])


def _damage(
    program: Program, model: FoldedModel, pairs: Pairs, neurons: dict[tuple[str, int, int], list[int]]
) -> Damage | None:
    """Take each rule out of both."""
    agreement, moves = [], np.zeros(4)
    pairs = pairs.first(DAMAGED)
    a, b = torch.from_numpy(pairs.a), torch.from_numpy(pairs.b)
    votes, before = program.votes(pairs.a, pairs.b), pairs.answers
    fired = np.array([program.spoken(i, pairs.a, pairs.b) != 0 for i in range(len(program.rules))], dtype=float)
    cosets = np.array([program.cosets_of(rule)[2] for rule in program.rules], dtype=float)
    for i, rule in enumerate(program.rules):
        if rule.coset not in neurons:  # a rule that was renamed when the program was settled
            continue
        gone = torch.tensor(neurons[rule.coset])
        part = model.keep(gone)
        lost = model.activate(part.left[a] + part.right[b]) @ part.out.T
        network = (pairs.logits - lost.numpy()).argmax(axis=1)
        said = program.spoken(i, pairs.a, pairs.b)[:, None] * program.against(rule) / TOP
        given = credit(np.round(votes - said, 6), network)  # ties stay ties
        agreement.append(given.mean())
        moved = np.flatnonzero(network != before)
        others = np.arange(len(fired)) != i
        left = fired[others][:, moved].T @ cosets[others] == 0
        moves += len(moved), given[moved].sum(), left[np.arange(len(moved)), network[moved]].sum(), left.sum()
    if not agreement:
        return None
    shares, changed = np.array(agreement), int(moves[0])
    predicted, among, count = (moves[1:] / changed).tolist() if changed else (None, None, None)
    return Damage(
        rules=len(shares),
        median_agreement=float(np.median(shares)),
        least_agreement=float(shares.min()),
        good=float((shares >= GOOD).mean()),
        changed=changed / (len(shares) * len(before)),
        changed_predicted=predicted,
        changed_left=among,
        left=count,
    )


DAMAGED = 4_000
"""Pairs of a sample on which each rule is taken out."""

GOOD = 0.95
"""Agreement after a removal that counts as good: the goal set beforehand."""
