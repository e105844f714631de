"""Networks on disk as safetensors, a format in which nothing can execute.

Weights carry the names of `GroupNetwork`'s parameters. Files are written under a temporary name and renamed, so a
file that has its final name is whole. Loading checks names, shapes and finiteness before a network is made.
"""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from cosetta.errors import BadRun
from cosetta.files import FilePath, write_whole
from cosetta.models.network import GroupNetwork

__all__ = ["load_network", "load_tensors", "save_network", "save_tensors"]


def save_tensors(tensors: dict[str, Tensor], path: FilePath) -> None:
    """Write named tensors to a safetensors file, whole or not at all.

    Args:
        tensors: the tensors by name.
        path: where to write.
    """
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    content = save(contiguous)  # save_file would hide a full disk behind an error of its own
    write_whole(path, lambda temporary: temporary.write_bytes(content))


def load_tensors(path: FilePath) -> dict[str, Tensor]:
    """Read a safetensors file.

    Args:
        path: the file.

    Returns:
        The tensors by name, on the CPU.

    Raises:
        BadRun: if the file is missing or damaged.
    """
    path = Path(path)
    if not path.is_file():
        raise BadRun(f"a file `{path}` is needed; it does not exist: train the run again or name another folder")
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError, TypeError, RuntimeError, AttributeError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BadRun(f"`{path}` must be a whole safetensors file; {reason}: delete it and train again") from error


def save_network(network: GroupNetwork, path: FilePath) -> None:
    """Write a network's weights.

    Args:
        network: the network.
        path: a file name ending in `.safetensors`.
    """
    save_tensors(dict(network.state_dict()), path)


def load_network(path: FilePath, activation: str = "relu") -> GroupNetwork:
    """Read a network back; its sizes are those of the weights.

    Args:
        path: a safetensors file with `GroupNetwork`'s parameter names.
        activation: name of the activation, which weights do not hold.

    Returns:
        The network, on the CPU.

    Raises:
        BadRun: if the file is missing or damaged, or its tensors are not those of a `GroupNetwork`.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> net = GroupNetwork(order=6, embed_dim=4, width=3)
        >>> save_network(net, folder / "model.safetensors")
        >>> torch.equal(load_network(folder / "model.safetensors").unembed.weight, net.unembed.weight)
        True
    """
    return network_from_tensors(load_tensors(path), str(path), activation)


def network_from_tensors(tensors: dict[str, Tensor], source: str, activation: str = "relu") -> GroupNetwork:
    """Make a network from named tensors after checking them.

    Args:
        tensors: parameters by name.
        source: where they came from, for the message.
        activation: name of the activation.

    Returns:
        The network.

    Raises:
        BadRun: if names, shapes or values do not fit.
    """
    names = {"embed_left.weight", "embed_right.weight", "hidden.weight", "unembed.weight", "unembed.bias"}
    if set(tensors) != names:
        odd = sorted(set(tensors) ^ names)
        raise BadRun(f"`{source}` must hold {', '.join(sorted(names))}; missing or unexpected: {', '.join(odd[:5])}")
    (order, embed_dim), (width, _) = (_matrix(tensors, name, source) for name in ("embed_left.weight", "hidden.weight"))
    expected = {
        "embed_left.weight": (order, embed_dim),
        "embed_right.weight": (order, embed_dim),
        "hidden.weight": (width, 2 * embed_dim),
        "unembed.weight": (order, width),
        "unembed.bias": (order,),
    }
    for name, shape in expected.items():
        tensor = tensors[name]
        if tuple(tensor.shape) != shape or not tensor.is_floating_point():
            raise BadRun(
                f"`{name}` in `{source}` must be floats of shape {shape}; got {tensor.dtype} {tuple(tensor.shape)}"
            )
        if not bool(torch.isfinite(tensor).all()):
            raise BadRun(f"`{name}` in `{source}` must be finite; it holds NaN or infinity: the training diverged")
    dtype = tensors["hidden.weight"].dtype
    other = [name for name in sorted(names) if tensors[name].dtype != dtype or dtype not in _PRECISIONS]
    if other or not order:
        found = f"`{other[0]}` holds {tensors[other[0]].dtype}" if other else "they are of no element"
        raise BadRun(f"weights in `{source}` must all be float32 or all float64; {found}: export them again")
    network = GroupNetwork(order, embed_dim, width, activation).to(dtype)
    network.load_state_dict(tensors)
    return network


_PRECISIONS = (torch.float32, torch.float64)


def _matrix(tensors: dict[str, Tensor], name: str, source: str) -> tuple[int, int]:
    if tensors[name].ndim != 2:
        raise BadRun(f"`{name}` in `{source}` must be a matrix; got shape {tuple(tensors[name].shape)}")
    return tensors[name].shape[0], tensors[name].shape[1]
