import errno
import json
import signal
import subprocess
import sys
import time

import polars as pl
import pytest
import torch

from cosetta.errors import BadConfig, BadRun
from cosetta.groups import Group, named_group
from cosetta.training import Phase, TrainConfig, load_run, sitting, state, train, trainer
from cosetta.training.state import METRICS
from cosetta.training.trainer import training_device

CONFIG = TrainConfig(
    group="S3",
    seed=0,
    train_fraction=0.6,
    embed_dim=8,
    width=10,
    embed_std=0.1,
    eval_every=10,
    checkpoints=5,
    phases=(
        Phase(max_steps=65, learning_rate=1e-2, weight_decay=1.0, batch_size=8),
        Phase(max_steps=40, learning_rate=1e-2, final_learning_rate=0.0, weight_decay=0.5),
    ),
)
S3 = named_group("S3")


def changed(**values):
    return TrainConfig.checked(CONFIG.model_dump() | values)


def weights(run):
    return (run.folder / "model.safetensors").read_bytes()


def without_time(run):
    return run.metrics.drop("seconds")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return train(CONFIG, S3, tmp_path_factory.mktemp("runs") / CONFIG.run_name)


@pytest.fixture
def saves_at_every_evaluation(monkeypatch):
    monkeypatch.setattr(sitting, "SAVE_SECONDS", -1.0)


class Stopped(Exception):
    pass


def stop_after(evaluations, error=Stopped):
    """A progress function that raises at one evaluation."""
    seen = []

    def progress(now):
        seen.append(now)
        if len(seen) == evaluations:
            raise error

    return progress


def test_run_folder_holds_everything(finished):
    names = {str(path.relative_to(finished.folder)) for path in finished.folder.rglob("*") if path.is_file()}
    checkpoints = {f"checkpoints/step-{step:08d}.safetensors" for step in (0, 1, 5, 22, 105)}
    assert names == {"config.json", "metrics.parquet", "model.safetensors", "timing.json"} | checkpoints
    record = json.loads((finished.folder / "config.json").read_text())
    assert TrainConfig.checked(record["config"]) == CONFIG
    assert record["group"] == {"name": "S3", "order": 6, "content_hash": S3.content_hash}
    assert record["device"] == "cpu"
    assert record["versions"]["torch"] == torch.__version__


def test_metrics_have_a_row_an_evaluation(finished):
    metrics = finished.metrics
    assert metrics.columns == list(METRICS)
    assert metrics["step"].to_list() == [0, 10, 20, 30, 40, 50, 60, 65, 75, 85, 95, 105]
    assert metrics["seconds"].is_sorted()
    assert metrics["train_loss"][0] == pytest.approx(1.8, abs=0.1)  # log 6
    assert finished.curve(points=4).step == (0, 40, 65, 105)
    assert finished.curve().step[-1] == 105


def test_checkpoints_are_the_states_on_the_way(finished):
    steps = [step for step, _ in finished.checkpoints]
    networks = [finished.network(path) for _, path in finished.checkpoints]
    assert steps == [0, 1, 5, 22, 105]
    assert torch.equal(networks[-1].hidden.weight, finished.network().hidden.weight)
    assert not torch.equal(networks[0].hidden.weight, networks[1].hidden.weight)


def test_two_runs_give_the_same_bytes(finished, tmp_path):
    again = train(CONFIG, S3, tmp_path / "run")
    assert weights(again) == weights(finished)
    assert without_time(again).equals(without_time(finished))


def test_seed_zero_is_a_seed(finished, tmp_path):
    other = train(changed(seed=1), S3, tmp_path / "run")
    assert weights(other) != weights(finished)
    assert other.metrics["test_loss"][0] != finished.metrics["test_loss"][0]


def test_global_random_state_and_threads_are_untouched(tmp_path):
    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        train(CONFIG, S3, tmp_path / "run")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("evaluations", [1, 2, 5, 8, 9, 12])
