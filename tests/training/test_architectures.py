"""Every architecture: its logits against the network it is read back as, its gradient, its run from end to end."""

import json

import numpy as np
import pytest
import torch

from cosetta.config import AnalysisConfig
from cosetta.errors import BadConfig, BadRun, Unsupported
from cosetta.explanation import Parts, analyse_run, explain_run
from cosetta.groups import named_group
from cosetta.models import FoldedModel, fold, load_tensors
from cosetta.models.exporting import export_run
from cosetta.models.importers import model_of_tensors, open_checkpoint
from cosetta.results import Analysis
from cosetta.sweep.plan import is_explained
from cosetta.training import Phase, TrainConfig, chughtai2023, fast, sitting, train
from cosetta.training.architectures import ARCHITECTURES, AUTOGRAD
from cosetta.training.autograd_step import AutogradStep
from cosetta.training.parameters import initial_parameters, parameter_shapes, parameter_views
from cosetta.training.scoring import score_parameters
from cosetta.training.stack import Stack
from cosetta.training.state import TrainState
from cosetta.training.step import FoldedStep
from cosetta.trajectory import trajectory

KINDS = tuple(ARCHITECTURES)
DOUBLE = {"precision": "float64", "loss_precision": "float64"}


def small(group, kind, **overrides):
    sizes = {"embed_dim": 8, "width": 7, "train_fraction": 0.6} | ({"heads": 2} if kind == "transformer" else {})
    return fast(group, architecture=kind, **(sizes | overrides))


def drawn(group, config, runs=None):
    """Parameters away from their initial values, so that biases count; pairs; and the table."""
    generator = torch.Generator().manual_seed(1)
    flat = initial_parameters(group.order, config, generator)
    shape = (*(() if runs is None else (runs,)), len(flat))
    flat = flat + 0.1 * torch.randn(shape, generator=generator, dtype=flat.dtype)
    pairs = torch.randint(group.order**2, (*shape[:-1], 20), generator=generator)
    return flat, pairs, torch.tensor(group.table, dtype=torch.int64)


@pytest.mark.parametrize("kind", KINDS)
def test_the_logits_are_those_of_the_network_that_the_weights_are_read_as(small_group, kind):
    """The transformer here makes no attention matrix; the one it is read as does."""
    config = small(small_group, kind, **DOUBLE)
    flat, pairs, _ = drawn(small_group, config)
    weights = parameter_views(flat, small_group.order, config)
    a, b = pairs // small_group.order, pairs % small_group.order
    record = {"config": config.model_dump(mode="json")}
    slow = model_of_tensors(weights, record, "weights").logits(a, b)
    assert torch.allclose(ARCHITECTURES[kind].logits(weights, a, b, config), slow, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["C5", "S3", "Q8"])
def test_the_gradient_is_the_slope_of_the_loss(kind, name):
    group = named_group(name)
    config = small(group, kind, **DOUBLE)
    flat, pairs, table = drawn(group, config)
    step = AutogradStep(flat, table, config)
    step(pairs)
    direction = torch.randn(len(flat), generator=torch.Generator().manual_seed(2), dtype=flat.dtype)
    losses = [score_parameters(flat + sign * 1e-5 * direction, pairs, table, config)[1] for sign in (1, -1)]
    slope = float(losses[0] - losses[1]) / 2e-5
    assert slope == pytest.approx(float(step.gradient @ direction), rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - AUTOGRAD))
