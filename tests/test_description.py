import json
import re

import numpy as np
import pytest
import torch

from cosetta import describe, fold, irreps, named_group, subgroup_lattice
from cosetta.config import AnalysisConfig
from cosetta.description import irrep_title
from cosetta.groups import cosets
from cosetta.parts import summarise_parts, write_folding

S4 = named_group("S4")


def on_cosets(group, subgroup, side, count, seed=0):
    """Random functions that are constant on the cosets of a subgroup."""
    labels = cosets(subgroup, side=side)
    return np.random.default_rng(seed).normal(size=(count, labels.max() + 1))[:, labels]


@pytest.mark.parametrize("side", ["left", "right"])
def test_cosets_that_were_put_in_are_found_on_their_side(side):
    lattice = subgroup_lattice(S4)
    position = int(np.flatnonzero(lattice.orders == 6)[0])
    found = describe(on_cosets(S4, lattice.subgroup(position), side, 5), S4)
    for row in found.rows:
        fits = {fit.side: fit for fit in row.cosets}
        assert (fits[side].subgroup, fits[side].order) == ("S3", 6)
        assert fits[side].fraction < 1e-12
        assert row.irrep in ("(3,1)",)  # the others of the permutation representation are trivial


def test_random_functions_have_no_label_and_no_low_p():
    values = np.random.default_rng(0).normal(size=(40, 24))
    assert sum(bool(row.cosets) for row in describe(values, S4).rows) == 0


def test_power_and_rank_are_those_of_the_fourier_transform(small_group):
    n = small_group.order
    values = np.random.default_rng(1).normal(size=(4, n)) if n > 1 else np.ones((4, 1))
    found = describe(values, small_group)
    centred = values - values.mean(1, keepdims=True)
    for row, f in zip(found.rows, centred, strict=True):
        assert row.variance == pytest.approx(f.var())
        assert sum(row.power) == pytest.approx(1 if n > 1 else 0)
    names = tuple(irrep_title(irrep, small_group) for irrep in irreps(small_group))
    assert found.irreps == names
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["S4", "Q8", "C5", "C7:C3"])
def test_a_matrix_coefficient_has_rank_one_in_its_irrep(name):
    group = named_group(name)
    rng = np.random.default_rng(2)
    for irrep in irreps(group):
        u, v = rng.normal(size=(2, irrep.dim))
        [row] = describe(np.einsum("i,gij,j->g", u, irrep.matrices, v), group).rows
        if np.ptp(irrep.character) > 1e-9 or irrep.dim > 1:
            assert row.irrep == irrep_title(irrep, group)
            assert row.rank_share == pytest.approx(1)
            assert max(row.power) == pytest.approx(1)


def test_two_matrix_coefficients_are_not_rank_one():
    big = max(irreps(S4), key=lambda irrep: irrep.dim)
    f = np.einsum("ij,gij->g", np.eye(big.dim), big.matrices)
    assert describe(f, S4).rows[0].rank_share == pytest.approx(1 / big.dim)


def test_frequencies_of_a_cyclic_group():
    C12 = named_group("C12")
    k = 5
    wave = np.cos(2 * np.pi * k * np.arange(12) / 12)
    assert describe(wave, C12).rows[0].irrep == "frequency 5"


def test_shape_text_and_record():
    found = describe(np.random.default_rng(0).normal(size=(2, 3, 24)), S4)
    assert (found.shape, len(found.rows), len(str(found).splitlines())) == ((2, 3), 6, 7)
    assert re.match(r"\s+1,2  ", str(found).splitlines()[-1])
    assert json.loads(json.dumps(found.record(), allow_nan=False))["group"] == "S4"
    constant = describe(np.full(24, 3.7), S4)
    assert "constant" in str(constant)
    assert constant.total_power() == {}
    weighted = describe(np.stack([irreps(S4)[1].character, irreps(S4)[2].character]), S4)
    assert weighted.total_power([1.0, 0.0])[weighted.rows[0].irrep] == pytest.approx(1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros(23), r"must have 24 values on its last axis, as S4 has; shape \(23,\)"),
        (np.zeros((24, 3)), r"shape \(24, 3\): put its axis 0 last, np\.moveaxis\(f, 0, -1\)"),
        (
            np.zeros((2, 24), complex),
            "must be real numbers; it is complex128: describe its real and its imaginary part",
        ),
        (np.array(["a"] * 24), "must be real numbers; it is <U1"),
        (np.array([[0.0] * 23 + [np.nan]]), r"must be finite; it holds nan at \(0, 23\)"),
    ],
)
def test_arrays_that_are_no_functions_are_named(values, message):
    with pytest.raises(ValueError, match=message):
        describe(values, S4)


def test_tensors_integers_and_names_of_groups_are_taken():
    values = np.arange(48).reshape(2, 24) % 7
    expected = str(describe(values.astype(float), S4))
    assert str(describe(values, "S4")) == expected
    assert str(describe(torch.nn.Parameter(torch.tensor(values).double()), "S4")) == expected
    assert str(describe(torch.tensor(values).bfloat16(), S4)) == expected  # small whole numbers are exact in it


def test_parts_say_which_functions_they_are(tmp_path):
    lattice = subgroup_lattice(S4)
    H = lattice.subgroup(int(np.flatnonzero(lattice.orders == 6)[0]))
    f = on_cosets(S4, H, "right", 8)
    h = np.random.default_rng(3).normal(size=(8, 24))
    pre = (f[:, :, None] + h[:, S4.table]).transpose(1, 2, 0)
    folding = fold(pre, S4)
    parts = summarise_parts(folding, S4, AnalysisConfig(null_samples=199))
    by_name = {part.name: part for part in parts}
    assert by_name["f(a)"].on_cosets == pytest.approx(1)
    assert by_name["f(a)"].power["(3,1)"] == pytest.approx(1)
    assert by_name["h(ab)"].on_cosets == 0
    assert by_name["h(ab)"].rank_share < 0.95
    assert (by_name["g(b)"].share, by_name["rest"].power) == (pytest.approx(0, abs=1e-12), {})
    record = json.loads(write_folding(folding, parts, S4, tmp_path).read_text())
    assert [part["name"] for part in record["described"]] == list(by_name)
    assert record["obstacle"] == folding.obstacle
