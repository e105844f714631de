r"""The measures of Chughtai, Chan and Nanda 2023 (arXiv:2302.03025).

With $h(a,b)$ the activations, $c(a,b,\cdot)$ the logits minus their mean, and $P_\rho$ the projection on an irrep:
shares of `left`, `right` and `out` in each irrep; shares of the centred activations explained by $\rho(a)$, $\rho(b)$
and $\rho(ab)$; the cosine of $c$ with $\chi_\rho(abz^{-1})$; restricted loss (only $\rho(ab)$ kept, over all pairs) and
excluded loss ($\rho(ab)$ removed, over the training pairs). A share of $\rho(ab)$ depends on the mean of h over the
pairs with one product alone, so everything here is a Fourier transform of functions on G, not of functions on pairs.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from cosetta.groups import Group
from cosetta.harmonics import Irrep, isotypic_projection
from cosetta.measures.gcr import KEY_SIMILARITY
from cosetta.models import FoldedModel

__all__ = ["KEY_SIMILARITY", "measures", "training_pairs"]


def training_pairs(order: int, share: float, seed: int) -> Bool[np.ndarray, " pair"]:
    """The pairs that the authors trained on, in the element order of their file.

    All |G|^2 pairs, the left factor slowest, are shuffled by `torch.randperm` after `torch.manual_seed(seed)` on the
    CPU; the first share of them is trained on.

    Args:
        order: number of elements.
        share: share of pairs trained on, in (0, 1].
        seed: the seed of their configuration.

    Returns:
        Whether each pair, numbered a |G| + b, was trained on.

    Source:
        Inferred from the published code; confirmed by the losses, which agree to six digits or more on all eight files.

    Example:
        >>> int(training_pairs(6, 0.5, seed=1).sum())
        18
    """
    shuffled = torch.randperm(order * order, generator=torch.Generator().manual_seed(seed)).numpy()
    chosen = np.zeros(order * order, dtype=bool)
    chosen[shuffled[: int(share * order * order)]] = True
    return chosen


def measures(
    model: FoldedModel,
    group: Group,
    named: Mapping[str, Irrep],
    trained: Bool[np.ndarray, " pair"],
    key: Sequence[str] | None = None,
) -> dict[str, float]:
    r"""The authors' measures of a network, under the names of their `summary_metrics.json`.

    Args:
        model: the network in the element order of `group`, on the CPU.
        group: the group.
        named: irreps by name.
        trained: whether each pair a |G| + b was trained on.
        key: the irreps that the totals are over; those with a trace similarity above `KEY_SIMILARITY` if None.

    Returns:
        One number a measure. Shares are in [0, 1], losses in nats.

    Source:
        Chughtai et al. 2023 (arXiv:2302.03025), section 5 and appendix; definitions as in their published code.

    Example:
        >>> from cosetta import irreps, named_group
        >>> from cosetta.models.planted import CosetPlan, plant
        >>> S3 = named_group("S3")
        >>> net = plant(S3, [CosetPlan(S3.subgroup([1]))], generator=torch.Generator().manual_seed(0)).folded
        >>> found = measures(net, S3, {i.name: i for i in irreps(S3)}, np.ones(36, dtype=bool))
        >>> round(found["percent_x_embed_(2,1)_rep"], 6), found["all_acc"]
        (1.0, 1.0)
    """
    state = _State(model.to(dtype=torch.float64), group, torch.from_numpy(trained))
    found: dict[str, float] = state.losses()
    for name, irrep in named.items():
        found |= {f"{kind}_{name}_rep": value for kind, value in state.shares(irrep).items()}
        if name != "trivial":
            found |= state.logit_measures(name, irrep)
        restricted, excluded = state.hidden_losses([irrep])
        found |= {f"hidden_restricted_loss_{name}_rep": restricted, f"hidden_excluded_loss_{name}_rep": excluded}
    similar = {name: found[f"logit_{name}_rep_trace_similarity"] for name in named if name != "trivial"}
    key = [name for name, value in similar.items() if value > KEY_SIMILARITY] if key is None else list(key)
    found["percent_logits_explained"] = sum(value**2 for value in similar.values())
    for kind in ("x_embed", "y_embed", "unembed", "hidden_xy"):
        found[f"percent_{kind}_explained"] = sum(found[f"percent_{kind}_{name}_rep"] for name in key)
    found["percent_hidden_explained"] = sum(found[f"total_percent_hidden_{name}_rep"] for name in key)
    restricted, excluded = state.hidden_losses([named[name] for name in key])
    found |= {"total_hidden_restricted_loss": restricted, "total_hidden_excluded_loss": excluded}
    restricted, excluded = state.logit_losses([(named[name], similar[name]) for name in key])
    found |= {"total_logit_restricted_loss": restricted, "total_logit_excluded_loss": excluded}
    found["test_loss_restricted_loss_ratio"] = found["test_loss"] / found["total_hidden_restricted_loss"]
    return found


class _State:
    """Activations and logits on all pairs, and their means over pairs with one left factor, right factor or product."""

    def __init__(self, model: FoldedModel, group: Group, trained: Bool[Tensor, " pair"]) -> None:
        order = group.order
        self.model, self.group, self.trained = model, group, trained
        self.product = torch.from_numpy(group.table.astype(np.int64)).reshape(-1)
        self.hidden = model.activate(model.left[:, None] + model.right).reshape(order * order, -1)
        self.logits = self.hidden @ model.out.T + model.bias
        self.centred = self.logits - self.logits.mean(-1, keepdim=True)
        self.norm = float(self.centred.norm())
        by_pair = self.hidden.reshape(order, order, -1)
        self.means = {"x": by_pair.mean(1), "y": by_pair.mean(0), "xy": self._over_products(self.hidden) / order}
        self.spread = float(((self.hidden - self.hidden.mean(0)) ** 2).sum())
        self.by_product = self._over_products(self.centred)

    def _over_products(self, values: Float[Tensor, "pair n"]) -> Float[Tensor, "g n"]:
        """Sums over the pairs with each product."""
        return torch.zeros(self.group.order, values.shape[1], dtype=values.dtype).index_add_(0, self.product, values)

    def loss(self, logits: Float[Tensor, "pair g"], pairs: Bool[Tensor, " pair"] | None = None) -> float:
        """Mean cross-entropy over some pairs."""
        right = self.product
        return float(
            F.cross_entropy(logits if pairs is None else logits[pairs], right if pairs is None else right[pairs])
        )

    def losses(self) -> dict[str, float]:
        """Loss and accuracy on all, training and test pairs."""
        right = self.logits.argmax(-1) == self.product
        found = {"all_loss": self.loss(self.logits), "all_acc": float(right.double().mean())}
        for split, pairs in (("train", self.trained), ("test", ~self.trained)):
            if bool(pairs.any()):
                found |= {
                    f"{split}_loss": self.loss(self.logits, pairs),
                    f"{split}_acc": float(right[pairs].double().mean()),
                }
        return {"test_loss": float("nan")} | found

    def shares(self, irrep: Irrep) -> dict[str, float]:
        """Shares of weights (not centred) and of centred activations in an irrep."""
        found: dict[str, float] = {}
        for name, values in (("x_embed", self.model.left), ("y_embed", self.model.right), ("unembed", self.model.out)):
            found[f"percent_{name}"] = float((self._part(values, irrep) ** 2).sum() / (values**2).sum())
        for name, mean in self.means.items():
            part = self._part(mean - mean.mean(0), irrep)
            found[f"percent_hidden_{name}"] = float(self.group.order * (part**2).sum() / self.spread)
        total = sum(found[f"percent_hidden_{name}"] for name in self.means)
        return found | {"total_percent_hidden": float(total)}

    def _part(self, values: Float[Tensor, "g n"], irrep: Irrep) -> Float[Tensor, "g n"]:
        return torch.from_numpy(isotypic_projection(values.T.numpy(), irrep)).T

    def hidden_losses(self, kept: Sequence[Irrep]) -> tuple[float, float]:
        """Losses with only rho(ab) kept in the activations (all pairs), and with it removed (training pairs)."""
        parts = [self._part(self.means["xy"], irrep) @ self.model.out.T for irrep in kept]
        part = sum(parts, torch.zeros_like(self.by_product))
        removed = self.logits[self.trained] - part[self.product[self.trained]]
        excluded = float(F.cross_entropy(removed, self.product[self.trained]))
        return self._loss_by_product(part + self.model.bias), excluded

    def logit_measures(self, name: str, irrep: Irrep) -> dict[str, float]:
        """Cosine of the logits with the character, and the losses with only or without that direction."""
        similarity = float((self.by_product * self._cube(irrep)).sum() / self.norm)
        restricted, excluded = self.logit_losses([(irrep, similarity)])
        return {
            f"logit_{name}_rep_trace_similarity": similarity,
            f"logit_restricted_loss_{name}_rep": restricted,
            f"logit_excluded_loss_{name}_rep": excluded,
        }

    def logit_losses(self, kept: Sequence[tuple[Irrep, float]]) -> tuple[float, float]:
        """Losses with only these characters in the logits (all pairs), and without them (training pairs)."""
        part = sum((share * self.norm * self._cube(irrep) for irrep, share in kept), torch.zeros_like(self.by_product))
        removed = self.centred[self.trained] - part[self.product[self.trained]]
        return self._loss_by_product(part), float(F.cross_entropy(removed, self.product[self.trained]))

    def _cube(self, irrep: Irrep) -> Float[Tensor, "g g"]:
        """chi(x z^-1) for product x and answer z, of norm 1 over all pairs and answers."""
        values = torch.from_numpy(irrep.character[self.group.table[:, self.group.inverse]])
        return values / (values.norm() * self.group.order**0.5)

    def _loss_by_product(self, logits: Float[Tensor, "g g"]) -> float:
        """Loss over all pairs of logits that depend on the product alone, which every element is equally often."""
        return float(F.cross_entropy(logits, torch.arange(self.group.order)))