@pytest.mark.parametrize("error", [Stopped, KeyboardInterrupt])
@pytest.mark.usefixtures("saves_at_every_evaluation")
def test_resumed_equals_uninterrupted(finished, tmp_path, evaluations, error):
    folder = tmp_path / "run"
    with pytest.raises(error):
        train(CONFIG, S3, folder, progress=stop_after(evaluations, error))
    assert not (folder / "model.safetensors").exists()
    with pytest.raises(BadRun, match=r"run 'run' must be finished; it has no model\.safetensors"):
        load_run(folder)
    resumed_at = []
    resumed = train(CONFIG, S3, folder, progress=lambda now: resumed_at.append(now.step))
    assert evaluations < 3 or resumed_at[0] > 0
    assert weights(resumed) == weights(finished)
    assert without_time(resumed).equals(without_time(finished))
    assert resumed.metrics["seconds"].is_sorted()
    for (_, ours), (_, theirs) in zip(resumed.checkpoints, finished.checkpoints, strict=True):
        assert ours.read_bytes() == theirs.read_bytes()


def test_killed_process_leaves_a_resumable_run(finished, tmp_path):
    folder, long = tmp_path / "run", changed(eval_every=1)
    code = (
        "import sys, time; from pathlib import Path; from cosetta.groups import named_group\n"
        "from cosetta.training import TrainConfig, sitting, train; sitting.SAVE_SECONDS = -1\n"
        "config = TrainConfig.model_validate_json(sys.argv[2])\n"
        "train(config, named_group('S3'), Path(sys.argv[1]), progress=lambda now: time.sleep(0.02))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(folder), long.model_dump_json()])
    resume = folder / "checkpoints" / "resume.safetensors"
    deadline = time.monotonic() + 60
    while not resume.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (folder / "model.safetensors").exists()
    resumed = train(long, S3, folder)
    assert weights(resumed) == weights(finished)  # evaluations do not touch the weights


@pytest.mark.usefixtures("saves_at_every_evaluation")
def test_full_disk_leaves_a_resumable_run(finished, tmp_path, monkeypatch):
    folder, saves = tmp_path / "run", []

    def save(tensors, path):
        saves.append(path)
        if len(saves) == 7:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return original(tensors, path)

    original = state.save_tensors
    monkeypatch.setattr(state, "save_tensors", save)
    with pytest.raises(OSError, match="No space left"):
        train(CONFIG, S3, folder)
    assert not (folder / "model.safetensors").exists()
    assert weights(train(CONFIG, S3, folder)) == weights(finished)


def test_finished_run_is_reused(finished):
    changed_at = (finished.folder / "model.safetensors").stat().st_mtime_ns
    progress = stop_after(1)
    again = train(CONFIG, S3, finished.folder, progress=progress)
    assert again.record == finished.record
    assert (finished.folder / "model.safetensors").stat().st_mtime_ns == changed_at


def test_foreign_folders_are_refused(finished, tmp_path):
    S6 = named_group("S6")
    config = changed(group="S6")
    with pytest.raises(BadRun, match=r"^run '.*' was trained on S3 \(order 6\) but --group is S6 \(order 720\)$"):
        train(config, S6, finished.folder)
    with pytest.raises(BadRun, match="was trained with `seed` = 0, not 1: name another folder"):
        train(changed(seed=1), S3, finished.folder)
    impostor = Group(named_group("C6").table, name="S3")
    with pytest.raises(BadRun, match=r"but --group is S3 \(order 6\) with another multiplication table"):
        finished.check_group(impostor)
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(BadRun, match=r"must be empty or a run; it holds thesis\.tex"):
        train(CONFIG, S3, tmp_path)
    with pytest.raises(BadRun, match=r"must be a run folder; it has no config\.json"):
        load_run(tmp_path)


def test_device_does_not_make_a_run_foreign(finished):
    assert train(changed(device="cpu"), S3, finished.folder).folder == finished.folder


@pytest.mark.usefixtures("saves_at_every_evaluation")
@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("checkpoints/resume.safetensors", b"\x00" * 40, "resume.safetensors` must be a whole safetensors file"),
        ("config.json", b'{"schema": 1, "conf', "config.json` must be the whole record of a run"),
        ("config.json", b"[]", "it holds a list of 0, no table"),
        ("config.json", b'{"schema": 1}', "the whole record of a run; `config` is missing"),
        (
            "config.json",
            b'{"schema": 1, "hash": "", "config": {}, "group": {"content_hash": "", "name": "S3", "order": 6}}',
            "the whole record of a run; `group` must be given",
        ),
        (
            "config.json",
            b'{"schema": 9, "config": 0, "group": {"content_hash": "", "name": "", "order": 1}}',
            "must have schema 1; it has 9",
        ),
    ],
)
def test_damaged_files_are_named(tmp_path, name, content, message):
    with pytest.raises(Stopped):
        train(CONFIG, S3, tmp_path / "run", progress=stop_after(4))
    (tmp_path / "run" / name).write_bytes(content)
    with pytest.raises(BadRun, match=message) as raised:
        train(CONFIG, S3, tmp_path / "run")
    assert "\n" not in str(raised.value)


