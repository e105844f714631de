"""Networks that are not two embeddings and one hidden layer: read, guessed, or named."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from cosetta import named_group
from cosetta.errors import BadConfig, BadRun, Unsupported
from cosetta.models import FoldedModel
from cosetta.models.importers import import_checkpoint, open_checkpoint
from cosetta.models.planted import CosetPlan, plant

A, B = torch.arange(6).repeat_interleave(6), torch.arange(6).repeat(6)


def saved(content, path):
    torch.save(content, path)
    return path


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed + sum(shape)))


def transformer_tensors(order=6, model=8, heads=2, d=3, width=5, depth=1, places=3):
    """Random weights under the names of TransformerLens."""
    tensors = {
        "embed.W_E": draw(order + places - 2, model),
        "pos_embed.W_pos": draw(places, model),
        "unembed.W_U": draw(model, order),
        "unembed.b_U": draw(order),
    }
    for i in range(depth):
        start = f"blocks.{i}."
        tensors |= {start + f"attn.W_{x}": draw(heads, model, d, seed=i + k) for k, x in enumerate("QKV")}
        tensors |= {start + f"attn.b_{x}": draw(heads, d, seed=i + k) for k, x in enumerate("QKV")}
        tensors |= {start + "attn.W_O": draw(heads, d, model, seed=i), start + "attn.b_O": draw(model, seed=i)}
        tensors |= {start + "mlp.W_in": draw(model, width, seed=i), start + "mlp.b_in": draw(width, seed=i)}
        tensors |= {start + "mlp.W_out": draw(width, model, seed=i), start + "mlp.b_out": draw(model, seed=i + 9)}
    return {name: tensor.double() for name, tensor in tensors.items()}


def the_other_way_round(tensors):
    """The same transformer as Nanda's first notebook and Zhong et al. store it."""
    turned = {}
    for name, tensor in tensors.items():
        kind = name.rpartition(".")[2]
        if kind in ("W_Q", "W_K", "W_V"):
            turned[name] = tensor.mT.contiguous()
        elif kind == "W_O":
            turned[name] = tensor.flatten(0, 1).T.contiguous()
        else:
            turned[name] = tensor.T.contiguous() if kind in ("W_E", "W_in", "W_out") else tensor
    return turned


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("places", [2, 3])
def test_both_orientations_are_one_network(depth, places, tmp_path):
    tensors = transformer_tensors(depth=depth, places=places)
    one = import_checkpoint(saved(tensors, tmp_path / "one.pt")).model
    other = import_checkpoint(saved(the_other_way_round(tensors), tmp_path / "other.pt")).model
    assert one.site == f"blocks.{depth - 1}.mlp.hook_pre"
    for ours, theirs in zip(one.run(A, B), other.run(A, B), strict=True):
        torch.testing.assert_close(ours, theirs)
    assert float(one.logits(A, B).std()) > 0.1


def test_every_tensor_of_a_transformer_matters_or_is_named(tmp_path):
    tensors = transformer_tensors()
    before = import_checkpoint(saved(tensors, tmp_path / "model.pt")).model.logits(A, B)
    for name in tensors:
        changed = tensors | {name: tensors[name] + draw(*tensors[name].shape, seed=40)}
        after = import_checkpoint(saved(changed, tmp_path / "model.pt")).model.logits(A, B)
        moved = float((after - before).abs().max()) > 1e-4
        assert moved != name.endswith("attn.b_K"), name  # a bias of the keys adds the same to every score
    more = tensors | {"blocks.0.attn.mask": torch.ones(3, 3), "x_embed": tensors["embed.W_E"]}
    notes = import_checkpoint(saved(more, tmp_path / "model.pt")).notes
    assert "not used: `blocks.0.attn.mask` (3, 3)" in notes
    assert "`x_embed` repeats `embed.W_E`" in notes


