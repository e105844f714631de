"""`cosetta sweep` through the command line: the plan, the run, the failures, the errors of one line."""

import re
from pathlib import Path

import pytest

from cosetta.cli.sweep import duration
from cosetta.sweep.locks import run_lock

TOML = """
group = "S3"
recipe = "wu2024"
seeds = "0:2"
embed_dim = 8
width = [8, 12]
max_steps = 40

[analysis]
null_samples = 19
"""


@pytest.fixture
def cosetta(command_line, tmp_path, monkeypatch):
    """Run the command line in an empty folder, its shards in this process: (exit status, stdout, stderr)."""
    monkeypatch.setattr("cosetta.sweep.driver.LocalWorkers", Here)
    (tmp_path / "sweep.toml").write_text(TOML)
    return command_line


class Here:
    """Workers of this process."""

    interrupt_at = None

    def __init__(self, count):
        self.calls = 0

    def submit(self, function, shard):
        self.calls += 1
        if self.calls == self.interrupt_at:
            raise KeyboardInterrupt
        return Done(function(shard))

    def stop(self):
        pass


class Done:
    def __init__(self, rows):
        self.rows = rows

    def done(self):
        return True

    def result(self):
        return self.rows


def test_a_sweep_from_a_file_with_flags_that_win(cosetta):
    status, out, err = cosetta("sweep", "--config", "sweep.toml", "--seeds", "0:3", "--workers", 1)
    assert (status, err) == (0, "")
    assert "6 of 6 runs" in out
    assert re.search(r"6 runs finished, in \d+ s: runs$", out.strip())
    assert len(list(Path("runs").glob("S3-wu2024-*/analysis.json"))) == 6
    assert not list(Path("runs").glob("*/report.html"))
    status, out, _ = cosetta("sweep", "S3", "--config", "sweep.toml", "--frac", "0.5,0.6", "--no-explain", "--out", "b")
    assert status == 0
    assert "8 runs finished" in out
    assert not list(Path("b").glob("*/analysis.json"))


def test_a_dry_run_writes_nothing_and_says_how_it_knows(cosetta):
    status, out, _ = cosetta("sweep", "--config", "sweep.toml", "--dry-run", "--workers", 2)
    assert status == 0
    assert not Path("runs").exists()
    assert "4 runs, 0 finished already; the rest in 4 shards" in out
    assert re.search(r"time: at most \d.* on 2 cores, ", out)
    assert "training of 2 kinds from a few steps timed now, as if no phase ended early" in out
    assert "explanations not counted" in out
    cosetta("sweep", "--config", "sweep.toml", "--seeds", "0", "--workers", 2)
    _, out, _ = cosetta("sweep", "--config", "sweep.toml", "--dry-run", "--workers", 2)
    assert "4 runs, 2 finished already" in out
    assert "from 2 trained runs of the same kinds" in out
    assert "at most" not in out
    assert re.search(r"time: \d.* on 2 cores, ", out)  # no more than there are shards
    cosetta("sweep", "--config", "sweep.toml", "--no-explain", "--workers", 1)
    _, out, _ = cosetta("sweep", "--config", "sweep.toml", "--dry-run", "--workers", 9)
    assert "the rest in 2 shards" in out
    assert re.search(r"time: \d s on 2 cores, \d s on one", out)  # nothing is left to train, two are left to explain
    cosetta("sweep", "--config", "sweep.toml", "--workers", 1)
    _, out, _ = cosetta("sweep", "--config", "sweep.toml", "--dry-run")
    assert "4 runs, 4 finished already; nothing is left to do" in out


def test_a_dry_run_leaves_out_what_failed_before(cosetta):
    arguments = ("sweep", "--config", "sweep.toml", "--learning-rate", "0.01,1e30", "--no-explain", "--workers", 1)
    cosetta(*arguments)
    _, out, _ = cosetta(*arguments, "--dry-run")
    assert "8 runs, 4 finished already, 4 failed before; nothing is left to do" in out
    _, out, _ = cosetta(*arguments, "--dry-run", "--retry-failed")
    assert "8 runs, 4 finished already; the rest in 4 shards" in out


