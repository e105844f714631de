"""The figures of a population against numbers written by hand: what is drawn is what was given."""

import pytest

from cosetta.report.figures.population import (
    caption_acquisition,
    caption_grok_times,
    caption_shares,
    draw_acquisition,
    draw_grok_times,
    draw_shares,
)
from cosetta.report.figures.style import to_svg

SHARES = {
    "by": "subgroup",
    "names": ["S4", "S3xS2", "dead"],
    "share": [0.7, 0.2, 0.1],
    "low": [0.6, 0.1, 0.0],
    "high": [0.8, 0.3, 0.2],
    "found_in": [1.0, 0.5, 0.5],
    "runs": 12,
    "note": "",
}
FEW = {**SHARES, "low": [None] * 3, "high": [None] * 3, "runs": 2, "note": "n too small for an interval: 2 runs"}
TIMES = {
    "unit": "steps",
    "runs": 6,
    "censored": 1,
    "time": [0.0, 10.0, 20.0, 30.0],
    "not_grokked": [1.0, 0.8, 0.4, 0.4],
    "low": [None, 0.5, 0.1, 0.1],
    "high": [None, 0.95, 0.7, 0.7],
    "censored_at": [30.0],
    "median": 20.0,
    "median_low": 10.0,
    "median_high": None,
    "note": "",
}
NEVER = {**TIMES, "low": [None] * 4, "high": [None] * 4, "median": None, "note": "the median is not reached"}
ORDER = {
    "of": "classes",
    "names": ["A4", "S4"],
    "found_in": [1, 8],
    "rank": [1.0, 1.25],
    "low": [None, 1.0],
    "high": [None, 1.5],
    "median_step": [924.0, 567.0],
    "runs": 8,
}


def texts(figure):
    return to_svg(figure, "key")


def test_one_population_has_a_mark_and_an_interval_a_class():
    figure = draw_shares({"S5 fast": SHARES})
    (axis,) = figure.axes
    marks = [line.get_xdata()[0] for line in axis.lines if line.get_marker() == "o" and len(line.get_xdata()) == 1]
    assert marks == SHARES["share"]
    intervals = [tuple(line.get_xdata()) for line in axis.lines if len(line.get_xdata()) == 2]
    assert intervals == list(zip(SHARES["low"], SHARES["high"], strict=True))
    assert "S₃×S₂" in texts(figure)
    assert "S5 fast, 12 runs" in texts(figure)


def test_too_few_runs_have_marks_without_intervals():
    (axis,) = draw_shares({"S5 fast": FEW}).axes
    assert [line for line in axis.lines if len(line.get_xdata()) == 2] == []
    assert "n too small" in caption_shares({"S5 fast": FEW}).check
    assert "(" not in caption_shares({"S5 fast": FEW}).finding


def test_two_populations_are_named_and_apart():
    figure = draw_shares({"S5 fast": SHARES, "S5 wu2024": {**SHARES, "names": ["A5", "S4", "dead"]}})
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["S5 fast (n = 12)", "S5 wu2024 (n = 12)"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["A₅", "S₄", "S₃×S₂", "dead"]


def test_the_caption_of_the_shares_has_the_interval():
    finding = caption_shares({"S5 fast": SHARES}).finding.replace("\u00a0", " ")
    assert finding == "S5 fast: 70.0 % (60.0 % to 80.0 %) of the neurons are S₄."


def test_the_curve_steps_down_and_censored_runs_are_ticks():
    (axis,) = draw_grok_times({"S5 fast": TIMES}).axes
    curve, ticks = axis.lines
    assert curve.get_drawstyle() == "steps-post"
    assert list(curve.get_ydata()) == TIMES["not_grokked"]
    assert (list(ticks.get_xdata()), list(ticks.get_ydata())) == ([30.0], [0.4])
    assert "median 20 steps, 1 of 6 runs censored" in caption_grok_times({"S5 fast": TIMES}).finding


def test_a_median_that_is_not_reached_is_said():
    caption = caption_grok_times({"S5 fast": NEVER})
    assert "median not reached" in caption.finding
    assert "the median is not reached" in caption.check
    assert draw_grok_times({"S5 fast": NEVER}).axes


def test_the_order_says_how_many_runs_it_rests_on():
    figure = draw_acquisition({"S5 fast": ORDER})
    assert "1 of 8 runs, median step 924" in texts(figure)
    assert "S₄ comes first" in caption_acquisition({"S5 fast": ORDER}).finding


@pytest.mark.parametrize("draw", [draw_shares, draw_grok_times, draw_acquisition])
def test_nothing_to_draw_is_said(draw):
    assert len(draw({}).texts) == 1
