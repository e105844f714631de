"""What this project's certificates prove of a network, beside the bound of the paper, which follows from its ideal."""

from dataclasses import dataclass
from typing import final

from safetensors.torch import save

from cosetta.bounds.certificate import Certificate
from cosetta.certification import certify
from cosetta.groups import Group
from cosetta.models import FoldedModel

__all__ = ["Proven", "prove"]

_FUNCTIONS = ("left", "right", "out", "bias", "direct_left", "direct_right")


@final
@dataclass(frozen=True)
class Proven:
    """A floor on the accuracy of one network, proven in two ways.

    Args:
        bounds_alone: share of all products that bounds decide, no product having all its neurons computed, in [0, 1];
            the one to hold beside the paper's, whose bound computes none either.
        share: share that is proven when what the bounds leave open is computed, in [0, 1].
        work_share: work of checking `share`, as a share of the multiply-adds of trying all.
    """

    bounds_alone: float
    share: float
    work_share: float


def prove(model: FoldedModel, group: Group) -> Proven:
    """Certify a network with and without computing what bounds leave open.

    Cost: 1 s for an S5 network of 128 neurons; 2 to 24 s where bounds leave a product open.

    Args:
        model: the network, of relu neurons.
        group: its group.

    Returns:
        What is proven.

    Raises:
        Unsupported: if no bound is known for the activation.

    Example:
        >>> from cosetta import irreps, named_group
        >>> from cosetta.models.planted_vectors import plant_rho_set
        >>> import numpy as np
        >>> S3 = named_group("S3")
        >>> prove(plant_rho_set(S3, irreps(S3)[1], S3.subgroup([1]), np.random.default_rng(0), 10.0), S3).bounds_alone
        1.0
    """
    tensors = {name: tensor for name in _FUNCTIONS if (tensor := getattr(model, name)) is not None}
    weights = save({name: tensor.clone().contiguous() for name, tensor in tensors.items()})
    whole = certify(model, group, weights)
    alone = certify(model, group, weights, bounds_only=True) if _computes(whole) else whole
    return Proven(alone.share, whole.share, whole.work_share)


def _computes(certificate: Certificate) -> bool:
    """Whether any product was decided by computing all of its neurons."""
    by_bounds = sum(tier["pairs"] for tier in certificate.record["tiers"] if tier["tier"] != "every neuron")
    return by_bounds < certificate.pairs
