"""Sums of the centred logits against logits held for every pair, with and without a path around the neurons."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cosetta import irreps, named_group
from cosetta.measures.logit_sums import LogitSums
from cosetta.models import GroupNetwork
from cosetta.trajectory import _Moments


def network(group, direct):
    torch.manual_seed(5)
    n = group.order
    model = GroupNetwork(n, 3, 4).fold().to(dtype=torch.float64)
    around = {"direct_left": torch.randn(n, n).double(), "direct_right": torch.randn(n, n).double()}
    return replace(model, **around) if direct else model


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("name", ["S3", "Q8", "C5"])
def test_sums_are_those_of_the_logits(name, direct):
    group = named_group(name)
    model, n = network(group, direct), group.order
    a, b = (x.reshape(-1) for x in torch.meshgrid(torch.arange(n), torch.arange(n), indexing="ij"))
    product = torch.from_numpy(group.table.astype(np.int64)).reshape(-1)
    sums = LogitSums(model)
    for block in torch.arange(n * n).split(7):
        sums.add(model.activate(model.pre(a[block], b[block])), a[block], b[block], product[block])
    logits = model.logits(a, b)
    centred = logits - logits.mean(1, keepdim=True)
    assert float(sums.square()) == pytest.approx(float(centred.square().sum()))
    by_product = torch.zeros(n, n, dtype=torch.float64).index_add_(0, product, centred)
    torch.testing.assert_close(sums.logits(), by_product, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("direct", [False, True])
def test_a_trajectory_sees_the_path_around_the_neurons(direct):
    group = named_group("S3")
    model, n = network(group, direct), group.order
    moments = _Moments(model, group, torch.arange(n * n))
    a, b = (x.reshape(-1) for x in torch.meshgrid(torch.arange(n), torch.arange(n), indexing="ij"))
    centred = model.logits(a, b)
    centred = centred - centred.mean(1, keepdim=True)
    for irrep in irreps(group)[1:]:
        cube = torch.from_numpy(irrep.character[group.table[group.table[a, b][:, None], group.inverse]])
        cosine = float((centred * cube).sum() / (centred.norm() * cube.norm()))
        assert moments.similarity(irrep) == pytest.approx(cosine)
