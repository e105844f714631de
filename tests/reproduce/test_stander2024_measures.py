"""What is measured on one run: planted networks give the numbers that their plan implies."""

import numpy as np
import pytest
import torch

from cosetta import irreps, named_group, subgroup_lattice
from cosetta.explanation import analyse_run
from cosetta.measures.gcr import gcr_measures
from cosetta.models import GroupNetwork, PairScorer
from cosetta.models.planted import CosetPlan
from cosetta.reproduce.frame.spread import TOO_FEW, five_numbers, mean_over_runs
from cosetta.reproduce.stander2024.concentration import THRESHOLDS, ablation_curves, least_concentrations
from cosetta.reproduce.stander2024.exemplars import spread_over_fall
from cosetta.reproduce.stander2024.measures import CACHE, measure_run, shared_cosets
from cosetta.reproduce.stander2024.populations import pooled
from tests.slow_gcr import slow_measures


@pytest.fixture(scope="module")
def s3_run(plant_run):
    """A complete circuit of C2 in S3 beside one of C3, with partners, nearly exact."""
    S3 = named_group("S3")
    return plant_run(S3, [CosetPlan(S3.subgroup([1])), CosetPlan(S3.subgroup([3]), amplitude=0.5)], noise=1e-6)


@pytest.fixture(scope="module")
def s3_measured(s3_run):
    S3 = named_group("S3")
    analysis = analyse_run(s3_run, S3)
    return analysis, measure_run(s3_run, S3, analysis)


