r"""The measures of Chughtai, Chan and Nanda 2023 (arXiv:2302.03025), and their agreement with the authors' own figures.

With $h(a,b)$ the activations, $c(a,b,\cdot)$ the logits minus their mean, and $P_\rho$ the projection on an irrep:
shares of `left`, `right` and `out` in each irrep; shares of the centred activations explained by $\rho(a)$, $\rho(b)$
and $\rho(ab)$; the cosine of $c$ with $\chi_\rho(abz^{-1})$; restricted loss (only $\rho(ab)$ kept, over all pairs) and
excluded loss ($\rho(ab)$ removed, over the training pairs). A share of $\rho(ab)$ depends on the mean of h over the
pairs with one product alone, so everything here is a Fourier transform of functions on G, not of functions on pairs.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from cosetta.errors import BadRun
from cosetta.groups import Group
from cosetta.harmonics import Irrep, irreps, isotypic_projection
from cosetta.models import FoldedModel
from cosetta.models.importers import OpenedCheckpoint, open_checkpoint, read_tensors

__all__ = ["Agreement", "agreement", "agreement_table", "authors_irreps", "measures", "training_pairs"]

KEY_SIMILARITY = 0.005
"""An irrep is key when the cosine of its character with the logits is above this (the authors' code)."""

_S5 = {"sign": "(1^5)", "standard": "(4,1)", "standard_sign": "(2,1^3)", "s5_5d_a": "(2,2,1)", "s5_5d_b": "(3,2)"}
_S5 |= {"s5_6d": "(3,1,1)"}


@final
@dataclass(frozen=True)
class Agreement:
    """One figure of the authors beside ours.

    Args:
        run: name of their folder.
        measure: their name of the figure.
        theirs: what they print.
        ours: what we measure; None if we do not measure it.
        digits: significant digits that agree, at most 9.
    """

    run: str
    measure: str
    theirs: float
    ours: float | None
    digits: int


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


def authors_irreps(opened: OpenedCheckpoint) -> dict[str, Irrep]:
    r"""Our irreps under the authors' names.

    `freq_k` of C_n and D_n is the one whose character is $2\cos(2\pi k/n)$ at the file's element 1. The two irreps of
    dimension 3 of A_5 are exchanged by an automorphism, which nothing in a network sees: `a` is the first one here.

    Args:
        opened: a checkpoint of theirs.

    Returns:
        The irreps by their names, the trivial one included.

    Raises:
        BadRun: if the group is not one of theirs.

    Source:
        Names in their `summary_metrics.json`; the partitions of S_5 from their code.
    """
    group, found = opened.group, irreps(opened.group)
    named = {"trivial": found[0]}
    if group.name == "S5":
        by_name = {irrep.name: irrep for irrep in found}
        return named | {theirs: by_name[ours] for theirs, ours in _S5.items()}
    if group.name == "A5":
        three = [irrep for irrep in found if irrep.dim == 3]
        by_dim = {irrep.dim: irrep for irrep in found}
        return named | {"standard": by_dim[4], "a5_5d_a": by_dim[5], "a5_3d_a": three[0], "a5_3d_b": three[1]}
    if group.name[0] not in "CD":
        raise BadRun(f"the authors' irreps are known for S5, A5, cyclic and dihedral groups; got {group.name}")
    one, turns = int(opened.recovered.relabelling[1]), int(group.element_orders.max())
    for irrep in found[1:]:
        angle = np.arccos(np.clip(irrep.character[one] / irrep.dim, -1, 1)) if irrep.dim == 2 else 0.0
        named[f"freq_{round(angle * turns / (2 * np.pi))}" if irrep.dim == 2 else "sign"] = irrep
    return named


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
        >>> from cosetta import named_group
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


def agreement(folder: Path | str) -> list[Agreement]:
    """Every figure of the authors for one of their runs beside ours.

    Args:
        folder: a folder of their release: `model.pt`, `cfg.json`, `summary_metrics.json`, and perhaps `key_reps.txt`.

    Returns:
        One row a figure, in their order, and one `key_reps` row: 9 digits if our key irreps are theirs, else 0.

    Raises:
        BadRun: if a file is missing or is not theirs.
    """
    folder = Path(folder)
    theirs = _json(folder / "summary_metrics.json")
    opened = open_checkpoint(folder)
    config = opened.imported.config
    order = opened.group.order
    trained = training_pairs(order, float(config["frac_train"]), int(config["seed"])).reshape(order, order)
    places = np.argsort(opened.recovered.relabelling)  # their number of each of our elements
    named = _match_conjugates(authors_irreps(opened), opened, theirs)
    ours = measures(opened.model, opened.group, named, trained[np.ix_(places, places)].reshape(-1))
    ours["sum_of_squared_weights"] = sum(float((t**2).sum()) for t in read_tensors(folder).values())
    rows = [_row(folder.name, name, float(value), ours.get(name)) for name, value in theirs.items() if name != "epoch"]
    if (folder / "key_reps.txt").is_file():
        listed = set((folder / "key_reps.txt").read_text().split())
        found = {n for n in named if n != "trivial" and ours[f"logit_{n}_rep_trace_similarity"] > KEY_SIMILARITY}
        rows.append(
            Agreement(folder.name, "key_reps", float(len(listed)), float(len(found)), 9 if listed == found else 0)
        )
    return rows


def _match_conjugates(named: dict[str, Irrep], opened: OpenedCheckpoint, theirs: Mapping[str, Any]) -> dict[str, Irrep]:
    """Exchange the two 3-dimensional irreps of A5 if theirs are the other way round: an automorphism does."""
    pair = ("a5_3d_a", "a5_3d_b")
    if not set(pair) <= set(named):
        return named
    left = opened.model.left.double().T.numpy()
    shares = [float((isotypic_projection(left, named[name]) ** 2).sum() / (left**2).sum()) for name in pair]
    printed = [float(theirs[f"percent_x_embed_{name}_rep"]) for name in pair]
    if (shares[0] > shares[1]) == (printed[0] > printed[1]):
        return named
    return named | {pair[0]: named[pair[1]], pair[1]: named[pair[0]]}


def _row(run: str, measure: str, theirs: float, ours: float | None) -> Agreement:
    return Agreement(run, measure, theirs, ours, 0 if ours is None else _digits(theirs, ours))


def _digits(theirs: float, ours: float) -> int:
    """Significant digits that agree: -log10 of twice the relative difference, between 0 and 9."""
    if theirs == ours:
        return 9
    relative = abs(theirs - ours) / max(abs(theirs), abs(ours))
    return int(np.clip(floor(-log10(2 * relative)), 0, 9))


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadRun(
            f"a run of Chughtai et al. must hold `{path.name}` as JSON; {error}: name another folder"
        ) from error
    return content


FAMILIES = {
    "loss on all, training, test pairs": ("all_loss", "train_loss", "test_loss"),
    "accuracy": ("train_acc", "test_acc"),
    "shares of W_x, W_y": ("percent_x_embed_", "percent_y_embed_"),
    "shares of W_U": ("percent_unembed_",),
    "logit trace similarity": ("trace_similarity", "percent_logits_explained"),
    "shares of hidden": ("percent_hidden_",),
    "restricted loss": ("restricted_loss",),
    "excluded loss": ("excluded_loss",),
    "sum of squared weights": ("sum_of_squared",),
    "key irreps": ("key_reps",),
}
"""Rows of the table of agreement: parts of the authors' names."""

ENOUGH = 5
"""Significant digits that count as agreement; the authors computed in single precision, which holds seven."""

MATTERS = 1e-3
"""A share or similarity below this is float noise in the authors' single precision and is not compared."""


def agreement_table(rows: Sequence[Agreement]) -> str:
    """The table of docs/importers.md: how many digits agree, by family of measures and run.

    Args:
        rows: the results of `agreement` for one run or several.

    Returns:
        A Markdown table. `24/26 (6)`: 24 of 26 figures of the family agree to 5 digits or more, the median to 6.

    Example:
        >>> print(agreement_table([Agreement("run", "all_loss", 0.25, 0.25, 9)]).splitlines()[2])
        | loss on all, training, test pairs | 1/1 (9) |
    """
    columns: dict[str, list[Agreement]] = {}
    for row in rows:
        columns.setdefault(row.run, []).append(row)
    lines = ["| figure | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for family in FAMILIES:
        cells = [_cell([row for row in column if _family(row.measure) == family]) for column in columns.values()]
        lines.append(f"| {family} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _family(measure: str) -> str | None:
    """The family of a measure; ratios of two others belong to none."""
    if "ratio" in measure:
        return None
    return next((family for family, words in FAMILIES.items() if any(word in measure for word in words)), None)


def _cell(rows: Sequence[Agreement]) -> str:
    compared = [row for row in rows if row.ours is not None and ("loss" in row.measure or abs(row.theirs) >= MATTERS)]
    if not compared:
        return "-"
    digits = np.array([row.digits for row in compared])
    if compared[0].measure == "key_reps":
        return "same" if digits[0] else "differ"
    return f"{int((digits >= ENOUGH).sum())}/{len(digits)} ({int(np.median(digits))})"
