r"""Frequencies, amplitudes and phases of the neurons of an abelian group, and whether they make a clock or a pizza.

At frequency k write x = angle_k(a), y = angle_k(b). A neuron with left = A cos(x + p), right = A cos(y + q) has
left + right = 2A cos((x - y + p - q)/2) cos((x + y + p + q)/2). Through any even part of the activation it speaks with
the weight |cos((x - y + p - q)/2)| about x + y: it is dark where x - y = q - p + pi. If all neurons of a frequency have
one difference p - q the network is dark there too, and the correct logit depends on a - b: the *pizza* of Zhong et al.
If the differences go round the circle the weights add up to a constant, as in the *clock*, which multiplies cosines.

Zhong et al. tell the two apart by gradient symmetricity and distance irrelevance. The first needs one embedding shared
by both inputs, which folded networks do not have (`symmetricity.py` measures it on transformers). The second needs the
logits alone and is measured here as they define it. It mixes frequencies, so each frequency also gets its own number:
the vote V(a, b) = 2/|G| sum_c logit_c(a, b) cos(angle_k(c) - angle_k(ab)) of its neurons, averaged over the pairs with
one a - b; standard deviation over mean of that profile, divided by that of |cos(t/2)|, which is sqrt(pi^2/8 - 1) =
0.4834.
"""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from cosetta.groups import Group
from cosetta.measures.facts import Facts
from cosetta.results import Frequency, FrequencyFindings, FrequencyNeuron

__all__ = ["cyclic_factors", "find_frequencies"]

MOST_FIRST = 256
"""First factors a that are tried with every b; a larger group has this many drawn."""

PIZZA = float(np.sqrt(np.pi**2 / 8 - 1))
"""Standard deviation over mean of |cos(t/2)| on the circle."""


def cyclic_factors(group: Group) -> tuple[Int[np.ndarray, "g factor"], tuple[int, ...], tuple[int, ...]]:
    """An abelian group as a product of cyclic groups, each order a multiple of the next.

    Args:
        group: an abelian group.

    Returns:
        Coordinates of every element, the orders of the factors, and the elements that generate them. The generators are
        the first elements that will do, so for `C12` it is element 1.

    Raises:
        ValueError: if the group is not abelian.

    Example:
        >>> from cosetta.groups import named_group
        >>> coordinates, moduli, _ = cyclic_factors(named_group("C4xC2"))
        >>> moduli, sorted(map(tuple, coordinates.tolist()))[:3]
        ((4, 2), [(0, 0), (0, 1), (1, 0)])
    """
    if not group.is_abelian:
        raise ValueError(f"cyclic factors need an abelian group; {group.name} is not abelian")
    members, coordinates = np.array([0]), np.zeros((1, 0), dtype=np.int64)
    moduli: list[int] = []
    generators: list[int] = []
    by_order = np.argsort(-group.element_orders, kind="stable")
    while len(members) < group.order:
        inside = np.zeros(group.order, dtype=bool)
        inside[members] = True
        # an element of the largest order that meets what is there in 1 alone generates another factor
        generator, powers = next((int(g), p) for g in by_order if (p := _powers(group, int(g), inside)) is not None)
        members = group.table[powers][:, members].ravel()
        old = np.tile(coordinates, (len(powers), 1))
        new = np.repeat(np.arange(len(powers)), len(coordinates))[:, None]
        coordinates = np.hstack([old, new])
        moduli.append(len(powers))
        generators.append(generator)
    return coordinates[np.argsort(members)], tuple(moduli), tuple(generators)


def find_frequencies(facts: Facts, seed: int = 0) -> FrequencyFindings | None:
    """Frequencies, amplitudes and phases of the live neurons of an abelian group.

    Args:
        facts: of the network.
        seed: seed of the sampled first factors of a large group.

    Returns:
        What was found; None for a group that is not abelian, or of order 1.

    Source:
        Distance irrelevance, clock and pizza: Zhong et al. 2023 (arXiv:2306.17844). The unevenness of one frequency:
        this project.
    """
    group = facts.group
    if not group.is_abelian or group.order < 3:
        return None
    coordinates, moduli, generators = cyclic_factors(group)
    ks = {i: _frequency(facts, i, generators, moduli) for i in sorted({int(facts.irrep[n]) for n in facts.live})}
    angles = {i: 2 * np.pi * (coordinates @ (np.array(k) / np.array(moduli))) for i, k in ks.items()}
    votes, irrelevance, pairs = _votes(facts, angles, seed)
    neurons: dict[int, list[int]] = {i: [n for n in facts.live.tolist() if facts.irrep[n] == i] for i in ks}
    ranked = sorted(ks, key=lambda i: (-facts.strength[neurons[i]].sum(), ks[i]))
    rows: dict[int, Any] = {
        n: _neuron(facts, n, place, angles[i]) for place, i in enumerate(ranked) for n in neurons[i]
    }
    found = []
    for i in ranked:
        kernel = int(np.isclose(np.cos(angles[i]), 1).sum())
        is_wave, weights = group.order // kernel > 2, facts.strength[neurons[i]]
        turns = np.array([rows[n].phases["left"] - rows[n].phases["right"] for n in neurons[i]])
        mean = np.abs((weights * np.exp(1j * turns)).sum() / weights.sum()) if weights.sum() > 0 else 1.0
        found.append(
            Frequency(
                k=ks[i],
                irrep=facts.irreps[i].name,
                order=group.order // kernel,
                kernel=kernel,
                neurons=len(neurons[i]),
                strength=float(weights.sum()),
                unevenness=votes[i] if is_wave else None,
                phase_spread=float(np.clip(1 - mean, 0, 1)) if is_wave else None,
            )
        )
    return FrequencyFindings(
        moduli=moduli,
        generators=tuple(group.labels[g] for g in generators),
        frequencies=tuple(found),
        neurons=tuple(rows[n] for n in facts.live.tolist()),
        distance_irrelevance=irrelevance,
        pairs=pairs,
    )


