"""A program: what a coset network computes, in integers and without the network.

A rule is a coset C = uHv. It looks at two cosets of H, those of u^-1 a and of v b^-1, which are the same one exactly
when ab lies in C. A scale gives each coset of H a value, and where the first value is the larger one (or the smaller)
the rule speaks against the elements of C, with the weight of that case times the difference; and, where a family has
shares, with a share of that against the elements of every other uHxHv. All that is said against an element is added to
what stands against it at the start, and the product is the element against which least is said. With weights left aside
a rule is plain: if the values differ, C is ruled out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import log2
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Int

from cosetta.groups import Group, Subgroup
from cosetta.hypotheses.partitions import coset_partition

__all__ = ["TOP", "Family", "Program", "Rule", "Weight", "credit", "least"]

TOP = 99
"""Largest integer of a program: values, what is said against double cosets, and weights have two digits."""


@final
@dataclass(frozen=True)
class Family:
    """The rules of one conjugacy class of subgroups share their scales and shares.

    Args:
        name: of the class.
        generators: elements that generate H.
        scales: at least one; a value for each right coset of H, in the order of their smallest elements, 0 to `TOP`,
            both reached.
        shares: what a rule uHv says against the elements of uHxv, in 1/`TOP` of what it says against uHv: a value for
            each right coset Hx, in the order of their smallest elements, equal on a double coset; 0 to `TOP`, that of
            H is `TOP`. Empty where it speaks against uHv alone.
    """

    name: str
    generators: tuple[int, ...]
    scales: tuple[tuple[int, ...], ...]
    shares: tuple[int, ...] = ()


@final
@dataclass(frozen=True)
class Weight:
    """How strongly a rule speaks on one scale.

    Args:
        scale: position in the family's scales.
        above: weight where the coset of a has the larger value; -`TOP` to `TOP`.
        below: weight where that of b has.
    """

    scale: int
    above: int
    below: int


@final
@dataclass(frozen=True)
class Rule:
    """Unless ab lies in uHv, speak against it.

    Args:
        family: name of the class of H.
        u: smallest element that carries H to the conjugate uHu^-1 on the left of the coset.
        v: smallest element of u^-1 C.
        weights: one a scale that is used, in the order of the scales.
        says: what it means that ab lies in the coset, in words.
    """

    family: str
    u: int
    v: int
    weights: tuple[Weight, ...]
    says: str = field(default="", compare=False)

    @property
    def coset(self) -> tuple[str, int, int]:
        """What tells rules apart."""
        return self.family, self.u, self.v


@final
@dataclass(frozen=True)
class Program:
    """Rules that vote.

    Args:
        group: the group it multiplies in; two programs are compared without it.
        families: one a class of subgroups.
        rules: at most one for each coset.
        unit: logits that one vote is worth in the network it was taken from.
        start: what stands against each element at the start, 0 to `TOP`, both reached; empty for nothing.
        start_worth: votes that 1 of `start` is worth.

    Source:
        This project; the circuits are those of Stander et al. 2023 (arXiv:2312.06581).

    Example:
        >>> from cosetta.groups import named_group
        >>> S3 = named_group("S3")
        >>> point = Family("C2", (S3["(12)"],), ((0, 50, 99),))
        >>> rules = [Rule("C2", int(u), int(v), (Weight(0, 9, 9),)) for u in (0, 1, 3) for v in (0, 1, 3)]
        >>> program = Program(S3, (point,), tuple(rules))
        >>> bool((program.answers() == S3.table).all())
        True
    """

    group: Group = field(compare=False)
    families: tuple[Family, ...]
    rules: tuple[Rule, ...]
    unit: float = 1.0
    start: tuple[int, ...] = ()
    start_worth: float = 0.0

    @cached_property
    def by_name(self) -> dict[str, Family]:
        """The families by name."""
        return {family.name: family for family in self.families}

    @cached_property
    def subgroups(self) -> dict[str, Subgroup]:
        """H of each family."""
        return {family.name: self.group.subgroup(family.generators) for family in self.families}

    def cosets_of(self, rule: Rule) -> tuple[Int[np.ndarray, " g"], Int[np.ndarray, " g"], Bool[np.ndarray, " g"]]:
        """What a rule sees.

        Args:
            rule: one of the rules.

        Returns:
            The coset of u^-1 a for every a, the coset of v b^-1 for every b, and whether z lies in uHv for every z.
        """
        H, table, inverse = self.subgroups[rule.family], self.group.table, self.group.inverse
        rows, back = coset_partition(H, "right"), table[inverse[rule.u]]
        return rows[back], rows[table[rule.v, inverse]], rows[back] == rows[rule.v]

    def against(self, rule: Rule) -> Int[np.ndarray, " g"]:
        """How much of what a rule says is said against each element.

        Args:
            rule: one of the rules.

        Returns:
            Values in 1/`TOP`: `TOP` on uHv, elsewhere what the family's shares tell.
        """
        H, table, inverse = self.subgroups[rule.family], self.group.table, self.group.inverse
        shares = np.array(self.by_name[rule.family].shares or [TOP] + [0] * (H.index - 1))
        return shares[coset_partition(H, "right")[table[table[inverse[rule.u]], inverse[rule.v]]]]

    def terms(self) -> Iterator[tuple[int, int, Int[np.ndarray, "3 g"]]]:
        """The program as neurons: each fires with relu(left(a) + right(b)) and speaks against elements.

        Yields:
            Position of its rule, its weight, and left, right and how much is said against each element, in 1/`TOP`.
        """
        for i, rule in enumerate(self.rules):
            (of_a, of_b, _), against = self.cosets_of(rule), self.against(rule)
            for weight in rule.weights:
                values = np.array(self.by_name[rule.family].scales[weight.scale])
                for strength, sign in ((weight.above, 1), (weight.below, -1)):
                    if strength:
                        yield i, strength, np.stack([sign * values[of_a], -sign * values[of_b], against])

    @property
    def at_start(self) -> Float[np.ndarray, " g"]:
        """Votes against each element before any rule speaks."""
        return np.array(self.start or [0] * self.group.order) * self.start_worth

    @cached_property
    def _stacked(self) -> tuple[Int[np.ndarray, " term"], Int[np.ndarray, " term"], Float[np.ndarray, "3 term g"]]:
        found = list(self.terms())
        arrays = np.array([term for _, _, term in found], dtype=float).reshape(len(found), 3, self.group.order)
        whole = [np.array([x[k] for x in found], dtype=int) for k in (0, 1)]
        return whole[0], whole[1], arrays.transpose(1, 0, 2)

    def votes(self, a: Int[np.ndarray, " pair"], b: Int[np.ndarray, " pair"]) -> Float[np.ndarray, "pair z"]:
        """What is said against each element.

        Args:
            a: left factors.
            b: right factors.

        Returns:
            Votes: whole numbers of 1/`TOP`, exact below 2^53 of them, and what stands at the start.
        """
        _, strengths, (left, right, against) = self._stacked
        fired = np.maximum(left[:, a] + right[:, b], 0) * strengths[:, None]
        return fired.T @ against / TOP + self.at_start

    def spoken(self, i: int, a: Int[np.ndarray, " pair"], b: Int[np.ndarray, " pair"]) -> Float[np.ndarray, " pair"]:
        """What one rule says against the elements of its coset; others have `against` of it.

        Args:
            i: position of the rule.
            a: left factors.
            b: right factors.

        Returns:
            Votes.
        """
        rules, strengths, (left, right, _) = self._stacked
        mine = rules == i
        return strengths[mine] @ np.maximum(left[mine][:, a] + right[mine][:, b], 0)

    def answers(self) -> Int[np.ndarray, "a b"]:
        """The element against which least is said, for every pair.

        Returns:
            Answers; -1 where several elements share the least.
        """
        b = np.arange(self.group.order)
        return np.stack([least(self.votes(np.full_like(b, a), b)) for a in b])

    def left_over(self) -> Int[np.ndarray, "a b"]:
        """The answers when weights are left aside: of the elements that no rule rules out, the first at the start.

        Returns:
            Answers; -1 where all are ruled out, or several are left with the least against them at the start.
        """
        order = self.group.order
        answers, last = np.empty((order, order), dtype=int), self.at_start.max() + 1
        fired = np.array([self.fires(rule) for rule in self.rules]).reshape(-1, order, order)
        cosets = np.array([self.cosets_of(rule)[2] for rule in self.rules], dtype=float).reshape(-1, order)
        for a in range(order):
            out = fired[:, a].T.astype(float) @ cosets > 0
            answers[a] = np.where(out.all(axis=1), -1, least(np.where(out, last, self.at_start)))
        return answers

    def fires(self, rule: Rule) -> Bool[np.ndarray, "a b"]:
        """Whether a rule speaks, for every pair.

        Args:
            rule: one of the rules.

        Returns:
            True where some weight of the rule speaks; never where ab lies in its coset.
        """
        of_a, of_b, _ = self.cosets_of(rule)
        fired = np.zeros((self.group.order, self.group.order), dtype=bool)
        for weight in rule.weights:
            values = np.array(self.by_name[rule.family].scales[weight.scale])
            step = values[of_a][:, None] - values[of_b]
            fired |= (step > 0) & (weight.above != 0) | (step < 0) & (weight.below != 0)
        return fired

    def keep(self, positions: Sequence[int]) -> "Program":
        """The program with some of its rules.

        Args:
            positions: of the rules that stay.

        Returns:
            A program; families and scales that no rule uses are left out, so that nothing in it is idle.
        """
        rules = [self.rules[i] for i in positions]
        families, renumbered = [], {}
        for family in self.families:
            used = sorted({weight.scale for rule in rules if rule.family == family.name for weight in rule.weights})
            if used:
                families.append(replace(family, scales=tuple(family.scales[k] for k in used)))
                renumbered[family.name] = {old: new for new, old in enumerate(used)}
        kept = [
            replace(rule, weights=tuple(replace(w, scale=renumbered[rule.family][w.scale]) for w in rule.weights))
            for rule in rules
        ]
        return replace(self, families=tuple(families), rules=tuple(kept))

    @property
    def bits(self) -> float:
        """Length: which coset and which scales for each rule, two digits for each integer, a sign for each weight."""
        digits = log2(TOP + 1)
        total = len(self.start) * digits
        for family in self.families:
            H = self.subgroups[family.name]
            total += (sum(len(values) for values in family.scales) + len(set(family.shares))) * digits
            total += len(family.generators) * log2(self.group.order)
            rules = [rule for rule in self.rules if rule.family == family.name]
            coset = log2(self.group.order) + log2(H.index)
            weights = sum(len(rule.weights) for rule in rules) * (2 * (digits + 1) + log2(len(family.scales)))
            total += len(rules) * coset + weights
        return total


def least(votes: Float[np.ndarray, "pair z"]) -> Int[np.ndarray, " pair"]:
    """The element with the fewest votes against it.

    Args:
        votes: against each element.

    Returns:
        Elements; -1 where several share the least.

    Example:
        >>> least(np.array([[3.0, 1, 2], [0, 0, 5]])).tolist()
        [1, -1]
    """
    alone = (votes == votes.min(axis=1, keepdims=True)).sum(axis=1) == 1
    return np.where(alone, votes.argmin(axis=1), -1)


def credit(votes: Float[np.ndarray, "pair z"], answers: Int[np.ndarray, " pair"]) -> Float[np.ndarray, " pair"]:
    """How far votes give certain answers: 1 if least is said against the answer alone, 1/k if against k elements.

    Args:
        votes: against each element.
        answers: of somebody else.

    Returns:
        Values in [0, 1]: the chance of the answer when one of the least is drawn.

    Example:
        >>> credit(np.array([[3.0, 1, 2], [0, 0, 5]]), np.array([1, 0])).tolist()
        [1.0, 0.5]
    """
    least_votes = votes.min(axis=1, keepdims=True)
    among = np.take_along_axis(votes, answers[:, None], axis=1)[:, 0] == least_votes[:, 0]
    return among / (votes == least_votes).sum(axis=1)
