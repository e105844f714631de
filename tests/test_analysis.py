"""The pipeline on planted networks: causal evidence holds where it should and fails where it should."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cosetta.analysis import analyse
from cosetta.config import AnalysisConfig
from cosetta.errors import BadRun, Unsupported
from cosetta.evidence.table1 import coset_free_control
from cosetta.groups import named_group, subgroup_lattice
from cosetta.interventions import EMBEDDING_SWAP, STANDER2024, mean_ablate
from cosetta.measures import facts
from cosetta.models import PairScorer
from cosetta.models.planted import CosetPlan, plant, random_model
from cosetta.results import Analysis, load_analysis

CONFIG = AnalysisConfig(null_samples=99)


def planted_model(name="S5", cls="S4", **options):
    group = named_group(name)
    lattice = subgroup_lattice(group)
    H = lattice.subgroup(lattice.names.index(cls))
    return group, plant(group, [CosetPlan(H, amplitude=8.0)], torch.Generator().manual_seed(0), **options).folded


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    group, model = planted_model(random_neurons=2, dead_neurons=1)
    return analyse(model, group, AnalysisConfig(null_samples=99, dead_threshold=1e-6))


def test_a_planted_network_is_covered_down_to_its_random_neurons(analysis):
    assert analysis.accuracy == 1
    assert [row.subgroup for row in analysis.coset.classes] == ["S4", "none", "dead"]
    assert analysis.covered_share == 50 / 52
    assert any("2 of 52 live neurons are not covered by cosets" in note for note in analysis.unexplained)


def test_the_account_survives_replacement_and_random_subgroups_do_not(analysis):
    for row in map(analysis.row, ("coset-means-inputs", "coset-means", "coset-mirror", "coset-mirror-alone")):
        assert row.accuracy == 1
        assert row.verdict == "as predicted"
        assert row.control.draws == 20
        assert row.control.accuracy_interval[0] < row.control.accuracy < row.control.accuracy_interval[1] < 0.2
        assert row.pairs == 14400
    assert analysis.row("covered-by-mean").accuracy < 0.1
    with pytest.raises(KeyError, match="no test `coset means`; there are untouched, coset-means-inputs"):
        analysis.row("coset means")


def test_removing_a_circuit_lifts_its_own_coset(analysis):
    assert len(analysis.coset.circuits) == 25
    for circuit in analysis.coset.circuits:
        assert circuit.ablation.verdict == "as predicted"
        assert circuit.ablation.lift > 0 > circuit.ablation.control_lift


def test_interventions_state_their_prediction_and_their_control(analysis):
    rows = {row.id: row for row in analysis.evidence if row.kind == "intervention"}
    assert set(rows) == {intervention.id for intervention in STANDER2024}
    assert rows["swap-left-right"].accuracy == 7 / 120  # it computes ba; 7 classes, so 7/120 of the pairs commute
    assert all(row.prediction and row.control.draws == 1 for row in rows.values())
    for id in ("swap-left-right", "flip-both", "flip-left", "flip-right", "abs-for-relu", "noise-0-0.1"):
        assert rows[id].verdict == "as predicted", id


def test_a_prediction_without_a_control_is_an_error(analysis):
    with pytest.raises(ValueError, match="a predicted test must have a control; `flip-left` has none"):
        replace(analysis.row("flip-left"), control=None)


def test_random_weights_have_no_evidence_in_their_favour():
    group = named_group("S4")
    result = analyse(random_model(group, 10, torch.Generator().manual_seed(0)), group, CONFIG)
    assert result.covered_share == 0
    assert result.coset.circuits == ()
    replaced = [row for row in result.evidence if row.id.startswith("coset-m")]
    assert [row.verdict for row in replaced] == ["not applicable"] * 4  # nothing was replaced, so nothing is shown


def test_a_group_whose_subgroups_are_out_of_reach_still_has_its_facts(monkeypatch):
    def refuse(group):
        raise Unsupported("C2^7 has 29,212 subgroups")

    group, model = planted_model("S3", "C2", dead_neurons=1)
    known = analyse(model, group, CONFIG)
    monkeypatch.setattr(facts, "subgroup_lattice", refuse)
    result = analyse(model, group, CONFIG)
    assert result.coset.refused == "C2^7 has 29,212 subgroups"
    assert "the coset account was left out: C2^7 has 29,212 subgroups" in result.unexplained
    assert [neuron.facts for neuron in result.neurons] == [neuron.facts for neuron in known.neurons]
    assert sorted(map(result.coset.row_of, range(result.width))) == ["dead"] + ["none"] * (result.width - 1)
    assert [(row.subgroup, row.neurons) for row in result.coset.classes] == [("none", result.width - 1), ("dead", 1)]
    assert {row.kind for row in result.evidence} == {"intervention"}


@pytest.mark.parametrize(("name", "cls"), [("C6", "C2"), ("S5", "A5")])
def test_a_subgroup_without_alternatives_is_controlled_by_random_parts(name, cls):
    group, model = planted_model(name, cls)
    result = analyse(model, group, CONFIG)
    assert result.row("coset-means-inputs").kl == pytest.approx(0, abs=1e-9)
    assert result.row("random-subgroups").kl > 0.1


def test_results_survive_json(analysis, tmp_path):
    path = tmp_path / "analysis.json"
    path.write_bytes(analysis.to_json())
    assert load_analysis(path) == analysis
    assert load_analysis(tmp_path) == analysis
    for damaged in (b"", analysis.to_json()[:1000], b"[]"):
        path.write_bytes(damaged)
        with pytest.raises(BadRun, match="must be a whole analysis"):
            load_analysis(path)
    (tmp_path / "run").mkdir()
    with pytest.raises(BadRun, match=r"does not exist: run `cosetta explain .*run` again"):
        load_analysis(tmp_path / "run")


def test_mean_ablation_is_subtraction_of_the_deviation():
    _, model = planted_model("S4", "S3")
    ablated = mean_ablate(model, [3, 5])
    everywhere = model.activate(model.left[:, None] + model.right[None])  # (a, b, neuron)
    mean = everywhere.mean(dim=(0, 1))
    a, b = torch.tensor([7, 2]), torch.tensor([1, 20])
    post = model.activate(model.pre(a, b))
    expected = model.logits(a, b) - (post[:, [3, 5]] - mean[[3, 5]]) @ model.out[:, [3, 5]].T
    assert torch.allclose(ablated.logits(a, b), expected)
    assert ablated.width == model.width - 2


def test_the_lift_is_what_ablation_does_to_the_logits():
    """The closed form against the definition, all pairs."""
    group, model = planted_model("S4", "D8")
    result = analyse(model, group, CONFIG)
    circuit = result.coset.circuits[0]
    ablated = mean_ablate(model, circuit.neurons)
    everything = torch.arange(24)
    a, b = everything.repeat_interleave(24), everything.repeat(24)
    change = (ablated.logits(a, b) - model.logits(a, b)).numpy()
    shared = np.zeros(24, dtype=bool)
    lattice = subgroup_lattice(group)
    H = lattice.subgroup(lattice.names.index("D8") + circuit.left_conjugate)
    representative = group.labels.index(circuit.representative_label)
    shared[group.table[H.elements, representative]] = True
    outside = ~shared[group.table[a, b]]
    lift = (change[:, shared].mean(axis=1) - change[:, ~shared].mean(axis=1))[outside].mean()
    assert circuit.ablation.lift == pytest.approx(lift)


def test_sampled_evidence_says_how_many_pairs():
    group, model = planted_model("S4", "S3")
    result = analyse(model, group, AnalysisConfig(null_samples=19, evidence_pairs=100))
    assert {row.pairs for row in result.evidence} == {100}


def test_the_control_of_the_interventions_is_recorded():
    recorded = coset_free_control()
    assert set(recorded) == {intervention.id for intervention in (EMBEDDING_SWAP, *STANDER2024)}
    assert recorded["flip-both"].accuracy > 0.9
    assert recorded["flip-left"].accuracy < 0.1


def test_the_scores_of_a_planted_network_are_those_of_its_own_pairs():
    group, model = planted_model("S4", "S3")
    assert analyse(model, group, CONFIG).loss == pytest.approx(PairScorer(group)(model).loss)


def test_accuracy_of_a_sample_says_so_and_its_interval_covers_the_truth():
    group = named_group("S4")
    planted = plant(group, [CosetPlan(group.subgroup([1]))], torch.Generator().manual_seed(0))
    model = planted.folded.keep(torch.arange(planted.folded.width // 2))
    everything = analyse(model, group, AnalysisConfig(null_samples=19, arena=False))
    sampled = analyse(model, group, AnalysisConfig(null_samples=19, arena=False, accuracy_pairs=200))
    assert everything.accuracy_interval is None
    assert (everything.accuracy_pairs, sampled.accuracy_pairs) == (576, 200)
    low, high = sampled.accuracy_interval
    assert 0 < low < everything.accuracy < high < 1


def test_mean_ablations_from_one_set_of_logits_are_those_made_one_by_one():
    group, model = planted_model("S4", "S3", random_neurons=2)
    score = PairScorer(group)
    sets = [[0], [1, 3, 4], list(range(model.width)), []]
    for neurons, found in zip(sets, score.without(model, sets), strict=True):
        alone = score(mean_ablate(model, neurons))
        assert found.accuracy == alone.accuracy
        assert found.loss == pytest.approx(alone.loss, rel=1e-4)
