"""All parameters of a network as one flat vector, with a view of each under its name in `GroupNetwork`.

The optimiser then works on one long tensor. The initial values follow PyTorch's defaults for these layers, drawn from
an explicit generator: embeddings N(0, embed_std^2), linear weights and biases uniform on +-1/sqrt(fan in).
"""

from math import prod

import torch
from jaxtyping import Float
from torch import Tensor

from cosetta.models import GroupNetwork
from cosetta.training.architectures import ARCHITECTURES
from cosetta.training.config import TrainConfig

__all__ = ["initial_parameters", "network_of", "parameter_shapes", "parameter_views"]


def parameter_shapes(order: int, config: TrainConfig) -> dict[str, tuple[int, ...]]:
    """Shape of each parameter of the network, in the order in which they lie in the flat vector.

    Args:
        order: number of group elements.
        config: gives the embedding length and the width.

    Returns:
        Shapes by parameter name.
    """
    return ARCHITECTURES[config.architecture].shapes(order, config)


def parameter_views(flat: Float[Tensor, "*run parameter"], order: int, config: TrainConfig) -> dict[str, Tensor]:
    """Each parameter as a view into the flat vector.

    Args:
        flat: all parameters, of one run or of several in rows.
        order: number of group elements.
        config: gives the embedding length and the width.

    Returns:
        Views by parameter name; writing into one writes into `flat`.

    Example:
        >>> from cosetta.training.recipes import fast
        >>> config = fast("S3", embed_dim=4, width=3)
        >>> views = parameter_views(torch.arange(6 * 4 * 2 + 3 * 8 + 6 * 3 + 6.0), 6, config)
        >>> views["embed_right.weight"][0].tolist(), tuple(views["hidden.weight"].shape)
        ([24.0, 25.0, 26.0, 27.0], (3, 8))
    """
    shapes = parameter_shapes(order, config)
    pieces = flat.split([prod(shape) for shape in shapes.values()], dim=-1)
    return {name: piece.unflatten(-1, shape) for (name, shape), piece in zip(shapes.items(), pieces, strict=True)}


def initial_parameters(order: int, config: TrainConfig, generator: torch.Generator) -> Float[Tensor, " parameter"]:
    """Random initial parameters.

    Args:
        order: number of group elements.
        config: gives the sizes, the precision and the spread of the embeddings.
        generator: source of randomness, on the CPU.

    Returns:
        The flat vector, on the CPU.
    """
    shapes = parameter_shapes(order, config)
    flat = torch.empty(sum(map(prod, shapes.values())), dtype=getattr(torch, config.precision))
    for name, view in parameter_views(flat, order, config).items():
        kind, scale = ARCHITECTURES[config.architecture].spread(name, config)
        if kind == "uniform":
            view.uniform_(-scale, scale, generator=generator)
        else:
            view.normal_(0, scale, generator=generator)
    return flat


def network_of(flat: Float[Tensor, " parameter"], order: int, config: TrainConfig) -> GroupNetwork:
    """The paper's network with these parameters.

    Args:
        flat: all parameters; copied, so that training on does not change the network.
        order: number of group elements.
        config: gives the sizes and the activation.

    Returns:
        The network, on the parameters' device.
    """
    with torch.random.fork_rng(devices=[]):  # values that are replaced; on the device meta torch imports a compiler
        network = GroupNetwork(order, config.embed_dim, config.width, config.activation)
    network.load_state_dict(parameter_views(flat.detach().clone(), order, config), assign=True)
    return network
