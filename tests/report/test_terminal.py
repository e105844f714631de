from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from cosetta.report.terminal import summary


def printed(analysis, width=80, report=None, **options) -> str:
    out = StringIO()
    Console(file=out, width=width, **options).print(summary(analysis, report))
    return out.getvalue()


@pytest.mark.parametrize("width", [60, 80, 100])
def test_it_fits_the_terminal(analysis, width):
    classes = analysis.coset.classes
    named = replace(analysis.coset, classes=(replace(classes[0], subgroup="S3xS2"), *classes[1:]))
    long = replace(analysis, group="S5", coset=named)
    assert max(map(len, printed(long, width).splitlines())) <= width


def test_it_shows_the_numbers_with_their_controls(analysis):
    text = printed(analysis, 100, Path("runs/x/report.html"))
    for words in ("97.22", "0.0345", "2 of 3", "96.41", "19.31", "held", "2/9", "not covered", "1 of 2 causal tests"):
        assert words in text, words
    assert "1 of 2 circuit ablations" in text
    assert "random subgroups, same index, 19.31\u00a0% (14.1 to 25.3\u00a0% over 20 draws)" in text
    assert "runs/x/report.html" in text


def test_every_account_is_there_with_its_numbers_whole(analysis):
    text = printed(analysis, 200)
    for words in (
        "constant on cosets (best)",
        "412",
        "96.2",
        "84.2",
        "7.3",
        "covers nothing",
        "left out",
        "fails",
        "holds",
    ):
        assert words in text, words
    assert "no account describes 1 of 3 live neurons (2.0\u00a0% of the strength)" in text
    narrow = printed(analysis, 60)
    assert "not shown in 60 columns" in narrow
    assert all(row.split()[-1] != "…" for row in narrow.splitlines() if row.strip())
    assert "96.2" in narrow  # columns go, the numbers in the others stay


def test_frequencies_are_listed(analysis):
    text = printed(analysis, 100)
    for words in ("frequency", "clock", "sign", "0.123"):
        assert words in text, words


def test_it_needs_no_colour(analysis):
    text = printed(analysis, 100)
    assert "\x1b" not in text
    assert "FAILED" in printed(replace(analysis, evidence=(replace(analysis.evidence[1], verdict="not as predicted"),)))
    assert "\x1b[" in printed(analysis, 100, force_terminal=True, color_system="truecolor")


def test_a_test_that_does_not_apply_has_neither_held_nor_failed(analysis):
    idle = replace(analysis, evidence=(replace(analysis.evidence[1], verdict="not applicable"),))
    text = printed(idle, 100)
    assert "not applicable" in text
    assert "held" not in text.replace("0 of 0 causal tests held", "")
    assert "FAILED" not in text


def test_names_are_neither_markup_nor_control_codes(analysis):
    hostile = replace(analysis, group="[bold]S3[/]\x1b[2J", unexplained=("[/red] open\x07",))
    text = printed(hostile)
    assert "[bold]S₃[/]�[2J" in text
    assert "[/red] open�" in text
    assert "\x1b" not in text


def test_an_empty_analysis_is_summarised(empty):
    text = printed(empty)
    assert "No causal test has run" in text
    assert "nothing, under the thresholds" in text
