"""The equivalence test, in the manner of causal scrubbing: exchange activations between inputs an account calls equal.

For an account of functions, inputs are equal for a neuron when its ideal takes one value on them; the network's own
values are then permuted among them, for each neuron apart. For an account of the product, an activation at (a, b) is
taken from another pair with the same product. If the account is right the loss does not move. The control permutes as
many values among inputs that the account does not call equal.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int

from cosetta.config import AnalysisConfig
from cosetta.evidence.pair_losses import Losses, PairLosses
from cosetta.hypotheses import AbstractHypothesis
from cosetta.models import FoldedModel
from cosetta.results import Exchange, Standing

__all__ = ["exchange"]

DRAWS = 5
"""Exchanges that are averaged, and as many controls."""

MOVED = 0.01
"""The loss does not move when it moves by less than this share of what the control moves it."""

SAME = 1e-6
"""Ideal values closer than this, in units of the function's spread, are one value."""


def exchange(
    accounts: Sequence[AbstractHypothesis], losses: PairLosses, network: Losses, config: AnalysisConfig
) -> tuple[Exchange, ...]:
    """Test the equivalence that each account of one network states.

    Args:
        accounts: fitted to the network.
        losses: the pairs.
        network: the network's own losses on them.
        config: seed and number of control pairs.

    Returns:
        A test for each account that states an equivalence and covers a neuron.
    """
    first = min(config.control_pairs, len(losses))
    before = float(network.loss[:first].mean())
    of_product: dict[tuple[int, ...], _Exchanged] = {}  # accounts of the product differ in what they cover alone
    tests = []
    for account in accounts:
        if not account.equivalence or not account.labels:
            continue
        generator, covered = np.random.default_rng([config.seed, 2]), tuple(sorted(account.labels))
        if account.idealised:
            moved, after, control = _within_levels(account, losses, generator, first)
        else:
            if covered not in of_product:
                of_product[covered] = _within_products(account, losses, generator, first)
            moved, after, control = of_product[covered]
        loss, control_loss = _mean(after), _mean(control)
        tests.append(
            Exchange(
                account=account.id,
                equivalence=account.equivalence,
                moved=moved,
                accuracy=float(np.mean([found.accuracy for found in after])),
                loss=loss,
                control_loss=control_loss,
                verdict=_verdict(moved, before, loss, control_loss),
            )
        )
    return tuple(tests)


_Exchanged = tuple[float, Sequence[Losses], Sequence[Losses]]
"""Share of values that have another to change with, losses after exchanges, losses after controls."""


def _within_levels(
    account: AbstractHypothesis, losses: PairLosses, generator: np.random.Generator, first: int
) -> _Exchanged:
    """Exchange the values of a function among the elements at which its ideal has one value."""
    parts = {name: _levels(account, name) for name in ("left", "right")}
    moved = float(np.mean([_moved(levels) for levels in parts.values()]))
    after = [losses(_permuted(account, parts, generator, False), first) for _ in range(DRAWS)]
    control = [losses(_permuted(account, parts, generator, True), first) for _ in range(DRAWS)]
    return moved, after, control


def _within_products(
    account: AbstractHypothesis, losses: PairLosses, generator: np.random.Generator, first: int
) -> _Exchanged:
    """Exchange activations among the pairs with one product."""
    after = [_same_product(account, losses, generator, first, True) for _ in range(DRAWS)]
    control = [_same_product(account, losses, generator, first, False) for _ in range(DRAWS)]
    return 1.0, after, control


def _verdict(moved: float, before: float, after: float, control: float) -> Standing:
    if moved == 0 or control - before <= 0.01:
        return "not applicable"
    return "holds" if after - before < MOVED * (control - before) else "fails"


def _levels(account: AbstractHypothesis, name: str) -> Int[np.ndarray, "covered g"]:
    """Number of the value that each element has under the ideal, for each covered neuron."""
    f = account.idealised[name][:, sorted(account.labels)].T
    spread = f.std(axis=1, keepdims=True)
    rounded = np.rint(np.divide(f, SAME * spread, out=np.zeros_like(f), where=spread > 0))
    order = rounded.argsort(axis=1, kind="stable")
    steps = np.diff(np.take_along_axis(rounded, order, axis=1), axis=1, prepend=-np.inf) > 0
    levels = np.empty_like(order)
    np.put_along_axis(levels, order, steps.cumsum(axis=1) - 1, axis=1)
    return levels


def _moved(levels: Int[np.ndarray, "covered g"]) -> float:
    """Share of places that have another of their value."""
    return float(np.mean([(np.bincount(row)[row] > 1).mean() for row in levels]))


def _permuted(
    account: AbstractHypothesis,
    parts: dict[str, Int[np.ndarray, "covered g"]],
    generator: np.random.Generator,
    anywhere: bool,
) -> FoldedModel:
    """The network with each covered neuron's values permuted inside the parts; `anywhere` renumbers elements first."""
    model, covered = account.facts.model, torch.tensor(sorted(account.labels))
    sides = {}
    for name, levels in parts.items():
        noise = np.empty(levels.shape)
        rows = np.empty_like(levels)
        for i, row in enumerate(levels):
            rows[i] = row[generator.permutation(len(row))] if anywhere else row
            noise[i] = generator.random(len(row))
        values = getattr(model, name).clone()
        values[:, covered] = values[:, covered].gather(0, torch.from_numpy(_shuffle(rows, noise).T))
        sides[name] = values
    return replace(model, **sides)


def _shuffle(rows: Int[np.ndarray, "row g"], noise: Float[np.ndarray, "row g"]) -> Int[np.ndarray, "row g"]:
    """For each row a permutation of the elements that keeps every part, random as the noise in [0, 1) is."""
    source = np.empty(rows.shape, dtype=np.int64)
    parts = rows.astype(np.int16) if rows.shape[1] < 2**15 else rows  # numpy sorts 16 bits by radix
    np.put_along_axis(source, parts.argsort(axis=1, kind="stable"), (rows + noise).argsort(axis=1), axis=1)
    return source


def _same_product(
    account: AbstractHypothesis, losses: PairLosses, generator: np.random.Generator, first: int, keep: bool
) -> Losses:
    """Losses with each covered activation taken from a random pair with the same product, or from any pair."""
    model, group, covered = account.facts.model, account.facts.group, sorted(account.labels)
    table, inverse = (torch.from_numpy(x.astype(np.int64)) for x in (group.table, group.inverse))
    columns = torch.tensor(covered)
    left, right = model.left[:, columns], model.right[:, columns]

    def logits(rows: slice) -> Float[torch.Tensor, "pair g"]:
        a, b, product = losses.a[rows], losses.b[rows], losses.product[rows]
        pre = model.pre(a, b)
        other = torch.from_numpy(generator.integers(group.order, size=(len(a), len(covered))))
        target = product if keep else product[torch.from_numpy(generator.permutation(len(a)))]
        partner = table[inverse[other], target[:, None]]
        pre[:, columns] = left.gather(0, other) + right.gather(0, partner)
        return model.read_out(model.activate(pre), a, b)

    return losses.of(logits, first)


def _mean(found: Sequence[Losses]) -> float:
    return float(np.mean([losses.mean_loss for losses in found]))
