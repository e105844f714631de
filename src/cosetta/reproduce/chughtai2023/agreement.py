"""The figures that Chughtai, Chan and Nanda publish with their runs, beside ours.

Their release has, for each run, `summary_metrics.json` and `key_reps.txt`. Each figure is measured again from the
weights alone (`measures.py`), under their names of the irreps, and compared digit by digit. docs/importers.md holds
the table and says what does not agree, and why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import floor, log10
from pathlib import Path
from typing import Any, final

import numpy as np
import torch

from cosetta.errors import BadRun
from cosetta.files import read_bytes, read_json
from cosetta.harmonics import Irrep, irreps, isotypic_projection
from cosetta.measures.gcr import KEY_SIMILARITY
from cosetta.models.importers import OpenedCheckpoint, open_checkpoint, read_tensors
from cosetta.reproduce.chughtai2023.measures import measures, training_pairs

__all__ = [
    "ENOUGH",
    "FAMILIES",
    "Agreement",
    "Compared",
    "agreement",
    "agreement_table",
    "authors_irreps",
    "compare_run",
]

MAX_LIST = 2**16
"""Largest `key_reps.txt` in bytes; theirs have a hundred."""

_S5 = {"sign": "(1^5)", "standard": "(4,1)", "standard_sign": "(2,1^3)", "s5_5d_a": "(2,2,1)", "s5_5d_b": "(3,2)"}
_S5 |= {"s5_6d": "(3,1,1)"}
_S6 = {"sign": "(1^6)", "standard": "(5,1)", "standard_sign": "(2,1^4)", "s6_5d_a": "(3,3)", "s6_5d_b": "(2,2,2)"}


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


def authors_irreps(opened: OpenedCheckpoint) -> dict[str, Irrep]:
    r"""Our irreps under the authors' names.

    `freq_k` of C_n and D_n is the one whose character is $2\cos(2\pi k/n)$ at the file's element 1. The two irreps of
    dimension 3 of A_5 are exchanged by an automorphism, which nothing in a network sees: `a` is the first one here. So
    are (5,1) and (2,2,2), and (2,1^4) and (3,3), of S_6. The authors name five irreps of S_6 besides the trivial one.

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
    if group.name in ("S5", "S6"):
        by_name = {irrep.name: irrep for irrep in found}
        chosen = _S5 if group.name == "S5" else _S6
        return named | {theirs: by_name[ours] for theirs, ours in chosen.items()}
    if group.name == "A5":
        three = [irrep for irrep in found if irrep.dim == 3]
        by_dim = {irrep.dim: irrep for irrep in found}
        return named | {"standard": by_dim[4], "a5_5d_a": by_dim[5], "a5_3d_a": three[0], "a5_3d_b": three[1]}
    if group.name[0] not in "CD":
        raise BadRun(f"the authors' irreps are known for S5, S6, A5, cyclic and dihedral groups; got {group.name}")
    one, turns = int(opened.recovered.relabelling[1]), int(group.element_orders.max())
    for irrep in found[1:]:
        angle = np.arccos(np.clip(irrep.character[one] / irrep.dim, -1, 1)) if irrep.dim == 2 else 0.0
        named[f"freq_{round(angle * turns / (2 * np.pi))}" if irrep.dim == 2 else "sign"] = irrep
    return named


@final
@dataclass(frozen=True)
class Compared:
    """One of their runs, measured again.

    Args:
        run: name of their folder.
        group: name of the group, as Cosetta has it.
        architecture: `MLP` or `transformer`.
        width: number of neurons.
        seed: of their configuration.
        theirs: their figures, by their names.
        ours: ours, under the same names; what cannot be measured is missing.
        listed: the key irreps that they list, without the trivial one; None without `key_reps.txt`.
        key: the key irreps that we find, under their names.
        rows: figure by figure.
        obstacle: why the activations are not functions of a and of b, or an empty string.
    """

    run: str
    group: str
    architecture: str
    width: int
    seed: int
    theirs: dict[str, float]
    ours: dict[str, float]
    listed: tuple[str, ...] | None
    key: tuple[str, ...]
    rows: tuple[Agreement, ...]
    obstacle: str = ""

    @property
    def generalises(self) -> bool:
        """Whether it is right on at least 99 % of the test pairs, by their figure."""
        return self.theirs.get("test_acc", 0.0) >= 0.99