def test_a_dry_run_says_what_it_does_not_know(cosetta, monkeypatch):
    _, out, _ = cosetta("sweep", "--config", "sweep.toml", "--dry-run", "--engine", "ray", "--gpus", 0.5)
    assert "on one core; divide by the cores of the cluster" in out
    assert "CPU estimate: a GPU will take another time" in out


def test_failures_are_listed_at_the_end_and_the_status_is_1(cosetta):
    arguments = ("sweep", "--config", "sweep.toml", "--learning-rate", "0.01,1e30", "--no-explain", "--workers", 1)
    for more in ((), ("--retry-failed",)):
        status, out, _ = cosetta(*arguments, *more)
        assert status == 1
        assert len(re.findall("^failed S3-wu2024-", out, flags=re.MULTILINE)) == 4
        assert "the loss must stay finite" in out
        assert "4 runs finished, 4 failed" in out


def test_run_and_explain_leave_a_run_in_other_hands_alone(cosetta):
    arguments = ("run", "S3", "--config", "run.toml", "--max-steps", 20)
    Path("run.toml").write_text(TOML.replace("[8, 12]", "8").replace('seeds = "0:2"', "").replace('group = "S3"', ""))
    assert cosetta(*arguments)[0] == 0
    (folder,) = Path("runs").iterdir()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    for command in (arguments, ("explain", folder)):
        with run_lock(folder.parent, folder.name):
            status, _, err = cosetta(*command)
        assert (status, err.count("\n")) == (1, 1)
        assert f"run '{folder.name}' must be in one hand; another process works on it" in err
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_an_interruption_says_how_far_it_is_and_the_same_command_goes_on(cosetta, monkeypatch):
    monkeypatch.setattr(Here, "interrupt_at", 3)
    status, _, err = cosetta("sweep", "--config", "sweep.toml", "--workers", 1)
    assert status == 130
    assert err.startswith("cosetta: interrupted; 2 of 4 runs are done")
    assert err.count("\n") == 1
    monkeypatch.setattr(Here, "interrupt_at", None)
    assert cosetta("sweep", "--config", "sweep.toml", "--workers", 1)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "a sweep must have a group; none is named"),
        (("S3", "--seeds", "0:3x"), "`seeds` must be like 0:128, or 0,3,7, or 5; got '0:3x'"),
        (("S3", "--frac", "0.5,1.5"), "`train_fraction` must be less than 1"),
        (("S3,Banana",), "Banana"),
        (("S3", "--recipe", "fast,slow"), "`recipe` must be one of"),
        (("S3", "--engine", "slurm"), "`engine` must be one of local, ray; got 'slurm'"),
        (("S3", "--gpus", "0.5"), "`--gpus` belongs to engine ray; the engine is local: leave it out"),
        (("S3", "--workers", "0"), "`workers` must be at least 1; got 0"),
        (("S3", "--stack", "0"), "`stack` must be at least 1; got 0"),
        (("S3", "--config", "nowhere.toml"), "`--config` must name a file"),
        (("S3", "--widht", "3"), "widht"),
        (("S3", "--out", "sweep.toml/runs"), "sweep.toml"),
    ],
)
def test_bad_input_is_one_line(cosetta, arguments, message):
    status, out, err = cosetta("sweep", *arguments)
    assert (status, out) == (1, "")
    assert err.startswith("cosetta: ")
    assert err.count("\n") == 1
    assert message in err
    assert not Path("runs").exists() or not list(Path("runs").glob("S3*"))


@pytest.mark.parametrize(("seconds", "words"), [(0.0, "0 s"), (59.6, "1 min"), (3600.0, "1 h"), (90061.0, "1 d 1 h")])
def test_durations(seconds, words):
    assert duration(seconds) == words
