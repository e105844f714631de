"""Facts over training against their definitions, and the file that keeps them."""

import json

import numpy as np
import pytest
import torch

from cosetta import trajectory as module
from cosetta.config import AnalysisConfig
from cosetta.errors import BadRun
from cosetta.groups import cosets, named_group, subgroup_lattice
from cosetta.harmonics import irreps as all_irreps
from cosetta.hypotheses import CosetCircuit
from cosetta.measures import coset_variance_fractions, measure, stander2024_concentration
from cosetta.models import GroupNetwork
from cosetta.models.planted import CosetPlan, plant, random_model
from cosetta.training import fast, load_run, train
from cosetta.trajectory import Trajectory, concentrations, trajectory
from tests.slow_gcr import slow_measures

CONFIG = AnalysisConfig(null_samples=19)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    config = fast("S3", embed_dim=8, width=8, train_fraction=0.8, checkpoints=5, max_steps=100)
    return train(config, named_group("S3"), tmp_path_factory.mktemp("runs") / config.run_name)


def facts(model, group, config=CONFIG):
    pairs = module._pairs(group, config)
    return module._facts(model, group, subgroup_lattice(group), all_irreps(group), pairs, config)


def random_network(group, width=5):
    torch.manual_seed(3)
    return GroupNetwork(group.order, 4, width).fold()


@pytest.mark.parametrize("side", ["left", "right"])
def test_concentrations_are_the_papers_for_every_subgroup(small_group, side):
    lattice = subgroup_lattice(small_group)
    f = np.random.default_rng(0).normal(size=(4, small_group.order))
    f[3] = 0.0
    found = concentrations(coset_variance_fractions(f, lattice, all_irreps(small_group), side), lattice)
    proper = np.flatnonzero((lattice.orders > 1) & (lattice.orders < small_group.order))
    assert found.shape == (4, len(proper))
    for column, position in zip(found.T, proper, strict=True):
        expected = stander2024_concentration(f, cosets(lattice.subgroup(position), side=side))
        np.testing.assert_allclose(column, expected, atol=1e-12)


def test_both_normalisations_on_the_papers_vector():
    """A neuron with variance 9.057844 and within-coset variances that sum to 0.000645 has C_H 7.1e-5."""
    group = named_group("S5")
    lattice = subgroup_lattice(group)
    position = lattice.names.index("S4")
    labels = cosets(lattice.subgroup(position), side="right")
    inside = np.random.default_rng(0).normal(size=120)
    inside -= (np.bincount(labels, weights=inside) / 24)[labels]
    inside *= np.sqrt(0.000645 / sum(inside[labels == c].var(ddof=1) for c in range(5)))
    between = np.arange(-2.0, 3)[labels]
    between *= np.sqrt((9.057844 * 119 - (inside**2).sum()) / (between**2).sum())
    f = between + inside
    assert f.var(ddof=1) == pytest.approx(9.057844)
    fractions = coset_variance_fractions(f[None], lattice, all_irreps(group), "right")
    proper = np.flatnonzero((lattice.orders > 1) & (lattice.orders < 120))
    found = concentrations(fractions, lattice)[0, list(proper).index(position)]
    assert found == pytest.approx(0.000645 / 9.057844)
    assert f"{found:.1e}" == "7.1e-05"
    assert fractions[0, position] == pytest.approx(found * 23 / 119)


@pytest.mark.parametrize("name", ["C5", "S3", "Q8", "C7:C3"])
def test_similarities_are_the_cosines_of_the_logits(name):
    group = named_group(name)
    model = random_network(group)
    named = {irrep.name: irrep for irrep in all_irreps(group)}
    expected = slow_measures(model, group, named, np.ones(group.order**2, dtype=bool))
    found = facts(model, group)["trace_similarity"]
    assert list(found) == list(named)[1:]
    for irrep, value in found.items():
        assert value == pytest.approx(expected[f"logit_{irrep}_rep_trace_similarity"], abs=1e-6)


def test_a_sample_of_the_pairs_comes_close_and_says_so():
    group = named_group("S4")
    model = random_network(group, 12)
    everything, sampled = (facts(model, group, AnalysisConfig(evidence_pairs=n)) for n in (576, 400))
    assert len(module._pairs(group, AnalysisConfig(evidence_pairs=400))) == 400
    for irrep, value in everything["trace_similarity"].items():
        assert sampled["trace_similarity"][irrep] == pytest.approx(value, abs=0.03)
    assert sampled != everything


