import numpy as np
import pytest
import torch

from cosetta import fold, named_group
from cosetta.errors import BadConfig, BadNetwork
from cosetta.models import FoldedModel, GroupNetwork
from cosetta.models.fold import fold_model
from cosetta.models.function_model import FunctionModel, model_of_arrays
from cosetta.models.pair_model import Reordered
from cosetta.models.planted import CosetPlan, plant, random_model

S3, S4 = named_group("S3"), named_group("S4")


def planted(group, generators=(1,), seed=0):
    plans = [CosetPlan(group.subgroup(list(generators)))]
    return plant(group, plans, generator=torch.Generator().manual_seed(seed)).folded


def all_pairs(order):
    return torch.arange(order).repeat_interleave(order), torch.arange(order).repeat(order)


def random_folded(group, activation="relu", width=5, direct=True, seed=2):
    generator = torch.Generator().manual_seed(seed)
    n = group.order
    left, right, out = (torch.randn(n, width, generator=generator, dtype=torch.float64) for _ in range(3))
    paths = [torch.randn(n, n, generator=generator, dtype=torch.float64) if direct else None for _ in range(2)]
    return FoldedModel(left, right, out, torch.randn(n, generator=generator, dtype=torch.float64), activation, *paths)


def parts_network(group, shares=(1.0, 2.0, 3.0, 0.5), width=6, seed=5):
    """Activations whose parts f(a), g(b), h(ab), rest have these variances, and logits that are affine in them."""
    rng = np.random.default_rng(seed)
    n = group.order
    f, g, h = (rng.normal(size=(n, width)) for _ in range(3))
    rest = rng.normal(size=(n, n, width))
    rest -= rest.mean(0, keepdims=True)
    rest -= rest.mean(1, keepdims=True)
    by_product = np.stack([rest[group.table == c].mean(0) for c in range(n)])
    rest -= by_product[group.table]
    unit = [x - x.mean(0) for x in (f, g, h)]
    unit = [x / x.std(0) for x in unit] + [rest / rest.std((0, 1))]
    f, g, h, rest = (np.sqrt(share) * x for share, x in zip(shares, unit, strict=True))
    return f[:, None] + g[None] + h[group.table] + rest


@pytest.mark.parametrize("activation", ["relu", "tanh", "square"])
def test_folding_a_folded_model_gives_the_same_functions(small_group, activation):
    model = random_folded(small_group, activation)
    if small_group.order == 1:
        return  # logits of one answer say nothing
    folding = fold_model(model, small_group)
    a, b = all_pairs(small_group.order)
    torch.testing.assert_close(folding.model.pre(a, b), model.pre(a, b), rtol=0, atol=1e-10)
    torch.testing.assert_close(folding.model.logits(a, b), model.logits(a, b), rtol=0, atol=1e-8)
    torch.testing.assert_close(folding.model.out, model.out, rtol=0, atol=1e-9)
    assert folding.additive_share == pytest.approx(1)
    assert (folding.agreement, folding.readout, folding.obstacle) == (1, "patched", "")


def test_shares_of_the_logits_are_those_of_all_pairs():
    model = random_folded(S4)
    folding = fold_model(model, S4)
    a, b = all_pairs(24)
    logits = model.logits(a, b)
    centred = logits - logits.mean(1, keepdim=True)
    direct = model.direct_left[a] + model.direct_right[b]
    direct = direct - direct.mean(1, keepdim=True)
    post = torch.relu(model.pre(a, b))
    expected = direct.var(0, correction=0).mean() / centred.var(0, correction=0).mean()
    assert folding.direct_share == pytest.approx(float(expected), rel=1e-9)
    strength = post.var(0, correction=0) * model.out.var(0, correction=0)
    np.testing.assert_allclose(folding.strength, (strength / strength.sum()).numpy(), rtol=1e-9)
    assert folding.direct_rest < 1e-20


def test_a_network_without_a_path_around_has_none():
    assert fold(random_folded(S4, direct=False), S4).model.direct_left is None


@pytest.mark.parametrize("name", ["S3", "S4", "Q8", "C7:C3"])
def test_parts_have_the_shares_that_were_put_in(name):
    group = named_group(name)
    pre = parts_network(group)
    folding = fold(pre, group)
    assert [part.name for part in folding.parts] == ["f(a)", "g(b)", "h(ab)", "rest"]
    np.testing.assert_allclose([part.share for part in folding.parts], np.array([1, 2, 3, 0.5]) / 6.5, rtol=1e-9)
    assert folding.additive_share == pytest.approx(3 / 6.5)
    assert folding.additive_share == pytest.approx(1 - folding.parts[2].share - folding.parts[3].share)
    assert folding.readout == "none"
    assert folding.obstacle.startswith("the additive share is 0.4615, below 0.999")


