"""Planted waves are read back: frequencies, amplitudes, phases, and clock against pizza."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from cosetta.groups import named_group
from cosetta.harmonics.abelian import character_exponents
from cosetta.measures import find_frequencies, measure
from cosetta.measures.frequencies import MOST_FIRST, cyclic_factors
from cosetta.models import FoldedModel
from cosetta.models.planted import random_model


def waves(order, rows):
    """One neuron a row of (k, amplitude, phase of left, of right); out has the sum of the phases."""
    g = 2 * np.pi * np.arange(order)[:, None] / order
    k, amplitude, p, q = (np.array(column) for column in zip(*rows, strict=True))
    left, right, out = (amplitude * np.cos(k * g + phase) for phase in (p, q, p + q))
    return FoldedModel(*map(torch.from_numpy, (left, right, out)), torch.zeros(order, dtype=torch.float64))


def planted(order, k, differences, neurons=24):
    turns = 2 * np.pi * np.arange(neurons) / neurons
    return waves(order, [(k, 1.0, t + d / 2, t - d / 2) for t, d in zip(turns, differences, strict=True)])


def found_in(model, name):
    group = named_group(name)
    return find_frequencies(measure(model, group))


def test_amplitudes_and_phases_are_read_back():
    rows = [
        (3, 2.0, 0.5, -1.0),
        (5, 0.7, 3.0, 1.0),
        (10, 1.0, -0.3, 0.2),
    ]  # 10 modulo 13 is -3: 3, turned the other way
    found = found_in(waves(13, rows), "C13")
    assert found.moduli == (13,)
    assert [found.frequencies[n.frequency].k for n in found.neurons] == [(3,), (5,), (3,)]
    for neuron, (k, amplitude, p, q) in zip(found.neurons, rows, strict=True):
        sign = 1 if k <= 6 else -1
        assert neuron.amplitudes == pytest.approx(dict.fromkeys(("left", "right", "out"), amplitude))
        wanted = {"left": p, "right": q, "out": p + q}
        for name, phase in wanted.items():
            assert np.exp(1j * neuron.phases[name]) == pytest.approx(np.exp(1j * sign * phase))
        assert neuron.phase_error == pytest.approx(0, abs=1e-9)
        assert neuron.shares == pytest.approx(dict.fromkeys(wanted, 1.0))


@pytest.mark.parametrize("name", ["C12", "V4", "C4xC2", "C2^4", "C6xC10", "C3xC3xC3", "C9xC3"])
def test_cyclic_factors_are_coordinates(name):
    group = named_group(name)
    coordinates, moduli, generators = cyclic_factors(group)
    assert np.prod(moduli) == group.order
    assert all(first % second == 0 for first, second in pairwise(moduli))
    assert len({tuple(row) for row in coordinates.tolist()}) == group.order
    summed = (coordinates[:, None] + coordinates[None]) % np.array(moduli)
    assert np.array_equal(coordinates[group.table], summed)
    assert np.array_equal(coordinates[list(generators)], np.eye(len(moduli), dtype=int))


@pytest.mark.parametrize("name", ["C7", "C12", "C4xC2", "C6xC10", "C2^4"])
def test_the_frequency_names_the_character_of_the_irrep(name):
    group = named_group(name)
    facts = measure(random_model(group, 8, torch.Generator().manual_seed(1)), group)
    found, (coordinates, moduli, _) = find_frequencies(facts), cyclic_factors(group)
    characters = {tuple(row) for row in character_exponents(group)[0].tolist()}
    exponent = int(np.lcm.reduce(moduli))
    for frequency in found.frequencies:
        theta = (coordinates * np.array(frequency.k) * (exponent // np.array(moduli))).sum(axis=1) % exponent
        assert tuple(theta.tolist()) in characters
        irrep = next(irrep for irrep in facts.irreps if irrep.name == frequency.irrep)
        assert irrep.character / irrep.dim == pytest.approx(np.cos(2 * np.pi * theta / exponent), abs=1e-9)
        assert frequency.kernel == (theta == 0).sum() == group.order // frequency.order


@pytest.mark.parametrize("order", [31, 59])
def test_a_clock_and_a_pizza_are_told_apart(order):
    turns = 2 * np.pi * np.arange(24) / 24
    clock = found_in(planted(order, 4, 7 * turns), f"C{order}")
    pizza = found_in(planted(order, 4, 0 * turns), f"C{order}")
    half = found_in(planted(order, 4, np.where(np.arange(24) % 2, 0, 7 * turns)), f"C{order}")
    assert clock.frequencies[0].unevenness < 0.02
    assert pizza.frequencies[0].unevenness == pytest.approx(1, abs=0.02)
    assert 0.25 < half.frequencies[0].unevenness < 0.75
    assert pizza.distance_irrelevance < 0.1
    assert clock.distance_irrelevance > 0.8
    assert pizza.frequencies[0].phase_spread == pytest.approx(0, abs=1e-9)
    assert clock.frequencies[0].phase_spread == pytest.approx(1, abs=1e-4)


def test_distance_irrelevance_is_that_of_its_definition():
    group = named_group("C7")
    model = random_model(group, 5, torch.Generator().manual_seed(2))
    a, b = (torch.from_numpy(x.ravel()) for x in np.meshgrid(range(7), range(7), indexing="ij"))
    logits = model.logits(a, b).double().numpy()
    right = logits[np.arange(49), (a + b) % 7] - logits.mean(axis=1)
    spread = [right[((a - b) % 7).numpy() == d].std() for d in range(7)]
    assert find_frequencies(measure(model, group)).distance_irrelevance == pytest.approx(np.mean(spread) / right.std())


def test_a_sign_is_neither_and_other_groups_have_no_frequencies():
    found = found_in(waves(8, [(4, 1.0, 0.0, 0.0), (1, 0.1, 0.0, 0.0)]), "C8")
    assert (found.frequencies[0].k, found.frequencies[0].order) == ((4,), 2)
    assert found.frequencies[0].unevenness is None
    assert found_in(random_model(named_group("S3"), 4, torch.Generator().manual_seed(0)), "S3") is None


def test_a_large_group_is_sampled():
    order = MOST_FIRST + 5
    found = found_in(planted(order, 3, np.zeros(24)), f"C{order}")
    assert found.pairs == MOST_FIRST * order
    assert found.frequencies[0].unevenness == pytest.approx(1, abs=0.02)
