"""Tables 4 and 5, both normalisations of the coset spread, the proof's subgroups and the identity, all exactly."""

from dataclasses import replace

import numpy as np
import pytest

from cosetta import irreps, named_group, subgroup_lattice
from cosetta.groups import cosets
from cosetta.harmonics import isotypic_projection
from cosetta.measures import coset_variance_fraction, stander2024_concentration
from cosetta.reproduce.stander2024.arguments import conditional_entropies, counting_is_characters
from cosetta.reproduce.stander2024.concentration import least_concentrations
from cosetta.reproduce.stander2024.controls import coset_free_control, random_control
from cosetta.reproduce.stander2024.counts import double_coset_counts, indicator_table, subgroup_counts
from cosetta.reproduce.stander2024.exact_claims import corrections_table, exact_claims

TABLE_4 = {"S3": (6, 4, 3), "S4": (30, 11, 5), "S5": (156, 19, 7), "S6": (1455, 56, 11), "S7": (11_300, 96, 15)}
ALTERNATING = {"A5": (59, 9, 5), "A6": (501, 22, 7)}

TABLE_5 = {  # order, conjugates, double cosets; percent in (4,1), (3,2), (3,1,1), (2,2,1), (2,1^3), (1^5)
    "C2 (12)": (2, 10, 33, 20.3, 25.4, 30.5, 16.9, 6.8, 0),
    "C2 (12)(34)": (2, 15, 32, 13.6, 25.4, 20.3, 25.4, 13.6, 1.7),
    "C3": (3, 10, 16, 20.5, 12.8, 30.8, 12.8, 20.5, 2.6),
    "C4": (4, 15, 9, 13.8, 17.2, 20.7, 34.5, 13.8, 0),
    "V4 <(12),(34)>": (4, 15, 11, 27.6, 34.5, 20.7, 17.2, 0, 0),
    "V4 <(12)(34),(13)(24)>": (4, 5, 12, 13.8, 34.5, 0, 34.5, 13.8, 3.4),
    "C5": (5, 6, 8, 0, 21.7, 52.2, 21.7, 0, 4.3),
    "C6": (6, 10, 5, 21.1, 26.3, 31.6, 0, 21.1, 0),
    "S3": (6, 10, 7, 42.1, 26.3, 31.6, 0, 0, 0),
    "S3 twisted": (6, 10, 6, 21.1, 26.3, 0, 26.3, 21.1, 5.3),
    "D8": (8, 15, 4, 28.6, 35.7, 0, 35.7, 0, 0),
    "D10": (10, 6, 4, 0, 45.5, 0, 45.5, 0, 9.1),
    "S3xS2": (12, 10, 3, 44.4, 55.6, 0, 0, 0, 0),
    "A4": (12, 5, 4, 44.4, 0, 0, 0, 44.4, 11.1),
    "F20": (20, 6, 2, 0, 0, 0, 100, 0, 0),
    "S4": (24, 5, 2, 100, 0, 0, 0, 0, 0),
    "A5": (60, 1, 2, 0, 0, 0, 0, 0, 100),
}
MISPRINTED = {"C3", "C4", "D10", "S3xS2"}

LARGEST_OF_S6 = {
    "S5": {"(5,1)": 100},
    "S5*": {"(2,2,2)": 100},
    "(S3xS3):C2": {"(4,2)": 100},
    "A6": {"(1^6)": 100},
    "A5": {"(5,1)": 45.5, "(2,1^4)": 45.5, "(1^6)": 9.1},
    "A5*": {"(3,3)": 45.5, "(2,2,2)": 45.5, "(1^6)": 9.1},
    "S4xS2": {"(4,2)": 64.3, "(5,1)": 35.7},
    "S4xS2*": {"(4,2)": 64.3, "(2,2,2)": 35.7},
    "S3xS3": {"(5,1)": 26.3, "(4,2)": 47.4, "(3,3)": 26.3},
    "S3xS3*": {"(4,2)": 47.4, "(2,2,2)": 26.3, "(2,1^4)": 26.3},
}


