"""Certificates of planted, random and memorising networks, of every type of group, from files and by command."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save

from cosetta.bounds import checker
from cosetta.bounds.certificate import Certificate, check_certificate, read_certificate, write_certificate
from cosetta.bounds.prover import brute_force_work
from cosetta.certification import certify
from cosetta.errors import BadRun, Unsupported
from cosetta.files import folder_digest
from cosetta.groups import named_group, subgroup_lattice
from cosetta.harmonics import irreps
from cosetta.models import FoldedModel, GroupNetwork, save_network
from cosetta.models.planted import CosetPlan, plant, random_model
from cosetta.models.planted_vectors import join, plant_vectors
from cosetta.models.scoring import PairScorer
from cosetta.training import Phase, TrainConfig, train

FUNCTIONS = ("left", "right", "out", "bias", "direct_left", "direct_right")


def as_bytes(model):
    return save({f: getattr(model, f).clone().contiguous() for f in FUNCTIONS if getattr(model, f) is not None})


def proven(model, group, **options):
    return certify(model, group, as_bytes(model), **options)


def planted_on(name, subgroup, seed=0, **options):
    group = named_group(name)
    lattice = subgroup_lattice(group)
    H = lattice.subgroup(lattice.names.index(subgroup))
    return plant(group, [CosetPlan(H, amplitude=4.0)], torch.Generator().manual_seed(seed), **options).folded, group


@pytest.mark.parametrize(
    ("name", "subgroup"), [("S3", "C2"), ("A4", "C3"), ("S4", "S3"), ("D10", "C2"), ("C7:C3", "C3"), ("S5", "S4")]
)
def test_the_ideal_itself_is_certified_whole_without_computing_a_neuron(name, subgroup):
    """Groups with irreps of complex type among them."""
    model, group = planted_on(name, subgroup)
    certificate = proven(model, group, bounds_only=True, exhaustive=True)
    assert certificate.share == 1 == certificate.record["brute_force"]["share"]
    assert [tier["tier"] for tier in certificate.record["tiers"]] == ["cosets"]
    assert certificate.record["account"]["one_by_one"] == []
    assert certificate.record["claim"]["loss"] < np.log(group.order)


def test_noise_is_paid_for_and_what_it_leaves_open_is_computed():
    model, group = planted_on("S4", "S3", noise=0.1)
    certificate = proven(model, group, exhaustive=True)
    assert certificate.share == pytest.approx(certificate.record["brute_force"]["share"])
    weaker = proven(model, group, bounds_only=True)
    assert weaker.share <= certificate.share
    assert "every neuron" not in {tier["tier"] for tier in weaker.record["tiers"]}


def of_vectors(name, labels, width):
    """Random vectors in some irreps, on no cosets."""
    group = named_group(name)
    chosen = [rho for rho in irreps(group) if rho.name in labels]
    assert len(chosen) == len(labels)
    return group, chosen, join(*(plant_vectors(rho, width, np.random.default_rng(0), 3.0) for rho in chosen))


@pytest.mark.parametrize(
    ("name", "labels", "width"),
    [("C59", ("2c-complex", "2h-complex", "2n-complex"), 60), ("SL(2,3)", ("4b-quaternionic",), 960)],
)
def test_groups_of_complex_and_quaternionic_type_have_certificates(name, labels, width):
    """Without cosets: activations exactly, out through its rank, at most d^2 over the type."""
    group, chosen, model = of_vectors(name, labels, width)
    certificate = proven(model, group, exhaustive=True)
    assert certificate.share == certificate.record["brute_force"]["share"] > 0.7
    assert certificate.work_share < 0.6
    rank = sum(rho.dim**2 // rho.endomorphism_dim for rho in chosen)
    assert certificate.record["account"]["rank_of_out"] <= rank


def test_a_direct_path_is_part_of_the_network():
    model, group = planted_on("S4", "S3")
    rng = np.random.default_rng(0)
    direct = [torch.from_numpy(0.2 * rng.standard_normal((24, 24))) for _ in range(2)]
    around = FoldedModel(model.left, model.right, model.out, model.bias, "relu", *direct)
    certificate = proven(around, group, exhaustive=True)
    assert certificate.share == certificate.record["brute_force"]["share"] == 1
    loud = FoldedModel(model.left, model.right, model.out, model.bias, "relu", *(100 * f for f in direct))
    certificate = proven(loud, group, exhaustive=True)
    assert certificate.share == certificate.record["brute_force"]["share"] < 0.5


def test_uncovered_and_dead_neurons_are_computed_or_bounded_each():
    model, group = planted_on("S4", "S3", random_neurons=3, dead_neurons=4)
    account = proven(model, group).record["account"]
    assert len(account["one_by_one"]) == 3
    assert all(neuron["reason"] for neuron in account["one_by_one"])
    assert len(account["bounded"]) == 4


@pytest.mark.parametrize("number", range(3))
def test_a_random_network_gets_its_real_share_by_trying_all_or_0_by_bound(number):
    group = named_group("S4")
    model = random_model(group, 40, torch.Generator().manual_seed(number))
    certificate = proven(model, group, exhaustive=True)
    assert certificate.share == certificate.record["brute_force"]["share"] < 0.2
    assert certificate.work_share == pytest.approx(1, abs=0.15)
    assert "proven by trying all" in certificate.sentence
    bound = proven(model, group, bounds_only=True)
    assert bound.share == 0
    assert bound.record["claim"]["loss"] >= PairScorer(group)(model).loss
    assert checker.check(bound.record, as_bytes(model))


def test_a_network_that_memorised_gets_its_real_share_and_no_more():
    group = named_group("S4")
    torch.manual_seed(0)
    pairs = torch.randperm(group.order**2)[:230]
    a, b = pairs // group.order, pairs % group.order
    labels = torch.from_numpy(group.table.astype(np.int64))[a, b]
    network = GroupNetwork(group.order, 16, 48)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(100):
        loss = torch.nn.functional.cross_entropy(network(a, b), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model = network.fold()
    certificate = proven(model, group, exhaustive=True)
    assert 0.4 < certificate.share == certificate.record["brute_force"]["share"] < 0.8
    assert certificate.work_share == pytest.approx(1, abs=0.15)
    assert proven(model, group, bounds_only=True).share < 0.1


def test_the_loss_is_bounded_too():
    for noise in (0.0, 0.2):
        model, group = planted_on("S4", "S3", noise=noise)
        certificate = proven(model, group)
        assert certificate.record["claim"]["loss"] >= PairScorer(group)(model).loss


def test_work_is_counted_from_the_same_baseline():
    model, group = planted_on("S4", "S3")
    record = proven(model, group).record
    assert record["brute_force"]["work"] == brute_force_work(24, model.width) == 24**3 * model.width
    assert record["claim"]["work"] == sum(tier["work"] for tier in record["tiers"])
    share = Certificate(record).work_share
    assert share == record["claim"]["work"] / record["brute_force"]["work"]
    assert Certificate(record | {"brute_force": {"work": 10**12}}).work_share == share  # nothing unchecked is printed


def test_the_trivial_group_has_a_certificate():
    group = named_group("C1")
    assert proven(random_model(group, 2, torch.Generator().manual_seed(0)), group).share == 1


def test_a_certificate_is_written_whole_and_read_back(tmp_path):
    model, group = planted_on("S4", "S3")
    certificate = proven(model, group)
    (tmp_path / "model.safetensors").write_bytes(as_bytes(model))
    write_certificate(certificate, tmp_path / "certificate.json")
    assert read_certificate(tmp_path / "certificate.json").record == certificate.record
    assert check_certificate(tmp_path / "certificate.json", tmp_path / "model.safetensors").share == 1
    (tmp_path / "short.json").write_text((tmp_path / "certificate.json").read_text()[:-40])
    with pytest.raises(BadRun, match="must be a whole certificate"):
        read_certificate(tmp_path / "short.json")
    (tmp_path / "cut.safetensors").write_bytes(as_bytes(model)[:-40])
    with pytest.raises(BadRun, match="must be whole"):
        check_certificate(tmp_path / "certificate.json", tmp_path / "cut.safetensors")


def test_other_activations_are_refused():
    model, group = planted_on("S3", "C2")
    smooth = FoldedModel(model.left, model.right, model.out, model.bias, "gelu")
    with pytest.raises(Unsupported, match="for relu only; the network has 'gelu'"):
        proven(smooth, group)


def test_the_command_proves_and_the_other_checks(command_line, tmp_path):
    save_network(GroupNetwork(order=6, embed_dim=4, width=3), tmp_path / "model.safetensors")
    model, _ = planted_on("S3", "C2")
    torch.save({f: getattr(model, f) for f in ("left", "right", "out", "bias")}, tmp_path / "mine.pt")
    mapping = [word for f in ("left", "right", "out", "bias") for word in (f"--mapping.{f}", f)]
    status, shown, complaint = command_line("certify", "mine.pt", "--group", "S3", "--exhaustive", *mapping)
    assert (status, complaint) == (0, ""), complaint
    assert "at least 100 % of 36 products" in " ".join(shown.split())
    folder = tmp_path / "runs" / "imported-mine"
    assert json.loads((folder / "certificate.json").read_text())["claim"]["certified"] == 36
    status, shown, _ = command_line("check", folder / "certificate.json", folder / "folded.safetensors")
    assert status == 0
    assert shown.startswith("holds: at least 100 % of 36 products")
    status, shown, complaint = command_line("check", folder / "certificate.json", "model.safetensors")
    assert (status, shown) == (1, "")
    assert complaint.count("\n") == 1
    assert "must bound each neuron once; the network has 3" in complaint


@pytest.mark.parametrize("architecture", ["mlp", "transformer", "square"])
def test_a_run_is_certified_from_its_own_weights_or_its_folded_form(command_line, tmp_path, architecture):
    phase = Phase(max_steps=2, learning_rate=1e-2)
    sizes = {
        "embed_dim": 8,
        "width": 8,
        "checkpoints": 0,
        "activation": "square" if architecture == "square" else "relu",
    }
    config = TrainConfig(group="S3", architecture=architecture, phases=(phase,), **sizes)
    train(config, named_group("S3"), tmp_path / "run")
    before = folder_digest(tmp_path / "run")
    status, shown, complaint = command_line("certify", "run", "--exhaustive")
    refusals = {"square": "for relu only; the network has 'square'", "transformer": "neurons are not left + right"}
    if architecture in refusals:
        assert status == 1
        assert complaint.count("\n") == 1
        assert refusals[architecture] in complaint
        assert not (tmp_path / "run" / "certificate.json").exists()
        return
    assert (status, complaint) == (0, ""), complaint
    assert "of 36 products" in shown
    status, shown, complaint = command_line("check", "run/certificate.json", "run/model.safetensors")
    assert (status, complaint) == (0, ""), complaint
    assert folder_digest(tmp_path / "run") == before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["A4", "S4", "C7:C3", "SL(2,3)"])
def test_certificates_of_damaged_networks_never_exceed_the_exhaustive_share(name):
    group, rng = named_group(name), np.random.default_rng(0)
    lattice = subgroup_lattice(group)
    for number in range(60):
        H = lattice.subgroup(int(rng.integers(1, len(lattice) - 1)))
        generator = torch.Generator().manual_seed(number)
        model = plant(group, [CosetPlan(H)], generator, noise=float(rng.choice([0, 0.02, 0.1, 0.5]))).folded
        kept = rng.permutation(model.width)[: int(rng.integers(1, model.width + 1))]
        for bounds_only in (False, True):
            certificate = proven(model.keep(torch.from_numpy(kept)), group, exhaustive=True, bounds_only=bounds_only)
            assert certificate.share <= certificate.record["brute_force"]["share"]
            if not bounds_only:
                assert certificate.share == certificate.record["brute_force"]["share"]