def _powers(group: Group, element: int, inside: np.ndarray) -> list[int] | None:
    """Powers of an element up to its order; None if one besides 1 lies inside."""
    powers = [0]
    while (power := int(group.table[powers[-1], element])) != 0:
        if inside[power]:
            return None
        powers.append(power)
    return powers if len(powers) > 1 else None


def _frequency(facts: Facts, i: int, generators: tuple[int, ...], moduli: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers k of a real irrep: the angles by which it turns the generators; of k and -k the smaller."""
    matrices = facts.irreps[i].matrices[list(generators)]
    if matrices.shape[1] == 1:
        return tuple(0 if m[0, 0] > 0 else n // 2 for m, n in zip(matrices, moduli, strict=True))
    turns = np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0]) / (2 * np.pi)
    k = [round(float(t) * n) % n for t, n in zip(turns, moduli, strict=True)]
    return min(tuple(k), tuple(-x % n for x, n in zip(k, moduli, strict=True)))


def _neuron(facts: Facts, n: int, place: int, angle: Float[np.ndarray, " g"]) -> FrequencyNeuron:
    wave = np.exp(-1j * angle)
    scale = 1.0 if np.allclose(np.imag(wave), 0) else 2.0
    coefficients = {name: scale * (f.values[n] * wave).mean() for name, f in facts.functions.items()}
    phases = {name: _turn(float(np.angle(c))) for name, c in coefficients.items()}
    return FrequencyNeuron(
        neuron=n,
        frequency=place,
        shares={name: float(f.power[n, facts.irrep[n]]) for name, f in facts.functions.items()},
        amplitudes={name: float(abs(c)) for name, c in coefficients.items()},
        phases=phases,
        phase_error=_turn(phases["left"] + phases["right"] - phases["out"]),
    )


def _turn(angle: float) -> float:
    """The angle in (-pi, pi]; what is nearly -pi is pi."""
    turned = float(-((-angle + np.pi) % (2 * np.pi) - np.pi))
    return turned if turned > -np.pi + 1e-9 else float(np.pi)


def _votes(
    facts: Facts, angles: dict[int, Float[np.ndarray, " g"]], seed: int
) -> tuple[dict[int, float], float | None, int]:
    """Unevenness of each frequency, distance irrelevance of the network, and the number of pairs behind them."""
    group, model = facts.group, facts.model
    firsts = np.arange(group.order)
    if len(firsts) > MOST_FIRST:
        firsts = np.sort(np.random.default_rng([seed, 3]).choice(group.order, MOST_FIRST, replace=False))
    everything = torch.arange(group.order)
    waves = {}
    for i, angle in angles.items():
        chosen = np.flatnonzero((facts.irrep == i) & ~facts.dead)
        out = facts.functions["out"].values[chosen]
        waves[i] = (chosen, 2 * (out * np.exp(-1j * angle)).mean(axis=1), np.exp(1j * angle))
    profiles = {i: np.zeros(group.order) for i in angles}  # of the vote, by a b^-1
    correct = np.zeros((len(firsts), group.order))  # correct logit, by a and a b^-1
    readers = [(part - part.mean(0)).numpy() for part in (model.out.double(), model.bias.double())]
    for row, a in enumerate(firsts):
        post = model.activate(model.pre(torch.full_like(everything, int(a)), everything)).double().numpy()
        products, difference = group.table[a], group.table[a, group.inverse]
        logit = np.einsum("bn,bn->b", post, readers[0][products]) + readers[1][products]
        if model.direct_left is not None:
            logit += (model.direct_left[a] - model.direct_left[a].mean()).double().numpy()[products]
        if model.direct_right is not None:
            direct = model.direct_right.double().numpy()
            logit += direct[np.arange(group.order), products] - direct.mean(axis=1)
        correct[row, difference] = logit
        for i, (chosen, coefficient, wave) in waves.items():
            vote = ((post[:, chosen] @ coefficient) * wave[products]).real
            profiles[i][difference] += vote / len(firsts)
    unevenness = {i: float(p.std() / abs(p.mean()) / PIZZA) if p.mean() else 0.0 for i, p in profiles.items()}
    spread = float(correct.std())
    irrelevance = float(min(1.0, correct.std(axis=0).mean() / spread)) if spread > 1e-12 else None
    return unevenness, irrelevance, correct.size
