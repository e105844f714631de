"""What each tensor of a network of one or two hidden layers can be, by its shape.

Sizes: g elements, dl and dr lengths of the embeddings, `first` and `width` neurons of the first and of the last hidden
layer. Matrices stand as `nn.Linear` stores them (output x input) or turned. `fits` finds the ways in which given roles
fit together; `guess` finds the roles.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from typing import Any, final

from torch import Tensor

from cosetta.errors import Unsupported

__all__ = ["MATRICES", "VECTORS", "Fit", "command", "fits", "guess"]

MATRICES = ("left", "right", "embed", "hidden", "hidden_left", "hidden_right", "second", "out")
VECTORS = ("hidden_bias", "second_bias", "bias")

_TEMPLATES: tuple[tuple[str, ...], ...] = (
    ("left", "right", "hidden", "out"),
    ("embed", "hidden", "out"),
    ("hidden", "out"),
    ("left", "right", "out"),
    ("left", "right", "hidden_left", "hidden_right", "out"),
    ("hidden_left", "hidden_right", "out"),
    ("embed", "hidden"),
)
"""Sets of matrices that make a network; one-hot inputs where there is no embedding, and the embedding again where there
is no `out`. Those with hidden weights also have a `second`; without, it could be the `hidden` of a sum."""

_MOST = 6
"""Matrices of a network whose roles are guessed, at most."""


@final
@dataclass(frozen=True)
class Fit:
    """One way in which tensors fit together.

    Args:
        sizes: the sizes by symbol.
        turned: roles whose matrices stand the other way round.
        side_by_side: whether the hidden layer reads both embeddings side by side; otherwise their sum.
    """

    sizes: Mapping[str, int]
    turned: frozenset[str]
    side_by_side: bool


def fits(shapes: Mapping[str, tuple[int, ...]], fixed: frozenset[str] = frozenset()) -> list[Fit]:
    """The ways in which tensors of these shapes fit their roles, those that turn fewest matrices.

    Args:
        shapes: shape of the tensor in each role.
        fixed: roles whose matrix must not be turned.

    Returns:
        All ways with the fewest turned matrices; empty if there is none.

    Example:
        >>> [way] = fits({"left": (6, 4), "right": (6, 4), "hidden": (3, 8), "out": (3, 6)})
        >>> sorted(way.turned), way.sizes["g"], way.sizes["width"], way.side_by_side
        (['out'], 6, 3, True)
    """
    free = [role for role in shapes if role in MATRICES and role not in fixed and shapes[role][:1] != shapes[role][1:]]
    found: list[Fit] = []
    for count in range(len(free) + 1):
        for flags in product((False, True), repeat=len(free)):
            if sum(flags) == count:
                turned = frozenset(role for role, flag in zip(free, flags, strict=True) if flag)
                found += _ways(shapes, turned)
        if found:
            break
    return found


def _ways(shapes: Mapping[str, tuple[int, ...]], turned: frozenset[str]) -> Iterator[Fit]:
    """The ways with these matrices turned: hidden weights of a sum, or of embeddings side by side."""
    standing = {role: shape[::-1] if role in turned else shape for role, shape in shapes.items()}
    for side_by_side in (True, False) if "hidden" in shapes else (True,):
        sizes = _sizes(standing, side_by_side)
        if sizes is not None:
            yield Fit(sizes, turned, side_by_side)


def _sizes(shapes: Mapping[str, tuple[int, ...]], side_by_side: bool) -> dict[str, int] | None:
    """The sizes that these shapes have, or None if they contradict each other."""
    same = {"dl": "dl", "dr": "dr", "first": "first", "width": "width", "g": "g"}
    if "embed" in shapes or ("hidden" in shapes and not side_by_side):
        same["dr"] = "dl"
    if not {"left", "right", "embed"} & set(shapes):
        same["dl"] = same["dr"] = "g"
    if not {"hidden", "hidden_left"} & set(shapes):
        same["first"] = same["dr"] = same["dl"]
    if "second" not in shapes:
        same["width"] = same["first"]
    axes = {
        "left": ("g", "dl"),
        "right": ("g", "dr"),
        "embed": ("g", "dl"),
        "hidden_left": ("first", "dl"),
        "hidden_right": ("first", "dr"),
        "second": ("width", "first"),
        "out": ("g", "width"),
        "hidden": ("first", "dl" if not side_by_side else ""),
        "hidden_bias": ("first",),
        "second_bias": ("width",),
        "bias": ("g",),
    }
    sizes: dict[str, int] = {}
    for role, shape in shapes.items():
        if len(shape) != len(axes[role]):
            return None
        for axis, length in zip(axes[role], shape, strict=True):
            if axis and sizes.setdefault(same[axis], length) != length:
                return None
    if any(same[axis] not in sizes for axis in same) or 0 in sizes.values():
        return None
    if "hidden" in shapes and side_by_side and shapes["hidden"][1] != sizes[same["dl"]] + sizes[same["dr"]]:
        return None
    return {axis: sizes[same[axis]] for axis in same}


def guess(tensors: Mapping[str, Tensor], source: str, order: int | None = None) -> dict[str, str] | None:
    """The roles of the tensors, where their names are those of roles or their shapes leave one choice.

    Two embeddings of one shape are taken in the order of the file: the first is the left factor's. Of biases that fit
    several layers, one under the name of a matrix (`0.weight`, `0.bias`) is that layer's. What no role can have is left
    out: tensors with more than two axes or none, and vectors as long as no side of a matrix.

    Args:
        tensors: the tensors of a checkpoint.
        source: the file, for the message.
        order: number of elements, if it is known.

    Returns:
        The name of a tensor for each role, or None if no choice fits.

    Raises:
        Unsupported: if several choices fit; the message holds them as flags.

    Example:
        >>> import torch
        >>> names = {"0.weight": torch.zeros(5, 12), "0.bias": torch.zeros(5), "2.weight": torch.zeros(6, 5)}
        >>> guess(names, "model.pt")
        {'hidden': '0.weight', 'out': '2.weight', 'hidden_bias': '0.bias'}
    """
    floats = {name: tuple(tensor.shape) for name, tensor in tensors.items() if tensor.is_floating_point()}
    if len(floats) == len(tensors) and set(floats) <= {*MATRICES, *VECTORS} and fits(floats):
        return {name: name for name in floats}  # they are named by their roles, as `cosetta certify` writes them
    matrices = [name for name, shape in floats.items() if len(shape) == 2]
    sides = {length for name in matrices for length in floats[name]}
    vectors = [name for name, shape in floats.items() if len(shape) == 1 and shape[0] in sides]
    if not 2 <= len(matrices) <= _MOST or len(vectors) > len(VECTORS):
        return None
    found: list[tuple[tuple[int, int], dict[str, str]]] = []
    seconds = [(*template, "second") for template in _TEMPLATES if {"hidden", "hidden_left"} & set(template)]
    for template in (*_TEMPLATES, *seconds):
        if len(template) == len(matrices):
            for names in permutations(matrices):
                if _in_file_order(template, names, matrices):
                    found += _with_biases(dict(zip(template, names, strict=True)), vectors, floats, order)
    least = min((strange for strange, _ in found), default=(0, 0))
    best = [mapping for strange, mapping in found if strange == least]
    if len(best) > 1:
        shown = "; or ".join(command(mapping) for mapping in best[:3])
        raise Unsupported(
            f"the shapes of the tensors must leave one choice; those of `{source}` fit in {len(best)} ways: say {shown}"
        )
    return best[0] if best else None


def _in_file_order(template: Sequence[str], names: Sequence[str], matrices: Sequence[str]) -> bool:
    """Left before right; any other order is the same network with its factors exchanged."""
    place = {role: matrices.index(name) for role, name in zip(template, names, strict=True)}
    pairs = (("left", "right"), ("hidden_left", "hidden_right"))
    return all(place[first] < place[second] for first, second in pairs if first in place)


def _with_biases(
    mapping: dict[str, str], vectors: Sequence[str], floats: Mapping[str, tuple[int, ...]], order: int | None
) -> Iterator[tuple[tuple[int, int], dict[str, str]]]:
    """The mapping with every vector as a bias, in each way that fits, with how many matrices turn and biases move."""
    tied = {} if "out" in mapping else {"out": mapping["embed"]}
    roles = [role for role in VECTORS if role != "second_bias" or "second" in mapping]
    for chosen in permutations(roles, len(vectors)):
        whole = mapping | tied | dict(zip(chosen, vectors, strict=True))
        ways = fits({role: floats[name] for role, name in whole.items()})
        if any(order in (None, way.sizes["g"]) for way in ways):
            yield (len(ways[0].turned), _moved(whole)), whole


def _moved(mapping: Mapping[str, str]) -> int:
    """How many biases are not under the name of their layer's matrix."""
    layers = {"hidden_bias": ("hidden", "hidden_left", "hidden_right"), "second_bias": ("second",), "bias": ("out",)}
    stems = {role: name.rpartition(".")[0] for role, name in mapping.items()}
    return sum(
        stems[bias] not in [stems[role] for role in matrices if role in stems]
        for bias, matrices in layers.items()
        if bias in stems
    )


def command(mapping: Mapping[str, Any]) -> str:
    """A mapping as flags of the command line.

    Args:
        mapping: the name of a tensor for each role.

    Returns:
        The flags.

    Example:
        >>> command({"hidden_bias": "0.bias", "out": "2.weight"})
        '--mapping.hidden-bias 0.bias --mapping.out 2.weight'
    """
    return " ".join(f"--mapping.{role.replace('_', '-')} {name}" for role, name in mapping.items())
