"""Numbers at the edges of their range: an answer, or one clear line."""

import pytest
import torch

from cosetta import analyse, named_group, write_report
from cosetta.errors import Unsupported
from cosetta.models import FoldedModel
from cosetta.models.numbers import check_kinds, check_sizes

S3 = named_group("S3")


def model(scale=1.0, dtype=torch.float64, width=3, order=6, **other):
    generator = torch.Generator().manual_seed(0)
    shape = (order, width)
    arrays = {name: torch.randn(shape, generator=generator, dtype=torch.float64) for name in ("left", "right", "out")}
    arrays = {name: (values * scale).to(dtype) for name, values in arrays.items()}
    return FoldedModel(**{**arrays, "bias": torch.zeros(order, dtype=dtype), **other})


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e-10, 1.0, 1e10, 1e14])
def test_small_and_large_weights_are_analysed_and_drawn(tmp_path, dtype, scale):
    analysis = analyse(model(scale, dtype), S3)
    assert 0 <= analysis.accuracy <= 1
    assert torch.isfinite(torch.tensor(analysis.loss))
    assert sum(neuron.facts.strength for neuron in analysis.neurons) in (0, pytest.approx(1))
    write_report(analysis, tmp_path / "report.html")


@pytest.mark.parametrize(
    ("scale", "dtype", "says"),
    [
        (1e15, torch.float32, "logits must stay below 1e\\+30; these weights may reach 3e\\+31: rescale them"),
        (1e20, torch.float64, "logits must stay below"),
        (1e31, torch.float32, "weights must stay below 1e\\+30; `left` reaches"),
        (1e300, torch.float64, "weights must stay below 1e\\+30; `left` reaches"),
    ],
)
def test_what_would_overflow_is_refused_in_its_own_name(scale, dtype, says):
    with pytest.raises(Unsupported, match=says):
        model(scale, dtype)


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_value_that_is_no_number_is_named_with_its_place(bad, dtype):
    arrays = {name: torch.ones(3, 2, dtype=dtype) for name in ("left", "right", "out")}
    arrays["right"][1, 0] = bad
    with pytest.raises(ValueError, match=rf"weights must be finite; `right` holds {bad} at \[1, 0\]"):
        check_sizes(arrays, torch.relu)


def test_the_whole_range_of_float64_has_a_largest_weight():
    arrays = {name: torch.tensor([[1e308], [-1e308]], dtype=torch.float64) for name in ("left", "right", "out")}
    with pytest.raises(Unsupported, match="`left` reaches 1e\\+308"):
        check_sizes(arrays, torch.relu)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.int64, torch.bool, torch.complex64])
def test_other_types_are_refused_by_name(dtype):
    kind = str(dtype).removeprefix("torch.")
    with pytest.raises(Unsupported, match=rf"float64; `left` is {kind}: convert it with \.float\(\)"):
        check_kinds({"left": torch.zeros(2, 3).to(dtype)})
    with pytest.raises(Unsupported, match="`left` is a list"):
        check_kinds({"left": [[1.0]]})


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_model_of_half_precision_is_refused(dtype):
    with pytest.raises(Unsupported, match=r"convert it with \.float\(\)"):
        model(dtype=dtype)


def test_mixed_precision_and_odd_layouts_are_refused():
    with pytest.raises(Unsupported, match="one precision; `left` is float64 and `bias` float32"):
        model(bias=torch.zeros(6))
    with pytest.raises(Unsupported, match=r"`right` is sparse_coo: convert it with \.to_dense"):
        model(right=torch.zeros(6, 3, dtype=torch.float64).to_sparse())
    with pytest.raises(Unsupported, match="`out` is without values"):
        model(out=torch.zeros(6, 3, device="meta", dtype=torch.float64))
    with pytest.raises(ValueError, match="`out` must have 2 axes"):
        check_kinds({"out": torch.zeros(6)})
    with pytest.raises(ValueError, match=r"weights must be finite; `bias` holds inf at \[2\]"):
        model(bias=torch.tensor([0.0, 0, torch.inf, 0, 0, 0], dtype=torch.float64))


def test_a_network_without_neurons_is_a_network(tmp_path):
    analysis = analyse(model(width=0), S3)
    assert (analysis.width, analysis.neurons, analysis.coset.circuits) == (0, (), ())
    assert analysis.loss == pytest.approx(torch.log(torch.tensor(6.0)).item())
    write_report(analysis, tmp_path / "report.html")


def test_the_group_of_one_element_has_loss_zero():
    analysis = analyse(model(order=1), named_group("C1"))
    assert (analysis.accuracy, analysis.loss) == (1.0, 0.0)
