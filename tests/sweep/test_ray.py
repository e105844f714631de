"""Ray, where it is installed: the same runs as without it, and a killed worker costs nothing but its shard."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cosetta.sweep import sweep

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own


@pytest.fixture(scope="module")
def cluster():
    """Ray on this machine, with two places."""
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    yield
    ray.shutdown()


@pytest.mark.usefixtures("cluster")
def test_ray_makes_the_same_runs(tiny, analysis, make_alone, contents, tmp_path):
    configs = tiny("0:4")
    result = sweep(configs, tmp_path / "runs", engine="ray", analysis=analysis)
    assert (result.finished, result.failed) == (tuple(config.run_name for config in configs), ())
    assert contents(tmp_path / "runs") == make_alone(configs)


@pytest.mark.usefixtures("cluster")
def test_a_ray_worker_killed_in_the_middle_is_retried(tiny, analysis, make_alone, contents, tmp_path):
    configs, out = tiny("0", max_steps=8000), tmp_path / "runs"
    killer = subprocess.Popen([sys.executable, __file__, str(out)])
    result = sweep(configs, out, engine="ray", analysis=analysis)
    assert killer.wait(60) == 0
    assert (len(result.finished), result.failed) == (1, ())
    assert contents(out) == make_alone(configs)


@pytest.mark.usefixtures("cluster")
def test_a_full_disk_is_an_oserror_with_ray_too(tiny, tmp_path):
    (tmp_path / "file").write_text("")
    configs = tiny("0")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / configs[0].run_name).write_text("not a folder")
    with pytest.raises(OSError, match="wu2024"):
        sweep(configs, tmp_path / "runs", engine="ray")


def kill_who_holds_a_lock(out):
    """Kill the process that holds a lock in this folder, once it has begun to write checkpoints."""
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        for handle in Path("/proc").glob("[0-9]*/fd/*"):
            try:
                target = str(handle.readlink())
            except OSError:
                continue
            if target.startswith(str(out)) and target.endswith(".lock") and list(out.rglob("step-*")):
                os.kill(int(handle.parts[2]), signal.SIGKILL)
                return
        time.sleep(0.01)
    raise SystemExit(1)


if __name__ == "__main__":
    kill_who_holds_a_lock(Path(sys.argv[1]))
