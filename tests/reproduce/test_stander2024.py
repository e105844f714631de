"""The whole reproduction on tiny networks, and the claims on populations that are too small, and large enough."""

import json
from dataclasses import replace

import pytest

from cosetta import named_group, subgroup_lattice
from cosetta.config import AnalysisConfig
from cosetta.errors import BadConfig
from cosetta.explanation import explain_run
from cosetta.models.planted import CosetPlan
from cosetta.population import CensusDistance
from cosetta.reproduce.frame.headline import claims_sentence, count_verdicts
from cosetta.reproduce.frame.results import Claim, Reproduction, load_reproduction
from cosetta.reproduce.frame.rules import Every, Measured, Near
from cosetta.reproduce.frame.spread import TOO_FEW, mean_over_runs
from cosetta.reproduce.stander2024 import paper, reproduction
from cosetta.reproduce.stander2024.arguments import lower_with_abs, not_one_to_one, out_columns_by_coset
from cosetta.reproduce.stander2024.census_tables import distance_table
from cosetta.reproduce.stander2024.claims import group_claims
from cosetta.reproduce.stander2024.controls import RandomControl
from cosetta.reproduce.stander2024.exemplars import formation, out_heat_map, sign_paths
from cosetta.reproduce.stander2024.facts import census_facts, falling_together, population_facts
from cosetta.reproduce.stander2024.measures import CACHE
from cosetta.reproduce.stander2024.populations import Population, mean_shares, measure_folder
from cosetta.reproduce.stander2024.tables import coset_free_table, interventions, out_correlations, shares

TINY = {"embed_dim": 8, "width": 8, "max_steps": 20, "checkpoints": 3}
SETTINGS = {
    "groups": ("S3",),
    "seeds": (0, 1),
    "census_seeds": {"wu2024": (0,)},
    "workers": 1,
    "overrides": TINY,
}
FRESH = RandomControl(1, {}, 0.0, 2.0)


@pytest.fixture(scope="module")
def s5(plant_run):
    """One run for S5 that holds a complete S4 circuit and the sign circuit."""
    S5 = named_group("S5")
    classes = {cls.name: cls for cls in subgroup_lattice(S5).classes}
    plans = [CosetPlan(subgroup_lattice(S5).subgroup(classes[name].representative)) for name in ("S4", "A5")]
    run = plant_run(S5, plans, noise=1e-4)
    explain_run(run, S5, AnalysisConfig(null_samples=19), report=False)
    return measure_folder(run.folder, S5)


def population(member, runs):
    return Population(named_group("S5"), "fast", (member,) * runs)


def by_statement(claims, end):
    return next(claim for claim in claims if claim.statement.endswith(end))


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory):
    runs = tmp_path_factory.mktemp("reproduced")
    steps = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reproduction, "COUNTED", ("S3",))  # S7 takes seconds, and Table 4 has a test of its own
        found = reproduction.reproduce(runs, progress=lambda *step: steps.append(step), **SETTINGS)
        yield runs, found, steps


def test_a_reproduction_has_every_table_and_survives_a_round_trip(reproduced, tmp_path):
    _, found, steps = reproduced
    assert found.populations == {"S3 fast": 2, "S3 wu2024": 1}
    assert found.missing == ()
    names = {table.name for table in found.tables}
    expected = {"table4", "table1-S3", "table2-S3", "table3-S3", "table5-S3", "shares-S3-fast", "gcr-S3-fast"}
    assert expected <= names
    for table in found.tables:
        assert {len(row) for row in table.rows} <= {len(table.columns)}
    assert {"architecture", "concentration", "ablation", "shares", "entropy"} <= {f.kind for f in found.figures}
    assert all(figure.caption for figure in found.figures)
    (tmp_path / "reproduction.json").write_bytes(found.to_json())
    assert load_reproduction(tmp_path) == found
    assert json.loads(found.to_json())["settings"]["seeds"] == {"S3": [0, 1]}
    assert ("measuring", 3, 3) in steps
    assert steps[-1] == ("stating the results", 1, 1)


def test_every_measured_number_of_two_runs_says_n_too_small(reproduced):
    table = next(table for table in reproduced[1].tables if table.name == "table1-S3")
    assert any(TOO_FEW in note for note in table.notes)
    table = next(table for table in reproduced[1].tables if table.name == "shares-S3-fast")
    low = [i for i, column in enumerate(table.columns) if column.name.endswith(("low", "high"))]
    assert all(row[i] is None for row in table.rows for i in low)


