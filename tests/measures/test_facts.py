"""Facts of neurons from their definitions on all pairs, and parts of rank one by their laws."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cosetta.config import AnalysisConfig
from cosetta.groups import cosets, named_group
from cosetta.harmonics import irreps, isotypic_projection
from cosetta.measures import measure, rank_one
from cosetta.measures.equivariance import bi_equivariance_error
from cosetta.measures.pairs import coset_leak, coset_post_mean
from cosetta.models.function_model import FunctionModel
from cosetta.models.planted import random_model

NAMES = ("S3", "Q8", "C7", "A4", "C7:C3")
networks = pytest.mark.parametrize("name", NAMES)


def seen(name, width=5):
    """A random network with a silent and a dead neuron, and its activations on all pairs (a, b, neuron)."""
    group = named_group(name)
    model = random_model(group, width, torch.Generator().manual_seed(0))
    out, right = model.out.clone(), model.right.clone()
    out[:, 1] = 3.0  # a constant out moves no answer
    right[:, 2] = -model.left[:, 2][torch.from_numpy(group.inverse.astype(np.int64))]  # silent where ab = 1
    model = replace(model, out=out, right=right)
    pre = (model.left[:, None] + model.right[None]).numpy()
    return group, model, pre, np.maximum(pre, 0)


@networks
def test_strength_is_the_variance_that_a_neuron_alone_gives_to_the_logits(name):
    group, model, _, post = seen(name)
    facts = measure(model, group)
    out = model.out.numpy() - model.out.numpy().mean(axis=0)
    given = post.reshape(-1, 1, model.width) * out  # (pair, answer, neuron)
    variance = given.var(axis=0).sum(axis=0)
    assert facts.strength == pytest.approx(variance / variance.sum())
    assert facts.dead.tolist() == [n == 1 for n in range(model.width)]
    assert facts.post_means == pytest.approx(post.mean(axis=(0, 1)))


@networks
def test_silence_and_product_means_are_counted_pair_by_pair(name):
    group, model, pre, post = seen(name)
    facts, config = measure(model, group), AnalysisConfig()
    silent = np.abs(pre) < config.zero_tolerance * pre.std(axis=(0, 1))
    assert facts.silent_share == pytest.approx(silent.mean(axis=(0, 1)))
    assert facts.silent_share[2] >= 1 / group.order
    for p in range(group.order):
        assert facts.product_means[p] == pytest.approx(post[group.table == p].mean(axis=0))


@networks
def test_what_happens_on_a_coset_is_what_happens_on_its_pairs(name):
    group, model, pre, post = seen(name)
    H = group.subgroup([1])
    labels = cosets(H, "right")
    for n in range(model.width):
        for c in range(H.index):
            on = (labels == c)[group.table]
            leak = coset_leak(model.left[:, n].numpy(), model.right[:, n].numpy(), labels == c, group)
            assert leak == pytest.approx(np.sqrt((pre[on, n] ** 2).mean() / (pre[..., n] ** 2).mean()))
            assert coset_post_mean(model, n, labels == c, group) == pytest.approx(post[on, n].mean())


@networks
def test_the_part_of_rank_one_is_the_nearest_and_moves_with_the_group(name):
    """No u^T rho(x) v is nearer, the rest is orthogonal, and translates of f have translates of it."""
    group, rng = named_group(name), np.random.default_rng(0)
    f = rng.standard_normal((2, group.order))
    for irrep in irreps(group):
        found, projected = rank_one(f, irrep), isotypic_projection(f, irrep)
        power = (projected**2).sum(axis=1)
        assert (found.part**2).sum(axis=1) == pytest.approx(found.share * power)
        assert ((projected - found.part) * found.part).sum(axis=1) == pytest.approx(np.zeros(2), abs=1e-9)
        if irrep.endomorphism_dim == 1:
            written = np.einsum("f,fd,gde,fe->fg", found.scale, found.u, irrep.matrices, found.v)
            assert np.allclose(written, found.part, atol=1e-9)
        for _ in range(20):
            u, v = rng.standard_normal((2, irrep.dim))
            other = np.einsum("d,gde,e->g", u, irrep.matrices, v)
            nearest = (f @ other)[:, None] * other / (other @ other)
            assert (((f - nearest) ** 2).sum(axis=1) >= ((f - found.part) ** 2).sum(axis=1) - 1e-9).all()
        g, h = rng.integers(group.order, size=2)
        moved = group.table[group.table[g], h]  # x -> g x h
        assert np.allclose(rank_one(f[:, moved], irrep).part, found.part[:, moved], atol=1e-8)


@networks
def test_facts_of_a_translated_network_are_translates(name):
    """left(ga), right(bh), out(gch): the same network on renamed factors, so shares and ranks stay."""
    group, model, _, _ = seen(name)
    g, h = group.order - 1, group.order // 2
    on_left, on_right = (torch.from_numpy(x.astype(np.int64)) for x in (group.table[g], group.table[:, h]))
    left, right, out = model.left[on_left], model.right[on_right], model.out[on_left][on_right]
    moved = replace(model, left=left, right=right, out=out)
    before, after = measure(model, group), measure(moved, group)
    assert np.allclose(before.strength, after.strength)
    assert np.allclose(before.silent_share, after.silent_share)
    assert np.array_equal(before.irrep, after.irrep)
    for function in before.functions:
        assert np.allclose(before.functions[function].power, after.functions[function].power, atol=1e-10)
        assert np.allclose(before.rank_one[function].share, after.rank_one[function].share, atol=1e-8)
    assert np.allclose(before.mirror.max(axis=1), after.mirror.max(axis=1), atol=1e-9)
    assert bi_equivariance_error(model, group) == pytest.approx(bi_equivariance_error(moved, group))


def test_bi_equivariance_is_a_projection_of_the_logits():
    """Logits that depend on x^-1 z y^-1 have none; averaged over it, any logits have none left."""
    group = named_group("A4")
    model = random_model(group, 6, torch.Generator().manual_seed(3))
    error = bi_equivariance_error(model, group)
    assert 0.3 < error < 1

    x, y = (factor.ravel() for factor in np.indices(group.table.shape))
    logits = model.logits(torch.from_numpy(x), torch.from_numpy(y)).double().numpy()
    logits -= logits.mean(axis=1, keepdims=True)
    between = group.table[group.table[group.inverse[x]], group.inverse[y][:, None]]
    means = np.array([logits[between == w].mean() for w in range(group.order)])[between]

    def averaged(a, b):
        return torch.zeros(len(a), 1), torch.from_numpy(means[(a * group.order + b).numpy()])

    assert bi_equivariance_error(FunctionModel(averaged, group.order), group) == pytest.approx(0, abs=1e-12)
    assert error == pytest.approx(((logits - means) ** 2).sum() / (logits**2).sum())