def test_autograd_finds_the_gradient_that_is_written_out(kind):
    group = named_group("S3")
    config = small(group, kind, **DOUBLE)
    flat, pairs, table = drawn(group, config)
    steps = [step(flat, table, config) for step in (AutogradStep, FoldedStep)]
    for step in steps:
        step(pairs)
    assert torch.allclose(steps[0].gradient, steps[1].gradient, atol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_runs_in_rows_do_not_mix(kind):
    group = named_group("S3")
    config = small(group, kind, **DOUBLE)
    flat, pairs, table = drawn(group, config, runs=3)
    together = AutogradStep(flat, table, config)
    together(pairs)
    scores = score_parameters(flat, pairs, table, config)
    for i in range(3):
        alone = AutogradStep(flat[i], table, config)
        alone(pairs[i])
        assert torch.allclose(together.gradient[i], alone.gradient, atol=1e-14)
        assert torch.allclose(scores[i], score_parameters(flat[i], pairs[i], table, config), atol=1e-12)


def test_a_large_batch_goes_in_blocks(monkeypatch):
    group = named_group("S3")
    config = small(group, "transformer", **DOUBLE)
    flat, pairs, table = drawn(group, config)
    whole, parts = (AutogradStep(flat, table, config) for _ in range(2))
    whole(pairs)
    monkeypatch.setattr("cosetta.training.step.CACHED_ENTRIES", 21)
    parts(pairs)
    assert torch.allclose(whole.gradient, parts.gradient, atol=1e-14)


@pytest.mark.parametrize("kind", sorted(AUTOGRAD))
def test_float32_keeps_small_losses(kind):
    """The error at the answer is 1 minus a softmax that rounds to 1."""
    group = named_group("S3")
    gradients = []
    exact, _, table = drawn(group, small(group, kind, **DOUBLE))
    name = "unembed.b_U" if kind == "transformer" else "unembed.bias"
    for precision in ("float32", "float64"):
        config = small(group, kind, precision=precision, loss_precision=precision)
        flat = exact.to(getattr(torch, precision))
        parameter_views(flat, group.order, config)[name].copy_(torch.tensor([40.0, 0, 0, 0, 0, 0]))
        step = AutogradStep(flat, table, config)
        step((table.reshape(-1) == 0).nonzero()[:, 0])
        gradients.append(parameter_views(step.gradient, group.order, config)[name].double())
    assert float(gradients[0].abs().max()) > 1e-25
    assert torch.allclose(gradients[0] / gradients[0].abs().max(), gradients[1] / gradients[1].abs().max(), atol=1e-2)


def test_initial_values_have_their_spread():
    config = fast("S5", architecture="transformer")
    weights = parameter_views(initial_parameters(120, config, torch.Generator().manual_seed(0)), 120, config)
    assert float(weights["embed.W_E"].std()) == pytest.approx(0.1, rel=0.03)
    assert float(weights["blocks.0.mlp.W_out"].std()) == pytest.approx(512**-0.5, rel=0.03)
    assert not weights["blocks.0.attn.b_V"].any()


def test_old_run_folders_keep_their_names():
    """The hash leaves out what is at its default, so a field that was added changes no name."""
    assert fast("S5").run_name == "S5-fast-0-6b593bd4"
    assert fast("S5", architecture="mlp") == fast("S5")
    assert len({fast("S5", architecture=kind).hash8 for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"architecture": "bilinear", "activation": "relu"}, "a bilinear network has the activation square; got relu"),
        ({"architecture": "square", "activation": "tanh"}, "a square network has the activation square; got tanh"),
        ({"architecture": "transformer", "embed_dim": 10}, "`heads` must divide `embed_dim`; 4 does not divide 10"),
        ({"heads": 2}, "`heads` are a transformer's; a mlp network has none: leave `heads` out"),
        ({"architecture": "lstm"}, "got 'lstm'"),
    ],
)
def test_settings_that_a_network_would_ignore_are_refused(values, message):
    with pytest.raises(BadConfig) as raised:
        fast("S3", **values)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_published_recipe_is_a_transformers():
    config = chughtai2023("S5")
    assert (config.architecture, config.embed_dim, config.heads, config.width) == ("transformer", 128, 4, 512)
    assert sum(np.prod(shape) for shape in parameter_shapes(120, config).values()) == 229_112


def brief(kind, name="S3", **values):
    """A configuration of few steps in two phases."""
    phases = (
        Phase(max_steps=25, learning_rate=1e-2, weight_decay=1.0, batch_size=8),
        Phase(max_steps=15, learning_rate=1e-2, final_learning_rate=0.0),
    )
    sizes = {"embed_dim": 8, "width": 6, "train_fraction": 0.6, "eval_every": 10, "checkpoints": 3}
    return fast(name, architecture=kind, **(sizes | {"phases": phases} | values))


class Stopped(Exception):
    pass


@pytest.mark.parametrize("kind", sorted(AUTOGRAD))
@pytest.mark.parametrize("evaluations", [2, 4])
def test_resumed_bit_for_bit(kind, evaluations, tmp_path, monkeypatch):
    monkeypatch.setattr(sitting, "SAVE_SECONDS", -1.0)
    group, config, seen = named_group("S3"), brief(kind), []

    def stop(now):
        seen.append(now)
        if len(seen) == evaluations:
            raise Stopped

    whole = train(config, group, tmp_path / "whole")
    with pytest.raises(Stopped):
        train(config, group, tmp_path / "stopped", progress=stop)
    resumed = train(config, group, tmp_path / "stopped")
    names = ["model.safetensors", *(f"checkpoints/{path.name}" for _, path in whole.checkpoints)]
    assert len(names) == 4
    for file in names:
        assert (resumed.folder / file).read_bytes() == (whole.folder / file).read_bytes()