def agreement(folder: Path | str) -> list[Agreement]:
    """Every figure of the authors for one of their runs beside ours.

    Args:
        folder: a folder of their release: `model.pt`, `cfg.json`, `summary_metrics.json`, and perhaps `key_reps.txt`.

    Returns:
        One row a figure, in their order, and one `key_reps` row: 9 digits if our key irreps are theirs, else 0.

    Raises:
        BadRun: if a file is missing or is not theirs.
    """
    return list(compare_run(folder).rows)


def compare_run(folder: Path | str) -> Compared:
    """Measure one of their runs again and hold every figure against theirs.

    A transformer is folded by measurement, so its losses agree to fewer digits. Its shares of W_x and W_y are of its
    embeddings, and its restricted and excluded losses are of the activations and W_out W_U alone: the figures agree
    with the path around the neurons and the output bias left out, and not with them.

    Args:
        folder: as for `agreement`.

    Returns:
        The run; of a network whose neurons are not left + right only the weights are compared.

    Raises:
        BadRun: if a file is missing or is not theirs.
    """
    folder = Path(folder)
    theirs = {name: float(value) for name, value in _json(folder / "summary_metrics.json").items() if name != "epoch"}
    opened = open_checkpoint(folder)
    config, tensors = opened.imported.config, read_tensors(folder)
    order = opened.group.order
    trained = training_pairs(order, float(config["frac_train"]), int(config["seed"])).reshape(order, order)
    places = np.argsort(opened.recovered.relabelling)  # their number of each of our elements
    named = _match_conjugates(authors_irreps(opened), opened, theirs)
    mask = trained[np.ix_(places, places)].reshape(-1)
    ours, obstacle = measures(opened.model, opened.group, named, mask), ""
    key = tuple(n for n in named if n != "trivial" and ours[f"logit_{n}_rep_trace_similarity"] > KEY_SIMILARITY)
    if opened.folding is not None:
        obstacle = opened.folding.obstacle
        ours |= _without_direct_path(opened, named, mask, key)
        ours |= _embedding_shares(tensors, places, named, key)
        if obstacle:
            ours = {name: value for name, value in ours.items() if "embed" in name}
    ours["sum_of_squared_weights"] = sum(float((t**2).sum()) for t in tensors.values())
    rows = [_row(folder.name, name, value, ours.get(name)) for name, value in theirs.items()]
    listed = _listed(folder)
    if listed is not None and not obstacle:
        digits = 9 if set(listed) == set(key) else 0
        rows.append(Agreement(folder.name, "key_reps", float(len(listed)), float(len(key)), digits))
    return Compared(
        run=folder.name,
        group=opened.group.name,
        architecture="MLP" if opened.folding is None else "transformer",
        width=opened.model.width,
        seed=int(config["seed"]),
        theirs=theirs,
        ours=ours,
        listed=listed,
        key=() if obstacle else key,
        rows=tuple(rows),
        obstacle=obstacle,
    )


def _listed(folder: Path) -> tuple[str, ...] | None:
    """The key irreps of `key_reps.txt`."""
    path = folder / "key_reps.txt"
    if not path.is_file():
        return None
    content = read_bytes(path, what="a list of irreps", advice="name another folder", max_bytes=MAX_LIST)
    return tuple(content.decode("utf-8", errors="replace").split())


def _without_direct_path(
    opened: OpenedCheckpoint, named: Mapping[str, Irrep], trained: np.ndarray, key: Sequence[str]
) -> dict[str, float]:
    """Restricted and excluded losses of what the neurons alone give."""
    model = opened.model
    bare = replace(model, direct_left=None, direct_right=None, bias=torch.zeros_like(model.bias))
    found = measures(bare, opened.group, named, trained, key)
    return {name: value for name, value in found.items() if "hidden_restricted" in name or "hidden_excluded" in name}


