"""Numbers of docs/populations.md made again by hand from its tables."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "populations"
PAGE = (FOLDER.parent / "populations.md").read_text()


@pytest.fixture(scope="module")
def neurons():
    return pl.read_parquet(FOLDER / "neurons.parquet")


def _shares(neurons, recipe, by, live):
    rows = neurons.filter(pl.col("group") == "S5", pl.col("recipe") == recipe)
    if live:
        rows = rows.filter(pl.col("status") != "dead")
    of_run = {}
    for run, name in rows.select("run", by).iter_rows():
        of_run.setdefault(run, []).append(name)
    names = sorted(set(rows[by]))
    return {name: float(np.mean([labels.count(name) / len(labels) for labels in of_run.values()])) for name in names}


def test_shares_on_the_page_are_means_over_networks(neurons):
    live = _shares(neurons, "stander2024", "subgroup", live=True)
    assert f"{100 * live['S4']:.1f} [49.3, 59.0]" in PAGE
    assert f"{100 * live['none']:.1f} [6.9, 9.8]" in PAGE
    whole = _shares(neurons, "wu2024", "subgroup", live=False)
    assert f"{100 * whole['dead']:.1f} [38.8, 49.6]" in PAGE
    assert 0.3 < live["S4"] < 0.7


def test_distance_on_the_page_is_half_the_summed_differences(neurons):
    found = json.loads((FOLDER / "populations.json").read_text())["distances"]
    for by in ("subgroup", "irrep"):
        one, other = (_shares(neurons, recipe, by, live=True) for recipe in ("fast", "stander2024"))
        by_hand = sum(abs(one.get(name, 0) - other.get(name, 0)) for name in set(one) | set(other)) / 2
        (row,) = [
            row
            for row in found
            if (row["group"], row["recipes"], row["of"], row["by"])
            == ("S5", ["fast", "stander2024"], "live neurons", by)
        ]
        assert row["distance"] == pytest.approx(by_hand, abs=1e-9)
        assert f"{by_hand:.2f} [" in PAGE


def test_networks_on_the_page_are_the_rows_of_runs():
    runs = pl.read_parquet(FOLDER / "runs.parquet").filter(pl.col("group") == "S5", pl.col("recipe") == "stander2024")
    grokked = runs["grok_step"].drop_nulls()
    assert runs.height == 128
    assert f"{int(grokked.median()):,} ({grokked.min():,}, {grokked.max():,}; {runs.height - len(grokked)} not" in PAGE
    reached = runs.filter(pl.col("test_loss") <= 1e-5).height
    assert f"| {runs.filter(pl.col('test_accuracy') >= 0.999).height} | {reached} |" in PAGE
