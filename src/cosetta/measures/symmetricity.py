r"""Gradient symmetricity: whether a network's logits move alike with the embeddings of its two factors.

$$\mathbb{E}_{a, b, c} \cos\left(\frac{\partial \text{logit}_c(a, b)}{\partial E_a},
\frac{\partial \text{logit}_c(a, b)}{\partial E_b}\right)$$

It is 1 where the network adds the embeddings before anything else and never asks which was which: the *pizza* of Zhong
et al. on cyclic groups; the *clock* multiplies them and has less. It needs one embedding shared by both factors, so
transformers have it and folded networks do not.
"""

import torch
import torch.nn.functional as F

from cosetta.errors import Unsupported
from cosetta.models.module_model import ModuleModel
from cosetta.models.pair_model import PairModel
from cosetta.models.transformer import Transformer

__all__ = ["gradient_symmetricity"]


def gradient_symmetricity(model: PairModel, triples: int = 2000, seed: int = 0) -> float:
    """Mean cosine of the gradients of a logit at the embeddings of both factors, over random triples (a, b, c).

    Args:
        model: a transformer, as its importer or a run gives it.
        triples: how many are drawn, with replacement.
        seed: of the draw.

    Returns:
        A number in [-1, 1].

    Raises:
        Unsupported: if the network does not embed both factors with one table.

    Source:
        Zhong, Liu, Tegmark, Andreas 2023 (arXiv:2306.17844), section 4.1.

    Example:
        >>> from cosetta.models import FoldedModel
        >>> one = torch.ones(2, 1)
        >>> gradient_symmetricity(FoldedModel(one, one, one, torch.zeros(2)))
        Traceback (most recent call last):
        cosetta.errors.Unsupported: gradient symmetricity needs one embedding for both factors; a FoldedModel has none
    """
    network = model.module if isinstance(model, ModuleModel) else model
    if not isinstance(model, ModuleModel) or not isinstance(network, Transformer):
        raise Unsupported(
            f"gradient symmetricity needs one embedding for both factors; a {type(network).__name__} has none"
        )
    generator = torch.Generator().manual_seed(seed)
    a, b, c = torch.randint(model.order, (3, triples), generator=generator).unbind()
    (tokens,) = model.inputs(a, b)
    with torch.enable_grad():
        embedded = network.embed[tokens].detach().requires_grad_()
        logits = network.from_embeddings(embedded)
        (gradient,) = torch.autograd.grad(logits.gather(1, c[:, None]).sum(), embedded)
    return float(F.cosine_similarity(gradient[:, 0].double(), gradient[:, 1].double(), dim=-1).mean())
