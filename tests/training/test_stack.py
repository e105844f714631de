"""Stacks of runs against `train`, one run at a time: the same bytes, whatever happens to the others."""

import errno
import weakref

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from cosetta.errors import BadConfig, BadRun
from cosetta.groups import named_group
from cosetta.training import (
    Phase,
    TrainConfig,
    fast,
    sitting,
    stack,
    stack_size,
    stander2024,
    step,
    train,
    train_stack,
    wu2024,
)
from cosetta.training.pairs import split_pairs
from cosetta.training.parameters import initial_parameters
from cosetta.training.stack import Stack, arrange, score_states
from cosetta.training.state import TrainState
from cosetta.training.step import FoldedStep

S3, CPU = named_group("S3"), torch.device("cpu")
SIZES = {"embed_dim": 9, "width": 11}
LAST = Phase(max_steps=12, learning_rate=1e-2, final_learning_rate=0.0, weight_decay=0.5)
SEEDS = [  # the first phase ends after 15 + 10 seed steps, or when the criterion is met: at step 5 for seed 3
    TrainConfig(
        group="S3",
        seed=seed,
        train_fraction=0.6,
        eval_every=5,
        checkpoints=4,
        phases=(
            Phase(
                max_steps=15 + 10 * seed,
                learning_rate=2e-2,
                weight_decay=1.0,
                batch_size=8,
                until_accuracy=0.13 if seed == 3 else None,
                hold=1,
            ),
            LAST,
        ),
        **SIZES,
    )
    for seed in range(4)
]
DIVERGING = SEEDS[0].model_copy(update={"seed": 9, "phases": (Phase(max_steps=50, learning_rate=1e30),)})


def folders(out, configs):
    return [out / config.run_name for config in configs]


