"""Numbers of docs/populations.md and docs/census.md made again by hand from the tables of the census."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "census"
PAGE = (FOLDER.parent / "populations.md").read_text()
CENSUS_PAGE = (FOLDER.parent / "census.md").read_text()


@pytest.fixture(scope="module")
def runs():
    return pl.read_parquet(FOLDER / "runs.parquet")


@pytest.fixture(scope="module")
def neurons(runs):
    learned = runs.filter(pl.col("test_accuracy") >= 0.999)
    return pl.read_parquet(FOLDER / "neurons.parquet").filter(pl.col("run").is_in(learned["run"].to_list()))


@pytest.fixture(scope="module")
def numbers():
    return json.loads((FOLDER / "census.json").read_text())


def _shares(neurons, group, recipe, by, live):
    rows = neurons.filter(pl.col("group") == group, pl.col("recipe") == recipe)
    if live:
        rows = rows.filter(pl.col("status") != "dead")
    of_run = {}
    for run, name in rows.select("run", by).iter_rows():
        of_run.setdefault(run, []).append(name)
    names = sorted(set(rows[by]))
    return {name: float(np.mean([labels.count(name) / len(labels) for labels in of_run.values()])) for name in names}


def test_shares_on_the_page_are_means_over_networks(neurons):
    live = _shares(neurons, "S5", "stander2024", "subgroup", live=True)
    assert f"{100 * live['S4']:.1f} [49.3, 59.0]" in PAGE
    assert f"{100 * live['none']:.1f} [9.7, 12.8]" in PAGE
    whole = _shares(neurons, "S5", "wu2024", "subgroup", live=False)
    assert f"{100 * whole['dead']:.1f} [38.8, 49.6]" in PAGE
    irreps = _shares(neurons, "A5", "fast", "irrep", live=True)
    assert f"| 3a and 3b | {100 * (irreps['3a'] + irreps['3b']):.1f} |" in PAGE
    assert 0.3 < live["S4"] < 0.7


@pytest.mark.parametrize(("group", "recipes"), [("S5", ("fast", "stander2024")), ("A5", ("stander2024", "wu2024"))])
def test_distance_on_the_page_is_half_the_summed_differences(neurons, numbers, group, recipes):
    for by in ("subgroup", "irrep"):
        one, other = (_shares(neurons, group, recipe, by, live=True) for recipe in recipes)
        by_hand = sum(abs(one.get(name, 0) - other.get(name, 0)) for name in set(one) | set(other)) / 2
        (row,) = [
            row
            for row in numbers["distances"]
            if (row["group"], tuple(row["recipes"]), row["of"], row["by"]) == (group, recipes, "live neurons", by)
        ]
        assert row["distance"] == pytest.approx(by_hand, abs=1e-9)
        assert f"{by_hand:.2f} [{row['low']:.2f}, {row['high']:.2f}]" in PAGE


def test_networks_on_the_page_are_the_rows_of_runs(runs):
    mine = runs.filter(pl.col("group") == "S5", pl.col("recipe") == "stander2024")
    grokked = mine["grok_step"].drop_nulls()
    assert mine.height == 128
    assert f"({grokked.min():,}, {grokked.max():,}; {mine.height - len(grokked)} not)" in PAGE
    reached = mine.filter(pl.col("test_loss") <= 1e-5).height
    assert f"| {mine.filter(pl.col('test_accuracy') >= 0.999).height} | {reached} |" in PAGE


def test_the_table_of_the_census_counts_the_rows_of_its_tables(runs, neurons, numbers):
    assert f"{runs.height:,} networks" in CENSUS_PAGE
    assert sum(row["networks"] for row in numbers["populations"]) == runs.height >= 1500
    lines = {
        tuple(cell.strip() for cell in line.split("|")[1:3]): line for line in CENSUS_PAGE.splitlines() if "|" in line
    }
    for group, recipe in (("F21", "wu2024"), ("PSL(2,7)", "fast"), ("S4xC2", "stander2024")):
        mine = runs.filter(pl.col("group") == group, pl.col("recipe") == recipe)
        learned = mine.filter(pl.col("test_accuracy") >= 0.999)
        cells = [cell.strip() for cell in lines[f"{group} ({mine['order'][0]})", f"`{recipe}`"].split("|")]
        assert cells[4:6] == [str(mine.height), str(learned.height)]
        live = neurons.filter(pl.col("run").is_in(learned["run"].to_list()), pl.col("status") != "dead")
        covered = live.group_by("run").agg((pl.col("status") == "explained").mean())["status"].mean()
        assert cells[8].startswith(f"{100 * covered:.1f}")


def test_two_networks_of_one_recipe_are_as_far_apart_as_the_page_says(neurons):
    rows = neurons.filter(pl.col("group") == "A5", pl.col("recipe") == "stander2024", pl.col("status") != "dead")
    counts = rows.group_by("run", "irrep").len().pivot("irrep", index="run", values="len").fill_null(0).drop("run")
    shares = counts.to_numpy() / counts.to_numpy().sum(axis=1, keepdims=True)
    apart = [np.abs(one - other).sum() / 2 for i, one in enumerate(shares) for other in shares[:i]]
    assert f"3a and 3b ({np.mean(apart):.2f})" in CENSUS_PAGE


def test_the_data_card_names_the_files_there_are(runs):
    card = (FOLDER / "README.md").read_text()
    head = card.split("---\n")[1]
    assert card.startswith("---\n")
    for name in ("runs", "neurons", "accounts"):
        rows = pl.read_parquet(FOLDER / f"{name}.parquet").height
        assert f"data_files: {name}.parquet" in head
        assert f"| {rows:,} |" in card
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 20e6
    assert f"of {runs['best_account'].is_not_null().sum()} networks" in card
