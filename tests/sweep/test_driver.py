"""The sweep around the shards: engines, retries, what stops it, what is counted."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from dataclasses import replace
from types import ModuleType
from types import SimpleNamespace as Namespace

import pytest

from cosetta.errors import BadConfig, Unsupported
from cosetta.models import storage
from cosetta.sweep import LocalWorkers, RayWorkers, SweepPlan, run_shard, sweep
from cosetta.sweep.locks import run_lock
from cosetta.training import load_run


class Lazy:
    """An executor like submitit's: its jobs are no futures of concurrent.futures, and the work is done when asked."""

    def __init__(self, failures=(), work=run_shard):
        self.failures, self.work, self.in_flight, self.most = list(failures), work, 0, 0

    def submit(self, function, shard):
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        executor = self

        class Job:
            def done(self):
                return True

            def result(self):
                executor.in_flight -= 1
                if executor.failures:
                    raise executor.failures.pop(0)
                return executor.work(shard)

        return Job()


def names(configs):
    return tuple(config.run_name for config in configs)


def test_any_executor_will_do(tiny, analysis, make_alone, contents, tmp_path):
    configs, seen = tiny("0:4"), []
    expected = make_alone(configs)
    with ThreadPoolExecutor(2) as threads:
        for name, engine in (("threads", threads), ("lazy", Lazy())):
            result = sweep(configs, tmp_path / name, engine=engine, analysis=analysis, progress=seen.append)
            assert (result.finished, result.failed) == (names(configs), ())
            assert contents(tmp_path / name) == expected


def test_progress_counts_up_to_the_end(tiny, tmp_path):
    seen = []
    sweep(tiny("0"), tmp_path, engine=Lazy(), explain=False)
    sweep(tiny("0:3"), tmp_path, engine=Lazy(), explain=False, workers=1, progress=seen.append)
    assert [(now.finished, now.total) for now in seen] == [(1, 3), (2, 3), (3, 3)]
    assert seen[0].seconds_left is None
    assert seen[1].seconds_left > 0
    assert seen[2].seconds_left == 0


def test_a_bounded_number_is_in_flight(tiny, tmp_path):
    lazy = Lazy()
    sweep(tiny("0:9"), tmp_path, engine=lazy, explain=False, workers=3)
    assert lazy.most == 3


@pytest.mark.parametrize("error", [RuntimeError("node lost"), ConnectionError("gone"), TimeoutError("late")])
def test_a_shard_whose_worker_died_is_tried_again(tiny, tmp_path, error):
    assert sweep(tiny("0:2"), tmp_path, engine=Lazy([error, error]), explain=False).failed == ()
    ((run, reason),) = sweep(tiny("3"), tmp_path, engine=Lazy([error] * 3), explain=False).failed
    assert run.startswith("S3-wu2024-3-")
    assert reason == f"the worker ended 3 times without an answer, {type(error).__name__}: {error}"
    assert not (tmp_path / run / "failed.json").exists()  # so the next sweep tries again
    assert sweep(tiny("3"), tmp_path, engine=Lazy(), explain=False).failed == ()


def test_failures_of_earlier_sweeps_are_listed_and_not_tried_again(tiny, tmp_path):
    configs = tiny("0:2", learning_rate="0.01,1e30")
    first = sweep(configs, tmp_path, engine=Lazy(), explain=False)
    assert len(first.finished) == len(first.failed) == 2
    assert all("the loss must stay finite" in reason for _, reason in first.failed)
    nothing = Lazy(work=None)  # calling it would be an error
    again = sweep(configs, tmp_path, engine=nothing, explain=False)
    assert (again.finished, again.failed) == (first.finished, first.failed)
    assert sweep(configs, tmp_path, engine=Lazy(), explain=False, retry_failed=True).failed == first.failed


def test_runs_of_another_process_are_looked_at_again(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("cosetta.sweep.driver.LOOK_AGAIN", 0.05)
    configs, seen = tiny("0:2"), []
    held, let_go = threading.Event(), threading.Event()

    def other():
        with run_lock(tmp_path, configs[0].run_name):
            held.set()
            let_go.wait(60)

    thread = threading.Thread(target=other)
    thread.start()
    held.wait(60)

    def progress(now):
        seen.append(now)
        if len(seen) == 6:
            let_go.set()

    result = sweep(configs, tmp_path, engine=Lazy(), explain=False, progress=progress)
    thread.join()
    assert (result.finished, result.failed) == (names(configs), ())
    assert max(now.busy for now in seen) == 1
    assert seen[-1].busy == 0


def test_a_full_disk_stops_with_a_valid_folder(tiny, analysis, make_alone, contents, tmp_path, monkeypatch):
    configs, calls = tiny("0:3"), iter(range(10**6))

    def full(*arguments):
        if next(calls) >= 6:
            raise OSError(errno.ENOSPC, "No space left on device", "model.safetensors")
        return original(*arguments)

    original = storage.write_whole
    with monkeypatch.context() as patch:
        patch.setattr(storage, "write_whole", full)
        with pytest.raises(OSError, match="No space left"):
            sweep(configs, tmp_path, engine=Lazy(), analysis=analysis)
    assert not list(tmp_path.rglob("*.part"))
    assert sweep(configs, tmp_path, engine=Lazy(), analysis=analysis).finished == names(configs)
    assert contents(tmp_path) == make_alone(configs)


def test_an_unwritable_folder_is_an_oserror_that_names_it(tiny, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file") as raised:
        sweep(tiny("0"), tmp_path / "file" / "runs", engine=Lazy())
    assert raised.value.filename is not None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "slurm"}, "`engine` must be one of local, ray; got 'slurm'"),
        ({"engine": 3}, "`engine` must be one of local, ray or have `submit`; got 3"),
        ({"workers": 0}, "`workers` must be at least 1; got 0"),
        ({"stack": 0}, "`stack` must be at least 1; got 0"),
    ],
)
def test_bad_arguments(tiny, tmp_path, options, message):
    with pytest.raises(BadConfig, match=message):
        sweep(tiny("0"), tmp_path / "runs", **options)


