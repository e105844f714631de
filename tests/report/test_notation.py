import math

import pytest

from cosetta.report.notation import decimal, duration, percent, plain_class, scientific, typeset


@pytest.mark.parametrize("pairs", [36, 14_400, 518_400, 25_401_600])
def test_one_wrong_answer_is_never_printed_as_none(pairs):
    assert percent((pairs - 1) / pairs) != percent(1.0) == "100\u00a0%"
    assert percent(1 / pairs) != percent(0.0) == "0\u00a0%"
    assert float(percent((pairs - 1) / pairs).removesuffix("\u00a0%")) < 100


def test_shares_that_sum_to_one_are_all_of_it():
    shares = [0.1] * 10
    assert sum(shares) < 1
    assert percent(sum(shares)) == percent(1.0)


def test_percent_is_within_half_a_unit():
    for k in range(10_001):
        share = k / 10_000
        text = percent(share, 1).removesuffix("\u00a0%")
        if not text.startswith("<"):
            assert abs(float(text) / 100 - share) <= 0.00100001 / 2 or share > 0.9995


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (9.996e-4, "0.00100"),
        (9999.9, "1.00\u00a0×\u00a010⁴"),
        (123.456, "123"),
        (-4.2e-13, "−4.20\u00a0×\u00a010⁻¹³"),
        (math.inf, "∞"),
        (None, "–"),
        (math.nan, "–"),
    ],
)
def test_scientific(value, text):
    assert scientific(value) == text


def test_missing_values_are_a_dash_everywhere():
    assert {percent(None), scientific(None), decimal(None), duration(None), percent(math.nan)} == {"–"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("S3xS2", "S₃×S₂"),
        ("(S3xS3):C2", "(S₃×S₃)⋊C₂"),
        ("C2 (12)(34)", "C₂ (12)(34)"),
        ("Z_53", "Z₅₃"),
        ("(2,1^3)", "(2,1³)"),
        ("g^-1 H g", "g⁻¹ H g"),
        ("ab maps 3 to 1", "ab maps 3 to 1"),
        ("next:", "next:"),
    ],
)
def test_typeset(name, text):
    assert typeset(name) == text


def test_neurons_that_cosets_do_not_cover_are_called_so():
    assert [plain_class(name) for name in ("none", "dead", "A4")] == ["not covered", "dead", "A₄"]
