r"""The measures of Chughtai, Chan and Nanda 2023 (arXiv:2302.03025), also for groups as large as S6.

`reproduce.chughtai2023.measures` holds activations and logits on all pairs; here one pass over the left factor keeps
only the means of the activations h over pairs with one left factor, right factor or product, and their Gram matrix
$\sum h h^T$. The norm of the centred logits follows from it, but for a network with a path around its neurons, whose
logits are passed over as well. Everything is exact over all pairs but the excluded loss, which is over the training
pairs, or a sample of them in a group as large as S6. The tests hold the two against each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from cosetta.groups import Group
from cosetta.harmonics import Irrep, isotypic_projection
from cosetta.models import FoldedModel
from cosetta.results import IrrepMeasures

__all__ = ["KEY_SIMILARITY", "GcrMeasures", "gcr_measures", "irrep_measures"]

KEY_SIMILARITY = 0.005
"""An irrep is key when the cosine of its character with the logits is above this (the authors' code)."""


@final
@dataclass(frozen=True)
class GcrMeasures:
    """What irreps explain of a network. Shares are in [0, 1], losses in nats, dictionaries by irrep.

    Args:
        key: the irreps whose character has a cosine above `KEY_SIMILARITY` with the logits, strongest first.
        trace_similarity: cosine of the centred logits with chi(ab z^-1), in [-1, 1].
        left: share of the left functions (W_a), not centred.
        right: share of the right functions (W_b).
        out: share of the out columns (W_U).
        hidden: share of the centred activations explained by rho(a), rho(b) and rho(ab) together.
        product: share of the centred activations explained by rho(ab) alone.
        restricted: loss with only rho(ab) kept in the activations, over all pairs.
        excluded: loss with rho(ab) removed from the activations, over `pairs` training pairs.
        total: the sums of the shares over the key irreps, and the losses with all of them kept or removed.
        pairs: number of training pairs behind the excluded losses.
    """

    key: tuple[str, ...]
    trace_similarity: dict[str, float]
    left: dict[str, float]
    right: dict[str, float]
    out: dict[str, float]
    hidden: dict[str, float]
    product: dict[str, float]
    restricted: dict[str, float]
    excluded: dict[str, float]
    total: dict[str, float]
    pairs: int


def gcr_measures(
    model: FoldedModel, group: Group, irreps: Sequence[Irrep], trained: Int[Tensor, " pair"]
) -> GcrMeasures:
    """The measures of Chughtai et al. of one network.

    Cost: |G|^2 width^2 multiplications; 0.1 s for S5 and about 5 s for S6 on one core.

    Args:
        model: the network, on the CPU.
        group: its group.
        irreps: all its irreps.
        trained: the training pairs a |G| + b that the excluded losses are over; at least one.

    Returns:
        The measures.

    Source:
        Chughtai et al. 2023 (arXiv:2302.03025), section 5; definitions as in `cosetta.reproduce.chughtai2023`.

    Example:
        >>> from cosetta import irreps, named_group
        >>> from cosetta.models.planted import CosetPlan, plant
        >>> S3 = named_group("S3")
        >>> net = plant(S3, [CosetPlan(S3.subgroup([1]))], generator=torch.Generator().manual_seed(0)).folded
        >>> gcr_measures(net, S3, irreps(S3), torch.arange(36)).key
        ('(2,1)',)
    """
    state = _State(model.to(dtype=torch.float64), group)
    others = [irrep for irrep in irreps if not _is_trivial(irrep)]
    parts = {irrep.name: state.logit_part(irrep) for irrep in irreps}
    logits, products = state.logits(trained)
    similarity = {irrep.name: state.similarity(irrep) for irrep in others}
    shares = {irrep.name: state.shares(irrep) for irrep in irreps}
    by_kind = {
        kind: {name: shares[name][kind] for name in shares} for kind in ("left", "right", "out", "hidden", "product")
    }

    def losses(names: Sequence[str]) -> tuple[float, float]:
        part = sum((parts[name] for name in names), torch.zeros_like(state.by_product))
        kept = F.cross_entropy(part + state.model.bias, torch.arange(group.order))
        return float(kept), float(F.cross_entropy(logits - part[products], products))

    by_irrep = {irrep.name: losses([irrep.name]) for irrep in others}
    key = _key(similarity)
    restricted, excluded = losses(key)
    total = {kind: float(sum(values[name] for name in key)) for kind, values in by_kind.items()}
    return GcrMeasures(
        key=key,
        trace_similarity=similarity,
        **by_kind,
        restricted={name: pair[0] for name, pair in by_irrep.items()},
        excluded={name: pair[1] for name, pair in by_irrep.items()},
        total=total | {"restricted": restricted, "excluded": excluded},
        pairs=len(trained),
    )


def irrep_measures(model: FoldedModel, group: Group, irreps: Sequence[Irrep]) -> IrrepMeasures:
    """The measures that need no training pairs: what irreps explain of the logits and of the activations.

    Cost: as `gcr_measures`.

    Args:
        model: the network, on the CPU.
        group: its group.
        irreps: all its irreps.

    Returns:
        Plain data.

    Source:
        Chughtai et al. 2023 (arXiv:2302.03025), section 5.

    Example:
        >>> from cosetta import irreps, named_group
        >>> from cosetta.models.planted import CosetPlan, plant
        >>> S3 = named_group("S3")
        >>> net = plant(S3, [CosetPlan(S3.subgroup([1]))], generator=torch.Generator().manual_seed(0)).folded
        >>> found = irrep_measures(net, S3, irreps(S3))
        >>> found.key, round(found.hidden_share, 2) == round(found.hidden["(2,1)"], 2)
        (('(2,1)',), True)
    """
    state = _State(model.to(dtype=torch.float64), group)
    others = [irrep for irrep in irreps if not _is_trivial(irrep)]
    similarity = {irrep.name: state.similarity(irrep) for irrep in others}
    hidden = {irrep.name: state.hidden(irrep) for irrep in others}
    return IrrepMeasures(
        key=_key(similarity),
        similarity=similarity,
        hidden={name: sum(shares.values()) for name, shares in hidden.items()},
        product={name: shares["xy"] for name, shares in hidden.items()},
    )


def _key(similarity: dict[str, float]) -> tuple[str, ...]:
    """The key irreps, strongest first."""
    return tuple(
        sorted((name for name in similarity if similarity[name] > KEY_SIMILARITY), key=lambda n: -similarity[n])
    )


class _State:
    """Means of the activations over pairs with one left factor, right factor or product, and their Gram matrix."""

    def __init__(self, model: FoldedModel, group: Group) -> None:
        n, width = group.order, model.width
        self.model, self.group = model, group
        table = torch.from_numpy(group.table.astype(np.int64))
        x, y, xy = (torch.zeros(n, width, dtype=torch.float64) for _ in range(3))
        gram = torch.zeros(width, width, dtype=torch.float64)
        is_direct, square = model.direct_left is not None or model.direct_right is not None, torch.zeros(())
        b = torch.arange(n)
        for a in range(n):
            post = model.activate(model.left[a] + model.right)
            if is_direct:
                logits = model.read_out(post, torch.full((n,), a), b)
                square = square + ((logits - logits.mean(1, keepdim=True)) ** 2).sum()
            x[a] = post.mean(0)
            y += post
            xy[table[a]] += post
            gram += post.T @ post
        self.means = {"x": x, "y": y / n, "xy": xy / n}
        mean = x.mean(0)
        self.spread = float(gram.trace() - n * n * (mean @ mean))
        out, bias = model.out - model.out.mean(0), model.bias - model.bias.mean()
        if not is_direct:
            square = ((out @ gram) * out).sum() + n * n * (2 * (out @ mean) @ bias + bias @ bias)
        self.norm = float(square.clamp(min=0).sqrt())
        self.by_product = xy @ out.T + n * bias

    def logits(self, pairs: Int[Tensor, " pair"]) -> tuple[Float[Tensor, "pair g"], Int[Tensor, " pair"]]:
        """Logits of some pairs, and their products."""
        a, b = pairs // self.group.order, pairs % self.group.order
        products = torch.from_numpy(self.group.table.astype(np.int64))[a, b]
        return self.model.logits(a, b), products

    def shares(self, irrep: Irrep) -> dict[str, float]:
        """Shares of weights (not centred) and of centred activations in an irrep."""
        found = {}
        for name in ("left", "right", "out"):
            values = getattr(self.model, name)
            found[name] = float((_part(values, irrep) ** 2).sum() / max(float((values**2).sum()), _TINY))
        hidden = self.hidden(irrep)
        return found | {"hidden": sum(hidden.values()), "product": hidden["xy"]}

    def hidden(self, irrep: Irrep) -> dict[str, float]:
        """Shares of the centred activations in rho(a), rho(b) and rho(ab)."""
        return {
            name: self.group.order * float((_part(mean - mean.mean(0), irrep) ** 2).sum()) / max(self.spread, _TINY)
            for name, mean in self.means.items()
        }

    def logit_part(self, irrep: Irrep) -> Float[Tensor, "g g"]:
        """What rho(ab) in the activations gives to the logits, by product."""
        return _part(self.means["xy"], irrep) @ self.model.out.T

    def similarity(self, irrep: Irrep) -> float:
        """Cosine of the centred logits with chi(ab z^-1)."""
        cube = torch.from_numpy(irrep.character[self.group.table[:, self.group.inverse]])
        return float((self.by_product * cube).sum() / (cube.norm() * self.group.order**0.5 * max(self.norm, _TINY)))


_TINY = 1e-300
"""Keeps a share of nothing 0."""


def _part(values: Float[Tensor, "g n"], irrep: Irrep) -> Float[Tensor, "g n"]:
    return torch.from_numpy(isotypic_projection(values.T.numpy(), irrep)).T


def _is_trivial(irrep: Irrep) -> bool:
    return irrep.dim == 1 and bool((irrep.character > 0.5).all())