def test_recipes_are_held_against_each_other_by_subgroup_and_irrep(reproduced):
    tables = {table.name: table for table in reproduced[1].tables}
    distances = tables["census-distance-S3"]
    assert [row[:5] for row in distances.rows] == [
        ("subgroup", "fast", 2, "wu2024", 1),
        ("irrep", "fast", 2, "wu2024", 1),
    ]
    assert all(0 <= row[5] <= 1 and row[6:] == (None,) * 4 for row in distances.rows)
    assert sum(TOO_FEW in note for note in distances.notes) == 2
    for by in ("subgroup", "irrep"):
        means = [row[1] for row in tables[f"census-S3-{by}"].rows]
        assert sum(means) == pytest.approx(1)


def test_finished_runs_are_reused_and_damaged_ones_named(reproduced):
    runs, found, _ = reproduced
    folders = sorted(path.parent for path in runs.glob("*/config.json"))
    weights = [(folder / "model.safetensors").read_bytes() for folder in folders]
    (folders[0] / CACHE).write_text("{")
    (folders[0] / "analysis.json").write_text("half")
    (folders[1] / "model.safetensors").write_bytes(weights[1][:50])
    (folders[1] / CACHE).unlink()
    again = reproduction.reproduce(runs, **SETTINGS)
    assert again.populations == {"S3 fast": 1, "S3 wu2024": 1}
    assert len(again.missing) == 1
    assert folders[1].name in again.missing[0]
    assert (folders[0] / "model.safetensors").read_bytes() == weights[0]
    (folders[1] / "model.safetensors").write_bytes(weights[1])
    whole = reproduction.reproduce(runs, **SETTINGS)
    assert whole.missing == ()
    assert whole.tables[2:] == found.tables[2:]


def test_an_unknown_recipe_is_refused(tmp_path):
    with pytest.raises(BadConfig, match="`recipe` must be one of fast"):
        reproduction.reproduce(tmp_path, recipe="slow")


def test_claims_from_one_run_are_not_decided(s5):
    one = population(s5, 1)
    claims = group_claims("S5", [one], FRESH)
    assert {claim.verdict for claim in claims} == {"cannot be checked"}
    undecided = {"S5-removed-above-1", "S5-sign-first"}  # nothing was put to the test; ties at one checkpoint
    assert all(TOO_FEW in claim.why for claim in claims if claim.id not in undecided)


def test_claims_from_enough_runs_are_decided(s5):
    five = population(s5, 5)
    claims = group_claims("S5", [five], FRESH)
    assert by_statement(claims, "C_H below 1").verdict == "agrees"
    assert by_statement(claims, "share of S4 neurons").verdict == "differs"  # 50 of 54 here, 55 % in the paper
    assert by_statement(claims, "a few sign neurons (A5)").verdict == "agrees"
    assert by_statement(claims, "pre vanishes on Hg").verdict == "agrees"
    assert by_statement(claims, "accuracy under: flip left").verdict == "agrees"
    assert by_statement(claims, "out columns: same shared coset").verdict == "differs"  # 1.0 here
    assert by_statement(claims, "of the paper's recipe").verdict == "cannot be checked"
    assert all(claim.statement.startswith("S5: ") for claim in claims)
    assert by_statement(claims, "lowest on the shared one").verdict == "agrees"
    assert not any("accuracy under: none" in claim.statement for claim in claims)  # it is a claim of section 2
    assert by_statement(claims, "W_b in the key irreps").where == "Table 3 (Chughtai et al. 2023)"
    assert by_statement(claims, "rises").source == "this project"


def test_removing_only_dead_neurons_puts_nothing_to_the_test(s5):
    claim = by_statement(group_claims("S5", [population(s5, 5)], FRESH), "nearly all runs unchanged")
    assert s5.measures.ablation.above_live[-1] == 0
    assert claim.verdict == "cannot be checked"
    assert "no live neuron" in claim.why


def test_runs_that_ended_early_do_not_speak_for_all(s5):
    own = replace(population(s5, 5), recipe="stander2024")
    claim = by_statement(group_claims("S5", [own], FRESH), "all runs generalise")
    assert s5.shortened
    assert claim.verdict == "cannot be checked"
    assert claim.why.startswith("5 ended before their recipe does")