def test_a_site_of_an_earlier_block_is_read(tmp_path):
    path = saved(transformer_tensors(depth=2), tmp_path / "model.pt")
    assert import_checkpoint(path, site="blocks.0.mlp.hook_pre").model.site == "blocks.0.mlp.hook_pre"
    with pytest.raises(BadConfig, match="no submodule has that name"):
        import_checkpoint(path, site="blocks.2.mlp.hook_pre")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"blocks.0.ln1.w": torch.ones(8)}, Unsupported, "without layer norm.*run it as a module"),
        ({"blocks.0.mlp.W_gate": torch.ones(8, 5)}, Unsupported, "neurons must follow one matrix"),
        ({"blocks.0.mlp.W_in": torch.ones(8, 4)}, BadRun, r"W_out` .* must have shape \(4, 8\)"),
        ({"pos_embed.W_pos": torch.ones(5, 8)}, BadRun, "a pair is two tokens.*5 positions"),
        ({"embed.W_E": torch.ones(9, 8)}, BadRun, "9 tokens and 6 logits"),
        ({"unembed.W_U": torch.full((8, 6), torch.inf)}, BadRun, "must be finite"),
    ],
)
def test_transformers_that_cannot_be_read_are_named(change, error, message, tmp_path):
    path = saved(transformer_tensors() | change, tmp_path / "model.pt")
    with pytest.raises(error, match=message):
        import_checkpoint(path)


@pytest.mark.parametrize(
    ("config", "error", "message"),
    [
        ({"act_fn": "gelu_new"}, Unsupported, "says 'gelu_new': say which with --activation"),
        ({"attn_coeff": "half"}, BadRun, "`attn_coeff` must be a number from 0 to 1.*'half'"),
        ({"attn_coeff": 7}, BadRun, "says '7'"),
        ({"normalization_type": "LNPre"}, Unsupported, "without layer norm; .* has one .`LNPre`"),
        ({"diff_vocab": True, "C": 6}, BadRun, "names 6 elements; its 7 tokens leave 3"),
    ],
)
def test_configurations_that_cannot_be_followed_are_named(config, error, message, tmp_path):
    path = saved({"model": transformer_tensors(), "config": config}, tmp_path / "model.pt")
    with pytest.raises(error, match=message):
        import_checkpoint(path)
    if "act_fn" in config:
        assert import_checkpoint(path, activation="gelu").model.width == 5


def test_different_tokens_for_both_factors(tmp_path):
    tensors = transformer_tensors()
    tensors["embed.W_E"] = torch.cat([draw(6, 8), draw(6, 8, seed=5), draw(1, 8)]).double()
    both = import_checkpoint(saved({"model": tensors, "config": {"diff_vocab": True}}, tmp_path / "model.pt")).model
    assert both.order == 6
    tensors["embed.W_E"][6:12] = tensors["embed.W_E"][:6]
    tied = import_checkpoint(saved({"model": tensors, "config": {"diff_vocab": True}}, tmp_path / "tied.pt")).model
    tensors["embed.W_E"] = torch.cat([tensors["embed.W_E"][:6], tensors["embed.W_E"][12:]])
    plain = import_checkpoint(saved(tensors, tmp_path / "plain.pt")).model
    torch.testing.assert_close(tied.logits(A, B), plain.logits(A, B))
    assert not torch.allclose(both.logits(A, B), plain.logits(A, B))


def test_attention_without_neurons_is_named(tmp_path):
    tensors = {name: t for name, t in transformer_tensors().items() if ".mlp." not in name}
    with pytest.raises(Unsupported, match="has attention alone"):
        import_checkpoint(saved(tensors, tmp_path / "model.pt"))


def test_logits_of_tokens_that_are_no_elements_are_left_out(tmp_path):
    tensors = transformer_tensors()
    wide = tensors | {"unembed.W_U": draw(8, 7), "unembed.b_U": draw(7)}
    found = import_checkpoint(saved(wide, tmp_path / "model.pt"))
    assert found.model.order == 6
    assert "logits of the 1 tokens that are no elements are left out" in found.notes


def test_a_bilinear_network_is_two_squares_a_neuron(tmp_path):
    left, right, out = draw(6, 4), draw(6, 4, seed=1), draw(4, 6)
    found = import_checkpoint(saved({"W_x": left, "W_y": right, "W_U": out}, tmp_path / "model.pt")).folded
    assert (found.activation, found.width) == ("square", 8)
    torch.testing.assert_close(found.logits(A, B), (left[A] * right[B]) @ out)


