"""The checker: what it certifies is true whatever it is told, and what is false it refuses, with the pair."""

import ast
import hashlib
import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save

from cosetta.bounds import checker
from cosetta.bounds.prover import by_neurons
from cosetta.certification import certify
from cosetta.groups import named_group
from cosetta.models import FoldedModel, GroupNetwork
from cosetta.models.planted import CosetPlan, plant, random_model

FILE = Path(checker.__file__)
FUNCTIONS = ("left", "right", "out", "bias", "direct_left", "direct_right")


def as_bytes(model):
    return save({f: getattr(model, f).clone().contiguous() for f in FUNCTIONS if getattr(model, f) is not None})


def margins(model, group):
    """Least margin of the right answer over every other, by the network itself."""
    a, b = np.divmod(np.arange(group.order**2), group.order)
    logits = model.logits(torch.from_numpy(a), torch.from_numpy(b)).numpy()
    p = group.table[a, b]
    at = logits[np.arange(len(p)), p].copy()
    logits[np.arange(len(p)), p] = -np.inf
    return (at - logits.max(axis=1)).reshape(group.order, group.order)


def random_stage(rng, order, width, partitions):
    """Any way to bound, however little sense it makes."""
    role = rng.integers(0, 3, width)
    exact = np.flatnonzero(role == 1).tolist()
    tree = {}
    for k in np.flatnonzero(role == 0).tolist():
        P, Q = (int(i) for i in rng.integers(0, len(partitions), 2))
        tree.setdefault(P, {}).setdefault(Q, []).append(k)
    leaves = []
    for P, rights in tree.items():
        groups = [[]]
        for Q, ks in rights.items():
            if rng.random() < 0.5 and groups[-1]:
                groups.append([])
            groups[-1].append([Q, ks])
        leaves.append([P, groups])
    tables, merges = list(range(len(leaves) + 1)), []
    while len(tables) > 1 and rng.random() < 0.7:
        i, j = (tables.pop(int(rng.integers(0, len(tables)))) for _ in range(2))
        merges.append([i, j])
        tables.append(len(leaves) + len(merges))
    pivots = rng.integers(0, len(exact), int(rng.integers(0, min(len(exact), order)))).tolist() if exact else []
    return {
        "leaves": leaves,
        "merges": merges,
        "linear": bool(rng.random() < 0.5),
        "exact": exact,
        "dropped": np.flatnonzero(role == 2).tolist(),
        "pivots": sorted(set(pivots)),
    }


def damaged(rng, group, number):
    """A network: random, or planted and then damaged; with direct paths now and then."""
    generator = torch.Generator().manual_seed(number)
    if number % 2 or group.order < 3:
        model = random_model(group, int(rng.integers(1, 9)), generator)
    else:
        subgroups = [group.subgroup([g]) for g in range(group.order)]
        H = next((H for H in subgroups if 1 < H.order < group.order), subgroups[0])
        model = plant(group, [CosetPlan(H)], generator, noise=float(rng.choice([0.0, 0.02, 0.3]))).folded
        model = model.keep(torch.from_numpy(rng.permutation(model.width)[: int(rng.integers(1, 13))]))
    scale = float(rng.choice([0.0, 0.1]))
    direct = [scale * torch.from_numpy(rng.standard_normal((group.order, group.order))) for _ in range(2)]
    bias = scale * torch.from_numpy(rng.standard_normal(group.order))
    return FoldedModel(model.left, model.right, model.out, bias, "relu", *(direct if number % 3 == 0 else ()))


def bounds_of(model, group, stages, partitions):
    net = checker.fold(checker.read_tensors(as_bytes(model)))
    return checker.derive(net, group.table, np.array(partitions), stages)


def test_no_bound_exceeds_the_margin_on_1000_random_and_damaged_networks(small_groups):
    """Whatever partitions and sums a certificate names: they are advice, no premises."""
    rng, above = np.random.default_rng(0), 0
    groups = [group for group in small_groups if group.order <= 6]
    for number in range(1000):
        group = groups[number % len(groups)]
        model = damaged(rng, group, number)
        partitions = [np.unique(rng.integers(0, 4, group.order), return_inverse=True)[1] for _ in range(4)]
        stages = [random_stage(rng, group.order, model.width, partitions)]
        stages += [by_neurons(range(model.width))] if number % 5 == 0 else []
        least, _ = bounds_of(model, group, stages, partitions)
        truth = margins(model, group)
        assert (least <= truth).all(), number
        assert (least > 0).mean() <= (truth > 0).mean()
        above += int((least > 0).sum())
        if len(stages) == 2:  # every neuron at last: the margin itself, up to rounding
            open_ = least <= 0
            np.testing.assert_allclose(least[open_], truth[open_], atol=1e-6)
    assert above > 1000  # it does certify