def test_a_run_that_could_still_generalise_leaves_the_step_claim_open(s5):
    def found(*runs):
        slow = [replace(s5, measures=replace(s5.measures, steps=n, grok_step=grok)) for n, grok in runs]
        members = Population(named_group("S5"), "stander2024", tuple(slow))
        return by_statement(group_claims("S5", [members], FRESH), "of the paper's recipe")

    done = [(100_000, 60_000)] * 5
    assert found(*done).verdict == "agrees"
    assert found(*done, (100_000, None)).verdict == "cannot be checked"
    assert found(*done, (250_000, None)).verdict == "differs"
    assert found(*done, (250_000, 230_000)).verdict == "differs"


def with_classes(member, **classes):
    return replace(member, trajectory=replace(member.trajectory, classes=classes))


def test_sign_neurons_that_tie_are_not_first(s5):
    def found(*members):
        claims = group_claims("S5", [Population(named_group("S5"), "fast", members)], FRESH)
        return by_statement(claims, "sign neurons form first")

    first = with_classes(s5, A5=(2, 2, 2), S4=(0, 2, 2))
    tied, later = with_classes(s5, A5=(0, 2, 2), S4=(0, 2, 2)), with_classes(s5, A5=(0, 0, 2), S4=(0, 2, 2))
    assert found(*[first] * 5, tied).verdict == "agrees"
    assert found(*[later] * 5, tied).verdict == "differs"
    assert found(*[first] * 5, *[tied] * 6).verdict == "cannot be checked"
    assert "strictly first in 5, tied in 6, later in 0 of 11 runs" in found(*[first] * 5, *[tied] * 6).ours


def test_falling_together_takes_more_than_falling(s5):
    loss = (8.0, 4.0, 3.9, 1.0, 0.9, 0.1)
    along = replace(s5.trajectory, median_concentration=tuple(v**0.5 for v in loss), test_loss=loss)
    against = replace(along, median_concentration=(8.0, 7.9, 4.0, 3.99, 2.0, 1.99))
    assert falling_together(along) == pytest.approx(1.0)
    assert falling_together(against) < 0


def test_the_tally_keeps_the_papers_claims_apart():
    def claim(verdict, source):
        return Claim("", "", "", "", verdict, "", source)

    claims = (claim("agrees", ""), claim("differs", ""), claim("agrees", paper.GCR))
    found = Reproduction({}, {}, (), (), claims)
    assert count_verdicts(found) == {"agrees": 1, "differs": 1, "cannot be checked": 0}
    assert claims_sentence(found) == (
        "Of 2 claims of the paper, 1 agree with what was measured here, 1 differ, and 0 cannot be checked. "
        "Of 1 claim of Chughtai et al. 2023, 1 agree, 0 differ, and 0 cannot be checked."
    )


def test_a_difference_between_recipes_says_what_limits_it(s5):
    fast, other = population(s5, 5), replace(population(s5, 5), recipe="wu2024")
    apart = CensusDistance("subgroup", 0.4, 0.3, 0.5, 0.1, 0.001, (5, 5))
    note = distance_table("S5", {("fast", "wu2024", "subgroup"): apart}, (fast, other)).notes[-1]
    assert "may be of their length" in note
    assert "wu2024: 0 of 5 runs have generalised" in note
    assert "length" not in distance_table("S5", {("fast", "wu2024", "subgroup"): apart}).notes[-1]


def test_formations_without_a_neuron_are_listed(s5):
    lines = reproduction._unformed([population(s5, 2)])
    assert [line.partition(":")[0] for line in lines] == [f"figure formation-S5-{n}" for n in ("F20", "S3xS2", "A4")]


def test_an_interval_too_wide_to_decide_says_so():
    wide = mean_over_runs([0.0, 0.0, 0.0, 0.9, 0.9])
    assert wide.covers(0.2)
    verdict, why = Near(0.2, 0.02).decide(Measured("", (wide,)))
    assert verdict == "cannot be checked"
    assert TOO_FEW in why
    few = mean_over_runs([0.0, 0.1, 0.2, 0.3, 0.4])  # a mean that is right is not enough
    assert Near(0.2, 0.02).decide(Measured("", (few,)))[0] == "cannot be checked"
    all_but_one = mean_over_runs([1.0] * 7 + [0.0])
    assert all_but_one.covers(1.0)
    assert Every().decide(Measured("", (all_but_one,)))[0] == "differs"
    narrow = mean_over_runs([0.19, 0.2, 0.21, 0.2, 0.2])
    assert Near(0.2, 0.02).decide(Measured("", (narrow,)))[0] == "agrees"
    assert Near(0.5, 0.02).decide(Measured("", (narrow,)))[0] == "differs"