def network(kind, seed=0):
    """Tensors, mapping and forward pass of a small network of each kind, with every bias that it can have."""
    g, d, w, v = 6, 4, 5, 7
    e, f, out = draw(g, d, seed=seed), draw(g, d, seed=seed + 1), draw(g, w, seed=seed)
    wide, narrow, second = draw(w, 2 * d), draw(w, d), draw(v, w)
    hidden_bias, bias, second_bias = draw(w), draw(g), draw(v)
    biases, roles = {"hb": hidden_bias, "ub": bias}, {"hidden_bias": "hb", "bias": "ub"}
    relu = torch.relu
    eye = torch.eye(g)
    cases = {
        "side by side": (
            {"e": e, "f": f, "h": wide, "u": out},
            {"left": "e", "right": "f", "hidden": "h", "out": "u"},
            lambda a, b: relu(torch.cat([e[a], f[b]], 1) @ wide.T + hidden_bias) @ out.T + bias,
        ),
        "sum": (
            {"e": e, "f": f, "h": narrow, "u": out},
            {"left": "e", "right": "f", "hidden": "h", "out": "u"},
            lambda a, b: relu((e[a] + f[b]) @ narrow.T + hidden_bias) @ out.T + bias,
        ),
        "tied, side by side": (
            {"e": e, "h": wide, "u": out},
            {"embed": "e", "hidden": "h", "out": "u"},
            lambda a, b: relu(torch.cat([e[a], e[b]], 1) @ wide.T + hidden_bias) @ out.T + bias,
        ),
        "tied, sum": (
            {"e": e, "h": narrow, "u": out},
            {"embed": "e", "hidden": "h", "out": "u"},
            lambda a, b: relu((e[a] + e[b]) @ narrow.T + hidden_bias) @ out.T + bias,
        ),
        "one-hot": (
            {"h": draw(w, 2 * g), "u": out},
            {"hidden": "h", "out": "u"},
            lambda a, b: relu(torch.cat([eye[a], eye[b]], 1) @ draw(w, 2 * g).T + hidden_bias) @ out.T + bias,
        ),
        "halves": (
            {"e": e, "f": f, "p": draw(w, d, seed=1), "q": draw(w, d, seed=2), "u": out},
            {"left": "e", "right": "f", "hidden_left": "p", "hidden_right": "q", "out": "u"},
            lambda a, b: relu(e[a] @ draw(w, d, seed=1).T + f[b] @ draw(w, d, seed=2).T + hidden_bias) @ out.T + bias,
        ),
        "two hidden layers": (
            {"e": e, "f": f, "h": wide, "s": second, "sb": second_bias, "u": draw(g, v)},
            {"left": "e", "right": "f", "hidden": "h", "second": "s", "second_bias": "sb", "out": "u"},
            lambda a, b: (
                relu(relu(torch.cat([e[a], f[b]], 1) @ wide.T + hidden_bias) @ second.T + second_bias) @ draw(g, v).T
                + bias
            ),
        ),
    }
    tensors, mapping, forward = cases[kind]
    return tensors | biases, mapping | roles, forward


