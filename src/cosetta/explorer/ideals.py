"""The ideal of each account, so that a page can put it in the place of the weights.

Three kinds. *neurons*: left, right and out of the covered neurons, each where the account changes it. *network*:
circuits that replace neurons, so a network of another width. *product*: logits by product. Values are kept in 16 bits
(a relative error of 5e-4); equal arrays of two accounts are kept once. Ideals are taken in the order of `PRIORITY`
while they fit into the room that is left, and those left out are named.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from cosetta.hypotheses import AbstractHypothesis
from cosetta.models.folded import FoldedModel
from cosetta.models.product_model import ProductModel

__all__ = ["PRIORITY", "pack_ideals"]

PRIORITY = (
    "coset",
    "rho_set",
    "rho_set_uniform",
    "nothing",
    "lookup",
    "twisted",
    "quotient",
    "rank_one_out",
    "rank_one",
    "gcr",
    "irrep",
    "gcr_hidden",
)
"""Which ideals matter most where room is short; accounts that are not named come after these."""

LARGEST = 65504.0
"""Largest number in 16 bits."""


def pack_ideals(
    accounts: Sequence[AbstractHypothesis], room: int
) -> tuple[dict[str, dict[str, Any]], dict[str, np.ndarray], tuple[str, ...]]:
    """Ideals by account.

    Args:
        accounts: the accounts, fitted.
        room: compressed bytes that the arrays may take, about.

    Returns:
        By id of the account how its ideal is put together, the arrays that this refers to, and the ids of the accounts
        for whose ideal there was no room.
    """
    known = {account.id: account for account in accounts}
    ids = [id for id in PRIORITY if id in known] + [id for id in known if id not in PRIORITY]
    recipes: dict[str, dict[str, Any]] = {}
    arrays: dict[str, np.ndarray] = {}
    left_out: list[str] = []
    for id in ids:
        recipe, wanted = _ideal(known[id])
        new = {name: array for name, array in wanted.items() if name not in arrays}
        size = sum(len(zlib.compress(array.tobytes(), 6)) for array in new.values())
        if size > room or not all(np.isfinite(array).all() for array in new.values()):
            left_out.append(id)
            continue
        room -= size
        arrays |= new
        recipes[id] = recipe
    return recipes, arrays, tuple(left_out)


def _ideal(account: AbstractHypothesis) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """How an ideal is put together, and its arrays by a name that their content gives."""
    covered = np.flatnonzero(account.covers)
    functions = account.idealised
    if functions:
        columns = {name: _half(values.T[covered]) for name, values in functions.items()}
        arrays = {_name(values): values for values in columns.values()}
        places = {name: _name(values) for name, values in columns.items()}
        return {"kind": "neurons", "neurons": covered.tolist(), "arrays": places}, arrays
    alone = account.alone()
    if isinstance(alone, ProductModel):
        values = alone.by_product.double().numpy()
        values = _half(values - values.mean(axis=1, keepdims=True))
        return {"kind": "product", "arrays": {"by_product": _name(values)}}, {_name(values): values}
    return _network(alone, account.ideal(), covered.tolist())


def _network(alone: FoldedModel, kept: FoldedModel, covered: list[int]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A network of another width: the neurons that stand in for the covered ones, and the bias of either kind."""
    parts: Mapping[str, Float[np.ndarray, ...]] = {
        "left": alone.left.double().numpy().T,
        "right": alone.right.double().numpy().T,
        "out": alone.out.double().numpy().T,
    }
    packed = {name: _half(values) for name, values in parts.items()}
    packed |= {"bias_alone": alone.bias.float().numpy(), "bias_kept": kept.bias.float().numpy()}
    places = {name: _name(values) for name, values in packed.items()}
    arrays = {_name(values): values for values in packed.values()}
    return {"kind": "network", "neurons": covered, "width": alone.width, "arrays": places}, arrays


def _half(values: Float[np.ndarray, "..."]) -> np.ndarray:
    return np.clip(values, -LARGEST, LARGEST).astype(np.float16)


def _name(values: np.ndarray) -> str:
    """Equal arrays have one name, and so one place."""
    return f"ideal-{zlib.crc32(values.tobytes()):08x}-{values.dtype.str[1:]}-{values.size}"
