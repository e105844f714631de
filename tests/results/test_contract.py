"""Every field of the results survives the disk, and files with keys more or less are refused by name."""

import json
from dataclasses import replace

import pytest
import torch

from cosetta.analysis import analyse
from cosetta.config import AnalysisConfig
from cosetta.errors import BadRun
from cosetta.groups import named_group
from cosetta.models.planted import CosetPlan, plant
from cosetta.results import Analysis, FrequencyFindings, TrainingCurve, load_analysis
from tests.results.contract import check_every_key

CONFIG = AnalysisConfig(null_samples=19, control_draws=2, dead_threshold=1e-6)


def analysis_of(name, generators):
    group = named_group(name)
    plan = CosetPlan(group.subgroup(generators), amplitude=8.0)
    model = plant(group, [plan], torch.Generator().manual_seed(0), noise=0.01, random_neurons=2, dead_neurons=1).folded
    curve = TrainingCurve((0, 10), (0.0, 0.5), (1.8, 0.1), (1.8, 0.2), (0.2, 1.0))
    found = analyse(model, group, CONFIG)
    arena, few = found.arena, [replace(record, neurons=record.neurons[:1]) for record in found.accounts[:2]]
    arena = replace(arena, contests=arena.contests[:5], exchanges=arena.exchanges[:1])  # one of each kind: it is fast
    return replace(
        found,
        curve=curve,
        accuracy_interval=(0.5, 1.0),
        accounts=tuple(few),
        arena=arena,
        evidence=found.evidence[:2],
    )


@pytest.fixture(scope="module")
def analysis():
    return analysis_of("S3", [1])


def test_every_key_of_an_analysis(analysis, tmp_path):
    path = tmp_path / "analysis.json"
    kept, needed, classes = check_every_key(analysis, path, load_analysis)
    more = check_every_key(analysis_of("C6", [3]), path, load_analysis, known=classes)
    assert Analysis in classes
    assert FrequencyFindings in more[2] - classes
    assert kept + more[0] > 150
    assert needed + more[1] > 150


def test_a_neuron_of_neither_kind_is_refused_by_its_kind(analysis, tmp_path):
    content = json.loads(analysis.to_json())
    for place in (content, content["coset"]):
        before = place["neurons"][0]["kind"]
        place["neurons"][0]["kind"] = "undead"
        (tmp_path / "analysis.json").write_text(json.dumps(content))
        with pytest.raises(BadRun, match=r"neurons\.0.*'undead'.*kind"):
            load_analysis(tmp_path)
        place["neurons"][0]["kind"] = before


def test_a_place_that_is_not_there_is_named_and_not_its_parent(tmp_path):
    with pytest.raises(BadRun, match=r"nowhere` must be an analysis or the folder of a run; it does not exist: check"):
        load_analysis(tmp_path / "nowhere")
