r"""The measures of Chughtai, Chan and Nanda 2023 (arXiv:2302.03025), also for groups as large as S6.

One pass over the left factor keeps only the means of the activations h over pairs with one left factor, right factor or
product, and the sums of the logits (`logit_sums.py`). Everything is exact over all pairs but the excluded loss, which
is over the training pairs, or a sample of them in a group as large as S6. `tests/slow_gcr.py` holds activations and
logits on all pairs, and the tests hold the two against each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from cosetta.groups import Group
from cosetta.harmonics import Irrep, isotypic_projection
from cosetta.measures.logit_sums import LogitSums
from cosetta.models import FoldedModel
from cosetta.results import IrrepMeasures

__all__ = ["KEY_SIMILARITY", "GcrMeasures", "GcrSums", "gcr_measures", "irrep_measures"]

KEY_SIMILARITY = 0.005
"""An irrep is key when the cosine of its character with the logits is above this (the authors' code)."""

BLOCK = 2**20
"""Largest number of logits held at once: 8 MB in float64."""


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
        Chughtai et al. 2023 (arXiv:2302.03025), section 5; definitions as in their published code.

    Example:
        >>> from cosetta import irreps, named_group
        >>> from cosetta.models.planted import CosetPlan, plant
        >>> S3 = named_group("S3")
        >>> net = plant(S3, [CosetPlan(S3.subgroup([1]))], generator=torch.Generator().manual_seed(0)).folded
        >>> gcr_measures(net, S3, irreps(S3), torch.arange(36)).key
        ('(2,1)',)
    """
    state = GcrSums(model.to(dtype=torch.float64), group)
    others = [irrep for irrep in irreps if not _is_trivial(irrep)]
    parts = {irrep.name: state.logit_part(irrep) for irrep in others}
    similarity = {irrep.name: state.similarity(irrep) for irrep in others}
    shares = {irrep.name: state.shares(irrep) for irrep in irreps}
    by_kind = {
        kind: {name: shares[name][kind] for name in shares} for kind in ("left", "right", "out", "hidden", "product")
    }

    key = _key(similarity)
    all_key = sum((parts[name] for name in key), torch.zeros_like(state.by_product))
    excluded = state.excluded(parts | {"": all_key}, trained)
    total = {kind: float(sum(values[name] for name in key)) for kind, values in by_kind.items()}
    return GcrMeasures(
        key=key,
        trace_similarity=similarity,
        **by_kind,
        restricted={name: state.restricted(part) for name, part in parts.items()},
        excluded={name: loss for name, loss in excluded.items() if name},
        total=total | {"restricted": state.restricted(all_key), "excluded": excluded[""]},
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
    state = GcrSums(model.to(dtype=torch.float64), group)
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


@final
class GcrSums:
    """Means of the activations over pairs with one left factor, right factor or product, and sums of the logits.

    Args:
        model: the network, float64, on the CPU.
        group: its group.
    """

    def __init__(self, model: FoldedModel, group: Group) -> None:
        n, width = group.order, model.width
        self.model, self.group = model, group
        self.table = torch.from_numpy(group.table.astype(np.int64))
        x, y = (torch.zeros(n, width, dtype=torch.float64) for _ in range(2))
        sums, b = LogitSums(model), torch.arange(n)
        for a in range(n):
            post = model.activate(model.left[a] + model.right)
            sums.add(post, torch.full((n,), a), b, self.table[a])
            x[a] = post.mean(0)
            y += post
        self.means = {"x": x, "y": y / n, "xy": sums.by_product / n}
        mean = x.mean(0)
        self.spread = float(sums.second.trace() - n * n * (mean @ mean))
        self.norm = float(sums.square().sqrt())
        self.by_product = sums.logits()

    def logits(self, pairs: Int[Tensor, " pair"]) -> tuple[Float[Tensor, "pair g"], Int[Tensor, " pair"]]:
        """Logits of some pairs, and their products.

        Args:
            pairs: numbers a |G| + b.

        Returns:
            Logits and products.
        """
        a, b = pairs // self.group.order, pairs % self.group.order
        return self.model.logits(a, b), self.table[a, b]

    def shares(self, irrep: Irrep) -> dict[str, float]:
        """Shares of weights (not centred) and of centred activations in an irrep.

        Args:
            irrep: the irrep.

        Returns:
            Shares in [0, 1] of `left`, `right`, `out`; of the activations `hidden` in all three parts, `product` in
            rho(ab) alone.
        """
        found = {}
        for name in ("left", "right", "out"):
            values = getattr(self.model, name)
            found[name] = float((_part(values, irrep) ** 2).sum() / max(float((values**2).sum()), _TINY))
        hidden = self.hidden(irrep)
        return found | {"hidden": sum(hidden.values()), "product": hidden["xy"]}

    def hidden(self, irrep: Irrep) -> dict[str, float]:
        """Shares of the centred activations in rho(a), rho(b) and rho(ab).

        Args:
            irrep: the irrep.

        Returns:
            Shares in [0, 1] by `x`, `y`, `xy`.
        """
        return {
            name: self.group.order * float((_part(mean - mean.mean(0), irrep) ** 2).sum()) / max(self.spread, _TINY)
            for name, mean in self.means.items()
        }

    def logit_part(self, irrep: Irrep) -> Float[Tensor, "g g"]:
        """What rho(ab) in the activations gives to the logits, one row a product.

        Args:
            irrep: the irrep.

        Returns:
            Logits by product and answer.
        """
        return _part(self.means["xy"], irrep) @ self.model.out.T

    def restricted(self, part: Float[Tensor, "g g"]) -> float:
        """Loss over all pairs with only some of the activations' part in rho(ab) kept; the rest of the network stays.

        Args:
            part: sum of `logit_part` over the irreps that are kept.

        Returns:
            Nats. Without a direct path the logits depend on the product alone, which every element is equally often.
        """
        n, kept = self.group.order, part + self.model.bias
        if self.model.direct_left is None and self.model.direct_right is None:
            return float(F.cross_entropy(kept, torch.arange(n)))
        silent, b = torch.zeros(n, self.model.width, dtype=torch.float64), torch.arange(n)
        losses = []
        for a, products in enumerate(self.table):
            around = self.model.read_out(silent, torch.full((n,), a), b)
            losses.append(F.cross_entropy(around + part[products], products))
        return float(torch.stack(losses).mean())

    def excluded(self, parts: Mapping[str, Float[Tensor, "g g"]], pairs: Int[Tensor, " pair"]) -> dict[str, float]:
        """Loss over some pairs with a part of the logits, a function of the product, removed; block by block.

        Args:
            parts: what is removed, one row a product, by name.
            pairs: numbers a |G| + b; at least one.

        Returns:
            Nats, by name. A constant of a pair, such as the mean of its logits, changes nothing.
        """
        sums = dict.fromkeys(parts, 0.0)
        for block in pairs.split(max(1, BLOCK // self.group.order)):
            logits, products = self.logits(block)
            for name, part in parts.items():
                sums[name] += float(F.cross_entropy(logits - part[products], products, reduction="sum"))
        return {name: total / len(pairs) for name, total in sums.items()}

    def similarity(self, irrep: Irrep) -> float:
        """Cosine of the centred logits with chi(ab z^-1).

        Args:
            irrep: an irrep, not the trivial one.

        Returns:
            The cosine, in [-1, 1]; 0 for a network without logits.
        """
        return float((self.by_product * self.cube(irrep)).sum() / max(self.norm, _TINY))

    def cube(self, irrep: Irrep) -> Float[Tensor, "g g"]:
        """chi(x z^-1) for product x and answer z, of norm 1 over all pairs and answers.

        Args:
            irrep: an irrep.

        Returns:
            One row a product.
        """
        values = torch.from_numpy(irrep.character[self.group.table[:, self.group.inverse]])
        return values / (values.norm() * self.group.order**0.5)


_TINY = 1e-300
"""Keeps a share of nothing 0."""


def _part(values: Float[Tensor, "g n"], irrep: Irrep) -> Float[Tensor, "g n"]:
    return torch.from_numpy(isotypic_projection(values.T.numpy(), irrep)).T


def _is_trivial(irrep: Irrep) -> bool:
    return irrep.dim == 1 and bool((irrep.character > 0.5).all())
