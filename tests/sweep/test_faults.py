"""A sweep is killed with kill -9, again and again, in every way: what is finished stays, and the end is the same.

Sweeps run in processes forked from a clean server that has imported everything, so a round takes the time of one
worker's start. Kills come at random moments after a run has begun.
"""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cosetta.population import TIMES, census
from cosetta.sweep import sweep

FEW, MANY = {"worker": 4, "parent": 2, "group": 1}, {"worker": 12, "parent": 6, "group": 3}
MOST_SECONDS = 0.15
"""A run takes about 0.2 s."""

TOML = """
group = "S3"
recipe = "wu2024"
seeds = "0:20"
embed_dim = 8
width = 8
checkpoints = 3
eval_every = 20
max_steps = 600
analysis = { null_samples = 19 }
"""


@pytest.fixture(scope="module")
def server():
    """Starts processes that hold nothing of this one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["cosetta.sweep"])
    return context


@pytest.fixture(scope="module")
def configs(tiny):
    return tiny("0:20", max_steps=600)


@pytest.fixture
def start(server, configs, analysis):
    """Start a sweep with one worker in a process of its own."""

    def start(out):
        process = server.Process(target=sweep, args=(configs, out), kwargs={"workers": 1, "analysis": analysis})
        process.start()
        return process

    return start


class Watched:
    """A folder of runs: what was finished at any time must stay as it was."""

    def __init__(self, out):
        self.out, self.seen, self.random = out, {}, random.Random(out.name)
        out.mkdir()

    def note(self):
        """Remember every file of every finished run, and give the number of the unfinished ones."""
        runs = list(self.out.glob("S3-*"))
        finished = [run for run in runs if (run / "analysis.json").exists()]
        for file in (file for run in finished for file in run.rglob("*") if file.is_file()):
            now = file.stat().st_mtime_ns, file.read_bytes()
            assert self.seen.setdefault(file, now) == now, file
        return len(runs) - len(finished)

    def worker_in_a_run(self, sweep):
        """Wait until a worker of this sweep has the lock of a run, and then for a random moment; the worker's id."""
        deadline = time.monotonic() + 100
        while time.monotonic() < deadline:
            for worker in workers(sweep):
                if holds_a_lock(worker):
                    time.sleep(self.random.uniform(0, MOST_SECONDS))
                    return worker
            assert status(sweep) not in {None, "Z"}, "all runs were made before all kills"
            time.sleep(0.005)
        raise AssertionError("no worker began in time")


def status(pid):
    """State of a process as the kernel says, `Z` for a dead one that nobody waited for, None if there is none."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def workers(pid):
    """Process ids of the workers of a sweep: its children that multiprocessing spawned."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            is_child = int((path / "stat").read_text().rpartition(")")[2].split()[1]) == pid
            if is_child and b"spawn_main" in (path / "cmdline").read_bytes():
                found.append(int(path.name))
        except (OSError, ValueError):
            continue
    return found


def holds_a_lock(pid):
    try:
        return any(str(handle.readlink()).endswith(".lock") for handle in (Path("/proc") / str(pid) / "fd").iterdir())
    except OSError:
        return False


def wait_until_gone(pid):
    deadline = time.monotonic() + 20
    while status(pid) not in {None, "Z"} and time.monotonic() < deadline:
        time.sleep(0.01)
    assert status(pid) in {None, "Z"}


def kill_workers(watched, start, kills):
    """One sweep whose worker is killed again and again."""
    sweep = start(watched.out)
    for _ in range(kills):
        worker = watched.worker_in_a_run(sweep.pid)
        os.kill(worker, signal.SIGKILL)
        wait_until_gone(worker)
        watched.note()
    sweep.join(100)
    assert sweep.exitcode == 0


def kill_parents(watched, start, kills):
    """Sweeps that are killed; their workers end by themselves."""
    for _ in range(kills):
        sweep = start(watched.out)
        worker = watched.worker_in_a_run(sweep.pid)
        sweep.kill()
        sweep.join()
        wait_until_gone(worker)
        assert watched.note() <= 1
    sweep = start(watched.out)
    sweep.join(100)
    assert sweep.exitcode == 0


def kill_groups(watched, _, kills):
    """The command line, killed with everything it has started."""
    toml = watched.out.with_suffix(".toml")
    toml.write_text(TOML)
    code = "from cosetta.cli import main; main()"
    command = [sys.executable, "-c", code, "sweep", "--config", toml, "--out", watched.out, "--workers", "1"]
    for _ in range(kills):
        sweep = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)
        worker = watched.worker_in_a_run(sweep.pid)
        os.killpg(sweep.pid, signal.SIGKILL)
        assert sweep.wait() == -signal.SIGKILL
        wait_until_gone(worker)
        assert watched.note() <= 1
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "20 runs finished" in done.stdout


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="finds workers in /proc")
@pytest.mark.parametrize("kills", [FEW, pytest.param(MANY, marks=pytest.mark.slow)], ids=["few", "many"])
def test_killed_at_random_moments_in_every_way(start, contents, tmp_path, kills):
    ways = {"worker": kill_workers, "parent": kill_parents, "group": kill_groups}
    watched = {way: Watched(tmp_path / way) for way in ways}
    with ThreadPoolExecutor() as threads:  # most of the time goes into starting processes
        for future in [threads.submit(ways[way], watched[way], start, kills[way]) for way in ways]:
            future.result()
    sweeps = [start(tmp_path / name) for name in ("whole", "shared", "shared")]
    for process in sweeps:
        process.join(100)
        assert process.exitcode == 0
    expected = contents(tmp_path / "whole")
    assert len(expected) == 20
    assert contents(tmp_path / "shared") == expected  # made by two sweeps at once
    table = census(tmp_path / "whole")
    assert (table.runs.height, table.skipped) == (20, ())
    for way, each in watched.items():
        assert each.note() == 0
        assert contents(each.out) == expected, way
        again = census(each.out)
        assert again.runs.drop(TIMES).equals(table.runs.drop(TIMES)), way
        assert again.neurons.equals(table.neurons), way
    assert not list(tmp_path.glob("*/.locks/*"))
