"""The frame of papers that read networks: what is kept beside a run, what is named, and what an interruption leaves."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from cosetta import named_group, subgroup_lattice
from cosetta.errors import BadRun
from cosetta.models import FoldedModel
from cosetta.models.planted import CosetPlan, plant
from cosetta.reproduce.chughtai2023.reproduction import expected, reproduce
from cosetta.reproduce.frame.beside import Beside
from cosetta.reproduce.frame.folded_runs import FoldedRecord, write_folded_run
from cosetta.reproduce.frame.released import TWICE, Plan, measure_each, ranked
from cosetta.reproduce.frame.results import Column, Table
from cosetta.reproduce.frame.spread import MIN_RUNS, mean_over_runs
from cosetta.reproduce.stander2024 import reproduction as stander2024
from cosetta.reproduce.wu2024 import reproduction as wu2024

S4, S5 = named_group("S4"), named_group("S5")


@dataclass(frozen=True)
class Measured:
    share: float
    schema: int = 3


KEPT = Beside("paper.json", Measured, "shares of a run", 3)


def record(group="S5", recipe="fast", seed=0, **more):
    values = {"step": (0, 1), "test_accuracy": (0.0, 1.0), "test_loss": (4.0, 1e-3)} | more
    return FoldedRecord(group, recipe, seed, "by hand", **values)


def coset_network(group=S5, name="S4"):
    return plant(group, [CosetPlan(subgroup_lattice(group)[name])], torch.Generator().manual_seed(0)).folded


def random_network(seed):
    generator = torch.Generator().manual_seed(seed)
    left, right, out = (torch.randn(120, 8, generator=generator, dtype=torch.float64) for _ in range(3))
    return FoldedModel(left, right, out, torch.zeros(120, dtype=torch.float64))


def test_what_is_kept_is_read_back(tmp_path):
    assert KEPT.read(tmp_path) is None
    KEPT.write(tmp_path, Measured(0.25))
    assert KEPT.read(tmp_path) == Measured(0.25)
    assert [path.name for path in tmp_path.iterdir()] == ["paper.json"]  # no temporary file stays


@pytest.mark.parametrize(
    "content",
    ["", "{", '{"share": 0.25}', '{"share": 0.25, "schema": 2}', '{"share": "0.25", "schema": 3}', "[]", "null"],
)
def test_what_is_damaged_or_of_another_layout_is_made_again(tmp_path, content):
    (tmp_path / "paper.json").write_text(content)
    assert KEPT.read(tmp_path) is None


def test_every_network_is_measured_and_a_damaged_one_named(tmp_path):
    for i in range(5):
        write_folded_run(tmp_path / f"run{i}", record("S4", "fast" if i % 2 else "wu2024", i), coset_network(S4, "S3"))
    networks, _ = Plan(networks=tmp_path).networks_of("S4")
    told, missing = [], {"before": "kept"}

    def measure(network):
        if network.name == "run3":
            raise BadRun("torn")
        return network.name

    found = measure_each(networks, measure, missing, lambda *at: told.append(at), "measuring")
    assert found == {"wu2024": ["run0", "run2", "run4"], "fast": ["run1"]}
    assert missing == {"before": "kept", "run3": "torn"}
    assert {(step, total) for step, _, total in told} == {("measuring", 5)}
    done = [at for _, at, _ in told]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, 5)
    assert measure_each([], measure, missing, lambda *at: told.append(at), "measuring") == {}


@pytest.mark.parametrize("seed", range(5))
def test_ranking_moves_names_and_nothing_else(seed):
    names = np.random.default_rng(seed).permutation(list("abcdefg")).tolist()
    subjects = {name: object() for name in names}
    found = ranked(subjects, ("z", "f", "b"))
    assert found == subjects
    assert list(found) == ["f", "b", "a", "c", "d", "e", "g"]


def test_a_run_in_both_folders_counts_once(tmp_path):
    model = coset_network(S4, "S3")
    for place in ("one", "other"):
        write_folded_run(tmp_path / place / "run1", record("S4"), model)
    write_folded_run(tmp_path / "other" / "run2", record("S4", seed=1), model)
    (tmp_path / "other" / "torn").mkdir()
    (tmp_path / "other" / "torn" / "folded.json").write_text("{")
    found, missing = Plan(networks=tmp_path / "one", runs=tmp_path / "other").networks_of("S4")
    assert [network.name for network in found] == ["run1", "run2"]
    assert found[0].folder.parent.name == "one"
    assert missing["other/run1"] == TWICE
    assert set(missing) == {"other/run1", "torn"}
    same, missing = Plan(networks=tmp_path / "other", runs=tmp_path / "other").networks_of("S4")
    assert len(same) == 2
    assert len(missing) == 3


def test_a_folded_run_with_the_name_of_a_trained_one_counts_once(tmp_path):
    model, missing = coset_network(S4, "S3"), {}
    for name in ("run1", "run2"):
        write_folded_run(tmp_path / name, record("S4"), model)
    found = stander2024._folded_runs(tmp_path, {"S4": S4}, {"run1"}, missing)
    assert [folder.name for folder in found] == ["run2"]
    assert missing == {f"{tmp_path.name}/run1": TWICE}


def test_networks_that_learned_nothing_speak_for_no_claim(tmp_path):
    """Five random networks, said to be trained: no population is made of them, and no claim is decided."""
    for seed in range(5):
        write_folded_run(tmp_path / f"run{seed}", record(seed=seed, test_loss=(4.8, 4.8)), random_network(seed))
    plan = Plan(networks=tmp_path)
    assert expected(plan).startswith("0 released networks and 5 runs: about 2.5\xa0s")
    found = reproduce(plan)
    assert found.populations == {"S5 fast": 0}
    assert {claim.verdict for claim in found.claims} == {"cannot be checked"}
    assert expected(plan).startswith("0 released networks: about 1.0\xa0s")  # what was measured is kept


def test_what_is_interrupted_goes_on_where_it_stopped(tmp_path, monkeypatch):
    for seed in range(3):
        write_folded_run(tmp_path / f"run{seed}", record(seed=seed), coset_network())
    measured, whole = [], wu2024.rho_measures

    def stops_at_the_third(name, model, group):
        if len(measured) == 2:
            raise KeyboardInterrupt
        measured.append(name)
        return whole(name, model, group)

    monkeypatch.setattr(wu2024, "rho_measures", stops_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        wu2024.reproduce(Plan(networks=tmp_path))
    assert measured == ["run0", "run1"]
    monkeypatch.setattr(wu2024, "rho_measures", lambda name, *rest: measured.append(name) or whole(name, *rest))
    found = wu2024.reproduce(Plan(networks=tmp_path))
    assert measured == ["run0", "run1", "run2"]
    assert found.populations == {"S5 fast": 3}


def test_a_table_has_a_cell_for_each_column():
    columns = (Column("a"), Column("b"))
    assert Table("t", "T", columns, (("x", 1),)).rows == (("x", 1),)
    with pytest.raises(ValueError, match="table `t` must have 2 cells a row; row 1 has 3"):
        Table("t", "T", columns, (("x", 1), ("y", 2, 3)))


@pytest.mark.parametrize("seed", range(3))
def test_an_interval_moves_with_its_runs_and_needs_enough_of_them(seed):
    values = np.random.default_rng(seed).random(12)
    mean = mean_over_runs(values.tolist())
    assert mean.value == pytest.approx(values.mean())
    assert mean.low < mean.value < mean.high
    assert values.min() <= mean.low
    assert mean.high <= values.max()
    moved = mean_over_runs((3 * values + 1).tolist())
    assert (moved.low, moved.high) == pytest.approx((3 * mean.low + 1, 3 * mean.high + 1))
    assert mean_over_runs([0.5] * 8).low == mean_over_runs([0.5] * 8).high == 0.5
    assert mean_over_runs(values[: MIN_RUNS - 1].tolist()).low is None
    assert mean_over_runs(values[:MIN_RUNS].tolist()).low is not None
