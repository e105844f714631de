"""Resume files: a damaged or impossible one is refused in one line, and a whole one goes on."""

import random

import pytest
import torch

from cosetta import named_group, train
from cosetta.errors import BadRun
from cosetta.models import load_tensors, save_tensors
from cosetta.stopping import Stopped
from cosetta.training import Phase, TrainConfig
from cosetta.training import sitting as sitting_module
from cosetta.training.resume_file import with_digest

S3 = named_group("S3")
PHASES = (Phase(max_steps=40, learning_rate=0.01, batch_size=4), Phase(max_steps=60, learning_rate=0.01, hold=2))
CONFIG = TrainConfig(group="S3", embed_dim=4, width=4, eval_every=10, checkpoints=2, phases=PHASES)


@pytest.fixture
def resume(tmp_path, monkeypatch):
    """The resume file of a run that was stopped in its second phase."""
    monkeypatch.setattr(sitting_module, "SAVE_SECONDS", -1.0)

    def stop(now):
        if now.step == 70:
            raise Stopped(2)

    with pytest.raises(Stopped):
        train(CONFIG, S3, tmp_path / "run", progress=stop)
    return tmp_path / "run" / "checkpoints" / "resume.safetensors"


def go_on(resume):
    return train(CONFIG, S3, resume.parents[1])


def test_a_whole_one_goes_on(resume):
    assert load_tensors(resume)["counters"].tolist()[:4] == [60, 1, 20, 0]
    assert go_on(resume).metrics["step"][-1] == 100


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        (0, -1, "step is out of range"),
        (0, 10**15, "step is out of range"),
        (1, 3, "phase is 3, of 2"),
        (1, -1, "phase is -1, of 2"),
        (2, 60, "phase_step is out of range"),
        (2, -5, "phase_step is out of range"),
        (3, 2, "held is out of range"),
        (4, -1, "position is out of range"),
        (4, 10**15, "position is out of range"),
    ],
)
def test_counters_that_no_run_has_are_refused(resume, place, value, says):
    saved = load_tensors(resume)
    del saved["digest"]
    saved["counters"][place] = value
    save_tensors(with_digest(saved), resume)
    with pytest.raises(BadRun, match=rf"must hold the state of this run; its {says}.*delete it to start again"):
        go_on(resume)


def test_other_shapes_and_types_are_refused(resume):
    saved = load_tensors(resume)
    odd = {
        "parameters": saved["parameters"].double(),
        "counters": saved["counters"].float(),
        "generator": saved["generator"][:-1],
        "metrics": saved["metrics"][:, :-1].clone(),
        "epoch": saved["epoch"].float(),
        "seconds": torch.tensor([1.0, 2.0], dtype=torch.float64),
    }
    for name, tensor in odd.items():
        save_tensors(
            with_digest({key: value for key, value in saved.items() if key != "digest"} | {name: tensor}), resume
        )
        with pytest.raises(BadRun, match=f"{name} does not fit"):
            go_on(resume)


def test_no_changed_byte_is_trained_on(resume):
    good, source = resume.read_bytes(), random.Random(0)
    for _ in range(150):
        at = source.randrange(len(good))
        resume.write_bytes(good[:at] + bytes([good[at] ^ (1 << source.randrange(8))]) + good[at + 1 :])
        with pytest.raises(BadRun) as raised:
            go_on(resume)
        assert "\n" not in str(raised.value)