def test_arguments_hold_on_planted_networks_and_say_what_they_decide(s5):
    five = population(s5, 5)
    columns, lower, mixed = out_columns_by_coset(five), lower_with_abs(five), not_one_to_one(five)
    assert (columns.verdict, lower.verdict) == ("holds", "holds")
    assert columns.decides.startswith("partly")
    assert lower.decides.startswith("no")
    assert mixed.decides.startswith("no")
    assert mixed.verdict == "fails"  # S4 in one irrep and the sign in another: one to one
    assert out_columns_by_coset(population(s5, 2)).verdict == TOO_FEW


def test_arguments_fail_where_out_columns_do_not_group(s5):
    bins = s5.measures.out_bins
    same = replace(bins["same-coset"], mean=bins["same-irrep"].mean)
    member = replace(s5, measures=replace(s5.measures, out_bins=bins | {"same-coset": same}))
    found = out_columns_by_coset(population(member, 5))
    assert found.verdict == "fails"
    assert found.decides.startswith("no")


def test_tables_stand_beside_the_papers_numbers(s5):
    five = population(s5, 5)
    table = interventions(five, FRESH)
    printed = [column.name for column in table.columns].index("paper: printed")
    by_name = {row[0]: row for row in table.rows}
    assert by_name["none"][printed] == 1.97e-6
    assert by_name["flip left"][1] == pytest.approx(0.0, abs=0.02)
    bins = {row[0]: row for row in out_correlations(five).rows}
    assert bins["same shared coset"][2] == pytest.approx(1.0, abs=1e-3)
    assert bins["same shared coset"][1] == 5 * s5.measures.out_bins["same-coset"].n
    assert bins["same shared coset"][-2:] == paper.TABLE_3["same-coset"]
    assert {row[0]: row[-1] for row in shares(five).rows}["S4"] == 0.550
    assert mean_shares(five.measures, "largest")["S4"].value == pytest.approx(50 / 54)


def test_the_control_without_subgroups_stands_in_a_table():
    rows = {row[0]: row for row in coset_free_table().rows}
    assert rows["flip left"][1:] == (0.0, pytest.approx(38.9, abs=0.1), 0.0, 17.15)
    assert rows["none"][1:] == (1.0, pytest.approx(7.07e-6, rel=0.01), 0.9955, 0.071)
    assert rows["noise N(1, 1)"][4] == 1.79


def test_figures_choose_the_clearest_neuron(s5):
    three = population(s5, 3)
    kinds = {facts.kind: facts for facts in population_facts(three)}
    assert kinds["ablation"].data["unchanged_at_1"] == 3
    assert kinds["shares"].data["rules"]["largest"]["S4"] == pytest.approx(50 / 54)  # alone: n too small
    formed = formation(three, "S4")
    last = formed.data["moments"][-1]
    assert last["fraction"] < 1e-6
    assert len(last["values"]) == len(last["cosets"]) == 120
    assert sorted(set(last["cosets"])) == [0, 1, 2, 3, 4]
    assert formation(three, "F20") is None
    paths = sign_paths(three).data["neurons"]
    assert len(paths) == 2  # partners with opposite signs
    step = [path["left"]["even"] - path["left"]["odd"] for path in paths]
    assert step[0] * step[1] < 0
    heat = out_heat_map(three).data
    assert len(heat["matrix"]) == len(heat["classes"]) == 54
    assert population_facts(Population(three.group, "fast", ())) == ()


def test_recipes_are_compared_when_there_are_two(s5):
    fast, other = population(s5, 5), replace(population(s5, 5), recipe="wu2024")
    assert census_facts("S5", [fast]) == ()
    by_subgroup, by_irrep = census_facts("S5", [fast, other])
    assert by_subgroup.data["recipes"]["fast"]["shares"]["S4"]["mean"] == pytest.approx(50 / 54)
    assert "(4,1)" in by_irrep.data["recipes"]["wu2024"]["shares"]
