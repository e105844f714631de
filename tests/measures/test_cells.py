"""The label of a function: those on the cosets of H are told from those of smaller and larger subgroups."""

import numpy as np
import pytest

from cosetta.groups import cosets, named_group, subgroup_lattice
from cosetta.harmonics import irreps, power
from cosetta.measures.cells import Cells, choose
from cosetta.measures.cosets import coset_variance_fractions


def stabilizer(f, group):
    """Elements h with f(ha) = f(a) for all a, by trying all of them."""
    return [h for h in range(group.order) if np.array_equal(f[group.table[h]], f)]


@pytest.mark.parametrize("name", ["S4", "A5", "S5", "SL(2,3)", "D24", "C2xS4"])
@pytest.mark.parametrize("noise", [0.0, 1e-4, 1e-2])
def test_a_function_of_cosets_has_the_label_of_its_stabilizer(name, noise):
    group = named_group(name)
    lattice, all_irreps = subgroup_lattice(group), irreps(group)
    cells, rng = Cells(lattice, all_irreps), np.random.default_rng(0)
    labelled = 0
    for cls in lattice.classes[1:-1]:
        of_element = cosets(lattice.subgroup(int(rng.choice(cls.subgroups))), side="right")
        exact = rng.normal(size=(4, group.order))[:, of_element]
        exact -= exact.mean(axis=1, keepdims=True)
        noisy = exact + noise * exact.std(axis=1, keepdims=True) * rng.normal(size=exact.shape)
        noisy -= noisy.mean(axis=1, keepdims=True)
        powers = power(noisy, all_irreps)
        best = cells.best(cells.fractions(coset_variance_fractions(noisy, lattice, all_irreps, "right")))
        chances = cells.log_chance(powers, best)
        evident = cells.evident(powers, chances)
        chosen = choose(chances, np.where(evident, best, 1.0), cells.orders, 0.01)
        for f, family, said in zip(exact, chosen, evident, strict=True):
            if said[cells.families.index(cls.name)]:
                labelled += 1
                assert cells.families[family] == cls.name
                assert cells.orders[family] == len(stabilizer(f, group))
    assert labelled > len(lattice.classes)
