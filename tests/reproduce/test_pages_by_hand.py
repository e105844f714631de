"""Three numbers of each paper's committed page, computed again in lines that share nothing with what made them."""

import csv
import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from cosetta.models.importers import read_tensors
from cosetta.reproduce.frame.results import load_reproduction
from scripts.paper_pages import check

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "reproduction"
DATA = ROOT.parent / "shared" / "data"
PAPERS = {"stander2024": DOCS, "chughtai2023": DOCS / "chughtai2023", "wu2024": DOCS / "wu2024"}


def table(paper, name):
    with (PAPERS[paper] / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def claims(paper):
    return {claim.id: claim for claim in load_reproduction(PAPERS[paper]).claims}


def test_every_page_is_the_one_of_its_json():
    assert check() == []


@pytest.mark.parametrize("paper", PAPERS)
def test_a_page_counts_its_verdicts_rightly(paper):
    found = [claim.verdict for claim in claims(paper).values() if not claim.source]
    page = PAPERS[paper].parent / ("reproduction.md" if paper == "stander2024" else f"{paper}.md")
    counts = [found.count(verdict) for verdict in ("agrees", "differs", "cannot be checked")]
    said = f"Of {len(found)} claims of the paper, {counts[0]} agree"
    assert said in page.read_text(encoding="utf-8")
    assert f"{counts[1]} differ, and {counts[2]} cannot be checked." in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("paper", PAPERS)
def test_every_claim_has_an_id_a_reason_and_a_cause_where_it_differs(paper):
    found = load_reproduction(PAPERS[paper]).claims
    assert len({claim.id for claim in found}) == len(found)
    for claim in found:
        assert claim.why, claim.id
        assert claim.cause or claim.verdict != "differs", claim.id


def shares(column):
    rows = table("stander2024", "census-S5-subgroup")
    return {row["subgroup"]: float(row[column]) for row in rows}


@pytest.mark.parametrize(("one", "other"), [("stander2024", "fast"), ("stander2024", "wu2024"), ("fast", "wu2024")])
def test_stander2024_distances_are_half_the_differences_of_the_shares(one, other):
    first, second = shares(one), shares(other)
    assert sum(first.values()) == pytest.approx(1)
    by_hand = sum(abs(first[name] - second[name]) for name in first) / 2
    rows = table("stander2024", "census-distance-S5")
    printed = [r for r in rows if r["by"] == "subgroup" and {r["recipe"], r["other recipe"]} == {one, other}]
    assert float(printed[0]["distance"]) == pytest.approx(by_hand, abs=1e-12)


def test_stander2024_share_of_s4_among_the_irreps_of_its_indicator():
    """The indicator of S4 less its mean lies in the irrep with character (fixed points - 1), by convolution with it."""
    elements = list(permutations(range(5)))
    chi = np.array([sum(p[i] == i for i in range(5)) - 1 for p in elements])
    indicator = np.array([float(p[4] == 4) for p in elements]) - 1 / 5
    # power in (4,1) of a function constant on double cosets: d/|G| times its convolution with chi, at the identity
    index = {p: n for n, p in enumerate(elements)}
    moved = [
        sum(
            chi[index[tuple(np.argsort(q)[list(p)])]] * value
            for p, value in zip(elements, indicator, strict=True)
            if value
        )
        for q in elements[:12]
    ]
    assert np.allclose(4 / 120 * np.array(moved), indicator[:12])
    row = next(row for row in table("stander2024", "table5-S5") if row["subgroup"] == "S4")
    assert float(row["(4,1)"]) == pytest.approx(1)


def test_stander2024_number_of_subgroups_of_s3_and_of_double_cosets_of_s4():
    """S3: 1, three of a transposition, the rotations, S3. S4 g S4 is told by whether g moves the fifth point."""
    row = next(row for row in table("stander2024", "table4") if row["group"] == "S3")
    assert int(row["subgroups"]) == 1 + 3 + 1 + 1
    row = next(row for row in table("stander2024", "table5-S5") if row["subgroup"] == "S4")
    assert int(row["double cosets"]) == 2


COLUMNS = ("W_a in the key irreps", "test loss", "excluded loss")


@pytest.mark.parametrize("column", COLUMNS)
def test_chughtai2023_means_are_those_of_the_four_seeds(column):
    rows = {row["network"]: float(row[column]) for row in table("chughtai2023", "table3")}
    by_hand = np.mean([rows[f"S5_MLP_seed{seed}"] for seed in (1, 2, 3, 4)])
    assert rows["mean of 4 seeds of S5"] == pytest.approx(by_hand)
    assert rows["the paper, mean of 4 seeds of S5"] == pytest.approx(by_hand, rel=5e-3)
    assert claims("chughtai2023")["table3-S5-test"].verdict == "agrees"


@pytest.mark.skipif(not (DATA / "chughtai2023").is_dir(), reason="the authors' files are not beside the repository")
def test_chughtai2023_test_loss_by_hand_from_the_weights():
    """Their tensors in their order of elements; every answer is right, so the loss is that of the top answer."""
    losses = []
    for seed in (1, 2, 3, 4):
        t = {k: v.double().numpy() for k, v in read_tensors(DATA / "chughtai2023" / f"S5_MLP_seed{seed}").items()}
        left, right = t["W_x"] @ t["W"][: t["W_x"].shape[1]], t["W_y"] @ t["W"][t["W_x"].shape[1] :]
        logits = np.maximum(left[:, None] + right[None], 0) @ t["W_U"]
        answer = logits.argmax(-1)
        top = logits.max(-1)
        losses.append(np.mean(np.log(np.exp(logits - top[..., None]).sum(-1))))  # of answers that are all right
        assert sorted(answer[0]) == list(range(120))
    theirs = [
        json.loads((DATA / "chughtai2023" / f"S5_MLP_seed{s}" / "summary_metrics.json").read_text())["all_loss"]
        for s in (1, 2, 3, 4)
    ]
    assert losses == pytest.approx(theirs, rel=1e-5)


def test_wu2024_bounds_by_hand():
    rows = table("wu2024", "ideals")
    bounds = [float(row["their bound"]) for row in rows]
    claim = claims("wu2024")["ideal-sound"]
    assert len(rows) == 30
    assert f"mean bound {sum(bounds) / 30:.3f}" in claim.ours
    assert f"{bounds.count(0.0)} bounds are 0" in claims("wu2024")["ideal-bound"].ours
    right = sum(float(row["accuracy of its ideal"]) == 1.0 for row in rows)
    assert claims("wu2024")["ideal-bound"].ours.startswith(f"{right} ideals are right")


def test_wu2024_smallest_orbits_by_hand():
    """Points: 5 of them. Ways to split 5 points into 2 and 3: 10. Cyclic groups of order 5, which S5 permutes: 6."""
    cycles = {p for p in permutations(range(5)) if _order(p) == 5}
    sixth = len({frozenset(_powers(p)) for p in cycles})
    printed = {row["irrep"]: int(row["points"]) for row in table("wu2024", "sizes") if row["group"] == "S5"}
    assert (printed["(4,1)"], printed["(3,2)"], printed["(2,2,1)"]) == (5, 10, sixth)
    assert sixth == 6


def _powers(p):
    found, power = [], p
    while power not in found:
        found.append(power)
        power = tuple(p[i] for i in power)
    return found


def _order(p):
    return len(_powers(p))


@pytest.mark.skipif(not (DATA / "wu2024").is_dir(), reason="the authors' files are not beside the repository")
def test_wu2024_times_by_hand():
    said = json.loads((DATA / "wu2024" / "ideal_S4_first30.json").read_text())
    ratio = sum(a / b for a, b in zip(said["irrep_times"], said["naive_times"], strict=True)) / 30
    assert f"at {ratio:.2f} of the time" in claims("wu2024")["ideal-sound"].ours