def test_a_planted_network_is_seen_as_planted():
    group = named_group("S4")
    lattice = subgroup_lattice(group)
    plans = [CosetPlan(lattice.subgroup(lattice.names.index(name)), amplitude=8.0) for name in ("S3", "A4")]
    options = {"random_neurons": 3, "dead_neurons": 2}
    model = plant(group, plans, torch.Generator().manual_seed(0), **options).folded
    found = facts(model, group, AnalysisConfig(dead_threshold=1e-6))
    assert found["classes"].pop("dead") == 2
    assert found["classes"].pop("none") == 3
    assert set(found["classes"]) == {"S3", "A4"}
    assert found["constant_share"] == pytest.approx(1 - 3 / found["live"])
    assert found["median_concentration"] == pytest.approx(0, abs=1e-9)
    assert found["irreps"]["(3,1)"] > 0.5
    assert sum(found["irreps"].values()) == pytest.approx(1)


def test_labels_agree_with_the_finder():
    group = named_group("S4")
    lattice = subgroup_lattice(group)
    H = lattice.subgroup(lattice.names.index("D8"))
    model = plant(group, [CosetPlan(H)], torch.Generator().manual_seed(1), random_neurons=4, dead_neurons=1).folded
    findings = CosetCircuit.fit(measure(model, group, CONFIG), CONFIG).findings().by_neuron
    names = [getattr(findings[n].left, "subgroup", "none") if n in findings else "dead" for n in range(model.width)]
    assert facts(model, group)["classes"] == {name: names.count(name) for name in set(names)}


def test_a_random_network_has_no_structure():
    group = named_group("S4")
    found = facts(random_model(group, 10, torch.Generator().manual_seed(0)), group)
    assert found["constant_share"] == 0
    assert found["classes"] == {"none": 10}
    assert found["median_concentration"] > 0.3
    assert 0.5 < found["entropy_left"] < np.log(4)


@pytest.mark.parametrize("name", ["C1", "C5"])
def test_groups_without_proper_subgroups_have_no_classes(name):
    group = named_group(name)
    found = facts(random_network(group), group)
    assert set(found["classes"]) <= {"none", "dead"}
    assert found["median_concentration"] == found["median_fraction"] == found["constant_share"] == 0


def test_one_entry_a_checkpoint_and_the_final_weights(run):
    found = trajectory(run, named_group("S3"))
    last = int(run.metrics["step"][-1])
    assert found.step == (*(step for step, _ in run.checkpoints if step < last), last)
    assert found.test_loss[-1] == run.metrics["test_loss"][-1]
    assert found.test_accuracy[0] == run.metrics["test_accuracy"][0]
    assert {sum(counts) for counts in zip(*found.classes.values(), strict=True)} == {8}
    for column in (
        *found.classes.values(),
        *found.irreps.values(),
        *found.trace_similarity.values(),
        found.entropy_out,
    ):
        assert len(column) == len(found.step)
    assert found.entropy_left[0] == facts(run.network(run.checkpoints[0][1]).fold(), named_group("S3"))["entropy_left"]


def test_facts_are_stored_once_and_damaged_ones_are_made_again(run, monkeypatch):
    group, path = named_group("S3"), run.folder / "trajectory.json"
    first = trajectory(run, group)
    whole = path.read_bytes()
    foreign = {**json.loads(whole), "schema": 99}
    for damaged in (b"", whole[:100], b"[]", b"\xff", json.dumps(foreign).encode()):
        path.write_bytes(damaged)
        assert trajectory(run, group) == first
        assert path.read_bytes() == whole
    assert trajectory(run, group, AnalysisConfig(coset_threshold=0.5)).thresholds["coset_threshold"] == 0.5
    assert trajectory(run, group) == first
    monkeypatch.setattr(module, "_made", lambda *_: pytest.fail("the stored facts were not used"))
    assert isinstance(trajectory(run, group), Trajectory)


def test_another_group_and_a_damaged_checkpoint_are_refused(run, tmp_path):
    with pytest.raises(BadRun, match="was trained on S3"):
        trajectory(run, named_group("C6"))
    copy = tmp_path / "copy"
    (copy / "checkpoints").mkdir(parents=True)
    for name in ("config.json", "metrics.parquet", "model.safetensors"):
        (copy / name).write_bytes((run.folder / name).read_bytes())
    (copy / "checkpoints" / "step-00000000.safetensors").write_bytes(b"half")
    with pytest.raises(BadRun, match="whole safetensors file"):
        trajectory(load_run(copy), named_group("S3"))
    assert not (copy / "trajectory.json").exists()
