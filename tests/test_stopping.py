"""Ctrl-C and SIGTERM: within two seconds, one line, and the same command goes on as if nothing had happened."""

import os
import signal
import subprocess
import sys
import time

import pytest

from cosetta import named_group, train
from cosetta.stopping import Stopped, deferred
from cosetta.training import Phase, TrainConfig

SECONDS = 2.0
"""What one signal may take; a machine that is twenty times too busy gets more below."""

CONFIG = TrainConfig(group="S3", embed_dim=8, width=8, eval_every=7, phases=(Phase(max_steps=200, learning_rate=0.01),))
TOML = 'recipe = "wu2024"\nembed_dim = 8\nwidth = 8\ncheckpoints = 3\neval_every = 50\nmax_steps = 1_000_000\n'


def contents(folder):
    names = ("metrics.parquet", "model.safetensors", "config.json")
    kept = sorted((folder / "checkpoints").iterdir())
    return {path.name: path.read_bytes() for path in [*(folder / name for name in names), *kept]}


@pytest.mark.parametrize("at", [0, 7, 63, 200])
def test_training_ends_its_step_saves_and_goes_on_with_the_same_bytes(tmp_path, at):
    def interrupt(now):
        if now.step == at:
            signal.raise_signal(signal.SIGINT)

    S3 = named_group("S3")
    with pytest.raises(Stopped):
        train(CONFIG, S3, tmp_path / "a", progress=interrupt)
    assert (tmp_path / "a" / "checkpoints" / "resume.safetensors").exists() == (0 < at < 200)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    train(CONFIG, S3, tmp_path / "a")
    train(CONFIG, S3, tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_a_second_signal_does_not_wait():
    asked = []

    def work():
        with deferred() as work:
            signal.raise_signal(signal.SIGINT)
            asked.append(work.is_asked)
            signal.raise_signal(signal.SIGINT)
            asked.append("the second one was deferred too")

    with pytest.raises(Stopped):
        work()
    assert asked == [True]


def test_a_signal_that_nobody_asks_for_is_not_lost():
    with pytest.raises(Stopped), deferred():
        signal.raise_signal(signal.SIGINT)


def start(folder, *arguments):
    code = "from cosetta.__main__ import main; main()"
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=folder, start_new_session=True)


def wait_for(process, folder, pattern):
    deadline = time.monotonic() + 100
    while not list(folder.glob(pattern)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.3)


def end(process, number, whole_group):
    """Send a signal; the seconds until the end, and what was said."""
    started = time.monotonic()
    (os.killpg if whole_group else os.kill)(process.pid, number)
    try:
        _, errors = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()  # what does not end by itself would outlive the test
        raise
    return time.monotonic() - started, errors


@pytest.mark.parametrize(
    ("command", "number", "whole_group"),
    [
        ("run", signal.SIGINT, True),
        ("run", signal.SIGTERM, False),
        ("sweep", signal.SIGINT, True),
        ("sweep", signal.SIGTERM, False),
    ],
)
def test_a_command_ends_in_time_with_one_line_and_has_saved(tmp_path, command, number, whole_group):
    (tmp_path / "a.toml").write_text(TOML)
    more = ["--workers", "1"] if command == "sweep" else []
    process = start(tmp_path, command, "S3", "--config", "a.toml", *more)
    wait_for(process, tmp_path, "runs/*/checkpoints/step-*1.safetensors")
    seconds, errors = end(process, number, whole_group)
    assert process.returncode == 128 + number
    assert errors.startswith("cosetta: interrupted; ")
    assert errors.count("\n") == 1
    assert seconds < max(SECONDS, os.getloadavg()[0] / 4)
    assert len(list(tmp_path.glob("runs/*/checkpoints/resume.safetensors"))) == 1
    assert not list(tmp_path.rglob("*.part"))


def test_a_command_that_is_deep_in_a_long_call_is_ended_all_the_same(tmp_path):
    code = (
        "import hashlib, pathlib\nfrom cosetta.stopping import ends_in_time\nwith ends_in_time():\n"
        " pathlib.Path('begun').touch()\n hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)"
    )
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", code], stdout=pipe, stderr=pipe, text=True, cwd=tmp_path)
    wait_for(process, tmp_path, "begun")
    seconds, errors = end(process, signal.SIGTERM, False)
    assert (process.returncode, errors.count("\n")) == (143, 1)
    assert seconds < max(SECONDS, os.getloadavg()[0] / 4)


def test_ctrl_c_while_the_program_is_loaded_is_one_line(tmp_path):
    process = start(tmp_path, "run", "S5")
    time.sleep(0.25)
    _, errors = end(process, signal.SIGINT, True)
    assert "Traceback" not in errors or "cosetta" not in errors  # before our first line, Python itself answers
    assert process.returncode != 0
