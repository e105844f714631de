"""The measures of Chughtai et al. 2023 on all pairs, as they are defined: the slow twin of `cosetta.measures.gcr`.

Activations and logits are held for every pair, |G|^3 numbers, so this is for small groups.
"""

import numpy as np
import torch
import torch.nn.functional as F

from cosetta.harmonics import isotypic_projection
from cosetta.measures.gcr import KEY_SIMILARITY


def slow_measures(model, group, named, trained, key=None):
    """The authors' measures of a network, under the names of their `summary_metrics.json`."""
    state = _State(model.to(dtype=torch.float64), group, torch.from_numpy(trained))
    found = state.losses()
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

    def __init__(self, model, group, trained):
        order = group.order
        self.model, self.group, self.trained = model, group, trained
        self.product = torch.from_numpy(group.table.astype(np.int64)).reshape(-1)
        self.hidden = model.activate(model.left[:, None] + model.right).reshape(order * order, -1)
        a, b = (x.reshape(-1) for x in torch.meshgrid(torch.arange(order), torch.arange(order), indexing="ij"))
        self.logits = model.logits(a, b)
        self.around = self.logits - self.hidden @ model.out.T  # bias and direct path, which no ablation touches
        self.centred = self.logits - self.logits.mean(-1, keepdim=True)
        self.norm = float(self.centred.norm())
        by_pair = self.hidden.reshape(order, order, -1)
        self.means = {"x": by_pair.mean(1), "y": by_pair.mean(0), "xy": self._over_products(self.hidden) / order}
        self.spread = float(((self.hidden - self.hidden.mean(0)) ** 2).sum())
        self.by_product = self._over_products(self.centred)

    def _over_products(self, values):
        """Sums over the pairs with each product."""
        return torch.zeros(self.group.order, values.shape[1], dtype=values.dtype).index_add_(0, self.product, values)

    def loss(self, logits, pairs=None):
        """Mean cross-entropy over some pairs."""
        right = self.product
        return float(
            F.cross_entropy(logits if pairs is None else logits[pairs], right if pairs is None else right[pairs])
        )

    def losses(self):
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

    def shares(self, irrep):
        """Shares of weights (not centred) and of centred activations in an irrep."""
        found = {}
        for name, values in (("x_embed", self.model.left), ("y_embed", self.model.right), ("unembed", self.model.out)):
            found[f"percent_{name}"] = float((self._part(values, irrep) ** 2).sum() / (values**2).sum())
        for name, mean in self.means.items():
            part = self._part(mean - mean.mean(0), irrep)
            found[f"percent_hidden_{name}"] = float(self.group.order * (part**2).sum() / self.spread)
        total = sum(found[f"percent_hidden_{name}"] for name in self.means)
        return found | {"total_percent_hidden": float(total)}

    def _part(self, values, irrep):
        return torch.from_numpy(isotypic_projection(values.T.numpy(), irrep)).T

    def hidden_losses(self, kept):
        """Losses with only rho(ab) kept in the activations (all pairs), and with it removed (training pairs)."""
        parts = [self._part(self.means["xy"], irrep) @ self.model.out.T for irrep in kept]
        part = sum(parts, torch.zeros_like(self.by_product))
        removed = self.logits[self.trained] - part[self.product[self.trained]]
        excluded = float(F.cross_entropy(removed, self.product[self.trained]))
        return self.loss(part[self.product] + self.around), excluded

    def logit_measures(self, name, irrep):
        """Cosine of the logits with the character, and the losses with only or without that direction."""
        similarity = float((self.by_product * self._cube(irrep)).sum() / self.norm)
        restricted, excluded = self.logit_losses([(irrep, similarity)])
        return {
            f"logit_{name}_rep_trace_similarity": similarity,
            f"logit_restricted_loss_{name}_rep": restricted,
            f"logit_excluded_loss_{name}_rep": excluded,
        }

    def logit_losses(self, kept):
        """Losses with only these characters in the logits (all pairs), and without them (training pairs)."""
        part = sum((share * self.norm * self._cube(irrep) for irrep, share in kept), torch.zeros_like(self.by_product))
        removed = self.centred[self.trained] - part[self.product[self.trained]]
        return self.loss(part[self.product]), float(F.cross_entropy(removed, self.product[self.trained]))

    def _cube(self, irrep):
        """chi(x z^-1) for product x and answer z, of norm 1 over all pairs and answers."""
        values = torch.from_numpy(irrep.character[self.group.table[:, self.group.inverse]])
        return values / (values.norm() * self.group.order**0.5)
