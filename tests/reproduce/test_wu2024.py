"""Rho-sets as the paper counts them: planted networks complete and incomplete, a-bad and rho-bad, and bad input."""

import json

import numpy as np
import pytest
import torch

from cosetta import irreps, named_group, subgroup_lattice
from cosetta.errors import BadRun
from cosetta.models import FoldedModel, PairScorer
from cosetta.models.planted_vectors import plant_rho_set, plant_vectors
from cosetta.reproduce.frame.claims import decide
from cosetta.reproduce.frame.folded_runs import FoldedRecord, write_folded_run
from cosetta.reproduce.frame.released import Plan
from cosetta.reproduce.wu2024.claims import claim_rows
from cosetta.reproduce.wu2024.ideals import FILES, read_ideals
from cosetta.reproduce.wu2024.measures import RhoMeasures, SetFacts, is_faithful, rho_measures
from cosetta.reproduce.wu2024.proofs import Proven, prove
from cosetta.reproduce.wu2024.reproduction import KEPT, expected, reproduce
from cosetta.reproduce.wu2024.size_rows import minimal_sets
from cosetta.reproduce.wu2024.subjects import Subject

S4, S5 = named_group("S4"), named_group("S5")


def planted(group, irrep, subgroup, seed=0):
    lattice = subgroup_lattice(group)
    rho = next(r for r in irreps(group) if r.name == irrep)
    return plant_rho_set(group, rho, lattice.subgroup(lattice.names.index(subgroup)), np.random.default_rng(seed), 10.0)


def joined(*models):
    parts = [torch.cat([getattr(model, name) for model in models], dim=1) for name in ("left", "right", "out")]
    return FoldedModel(*parts, models[0].bias)


def test_a_complete_circuit_is_neither_bad():
    found = rho_measures("planted", planted(S4, "(3,1)", "S3"), S4)
    (only,) = found.sets
    assert (only.points, only.pairs, only.neurons, only.is_complete, only.faithful) == (4, 16, 16, True, True)
    assert (found.covered, found.alone, found.a_bad, found.rho_bad) == (pytest.approx(1), 1.0, False, False)
    assert set(found.irreps) == {"(3,1)"}


def test_a_circuit_that_lacks_a_pair_is_rho_bad():
    model = planted(S4, "(3,1)", "S3")
    found = rho_measures("fewer", model.keep(torch.arange(1, model.width)), S4)
    assert (found.sets[0].pairs, found.sets[0].is_complete, found.rho_bad) == (15, False, True)


def test_two_vectors_a_in_one_orbit_are_a_bad():
    both = joined(planted(S4, "(3,1)", "S3", seed=0), planted(S4, "(3,1)", "S3", seed=1))
    found = rho_measures("two", both, S4)
    assert len(found.sets) == 2
    assert found.a_bad


def test_an_unfaithful_irrep_alone_is_rho_bad_and_vectors_off_every_orbit_are_in_no_set():
    found = rho_measures("quotient", planted(S4, "(2,2)", "D8"), S4)
    assert found.sets[0].is_complete
    assert found.rho_bad
    rho = next(r for r in irreps(S4) if r.name == "(3,1)")
    loose = rho_measures("loose", plant_vectors(rho, 200, np.random.default_rng(0), 10.0), S4)
    assert loose.covered < 0.5
    assert loose.rho_bad


def test_the_sign_has_both_points():
    found = rho_measures("sign", planted(S4, "(1^4)", "A4"), S4)
    assert (found.sets[0].points, found.sets[0].pairs) == (2, 4)


@pytest.mark.parametrize("name", ["S3", "S4", "A4", "Q8"])
def test_a_smallest_rho_set_is_an_orbit_of_its_size(name):
    """The orbit of a vector that the subgroup fixes has that many points, and no vector of the irrep has fewer."""
    group = named_group(name)
    lattice = subgroup_lattice(group)
    sizes = minimal_sets(group)
    for irrep in irreps(group):
        orbits = []
        for i in range(len(lattice)):
            average = irrep.matrices[lattice.members[i]].mean(axis=0)
            for vector in average.T[np.linalg.norm(average, axis=0) > 1e-9]:
                orbits.append(len(np.unique((irrep.matrices @ vector).round(6) + 0.0, axis=0)))
        assert sizes[irrep.name] == min(orbits)


def test_faithful_irreps_are_those_without_a_kernel():
    found = {irrep.name: is_faithful(irrep) for irrep in irreps(S4)}
    assert found == {"(4)": False, "(3,1)": True, "(2,2)": False, "(2,1,1)": True, "(1^4)": False}


def test_without_their_files_the_rest_is_made_and_they_are_named(tmp_path):
    found = reproduce(Plan())
    assert [table.name for table in found.tables] == ["sizes"]
    assert FILES[0] in found.missing[0]
    verdicts = {claim.id: claim.verdict for claim in found.claims}
    assert verdicts["size-(4,1)"] == "agrees"
    assert verdicts["ideal-bound"] == verdicts["complete"] == "cannot be checked"
    (tmp_path / FILES[1]).write_text("{}")
    found = reproduce(Plan(data=tmp_path))
    assert f"lacks {FILES[0]}" in found.missing[0]
    (tmp_path / FILES[0]).write_bytes(b"half")
    with pytest.raises(BadRun, match="`irrep_accs` is missing: fetch it again"):
        read_ideals(tmp_path)