def test_a_margin_is_below_the_exact_one_in_rational_arithmetic():
    """Rounding is taken off: the weights' own arithmetic, in fractions."""
    rng, group = np.random.default_rng(1), named_group("S3")
    for number in range(20):
        left, right, out = (rng.standard_normal((3, 6, 5)) * 10.0 ** rng.integers(-3, 6)).round(3)
        model = FoldedModel(*(torch.from_numpy(f) for f in (left, right, out)), torch.zeros(6, dtype=torch.float64))
        partitions = [np.arange(6) % 2, np.arange(6) % 3]
        stages = [random_stage(rng, 6, 5, partitions), by_neurons(range(5))]
        least, _ = bounds_of(model, group, stages, partitions)
        for x in range(6):
            for y in range(6):
                post = [max(Fraction(left[x, k]) + Fraction(right[y, k]), Fraction(0)) for k in range(5)]
                logits = [sum(Fraction(out[z, k]) * post[k] for k in range(5)) for z in range(6)]
                p = int(group.table[x, y])
                margin = logits[p] - max(logit for z, logit in enumerate(logits) if z != p)
                assert Fraction(float(least[x, y])) < margin or least[x, y] == margin == 0, number


def test_a_tie_is_never_certified():
    group = named_group("C2")
    out = torch.tensor([[1.0], [1.0]], dtype=torch.float64)
    ones, zero = torch.ones(2, 1, dtype=torch.float64), torch.zeros(2, dtype=torch.float64)
    least, _ = bounds_of(FoldedModel(ones, ones, out, zero), group, [by_neurons([0])], np.zeros((0, 2), int))
    assert (least <= 0).all()


def test_the_weights_of_a_run_are_folded_with_their_rounding():
    group, generator = named_group("S3"), torch.manual_seed(0)
    network = GroupNetwork(order=6, embed_dim=4, width=3)
    net = checker.fold(checker.read_tensors(save(dict(network.state_dict()))))
    exact = network.double().fold()
    assert generator is not None
    np.testing.assert_allclose(net.left, exact.left.numpy(), rtol=1e-12)
    np.testing.assert_allclose(net.out, exact.out.numpy())
    least, _ = checker.derive(net, group.table, np.zeros((0, 6), int), [by_neurons(range(3))])
    truth = margins(exact, group)
    assert (least <= truth).all()
    np.testing.assert_allclose(least, truth, atol=1e-9)


def test_every_group_is_rebuilt_from_its_generators(small_group):
    steps = small_group.table[:, list(small_group.generators) or [0]].T
    np.testing.assert_array_equal(checker.multiply(steps), small_group.table)


@pytest.mark.parametrize(
    "steps",
    [
        [[1, 2, 0, 4, 5, 3]],  # does not reach 3
        [[1, 1, 0]],  # no permutation
        [[1, 0, 2], [0, 2, 1]],  # reaches all, but two ways to 2 differ
    ],
)
def test_what_is_no_group_is_refused(steps):
    with pytest.raises(checker.Refused, match="must define a group"):
        checker.multiply(np.array(steps))


@pytest.fixture(scope="module")
def planted():
    """A network on S4 whose every neuron is on cosets, nearly, and its certificate by tables alone."""
    group = named_group("S4")
    H = group.subgroup(np.flatnonzero(group.permutations[:, 0] == 0).tolist())  # a stabiliser of a point
    model = plant(group, [CosetPlan(H, amplitude=4.0)], torch.Generator().manual_seed(0), noise=1e-3).folded
    return model, group, certify(model, group, as_bytes(model), bounds_only=True).record


def test_the_planted_network_is_certified_by_tables_alone(planted):
    model, _, record = planted
    assert record["claim"]["certified"] == 576
    assert record["tiers"][0]["pairs"] == 576
    assert checker.check(record, as_bytes(model))[0].min() > 0


def test_a_weight_past_the_margin_is_refused_with_the_pair(planted):
    model, group, record = planted
    left = model.left.clone()
    left[7, 3] += 50.0
    changed = FoldedModel(left, model.right, model.out, model.bias)
    wrong = np.flatnonzero((margins(changed, group) <= 0).any(axis=1))
    assert wrong.tolist() == [7]
    with pytest.raises(
        checker.Refused, match=r"pairs fail, the first \S+ \(element \d+\) times .*weights are not those"
    ):
        checker.check(record, as_bytes(changed))
    genuine = record | {"weights": hashlib.sha256(as_bytes(changed)).hexdigest()}  # the digest is not what saves it
    with pytest.raises(checker.Refused, match=r"pairs fail, the first .* margin >= -[\d.]+$") as refused:
        checker.check(genuine, as_bytes(changed))
    x, y = (int(element) for element in re.findall(r"element (\d+)", str(refused.value)))
    least, _ = bounds_of(changed, group, record["stages"], record["partitions"])
    assert least[x, y] <= 0
    assert (least[7] <= 0).any()


