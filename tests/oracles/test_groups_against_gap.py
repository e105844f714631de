"""All groups of order up to 63 and some larger ones against facts that GAP computed (make_group_data.py)."""

import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from cosetta.errors import Unsupported
from cosetta.groups import named_group, subgroup_lattice
from cosetta.groups.catalogue import CATALOGUE_LIMIT, catalogue, small_group_id
from cosetta.harmonics import describe_group, irreps
from cosetta.harmonics.description import is_two_transitive

ORACLE = json.loads((Path(__file__).parent / "groups.json").read_text())
GROUPS = ORACLE["groups"]
SLOW = {"M11", "PSL(3,3)"}
QUICK = 30
"""Most classes of subgroups of a small group whose lattice is compared by default."""
NUMBER_OF_GROUPS = [1, 1, 1, 2, 1, 2, 1, 5, 2, 2, 1, 5, 1, 2, 1, 14, 1, 5, 1, 5, 2, 2, 1, 15, 2, 2, 5, 4, 1, 4, 1, 51]
"""OEIS A000001 for orders 1 .. 32, a second source."""


def orders_and_sizes(group) -> list[list[int]]:
    return sorted([int(group.element_orders[c[0]]), len(c)] for c in group.conjugacy_classes)


def complex_irreps(group) -> list[list[int]]:
    """Degree and indicator of each irrep over the complex numbers."""
    found = []
    for irrep in irreps(group):
        kind = irrep.frobenius_schur
        found += [[irrep.dim if kind == 1 else irrep.dim // 2, kind]] * (2 if kind == 0 else 1)
    return sorted(found)


def test_provenance_and_extent() -> None:
    assert ORACLE["system"].startswith("GAP 4.")
    assert len(GROUPS) >= 319
    counts = Counter(entry.order for entry in catalogue())
    assert [counts[n] for n in range(1, 33)] == NUMBER_OF_GROUPS
    assert sum(counts.values()) == 319


@pytest.mark.parametrize("order", range(1, CATALOGUE_LIMIT + 1))
def test_small_groups(order: int) -> None:
    """Every group of an order: classes, subgroups, characters."""
    for entry in catalogue():
        if entry.order == order:
            name = f"SmallGroup({order},{entry.number})"
            check(name, lattice=len(GROUPS[name]["subgroup_classes"]) <= QUICK)


@pytest.mark.parametrize("name", [n for n in GROUPS if not n.startswith("SmallGroup") and n not in SLOW])
def test_larger_groups(name: str) -> None:
    check(name, lattice=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [n for n, known in GROUPS.items() if n in SLOW or len(known["subgroup_classes"]) > QUICK]
)
def test_slow_groups(name: str) -> None:
    check(name, lattice=True)


def check(name: str, lattice: bool) -> None:
    group, known = named_group(name), GROUPS[name]
    assert group.order == known["order"], name
    assert orders_and_sizes(group) == known["classes"], name
    assert complex_irreps(group) == known["characters"], name
    assert len(group.conjugacy_classes) == len(known["characters"])
    assert group.subgroup(group.commutators).order == known["derived"], name
    if not lattice:
        return
    found = subgroup_lattice(group)
    assert len(found) == known["subgroups"], name
    assert sorted([c.order, len(c.subgroups)] for c in found.classes) == known["subgroup_classes"], name
    two_transitive = sorted(c.order for c in found.classes if is_two_transitive(found.subgroup(c.representative)))
    assert two_transitive == known["two_transitive"], name


@pytest.mark.parametrize("name", [n for n, known in GROUPS.items() if "table" in known])
def test_character_tables(name: str) -> None:
    """Real parts of GAP's characters are those of the real irreps over 1 or 2, class by class."""
    group, table = named_group(name), GROUPS[name]["table"]
    rows = {tuple(images): a for a, images in enumerate(group.permutations.tolist())}
    elements = [rows[tuple(images)] for images in table["representatives"]]
    expected = []
    for irrep in irreps(group):
        scale = 1 if irrep.frobenius_schur == 1 else 2
        expected += [irrep.character[elements] / scale] * (2 if irrep.frobenius_schur == 0 else 1)
    ours = sorted(np.round(np.array(expected) + 0.0, 5).tolist())
    assert np.allclose(ours, sorted(np.round(np.array(table["real_parts"]) + 0.0, 5).tolist()), atol=1e-4)


@pytest.mark.parametrize("name", ["SmallGroup(16,13)", "SmallGroup(24,8)", "SmallGroup(36,10)", "SmallGroup(60,5)"])
def test_ids_are_found_again_and_described(name: str) -> None:
    group = named_group(name)
    assert f"SmallGroup{small_group_id(group)}".replace(" ", "") == name
    facts = describe_group(group)
    assert facts.small_group == name
    known = GROUPS[name]
    assert np.prod(facts.abelianisation, dtype=int) == np.prod(known["abelianisation"], dtype=int)
    assert facts.subgroups == known["subgroups"]


def test_beyond_the_catalogue_gap_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "passagemath_gap", None)
    with pytest.raises(Unsupported, match=r"pip install 'cosetta\[gap\]'"):
        named_group("SmallGroup(512,1)")
