"""How what happens at a site reaches the logits: the activation that follows, and the weight of each neuron.

Where a network can be patched both are measured by putting values at the site and running on: one neuron at t, the rest
at 0, moves the logits by activation(t) out. Where only values are known they are fitted: logits, cleared of every
function of a and of b, against post-activations cleared likewise. Either way the map must be affine, and by how much
it is not is part of the result. A fit cannot tell ReLU from |x| where neurons are additive, as 2 relu(x) = |x| + x and
x is cleared: ReLU is taken, and the networks are the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from cosetta.errors import BadNetwork
from cosetta.models.folded import ACTIVATIONS
from cosetta.models.pair_model import PairModel

__all__ = ["ACTIVATION_ERROR", "Readout", "find_readout"]

ACTIVATION_ERROR = 0.01
"""Most of the logits' movement that the activation may leave unexplained; above it none that is known follows."""

_STEPS = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)
"""Where each probed neuron is put, in units of its usual size."""

_WEAKEST = 0.1
"""Neurons below this share of the largest are measured as if they had it: what a small one does is lost in rounding."""

_PROBED = 32
_SAMPLE = 512
_BLOCK = 256
_ROUNDING = 1e-9
"""Errors closer than this are equal."""

_RANK = 1e-6
"""Directions of the activations below this share of the largest are not fitted: single precision does not hold them."""


@final
@dataclass(frozen=True, eq=False)
class Readout:
    """The way from a site to the logits.

    Args:
        activation: name of the activation that fits best.
        activation_error: share of the logits' movement that it leaves unexplained, in [0, 1].
        out: weight of each neuron on each logit, in float64.
        error: share of the logits' variance by which the way is not affine in the post-activations, in [0, 1].
        method: `patched`, or `fitted` where the network could not be run on.
        rank: how many independent directions of the activations were fitted; the width where patched.
    """

    activation: str
    activation_error: float
    out: Float[Tensor, "g neuron"]
    error: float
    method: str
    rank: int


def find_readout(model: PairModel, activation: str | None = None, seed: int = 0) -> Readout:
    """Measure the activation after the site and the weight of each neuron on the logits.

    Args:
        model: the network.
        activation: name of the activation; found if None.
        seed: of the pairs on which the error is measured.

    Returns:
        What was found.

    Raises:
        BadNetwork: if the site moves no logit.

    Example:
        >>> from cosetta.models import FoldedModel
        >>> out = torch.tensor([[3.0], [-1.0]])
        >>> side = torch.tensor([[1.0], [-1.0]])
        >>> found = find_readout(FoldedModel(side, side, out, torch.zeros(2), "tanh"))
        >>> found.activation, found.out.ravel().round(decimals=4).tolist(), found.error < 1e-9
        ('tanh', [3.0, -1.0], True)
    """
    generator = torch.Generator().manual_seed(seed)
    names = list(ACTIVATIONS) if activation is None else [activation]
    return _patched(model, names, generator) if model.can_patch else _fitted(model, names, generator)


def _patched(model: PairModel, names: Sequence[str], generator: torch.Generator) -> Readout:
    order, width = model.order, model.width
    a, b = (torch.randint(order, (min(_SAMPLE, order**2),), generator=generator).to(model.device) for _ in "ab")
    pre, logits = model.run(a, b)
    size = pre.double().square().mean(0).sqrt()
    size = torch.where(size > 0, size, size.max().clamp(min=1e-30) if bool((size > 0).any()) else torch.ones_like(size))

    def moved(values: Tensor) -> Tensor:
        """How far the logits move when one pair's site holds these values instead of zeros."""
        silent = model.patched(pre.new_zeros(1, width), a[:1], b[:1])
        blocks = [
            model.patched(block.to(pre.dtype), a[:1].expand(len(block)), b[:1].expand(len(block)))
            for block in values.split(_BLOCK)
        ]
        return (torch.cat(blocks) - silent).double()

    strongest = size.argsort(descending=True)[:_PROBED]
    steps = torch.tensor(_STEPS, dtype=torch.float64, device=pre.device)
    places = steps[:, None] * size[strongest]  # step, neuron
    probes = torch.zeros(len(steps), len(strongest), width, dtype=torch.float64, device=pre.device)
    probes.scatter_(2, strongest.expand(len(steps), -1)[..., None], places[..., None])
    movement = moved(probes.flatten(0, 1)).unflatten(0, places.shape)
    errors = [(name, _movement_error(movement, ACTIVATIONS[name](places))) for name in names]
    found, unexplained = _best(errors, model.site)
    at = 4 * size.clamp(min=_WEAKEST * float(size.max()))
    single = moved(torch.diag(at)) / ACTIVATIONS[found](at)[:, None]
    out = single.T.cpu()
    rest = logits.double() - model.patched(torch.zeros_like(pre), a, b).double()
    rest = (rest - ACTIVATIONS[found](pre.double()) @ single).cpu()
    error = _spread(rest) / (_spread(logits.double().cpu()) or 1.0)
    return Readout(found, unexplained, out, error, "patched", width)