KINDS = ("side by side", "sum", "tied, side by side", "tied, sum", "one-hot", "halves", "two hidden layers")


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_network_is_read_by_its_mapping(kind, tmp_path):
    tensors, mapping, forward = network(kind)
    model = import_checkpoint(saved(tensors, tmp_path / "model.pt"), mapping=mapping).model
    torch.testing.assert_close(model.logits(A, B), forward(A, B), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_network_is_guessed_from_its_shapes(kind, tmp_path):
    tensors, mapping, forward = network(kind)
    found = import_checkpoint(saved(tensors, tmp_path / "model.pt"))
    torch.testing.assert_close(found.model.logits(A, B), forward(A, B), rtol=1e-4, atol=1e-4)
    guessed = next(note for note in found.notes if note.startswith("roles guessed from the shapes, the same as "))
    for role, name in mapping.items():
        assert f"--mapping.{role.replace('_', '-')} {name}" in guessed


def test_tied_unembedding_is_guessed(tmp_path):
    e, h = draw(6, 4), draw(4, 8)
    found = import_checkpoint(saved({"e": e, "h": h}, tmp_path / "model.pt"))
    torch.testing.assert_close(found.folded.logits(A, B), torch.relu(torch.cat([e[A], e[B]], 1) @ h.T) @ e.T)
    assert "--mapping.embed e --mapping.hidden h --mapping.out e" in found.notes[0]


def test_shapes_that_leave_a_choice_are_refused_with_the_choices(tmp_path):
    square = {"a": torch.eye(5), "b": torch.eye(5), "c": torch.eye(5)}
    with pytest.raises(Unsupported, match=r"fit in \d+ ways: say --mapping\.\w+ a .*; or --mapping"):
        import_checkpoint(saved(square, tmp_path / "model.pt"))


def test_biases_of_one_length_belong_to_the_matrix_of_their_name(tmp_path):
    wide, second, out = draw(12, 12), draw(12, 12, seed=1), draw(6, 12)
    biases = draw(12, seed=2), draw(12, seed=3), draw(6, seed=4)
    layers = {f"{2 * i}.weight": w for i, w in enumerate((draw(12, 10), second, out))}
    layers |= {f"{2 * i}.bias": b for i, b in enumerate(biases)}
    tensors = {"e": draw(6, 5), "f": draw(6, 5, seed=1)} | layers
    found = import_checkpoint(saved(tensors, tmp_path / "model.pt"))
    first = torch.relu(torch.cat([tensors["e"][A], tensors["f"][B]], 1) @ layers["0.weight"].T + biases[0])
    expected = torch.relu(first @ second.T + biases[1]) @ out.T + biases[2]
    torch.testing.assert_close(found.model.logits(A, B), expected, rtol=1e-4, atol=1e-4)
    square = {"0.weight": wide, "2.weight": second, "4.weight": out}  # which layer is first is open
    with pytest.raises(Unsupported, match="fit in 4 ways"):
        import_checkpoint(saved(square, tmp_path / "square.pt"))


def test_tensors_that_can_have_no_role_do_not_hinder_the_guess_and_are_named(tmp_path):
    tensors, _, forward = network("side by side")
    extra = {"running": draw(3), "table": draw(2, 2, 2), "steps": torch.tensor(7.0)}
    found = import_checkpoint(saved(tensors | extra, tmp_path / "model.pt"))
    torch.testing.assert_close(found.model.logits(A, B), forward(A, B), rtol=1e-4, atol=1e-4)
    assert found.notes[-1] == "not used: `running` (3,), `table` (2, 2, 2), `steps` ()"


def test_guessed_roles_are_named_where_the_predictions_are_no_group(tmp_path):
    tensors, _, _ = network("side by side")
    with pytest.raises(BadRun, match=r"determine a group; .*or other roles \(roles guessed .* --mapping\.left e "):
        open_checkpoint(saved(tensors, tmp_path / "model.pt"))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_read_as_single_and_said(dtype, tmp_path):
    tensors, mapping, forward = network("sum")
    half = {name: tensor.to(dtype) for name, tensor in tensors.items()}
    found = import_checkpoint(saved(half, tmp_path / "model.pt"), mapping=mapping)
    assert found.folded.left.dtype == torch.float32
    torch.testing.assert_close(found.model.logits(A, B), forward(A, B), rtol=0.1, atol=0.2)
    assert "half precision read as single: `e` and others" in found.notes


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "two hidden layers"])
@pytest.mark.parametrize("left_out", ["hb", "ub"])
def test_a_bias_left_out_of_a_mapping_is_not_dropped_in_silence(kind, left_out, tmp_path):
    tensors, mapping, _ = network(kind)
    mapping = {role: name for role, name in mapping.items() if name != left_out}
    path = saved(tensors, tmp_path / "model.pt")
    with pytest.raises(BadConfig, match=f"a bias must not be dropped in silence; `{left_out}` .*--mapping.ignore"):
        import_checkpoint(path, mapping=mapping)
    found = import_checkpoint(path, mapping=mapping | {"ignore": left_out})
    assert f"not used: `{left_out}` ({len(tensors[left_out])},)" in found.notes
    silent = tensors | {left_out: torch.zeros_like(tensors[left_out])}
    assert import_checkpoint(saved(silent, tmp_path / "again.pt"), mapping=mapping).model.order == 6


def test_two_hidden_layers_have_two_sites(tmp_path):
    tensors, mapping, _ = network("two hidden layers")
    path = saved(tensors, tmp_path / "model.pt")
    assert import_checkpoint(path, mapping=mapping).model.site == "hidden.1"
    first = import_checkpoint(path, mapping=mapping, site="hidden.0")
    assert (first.model.site, first.model.width) == ("hidden.0", 5)
    with pytest.raises(Unsupported, match="only one hidden layer folds by its weights"):
        _ = first.folded
    tensors, mapping, _ = network("sum")
    with pytest.raises(BadConfig, match=r"has the site `pre`; got 'hidden\.1'"):
        import_checkpoint(saved(tensors, tmp_path / "one.pt"), mapping=mapping, site="hidden.1")