def percents(table):
    """Shares in percent to one place, by class and irrep."""
    names = [column.name for column in table.columns]
    kept = [i for i, column in enumerate(table.columns) if column.format == "percent"]
    return {row[0]: {names[i]: round(100 * row[i], 1) for i in kept} for row in table.rows}


def test_table_4_is_exact():
    counted = {row[0]: row[2:5] for row in subgroup_counts().rows if row[5] == "computed"}
    assert counted == TABLE_4 | ALTERNATING
    cited = {row[0]: row[2:5] for row in subgroup_counts(()).rows}
    assert cited["S8"] == (151_221, 296, 22)


def test_table_5_is_exact():
    table = indicator_table(named_group("S5"))
    shares = percents(table)
    assert list(shares)
    assert set(shares) == set(TABLE_5)
    for row in table.rows:
        assert row[1:4] == TABLE_5[row[0]][:3]
        assert tuple(shares[row[0]].values()) == TABLE_5[row[0]][3:]
        assert (row[-1] != "same") == (row[0] in MISPRINTED)


def test_the_largest_subgroups_of_s6():
    table = indicator_table(named_group("S6"), classes=20)
    shares = percents(table)
    assert table.notes[-1] == "The 34 classes of smaller subgroups are left out."
    for name, expected in LARGEST_OF_S6.items():
        assert {irrep: share for irrep, share in shares[name].items() if share} == expected


@pytest.mark.parametrize("name", ["S4", "Q8", "C7:C3"])
def test_table_5_is_the_power_of_the_indicator(name):
    group = named_group(name)
    lattice, all_irreps = subgroup_lattice(group), irreps(group)
    table = indicator_table(group)
    by_name = {irrep.name: irrep for irrep in all_irreps}
    for row in table.rows:
        cls = next(cls for cls in lattice.classes if cls.name == row[0])
        indicator = lattice.members[cls.representative].astype(float)
        indicator -= indicator.mean()
        for column, share in zip(table.columns, row, strict=True):
            if column.format == "percent":
                part = isotypic_projection(indicator, by_name[column.name])
                assert share == pytest.approx((part**2).sum() / (indicator**2).sum(), abs=1e-12)


def test_the_proof_needs_two_double_cosets():
    in_s5, in_s6 = (double_coset_counts(named_group(name)) for name in ("S5", "S6"))
    assert {name for name, n in in_s5.items() if n == 2} == {"S4", "F20", "A5"}
    assert {name for name, n in in_s6.items() if n == 2} == {"S5", "S5*", "(S3xS3):C2", "A6"}
    assert (in_s5["S3xS2"], in_s5["A4"], in_s6["A5"]) == (3, 4, 4)


def test_the_papers_example_of_c_h_in_both_normalisations():
    group = named_group("S5")
    lattice = subgroup_lattice(group)
    S4 = next(cls for cls in lattice.classes if cls.name == "S4")
    labels = cosets(lattice.subgroup(S4.representative), side="right")
    inside = np.zeros(120)
    for coset in range(5):
        inside[labels == coset] = np.linspace(-1, 1, 24)
    inside *= np.sqrt(0.000645 / 5 / inside[labels == 0].var(ddof=1))
    base = np.array([-2.0, -1, 0, 1, 2])[labels]
    between = 9.057844 * 119 - 0.000645 * 23
    f = inside + base * np.sqrt(between / (base**2).sum())
    assert f.var(ddof=1) == pytest.approx(9.057844)
    assert sum(f[labels == coset].var(ddof=1) for coset in range(5)) == pytest.approx(0.000645)
    assert stander2024_concentration(f, labels) == pytest.approx(0.000645 / 9.057844)
    assert round(float(stander2024_concentration(f, labels)), 6) == 7.1e-5
    assert coset_variance_fraction(f, labels) == pytest.approx(0.000645 * 23 / (9.057844 * 119))
    found = least_concentrations(f[None], lattice, irreps(group))[0]
    assert found.value <= 0.000645 / 9.057844 + 1e-12


