"""Published transformers, folded by measurement: the figures of their authors and of our own measurements.

The files are not part of the repository; the tests are skipped where they are not at hand.
"""

import json
from pathlib import Path

import pytest

from cosetta import AnalysisConfig, analyse
from cosetta.models.importers import open_checkpoint
from cosetta.parts import summarise_parts

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the published networks are not beside the checkout")


@pytest.mark.parametrize(
    ("name", "group", "additive", "least_agreement"),
    [
        ("S5_T_seed1", "S5", (0.99999, 1), 1.0),
        ("S5_T_seed2", "S5", (0.99999, 1), 1.0),
        ("A5_T_seed1", "A5", (0.99999, 1), 1.0),
        ("D59_T_seed1", "D118", (0.9991, 1), 0.996),
        ("C113_T_seed1", "C113", (0.944, 0.971), 0.8),
    ],
)
def test_transformers_of_chughtai_et_al(name, group, additive, least_agreement):
    opened = open_checkpoint(DATA / "chughtai2023" / name)
    folding = opened.folding
    assert opened.group.name == group
    assert folding.site == "blocks.0.mlp.hook_pre"
    low, high = additive
    assert low <= folding.additive_share <= high
    assert bool(folding.obstacle) == (low < 0.99)
    assert folding.agreement >= least_agreement
    assert folding.readout_error < 1e-9
    assert folding.direct_rest < 0.01
    printed = json.loads((DATA / "chughtai2023" / name / "summary_metrics.json").read_text())
    assert folding.accuracy == pytest.approx((0.6 * printed["train_acc"] + 0.4 * printed["test_acc"]), abs=1e-4)
    assert "`x_embed` repeats `embed.W_E`, `y_embed` repeats `embed.W_E`" in opened.notes
    assert "not used: `blocks.0.attn.mask` (3, 3), `blocks.0.attn.IGNORE` ()" in opened.notes


def test_the_part_that_attention_makes_of_c113_is_a_function_of_ab_in_the_same_frequencies():
    opened = open_checkpoint(DATA / "chughtai2023" / "C113_T_seed1")
    parts = {part.name: part for part in summarise_parts(opened.folding, opened.group)}
    assert parts["h(ab)"].share > 2 * parts["rest"].share
    assert parts["h(ab)"].rank_share > 0.99
    assert list(parts["h(ab)"].power)[:2] == list(parts["f(a)"].power)[:2]
    assert parts["f(a)"].logit_share > parts["h(ab)"].logit_share > parts["rest"].logit_share


@pytest.mark.parametrize(
    ("name", "measured"), [("2k4ohj6bhd", (0.95, 0.99)), ("7r4zst7evs", None)], ids=["transformer", "linear"]
)
def test_networks_of_zhong_et_al(name, measured):
    opened = open_checkpoint(DATA / "zhong2023" / f"model_{name}.pt")
    assert (opened.group.name, opened.recovered.mistakes) == ("C59", 0)
    assert (opened.folding is None) == (measured is None)
    if measured:
        assert measured[0] < opened.folding.additive_share < measured[1]


@pytest.mark.parametrize(("name", "covered"), [("S5_T_seed1", (0.99, 1)), ("S5_T_seed2", (0, 0.25))])
def test_one_s5_transformer_is_a_coset_network_and_its_twin_is_not(name, covered):
    opened = open_checkpoint(DATA / "chughtai2023" / name)
    analysis = analyse(opened.model, opened.group, AnalysisConfig(null_samples=99, evidence_pairs=2000, arena=False))
    printed = json.loads((DATA / "chughtai2023" / name / "summary_metrics.json").read_text())
    assert analysis.loss == pytest.approx(printed["all_loss"], rel=1e-3)
    accounts = {account.id: account for account in analysis.accounts}
    assert covered[0] <= accounts["coset"].strength <= covered[1]
