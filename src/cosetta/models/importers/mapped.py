"""Any other network of one or two hidden layers, whose tensors the user assigns to roles.

Roles: `left` and `right` (embeddings, order x d), or `embed` for one embedding of both factors, or neither where inputs
are one-hot; `hidden` (of both embeddings side by side, or of their sum) or `hidden_left` and `hidden_right`; `second`,
another hidden layer; `out`, which may be the embedding again; `hidden_bias`, `second_bias`, `bias`; and `ignore`, names
of tensors that are left out on purpose. Matrices may stand either way where their lengths tell which; otherwise one is
read as `nn.Linear` stores it (output x input), or the other way with `.T` after its name. Without hidden weights the
embeddings are the neurons' functions themselves.
"""

from collections.abc import Mapping

from torch import Tensor

from cosetta.errors import BadConfig, BadRun
from cosetta.models.importers.folding import Parts, weights
from cosetta.models.importers.layout import Tensors
from cosetta.models.importers.roles import MATRICES, VECTORS, Fit, fits

__all__ = ["ROLES", "mapped_parts"]

ROLES = (*MATRICES, *VECTORS, "ignore")
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
    mapping = {role: name for role, name in mapping.items() if role != "ignore"}
    _check_roles(mapping)
    found = {role: _weight(tensors, name, source, role in VECTORS) for role, name in mapping.items()}
    shapes = {role: tuple(weight.shape) for role, weight in found.items()}
    fixed = frozenset(role for role, name in mapping.items() if name.endswith(".T") and name not in tensors)
    ways = fits(shapes, fixed)
    shown = ", ".join(f"{role} {shape}" for role, shape in shapes.items())
    if not ways:
        raise BadRun(f"the tensors must have lengths that fit; those of `{source}` do not: {shown}: check the mapping")
    if len(ways) > 1:
        raise BadRun(f"the tensors of `{source}` fit in {len(ways)} ways: {shown}: write `.T` after the turned ones")
    return _parts({role: w.T if role in ways[0].turned else w for role, w in found.items()}, ways[0])


def _parts(found: Mapping[str, Tensor], way: Fit) -> Parts:
    """The weights as they are multiplied, from matrices that stand as `nn.Linear` stores them."""
    left, right = (found.get(side, found.get("embed")) for side in ("left", "right"))
    if "hidden" in found:
        hidden = found["hidden"].T
        hidden_left, hidden_right = hidden[: way.sizes["dl"]], hidden[-way.sizes["dr"] :]
    else:
        hidden_left, hidden_right = (
            found[side].T if side in found else None for side in ("hidden_left", "hidden_right")
        )
    if left is None or right is None:  # one-hot inputs pick rows of the hidden weights
        assert hidden_left is not None
        assert hidden_right is not None
        left, right, hidden_left, hidden_right = hidden_left, hidden_right, None, None
    second = found["second"].T if "second" in found else None
    hidden_bias, second_bias, bias = (found.get(name) for name in VECTORS)
    return Parts(
        left, right, found["out"], hidden_left, hidden_right, hidden_bias, bias, second=second, second_bias=second_bias
    )


def _check_roles(mapping: Mapping[str, str]) -> None:
    unknown = [role for role in mapping if role not in ROLES]
    if unknown:
        raise BadConfig(f"a mapping has the roles {', '.join(ROLES)}; got `{unknown[0]}`")
    if "out" not in mapping:
        raise BadConfig(
            "a mapping needs `out`, and embeddings or hidden weights; `out` is missing: name the tensor that holds it"
        )
    if ("left" in mapping) != ("right" in mapping) or {"left", "embed"} <= set(mapping):
        raise BadConfig("a mapping has `left` with `right`, or `embed`, or neither for one-hot inputs; got a mixture")
    halves = {"hidden_left", "hidden_right"} & set(mapping)
    if len(halves) == 1 or (halves and "hidden" in mapping):
        raise BadConfig("a mapping has `hidden`, or `hidden_left` with `hidden_right`, or neither; got a mixture")
    if not {"left", "embed", "hidden", "hidden_left"} & set(mapping):
        raise BadConfig("a mapping needs embeddings or hidden weights; it has neither: name the tensors that hold them")
    if "second_bias" in mapping and "second" not in mapping:
        raise BadConfig("`second_bias` belongs to a second hidden layer; `second` is missing: name it too")


def _weight(tensors: Tensors, name: str, source: str, vector: bool) -> Tensor:
    if name.endswith(".T") and name not in tensors:
        return weights(tensors, name.removesuffix(".T"), source, (None, None)).T
    return weights(tensors, name, source, (None,) if vector else (None, None))