@pytest.mark.parametrize("name", ["S3", "A4", "D10", "C6", "Q8"])
def test_the_least_concentration_is_the_smallest_over_all_subgroups(name):
    group = named_group(name)
    lattice = subgroup_lattice(group)
    f = np.random.default_rng(0).standard_normal((6, group.order))
    proper = [i for i in range(len(lattice)) if 1 < lattice.orders[i] < group.order]
    slow = np.array([stander2024_concentration(f, cosets(lattice.subgroup(i), side="right")) for i in proper]).T
    found = least_concentrations(f, lattice, irreps(group))
    np.testing.assert_allclose([neuron.value for neuron in found], slow.min(axis=1), atol=1e-12)
    assert [neuron.subgroup for neuron in found] == [lattice.names[proper[i]] for i in slow.argmin(axis=1)]


def test_a_group_without_proper_subgroups_has_no_concentration():
    group = named_group("C5")
    found = least_concentrations(np.arange(5.0)[None], subgroup_lattice(group), irreps(group))
    assert (found[0].value, found[0].subgroup) == (None, "")


@pytest.mark.parametrize("name", ["S4", "S5", "Q8", "C7:C3"])
def test_coset_counting_equals_a_character_sum(name):
    group = named_group(name)
    found = counting_is_characters(group)
    n = len(subgroup_lattice(group).classes)
    assert found.verdict == "holds"
    assert f"fails for {n * (n - 1)} of {n * (n - 1)} pairs" in found.control


def test_coset_counts_are_those_of_the_definition():
    group = named_group("S4")
    lattice, all_irreps = subgroup_lattice(group), irreps(group)
    H = lattice.subgroup(next(cls for cls in lattice.classes if cls.name == "S3").representative)
    of = cosets(H, side="left")
    fixed = [sum(len(set(of[group.table[x, of == c]]) | {c}) == 1 for c in range(H.index)) for x in range(24)]
    standard = next(irrep for irrep in all_irreps if irrep.name == "(3,1)")
    np.testing.assert_allclose(fixed, 1 + standard.character, atol=1e-12)


def test_one_to_one_labels_have_no_entropy_and_mixed_ones_do():
    assert conditional_entropies([("(4,1)", "S4"), ("(1^5)", "A5")] * 3) == (0.0, 0.0)
    assert conditional_entropies([("(4,1)", "S4"), ("(4,1)", "A4")]) == (0.0, pytest.approx(np.log(2)))


def test_the_coset_free_control_shows_the_same_pattern():
    free = coset_free_control()
    assert free["flip-both"].accuracy == 1.0
    assert free["none"] == free["swap-left-right"]
    assert free["abs-for-relu"].loss < 1e-9 < free["flip-both"].loss
    assert free["flip-left"].accuracy == free["flip-right"].accuracy == 0.0
    assert free["swap-embeddings"].accuracy < 0.05
    assert {scores.pairs for scores in free.values()} == {53**2}


def test_a_fresh_network_has_no_coset_neurons_and_guesses():
    control = random_control(named_group("A4"), 2, width=16)
    assert control.below_one == 0.0
    assert control.least > 1
    assert control.interventions["none"].accuracy < 0.3
    assert set(control.interventions) > {"swap-embeddings", "flip-left", "noise-1-1"}


def test_claims_of_algebra_agree_or_name_the_correction():
    table = indicator_table(named_group("S5"))
    by_statement = {claim.statement: claim for claim in exact_claims(["S5"], table)}
    printed = by_statement["irreps in the indicators of the subgroups of S5"]
    assert (printed.verdict, printed.ours) == ("differs", "13 rows are equal to one decimal")
    whole = replace(table, rows=tuple(row for row in table.rows if row[-1] == "same"))
    assert exact_claims(["S5"], whole)[0].verdict == "agrees"
    corrections = corrections_table(["S5"], subgroup_counts(["S5"]), table)
    where = [row[0] for row in corrections.rows]
    assert where.count("Table 5") == len(MISPRINTED)
    assert corrections.rows[0][2:4] == ("151 in the published code", "156")
    assert where[-1] == "Table 1"
    assert corrections_table(["S3"], subgroup_counts(["S3"]), None).rows == ()
    assert by_statement["coset counting equals a character sum in S5"].verdict == "agrees"
