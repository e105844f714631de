r"""The measures of Chughtai, Chan and Nanda 2023 (arXiv:2302.03025), under the names of their `summary_metrics.json`.

With $h(a,b)$ the activations, $c(a,b,\cdot)$ the logits minus their mean, and $P_\rho$ the projection on an irrep:
shares of `left`, `right` and `out` in each irrep; shares of the centred activations explained by $\rho(a)$, $\rho(b)$
and $\rho(ab)$; the cosine of $c$ with $\chi_\rho(abz^{-1})$; restricted loss (only $\rho(ab)$ kept, over all pairs) and
excluded loss ($\rho(ab)$ removed, over the training pairs). `cosetta.measures.gcr` has the sums behind them.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool
from torch import Tensor

from cosetta.groups import Group
from cosetta.harmonics import Irrep
from cosetta.measures.gcr import BLOCK, KEY_SIMILARITY, GcrSums
from cosetta.models import FoldedModel

__all__ = ["measures", "training_pairs"]


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
    state, pairs = GcrSums(model.to(dtype=torch.float64), group), torch.from_numpy(np.flatnonzero(trained))
    found = _scores(state, torch.from_numpy(trained))
    similar = {name: state.similarity(irrep) for name, irrep in named.items() if name != "trivial"}
    key = [name for name, value in similar.items() if value > KEY_SIMILARITY] if key is None else list(key)
    hidden = {name: state.logit_part(irrep) for name, irrep in named.items()}
    logit = {name: value * state.norm * state.cube(named[name]) for name, value in similar.items()}
    nothing = torch.zeros_like(state.by_product)
    hidden["total"], logit["total"] = (sum((part[name] for name in key), nothing) for part in (hidden, logit))
    removed = {f"hidden {name}": part for name, part in hidden.items()}
    excluded = state.excluded(removed | {f"logit {name}": part for name, part in logit.items()}, pairs)
    shares = {name: state.shares(irrep) | state.hidden(irrep) for name, irrep in named.items()}
    for name, of in shares.items():
        found |= {f"percent_{theirs}_{name}_rep": of[ours] for theirs, ours in _SHARES.items()}
        found[f"total_percent_hidden_{name}_rep"] = of["hidden"]
    found |= {f"logit_{name}_rep_trace_similarity": value for name, value in similar.items()}
    found["percent_logits_explained"] = sum(value**2 for value in similar.values())
    for theirs in ("x_embed", "y_embed", "unembed", "hidden_xy"):
        found[f"percent_{theirs}_explained"] = sum(shares[name][_SHARES[theirs]] for name in key)
    found["percent_hidden_explained"] = sum(shares[name]["hidden"] for name in key)
    answers = torch.arange(group.order)
    for name, part in hidden.items():
        found[_loss_name("hidden", "restricted", name)] = state.restricted(part)
        found[_loss_name("hidden", "excluded", name)] = excluded[f"hidden {name}"]
    for name, part in logit.items():  # only a function of the product is kept, which every element is equally often
        found[_loss_name("logit", "restricted", name)] = float(F.cross_entropy(part, answers))
        found[_loss_name("logit", "excluded", name)] = excluded[f"logit {name}"]
    found["test_loss_restricted_loss_ratio"] = found["test_loss"] / found["total_hidden_restricted_loss"]
    return found


_SHARES = {
    "x_embed": "left",
    "y_embed": "right",
    "unembed": "out",
    "hidden_x": "x",
    "hidden_y": "y",
    "hidden_xy": "xy",
}
"""Our names of the shares by theirs."""


def _loss_name(site: str, kind: str, irrep: str) -> str:
    return f"total_{site}_{kind}_loss" if irrep == "total" else f"{site}_{kind}_loss_{irrep}_rep"


def _scores(state: GcrSums, trained: Bool[Tensor, " pair"]) -> dict[str, float]:
    """Loss and accuracy on all, training and test pairs; of a side without pairs the loss alone, which is nan."""
    order = state.group.order
    losses, right = [], []
    for block in torch.arange(order**2).split(max(1, BLOCK // order)):
        logits, products = state.logits(block)
        losses.append(F.cross_entropy(logits, products, reduction="none"))
        right.append(logits.argmax(-1) == products)
    loss, accurate = torch.cat(losses), torch.cat(right).double()
    found = {"test_loss": float("nan"), "all_loss": float(loss.mean()), "all_acc": float(accurate.mean())}
    for split, pairs in (("train", trained), ("test", ~trained)):
        if bool(pairs.any()):
            found |= {f"{split}_loss": float(loss[pairs].mean()), f"{split}_acc": float(accurate[pairs].mean())}
    return found