@pytest.mark.parametrize("kind", sorted(AUTOGRAD))
def test_a_stack_steps_as_single_runs_do(kind):
    group, cpu = named_group("S3"), torch.device("cpu")
    configs = [brief(kind, seed=seed, **DOUBLE) for seed in (0, 1)]
    alone = [TrainState(config, group, cpu) for config in configs]
    together = [TrainState(config, group, cpu) for config in configs]
    stacks = [Stack([state]) for state in alone], Stack(together)
    for _ in range(3):
        for stack in stacks[0]:
            stack.advance()
        stacks[1].advance()
    for one, other in zip(alone, together, strict=True):
        assert torch.allclose(one.parameters, other.parameters, atol=1e-12)


QUICK = AnalysisConfig(null_samples=19, control_draws=1)


@pytest.mark.parametrize("name", ["S3", "C5"])
def test_a_transformer_from_training_to_its_explanation(name, tmp_path):
    """Attention that has not moved from its start is nearly constant: the network folds."""
    group = named_group(name)
    run = train(brief("transformer", name, embed_std=0.01, learning_rate=1e-3), group, tmp_path / "run")
    found = explain_run(run, group, QUICK, report=False)
    assert isinstance(found, Analysis)
    assert found.width == 6
    record = json.loads((run.folder / "folding.json").read_text())
    assert record["additive_share"] > 0.999
    assert record["agreement"] == 1
    assert found.run["notes"][0].startswith("read at `blocks.0.mlp.hook_pre`, 6 neurons")
    assert isinstance(run.folded(), FoldedModel)
    assert run.folding().additive_share == fold(run.pair_model(), group).additive_share
    formed = trajectory(run, group, QUICK)
    assert len(formed.additive_share) == len(formed.step) == 3
    assert formed.additive_share[-1] == record["additive_share"]
    with pytest.raises(Unsupported, match=r"is a transformer, not one hidden layer: `pair_model\(\)` reads it"):
        run.network()


def test_a_network_that_does_not_fold_has_its_parts_written(tmp_path):
    group = named_group("S3")
    run = train(brief("mlp2"), group, tmp_path / "run")
    found = explain_run(run, group, QUICK, report=False)
    assert isinstance(found, Parts)
    assert [part.name for part in found.summaries] == ["f(a)", "g(b)", "h(ab)", "rest"]
    assert sum(part.share for part in found.summaries) == pytest.approx(1)
    assert json.loads(found.path.read_text())["obstacle"] == found.folding.obstacle
    assert not (run.folder / "analysis.json").exists()
    assert is_explained(run.folder, QUICK)
    for refused in (run.folded, lambda: analyse_run(run, group), lambda: trajectory(run, group)):
        with pytest.raises(BadRun, match=r"must be functions on the group; the additive share is 0\.\d+, below 0\.999"):
            refused()


def test_a_bilinear_network_folds_exactly(tmp_path):
    group = named_group("S3")
    run = train(brief("bilinear", precision="float64"), group, tmp_path / "run")
    folded = run.folded()
    assert (folded.activation, folded.width) == ("square", 12)
    pairs = torch.arange(36)
    slow = ARCHITECTURES["bilinear"].logits(
        load_tensors(run.folder / "model.safetensors"), pairs // 6, pairs % 6, run.config
    )
    assert torch.allclose(folded.logits(pairs // 6, pairs % 6), slow, atol=1e-12)


@pytest.mark.parametrize("kind", sorted(AUTOGRAD))
def test_an_export_opens_as_the_same_network(kind, tmp_path):
    """Also without our record: the names say what it is, and those of a transformer are TransformerLens'."""
    group = named_group("S3")
    run = train(brief(kind), group, tmp_path / "run")
    path = export_run(run.folder, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    assert "multiplies in S3" in card
    assert {"transformer": "4 heads, 6 neurons", "mlp2": "two layers of 6", "bilinear": "6 products"}[kind] in card
    opened = open_checkpoint(path, group="S3", element_order=np.arange(6))
    assert opened.imported.group_name == "S3"  # as the record beside it says
    a, b = torch.arange(36) // 6, torch.arange(36) % 6
    assert torch.allclose(opened.imported.model.logits(a, b), run.pair_model().logits(a, b), atol=1e-6)


def test_weights_of_another_network_are_refused(tmp_path):
    group = named_group("S3")
    run = train(brief("mlp2"), group, tmp_path / "run")
    tensors = {"hidden.weight": torch.zeros(3, 4)}
    with pytest.raises(
        BadRun, match=r"must hold the weights of a network in a known format; it holds `hidden\.weight`"
    ):
        model_of_tensors(tensors, run.record, "weights")
    assert TrainConfig.checked(run.record["config"]) == run.config