def test_taking_a_part_away_changes_the_logits_as_patching_by_hand_does():
    group = S4
    pre = torch.from_numpy(parts_network(group))
    out = torch.randn(24, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    logits = torch.relu(pre) @ out.T
    folding = fold_model(model_of_arrays(pre.numpy(), logits.numpy()), group)
    assert folding.model.activation == "relu"
    h = folding.parts[2].values
    without = torch.relu(pre - h[torch.from_numpy(group.table.astype(np.int64))]) @ out.T
    change = (without - logits).flatten(0, 1)
    change = change - change.mean(1, keepdim=True)
    whole = logits.flatten(0, 1) - logits.flatten(0, 1).mean(1, keepdim=True)
    expected = change.var(0, correction=0).mean() / whole.var(0, correction=0).mean()
    assert folding.parts[2].logit_share == pytest.approx(float(expected), rel=1e-6)
    answers = without.argmax(-1).numpy()
    assert folding.parts[2].accuracy_without == pytest.approx((answers == group.table).mean())


def test_a_function_of_the_product_is_all_h():
    values = np.random.default_rng(0).normal(size=(24, 3))[S4.table]
    shares = {part.name: part.share for part in fold(values, S4).parts}
    assert shares == pytest.approx({"f(a)": 0, "g(b)": 0, "h(ab)": 1, "rest": 0}, abs=1e-12)


def test_another_element_order_is_recovered_from_the_logits():
    network = planted(S4, (1, 2))
    places = torch.from_numpy(np.random.default_rng(3).permutation(24))
    folding = fold(Reordered(network, places), S4)
    assert (folding.accuracy, folding.folded_accuracy) == (1, 1)
    assert "elements stand in another order; it was recovered from the logits" in folding.notes
    a, b = all_pairs(24)
    assert torch.equal(folding.model.logits(a, b).argmax(1), torch.from_numpy(S4.table.astype(np.int64)).ravel())


def test_predictions_that_are_no_group_leave_the_order_and_say_so():
    folding = fold(random_folded(S4), S4)
    assert any("elements are taken in the order of S4: the predictions of" in note for note in folding.notes)
    unknown = fold(np.random.default_rng(0).normal(size=(6, 6, 2)), S3)
    assert unknown.notes == ("elements are taken in the order of S3, which nothing here could check",)


@pytest.mark.parametrize("fault", ["none", "rest"])
def test_a_sample_of_rows_is_said_and_has_an_interval(fault):
    group = named_group("C7:C3xC3")
    pre = parts_network(group, (1, 1, 0, 0.25 if fault == "rest" else 0), width=8)
    whole = fold(pre, group)
    folding = fold(pre, group, max_pairs=group.order**2 // 3)
    low, high = folding.additive_interval
    assert folding.pairs < folding.all_pairs
    assert "sampled of 3,969 pairs" in folding.sentences()[0]
    if fault == "none":
        assert (low, high) == pytest.approx((1, 1), abs=1e-9)
        for side in ("left", "right"):
            ours, theirs = (getattr(x.model, side) for x in (folding, whole))
            torch.testing.assert_close(ours - ours.mean(0), theirs - theirs.mean(0), rtol=0, atol=1e-6)
    else:
        assert folding.additive_share == pytest.approx(whole.additive_share, abs=0.02)  # 8/9
        assert high - low < 0.1
        assert folding.parts[3].share == pytest.approx(whole.parts[3].share, abs=0.02)


def test_half_precision_activations_are_read():
    network = planted(S3)
    a, b = all_pairs(6)
    pre, logits = (x.reshape(6, 6, -1).numpy() for x in network.run(a, b))
    folding = fold(pre.astype(np.float16), S3, logits=logits.astype(np.float16))
    assert folding.additive_share > 0.9999
    assert folding.folded_accuracy == 1


def test_record_is_plain_and_whole():
    import json

    record = json.loads(json.dumps(fold(parts_network(S3), S3).record(), allow_nan=False))
    assert record["schema"] == 1
    assert record["obstacle"]
    assert [part["name"] for part in record["parts"]] == ["f(a)", "g(b)", "h(ab)", "rest"]
    assert len(record["additive"]) == 6


class Faulty(torch.nn.Module):
    """A network with one thing wrong."""

    def __init__(self, fault):
        super().__init__()
        self.net = GroupNetwork(order=6, embed_dim=4, width=5)
        self.fault, self.dropout = fault, torch.nn.Dropout(0.5)

    def forward(self, a, b):
        if self.fault == "raises":
            raise RuntimeError("no such\ntoken")
        logits = self.net(a, b)
        if self.fault == "dropout":
            return self.dropout(logits)
        if self.fault == "nan":
            return torch.where((a == 2)[:, None], torch.nan, logits)
        return torch.cat([logits, logits[:, :1]], dim=1) if self.fault == "long" else logits


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("raises", "a network must run on pairs of elements; it raised RuntimeError: no such token: say how"),
        ("dropout", r"must give the same logits twice; they differ by .*: call .eval\(\)"),
        ("nan", "every logit must be finite; number 0 is nan for a = 2, b = "),
        ("long", r"must give 6 logits a pair, one an element; it gives \(1, 7\) for 1 pair: "),
    ],
)
def test_faulty_networks_are_named_in_one_line(fault, message):
    with pytest.raises(BadNetwork, match=message) as raised:
        fold(Faulty(fault), S3, "net.hook_pre")
    assert "\n" not in str(raised.value)
    assert fold(Faulty("none"), S3, "net.hook_pre").agreement == 1


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fold(Faulty("none"), S3), BadConfig, "a module needs `site`.*: name one of net, .*net.hook_pre"),
        (lambda: fold(Faulty("none"), S3, "net.hook"), BadConfig, "no submodule has that name: one of .*net.hook_pre"),
        (lambda: fold("S3", S3), BadConfig, "must be a module, a function or an array; got a str"),
        (lambda: fold(planted(S4), S3), BadNetwork, "the network has 24 elements; the group has 6"),
        (lambda: fold(planted(S3), S3, activation="sine"), BadConfig, "`activation` must be one of .*got 'sine'"),
        (lambda: fold(np.zeros((6, 6)), S3), BadNetwork, r"the shape \|G\| x \|G\| x neurons; they have \(6, 6\)"),
        (lambda: fold(np.zeros((36, 2)), S3), BadNetwork, r"if the pairs are in order, save pre.reshape\(6, 6, -1\)"),
        (
            lambda: fold(np.zeros((2, 6, 6)), S3),
            BadNetwork,
            r"neurons come first, save np.moveaxis\(pre, 0, -1\)",
        ),
        (lambda: fold(np.zeros((6, 6, 3, 2)), S3), BadNetwork, r"is positions, save the last, pre\[:, :, -1\]"),
        (lambda: fold(np.zeros((6, 6, 2), complex), S3), BadNetwork, "save the real and the imaginary part"),
        (lambda: fold(np.zeros((4, 4, 2)), S3), BadNetwork, "the network has 4 elements; the group has 6"),
        (lambda: fold(np.zeros((6, 6, 2), int), S3), BadNetwork, "real floating-point numbers; they are int64"),
        (lambda: fold(np.zeros((6, 6, 2)), S3, logits=np.zeros((6, 6, 5))), BadNetwork, "6 x 6 x 6, as .* have"),
        (lambda: fold(lambda a, b: a, S3), BadNetwork, r"must give \(pre, logits\); it gives a Tensor"),
        (lambda: fold(lambda a, b: 1 / 0, S3), BadNetwork, "it raised ZeroDivisionError"),
        (lambda: fold(lambda a, b: (a[:, None].float(), a), S3), BadNetwork, "`logits` must be floats, 6 a pair"),
        (lambda: fold(np.full((6, 6, 1), np.nan), S3), BadNetwork, "every value at the site must be finite"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_network_of_noise_is_not_called_additive():
    noise = torch.randn(24, 24, 5, generator=torch.Generator().manual_seed(0))
    folding = fold(noise, S4)
    assert folding.additive_share == pytest.approx(2 * 23 / (24**2 - 1), abs=0.05)
    assert folding.obstacle


def test_a_bilinear_network_is_not_additive():
    generator = torch.Generator().manual_seed(1)
    left, right, out = (torch.randn(6, 4, generator=generator) for _ in range(3))
    folding = fold_model(FunctionModel(lambda a, b: (left[a] * right[b], (left[a] * right[b]) @ out.T), 6), S3)
    assert folding.additive_share < 0.9
    assert folding.activation_error > 0.01
    assert folding.obstacle


def test_models_of_planted_controls_fold_too():
    control = random_model(S3, 4, torch.Generator().manual_seed(0))
    assert fold(control, S3).additive_share == pytest.approx(1)