def _movement_error(movement: Float[Tensor, "step n g"], post: Float[Tensor, "step n"]) -> float:
    """Share of the movement of the logits that is not activation(t) times one vector a neuron."""
    out = torch.einsum("sn,sng->ng", post, movement) / post.square().sum(0).clamp(min=1e-300)[:, None]
    total = float(movement.square().sum())
    return float((movement - post[..., None] * out).square().sum()) / total if total > 0 else float("nan")


def _best(errors: Sequence[tuple[str, float]], site: str) -> tuple[str, float]:
    least = min(error for _, error in errors)
    name, error = next(
        (found for found in errors if found[1] <= 2 * least + _ROUNDING), errors[0]
    )  # ReLU before |x|: see above
    if error != error:
        raise BadNetwork(f"a site must move the logits; none of them moves with `{site}`: name another site")
    return name, error


def _fitted(model: PairModel, names: Sequence[str], generator: torch.Generator) -> Readout:
    """Regression of the logits on the post-activations, both without their functions of a and of b."""
    order = model.order
    few = torch.randperm(order, generator=generator)[: max(8, 4 * model.width // order + 2)]
    name, _ = _best([(name, _regression(model, name, few)[1]) for name in names], model.site)
    out, error, rank = _regression(model, name, torch.arange(order))
    return Readout(name, error, out, error, "fitted", rank)


def _regression(model: PairModel, activation: str, rows: Tensor) -> tuple[Float[Tensor, "g neuron"], float, int]:
    """Weights, unexplained share of the logits and rank, from these rows of the Cayley table."""
    order, width = model.order, model.width
    columns = torch.arange(order)
    total = torch.zeros(width + order, width + order, dtype=torch.float64)
    by_b = torch.zeros(order, width + order, dtype=torch.float64)
    for a in rows:
        pre, logits = model.run(a.expand(order), columns)
        both = torch.cat((ACTIVATIONS[activation](pre.double()), logits.double()), dim=1)
        both = both - both.mean(0)
        total += both.T @ both
        by_b += both
    total -= by_b.T @ by_b / len(rows)
    gram, cross, energy = total[:width, :width], total[:width, width:], total[width:, width:].diagonal()
    size = gram.diagonal().clamp(min=0).sqrt()
    scale = torch.where(size > 1e-12 * size.max(), 1 / size.clamp(min=1e-300), torch.zeros_like(size))
    values, vectors = torch.linalg.eigh(scale[:, None] * gram * scale)
    kept = values > _RANK * values.max().clamp(min=1e-300)
    rank = int(kept.sum())
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    weights = scale[:, None] * (inverse @ (scale[:, None] * cross))
    explained = float((weights * cross).sum())
    left = float(energy.sum()) - explained
    return weights.T, max(left, 0.0) / float(energy.sum()) if float(energy.sum()) > 0 else float("nan"), rank


def _spread(logits: Float[Tensor, "pair g"]) -> float:
    """Variance of the logits over pairs, without what is common to all answers."""
    logits = logits - logits.mean(1, keepdim=True)
    return float((logits - logits.mean(0)).square().mean())
