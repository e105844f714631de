"""The numbers in the README are those that the demo gave: the table there is made of docs/readme_numbers.json."""

import importlib.util
from pathlib import Path

import pytest

from cosetta.files import read_json

SCRIPT = Path(__file__).parents[1] / "scripts" / "readme_numbers.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("readme_numbers", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def numbers(script):
    return read_json(script.NUMBERS, dict, what="the numbers of the README", advice="run `make numbers`")


def test_the_readme_shows_what_the_demo_gave(script, numbers):
    assert script.shown(script.README.read_text(encoding="utf-8")) == script.table(numbers)


def test_the_readme_says_what_the_census_counted(script):
    text = script.README.read_text(encoding="utf-8")
    assert script.shown(text, script.CENSUS_BEGIN, script.CENSUS_END) == script.counted()


def test_another_census_is_another_text(script):
    found = read_json(script.CENSUS, dict, what="the numbers of the census", advice="make them again")
    (row,) = [row for row in found["populations"] if (row["group"], row["recipe"]) == ("S5", "fast")]
    row["networks"] += 1
    row["learned"] += 1
    text = script.populations(found)
    assert text != script.counted()
    assert f"{row['learned']} networks of `fast`" in " ".join(text.split())


def test_another_number_is_another_table(script, numbers):
    text = script.README.read_text(encoding="utf-8")
    other = script.written(text, numbers | {"live": numbers["live"] - 1})
    assert script.shown(other) != script.shown(text)
    assert script.written(other, numbers) == text


def test_the_script_reads_what_an_analysis_says_today(script):
    import torch

    from cosetta import analyse, named_group, subgroup_lattice
    from cosetta.models.planted import CosetPlan, plant

    S3 = named_group("S3")
    plan = CosetPlan(subgroup_lattice(S3)["C2"], amplitude=8.0)
    analysis = analyse(plant(S3, [plan], torch.Generator().manual_seed(0)).folded, S3)
    spent = {"date": "2026-11-26", "steps": 1, "processor_seconds": 2.0}
    table = script.table(script.facts(analysis) | spent)
    assert f"| neurons covered by cosets | {analysis.width} of {analysis.width} live ones; 0 of" in table
    assert table.count("\n| ") == 10  # the head and nine rows
