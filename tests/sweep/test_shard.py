"""The unit of work: as often as one likes, alone on its runs, failures named."""

import errno
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from cosetta.config import AnalysisConfig
from cosetta.errors import BadConfig
from cosetta.explanation import failure
from cosetta.models import storage
from cosetta.sweep import Shard, SweepPlan, Work, run_shard
from cosetta.sweep import shard as module
from cosetta.sweep.locks import run_lock
from cosetta.sweep.plan import is_done
from cosetta.training import state
from cosetta.trajectory import load_trajectory


@pytest.fixture
def shard(tiny, analysis, tmp_path):
    return Shard(tiny("0:3"), tmp_path / "runs", Work(analysis=analysis))


def times(out):
    return {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}


def statuses(rows):
    return [row.status for row in rows]


def test_a_second_time_changes_nothing(shard):
    rows = run_shard(shard)
    assert [row.run for row in rows] == [config.run_name for config in shard.configs]
    assert statuses(rows) == ["finished"] * 3, rows
    before = times(shard.out)
    assert not list((shard.out / ".locks").iterdir())
    assert statuses(run_shard(shard)) == ["finished"] * 3
    assert statuses(run_shard(replace(shard, work=Work()))) == ["finished"] * 3
    assert times(shard.out) == before


def test_only_what_is_missing_is_made(shard):
    run_shard(replace(shard, work=Work(explain=False)))
    trained = times(shard.out)
    assert not list(shard.out.glob("*/analysis.json"))
    run_shard(shard)
    after = times(shard.out)
    kept = {path: time for path, time in trained.items() if path.name != "timing.json"}  # it gets one more time
    assert {path: after[path] for path in kept} == kept
    assert {path.name for path in after if path not in trained} == {"analysis.json", "README.md"}


def test_other_thresholds_are_explained_again(shard):
    run_shard(shard)
    other = AnalysisConfig(null_samples=19, coset_threshold=0.2)
    run_shard(replace(shard, work=Work(analysis=other)))
    for path in shard.out.glob("*/analysis.json"):
        assert json.loads(path.read_text())["thresholds"]["coset_threshold"] == 0.2


def test_a_run_in_other_hands_is_left_alone(shard):
    with run_lock(shard.out, shard.configs[1].run_name) as held:
        assert held
        assert statuses(run_shard(shard)) == ["finished", "busy", "finished"]
        assert not (shard.out / shard.configs[1].run_name).exists()
    assert statuses(run_shard(shard)) == ["finished"] * 3


def test_what_a_killed_process_left_is_removed(shard):
    folder = shard.out / shard.configs[0].run_name
    (folder / "checkpoints").mkdir(parents=True)
    for name in (".config.json.ab.part", "checkpoints/.step.cd.part"):
        (folder / name).write_bytes(b"half")
    run_shard(shard)
    assert not list(shard.out.rglob("*.part"))


@pytest.mark.parametrize(("operation", "name"), [("mkdir", "checkpoints"), ("replace", ".config.json.")])
def test_a_run_killed_at_its_very_beginning_goes_on(shard, monkeypatch, operation, name):
    """The record is the first thing in a folder, which is then never taken for somebody else's."""

    def killed(path, *arguments, **options):
        if path.name.startswith(name):
            raise KeyboardInterrupt
        return original(path, *arguments, **options)

    original = getattr(Path, operation)
    with monkeypatch.context() as patch:
        patch.setattr(Path, operation, killed)
        with pytest.raises(KeyboardInterrupt):
            run_shard(shard)
    assert statuses(run_shard(shard)) == ["finished"] * 3


@pytest.fixture
def seed_1_diverges(monkeypatch):
    """The weights of one seed are NaN; the list grows with every try."""
    tries = []

    def initial(order, config, generator):
        parameters = original(order, config, generator)
        if config.seed == 1:
            tries.append(config.seed)
            parameters.fill_(float("nan"))
        return parameters

    original = state.initial_parameters
    monkeypatch.setattr(state, "initial_parameters", initial)
    return tries


