"""Damaged and adversarial input: a loader returns finite tensors or raises one clear line, and nothing else.

The default suite tries some hundred cases; `pytest -m slow` tries 10,000 a loader.
"""

import io
import json

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save

from cosetta.cli.folding import read_array
from cosetta.errors import CosettaError
from cosetta.models.function_model import model_of_arrays
from cosetta.models.importers import FORMATS, import_checkpoint, read_tensors
from cosetta.models.importers.mapped import ROLES

FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
MANY = settings(FEW, max_examples=10_000)
NAMES = (
    *("W_x", "W_y", "W", "W_U", "b", "b_U", "W_E", "lembed.weight", "rembed.weight", "linear.weight", "unembed.weight"),
    *("unembed.bias", "embed_left.weight", "embed_right.weight", "hidden.weight", "embedding_left", "embedding_right"),
    *("linear_left", "linear_right", "unembedding", "unembed_bias", "linear"),
)
GROUPS_OF_NAMES = (
    ("W_x", "W_y", "W", "W_U"),
    ("lembed.weight", "rembed.weight", "linear.weight", "unembed.weight", "unembed.bias"),
    ("embedding_left", "embedding_right", "linear_left", "linear_right", "unembedding"),
    ("embed_left.weight", "embed_right.weight", "hidden.weight", "unembed.weight", "unembed.bias"),
)
WEIGHTS = {"W_x": torch.ones(3, 2), "W_y": torch.ones(3, 2), "W": torch.ones(4, 5), "W_U": torch.ones(5, 3)}


def valid_bytes(kind):
    if kind == "safetensors":
        return save(WEIGHTS)
    buffer = io.BytesIO()
    torch.save(WEIGHTS, buffer)
    return buffer.getvalue()


VALID = {kind: valid_bytes(kind) for kind in ("torch", "safetensors")}


def survives(call):
    """The call returns, or raises one of our errors in one line."""
    message = ""
    try:
        return call()
    except CosettaError as error:
        message = str(error)
    assert "\n" not in message
    assert len(message) < 2000
    return None


@st.composite
def damaged(draw, valid):
    """A valid file with a few bytes changed, removed, inserted or repeated, or cut short."""
    content = bytearray(valid)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        kind = draw(st.sampled_from(["set", "set", "set", "cut", "insert", "remove", "repeat", "number"]))
        if kind == "set" and content:
            content[at] = draw(st.integers(0, 255))
        elif kind == "cut":
            del content[at:]
        elif kind == "insert":
            content[at:at] = draw(st.binary(max_size=8))
        elif kind == "remove":
            del content[at : at + draw(st.integers(1, 16))]
        elif kind == "repeat":
            content[at:at] = content[at : at + draw(st.integers(1, 64))]
        else:
            content[at : at + 8] = draw(st.sampled_from((0, 1, 2**31, 2**40, 2**63 - 1))).to_bytes(8, "little")
    return bytes(content)


dtypes = st.sampled_from((torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.bool))
shapes = st.lists(st.integers(0, 7), min_size=0, max_size=4)
fills = st.sampled_from((0.0, 1.0, -3.5, 1e38, float("nan"), float("inf")))
tensors = st.builds(lambda shape, dtype, fill: torch.full(shape, fill).to(dtype), shapes, dtypes, fills)
numbers = st.integers(1, 4)


@st.composite
def state_dicts(draw):
    """State dicts near a format: right names, mostly right shapes, now and then something odd."""
    names = draw(st.one_of(st.sampled_from(GROUPS_OF_NAMES), st.lists(st.sampled_from(NAMES), max_size=6)))
    g, d, w = draw(numbers), draw(numbers), draw(numbers)
    shape = {"W_x": (g, d), "W_y": (g, d), "W": (2 * d, w), "W_U": (w, g), "linear.weight": (w, 2 * d)}
    shape |= {"unembed.weight": (g, w), "unembed.bias": (g,), "hidden.weight": (w, 2 * d), "unembedding": (2, w, g)}
    shape |= {"embedding_left": (2, g, d), "embedding_right": (2, g, d), "linear_left": (2, d, w)}
    shape |= {"linear_right": (2, d, w), "lembed.weight": (g, d), "rembed.weight": (g, d)}
    shape |= {"embed_left.weight": (g, d), "embed_right.weight": (g, d)}
    found = {name: torch.full(shape.get(name, (g, d)), 0.5) for name in names}
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=2)):
        if name in found or draw(st.booleans()):
            found[name] = draw(tensors)
    return found