SAID = {
    "irrep_accs": [0.5, 1.0],
    "naive_accs": [1.0, 1.0],
    "irrep_times": [0.1, 0.1],
    "naive_times": [0.2, 0.2],
    "avar_bad": [0],
    "irrep_bad": [1],
    "irrep_idxs": [{"1d-0": [0]}, {"1d-0": []}],
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"naive_accs": [1.0]}, "`naive_accs` has 1 values where `irrep_accs` has 2"),
        ({"irrep_accs": 30}, "`irrep_accs` must be a valid"),
        ({"irrep_accs": ["most", 1.0]}, "`irrep_accs.0` must be a valid number, not 'most'"),
        ({"irrep_accs": [float("nan"), 1.0]}, "expected value"),
        ({"avar_bad": [2]}, "`avar_bad` names a network that is none of 2"),
        ({"irrep_bad": [-1]}, "`irrep_bad` names a network that is none of 2"),
        ({"naive_times": [0.0, 0.2]}, "`naive_times` must be above 0"),
        ({"irrep_idxs": [[0], {}]}, "irrep_idxs"),
    ],
)
def test_a_damaged_file_of_theirs_is_refused_before_anything_is_measured(tmp_path, change, message):
    (tmp_path / FILES[0]).write_bytes(b"half")
    (tmp_path / FILES[1]).write_text(json.dumps(SAID | change))
    with pytest.raises(BadRun, match="fetch it again") as refused:
        read_ideals(tmp_path)
    assert message in str(refused.value)


def test_networks_stand_beside_and_a_second_call_reads_what_the_first_kept(tmp_path):
    model = planted(S5, "(4,1)", "S4")
    for seed in range(5):
        record = FoldedRecord("S5", "wu2024", seed, "by hand", (0, 1), (0.0, 1.0), (4.0, 1e-3))
        write_folded_run(tmp_path / f"run{seed}", record, model)
    found = reproduce(Plan(networks=tmp_path))
    by_id = {claim.id: claim for claim in found.claims}
    assert found.populations == {"S5 wu2024": 5}
    assert by_id["pairs"].decided_on == "wu2024"
    assert by_id["pairs"].verdict == by_id["complete"].verdict == by_id["budget"].verdict == "agrees"
    assert by_id["bound-mean"].verdict == by_id["bound-zero"].verdict == "differs"  # every one is proven whole
    kept = json.loads((tmp_path / "run1" / KEPT.name).read_text())
    assert kept["network"]["sets"][0]["pairs"] == 25
    assert kept["network"]["proven"]["bounds_alone"] == 1.0
    del kept["network"]["proven"]  # as kept before there were certificates
    (tmp_path / "run0" / KEPT.name).write_text(json.dumps(kept))
    assert expected(Plan(networks=tmp_path)).startswith(
        "0 networks to fit and 1 to certify: about 9.1\xa0s of one core"
    )
    (tmp_path / "run1" / KEPT.name).write_text("{")
    (tmp_path / "run2" / "folded.json").write_text("{")
    write_folded_run(
        tmp_path / "other", FoldedRecord("S5", "fast", 0, "by hand", (0, 1), (0.0, 1.0), (4.0, 1e-3)), model
    )
    again = reproduce(Plan(networks=tmp_path))
    assert again.populations == {"S5 wu2024": 4, "S5 fast": 1}
    (fast,) = next(claim for claim in again.claims if claim.id == "bound-mean").others
    assert (fast.population, fast.ours) == ("fast", "not measured")  # certificates are of the paper's recipe
    assert again.missing[-1].startswith("run2: ")


def proven(name, *, accuracy, alone, share, complete):
    sets = (SetFacts("(4,1)", "S4", 5, 25, 25 if complete else 24, 1.0, True),)
    return RhoMeasures(name, "S5", accuracy, 25, 1.0, 1.0, sets, proven=Proven(alone, share, 0.05))


def bounds(networks):
    claims = decide([row for row in claim_rows() if row.section == "Bound"], {"wu2024": Subject(tuple(networks))})
    return {claim.id: claim for claim in claims}


def test_a_claim_of_a_bound_is_decided_by_bounds_alone_and_not_by_what_was_computed():
    few = [proven(f"{i}", accuracy=1.0, alone=0.0, share=1.0, complete=True) for i in range(46)]
    many = [proven(f"{i}", accuracy=1.0, alone=0.96, share=1.0, complete=True) for i in range(54)]
    found = bounds(few + many)  # theirs in all but name: 46 bounds of 0, 54 of 0.96
    assert [found[f"bound-{id}"].verdict for id in ("mean", "high", "zero")] == ["agrees"] * 3
    assert "computed 1.0000" in found["bound-mean"].ours
    assert "in 100 of 100" in found["bound-mean"].why


def test_a_higher_bound_differs_by_the_measure_only_where_theirs_must_fail():
    whole = [proven(f"{i}", accuracy=1.0, alone=1.0, share=1.0, complete=True) for i in range(20)]
    found = bounds(whole)["bound-mean"]
    assert found.verdict == "differs"
    assert found.cause.startswith("not decided")
    failing = [proven(f"{i}", accuracy=1.0, alone=0.99, share=1.0, complete=False) for i in range(5)]
    cause = bounds(whole + failing)["bound-mean"].cause
    assert cause.startswith("measure, another bound: 5 of 25 networks")
    assert "0.9900" in cause
    lost = [proven("lost", accuracy=1.0, alone=0.0, share=1.0, complete=False)]
    assert bounds(whole + lost)["bound-mean"].cause.startswith("not decided")


def test_bounds_alone_prove_less_than_what_is_computed_and_never_more_than_is_right():
    model = planted(S4, "(3,1)", "S3")
    torch.manual_seed(0)
    parts = (getattr(model, name) for name in ("left", "right", "out"))
    noisy = FoldedModel(*(part + part.std() * torch.randn(part.shape, dtype=part.dtype) for part in parts), model.bias)
    right = PairScorer(S4)(noisy).accuracy
    found = prove(noisy, S4)
    assert found.bounds_alone < found.share == pytest.approx(right)
    assert prove(model, S4).bounds_alone == 1.0