def test_nan_in_one_seed_fails_that_seed_alone(shard, make_alone, contents, seed_1_diverges):
    expected = make_alone([config for config in shard.configs if config.seed != 1])
    rows = run_shard(shard)
    assert statuses(rows) == ["finished", "failed", "finished"]
    assert rows[1].reason.startswith(f"the loss must stay finite; in run '{rows[1].run}' it is nan at step 0")
    folder = shard.out / rows[1].run
    assert failure(folder) == rows[1].reason
    assert not (folder / "model.safetensors").exists()
    hidden = folder.rename(folder.parent / ".failed")
    assert contents(shard.out) == expected
    hidden.rename(folder)

    assert len(seed_1_diverges) == 1
    assert run_shard(shard)[1] == replace(rows[1], seconds=0.0)
    assert len(seed_1_diverges) == 1
    assert statuses(run_shard(replace(shard, work=replace(shard.work, retry_failed=True)))) == [
        "finished",
        "failed",
        "finished",
    ]
    assert len(seed_1_diverges) == 2


def test_a_retry_that_succeeds_forgets_the_failure(shard, monkeypatch, seed_1_diverges):
    run_shard(shard)
    monkeypatch.undo()
    rows = run_shard(replace(shard, work=replace(shard.work, retry_failed=True)))
    assert statuses(rows) == ["finished"] * 3, rows
    assert not list(shard.out.glob("*/failed.json"))


def test_a_damaged_run_fails_and_keeps_its_files(shard):
    folder = shard.out / shard.configs[0].run_name
    folder.mkdir(parents=True)
    (folder / "thesis.tex").write_text("years of work")
    rows = run_shard(shard)
    assert statuses(rows) == ["failed", "finished", "finished"]
    assert "must be empty or a run; it holds thesis.tex" in rows[0].reason
    assert [path.name for path in folder.iterdir()] == ["thesis.tex"]


def test_an_unexpected_error_is_named_and_does_not_stop_the_others(shard, monkeypatch):
    def explain(run, *arguments, **options):
        if run.config.seed == 2:
            raise IndexError("no\nsuch neuron")
        return original(run, *arguments, **options)

    original = module.explain_run
    monkeypatch.setattr(module, "explain_run", explain)
    rows = run_shard(shard)
    assert statuses(rows) == ["finished", "finished", "failed"]
    assert rows[2].reason == "IndexError: no such neuron"


def test_a_stack_without_room_is_halved_until_it_fits(shard, monkeypatch):
    sizes = []

    def crowded(configs, *arguments, **options):
        sizes.append(len(configs))
        if len(configs) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return original(configs, *arguments, **options)

    original = module.train_stack
    monkeypatch.setattr(module, "train_stack", crowded)
    assert statuses(run_shard(shard)) == ["finished"] * 3
    assert sizes == [3, 1, 2]


def test_an_error_of_one_run_fails_that_run_alone(shard, make_alone, contents, monkeypatch):
    def broken(configs, *arguments, **options):
        if any(config.seed == 1 for config in configs):
            raise RuntimeError("shape of seed 1")
        return original(configs, *arguments, **options)

    original = module.train_stack
    monkeypatch.setattr(module, "train_stack", broken)
    rows = run_shard(shard)
    assert statuses(rows) == ["finished", "failed", "finished"]
    assert rows[1].reason == "RuntimeError: shape of seed 1"
    monkeypatch.undo()
    assert contents(shard.out) == make_alone([shard.configs[0], shard.configs[2]])


def test_a_machine_without_memory_stops_the_sweep_and_fails_no_run(shard, monkeypatch):
    def full(*arguments, **options):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(module, "train_stack", full)
        with pytest.raises(MemoryError):
            run_shard(shard)
    with monkeypatch.context() as patch:
        patch.setattr(module, "explain_run", full)
        with pytest.raises(MemoryError):
            run_shard(shard)
    assert not list(shard.out.glob("*/failed.json"))


