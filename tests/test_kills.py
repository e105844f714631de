"""The real command line, killed with everything it has started, at random moments: what it leaves can be gone on from.

After every kill each file under its final name is whole, and once a command is given again and let be, the results
equal those of commands that were never killed. The default suite makes two kills; `pytest -m slow` makes over fifty.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from cosetta import census
from cosetta.files import read_json
from cosetta.files.tables import check_parquet
from cosetta.models import load_tensors

TOML = """
recipe = "wu2024"
embed_dim = 8
width = 8
checkpoints = 3
eval_every = 20
max_steps = 400
analysis = { null_samples = 19 }
"""
COMMANDS = {
    "sweep": ("sweep", "S3", "--config", "a.toml", "--seeds", "0:3", "--workers", "1", "--out", "runs"),
    "run": ("run", "S3", "--config", "a.toml", "--seed", "9", "--out", "alone"),
    "explain": ("explain", "one", "--config", "a.toml"),
    "export": ("export", "one", "--out", "export"),
    "census": ("census", "whole", "--out", "census"),
    "compare": ("compare", "whole", "--out", "comparison"),
}
TIMED = {"timing.json", "analysis.json", "report.html"}


def start(folder, name):
    command = [sys.executable, "-m", "cosetta", *COMMANDS[name]]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=folder, start_new_session=True, **quiet)


def prepared(folder, runs):
    """A folder in which every command can be given."""
    folder.mkdir()
    (folder / "a.toml").write_text(TOML)
    if runs is not None:
        shutil.copytree(runs, folder / "whole")
        shutil.copytree(sorted(runs.glob("S3-*"))[0], folder / "one")
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Three finished and explained runs."""
    place = tmp_path_factory.mktemp("runs")
    (place / "a.toml").write_text(TOML)
    assert start(place, "sweep").wait(200) == 0
    return place / "runs"


def check_whole(folder):
    """Every file under its final name can be read to its end."""
    for path in (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith((".part", ".lock"))):
        if path.suffix == ".json":
            read_json(path, object, what="whole", advice="")
        elif path.suffix == ".parquet":
            check_parquet(path, what="whole", advice="")
        elif path.suffix == ".safetensors":
            load_tensors(path)
        else:
            content = path.read_text()
            assert content.endswith(("\n", ">")), path
            assert path.suffix not in (".svg", ".html") or content.rstrip().endswith(("</svg>", "</html>")), path


def results(folder):
    """Everything that does not depend on time."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and ".part" not in path.name):
        if path.suffix == ".svg":
            found[str(path.relative_to(folder))] = "svg"  # matplotlib gives its clips random names
        elif path.name == "analysis.json":
            analysis = json.loads(path.read_text())
            for timed in ("seconds", "curve"):
                analysis.pop(timed, None)
            found[str(path.relative_to(folder))] = analysis
        elif path.name not in TIMED and not path.name.endswith("runs.parquet"):
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def killed(folder, name, seconds):
    """Kill a command after some time; whether it was still running."""
    process = start(folder, name)
    time.sleep(seconds)
    running = process.poll() is None
    if running:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return running


def duration(folder, name):
    """Seconds that a command takes to its end."""
    began = time.monotonic()
    assert start(folder, name).wait(300) == 0
    return time.monotonic() - began


def attack(tmp_path, runs, kills):
    """So many kills of every command, then the command to its end, against one that was left alone."""
    source, landed = random.Random(0), 0
    expected, attacked = prepared(tmp_path / "expected", runs), prepared(tmp_path / "attacked", runs)
    for name, count in kills.items():
        whole = duration(expected, name)
        for _ in range(count):
            landed += killed(attacked, name, source.uniform(0.3, 1.0) * whole)
            check_whole(attacked)
        assert start(attacked, name).wait(300) == 0
        check_whole(attacked)
    assert results(attacked) == results(expected)
    for folder in (folder for folder in (attacked / "runs", attacked / "alone") if folder.is_dir()):
        table = census(folder)
        assert table.skipped == ()
        assert set(table.runs["status"]) == {"finished"}
    return landed


def test_two_kills(tmp_path):
    attack(tmp_path, None, {"run": 2})


@pytest.mark.slow
def test_fifty_kills(tmp_path, runs):
    kills = {"sweep": 12, "run": 8, "explain": 12, "export": 12, "census": 10, "compare": 10}
    landed = attack(tmp_path, runs, kills)
    print(f"of {sum(kills.values())} kills {landed} met a running command")
    assert landed >= 50
