"""Any other one-hidden-layer network, whose tensors the user assigns to roles.

Roles: `left`, `right` (embeddings, order x d), `hidden` (both halves together) or `hidden_left` and `hidden_right`,
`out`, `hidden_bias`, `bias`. Matrices may stand either way where their lengths tell which; a square one is read as
`nn.Linear` stores it (output x input), or the other way with `.T` after its name. Without hidden weights the embeddings
are the neurons' functions themselves.
"""

from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor

from cosetta.errors import BadConfig, BadRun
from cosetta.models.importers.folding import Parts, weights
from cosetta.models.importers.layout import Tensors

__all__ = ["ROLES", "mapped_parts"]

ROLES = ("left", "right", "hidden", "hidden_left", "hidden_right", "out", "hidden_bias", "bias")
"""What a tensor can be."""


def mapped_parts(tensors: Tensors, mapping: Mapping[str, str], source: str) -> Parts:
    """The weights of a network whose tensors the user has assigned.

    Args:
        tensors: the tensors of a checkpoint.
        mapping: the name of a tensor for each role.
        source: the file, for messages.

    Returns:
        The weights in our orientation.

    Raises:
        BadConfig: if a role is unknown or a needed one is missing.
        BadRun: if a tensor is missing or has a shape that does not fit its role.

    Example:
        >>> import torch
        >>> tensors = {"a": torch.zeros(6, 4), "b": torch.zeros(6, 4), "w": torch.zeros(3, 8), "u": torch.zeros(6, 3)}
        >>> parts = mapped_parts(tensors, {"left": "a", "right": "b", "hidden": "w", "out": "u"}, "model.pt")
        >>> tuple(parts.hidden_left.shape)
        (4, 3)
    """
    _check_roles(mapping)
    left = _matrix(tensors, mapping["left"], source, (None, None))
    order, embed = left.shape
    right = _matrix(tensors, mapping["right"], source, (order, None))
    out = _oriented(tensors, mapping["out"], source, order, None)
    width = out.shape[1]
    if "hidden" in mapping:
        both = _oriented(tensors, mapping["hidden"], source, width, embed + right.shape[1]).T
        halves: tuple[Tensor | None, Tensor | None] = (both[:embed], both[embed:])
    elif "hidden_left" in mapping:
        halves = (
            _oriented(tensors, mapping["hidden_left"], source, width, embed).T,
            _oriented(tensors, mapping["hidden_right"], source, width, right.shape[1]).T,
        )
    else:
        if embed != width or right.shape[1] != width:
            raise BadRun(
                f"embeddings must be as long as the width {width} when there is no `hidden`; they have {embed} and "
                f"{right.shape[1]}: map `hidden`"
            )
        halves = (None, None)
    hidden_bias = weights(tensors, mapping["hidden_bias"], source, (width,)) if "hidden_bias" in mapping else None
    bias = weights(tensors, mapping["bias"], source, (order,)) if "bias" in mapping else None
    return Parts(left, right, out, *halves, hidden_bias, bias)


def _check_roles(mapping: Mapping[str, str]) -> None:
    unknown = [role for role in mapping if role not in ROLES]
    if unknown:
        raise BadConfig(f"a mapping has the roles {', '.join(ROLES)}; got `{unknown[0]}`")
    missing = [role for role in ("left", "right", "out") if role not in mapping]
    if missing:
        raise BadConfig(
            f"a mapping needs left, right and out; `{missing[0]}` is missing: name the tensor that holds it"
        )
    if ("hidden_left" in mapping) != ("hidden_right" in mapping) or {"hidden", "hidden_left"} <= set(mapping):
        raise BadConfig("a mapping has `hidden`, or `hidden_left` with `hidden_right`, or neither; got a mixture")


def _matrix(tensors: Tensors, name: str, source: str, shape: tuple[int | None, int | None]) -> Float[Tensor, "_ _"]:
    if name.endswith(".T") and name not in tensors:
        return weights(tensors, name.removesuffix(".T"), source, (shape[1], shape[0])).T
    return weights(tensors, name, source, shape)


def _oriented(tensors: Tensors, name: str, source: str, rows: int, columns: int | None) -> Float[Tensor, "_ _"]:
    """A matrix with this many rows and columns, turned if only that fits."""
    shape = tuple(tensors[name].shape) if name in tensors else ()
    as_stored = len(shape) == 2 and shape[0] == rows and columns in (None, shape[1])
    if len(shape) == 2 and not as_stored and shape[1] == rows and columns in (None, shape[0]):
        return weights(tensors, name, source, (None, rows)).T
    return _matrix(tensors, name, source, (rows, columns))
