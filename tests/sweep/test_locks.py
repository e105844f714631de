"""Locks of runs: one holder, freed by the kernel, nothing left behind."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cosetta.errors import BadRun
from cosetta.sweep import locks
from cosetta.sweep.locks import run_lock, sole_use

HOLDER = """
import sys
from pathlib import Path
from cosetta.sweep.locks import run_lock
with run_lock(Path(sys.argv[1]), "a") as held:
    print(held, flush=True)
    sys.stdin.read()
"""


def holder(out):
    process = subprocess.Popen([sys.executable, "-c", HOLDER, out], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"True\n"
    return process


def test_a_killed_holder_frees_its_lock(tmp_path):
    process = holder(tmp_path)
    with run_lock(tmp_path, "a") as held:
        assert not held
    assert (tmp_path / ".locks" / "a.lock").exists()  # who does not hold it does not remove it
    process.kill()
    process.communicate()
    with run_lock(tmp_path, "a") as held:
        assert held
    assert not list((tmp_path / ".locks").iterdir())


def test_never_two_holders(tmp_path):
    inside, most, entered = [], [], threading.Semaphore(0)

    def work():
        for _ in range(200):
            with run_lock(tmp_path, "a") as held:
                if held:
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
                    entered.release()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert set(most) == {1}
    assert len(most) > 100


def test_one_command_at_a_time_works_on_a_run(tmp_path):
    with (
        run_lock(tmp_path, "a") as held,
        pytest.raises(BadRun, match="run 'a' must be in one hand"),
        sole_use(tmp_path / "a"),
    ):
        assert held
    with sole_use(tmp_path / "a"), run_lock(tmp_path, "b"):
        assert (tmp_path / ".locks" / "a.lock").exists()
    assert list(tmp_path.iterdir()) == []
    with sole_use(tmp_path / "a"):
        (tmp_path / "a" / "config.json").write_text("{}")
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "config.json"]


def test_without_locks_the_file_is_closed_before_it_goes(tmp_path, monkeypatch):
    def unlink(path):
        assert not [handle for handle in Path("/dev/fd").iterdir() if handle.exists() and handle.samefile(path)]
        removed.append(path.name)

    removed = []
    monkeypatch.setattr(locks, "fcntl", None)
    monkeypatch.setattr(Path, "unlink", unlink)
    with run_lock(tmp_path, "a") as held:
        assert held
    assert removed == ["a.lock"]


@pytest.mark.skipif(locks.fcntl is None, reason="no flock here")
def test_a_file_system_without_locks_lets_everybody_work(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(locks.errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks.fcntl, "flock", refuse)
    with run_lock(tmp_path, "a") as first, run_lock(tmp_path, "a") as second:
        assert first
        assert second