@pytest.mark.usefixtures("saves_at_every_evaluation")
def test_truncated_resume_file_is_refused(tmp_path):
    with pytest.raises(Stopped):
        train(CONFIG, S3, tmp_path / "run", progress=stop_after(4))
    resume = tmp_path / "run" / "checkpoints" / "resume.safetensors"
    resume.write_bytes(resume.read_bytes()[:-100])
    with pytest.raises(BadRun, match=r"resume\.safetensors` must be a whole safetensors file"):
        train(CONFIG, S3, tmp_path / "run")
    resume.unlink()
    assert train(CONFIG, S3, tmp_path / "run").metrics["step"][-1] == 105


def test_damaged_metrics_are_named(tmp_path):
    run = train(CONFIG, S3, tmp_path / "run")
    (run.folder / "metrics.parquet").write_bytes(b"PAR1")
    damaged = load_run(run.folder)
    with pytest.raises(BadRun, match=r"metrics\.parquet` must be the whole metrics of a run"):
        damaged.curve()


def scripted(monkeypatch, accuracies):
    """Let training see these test accuracies, one an evaluation."""
    script = iter(accuracies)
    monkeypatch.setattr(trainer, "score_states", lambda states, _: [(0.5, 0.5, 1.0, next(script)) for _ in states])


def test_criterion_must_be_sustained(tmp_path, monkeypatch):
    phase = Phase(max_steps=100, learning_rate=1e-3, until_accuracy=1.0, hold=3)
    scripted(monkeypatch, [1.0, 1.0, 1.0, 0.9, 1.0, 1.0, 1.0, 1.0])  # the first is before any step
    run = train(changed(phases=(phase,), eval_every=10), S3, tmp_path / "run")
    assert run.metrics["step"][-1] == 60


