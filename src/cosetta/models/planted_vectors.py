r"""Networks written by hand from vectors of irreps: the ground truth for accounts that speak of irreps, not of cosets.

Every neuron has left(x) = f(x), right(y) = -f'(y) and an out column that is low where the product makes them cancel:

    rho-set   left = b^T rho(x) a, right = -a^T rho(y) b', out = -b^T rho(z) b' for all pairs b, b' of an orbit;
    vectors   the same with random b, b' on the sphere: many of them are a quadrature of the integral over it;
    rank r    left = f(hx), right = -f(k y^-1) with f = sum_k b_k^T rho(x) a_k over r orthonormal pairs, for all
              pairs (h, k), and out the negative of the correlation of f with itself.

Nothing here searches.
"""

import numpy as np
import torch
from jaxtyping import Float

from cosetta.groups import Group, Subgroup
from cosetta.harmonics import Irrep, fixed_projection
from cosetta.models.folded import FoldedModel

__all__ = ["join", "plant_rank", "plant_rho_set", "plant_vectors"]


def plant_rho_set(
    group: Group, irrep: Irrep, H: Subgroup, generator: np.random.Generator, amplitude: float = 1.0
) -> FoldedModel:
    """A complete rho-set: one neuron for each pair of points of the orbit of a vector that H fixes.

    Args:
        group: the group.
        irrep: the irrep.
        H: a subgroup that fixes a vector of it.
        generator: source of the vector a, and of the fixed vector where H fixes more than a line.
        amplitude: scale of out.

    Returns:
        A network of |B|^2 neurons, float64.

    Raises:
        ValueError: if H fixes no vector of the irrep.

    Source:
        Wu et al. 2024 (arXiv:2410.07476).

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.harmonics import irreps
        >>> S3 = named_group("S3")
        >>> plant_rho_set(S3, irreps(S3)[1], S3.subgroup([1]), np.random.default_rng(0)).width
        9
    """
    fixed = fixed_projection(irrep, H) @ generator.standard_normal(irrep.dim)
    if np.linalg.norm(fixed) < 1e-6:
        raise ValueError(f"irrep {irrep.name} must have a vector that H fixes; it has none for {H!r}")
    images = irrep.matrices @ (fixed / np.linalg.norm(fixed))
    points = images[np.sort(np.unique(images.round(6), axis=0, return_index=True)[1])]
    b, b_prime = (np.repeat(points, len(points), axis=0), np.tile(points, (len(points), 1)))
    return _neurons(irrep, _unit(generator, irrep.dim, 1)[0], b, b_prime, amplitude)


def plant_vectors(irrep: Irrep, width: int, generator: np.random.Generator, amplitude: float = 1.0) -> FoldedModel:
    """Neurons with random vectors b, b' in place of an orbit, and one a.

    Args:
        irrep: the irrep.
        width: number of neurons; several hundred multiply rightly in a faithful irrep of dimension 3 or 4.
        generator: source of the vectors.
        amplitude: scale of out.

    Returns:
        A network, float64.

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.harmonics import irreps
        >>> plant_vectors(irreps(named_group("S3"))[1], 5, np.random.default_rng(0)).width
        5
    """
    a = _unit(generator, irrep.dim, 1)[0]
    b, b_prime = _unit(generator, irrep.dim, width), _unit(generator, irrep.dim, width)
    return _neurons(irrep, a, b, b_prime, amplitude)


def plant_rank(
    group: Group, irrep: Irrep, rank: int, generator: np.random.Generator, amplitude: float = 1.0
) -> FoldedModel:
    """Neurons of a given rank in one irrep: a random function f, moved by every pair (h, k).

    left(x) = f(hx), right(y) = -f(k y^-1), which cancel when hx = k y^-1, and out(z) = -A(h z k^-1) with A(t) the mean
    of f(tw) f(w).

    Args:
        group: the group.
        irrep: the irrep.
        rank: number of pairs of vectors; 1 to the dimension.
        generator: source of the vectors.
        amplitude: scale of out.

    Returns:
        A network of |G|^2 neurons, float64.

    Source:
        This project.

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.harmonics import irreps
        >>> S3 = named_group("S3")
        >>> plant_rank(S3, irreps(S3)[1], 2, np.random.default_rng(0)).width
        36
    """
    b, a = (np.linalg.qr(generator.standard_normal((irrep.dim, rank)))[0].T for _ in range(2))
    f = np.einsum("kd,gde,ke->g", b, irrep.matrices, a)
    f = f / f.std()
    table, inverse = group.table, group.inverse
    correlation = f[table] @ f / group.order  # t -> mean over w of f(tw) f(w)
    h, k = (x.ravel() for x in np.meshgrid(np.arange(group.order), np.arange(group.order), indexing="ij"))
    left = f[table[h]].T  # [x, (h, k)]
    right = -f[table[k][:, inverse]].T
    out = -amplitude * correlation[table[table[h], inverse[k][:, None]]].T
    return _folded(np.stack([left, right, out]))


def join(*models: FoldedModel) -> FoldedModel:
    """One network with the neurons of several.

    Args:
        *models: networks of one group and activation.

    Returns:
        Their neurons side by side, their biases added.

    Example:
        >>> one = FoldedModel(*(torch.ones(2, 1) for _ in range(3)), torch.ones(2))
        >>> join(one, one).width, join(one, one).bias.tolist()
        (2, [2.0, 2.0])
    """
    sides = [torch.cat([getattr(model, side) for model in models], dim=1) for side in ("left", "right", "out")]
    bias = torch.stack([model.bias for model in models]).sum(0)
    return FoldedModel(sides[0], sides[1], sides[2], bias, models[0].activation)


def _neurons(
    irrep: Irrep,
    a: Float[np.ndarray, " d"],
    b: Float[np.ndarray, "neuron d"],
    b_prime: Float[np.ndarray, "neuron d"],
    amplitude: float,
) -> FoldedModel:
    rho, scale = irrep.matrices, np.sqrt(irrep.dim)
    left = scale * np.einsum("nd,gde,e->gn", b, rho, a)
    right = -scale * np.einsum("d,gde,ne->gn", a, rho, b_prime)
    out = -amplitude * np.einsum("nd,gde,ne->gn", b, rho, b_prime)
    return _folded(np.stack([left, right, out]))


def _folded(functions: Float[np.ndarray, "3 g neuron"]) -> FoldedModel:
    left, right, out = torch.from_numpy(np.ascontiguousarray(functions))
    return FoldedModel(left, right, out, torch.zeros(len(left), dtype=torch.float64))


def _unit(generator: np.random.Generator, dim: int, count: int) -> Float[np.ndarray, "count d"]:
    vectors = generator.standard_normal((count, dim))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
