"""Descriptions of groups: what is known by hand, every kind of group, and what is left out with a reason."""

import json
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from cosetta.errors import Unsupported
from cosetta.groups import Group, double_cosets, named_group, small_group, subgroup_lattice
from cosetta.groups.extension import find_subgroup_classes
from cosetta.harmonics import describe_group, small_group_mark
from cosetta.harmonics.description import is_two_transitive


def test_s5_by_hand() -> None:
    facts = describe_group(named_group("S5"))
    assert (facts.order, facts.structure, facts.centre, facts.derived, facts.abelianisation) == (
        *(120, "S5", "1", "A5"),
        (2,),
    )
    assert [s.name for s in facts.subgroup_classes if s.is_two_transitive] == ["F20", "S4", "A5"]
    (c3,) = (s for s in facts.subgroup_classes if s.name == "C3")
    assert c3.shares_percent["(4,1)"] == 20.5
    assert c3.shares["(4,1)"] == "8/39"
    assert {irrep.kernel_order for irrep in facts.irreps} == {120, 60, 1}


def test_s6_has_four_2_transitive_actions() -> None:
    facts = describe_group(named_group("S6"))
    found = sorted(s.name for s in facts.subgroup_classes if s.is_two_transitive)
    assert found == ["(S3xS3):C2", "A6", "S5", "S5*"]


def test_two_transitive_means_two_double_cosets(small_group: Group) -> None:
    lattice = subgroup_lattice(small_group)
    for cls in lattice.classes:
        H = lattice.subgroup(cls.representative)
        assert is_two_transitive(H) == (double_cosets(H, H).max() == 1), cls.name


def test_every_kind_of_group_is_described(small_group: Group) -> None:
    facts = describe_group(small_group)
    assert not facts.left_out
    assert sum(c.size for c in facts.classes) == small_group.order
    assert np.prod(facts.abelianisation, dtype=int) * small_group.subgroup(small_group.commutators).order == facts.order
    assert facts.is_abelian == (facts.centre == facts.structure)
    for s in facts.subgroup_classes:
        assert sum(map(Fraction, s.shares.values())) == (s.index > 1)
    assert json.loads(json.dumps(facts.to_json()))["order"] == small_group.order


def test_names_that_fit_several_groups_carry_the_number() -> None:
    """Subgroups of order 16 called (C2xC4):C2 in one group, told apart; and a name that is a proof stays bare."""
    classes = describe_group(named_group("SmallGroup(64,138)")).subgroup_classes
    found = {s.name.partition(" ")[0]: set() for s in classes}
    for s in classes:
        found[s.name.partition(" ")[0]].add(s.small_group)
    assert found["(C2xC4):C2"] == {"[16,3]", "[16,13]"}
    assert found["D8"] == found["C2xC4"] == {""}


@pytest.mark.parametrize("number", [3, 4, 6, 13])
def test_a_group_with_an_open_name_is_recognised_after_renumbering(number: int) -> None:
    group = small_group(16, number)
    names = np.append(0, 1 + np.random.default_rng(number).permutation(15))
    table = np.empty_like(group.table)
    table[np.ix_(names, names)] = names[group.table]
    shuffled = Group(table)
    assert small_group_mark(shuffled.subgroup(shuffled.generators), "C4:C4") == f"[16,{number}]"
    assert small_group_mark(shuffled.subgroup(shuffled.generators), "M16 <a>") == ""


@pytest.mark.parametrize(
    ("name", "centre", "derived", "abelianisation"),
    [
        ("C12", "C12", "1", (12,)),
        ("C4xC2", "C2xC4", "1", (4, 2)),
        ("C7", "C7", "1", (7,)),
        ("Q8", "C2", "C2", (2, 2)),
        ("A4", "1", "V4", (3,)),
        ("A5", "1", "A5", ()),
        ("C6xC4", "C2xC12", "1", (12, 2)),
        ("Dic3", "C2", "C3", (4,)),
    ],
)
def test_structure_by_hand(name: str, centre: str, derived: str, abelianisation: tuple[int, ...]) -> None:
    facts = describe_group(named_group(name))
    assert facts.centre.split(" ")[0] == centre
    assert facts.derived.split(" ")[0] == derived
    assert facts.abelianisation == abelianisation


def test_large_lattices_are_left_out_with_the_reason() -> None:
    with pytest.raises(Unsupported, match=r"subgroups are listed up to 100 in 3,000 classes; C2\^5 has more"):
        find_subgroup_classes(named_group("C2^5"), limit=100)


def test_reasons_stand_in_place_of_what_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(group: Group) -> None:
        raise Unsupported(f"{group.name} is too large")

    monkeypatch.setattr("cosetta.harmonics.description.subgroup_lattice", refuse)
    monkeypatch.setattr("cosetta.harmonics.description.irreps", refuse)
    facts = describe_group(named_group("S4"))
    assert facts.left_out == {"subgroups": "S4 is too large", "irreps": "S4 is too large"}
    assert (facts.centre, facts.derived, facts.irreps, facts.subgroup_classes) == ("order 1", "order 12", (), ())


def run_cli(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", "from cosetta.cli import main; main()", "group", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=None)


def test_command_shows_the_same_as_its_json() -> None:
    facts = json.loads(run_cli("(1 2 3),(1 2)", "--json").stdout)
    assert (facts["order"], facts["structure"], facts["small_group"]) == (6, "S3", "SmallGroup(6,1)")
    shown = run_cli("(1 2 3),(1 2)").stdout
    for word in ("S3", "SmallGroup(6,1)", "not abelian", "faithful", "6 subgroups in 4 classes", "C2 *"):
        assert word in shown
    assert max(map(len, shown.splitlines())) <= 80
    refused = run_cli("S12")
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