def files(run):
    """What the run has on disk, without times."""
    weights = {path.name: path.read_bytes() for path in run.folder.rglob("*.safetensors")}
    return weights | {"metrics": run.metrics.drop("seconds").to_dicts()}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The files of a run trained by itself."""
    out, made = tmp_path_factory.mktemp("alone"), {}

    def files_of(config):
        if config not in made:
            made[config] = files(train(config, named_group(config.group), out / config.run_name))
        return made[config]

    return files_of


@pytest.fixture
def in_one_program(monkeypatch):
    """Compute all rows at once, as on a GPU."""
    monkeypatch.setattr(stack, "BATCHED", frozenset({"cpu"}))


@pytest.fixture
def saves_at_every_evaluation(monkeypatch):
    monkeypatch.setattr(sitting, "SAVE_SECONDS", -1.0)


class Stopped(Exception):
    pass


def stop_after(evaluations):
    seen = []

    def progress(*now):
        seen.append(now)
        if len(seen) == evaluations:
            raise Stopped

    return progress


@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize(
    ("recipe", "group", "overrides"),
    [
        (fast, "S3", {"max_steps": 8}),
        (fast, "A4", {"max_steps": 4, "activation": "silu", "precision": "float64"}),
        (fast, "C7:C3", {"max_steps": 4, "activation": "gelu"}),
        (stander2024, "D8", {"max_steps": 40, "eval_every": 15, "activation": "abs"}),
        (stander2024, "A4", {"max_steps": 20, "embed_dim": 64, "width": 128}),
        (wu2024, "S3", {"max_steps": 30}),
    ],
)
def test_each_run_has_the_bytes_of_train(alone, tmp_path, recipe, group, overrides, runs):
    configs = [recipe(group, seed, **(SIZES | {"eval_every": 10} | overrides)) for seed in range(runs)]
    trained = train_stack(configs, named_group(group), folders(tmp_path, configs))
    assert [files(run) for run in trained] == [alone(config) for config in configs]
    assert [run.config for run in trained] == configs


def test_runs_end_their_phases_when_they_would_alone(alone, tmp_path):
    trained = train_stack(SEEDS, S3, folders(tmp_path, SEEDS))
    ends = {run.metrics.filter(run.metrics["phase"] == 0)["step"].max() for run in trained}
    assert len(ends) == 4  # so that the stack is divided, and runs leave it, at different steps
    assert len({run.metrics["step"][-1] for run in trained}) == 4
    assert [files(run) for run in trained] == [alone(config) for config in SEEDS]


def test_other_sizes_and_optimisers_may_be_among_them(alone, tmp_path):
    changes = ({}, {"optimizer": "adam"}, {"width": 6}, {"betas": (0.8, 0.9)}, {"loss_precision": "float64"})
    configs = [SEEDS[1].model_copy(update=change) for change in changes]
    trained = train_stack(configs, S3, folders(tmp_path, configs))
    assert [files(run) for run in trained] == [alone(config) for config in configs]


def test_a_diverging_run_leaves_the_others_alone(alone, tmp_path):
    configs = [SEEDS[1], DIVERGING, SEEDS[2]]
    first, diverged, second = train_stack(configs, S3, folders(tmp_path, configs))
    assert isinstance(diverged, BadRun)
    assert str(diverged).startswith(f"the loss must stay finite; in run '{DIVERGING.run_name}' it is nan at step 5:")
    assert not (tmp_path / DIVERGING.run_name / "model.safetensors").exists()
    assert [files(first), files(second)] == [alone(SEEDS[1]), alone(SEEDS[2])]


@pytest.mark.parametrize("evaluations", [1, 6, 16])
@pytest.mark.usefixtures("saves_at_every_evaluation")
def test_a_stopped_stack_goes_on_to_the_same_bytes(alone, tmp_path, evaluations):
    with pytest.raises(Stopped):
        train_stack(SEEDS, S3, folders(tmp_path, SEEDS), progress=stop_after(evaluations))
    seen = []
    trained = train_stack(SEEDS, S3, folders(tmp_path, SEEDS), progress=lambda *now: seen.append(now))
    assert evaluations < 9 or min(now.step for _, now in seen) > 0  # resumed, not begun again
    assert [files(run) for run in trained] == [alone(config) for config in SEEDS]


@pytest.mark.usefixtures("saves_at_every_evaluation")
def test_each_folder_is_taken_as_it_is(alone, tmp_path):
    finished, unfinished, damaged, foreign, stranger = paths = [tmp_path / str(i) for i in range(5)]
    train(SEEDS[0], S3, finished)
    written = (finished / "model.safetensors").stat().st_mtime_ns
    for config, folder in ((SEEDS[1], unfinished), (SEEDS[2], damaged)):
        with pytest.raises(Stopped):
            train(config, S3, folder, progress=stop_after(4))
    (damaged / "checkpoints" / "resume.safetensors").write_bytes(b"\x00" * 40)
    train(SEEDS[3], S3, foreign)
    stranger.mkdir()
    (stranger / "thesis.tex").write_text("years of work")
    configs = [*SEEDS[:3], SEEDS[0], SEEDS[3]]
    first, second, *errors = train_stack(configs, S3, paths)
    assert [files(first), files(second)] == [alone(SEEDS[0]), alone(SEEDS[1])]
    assert (finished / "model.safetensors").stat().st_mtime_ns == written
    whys = (
        "must be a whole safetensors file",
        "was trained with `seed` = 3, not 0",
        "must be empty or a run; it holds thesis.tex",
    )
    for error, why in zip(errors, whys, strict=True):
        assert isinstance(error, BadRun)
        assert why in str(error)


@pytest.mark.usefixtures("saves_at_every_evaluation")
def test_a_full_disk_stops_the_stack_and_leaves_it_resumable(alone, tmp_path, monkeypatch):
    calls = []

    def save(network, path):
        calls.append(path)
        if len(calls) == 15:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return original(network, path)

    original = sitting.save_network
    monkeypatch.setattr(sitting, "save_network", save)
    with pytest.raises(OSError, match="No space left"):
        train_stack(SEEDS, S3, folders(tmp_path, SEEDS))
    trained = train_stack(SEEDS, S3, folders(tmp_path, SEEDS))
    assert [files(run) for run in trained] == [alone(config) for config in SEEDS]


def test_progress_says_which_run(tmp_path):
    seen = []
    runs = train_stack(SEEDS[:2], S3, folders(tmp_path, SEEDS[:2]), progress=lambda i, now: seen.append((i, now.step)))
    for i, run in enumerate(runs):
        steps = [step for position, step in seen if position == i]
        assert sorted(set(steps)) == run.metrics["step"].to_list()


def test_runs_of_another_group_or_in_one_folder_are_refused(tmp_path):
    with pytest.raises(BadConfig, match="must be the group's name 'S3'; got 'S4'"):
        train_stack([SEEDS[0], fast("S4")], S3, [tmp_path / "a", tmp_path / "b"])
    with pytest.raises(BadConfig, match="`folders` must be 2 different ones"):
        train_stack(SEEDS[:2], S3, [tmp_path / "a", tmp_path / "b" / ".." / "a"])
    with pytest.raises(BadConfig, match="`folders` must be 4 different ones, one for each configuration; got 1, 1 of"):
        train_stack(SEEDS, S3, [tmp_path / "a"])
    assert list(tmp_path.iterdir()) == []
    assert train_stack([], S3, []) == ()


def states_of(configs, group=S3):
    return [TrainState(config, group, CPU) for config in configs]


def test_on_the_cpu_each_run_is_by_itself():
    states = states_of(SEEDS)
    assert [stack.states for stack in arrange([], states)] == [(state,) for state in states]


@pytest.mark.usefixtures("in_one_program")
def test_stacks_follow_the_batch_sizes():
    states = states_of(SEEDS)
    [together] = arrange([], states)
    [same] = arrange([together], states)
    assert same is together
    states[1].phase = 1
    without, alone = arrange([together], states)
    assert [without.states, alone.states] == [(states[0], states[2], states[3]), (states[1],)]
    assert [alone.key[-1], without.key[-1]] == [22, 8]
    for state in states:
        state.phase = 1
    [full] = arrange([without, alone], states)
    assert full.states == tuple(states)
    assert len({state.parameters.untyped_storage().data_ptr() for state in states}) == 1
    [single] = arrange([], states[:1])
    assert single.states == (states[0],)


@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("entries", [2**28, 50])
def test_gradient_of_one_program_is_that_of_each_row(monkeypatch, activation, entries):
    config = fast("A4", activation=activation, precision="float64", loss_precision="float64", **SIZES)
    generator, table = torch.Generator().manual_seed(0), torch.tensor(named_group("A4").table, dtype=torch.int64)
    rows = torch.stack([initial_parameters(12, config, generator) for _ in range(3)])
    pairs = torch.randint(144, (3, 20), generator=generator)
    twins = [FoldedStep(row, table, config) for row in rows]
    for twin, of_run in zip(twins, pairs, strict=True):
        twin(of_run)
    monkeypatch.setattr(step, "MAX_ENTRIES", entries)  # 50: one pair of each run at a time
    program = FoldedStep(rows, table, config)
    program(pairs)
    assert torch.allclose(program.gradient, torch.stack([twin.gradient for twin in twins]), rtol=0, atol=1e-14)


def test_one_program_trains_and_scores_as_row_by_row(alone, tmp_path, monkeypatch):
    configs = [config.model_copy(update={"precision": "float64"}) for config in SEEDS[:3]]
    theirs = [alone(config)["metrics"] for config in configs]
    monkeypatch.setattr(stack, "BATCHED", frozenset({"cpu"}))
    *trained, diverged = train_stack([*configs, DIVERGING], S3, folders(tmp_path, [*configs, DIVERGING]))
    assert isinstance(diverged, BadRun)
    for run, rows in zip(trained, theirs, strict=True):
        assert run.metrics["step"].to_list() == [row["step"] for row in rows]
        assert run.metrics.drop("seconds").row(-1, named=True) == pytest.approx(rows[-1], rel=1e-9)


@pytest.mark.usefixtures("in_one_program")
def test_a_row_that_is_not_finite_leaves_other_rows_alone():
    healthy, poisoned = (states_of([*SEEDS[:3]]) for _ in range(2))
    poisoned[1].parameters[7] = torch.nan
    for states in (healthy, poisoned):
        [together] = arrange([], states)
        for _ in range(3):
            together.advance()
    assert not torch.isfinite(poisoned[1].parameters).all()
    for i in (0, 2):
        assert torch.equal(healthy[i].parameters, poisoned[i].parameters)


@pytest.mark.usefixtures("in_one_program")
def test_scores_of_rows_are_those_of_one(monkeypatch):
    configs = [fast("A4", seed, eval_pairs=50, **SIZES) for seed in range(3)]
    together = score_states(states_of(configs, named_group("A4")))
    monkeypatch.setattr(stack, "BATCHED", frozenset())
    one_by_one = score_states(states_of(configs, named_group("A4")))
    for ours, theirs in zip(together, one_by_one, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-6)


class Peak(TorchDispatchMode):
    """Follows the bytes of all tensors that are made and not yet gone."""

    def __init__(self):
        super().__init__()
        self.now = self.most = 0
        self.seen = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, tuple | list) else (result,):
            if isinstance(tensor, torch.Tensor):
                self.count(tensor.untyped_storage())
        return result

    def count(self, storage):
        place = storage._cdata
        if place not in self.seen:
            self.seen.add(place)
            self.now += storage.nbytes()
            self.most = max(self.most, self.now)
            weakref.finalize(storage, self.forget, place, storage.nbytes())

    def forget(self, place, size):
        self.seen.discard(place)
        self.now -= size


@pytest.mark.parametrize(
    "overrides",
    [
        {"loss_precision": "float64", "batch_size": None},
        {"batch_size": 64, "embed_dim": 64, "width": 128},
        {"precision": "float64", "loss_precision": "float64", "batch_size": 300},
    ],
)
@pytest.mark.parametrize("pairs", [None, 160])  # of a block; the last one is smaller
@pytest.mark.usefixtures("in_one_program")
def test_stack_size_is_what_the_tensors_take(overrides, pairs, monkeypatch):
    S4, runs = named_group("S4"), 6
    if pairs:
        for module in (step, stack):
            monkeypatch.setattr(module, "MAX_ENTRIES", runs * overrides.get("width", 32) * pairs)
    config = fast("S4", **({"embed_dim": 16, "width": 32} | overrides))
    with Peak() as peak:
        states = states_of([config.model_copy(update={"seed": seed}) for seed in range(runs)], S4)
        stacks = arrange([], states)
        for _ in range(2):
            stacks[0].advance()
            score_states(states)
            stacks = [Stack(states)]
    assert stack_size(config, S4, int(0.98 * peak.most)) < runs  # never too many
    assert stack_size(config, S4, 2 * peak.most) >= runs  # and not far too few
    assert stack_size(config, S4, 1000) == 0


def test_full_batches_of_s6_stay_below_a_bound():
    S6 = named_group("S6")
    config = stander2024("S6")
    assert len(split_pairs(720, config, torch.Generator())[0]) == 207_360  # 600 MB of logits a run
    assert stack_size(config, S6, 40 * 2**30) > 100
