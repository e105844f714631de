"""Which group a network multiplies in, and how its file numbers the elements, read off its predictions.

The most likely product of every pair of elements is a table. If it is a group's, or close enough to one
(`table_repair.py`), the group is named by its isomorphism type and the network relabelled into our element order. The
result is fixed up to an automorphism of the group: nothing in a network tells an element from its image.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from typing import final

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from cosetta.errors import BadRun, CosettaError, Unsupported
from cosetta.groups import Group, find_isomorphism, named_group, outer_automorphisms
from cosetta.models.folded import FoldedModel
from cosetta.models.pair_model import PairModel
from cosetta.models.table_repair import MAX_REPAIR_ORDER, Repair, identity_first, renumbered, repair_table, witness_of

__all__ = ["Recovered", "name_group", "predicted_table", "recover_group"]

BLOCK_ENTRIES = 4_000_000
"""Logits held at once."""


@final
@dataclass(frozen=True, eq=False)
class Recovered:
    """The group of a network and the numbers of its elements.

    Args:
        group: the group.
        relabelling: for each element of the file its number in `group`.
        mistakes: number of pairs whose most likely product is not the group's.
        identity: where the identity sits in the file.
        notes: what was found, in plain sentences.
    """

    group: Group
    relabelling: Int[np.ndarray, " g"]
    mistakes: int
    identity: int
    notes: tuple[str, ...] = ()

    @property
    def accuracy(self) -> float:
        """Share of pairs that the network multiplies rightly, in [0, 1]."""
        return 1 - self.mistakes / self.group.order**2

    def relabel(self, model: FoldedModel) -> FoldedModel:
        """The network in the element order of `group`.

        Args:
            model: the network in the element order of its file.

        Returns:
            The same functions on renumbered elements.
        """
        places = torch.from_numpy(np.argsort(self.relabelling)).to(model.left.device)
        rows = {name: getattr(model, name)[places] for name in ("left", "right", "out", "bias")}
        direct = {
            name: values[places][:, places]
            for name in ("direct_left", "direct_right")
            if (values := getattr(model, name)) is not None
        }
        return replace(model, **rows, **direct)


def predicted_table(model: PairModel) -> Int[np.ndarray, "g g"]:
    """The most likely product of every pair.

    Args:
        model: the network.

    Returns:
        `table[a, b]` is the element with the largest logit, the smallest one on a tie.

    Example:
        >>> zero = torch.zeros(2, 1)
        >>> predicted_table(FoldedModel(zero, zero, zero, torch.tensor([0.0, 1.0]))).tolist()
        [[1, 1], [1, 1]]
    """
    return _predicted_rows(model, torch.arange(model.order))


def _predicted_rows(model: PairModel, elements: Int[Tensor, " a"]) -> Int[np.ndarray, "a g"]:
    """The most likely products of some elements with everything, in blocks."""
    order, everything = model.order, torch.arange(model.order, device=model.device)
    rows = max(1, BLOCK_ENTRIES // (order * max(order, model.width)))
    blocks = []
    for a in elements.to(everything.device).split(rows):
        logits = model.logits(a.repeat_interleave(order), everything.repeat(len(a)))
        blocks.append(logits.argmax(-1).cpu().view(len(a), order))
    return torch.cat(blocks).numpy()


def recover_group(
    model: PairModel,
    group: Group | None = None,
    element_order: Int[np.ndarray, " g"] | None = None,
    likely: Sequence[str] = (),
    source: str = "the network",
) -> Recovered:
    """Find the group that a network multiplies in, and the numbers of its elements.

    Args:
        model: the network, in the element order of its file.
        group: the group, if it is known; otherwise it is named by its isomorphism type.
        element_order: for each element of the file its number in `group`; then nothing is searched for.
        likely: names of groups to try first.
        source: the file, for messages.

    Returns:
        The group, the relabelling, and the number of pairs on which the network is wrong.

    Raises:
        BadRun: if the predictions do not determine a group, or determine another one than `group`; the message holds
            the number of inconsistent products and an example.

    Example:
        >>> from cosetta.models.planted import CosetPlan, plant
        >>> S3 = named_group("S3")
        >>> planted = plant(S3, [CosetPlan(S3.subgroup([1]))], generator=torch.Generator().manual_seed(0))
        >>> recovered = recover_group(planted.folded)
        >>> recovered.group.name, recovered.mistakes, recovered.relabelling.tolist()
        ('S3', 0, [0, 1, 2, 3, 4, 5])
    """
    if group is not None and group.order != model.order:
        raise BadRun(f"`{source}` multiplies {model.order} elements; {group.name} has {group.order}: name its group")
    if element_order is None:
        _check_large(model, source)
    predictions = predicted_table(model)
    if element_order is not None:
        return _given(predictions, group, np.asarray(element_order), source)
    repair = repair_table(predictions)
    if repair is None:
        raise BadRun(_refusal(predictions, source))
    found = Group(renumbered(repair.table, identity_first(model.order, repair.identity)), name=f"G{model.order}")
    if group is None:
        target, image = name_group(found, likely)
    else:
        target, image = group, _isomorphism(found, group)
        if image is None:
            named, _ = name_group(found, likely)
            raise BadRun(
                f"`{source}` must multiply in {group.name} as asked; its predictions are the table of {named.name}, "
                "which is not isomorphic to it: leave the group out or name this one"
            )
    relabelling = image[identity_first(model.order, repair.identity)]
    return Recovered(target, relabelling, repair.mistakes, repair.identity, _notes(target, repair))


def name_group(group: Group, likely: Iterable[str] = ()) -> tuple[Group, Int[np.ndarray, " g"]]:
    """The named group isomorphic to a group.

    Args:
        group: any group.
        likely: names to try first; those with a number above the order are passed over, as no group has such a name.

    Returns:
        The named group and `image[a]` in it of each element of `group`; the group itself, with every element where it
        was, if no name is known.

    Example:
        >>> twice = Group((np.arange(6)[:, None] + np.arange(6)) % 6)
        >>> name_group(twice)[0].name
        'C6'
    """
    seen: set[str] = set()
    profile = np.bincount(group.element_orders)
    sane = (name for name in likely if len(name) < 50 and all(int(n) <= group.order for n in re.findall(r"\d+", name)))
    for name in chain(sane, _candidates(group)):
        with suppress(CosettaError):
            candidate = named_group(name)
            if candidate.order != group.order or candidate.name in seen:
                continue
            seen.add(candidate.name)
            if np.array_equal(np.bincount(candidate.element_orders), profile):
                image = _isomorphism(group, candidate)
                if image is not None:
                    return candidate, image
    return group, np.arange(group.order)


def _isomorphism(group: Group, target: Group) -> Int[np.ndarray, " g"] | None:
    """The identity map if it is one, so that files in our order keep it."""
    if np.array_equal(group.table, target.table):
        return np.arange(group.order)
    return find_isomorphism(group, target)


def _candidates(group: Group) -> Iterator[str]:
    """Names that a group of this order may have, the plainest first."""
    order = group.order
    yield from _atoms(order)
    divisors = [d for d in range(2, order) if order % d == 0]
    if order > 1000:
        return
    for joint in "x:":
        for d in divisors:
            yield from (f"{a}{joint}{b}" for a in _atoms(order // d) for b in _atoms(d))
    for d in divisors:
        for e in (e for e in divisors if (order // d) % e == 0 and d <= e <= order // d // e):
            yield from (f"{a}x{b}x{c}" for a in _atoms(order // d // e) for b in _atoms(e) for c in _atoms(d))
    for number in range(1, 400 if order < 64 else 1):  # larger orders are not in the shipped catalogue
        try:
            named_group(f"SmallGroup({order},{number})")
        except CosettaError:
            return
        yield f"SmallGroup({order},{number})"


def _atoms(order: int) -> list[str]:
    """Names with one letter and a number that have this order."""
    names, factorial = [], 1
    for n in range(1, 8):
        factorial *= n
        names += [f"S{n}"] * (factorial == order and n > 2) + [f"A{n}"] * (factorial == 2 * order and n > 3)
    names += ["V4"] * (order == 4) + [f"C{order}"]
    names += [f"D{order}"] * (order % 2 == 0 and order >= 6)
    names += [f"Q{order}"] * (order >= 8 and order & (order - 1) == 0) + [f"F{order}"] * (order >= 12)
    names += [f"Dic{order // 4}"] * (order % 4 == 0 and order >= 8)
    return names + [f"PSL(2,{p})" for p in (7, 11, 13, 17, 19, 23) if p * (p * p - 1) == 2 * order]


def _given(predictions: np.ndarray, group: Group | None, numbers: np.ndarray, source: str) -> Recovered:
    """The relabelling that the user gives, with the mistakes it leaves."""
    if group is None:
        raise Unsupported("an element order needs the group whose elements it numbers: name the group too")
    if sorted(numbers.tolist()) != list(range(group.order)):
        raise BadRun(f"`element_order` must list every element 0..{group.order - 1} of {group.name} once")
    mistakes = int((numbers[predictions] != group.table[np.ix_(numbers, numbers)]).sum())
    identity = int(np.flatnonzero(numbers == 0)[0])
    notes = (f"element order as given; {mistakes:,} of {group.order**2:,} products are predicted wrongly",)
    return Recovered(group, numbers, mistakes, identity, notes)


def _check_large(model: PairModel, source: str) -> None:
    """Above the order that is repaired, look at one row before all |G|^3 logits are computed."""
    if model.order > MAX_REPAIR_ORDER:
        different = len(np.unique(_predicted_rows(model, torch.zeros(1, dtype=torch.int64))))
        if different < model.order:
            raise BadRun(
                f"above order {MAX_REPAIR_ORDER:,} the predictions must be a group's table exactly; `{source}` gives "
                f"{different:,} different products of element 0, not {model.order:,}: give `open_checkpoint` the group "
                "and the `element_order`"
            )


def _refusal(predictions: np.ndarray, source: str) -> str:
    inconsistent, example = witness_of(predictions)
    if not example:
        return (
            f"the predictions of `{source}` must determine a group; no element is an identity, and the most frequent "
            f"product is {np.bincount(predictions.ravel()).argmax()}: take a network that has learned more"
        )
    return (
        f"the predictions of `{source}` must determine a group; {inconsistent:,} of {predictions.size:,} products are "
        f"inconsistent with the rest, for example {example}: take a network that has learned more, or give "
        "`open_checkpoint` the group and the `element_order`"
    )


def _notes(group: Group, repair: Repair) -> tuple[str, ...]:
    """What was found, in plain sentences."""
    unnamed = group.name == f"G{group.order}"
    named = f"a group of order {group.order} without a name here" if unnamed else f"{group.name}, order {group.order}"
    notes = [f"its predictions are the table of {named}; the identity sits at position {repair.identity} of the file"]
    if repair.mistakes:
        notes.append(
            f"{repair.mistakes:,} of {group.order**2:,} products are predicted wrongly; the group was found by a vote "
            "of all triples, (ac)y = a(cy), and passes every group axiom"
        )
    with suppress(Unsupported):
        outer = len(outer_automorphisms(group, limit=1000)) if group.order <= 1000 else 1
        if outer > 1:
            notes.append(
                f"elements are named up to an automorphism; |Out({group.name})| = {outer}, so classes that an outer "
                "one exchanges may stand for each other"
            )
    return tuple(notes)
