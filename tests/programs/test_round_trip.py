"""Program to network to program is the identity, through files of both kinds too."""

import json
from dataclasses import replace

import pytest
import torch

from cosetta.config import AnalysisConfig
from cosetta.errors import BadRun
from cosetta.groups import named_group, subgroup_lattice
from cosetta.hypotheses.coset import find_places
from cosetta.hypotheses.program import network_of, write_program
from cosetta.measures import measure
from cosetta.models.planted import CosetPlan, plant
from cosetta.programs import decompile
from cosetta.programs.building import complete_program, narrowed
from cosetta.programs.decompiling import better, rewritten
from cosetta.programs.python_text import python_text
from cosetta.programs.reading import program_record, read_program
from cosetta.programs.trial import Pairs
from cosetta.programs.writing import write_decompiled

FAMILIES = [
    ("S4", ["S3"]),
    ("S4", ["D8"]),
    ("S4", ["S3", "A4"]),
    ("A4", ["C3"]),
    ("C7:C3", ["C3"]),
    ("S5", ["S4"]),
    ("S5", ["F20", "A5"]),
    ("S5", ["S3xS2"]),
    ("A5", ["A4", "D10"]),
]


def again(program):
    config = AnalysisConfig()
    return write_program(measure(network_of(program), program.group, config), config)


@pytest.mark.parametrize(("group", "families"), FAMILIES, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_identity(group, families, seed):
    G = named_group(group)
    program = complete_program(G, families, seed)
    found = again(program)
    assert found == program
    assert [rule.says for rule in found.rules] == [rule.says for rule in program.rules]


def test_the_identity_for_a_narrow_network(points_of_s4):
    narrow = narrowed(points_of_s4)
    assert len(narrow.rules) <= 16
    assert again(narrow) == narrow


def test_the_identity_with_shares_and_a_start(shared):
    assert [bool(family.shares) for family in shared.families] == [False, True]
    assert again(shared) == shared


def test_what_a_neuron_without_cosets_adds_in_the_mean_stands_at_the_start(shared):
    network = network_of(shared)
    always = torch.ones(24, 1, dtype=torch.float64)  # fires on every pair alike: a bias in disguise
    sides = {"left": always, "right": 0 * always, "out": network.bias[:, None]}
    moved = {name: torch.cat([getattr(network, name), more], dim=1) for name, more in sides.items()}
    config = AnalysisConfig()
    disguised = replace(network, bias=0 * network.bias, **moved)
    assert write_program(measure(disguised, shared.group, config), config) == shared


def test_the_better_of_two_programs_is_taken(shared, quick):
    """With shares where they give more answers; where both give all, with shares too."""
    points = shared.keep([i for i, rule in enumerate(shared.rules) if rule.family == "C4"])
    facts = measure(network_of(points), points.group, quick)
    places, pairs = find_places(facts, quick), Pairs.of(facts.model, points.group, quick)
    alone = write_program(facts, quick, places, alone=True)
    assert not alone.families[0].shares
    assert better(facts, quick, places, pairs) == (points, True)
    turned = replace(pairs, logits=-alone.votes(pairs.a, pairs.b))  # answers that the other one gives
    assert better(facts, quick, places, turned) == rewritten(alone, quick)


@pytest.mark.parametrize("family", ["S3", "D8"])
def test_a_planted_network_gives_the_planted_circuits(family, quick):
    G = named_group("S4")
    H = subgroup_lattice(G)[family]
    planted = plant(G, [CosetPlan(H, amplitude=8.0)], torch.Generator().manual_seed(1), noise=0.02)
    program = write_program(measure(planted.folded, G, quick), quick)
    cosets = {frozenset(program.cosets_of(rule)[2].nonzero()[0].tolist()) for rule in program.rules}
    assert cosets == {frozenset(truth.shared_coset.tolist()) for truth in planted.truth}
    assert {rule.family for rule in program.rules} == {family}


@pytest.mark.parametrize("suffix", ["py", "json"])
@pytest.mark.parametrize("group", ["S4", "SL(2,3)", "C7:C3"])
def test_files_give_the_program_back(group, suffix, tmp_path, quick):
    G = named_group(group)
    program = complete_program(G, ["S3"] if group == "S4" else ["C3"])
    found = decompile(network_of(program), G, quick, "written")
    write_decompiled(found, tmp_path, whole=True)
    assert read_program(tmp_path / f"program.{suffix}") == program


@pytest.mark.parametrize("suffix", ["py", "json"])
def test_files_give_shares_and_the_start_back(shared, suffix, tmp_path, quick):
    found = decompile(network_of(shared), shared.group, quick, "written")
    write_decompiled(found, tmp_path, whole=True)
    assert read_program(tmp_path / f"program.{suffix}") == shared


def test_files_without_shares_are_read(points_of_s4, tmp_path):
    record = program_record(points_of_s4)
    for family in record["families"]:
        del family["shares"]
    path = tmp_path / "program.json"
    path.write_text(json.dumps({"schema": 1, "program": record}))
    assert read_program(path) == points_of_s4


@pytest.mark.parametrize("suffix", ["py", "json"])
def test_a_program_of_another_group_is_refused_by_name(suffix, points_of_s4, tmp_path):
    path = tmp_path / f"program.{suffix}"
    record = json.dumps({"schema": 1, "program": program_record(points_of_s4)})
    path.write_text(record if suffix == "json" else python_text(points_of_s4, "points", "all answers"))
    assert read_program(path, named_group("S4")) == points_of_s4
    with pytest.raises(BadRun, match="it is of S4, and S5 was asked for"):
        read_program(path, named_group("S5"))


def test_nothing_in_a_file_is_executed(tmp_path):
    path = tmp_path / "program.py"
    path.write_text("GROUP, E = 'S3', '123'\nUNIT = open('boom', 'w')\nFAMILIES = {}\n")
    with pytest.raises(BadRun, match=r"program\.py.*must be a program"):
        read_program(path)
    assert not (tmp_path / "boom").exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("GROUP = 'S3'", "it has no FAMILIES, UNIT"),
        ("GROUP, UNIT, FAMILIES = 'S3', 1.0, {}", "it must have rules"),
        ("GROUP, UNIT, FAMILIES = 'S3', 1.0, {'C2': ('132', [[0, 99]], '\\n123 123 0,9,9 x')}", "zip"),
        ("GROUP, UNIT, FAMILIES = 'S3', 1.0, {'C2': ('132', [[0,50,99]], '\\n123 999 0,9,9 x')}", "999"),
        ("GROUP, UNIT, FAMILIES = 'S3', 1.0, {'C2': ('132', [[0,50,999]], '\\n123 123 0,9,9 x')}", "0 to 99"),
        ("GROUP, UNIT, FAMILIES = 'S3', 1.0, {'C2': ('132', [[0,50,99]], '\\n123 123 1,9,9 x')}", "scale 1"),
        (
            "GROUP, UNIT, FAMILIES = 'S3', 1.0, {'C2': ('132', [[0,50,99]], [99,3,4], '\\n123 123 9,9 x')}",
            "shares of C2",
        ),
        ("GROUP, UNIT, FAMILIES = 'S3', 1.0, {'C2': ('132', [[0,50,99]], [9,3,3], '\\n123 123 9,9 x')}", "99 first"),
        ("GROUP = (", "never closed"),
    ],
)
def test_damaged_programs_are_refused_in_one_line(text, reason, tmp_path):
    path = tmp_path / "program.py"
    path.write_text(text)
    with pytest.raises(BadRun, match=reason) as error:
        read_program(path)
    assert "\n" not in str(error.value)