@pytest.mark.parametrize("stopped_at", [2, 3, 4, 6])
@pytest.mark.usefixtures("saves_at_every_evaluation")
def test_criterion_is_sustained_across_a_resume(tmp_path, monkeypatch, stopped_at):
    accuracies = [0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    config = changed(phases=(Phase(max_steps=100, learning_rate=1e-3, until_accuracy=1.0, hold=3),), eval_every=10)
    scripted(monkeypatch, accuracies)
    with pytest.raises(Stopped):
        train(config, S3, tmp_path / "run", progress=stop_after(stopped_at))
    scripted(monkeypatch, accuracies[stopped_at - 1 :] if stopped_at > 2 else accuracies)
    assert train(config, S3, tmp_path / "run").metrics["step"][-1] == 60


def test_a_phase_ends_at_its_steps_without_the_criterion(tmp_path):
    phase = Phase(max_steps=25, learning_rate=1e-5, until_loss=1e-9)
    run = train(changed(phases=(phase, phase)), S3, tmp_path / "run")
    assert run.metrics["step"].to_list() == [0, 10, 20, 25, 35, 45, 50]
    assert run.metrics["phase"].to_list()[-1] == 2


def test_progress_counts_down_to_the_end(tmp_path):
    seen = []
    train(CONFIG, S3, tmp_path / "run", progress=seen.append)
    assert [now.step for now in seen][-2:] == [105, 105]
    assert {now.max_steps for now in seen} == {105}
    assert all(0 <= now.test_accuracy <= 1 for now in seen)


def test_divergence_stops_with_one_line(tmp_path):
    phase = Phase(max_steps=50, learning_rate=1e30)
    with pytest.raises(BadRun, match=r"the loss must stay finite; in run 'run' it is (nan|inf) at step 10: lower"):
        train(changed(phases=(phase,)), S3, tmp_path / "run")
    assert not (tmp_path / "run" / "model.safetensors").exists()


def test_group_must_be_the_configurations(tmp_path):
    with pytest.raises(BadConfig, match="`group` of the configuration must be the group's name 'S4'; got 'S3'"):
        train(CONFIG, named_group("S4"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_missing_device_is_refused(tmp_path):
    with pytest.raises(BadConfig, match="`device` must be available; cuda is not on this machine"):
        train(changed(device="cuda"), S3, tmp_path / "run")


def test_mps_is_refused_though_it_may_be_there(tmp_path, monkeypatch):
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: True)
    with pytest.raises(BadConfig, match="mps is not, as it has no float64 for losses: use auto or cpu"):
        train(changed(device="mps"), S3, tmp_path / "run")


def test_auto_is_a_gpu_only_where_it_has_enough_to_do(monkeypatch):
    from cosetta.training import fast

    S5 = named_group("S5")
    assert training_device(fast(S5), S5, 128).type == "cpu"
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert [training_device(fast(S5), S5, runs).type for runs in (1, 128)] == ["cpu", "cuda"]
    assert training_device(fast(S5, device="cuda"), S5).type == "cuda"


def test_a_finished_run_needs_no_device_memory_and_keeps_no_resume_file(tmp_path, monkeypatch):
    folder = train(CONFIG, S3, tmp_path / "run").folder
    (folder / "checkpoints" / "resume.safetensors").write_bytes(b"of a process killed as it finished")
    monkeypatch.setattr("cosetta.training.trainer.table_on", None)  # calling it would be an error
    train(CONFIG, S3, folder)
    assert not (folder / "checkpoints" / "resume.safetensors").exists()


def test_command_makes_the_run_again(tmp_path):
    from cosetta.training import fast

    config = fast("S3", seed=2, embed_dim=8, width=8, eval_every=500)
    run = train(config, S3, tmp_path / "run")
    assert run.command == "cosetta run S3 --config run/config.json"
    record = run.record | {"config": fast("S3", seed=2).model_dump(mode="json")}
    assert type(run)(run.folder, record).command == "cosetta run S3 --recipe fast --seed 2"


def test_metrics_are_parquet(finished):
    stored = pl.read_parquet(finished.folder / "metrics.parquet")
    assert stored.schema == {name: kind for name, kind in METRICS.items() if name != "seconds"}
    assert finished.metrics.schema == METRICS
    assert finished.metrics["seconds"].is_sorted()


@pytest.mark.slow
def test_fast_recipe_groks_s5(tmp_path):
    from cosetta.training import fast

    run = train(fast("S5"), named_group("S5"), tmp_path / "run")
    last = run.metrics.row(-1, named=True)
    assert last["test_accuracy"] == 1.0
    assert last["test_loss"] < 1e-5