def _embedding_shares(
    tensors: Mapping[str, torch.Tensor], places: np.ndarray, named: Mapping[str, Irrep], key: Sequence[str]
) -> dict[str, float]:
    """Shares of a transformer's token embeddings, which are one matrix for both factors."""
    found = {}
    for name in ("x_embed", "y_embed"):
        values = tensors[name].double().numpy()[places].T
        total = (values**2).sum()
        shares = {n: float((isotypic_projection(values, irrep) ** 2).sum() / total) for n, irrep in named.items()}
        found |= {f"percent_{name}_{n}_rep": share for n, share in shares.items()}
        found[f"percent_{name}_explained"] = sum(shares[n] for n in key)
    return found


def _match_conjugates(
    named: dict[str, Irrep], opened: OpenedCheckpoint, theirs: Mapping[str, float]
) -> dict[str, Irrep]:
    """Name the irreps that an automorphism exchanges as the authors' shares have them: nothing else tells which."""
    options = [named | {one: named[other] for one, other in swap} for swap in _EXCHANGED if _known(swap, named)]
    if not options:
        return named
    left = opened.model.left.double().T.numpy()

    def apart(names: Mapping[str, Irrep]) -> float:
        found = 0.0
        for name in {name for swap in _EXCHANGED for name, _ in swap} & set(names):
            share = float((isotypic_projection(left, names[name]) ** 2).sum() / (left**2).sum())
            found += abs(share - theirs.get(f"percent_x_embed_{name}_rep", 0.0))
        return found

    return min([named, *options], key=apart)


def _known(swap: Sequence[tuple[str, str]], named: Mapping[str, Irrep]) -> bool:
    return {name for name, _ in swap} <= set(named)


_EXCHANGED = (
    (("a5_3d_a", "a5_3d_b"), ("a5_3d_b", "a5_3d_a")),
    (("s6_5d_a", "s6_5d_b"), ("s6_5d_b", "s6_5d_a")),
    (
        ("standard", "s6_5d_b"),
        ("s6_5d_b", "standard"),
        ("standard_sign", "s6_5d_a"),
        ("s6_5d_a", "standard_sign"),
    ),
    (
        ("standard", "s6_5d_b"),
        ("s6_5d_a", "standard"),
        ("standard_sign", "s6_5d_a"),
        ("s6_5d_b", "standard_sign"),
    ),
)
"""Names that may be exchanged: by an automorphism, and, in S6, `a` and `b` among themselves."""


def _row(run: str, measure: str, theirs: float, ours: float | None) -> Agreement:
    return Agreement(run, measure, theirs, ours, 0 if ours is None else _digits(theirs, ours))


def _digits(theirs: float, ours: float) -> int:
    """Significant digits that agree: -log10 of twice the relative difference, between 0 and 9."""
    if theirs == ours:
        return 9
    relative = abs(theirs - ours) / max(abs(theirs), abs(ours))
    return int(np.clip(floor(-log10(2 * relative)), 0, 9))


def _json(path: Path) -> dict[str, Any]:
    what, advice = "a table of measures of Chughtai et al.", "name another folder"
    return read_json(path, dict[str, Any], what=what, advice=advice, finite=False)


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

MEASURED_ENOUGH = 2
"""The same for a transformer, whose folded form is measured: a loss near 1e-7 keeps two digits."""

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
        cells = [_cell([row for row in column if family_of(row.measure) == family]) for column in columns.values()]
        lines.append(f"| {family} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def family_of(measure: str) -> str | None:
    """The family of a measure; ratios of two others belong to none.

    Args:
        measure: their name of a figure.

    Returns:
        A key of `FAMILIES`, or None.
    """
    if "ratio" in measure:
        return None
    return next((family for family, words in FAMILIES.items() if any(word in measure for word in words)), None)


def is_compared(row: Agreement) -> bool:
    """Whether a figure counts: measured here, printed, and no rounding noise.

    Args:
        row: a figure.

    Returns:
        False for shares and cosines below `MATTERS`, and for a sum of squares that they left at 0.
    """
    matters = "loss" in row.measure or abs(row.theirs) >= MATTERS
    return row.ours is not None and matters and row.theirs != 0


def _cell(rows: Sequence[Agreement]) -> str:
    compared = [row for row in rows if is_compared(row)]
    if not compared:
        return "-"
    digits = np.array([row.digits for row in compared])
    if compared[0].measure == "key_reps":
        return "same" if digits[0] else "differ"
    return f"{int((digits >= ENOUGH).sum())}/{len(digits)} ({int(np.median(digits))})"
