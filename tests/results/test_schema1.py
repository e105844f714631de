"""Run folders explained before schema 2 still open, with what they hold and nothing made up.

`tests/data/analysis_schema1.json` was written by the last release of schema 1 (commit c634e93), with this script:

    from dataclasses import replace
    from pathlib import Path

    import torch

    from cosetta import AnalysisConfig, analyse, named_group
    from cosetta.models.planted import CosetPlan, plant
    from cosetta.results import TrainingCurve

    group = named_group("S3")
    plans = [CosetPlan(group.subgroup(generators=[g]), amplitude=8.0) for g in (1, 3)]
    generator = torch.Generator().manual_seed(0)
    model = plant(group, plans, generator, noise=0.01, random_neurons=2, dead_neurons=1).folded
    found = analyse(model, group, AnalysisConfig(null_samples=99, dead_threshold=1e-6))
    curve = TrainingCurve((0, 10), (0.0, 0.5), (1.8, 0.1), (1.8, 0.2), (0.2, 1.0), (0.2, 1.0))
    run = {"config": {"group": "S3", "seed": 0}, "versions": {"cosetta": "0.1.0"}}
    found = replace(found, curve=curve, run=run, command="cosetta run S3", seconds=1.0)
    Path("analysis_schema1.json").write_bytes(found.to_json())
"""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from cosetta.errors import BadRun
from cosetta.report import render_report
from cosetta.results import Analysis, CosetNeuron, DeadNeuron, OpenNeuron, load_analysis

OLD = Path(__file__).parents[1] / "data" / "analysis_schema1.json"
KIND = {"explained": CosetNeuron, "unexplained": OpenNeuron, "dead": type(None)}
FACTS = ("strength", "silent_share", "irrep", "irrep_shares")


@pytest.fixture(scope="module")
def old() -> dict:
    return json.loads(OLD.read_bytes())


@pytest.fixture(scope="module")
def read() -> Analysis:
    return load_analysis(OLD)


def same(found: object, written: object) -> bool:
    """Whether a record holds what was written; JSON has lists for tuples."""
    return json.loads(json.dumps(found)) == written


def test_every_neuron_is_what_it_was(old, read):
    assert {neuron["status"] for neuron in old["neurons"]} == set(KIND)
    for neuron, was in zip(read.neurons, old["neurons"], strict=True):
        finding = read.coset.by_neuron.get(was["neuron"])
        assert isinstance(neuron, DeadNeuron) is (was["status"] == "dead")
        assert isinstance(finding, KIND[was["status"]])
        assert all(same(getattr(neuron.facts, name), was[name]) for name in FACTS)
        if finding is not None:
            values = asdict(finding)
            assert same(
                {name: values[name] for name in values if name != "kind"}, {n: was[n] for n in values if n != "kind"}
            )
    assert read.covered_share == 22 / 24


@pytest.mark.parametrize("name", ["circuits", "classes", "exemplars"])
def test_what_the_coset_account_found_is_kept(old, read, name):
    assert same([asdict(record) for record in getattr(read.coset, name)], old[name])


def test_every_test_has_its_id_its_numbers_and_its_control(old, read):
    assert [row.name for row in read.evidence] == [row["name"] for row in old["evidence"]]
    for row, was in zip(read.evidence, old["evidence"], strict=True):
        assert read.row(row.id) is row
        assert all(getattr(row, name) == was[name] for name in ("accuracy", "loss", "kl", "pairs", "verdict"))
        control = None if row.control is None else (row.control.name, row.control.accuracy, row.control.loss)
        assert (control or ("", None, None)) == tuple(was[f"control{end}"] for end in ("", "_accuracy", "_loss"))
        assert row.control is None or row.control.draws == 1
    assert read.row("coset-means").verdict == "as predicted"


def test_the_rest_is_as_it_was_and_nothing_is_made_up(old, read):
    rest = set(old) - {"neurons", "circuits", "classes", "exemplars", "evidence", "schema", "seconds", "curve"}
    assert all(same(asdict(read)[name], old[name]) for name in rest)
    assert same(asdict(read.curve), {name: values for name, values in old["curve"].items() if name != "seconds"})
    assert (read.accounts, read.arena, read.chance) == ((), None, None)
    assert all(neuron.facts.rank_shares == {} for neuron in read.neurons)


def test_it_is_reported_and_written_as_schema_2(read, tmp_path):
    assert "22 of 24 live neurons are covered by cosets" in render_report(read)
    (tmp_path / "analysis.json").write_bytes(read.to_json())
    assert load_analysis(tmp_path) == read
    assert json.loads(read.to_json())["schema"] == 2


def test_a_run_folder_of_it_opens(read, tmp_path):
    shutil.copy(OLD, tmp_path / "analysis.json")
    assert load_analysis(tmp_path) == read


def damaged(old: dict, path: list, value: object) -> bytes:
    """The file with one value changed, or removed if the value is ...."""
    copy = json.loads(json.dumps(old))
    place = copy
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(copy).encode()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["neurons"], ...),
        (["neurons"], 3),
        (["neurons"], [3]),
        (["neurons", 0, "strength"], ...),
        (["neurons", 0, "left"], None),
        (["neurons", 0, "status"], "asleep"),
        (["neurons", 0, "shared_coset"], []),
        (["evidence", 1, "control_accuracy"], None),
        (["evidence", 1, "name"], "a test of mine"),
        (["evidence", 1], "text"),
        (["circuits", 0, "size"], "many"),
        (["accuracy"], "high"),
        (["schema"], 0),
        (["schema"], ...),
        (["schema"], [1]),
    ],
    ids=str,
)
def test_damage_is_one_line(old, tmp_path, path, value):
    (tmp_path / "analysis.json").write_bytes(damaged(old, path, value))
    with pytest.raises(BadRun, match=r"must be an? (whole )?analysis.*: run `cosetta explain \S+` again") as caught:
        load_analysis(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kept", [0, 1, 100, 30_000, -2])
def test_a_file_cut_short_is_one_line(tmp_path, kept):
    (tmp_path / "analysis.json").write_bytes(OLD.read_bytes()[:kept])
    with pytest.raises(BadRun, match="must be a whole analysis") as caught:
        load_analysis(tmp_path)
    assert "\n" not in str(caught.value)