def test_two_hidden_layers_open_and_are_measured(tmp_path):
    group = named_group("S3")
    folded = plant(group, [CosetPlan(group.subgroup([1]))], generator=torch.Generator().manual_seed(0)).folded
    tensors = {"l": folded.left, "r": folded.right, "s": torch.cat([folded.out, -folded.out]), "u": torch.eye(6, 12)}
    tensors = {name: tensor.float() for name, tensor in tensors.items()}
    mapping = {"left": "l", "right": "r", "second": "s", "out": "u"}
    opened = open_checkpoint(saved(tensors, tmp_path / "model.pt"), mapping=mapping)
    assert (opened.group.name, opened.folding.site, opened.folding.accuracy) == ("S3", "hidden.1", 1)
    assert opened.folding.parts[2].share > 0.1  # a second layer holds h(ab)
    assert "the additive share is" in opened.folding.obstacle


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
def test_prefixes_of_wrappers_are_left_off_and_said(prefix, net, tmp_path):
    state = {prefix + name: tensor for name, tensor in net.state_dict().items()}
    found = import_checkpoint(saved(state, tmp_path / "model.pt"))
    torch.testing.assert_close(found.folded.left, net.fold().left)
    assert found.notes[0] == f"`{prefix}` left off every name"


def test_tied_weights_in_safetensors_are_found_by_their_alias(tmp_path):
    tensors, _, forward = network("tied, sum")
    metadata = {"format": "pt", "e.again": "e", "gone": "nowhere"}
    save_file(tensors, tmp_path / "model.safetensors", metadata=metadata)
    mapping = {"left": "e", "right": "e.again", "hidden": "h", "out": "u", "hidden_bias": "hb", "bias": "ub"}
    found = import_checkpoint(tmp_path / "model.safetensors", mapping=mapping)
    torch.testing.assert_close(found.folded.logits(A, B), forward(A, B), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_read_as_single(dtype, tmp_path):
    tensors = {name: tensor.to(dtype) for name, tensor in transformer_tensors().items()}
    model = import_checkpoint(saved(tensors, tmp_path / "model.pt")).model
    exact = import_checkpoint(saved({k: t.double() for k, t in tensors.items()}, tmp_path / "exact.pt")).model
    assert model.logits(A, B).dtype == torch.float32
    torch.testing.assert_close(model.logits(A, B).double(), exact.logits(A, B), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", ["A", "X", "D", "B", "C"])
def test_linear_models_of_zhong_et_al(kind, tmp_path):
    g, d, w = 6, 4, 5
    e, f = draw(g, d), draw(g, d, seed=1 if kind == "X" else 0)
    first, bias = draw(w, 2 * d if kind == "D" else d), draw(w)
    second, second_bias, out = draw(w, w), draw(w, seed=3), draw(g, w)
    tensors = {"l1.weight": first, "l1.bias": bias, "unembed.weight": out}
    tensors |= {"embed1.weight": e, "embed2.weight": f} if kind == "X" else {"embed.weight": e}
    tensors |= {"l2.weight": second, "l2.bias": second_bias} if kind in "BC" else {}
    if kind == "D":
        inside = torch.cat([e[A], e[B]], 1) @ first.T + bias
    else:
        inside = (e[A] + f[B]) @ first.T + (2 * bias if kind == "C" else bias)
    post = torch.relu(inside)
    post = torch.relu(post @ second.T + second_bias) if kind in "BC" else post
    found = import_checkpoint(saved({"model": tensors, "config": {"model_type": kind}}, tmp_path / "model.pt"))
    assert (found.format, found.group_name) == ("zhong2023", None)
    torch.testing.assert_close(found.model.logits(A, B), post @ out.T, rtol=1e-4, atol=1e-4)
    if kind in "BC":
        with pytest.raises(BadConfig, match=r"`model_type` B or C; beside .* it says None"):
            import_checkpoint(saved(tensors, tmp_path / "bare.pt"))


def test_a_folded_model_is_what_one_hidden_layer_gives(tmp_path):
    tensors, mapping, _ = network("one-hot")
    found = import_checkpoint(saved(tensors, tmp_path / "model.pt"), mapping=mapping)
    assert isinstance(found.model, FoldedModel)
    assert np.array_equal(found.folded.left.shape, (6, 5))
