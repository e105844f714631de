"""The main job end to end on a tiny group, through the command line, and what happens when it goes wrong."""

import errno
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cosetta.results import load_analysis

TINY = """
embed_dim = 16
width = 24
train_fraction = 0.8
eval_every = 20
phases = [
  {max_steps = 200, learning_rate = 0.02, weight_decay = 0.3},
  {max_steps = 60, learning_rate = 0.02, final_learning_rate = 0.0},
]

[analysis]
null_samples = 99
"""


@pytest.fixture
def cosetta(command_line, tmp_path):
    """Run the command line in an empty folder: (exit status, stdout, stderr)."""
    (tmp_path / "tiny.toml").write_text(TINY)
    return command_line


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One finished run, made through the command line in a process of its own."""
    place = tmp_path_factory.mktemp("finished")
    (place / "tiny.toml").write_text(TINY)
    command = [sys.executable, "-c", "from cosetta.cli import main; main()", "run", "S3", "--config", "tiny.toml"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return next((place / "runs").iterdir())


@pytest.fixture
def run_folder(finished, cosetta):
    """A copy of it in the folder of the test."""
    return Path(shutil.copytree(finished, Path("runs") / finished.name))


@pytest.fixture
def training_only(monkeypatch):
    """Leave the explanation out, in tests of the training alone."""
    monkeypatch.setattr("cosetta.cli.run._explain_run", lambda *arguments: None)


def test_a_run_leaves_everything_it_promises(run_folder):
    assert {path.name for path in run_folder.iterdir()} == {
        "README.md",
        "analysis.json",
        "checkpoints",
        "config.json",
        "metrics.parquet",
        "model.safetensors",
        "report.html",
        "timing.json",
    }
    analysis = load_analysis(run_folder)
    assert analysis.group == "S3"
    assert analysis.curve is not None
    assert analysis.thresholds["null_samples"] == 99
    assert analysis.command in (run_folder / "README.md").read_text()


def test_a_finished_run_is_reused_and_its_own_record_makes_it_again(run_folder, cosetta, training_only):
    weights = run_folder / "model.safetensors"
    before = weights.stat().st_mtime_ns, weights.read_bytes()
    assert cosetta("run", "S3", "--config", "tiny.toml")[0] == 0
    assert (weights.stat().st_mtime_ns, weights.read_bytes()) == before
    assert cosetta("run", "S3", "--config", run_folder / "config.json", "--out", "again")[0] == 0
    assert next(Path("again").iterdir()).name == run_folder.name
    assert (next(Path("again").iterdir()) / "model.safetensors").read_bytes() == before[1]


def test_flags_win_over_the_file_and_seed_zero_is_a_seed(cosetta, training_only):
    for arguments in (("--seed", "0", "--width", "8"), ("--seed", "1", "--width", "8")):
        assert cosetta("run", "S3", "--config", "tiny.toml", *arguments)[0] == 0
    records = [json.loads((folder / "config.json").read_text())["config"] for folder in Path("runs").iterdir()]
    assert sorted(record["seed"] for record in records) == [0, 1]
    assert {record["width"] for record in records} == {8}


def test_the_smallest_group_has_a_report(cosetta):
    status, _, errors = cosetta("run", "S2", "--width", "4", "--embed-dim", "4", "--analysis.no-arena")
    assert (status, errors) == (0, "")
    assert (next(Path("runs").iterdir()) / "report.html").is_file()


def test_explaining_again_with_another_threshold(run_folder, cosetta):
    assert cosetta("explain", run_folder, "--analysis.coset-threshold", "0.2")[0] == 0
    assert load_analysis(run_folder).thresholds["coset_threshold"] == 0.2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "S3", "--config", "nowhere.toml"), "`--config` must name a file; `nowhere.toml` does not exist"),
        (("run", "S3", "--config", "broken.toml"), "`broken.toml` must be TOML"),
        (("run", "S3", "--config", "typo.toml"), "did you mean `width`?"),
        (("run", "S3", "--config", "threshold.toml"), "coset_treshold"),
        (("run", "S3", "--config", "tiny.toml", "--train-fraction", "1.5"), "`train_fraction` must be less than 1"),
        (("run", "S3", "--config", "tiny.toml", "--device", "tpu"), "device"),
        (("run", "S3", "--activation", "sine"), "`activation` must be 'relu', 'abs', 'gelu'"),
        (("run", "S3", "--config", "tiny.toml", "--out", "tiny.toml"), "`tiny.toml/S3-fast-0-"),
        (("explain", "."), "`.` does not: name a run or a file in it"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(cosetta, arguments, message):
    Path("broken.toml").write_text("width = ")
    Path("typo.toml").write_text("widht = 3")
    Path("threshold.toml").write_text("[analysis]\ncoset_treshold = 0.1")
    status, out, err = cosetta(*arguments)
    assert status == 1
    assert out == ""
    assert err.startswith("cosetta: ")
    assert err.count("\n") == 1
    assert message in err
    assert not Path("runs").exists()


def test_a_split_that_cannot_be_made_leaves_no_run(cosetta):
    status, _, errors = cosetta("run", "S1")
    assert status == 1
    assert "`train_fraction` must leave training and test pairs; 0.9 of 1 pairs gives 1 and 0" in errors
    assert not list(Path("runs").glob("S1*"))


def test_a_run_of_another_group_is_refused(run_folder, cosetta):
    status, _, err = cosetta("explain", run_folder, "--group", "S4")
    assert status == 1
    assert f"run '{run_folder.name}' was trained on S3 (order 6) but --group is S4 (order 24)" in err


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "metrics.parquet"])
def test_a_truncated_file_is_named(run_folder, cosetta, name):
    whole = (run_folder / name).read_bytes()
    (run_folder / name).write_bytes(whole[: len(whole) // 2])
    status, _, err = cosetta("explain", run_folder)
    assert status == 1
    assert err.count("\n") == 1
    assert name in err


def test_a_full_disk_stops_in_one_line_and_the_run_goes_on_later(cosetta, training_only, monkeypatch):
    from cosetta.training import sitting

    calls = iter(range(100))

    def full(*arguments, **options):
        if next(calls) >= 3:
            raise OSError(errno.ENOSPC, "No space left on device", "step.safetensors")
        return save(*arguments, **options)

    save = sitting.save_network
    with monkeypatch.context() as patch:
        patch.setattr(sitting, "save_network", full)
        status, _, err = cosetta("run", "S3", "--config", "tiny.toml")
    assert status == 1
    assert "the disk is full" in err
    folder = next(Path("runs").iterdir())
    assert not (folder / "model.safetensors").exists()
    assert not list(folder.rglob("*.part"))
    status, _, err = cosetta("explain", folder)
    assert "must be finished" in err
    assert cosetta("run", "S3", "--config", "tiny.toml")[0] == 0
    assert (folder / "model.safetensors").exists()


def test_interruption_is_one_line_and_resumes_to_the_same_bytes(cosetta, training_only, monkeypatch):
    from cosetta.training.sitting import Sitting

    def interrupted(this, scores):
        if this.state.step >= 100:
            raise KeyboardInterrupt
        return record(this, scores)

    record = Sitting.record
    with monkeypatch.context() as patch:
        patch.setattr(Sitting, "record", interrupted)
        status, _, err = cosetta("run", "S3", "--config", "tiny.toml")
    assert status == 130
    assert err.count("\n") == 1
    folder = next(Path("runs").iterdir())
    assert cosetta("run", "S3", "--config", "tiny.toml")[0] == 0
    resumed = (folder / "model.safetensors").read_bytes()
    shutil.rmtree("runs")
    assert cosetta("run", "S3", "--config", "tiny.toml")[0] == 0
    assert (folder / "model.safetensors").read_bytes() == resumed


TIMED = {"timing.json"}
"""Files that hold wall times."""


def test_the_same_configuration_gives_the_same_bytes_wherever_it_is_written(cosetta, run_folder):
    status, out, _ = cosetta("run", "S3", "--config", "tiny.toml", "--out", "else/where")
    again = Path("else/where") / run_folder.name
    names = {path.relative_to(run_folder) for path in run_folder.rglob("*") if path.is_file()}
    assert names == {path.relative_to(again) for path in again.rglob("*") if path.is_file()}
    differ = {name.name for name in names if (run_folder / name).read_bytes() != (again / name).read_bytes()}
    assert (status, differ) == (0, TIMED)
    weights = subprocess.run(["sha256sum", again / "model.safetensors"], capture_output=True, text=True, check=True)
    assert f"of the weights {weights.stdout[:16]}\n" in out
    assert "else" not in (again / "README.md").read_text()
    assert {"platform", "cpus"} <= set(json.loads((again / "timing.json").read_text())["host"])


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("config.json", "[" * 100_000, "record of a run; recursion limit"),
        ("config.json", '{"schema": 2}', "must have schema 1; it has 2"),
        ("config.json", '{"schema": 1, "config": {"group": "\\ud800"}}', "hex escape"),
        ("model.safetensors", "x" * 99, "model.safetensors` must be a whole safetensors file"),
        ("metrics.parquet", "PAR1", "metrics.parquet` must be the whole metrics of a run"),
    ],
)
@pytest.mark.parametrize("command", ["explain", "census", "export"])
def test_one_odd_file_of_a_run_is_one_line_in_every_command(cosetta, run_folder, command, name, content, says):
    (run_folder / name).write_text(content)
    status, out, err = cosetta(command, run_folder)
    if command == "census" and name != "config.json":
        assert status == 0  # the rest is counted, and the file named
        assert f"skipped {run_folder.name}: " in out
    elif command == "export" and name == "metrics.parquet":
        assert status == 0  # it is not needed
    else:
        assert (status, err.count("\n")) == (1, 1)
        assert says in err


@pytest.mark.parametrize("command", ["run", "sweep"])
@pytest.mark.parametrize("name", ["a.toml", "a.json"])
def test_nested_settings_are_one_line(cosetta, command, name):
    Path(name).write_text("a = " * name.endswith("toml") + "[" * 50_000)
    status, _, err = cosetta(command, "S3", "--config", name)
    assert (status, err.count("\n")) == (1, 1)
    assert f"`{name}` must be TOML, or the config.json of a run; " in err