def test_a_weight_within_the_margin_is_another_network_all_the_same(planted):
    model, _, record = planted
    left = model.left.clone()
    left[7, 3] += 1e-6
    with pytest.raises(checker.Refused, match="every bound holds; the weights are not those of digest"):
        checker.check(record, as_bytes(FoldedModel(left, model.right, model.out, model.bias)))


def test_no_change_of_a_certificate_proves_more(planted):
    """Each line of the record changed in turn: refused, or still true."""
    model, group, record = planted
    content = as_bytes(model)
    other = named_group("S3")
    worse = FoldedModel(model.left, model.right, -model.out, model.bias)
    claim = record["claim"]
    false = [
        {"claim": claim | {"certified": 577}},
        {"claim": claim | {"loss": claim["loss"] / 2}},
        {"claim": claim | {"work": claim["work"] // 2}},
        {"claim": claim | {"open": [[0, 1]]}},
        {"group": record["group"] | {"elements": record["group"]["elements"][:12]}},
        {"activation": "gelu"},
        {"stages": []},
        {"stages": [record["stages"][0] | {"exact": [0, 0]}]},
        {"stages": [record["stages"][0] | {"merges": [[0, 0]]}]},
        {"stages": [record["stages"][0] | {"dropped": list(range(model.width)), "leaves": [], "merges": []}]},
        {"group": record["group"] | {"generators": other.table[:, list(other.generators)].T.tolist()}},
        {"group": record["group"] | {"generators": group.table[list(group.generators)].tolist()}},  # the opposite group
        {"partitions": [[24] * 24] * len(record["partitions"])},
    ]
    for change in false:
        with pytest.raises((checker.Refused, ValueError, LookupError)):
            checker.check(record | change, content)
    with pytest.raises(checker.Refused, match="pairs fail"):
        checker.check(record, as_bytes(worse))
    rng = np.random.default_rng(0)
    for _ in range(20):  # any other partition is only worse advice
        shuffled = rng.permuted(np.array(record["partitions"]), axis=1).tolist()
        least, _ = checker.derive(
            checker.fold(checker.read_tensors(content)), group.table, np.array(shuffled), record["stages"]
        )
        assert (least <= margins(model, group)).all()


def test_a_certificate_of_another_order_is_refused(planted):
    small = random_model(named_group("S3"), 3, torch.Generator().manual_seed(0))
    with pytest.raises(checker.Refused, match="the order must be 24; the network has 6"):
        checker.check(planted[2], as_bytes(small))


@pytest.mark.parametrize("width", [3, 500])
def test_a_certificate_of_another_width_is_refused(planted, width):
    other = random_model(named_group("S4"), width, torch.Generator().manual_seed(0))
    with pytest.raises(checker.Refused, match=f"must bound each neuron once; the network has {width}"):
        checker.check(planted[2], as_bytes(other))


WITHOUT = """
import sys, runpy
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "cosetta", "safetensors", "scipy"):
            raise ImportError(name + " is not allowed here")
sys.meta_path.insert(0, Blocked())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run_alone(*arguments):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, str(FILE), *map(str, arguments)], capture_output=True, text=True, check=False
    )


def test_it_runs_in_a_process_without_torch(planted, tmp_path):
    model, _, record = planted
    (tmp_path / "certificate.json").write_text(json.dumps(record))
    (tmp_path / "model.safetensors").write_bytes(as_bytes(model))
    files = tmp_path / "certificate.json", tmp_path / "model.safetensors"
    done = run_alone(*files)
    assert (done.returncode, done.stdout) == (0, "holds: at least 576 products rightly, in exact arithmetic\n"), (
        done.stderr
    )
    wrong = FoldedModel(model.left, model.right, -model.out, model.bias)
    files[1].write_bytes(as_bytes(wrong))
    done = run_alone(*files)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("refused: 576 pairs fail, the first")
    files[0].write_text("{}")
    assert run_alone(*files).stderr.startswith("refused: ")
    assert "Traceback" not in run_alone(tmp_path / "nowhere", files[1]).stderr


def test_the_command_checks_without_torch(planted, tmp_path):
    model, _, record = planted
    (tmp_path / "certificate.json").write_text(json.dumps(record))
    (tmp_path / "model.safetensors").write_bytes(as_bytes(model))
    blocked = "import sys; sys.modules['torch'] = None; from cosetta.cli import main; main()"
    files = [str(tmp_path / "certificate.json"), str(tmp_path / "model.safetensors")]
    done = subprocess.run([sys.executable, "-c", blocked, "check", *files], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("holds: at least 100 % of 576 products")


def test_it_is_short_and_imports_nothing_but_numpy():
    text = FILE.read_text()
    assert len(text.splitlines()) < 200
    imports = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in imports if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) == {"numpy"}
