"""`cosetta explain` on what is folded by measurement."""

import json

import numpy as np
import pytest
import torch

from cosetta import named_group
from cosetta.models.planted import CosetPlan, plant

S3 = named_group("S3")
A, B = torch.arange(6).repeat_interleave(6), torch.arange(6).repeat(6)


def planted():
    return plant(S3, [CosetPlan(S3.subgroup([1]))], generator=torch.Generator().manual_seed(0)).folded


@pytest.fixture
def arrays(tmp_path):
    """Activations and logits of a planted network, in files."""
    pre, logits = (values.reshape(6, 6, -1).numpy() for values in planted().run(A, B))
    np.save(tmp_path / "pre.npy", pre)
    np.save(tmp_path / "logits.npy", logits)
    return tmp_path


def test_activations_with_logits_get_the_whole_analysis(command_line, arrays):
    status, shown, errors = command_line(
        "explain", "--activations", "pre.npy", "--logits", "logits.npy", "--group", "S3"
    )
    assert (status, errors) == (0, "")
    folder = arrays / "runs" / "imported-pre"
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "analysis.json",
        "folding.json",
        "report.html",
        "timing.json",
    ]
    analysis = json.loads((folder / "analysis.json").read_text())
    assert analysis["accuracy"] == 1
    assert "--activations pre.npy --group S3 --logits logits.npy" in (folder / "README.md").read_text()
    assert "additive share 1.0000" in shown


def test_activations_in_another_order_are_recovered_from_the_logits(command_line, arrays):
    places = np.array([3, 1, 5, 0, 2, 4])
    np.save("pre.npy", np.load("pre.npy")[places][:, places])
    np.save("logits.npy", np.load("logits.npy")[places][:, places][:, :, places])
    status, shown, _ = command_line("explain", "--activations", "pre.npy", "--logits", "logits.npy", "--group", "S3")
    assert status == 0
    assert "elements stand in another order; it was recovered from the" in shown
    assert json.loads((arrays / "runs/imported-pre/analysis.json").read_text())["accuracy"] == 1


def test_activations_alone_get_the_parts(command_line, arrays):
    status, shown, errors = command_line("explain", "--activations", "pre.npy", "--group", "S3")
    assert (status, errors) == (0, "")
    assert "there are no logits, so nothing is known of what the neurons write" in " ".join(shown.split())
    assert [path.name for path in (arrays / "runs" / "imported-pre").iterdir()] == ["folding.json"]
    record = json.loads((arrays / "runs/imported-pre/folding.json").read_text())
    assert record["described"][0]["on_cosets"] >= 0


def test_what_is_not_additive_replaces_an_earlier_report(command_line, arrays):
    command_line("explain", "--activations", "pre.npy", "--logits", "logits.npy", "--group", "S3")
    product = np.random.default_rng(0).normal(size=(6, 4))[S3.table]
    np.save("pre.npy", product)
    status, shown, _ = command_line("explain", "--activations", "pre.npy", "--group", "S3")
    assert status == 0
    assert "the additive share is 0.0000, below 0.999" in " ".join(shown.split())
    assert [path.name for path in (arrays / "runs" / "imported-pre").iterdir()] == ["folding.json"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--activations", "pre.npy"), "`--group` is missing"),
        (
            ("--activations", "none.npy", "--group", "S3"),
            "`none.npy` must be a whole `.npy` file of numbers; it is not a file",
        ),
        (("--activations", "pre.npy", "--group", "S4"), "the network has 6 elements; the group has 24"),
        (
            ("--activations", "logits.npy", "--logits", "flat.npy", "--group", "S3"),
            "logits must have the shape 6 x 6 x 6",
        ),
        (("--activations", "flat.npy", "--group", "S3"), "must have the shape |G| x |G| x neurons; they have (36,)"),
        (("--activations", "objects.npy", "--group", "S3"), "of numbers; it holds Python objects: save it with numpy"),
        (("--activations", "short.npy", "--group", "S3"), "must be a whole `.npy` file of numbers"),
        (("--activations", "text.npy", "--group", "S3"), "of numbers; it begins with b'1, 2, ': save it with numpy"),
        (("pre.npy", "--group", "S3"), "give activations with --activations"),
        (("--activations", "several.npz", "--group", "S3"), "an archive of several"),
        (
            ("--activations", "pre.npy", "--group", "S3", "--site", "x"),
            "`--site` belongs to a network; activations come without one: leave it out",
        ),
        (("--logits", "logits.npy"), "--logits belongs to the last"),
        ((), "explain needs a run, a checkpoint, or --activations"),
    ],
)
def test_bad_input_is_one_line(arguments, message, command_line, arrays):
    np.save("flat.npy", np.zeros(36))
    np.save("objects.npy", np.array([print, 1], dtype=object), allow_pickle=True)
    (arrays / "short.npy").write_bytes((arrays / "pre.npy").read_bytes()[:200])
    (arrays / "text.npy").write_text("1, 2, 3")
    np.savez("several.npz", a=np.zeros(3))
    status, _, errors = command_line("explain", *arguments)
    assert status == 1
    assert message in errors
    assert errors.count("\n") == 1


def test_flags_of_a_mapping_take_hyphens(command_line, tmp_path):
    folded = planted()
    bias = torch.linspace(0, 1e-3, folded.width, dtype=torch.float64)
    tensors = {"l": folded.left, "r": folded.right, "u": folded.out, "hb": bias}
    torch.save({name: tensor.float() for name, tensor in tensors.items()}, tmp_path / "mine.pt")
    roles = ("--mapping.left", "l", "--mapping.right", "r", "--mapping.out", "u")
    status, _, errors = command_line("explain", "mine.pt", *roles)
    assert status == 1
    assert f"`hb` in `mine.pt` has {folded.width} numbers and no role" in errors
    status, shown, errors = command_line("explain", "mine.pt", *roles, "--mapping.hidden-bias", "hb")
    assert (status, errors) == (0, "")
    assert "read by the mapping" in shown
    assert "--mapping.hidden_bias hb" in (tmp_path / "runs" / "imported-mine" / "README.md").read_text()


@pytest.mark.parametrize("command", ["certify", "decompile", "explore"])
def test_what_needs_functions_on_the_group_refuses_a_second_layer_and_says_what_shows_it(
    command, command_line, tmp_path
):
    folded = planted()
    eye = torch.eye(folded.width, dtype=torch.float64)
    layers = {"embed_left": folded.left, "embed_right": folded.right, "hidden": torch.cat([eye, eye], dim=1)}
    second = torch.nn.functional.pad(folded.out, (0, 0, 0, folded.width - 6))
    layers |= {"second": second, "unembed": torch.eye(6, folded.width)}
    tensors = {f"{name}.weight": weight.float() for name, weight in layers.items()}
    torch.save(
        tensors | {"second.bias": torch.zeros(folded.width), "unembed.bias": torch.zeros(6)}, tmp_path / "deep.pt"
    )
    status, _, errors = command_line(command, "deep.pt")
    assert status == 1
    assert "below 0.999: neurons are not left + right" in errors
    assert "`cosetta explain` shows " in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "runs").exists()