def test_a_split_without_training_pairs_fails_that_run_alone(shard, tiny):
    (empty,) = tiny("1", train_fraction=0.01)
    rows = run_shard(replace(shard, configs=(shard.configs[0], empty, shard.configs[2]), work=Work(explain=False)))
    assert statuses(rows) == ["finished", "failed", "finished"]
    assert rows[1].reason.startswith("`train_fraction` must leave training and test pairs; 0.01 of 36 pairs gives 0")
    assert failure(shard.out / empty.run_name) == rows[1].reason


def test_an_old_report_goes_with_its_explanation(shard):
    run_shard(shard)
    stale = shard.out / shard.configs[0].run_name / "report.html"
    stale.write_text("of other thresholds")
    run_shard(replace(shard, work=Work(analysis=AnalysisConfig(null_samples=19, coset_threshold=0.2))))
    assert not stale.exists()


def test_damaged_record_of_a_failure_is_still_a_failure(shard):
    folder = shard.out / shard.configs[0].run_name
    folder.mkdir(parents=True)
    (folder / "failed.json").write_text("{")
    assert "failed.json` is damaged" in run_shard(shard)[0].reason


def test_what_stops_every_run_is_raised(shard, tiny, monkeypatch):
    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device", "model.safetensors")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "write_whole", full)
        with pytest.raises(OSError, match="No space left"):
            run_shard(shard)
    assert not list(shard.out.glob("*/failed.json"))
    with pytest.raises(BadConfig, match="`device` must be available"):
        run_shard(replace(shard, configs=tiny("0", device="mps")))
    assert statuses(run_shard(shard)) == ["finished"] * 3


def test_shards_have_one_group_and_one_size(tiny, tmp_path):
    configs = tiny("0:5", group="S3,A4", width="8,12", learning_rate="0.01,0.02")
    plan = SweepPlan(configs, tmp_path, stack=4)
    shards = plan.shards()
    assert sorted(config.run_name for shard in shards for config in shard.configs) == sorted(
        config.run_name for config in configs
    )
    for shard in shards:
        assert len({(config.group, config.embed_dim, config.width) for config in shard.configs}) == 1
        assert len(shard.configs) <= 4
    assert len(shards) == 4 * 3
    assert len({(shard.configs[0].group, shard.configs[0].width) for shard in shards[:4]}) == 4


def test_done_is_what_was_asked_for(shard, tiny):
    folder = shard.out / shard.configs[0].run_name
    assert not is_done(folder, Work())
    run_shard(replace(shard, work=Work(explain=False)))
    assert is_done(folder, Work(explain=False))
    assert not is_done(folder, Work())
    assert not is_done(folder, Work(explain=False, trajectory=True))


def test_a_trajectory_is_made_with_the_thresholds_asked_for(shard):
    shard = replace(shard, configs=shard.configs[:1], work=Work(explain=False, trajectory=True))
    run_shard(shard)
    path, other = shard.out / shard.configs[0].run_name, AnalysisConfig(coset_threshold=0.3, null_samples=19)
    asked = replace(shard, work=replace(shard.work, analysis=other))
    assert is_done(path, shard.work)
    assert not is_done(path, asked.work)
    run_shard(asked)
    assert is_done(path, asked.work)
    assert load_trajectory(path).thresholds["coset_threshold"] == 0.3
    (path / "trajectory.json").write_text("{}")
    assert not is_done(path, shard.work)


def test_a_plan_needs_configurations_and_room_for_one(shard, tiny):
    with pytest.raises(BadConfig, match="at least one configuration"):
        SweepPlan((), shard.out)
    with pytest.raises(BadConfig, match="`stack` must be at least 1; got 0"):
        SweepPlan(tiny("0"), shard.out, stack=0)
