"""Every writer of files, on a disk that takes no more than some bytes a file: what is there afterwards is whole.

The limit is the kernel's (RLIMIT_FSIZE), so it also meets what libraries write past Python. That no module goes round
`write_whole` is checked in `test_files.py`.
"""

import contextlib
import resource

import polars as pl
import pytest
import torch
from matplotlib.figure import Figure

from cosetta.analysis import analyse
from cosetta.config import AnalysisConfig
from cosetta.explanation import write_explanation
from cosetta.files import write_json, write_table, write_text
from cosetta.groups import named_group
from cosetta.groups import write_table as write_cayley_table
from cosetta.hypotheses.program import network_of
from cosetta.models import GroupNetwork, save_network
from cosetta.notebook.panels import Panels
from cosetta.programs.building import complete_program
from cosetta.programs.saving import save_built
from cosetta.reproduce.frame.export import write_figure
from cosetta.training.metrics import METRICS, write_metrics

S3 = named_group("S3")
TABLE = pl.DataFrame({"step": range(500)})
NETWORK = network_of(complete_program(S3, ["C2"]))


@contextlib.contextmanager
def full_after(size):
    """No file grows beyond this many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="module")
def analysis():
    return analyse(NETWORK, S3, AnalysisConfig(null_samples=19, arena=False))


def drawn():
    figure = Figure()
    figure.add_subplot().plot([0, 1], [1, 0])
    return figure


WRITERS = {
    "json": lambda folder, _: write_json(folder / "a.json", {"values": list(range(2000))}),
    "text": lambda folder, _: write_text(folder / "a.md", "words " * 2000),
    "table": lambda folder, _: write_table(folder / "a.parquet", TABLE),
    "metrics": lambda folder, _: write_metrics(folder, [(i, *[0.5] * (len(METRICS) - 1)) for i in range(300)]),
    "Cayley table": lambda folder, _: write_cayley_table(named_group("S5"), folder / "group.npz"),
    "weights": lambda folder, _: save_network(GroupNetwork(6, 8, 8), folder / "model.safetensors"),
    "built network": lambda folder, _: save_built(NETWORK, "S3", folder, {"made": "by hand"}),
    "explanation": lambda folder, analysis: write_explanation(analysis, folder, report=False),
    "figure": lambda folder, _: write_figure(drawn(), folder, "one"),
    "panels": lambda folder, _: Panels([drawn(), drawn()]).savefig(folder / "a.png"),
}


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_leaves_whole_files(name, analysis, tmp_path):
    whole, empty = tmp_path / "whole" / "run", tmp_path / "empty" / "run"
    for folder in (whole, empty):
        folder.mkdir(parents=True)
    torch.manual_seed(0)
    WRITERS[name](whole, analysis)
    expected = contents(whole)
    for folder, size in ((whole, 1000), (empty, 10), (empty, 1000)):
        torch.manual_seed(0)
        with full_after(size), pytest.raises(OSError, match="File too large") as problem:
            WRITERS[name](folder, analysis)
        assert ".part" not in str(problem.value)
    assert contents(whole) == expected
    assert contents(empty).items() <= expected.items()
    assert len(contents(empty)) < len(expected)