@st.composite
def transformers(draw):
    """State dicts near a transformer: one or two tensors odd, missing or one too many, and a configuration."""
    g, m, h, d, w, places = draw(numbers), draw(numbers), draw(numbers), draw(numbers), draw(numbers), draw(numbers)
    shape = {"embed.W_E": (g + places - 2, m), "pos_embed.W_pos": (places, m), "unembed.W_U": (m, g)}
    for i in range(draw(st.integers(1, 2))):
        start = f"blocks.{i}."
        shape |= {start + f"attn.W_{x}": (h, m, d) for x in "QKV"} | {start + "attn.W_O": (h, d, m)}
        shape |= {start + "mlp.W_in": (m, w), start + "mlp.W_out": (w, m), start + "mlp.b_in": (w,)}
    found = {name: torch.full([max(n, 0) for n in sizes], 0.5) for name, sizes in shape.items()}
    for name in draw(
        st.lists(st.sampled_from((*found, "blocks.0.ln1.w", "blocks.7.mlp.b_in", "blocks.x.y")), max_size=2)
    ):
        found[name] = draw(tensors)
    for name in draw(st.lists(st.sampled_from(tuple(found)), max_size=1)):
        del found[name]
    values = st.one_of(st.none(), st.integers(-2, 9), st.floats(), st.text(max_size=5), st.booleans())
    names = st.sampled_from(("C", "act_fn", "attn_coeff", "diff_vocab", "attention_dir", "normalization_type"))
    return {"model": found, "config": draw(st.dictionaries(names, values, max_size=3))}


def check_transformer(content, path):
    torch.save(content, path)
    model = survives(lambda: import_checkpoint(path).model)
    if model is not None:
        a = torch.zeros(1, dtype=torch.int64)
        pre, logits = survives(lambda: model.run(a, a)) or (torch.zeros(1), torch.zeros(1))
        assert bool(torch.isfinite(pre).all())
        assert bool(torch.isfinite(logits).all())


def check_bytes(content, path):
    path.write_bytes(content)
    loaded = survives(lambda: read_tensors(path, max_bytes=2**20))
    assert loaded is None or all(isinstance(tensor, torch.Tensor) for tensor in loaded.values())
    folded = survives(lambda: import_checkpoint(path, max_bytes=2**20).folded)
    assert folded is None or bool(torch.isfinite(folded.left).all())


def check_import(content, path, **options):
    torch.save(content, path)
    folded = survives(lambda: import_checkpoint(path, **options).folded)
    assert folded is None or folded.left.shape == folded.right.shape == folded.out.shape


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "model.pt"


amounts = pytest.mark.parametrize("amount", [FEW, pytest.param(MANY, marks=pytest.mark.slow)], ids=["few", "many"])


@amounts
@pytest.mark.parametrize("kind", VALID)
def test_damaged_files(kind, amount, path):
    amount(given(damaged(VALID[kind]))(lambda content: check_bytes(content, path)))()


@amounts
def test_arbitrary_bytes(amount, path):
    starts = st.sampled_from((b"", b"PK\x03\x04", b"\x10\0\0\0\0\0\0\0{", b"\x80\x02"))
    amount(given(starts, st.binary(max_size=200))(lambda start, rest: check_bytes(start + rest, path)))()


@amounts
@pytest.mark.parametrize("format", [None, *FORMATS])
def test_state_dicts_near_a_format(format, amount, path):
    instances = st.integers(-1, 3)
    amount(given(state_dicts(), instances)(lambda c, i: check_import(c, path, format=format, instance=i)))()


@amounts
def test_mappings(amount, path):
    roles = st.dictionaries(st.sampled_from((*ROLES, "odd")), st.sampled_from((*NAMES, "W.T", "missing")), max_size=7)
    amount(given(state_dicts(), roles)(lambda content, mapping: check_import(content, path, mapping=mapping)))()


@amounts
def test_configurations(amount, path):
    torch.save(WEIGHTS, path)
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    trees = st.recursive(
        leaves, lambda t: st.lists(t, max_size=3) | st.dictionaries(st.text(max_size=8), t, max_size=3)
    )
    keys = st.sampled_from(("group", "group_parameter", "config", "n", "activation"))

    def check(config):
        (path.parent / "cfg.json").write_text(json.dumps(config))
        survives(lambda: import_checkpoint(path))

    try:
        amount(given(st.one_of(trees, st.dictionaries(keys, trees)))(check))()
    finally:
        (path.parent / "cfg.json").unlink()


@amounts
def test_state_dicts_near_a_transformer(amount, path):
    amount(given(transformers())(lambda content: check_transformer(content, path)))()


@amounts
def test_damaged_arrays(amount, path):
    buffer = io.BytesIO()
    np.save(buffer, np.ones((3, 3, 2)))

    def check(content):
        path.with_suffix(".npy").write_bytes(content)
        array = survives(lambda: read_array(path.with_suffix(".npy")))
        assert array is None or isinstance(array, np.ndarray)
        if array is not None:
            survives(lambda: model_of_arrays(array))

    amount(given(damaged(buffer.getvalue()))(check))()
