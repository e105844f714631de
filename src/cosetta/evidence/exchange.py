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
    account: AbstractHypothesis, losses: PairLosses, network: Losses, config: AnalysisConfig
) -> Exchange | None:
    """Test the equivalence that an account states.

    Args:
        account: fitted to a network.
        losses: the pairs.
        network: the network's own losses on them.
        config: seed and number of control pairs.

    Returns:
        The test, or None for an account that states no equivalence.
    """
    if not account.equivalence or not account.labels:
        return None
    generator = np.random.default_rng([config.seed, 2])
    first = min(config.control_pairs, len(losses))
    before = float(network.loss[:first].mean())
    if account.idealised:
        parts = {name: _levels(account, name) for name in ("left", "right")}
        moved = float(np.mean([_moved(levels) for levels in parts.values()]))
        after = [losses(_permuted(account, parts, generator, False), first) for _ in range(DRAWS)]
        control = [losses(_permuted(account, parts, generator, True), first) for _ in range(DRAWS)]
    else:
        moved = 1.0
        after = [_same_product(account, losses, generator, first, True) for _ in range(DRAWS)]
        control = [_same_product(account, losses, generator, first, False) for _ in range(DRAWS)]
    loss, control_loss = _mean(after), _mean(control)
    return Exchange(
        account=account.id,
        equivalence=account.equivalence,
        moved=moved,
        accuracy=float(np.mean([found.accuracy for found in after])),
        loss=loss,
        control_loss=control_loss,
        verdict=_verdict(moved, before, loss, control_loss),
    )


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
    model, covered = account.facts.model, sorted(account.labels)
    sides = {}
    for name, levels in parts.items():
        values = getattr(model, name).clone()
        for n, row in zip(covered, levels, strict=True):
            source = _shuffle(row[generator.permutation(len(row))] if anywhere else row, generator)
            values[:, n] = values[torch.from_numpy(source), n]
        sides[name] = values
    return replace(model, **sides)


def _shuffle(row: Int[np.ndarray, " g"], generator: np.random.Generator) -> Int[np.ndarray, " g"]:
    """A random permutation of the elements that keeps every part."""
    source = np.empty(len(row), dtype=np.int64)
    source[np.argsort(row, kind="stable")] = np.argsort(row + generator.random(len(row)))  # parts are whole numbers
    return source


def _same_product(
    account: AbstractHypothesis, losses: PairLosses, generator: np.random.Generator, first: int, keep: bool
) -> Losses:
    """Losses with each covered activation taken from a random pair with the same product, or from any pair."""
    model, group, covered = account.facts.model, account.facts.group, sorted(account.labels)
    table, inverse = (torch.from_numpy(x.astype(np.int64)) for x in (group.table, group.inverse))
    columns = torch.tensor(covered)

    def logits(rows: slice) -> Float[torch.Tensor, "pair g"]:
        a, b, product = losses.a[rows], losses.b[rows], losses.product[rows]
        pre = model.pre(a, b)
        other = torch.from_numpy(generator.integers(group.order, size=(len(a), len(covered))))
        target = product if keep else product[torch.from_numpy(generator.permutation(len(a)))]
        partner = table[inverse[other], target[:, None]]
        pre[:, columns] = model.left[other, columns] + model.right[partner, columns]
        return model.read_out(model.activate(pre), a, b)

    return losses.of(logits, first)


def _mean(found: Sequence[Losses]) -> float:
    return float(np.mean([losses.mean_loss for losses in found]))