@pytest.mark.parametrize("name", ["S3", "Q8", "C5", "A4"])
def test_gcr_measures_are_those_of_all_pairs(name):
    group, all_irreps = named_group(name), irreps(named_group(name))
    torch.manual_seed(2)
    model = GroupNetwork(group.order, 3, 5).fold().to(dtype=torch.float64)
    trained = torch.randperm(group.order**2, generator=torch.Generator().manual_seed(0))[: group.order**2 // 2]
    mask = np.zeros(group.order**2, dtype=bool)
    mask[trained.numpy()] = True
    named = {irrep.name: irrep for irrep in all_irreps}
    slow = slow_measures(model, group, {"trivial" if i == 0 else n: v for i, (n, v) in enumerate(named.items())}, mask)
    fast = gcr_measures(model, group, all_irreps, trained)
    for label in list(named)[1:]:
        assert fast.left[label] == pytest.approx(slow[f"percent_x_embed_{label}_rep"])
        assert fast.right[label] == pytest.approx(slow[f"percent_y_embed_{label}_rep"])
        assert fast.out[label] == pytest.approx(slow[f"percent_unembed_{label}_rep"])
        assert fast.hidden[label] == pytest.approx(slow[f"total_percent_hidden_{label}_rep"])
        assert fast.product[label] == pytest.approx(slow[f"percent_hidden_xy_{label}_rep"])
        assert fast.trace_similarity[label] == pytest.approx(slow[f"logit_{label}_rep_trace_similarity"])
        assert fast.restricted[label] == pytest.approx(slow[f"hidden_restricted_loss_{label}_rep"])
        assert fast.excluded[label] == pytest.approx(slow[f"hidden_excluded_loss_{label}_rep"])
    assert fast.total["restricted"] == pytest.approx(slow["total_hidden_restricted_loss"])
    assert fast.total["excluded"] == pytest.approx(slow["total_hidden_excluded_loss"])
    assert fast.total["hidden"] == pytest.approx(slow["percent_hidden_explained"])


def test_a_planted_network_has_the_bins_of_its_plan(s3_measured):
    analysis, found = s3_measured
    assert found.accuracy == 1.0
    assert analysis.covered_share == 1.0
    # 9 circuits of C2 with two partners each, and two of C3
    assert found.out_bins["same-coset"].n == 9 + 2
    assert found.out_bins["same-coset"].mean == pytest.approx(1.0, abs=1e-4)
    assert found.out_bins["same-class"].mean < 0
    assert found.out_bins["all-live"].n == 22 * 21 // 2
    assert abs(found.out_bins["random"].mean) < 0.2
    assert found.out_levels.on < 0 < found.out_levels.off
    assert found.out_levels.lowest == 1.0
    assert found.out_levels.chance == pytest.approx((18 / 3 + 4 / 2) / 22)  # indices 3 and 2
    assert found.out_bins["same-subgroup"].mean < found.out_bins["same-class"].mean + 1e-9
    assert found.shares("largest") == pytest.approx({"C2": 18 / 22, "C3": 4 / 22})
    assert found.shares("argmin") == pytest.approx(found.shares("largest"))
    assert found.coset_logits is None  # no circuit of four neurons
    assert set(found.interventions) > {"none", "swap-embeddings", "abs-for-relu"}


def test_four_neurons_tell_their_coset_apart(plant_run):
    S3 = named_group("S3")
    run = plant_run(S3, [CosetPlan(S3.subgroup([1]))] * 2, noise=1e-6)
    found = measure_run(run, S3, analyse_run(run, S3))
    logits = found.coset_logits
    assert logits.circuits == 9
    assert logits.on[-1]["max"] < 0 < logits.off[-1]["min"]
    assert logits.on[0]["max"] <= 0


def test_removing_concentrated_neurons_destroys_and_the_rest_does_not_matter(s3_run, s3_measured):
    _, found = s3_measured
    curves, width = found.ablation, len(found.neurons)
    assert curves.thresholds == THRESHOLDS
    assert curves.untouched == 1.0
    for above, below in zip(curves.above.removed, curves.below.removed, strict=True):
        assert above + below == width
    assert (curves.above.removed[-1], curves.above.accuracy[-1]) == (0, 1.0)
    assert (curves.below.removed[-1], curves.below.accuracy[-1]) == (width, 0.0)  # equal logits: a tie is wrong
    assert list(curves.above.removed) == sorted(curves.above.removed, reverse=True)


def test_removed_neurons_contribute_nothing():
    S3 = named_group("S3")
    torch.manual_seed(0)
    model = GroupNetwork(6, 3, 8).fold()
    least = least_concentrations(model.left.double().numpy().T, subgroup_lattice(S3), irreps(S3))
    middle = float(np.median([neuron.value for neuron in least]))
    live = np.arange(8) < 6
    curves = ablation_curves(model, least, live, PairScorer(S3), (middle,))
    silenced = model.out.clone()
    silenced[:, [n for n, neuron in enumerate(least) if neuron.value >= middle]] = 0
    same = type(model)(model.left, model.right, silenced, model.bias)
    assert curves.above.accuracy[0] == PairScorer(S3)(same).accuracy
    assert 0 < curves.above.removed[0] < 8
    gone = [n for n, neuron in enumerate(least) if neuron.value >= middle]
    assert curves.above_live == (sum(n < 6 for n in gone),)
    everything = ablation_curves(model, least, live, PairScorer(S3), (0.0,))
    assert everything.above_live == (6,)
    assert everything.random[0] == PairScorer(S3)(model.keep(torch.tensor([6, 7]))).accuracy


def test_shared_cosets_are_where_the_neurons_are_silent(s3_run, s3_measured):
    analysis, _ = s3_measured
    S3 = named_group("S3")
    model = s3_run.network().fold()
    found = shared_cosets(analysis, subgroup_lattice(S3))
    for circuit in analysis.coset.circuits:
        for n in circuit.neurons:
            pre = (model.left[:, n, None] + model.right[None, :, n]).abs().numpy()
            inside = found[circuit.circuit][S3.table]
            assert pre[inside].max() < 1e-4 < pre[~inside].min()


def test_a_cache_is_used_and_a_damaged_or_old_one_is_made_again(s3_run, s3_measured):
    analysis, found = s3_measured
    S3, path = named_group("S3"), s3_run.folder / CACHE
    whole = path.read_bytes()
    written = path.stat().st_mtime_ns
    assert measure_run(s3_run, S3, analysis) == found
    assert path.stat().st_mtime_ns == written
    for damaged in (b"", whole[: len(whole) // 2], b"\xff\xfe", whole.replace(b'"schema":3', b'"schema":2')):
        path.write_bytes(damaged)
        again = measure_run(s3_run, S3, analysis)
        assert again.out_bins == found.out_bins
        assert again.ablation == found.ablation
        assert path.read_bytes()[:20] == whole[:20]


def test_few_runs_have_no_interval():
    few, enough = mean_over_runs([0.1, 0.2, 0.3, 0.4]), mean_over_runs([0.1, 0.2, 0.3, 0.4, 0.5])
    assert (few.low, few.high) == (None, None)
    assert TOO_FEW in few.says()
    assert few.covers(0.25) is False
    assert enough.low < enough.value < enough.high
    assert mean_over_runs([]).says() == "not measured, 0 runs"


def test_samples_are_pooled_as_their_union():
    first, second = np.random.default_rng(0).standard_normal((2, 30))
    second = second[:10] + 2
    n, mean, sd = pooled([(len(x), float(x.mean()), float(x.std())) for x in (first, second)])
    union = np.concatenate([first, second])
    assert (n, mean, sd) == (40, pytest.approx(union.mean()), pytest.approx(union.std()))
    assert pooled([]) is None
    assert five_numbers(first)["median"] == pytest.approx(np.median(first))


def test_checkpoints_are_spread_over_the_fall_and_keep_their_order():
    falling = [1.0, 0.99, 0.98, 0.5, 0.03, 1e-3, 1e-4, 1e-6, 1e-6, 1e-6]
    chosen = spread_over_fall(falling)
    assert chosen[0] == 0
    assert chosen[-1] == len(falling) - 1
    assert list(chosen) == sorted(set(chosen))
    assert len(chosen) == 4
    assert falling[chosen[1]] < 0.5
    assert spread_over_fall([1.0, 0.5]) == (0, 1)
    assert spread_over_fall([0.5] * 5) == (0, 1, 2, 4)
