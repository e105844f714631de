"""What the recipe `fast` promises for small groups: it learns them, and an account covers the neurons."""

import pytest

from cosetta.config import AnalysisConfig
from cosetta.groups import named_group
from cosetta.hypotheses import CosetCircuit
from cosetta.hypotheses.irrep import OneIrrep
from cosetta.measures import measure
from cosetta.training import fast, train


def test_fast_leaves_pairs_to_test_on(small_group):
    pairs = small_group.order**2
    if pairs > 1:
        assert 0 < round(fast(small_group).train_fraction * pairs) < pairs


@pytest.mark.parametrize(
    "order_and_fraction",
    [("C2", 0.75), ("S3", 0.9), ("A4", 0.9), ("D16", 0.95), ("F20", 0.8), ("A5xC2", 0.4), ("SL(2,5)", 0.6)],
)
def test_more_pairs_train_where_fewer_do_not_determine_the_rest(order_and_fraction):
    name, fraction = order_and_fraction
    assert fast(name).train_fraction == fraction


@pytest.mark.parametrize("name", ["D8", "A4", "S4"])
def test_small_groups_are_learned_and_covered(name, tmp_path):
    """S4 and A4 had no covered neuron, and D8 was memorised, when float32 lost the gradient below a loss of 1e-7."""
    group = named_group(name)
    run = train(fast(group, checkpoints=0), group, tmp_path / "run")
    last = run.metrics.row(-1, named=True)
    assert (last["train_accuracy"], last["test_accuracy"]) == (1, 1)
    config = AnalysisConfig(null_samples=19)
    facts = measure(run.network().fold(), group, config)
    covered = {n for account in (CosetCircuit, OneIrrep) for n in account.fit(facts, config).labels}
    assert len(covered) >= 0.9 * len(facts.live) >= 40