def test_without_ray_the_message_says_how_to_get_it(tiny, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(Unsupported, match=r"engine ray needs the package ray: pip install 'cosetta\[ray\]'"):
        sweep(tiny("0"), tmp_path, engine="ray")


def test_local_workers_are_replaced_one_by_one_and_stop_at_once():
    local = LocalWorkers(2)
    first, second = (future.result(60) for future in [local.submit(os.getpid), local.submit(os.getpid)])
    assert len({first, second, os.getpid()}) == 3
    sleeping = local.submit(time.sleep, 100)
    os.kill(first, signal.SIGKILL)
    assert isinstance(sleeping.exception(60), BrokenExecutor)
    asleep = local.submit(time.sleep, 100)
    assert local.submit(os.getpid).result(60) == second
    assert local.submit(os.getenv, "OMP_NUM_THREADS").result(60) == "1"
    started = time.monotonic()
    local.stop()
    assert asleep.done()
    assert time.monotonic() - started < 50
    for pid in (first, second):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def local_workers(monkeypatch):
    """Put workers of this process, without a GPU, in the place of the local ones; those that are made."""
    made = []

    class Local(Lazy):
        def __init__(self, count):
            super().__init__(work=self.run)
            self.count, self.shards = count, []
            made.append(self)

        def run(self, shard):
            self.shards.append((shard.configs[0].device, shard.work.explain, len(shard.configs)))
            return run_shard(without_gpu(shard))

        def stop(self):
            self.count = None

    monkeypatch.setattr("cosetta.sweep.driver.LocalWorkers", Local)
    return made


def without_gpu(shard):
    configs = tuple(config.model_copy(update={"device": "auto"}) for config in shard.configs)
    return replace(shard, configs=configs)


def test_on_a_gpu_machine_small_runs_go_to_the_processes_of_the_cpu(tiny, tmp_path, monkeypatch):
    made = local_workers(monkeypatch)
    monkeypatch.setattr(SweepPlan, "uses_gpu", True)
    configs = tiny("0:3") + tiny("3", device="cuda")
    result = sweep(configs, tmp_path, explain=False, workers=2)
    training, others = made
    assert (training.count, training.shards) == (None, [("cuda", False, 1)])
    assert others.shards == [("cpu", False, 1)] * 3
    assert others.most == 2
    assert result.finished == names(configs)


class RayFuture(Future):
    def result(self, timeout=None):
        self.collected()
        return super().result(timeout)


class FakeRay(ModuleType):
    """A cluster whose tasks are done here."""

    def __init__(self, **resources):
        super().__init__("ray")
        self.resources, self.options, self.inside, self.most, self.up = resources, [], 0, 0, False
        self.shards = []

    def is_initialized(self):
        return self.up

    def init(self, **_):
        self.up = True

    def shutdown(self):
        self.up = False

    def cluster_resources(self):
        return self.resources

    def remote(self, **options):
        self.options.append(options)
        return lambda function: Namespace(remote=lambda shard: Namespace(future=lambda: self.task(shard)))

    def task(self, shard):
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.shards.append(shard)

        future = RayFuture()
        future.collected = self.leave
        future.set_result(run_shard(without_gpu(shard)))
        return future

    def leave(self):
        self.inside -= 1


@pytest.fixture
def ray(monkeypatch):
    """Put a stand-in with these resources in the place of Ray."""

    def start(**resources):
        fake = FakeRay(**resources)
        monkeypatch.setitem(sys.modules, "ray", fake)
        return fake

    return start


def test_ray_by_name_trains_singly_on_the_cpus_of_the_cluster_whatever_the_head_has(tiny, tmp_path, ray, monkeypatch):
    fake = ray(CPU=5.0)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert sweep(tiny("0:9"), tmp_path, engine="ray", explain=False).failed == ()
    assert fake.most == 5
    assert {(len(shard.configs), shard.configs[0].device) for shard in fake.shards} == {(1, "auto")}
    assert {tuple(options.items()) for options in fake.options} == {
        (("num_cpus", 1), ("num_gpus", 0.0), ("max_retries", 0))
    }
    assert not fake.up
    with pytest.raises(BadConfig, match="`device` cuda must have a GPU in each worker; `gpus` is 0: add --gpus 1"):
        sweep(tiny("9", device="cuda"), tmp_path, engine="ray", explain=False)


def test_a_share_of_a_gpu_bounds_the_tasks_and_their_stacks(tiny, tmp_path, ray, monkeypatch):
    fake, sizes = ray(CPU=64.0, GPU=2.0), []
    monkeypatch.setattr("cosetta.training.trainer.LARGE_WORK", 0)
    monkeypatch.setattr("cosetta.sweep.plan.stack_size", lambda *arguments: sizes.append(arguments[2]) or 2)
    engine = RayWorkers("auto", gpus=0.5)
    assert sweep(tiny("0:14"), tmp_path, engine=engine, explain=False).failed == ()
    assert fake.most == 4
    assert {(len(shard.configs), shard.configs[0].device) for shard in fake.shards} == {(2, "cuda")}
    assert set(sizes) == {int(0.9 * 0.5 * 16 * 2**30)}
    assert fake.up  # who made the engine stops it
    engine.stop()
    assert not fake.up


def test_a_cluster_without_gpus_is_refused_unless_it_may_grow(tiny, tmp_path, ray):
    fake = ray(CPU=4.0)
    with pytest.raises(Unsupported, match="must have 1 GPUs for a task; the cluster has 0 now: lower `gpus`"):
        sweep(tiny("0"), tmp_path, engine=RayWorkers(gpus=1.0), explain=False)
    assert fake.shards == []
    assert sweep(tiny("0"), tmp_path, engine=RayWorkers(gpus=1.0), explain=False, workers=1).failed == ()


def test_an_executor_that_breaks_is_one_line(tiny, tmp_path):
    class Breaks(Lazy):
        def submit(self, function, shard):
            if self.in_flight:
                raise BrokenExecutor("a child process terminated abruptly")
            return super().submit(function, shard)

    with pytest.raises(Unsupported, match=r"must go on when a worker was killed; .* use engine local"):
        sweep(tiny("0:3"), tmp_path, engine=Breaks(), explain=False, workers=2)


def test_curves_go_to_a_dashboard_once(tiny, tmp_path, monkeypatch):
    points, begun = [], []
    dashboard = ModuleType("trackio")
    dashboard.init = lambda **options: begun.append(options["name"])
    dashboard.log = lambda curves, step: points.append((begun[-1], step, curves["test_loss"]))
    dashboard.finish = lambda: None
    monkeypatch.setitem(sys.modules, "trackio", dashboard)
    monkeypatch.setitem(sys.modules, "wandb", None)
    configs = tiny("0:2")
    with pytest.raises(Unsupported, match="`track` needs the package wandb"):
        sweep(configs, tmp_path / "runs", engine=Lazy(), explain=False, track="wandb")
    assert not (tmp_path / "runs").exists()
    sweep(configs, tmp_path, engine=Lazy(), explain=False, track="trackio")
    assert begun == list(names(configs))
    for config in configs:
        run = load_run(tmp_path / config.run_name)
        seen = [(step, loss) for name, step, loss in points if name == config.run_name]
        assert seen == run.metrics.select("step", "test_loss").rows()
    sweep(configs, tmp_path, engine=Lazy(), trajectory=True, track="trackio")
    assert len(begun) == 2  # trained before


def test_on_a_gpu_one_process_trains_and_others_explain(tiny, analysis, make_alone, contents, tmp_path, monkeypatch):
    made = local_workers(monkeypatch)
    monkeypatch.setattr(SweepPlan, "uses_gpu", True)
    monkeypatch.setattr("cosetta.training.trainer.LARGE_WORK", 0)
    configs = tiny("0:5") + tiny("5", learning_rate=1e30)
    result = sweep(configs, tmp_path, analysis=analysis, workers=3, stack=4)
    training, explaining = made
    assert training.shards == [("cuda", False, 4), ("cuda", False, 2)]
    assert explaining.shards == [("cuda", True, 1)] * 5
    assert (training.most, explaining.most) == (1, 3)
    assert training.count is explaining.count is None  # stopped
    assert result.finished == tuple(config.run_name for config in configs[:5])
    ((failed, _),) = result.failed
    (tmp_path / failed).rename(tmp_path / ".failed")
    assert contents(tmp_path) == make_alone(configs[:5])


SCRIPT = """
import sys
from pathlib import Path
from cosetta.sweep import grid, sweep

print("begun")
configs = grid({"group": "S3", "embed_dim": 8, "width": 8, "max_steps": 5})
runs = sweep(configs, Path(sys.argv[1]), workers=1, explain=False)
print(len(runs.finished), runs.failed)
"""


def test_a_script_may_sweep_at_its_top_level(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "runs")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "begun\n1 ()\n", "")
