"""The API is as kind as the command line: things go by name, paths may be texts, arguments may be left out."""

import numpy as np
import pytest

import cosetta
from cosetta import (
    coset_variance_fraction,
    cosets,
    fourier,
    inverse_fourier,
    irreps,
    named_group,
    power,
    subgroup_lattice,
)


@pytest.mark.parametrize("name", ["S4", "D8", "Q8", "C7:C3", "A4"])
def test_every_element_is_found_by_its_label(name):
    G = named_group(name)
    assert [G[label] for label in G.labels] == list(range(G.order))


def test_permutations_are_found_in_any_notation():
    G = named_group("S5")
    assert G["(1 2)"] == G["(12)"] == G[" (1,2) "] == G["[2,1,3,4,5]"] == G.labels.index("(12)")
    assert G["(1 2 3)(4 5)"] == G["(4 5) (1 2 3)"] == G["(231)(54)"]
    assert G["e"] == G["()"] == 0
    assert G.multiply(G["(12)"], G["(23)"]) == G["(123)"]
    for label in ("(1 6)", "x", "", "(12), (13)", "(1 2"):
        with pytest.raises(KeyError, match="S5 has no element written"):
            G[label]
    with pytest.raises(TypeError):
        G[3]


def test_subgroups_are_found_by_the_names_that_reports_print():
    lattice = subgroup_lattice(named_group("S5"))
    assert lattice["S4"].order == 24
    numbers = {lattice.position(lattice[f"S4#{i}"]) for i in range(1, 6)}
    assert numbers == {int(i) for i in lattice.classes[lattice.class_names.index("S4")].subgroups}
    assert lattice[-1].order == 120
    assert sum(H.order == 1 for H in lattice) == 1  # it is a sequence
    with pytest.raises(KeyError, match="`S4` has 5 subgroups in S5; got number 6"):
        lattice["S4#6"]
    with pytest.raises(KeyError, match="no subgroups of S5 are named `S44`; near: S4"):
        lattice["S44"]


def test_every_class_name_finds_its_class(small_group):
    lattice = subgroup_lattice(small_group)
    for cls, name in enumerate(lattice.class_names):
        assert lattice.class_of[lattice.position(lattice[name])] == cls


def test_functions_take_a_group_or_a_subgroup(small_group):
    f = np.random.default_rng(0).normal(size=(3, small_group.order))
    every = irreps(small_group)
    for ours, theirs in zip(fourier(f, small_group), fourier(f, every), strict=True):
        assert np.array_equal(ours, theirs)
    assert np.allclose(inverse_fourier(fourier(f, small_group), small_group), f)
    assert np.allclose(power(f, small_group).sum(axis=-1), 1)
    for H in subgroup_lattice(small_group):
        for side in ("left", "right"):
            assert np.array_equal(coset_variance_fraction(f, H, side), coset_variance_fraction(f, cosets(H, side=side)))


def test_a_run_from_public_names_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = cosetta.fast("S3", embed_dim=8, width=8, max_steps=10, train_fraction=0.8)
    run = cosetta.train(config)
    assert run.folder.as_posix() == f"runs/{config.run_name}"
    again = cosetta.train(config, folder=f"runs/{config.run_name}")
    assert again.record == run.record == cosetta.load_run(str(run.folder)).record
    analysis = cosetta.analyse(run.network(), named_group("S3"))
    cosetta.write_report(analysis, "x.html")
    (tmp_path / "analysis.json").write_bytes(analysis.to_json())
    assert cosetta.load_analysis(".") == cosetta.load_analysis("analysis.json") == analysis
    assert cosetta.census("runs").runs.height == 1
