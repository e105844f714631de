"""Causes of differences, and noise in a network's own units, on runs made for the purpose."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cosetta import named_group
from cosetta.models import FoldedModel, PairScorer
from cosetta.models.planted import CosetPlan, plant
from cosetta.reproduce.frame.folded_runs import FoldedRecord, write_folded_run
from cosetta.reproduce.stander2024.causes import by_length, dead_threshold, either
from cosetta.reproduce.stander2024.noise import SCALED, UNIT, scale_of, scaled_noise
from cosetta.reproduce.stander2024.populations import measure_folder, population_of

S3 = named_group("S3")


@pytest.fixture(scope="module")
def member(tmp_path_factory):
    model = plant(S3, [CosetPlan(S3.subgroup([1]))], torch.Generator().manual_seed(0), noise=1e-5).folded
    record = FoldedRecord("S3", "stander2024", 0, "by hand", (0, 10), (0.1, 1.0), (2.0, 1e-6))
    return measure_folder(write_folded_run(tmp_path_factory.mktemp("runs") / "run", record, model).folder, S3)


def trained(member, after, loss):
    """A run that went on for so many steps after it generalised at 10."""
    return replace(member, measures=replace(member.measures, steps=10 + after, grok_step=10, loss=loss))


def test_length_is_a_cause_only_where_longer_runs_are_nearer(member):
    runs = [trained(member, n, 1.0 / (1 + n)) for n in range(18)]
    population = population_of(S3, "stander2024", runs)
    assert by_length(lambda run: run.measures.loss, 0.0)(population).startswith("size, the length of training")
    assert by_length(lambda run: run.measures.loss, 1.0)(population) == ""  # longer runs are further away
    assert by_length(lambda run: run.measures.accuracy, 0.5)(population) == ""  # all alike
    few = population_of(S3, "stander2024", runs[:14])
    assert by_length(lambda run: run.measures.loss, 0.0)(few) == ""  # thirds of fewer than five runs


def test_causes_are_joined_and_a_threshold_is_named(member):
    population = population_of(S3, "stander2024", [member] * 5)
    said = either(dead_threshold, lambda _: "", lambda _: "size: b")(population)
    assert said.startswith("measure: dead is below 0.001 of the strongest neuron here; below 1e-06 it is 0.0%")
    assert said.endswith("; size: b")
    assert dead_threshold(population_of(S3, "stander2024", [])) == ""


def test_runs_that_learned_stand_apart_from_those_that_did_not(member):
    not_yet = replace(member, measures=replace(member.measures, grok_step=None, seed=1))
    both = population_of(S3, "stander2024", [not_yet, member])
    assert (both.members, both.unlearned) == ((member,), (not_yet,))
    assert len(both.everyone) == 2
    assert not_yet.shortened
    alone = population_of(S3, "stander2024", [not_yet])
    assert (alone.members, alone.unlearned) == ((not_yet,), ())


@pytest.mark.parametrize("factor", [0.1, 10.0])
def test_noise_in_own_units_does_not_see_a_rescaling(factor):
    """left and right times s and out over s is the same network; absolute noise would harm it more or less."""
    model = plant(S3, [CosetPlan(S3.subgroup([1]))], torch.Generator().manual_seed(0), noise=0.0).folded
    model = FoldedModel(model.left.double(), model.right.double(), model.out.double(), model.bias.double())
    other = replace(model, left=factor * model.left, right=factor * model.right, out=model.out / factor)
    live, score = np.ones(model.width, dtype=bool), PairScorer(S3)
    one, two = (scaled_noise(m, live, score, seed=0) for m in (model, other))
    assert two.scale == pytest.approx(factor * one.scale)
    for id in SCALED:
        assert two.scores[id] == pytest.approx(one.scores[id])
    pre = model.left[:, None] + model.right
    assert scale_of(model, live) == pytest.approx(float(pre.reshape(36, -1).var(0, correction=0).mean().sqrt()))
    assert scale_of(model, ~live) == 0.0
    assert 0 < UNIT < 1
