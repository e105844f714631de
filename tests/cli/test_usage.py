"""Whole help for each command, and one clear line for every command line that cannot be meant."""

import inspect
import re
from pathlib import Path

import pytest

from cosetta.cli import HELP, app
from cosetta.cli.usage import tell_all


@pytest.fixture
def folders(command_line):
    """Run the command line beside a folder that looks like a run, and one that looks like a checkpoint."""
    Path("run/checkpoints").mkdir(parents=True)
    Path("run/config.json").write_text("{}")
    Path("file").write_text("no weights")
    return command_line


@pytest.mark.parametrize("name", HELP)
def test_help_is_the_whole_docstring_and_only_that(command_line, name):
    status, shown, errors = command_line(name, "--help")
    assert (status, errors) == (0, "")
    words = " ".join(shown.split())
    assert f"Usage: cosetta {name}" in words
    assert "[ARGS]" not in shown
    assert "[default: False]" not in shown
    assert "Raises" not in shown
    last = inspect.cleandoc(app[name].default_command.__doc__).partition("\n\nRaises:")[0]
    assert " ".join(last.split()) in words
    assert "First steps" not in shown


def test_commands_stand_in_the_order_of_use(command_line):
    _, shown, _ = command_line("--help")
    named = re.findall(r"^│ ([a-z]+) ", shown, flags=re.MULTILINE)
    assert named == list(HELP)
    assert "First steps" in shown


def test_help_can_be_asked_for_twice():
    for _ in range(2):
        tell_all(app["explore"], "explore")
        assert app["explore"].usage == "Usage: cosetta explore [PATHS ..] [OPTIONS]"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rnu S5", "`rnu` is no command; did you mean `run`? `cosetta --help` lists all"),
        ("group S5 S6", "`S6` is one argument too many: leave it out, or quote what has spaces"),
        ("group S3 --jsn", "`--jsn` is no option of `cosetta group`; did you mean `--json`?"),
        ("run S3 --betas 0.9", "`--betas` must have 2 values; got 1"),
        ("run S3 --recipe", "`--recipe` must have a value; got none"),
        ("check a", "`WEIGHTS` must be given; it is missing"),
        ("census . --by foo", "`--by` must be one of subgroup, irrep, argmin; got 'foo'"),
        ("census . --by argmin --no-argmin", "`--no-argmin` belongs to other labels"),
        ("build S4 --circuits S3 --noise abc", "`--noise` must be a number; got 'abc'"),
        ("build S4 --circuits S3 --noise nan", "`--noise` must be finite and not negative; got nan"),
        ("sweep S3 --frac 0.3 --train-fraction 0.4", "`--train-fraction` must be given once"),
        ("run S3 --seed 99999999999999999999", "`--seed` must be a whole number of at most 19 digits"),
        ("compare . --workers 1.5", "`--workers` must be a whole number; got '1.5'"),
        ("sweep S3 --workers 0 --dry-run", "`workers` must be at least 1; got 0"),
        ("sweep S3 --out file --dry-run", "`--out` must be a folder; `file` is none"),
        ("sweep S3 --track nope --dry-run", "`track` must be wandb or trackio; got 'nope'"),
        ("run S3 --width 2.5", "`width` must be a whole number; got '2.5'"),
        ("explain run --site x", "`--site` belongs to a checkpoint; `run` is a run"),
        ("explain run --instance 0", "`--instance` belongs to a checkpoint"),
        ("explain run --out elsewhere", "`--out` belongs to a checkpoint"),
        ("decompile run --format wu2024", "`--format` belongs to a checkpoint"),
        ("decompile run --why e e --out there", "`--out` belongs to a program that is written; `--why` writes nothing"),
        ("certify run --mapping.left l", "`--mapping` belongs to a checkpoint"),
        ("explore run --group S3", "`--group` belongs to checkpoints; only runs are named"),
        ("explore run --index-only", "`--index-only` belongs to a folder of networks; `run` is one network"),
        ("compare run --group S3", "`--group` belongs to checkpoints"),
        ("export run --repository a/b", "`--repository` belongs to the hub"),
        ("export run --to tar", "`--to` must be one of safetensors, npz, hub; got 'tar'"),
        ("export file", "a finished run must be there; `file` is none"),
    ],
)
def test_what_cannot_be_meant_is_one_line(folders, line, message):
    before = sorted(Path().rglob("*"))
    status, shown, errors = folders(*line.split())
    assert (status, shown) == (1, "")
    assert errors.count("\n") == 1
    assert message in errors
    assert sorted(Path().rglob("*")) == before


def test_a_network_that_was_written_down_is_opened_by_all_that_open_checkpoints(command_line):
    assert command_line("build", "S3", "--circuits", "C2")[0] == 0
    for command in ("decompile", "certify"):
        assert command_line(command, "built/S3-C2")[0] == 0
    status, _, errors = command_line("decompile", "built/S3-C2", "--why", "(1 2)", "(1 7)")
    assert status == 1
    assert "S3 has no element written `(1 7)`" in errors
    assert "write cycles, as (1 2 3), or images, as 23145" in errors


def test_a_run_is_opened_by_all_that_open_runs(command_line):
    small = ["--width", "16", "--embed-dim", "8", "--max-steps", "100", "--analysis.no-arena"]
    assert command_line("run", "S3", *small)[0] == 0
    run = f"{next(Path('runs').glob('S3-*'))}/"
    for command in ("certify", "export"):
        assert command_line(command, run)[0] == 0
    for flags in ((), ("--group", "s_3")):
        _, shown, errors = command_line("decompile", run, *flags)
        assert "a program of" in shown or errors.startswith("cosetta: a program ")
    assert "but --group is C6 (order 6)" in command_line("decompile", run, "--group", "C6")[2]


@pytest.mark.parametrize(("group", "title"), [("S1", "1 class of elements"), ("S1", "1 subgroup in 1 class")])
def test_one_is_singular(command_line, group, title):
    assert title in command_line("group", group)[1]


def test_a_switch_can_be_turned_off(command_line, monkeypatch):
    found = []
    monkeypatch.setattr("cosetta.cli.run._explain_run", lambda run, group, config: found.append(config.arena))
    small = ["--width", "4", "--embed-dim", "4", "--max-steps", "2"]
    assert command_line("run", "S3", *small, "--analysis.no-arena")[0] == 0
    assert command_line("run", "S3", *small, "--analysis.arena")[0] == 0
    assert found == [False, True]
