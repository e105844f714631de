"""The adapter against stand-ins that record or fail, in place of the real packages."""

import sys
from types import ModuleType

import pytest

from cosetta.cli import main
from cosetta.errors import BadConfig, Unsupported
from cosetta.tracking import TRACKERS, tracker
from cosetta.training import Progress, fast

CONFIG = fast("S3", width=8)
POINT = Progress(50, 100, 0, 1.5, 0.4, 0.5, 0.9, 0.8)


def stand_in(monkeypatch, name, failing=()):
    """A module that writes down what it is called with."""
    module, calls = ModuleType(name), []

    def recorder(verb):
        def call(*args, **kwargs):
            calls.append((verb, args, kwargs))
            if verb in failing:
                raise RuntimeError("no\nnetwork")

        return call

    for verb in ("init", "log", "finish"):
        setattr(module, verb, recorder(verb))
    monkeypatch.setitem(sys.modules, name, module)
    return calls


def track(points, stop=None):
    """Some points through trackio, and then perhaps the end of the training."""
    with tracker("trackio", CONFIG, "run") as send:
        for _ in range(points):
            send(POINT)
        if stop:
            raise stop


@pytest.mark.parametrize("name", TRACKERS)
def test_a_run_begins_gets_its_points_and_ends(monkeypatch, name):
    calls = stand_in(monkeypatch, name)
    with tracker(name, CONFIG, "S3-fast-0") as send:
        assert calls == []
        send(POINT)
        send(POINT)
    assert [verb for verb, _, _ in calls] == ["init", "log", "log", "finish"]
    assert calls[0][2]["name"] == "S3-fast-0"
    assert calls[0][2]["config"]["width"] == 8
    (curves,), options = calls[1][1:]
    assert options == {"step": 50}
    assert curves["test_loss"] == 0.5
    assert "step" not in curves


def test_nothing_begins_without_progress(monkeypatch):
    calls = stand_in(monkeypatch, "wandb")
    with tracker("wandb", CONFIG, "run"):
        pass
    assert calls == []


@pytest.mark.parametrize(
    ("failing", "verbs"), [("init", ["init"]), ("log", ["init", "log"]), ("finish", ["init", "log", "log", "finish"])]
)
def test_a_failing_tracker_warns_once_and_stops_nothing(monkeypatch, failing, verbs):
    calls = stand_in(monkeypatch, "trackio", failing=(failing,))
    with pytest.warns(UserWarning, match="trackio failed and is left out from here on: no network") as warned:
        track(2)
    assert len(warned) == 1
    assert [verb for verb, _, _ in calls] == verbs


def test_a_training_that_stops_still_ends_the_run(monkeypatch):
    calls = stand_in(monkeypatch, "trackio")
    with pytest.raises(KeyboardInterrupt):
        track(1, KeyboardInterrupt)
    assert calls[-1][0] == "finish"


@pytest.mark.parametrize(("name", "command"), TRACKERS.items())
def test_a_missing_package_is_said_with_the_command_that_installs_it(monkeypatch, name, command):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(Unsupported, match="is not installed: pip install") as refused, tracker(name, CONFIG, "run"):
        pass
    assert command in str(refused.value)


def test_an_unknown_tracker_is_refused():
    with pytest.raises(BadConfig, match="must be wandb or trackio; got 'mlflow'"), tracker("mlflow", CONFIG, "run"):
        pass


def test_the_command_line_sends_the_curves_and_needs_the_package(monkeypatch, tmp_path, capsys):
    small = ["--embed-dim", "8", "--width", "8", "--max-steps", "20", "--analysis.null-samples", "19"]

    def cosetta(name):
        monkeypatch.setattr(sys, "argv", ["cosetta", "run", "S3", "--track", name, *small])
        try:
            main()
            status = 0
        except SystemExit as stop:
            status = stop.code or 0
        return status, capsys.readouterr().err

    monkeypatch.chdir(tmp_path)
    calls = stand_in(monkeypatch, "trackio")
    monkeypatch.setitem(sys.modules, "wandb", None)
    assert cosetta("wandb") == (
        1,
        "cosetta: `track` needs the package wandb, which is not installed: pip install wandb\n",
    )
    assert not (tmp_path / "runs").exists()
    assert cosetta("trackio") == (0, "")
    assert [verb for verb, _, _ in calls][:2] == ["init", "log"]
    assert calls[0][2]["name"] == next((tmp_path / "runs").iterdir()).name
    assert calls[-1][0] == "finish"
    steps = [options["step"] for verb, _, options in calls if verb == "log"]
    assert steps == sorted(steps)
    assert steps[-1] > 0
