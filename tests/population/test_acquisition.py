"""Order of acquisition on trajectories written by hand."""

import pytest

from cosetta.population.acquisition import acquisition, stored_trajectories
from cosetta.trajectory import Trajectory

STEPS = (0, 10, 100, 1000)


def course(classes, similarity=None):
    flat = (0.0,) * 4
    return Trajectory(
        group="S5",
        step=STEPS,
        test_loss=flat,
        test_accuracy=flat,
        median_concentration=flat,
        median_fraction=flat,
        constant_share=flat,
        live=(9,) * 4,
        classes=classes,
        irreps={},
        trace_similarity=similarity or {},
        entropy_left=flat,
        entropy_right=flat,
        entropy_out=flat,
        pairs=36,
        thresholds={},
    )


def test_what_is_there_for_good_is_acquired():
    run = course(
        {"S4": (0, 0, 5, 9), "A5": (0, 4, 4, 4), "C2": (9, 9, 2, 9), "F20": (0, 9, 9, 2), "none": (9, 9, 9, 9)}
    )
    found = acquisition([run])
    assert found.names == ("A5", "S4", "C2")
    assert found.median_step == (10, 100, 1000)
    assert found.rank == (1, 2, 3)
    assert found.found_in == (1, 1, 1)
    assert found.low == (None,) * 3


def test_a_tie_shares_its_rank_and_three_neurons_are_enough():
    found = acquisition([course({"S4": (0, 3, 3, 3), "A5": (0, 3, 9, 9), "D8": (0, 0, 0, 9)})])
    assert dict(zip(found.names, found.rank, strict=True)) == {"A5": 1.5, "S4": 1.5, "D8": 3.0}


def test_ranks_are_averaged_over_the_runs_that_acquired_it():
    early, late = {"A5": (0, 9, 9, 9), "S4": (0, 0, 9, 9)}, {"A5": (0, 0, 0, 9), "S4": (0, 0, 9, 9)}
    found = acquisition([course(early)] * 5 + [course(late)] + [course({})])
    assert found.runs == 7
    assert found.names == ("A5", "S4")
    assert found.rank == pytest.approx((7 / 6, 11 / 6))
    assert found.found_in == (6, 6)
    assert found.median_step == (10, 100)
    assert found.low[0] >= 1
    assert found.high[1] <= 2
    assert found.low[0] < found.rank[0] < found.high[0]


def test_irreps_are_acquired_at_half_of_their_final_similarity():
    """Early on every irrep is above the threshold for a while: that is not yet an acquisition."""
    similarity = {"(4,1)": (0.01, 0.02, 0.3, 0.6), "(1^5)": (0.0, 0.3, 0.2, 0.4), "(3,2)": (0.01, 0.2, 0.2, 0.004)}
    found = acquisition([course({}, similarity)], "irreps")
    assert (found.names, found.median_step) == (("(1^5)", "(4,1)"), (10, 100))


def test_nothing_acquired_is_an_empty_order():
    assert acquisition([course({"none": (9, 9, 9, 9)})]).names == ()
    assert acquisition([course({"none": (9, 9, 9, 9)})]).runs == 1


def test_stored_trajectories_are_read_and_missing_ones_left_out(tmp_path):
    from pydantic import TypeAdapter

    run = course({"S4": (0, 3, 3, 3)})
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "b" / "trajectory.json").write_bytes(TypeAdapter(Trajectory).dump_json(run))
    (tmp_path / "a" / "trajectory.json").write_bytes(b"{}")
    assert stored_trajectories(tmp_path, ["a", "b", "c"]) == (run,)
