"""Odd environments: a refusal of the machine is one line with the path; what a terminal lacks is shown plainly."""

import errno
import os
import resource
import subprocess
import sys

import pytest

from cosetta.cli.environment import is_refusal, plain, refusal

RUN = ("run", "S3", "--max-steps", "20", "--embed-dim", "8", "--width", "8", "--train-fraction", "0.8")


def cosetta(folder, *arguments, limit=None, **environment):
    """The command line in a process with a limit: (exit status, stdout, stderr)."""
    command = [sys.executable, "-m", "cosetta", *arguments]
    preexec = (lambda: resource.setrlimit(limit[0], (limit[1], limit[1]))) if limit else None
    where = {"cwd": folder, "env": os.environ | environment, "preexec_fn": preexec}
    done = subprocess.run(command, capture_output=True, check=False, **where)
    return done.returncode, done.stdout, done.stderr.decode()


def test_an_output_that_lacks_signs_gets_plainer_ones(tmp_path):
    status, out, err = cosetta(tmp_path, *RUN, PYTHONIOENCODING="ascii")
    assert (status, err) == (0, "")
    assert out.isascii()
    assert b"S3  Train accuracy" in out
    assert b". accuracy" in out
    assert list(tmp_path.glob("runs/*/report.html"))
    status, out, _ = cosetta(tmp_path, "irreps", "Q8", PYTHONIOENCODING="cp1252")
    assert status == 0
    assert b"quaternionic" in out.decode("cp1252").encode()


@pytest.mark.parametrize(
    ("command", "limit", "says"),
    [
        (RUN, (resource.RLIMIT_FSIZE, 1024), "the limit on the size of files is reached: `runs/S3-fast-0-"),
        (RUN, (resource.RLIMIT_AS, 600_000 * 1024), "the limit on memory must leave 2 GiB of address space"),
        (RUN, (resource.RLIMIT_AS, 1_200_000 * 1024), "the limit on memory must leave 2 GiB of address space"),
        (("irreps", "S7"), (resource.RLIMIT_AS, 400_000 * 1024), "memory ran out: choose a smaller group"),
    ],
)
def test_limits_are_one_line(tmp_path, command, limit, says):
    status, _, err = cosetta(tmp_path, *command, limit=limit, OMP_NUM_THREADS="1")
    assert status == 1
    assert err.startswith(f"cosetta: {says}")
    assert err.count("\n") == 1
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("command", [("subgroups", "S4"), ("group", "S4"), ("irreps", "S4"), ("run", "--help")])
def test_what_needs_no_torch_works_in_little_memory(tmp_path, command):
    status, out, err = cosetta(tmp_path, *command, limit=(resource.RLIMIT_AS, 400_000 * 1024), OMP_NUM_THREADS="1")
    assert (status, err) == (0, "")
    assert out


def test_a_library_that_calls_itself_broken_for_want_of_memory_is_not_blamed():
    wanting, missing = ImportError("broken install"), ImportError("broken install")
    wanting.__cause__ = ImportError("libx.so: failed to map segment from shared object")
    missing.__cause__ = ImportError("no module named x")
    assert is_refusal(wanting)
    assert not is_refusal(missing)


def test_a_full_disk_under_the_output_is_one_line(tmp_path):
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "cosetta", "subgroups", "S3"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert done.stderr == b"cosetta: the disk is full: the output could not be written; free space and run again\n"


def test_a_reader_that_leaves_is_no_error(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "cosetta", "subgroups", "S4"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, cwd=tmp_path, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENOSPC, "", "a/b"), "the disk is full: `a/b`"),
        (OSError(errno.EDQUOT, "", "a/b"), "the quota is used up: `a/b`"),
        (OSError(errno.EMFILE, "", "a/b"), "the limit on open files is reached: `a/b`"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "memory ran out"),
        (ImportError("libtorch.so: failed to map segment from shared object"), "memory ran out"),
        (MemoryError(), "memory ran out"),
    ],
)
def test_refusals_have_their_own_words(error, says):
    assert refusal(error).startswith(says)


def test_what_is_no_refusal_is_not_taken_for_one():
    assert refusal(RuntimeError("shape '[2]' is invalid")) is None
    assert refusal(OSError(errno.EACCES, "Permission denied", "a")) is None


def test_signs_have_plain_ones():
    assert [plain(sign) for sign in "₁²é≤漢"] == ["1", "2", "e", "<=", "?"]
