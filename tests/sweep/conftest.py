"""Tiny runs: S3, eight neurons, a fraction of a second each; and what they say, without times and places."""

import json

import polars as pl
import pytest

from cosetta.config import AnalysisConfig
from cosetta.sweep import Shard, Work, grid, run_shard

SETTINGS = {"group": "S3", "recipe": "wu2024", "embed_dim": 8, "width": 8, "checkpoints": 3, "eval_every": 20}


@pytest.fixture(scope="session")
def analysis():
    """Thresholds with few samples."""
    return AnalysisConfig(null_samples=19, arena=False)


@pytest.fixture(scope="session")
def tiny():
    """Configurations of tiny runs by seeds."""
    return lambda seeds, **settings: grid(SETTINGS | {"seed": seeds, "max_steps": 60} | settings)


@pytest.fixture(scope="session")
def contents():
    """The content of every run in a folder."""
    return lambda out: {path.name: _content(path) for path in sorted(out.iterdir()) if path.name[0] != "."}


@pytest.fixture(scope="session")
def make_alone(analysis, contents, tmp_path_factory):
    """Make runs one after the other in this process: what a sweep must come to."""

    def make(configs, out=None):
        out = out or tmp_path_factory.mktemp("alone")
        for config in configs:
            (row,) = run_shard(Shard((config,), out, Work(analysis=analysis)))
            assert (row.status, row.reason) == ("finished", "")
        return contents(out)

    return make


def _content(folder):
    found = json.loads((folder / "analysis.json").read_text())
    for volatile in ("command", "run"):
        found.pop(volatile)
    record = json.loads((folder / "config.json").read_text())["config"]
    weights = {path.name: path.read_bytes() for path in sorted(folder.rglob("*.safetensors"))}
    metrics = pl.read_parquet(folder / "metrics.parquet")
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    return names, record, found, weights, metrics.rows()
