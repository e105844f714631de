import ast
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

import cosetta.report
from cosetta.report import figures
from cosetta.report.figures.style import PANEL
from cosetta.report.figures.training import stays_at_one
from cosetta.results import ClassSummary, Exemplar, FrequencyFindings, Specimen, WorkedProduct

NO_CLASS = ClassSummary("S2", 0, 0.0, 0.0, 0, 0, None, {})
NO_WAVES = FrequencyFindings((), (), (), (), None, 0)
NO_VALUES = Exemplar("S2", 0, (), (), (), (), (), (), "", "")
NO_PRODUCT = WorkedProduct(0, 0, 0, 0, (0.0,), 0, 0, (), (0,), (), (), 1, 0.0, 0.0)
BLUE, COLOURS = "#332288", {"(2,1)": "#0072B2"}

DRAWINGS = {
    "training": lambda a: figures.draw_training(a.curve),
    "votes": lambda a: figures.draw_votes(a.worked or NO_PRODUCT, "ab"),
    "fractions": figures.draw_fractions,
    "exemplar": lambda a: figures.draw_exemplar(next(iter(a.coset.exemplars), NO_VALUES), BLUE),
    "coverage": lambda a: figures.draw_coverage(a.coset.circuits, next(iter(a.coset.classes), NO_CLASS), 3, BLUE),
    "lifts": lambda a: figures.draw_lifts(a.coset.circuits),
    "pareto": figures.draw_pareto,
    "frequencies": lambda a: figures.draw_frequencies(a.frequencies or NO_WAVES, COLOURS),
}
ALWAYS = {
    "parts": lambda a: figures.draw_parts(a.worked, "ab", COLOURS),
    "waves": lambda a: figures.draw_parts(
        replace(a.worked, around=(0, 5, 1, 4, 2, 3)), "1", COLOURS, {"(2,1)": "k = 1"}
    ),
    "specimen": lambda a: figures.draw_specimen(a.specimens[0], BLUE),
    "wave": lambda a: figures.draw_specimen(replace(a.specimens[0], angles=(0.0, 1.0, 2.0, 3.0, 4.0, 5.0)), BLUE),
}


def panels(drawn) -> tuple[Figure, ...]:
    return drawn if isinstance(drawn, tuple) else (drawn,)


@pytest.mark.parametrize("name", [*DRAWINGS, *ALWAYS])
def test_every_axis_is_named_and_no_style_is_left_behind(name, analysis):
    before = dict(matplotlib.rcParams)
    for figure in panels((DRAWINGS | ALWAYS)[name](analysis)):
        svg = figures.to_svg(figure, "key")
        assert dict(matplotlib.rcParams) == before
        assert svg.startswith("<svg ")
        assert "://" not in svg.replace("http://evil.example", "")
        assert figure.axes
        for axis in figure.axes:
            rows = axis.get_shared_y_axes().get_siblings(axis)
            columns = axis.get_shared_x_axes().get_siblings(axis)
            assert any(sibling.get_ylabel() for sibling in rows)
            assert any(sibling.get_xlabel() for sibling in columns)
            assert any(sibling.get_yticklabels() for sibling in rows)
            unmarked = axis.get_xlabel() == "circuits, by class and lift"  # circuits have no numbers to be read
            assert unmarked or any(sibling.get_xticklabels() for sibling in columns)


@pytest.mark.parametrize("name", DRAWINGS)
def test_panels_fit_a_phone_and_change_with_the_page(name, analysis):
    for figure in panels(DRAWINGS[name](analysis)):
        assert figure.get_figwidth() <= PANEL + 1e-9
        svg = figures.to_svg(figure, "key")
        assert "<image" not in svg  # a picture of pixels keeps its colours on a dark page
        assert "var(--ink,#222222)" in svg
        assert not {f": {grey}" for grey in ("#222222", "#8a8a8a", "#ffffff")} & set(svg.split(";"))


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_figure_says_when_it_has_nothing_to_show(name, empty):
    for figure in panels(DRAWINGS[name](empty)):
        assert figure.axes == []
        assert figures.to_svg(figure, "key").count("<text") == 1


def test_histograms_count_every_element_once(analysis):
    for axis in figures.draw_histograms(analysis.coset.exemplars[0], BLUE).axes:
        boxes = [path.get_extents() for collection in axis.collections for path in collection.get_paths()]
        assert sum(round(box.height) for box in boxes) == analysis.order


def test_blocks_are_left_plus_right_by_coset(analysis):
    axis = figures.draw_blocks(analysis.coset.exemplars[0], BLUE).axes[0]
    values = np.add.outer([-1.0, 0.0, 1.0], [1.0, 0.0, -1.0])  # of left and right, coset by coset
    *maps, outline = [patch for patch in axis.patches if isinstance(patch, PathPatch)]
    drawn = {}
    for patch in maps:
        for column, row in patch.get_path().vertices[::5].tolist():
            drawn[int(row), int(column)] = patch
    assert set(drawn) == set(np.ndindex(3, 3))
    for place, patch in drawn.items():
        assert patch.get_alpha() == abs(values[place]) / 2
        assert (matplotlib.colors.to_hex(patch.get_facecolor()) == BLUE) == (values[place] > 0)
    assert [tuple(corner) for corner in outline.get_path().vertices[::5].tolist()] == [(0, 0), (1, 1), (2, 2)]


def test_marks_that_look_alike_say_it_once(analysis):
    figure = figures.draw_votes(analysis.worked, "ab")
    svg = figures.to_svg(figure, "key")
    assert svg.count("<use ") > 10
    assert not re.search(r"<use [^>]*style=[^>]*/>\n<use [^>]*style=", svg)
    assert svg.count("<g") == svg.count("</g>")


def test_votes_stand_at_their_count(analysis):
    others, answer = figures.draw_votes(analysis.worked, "ab").axes[0].collections
    assert np.array_equal(np.sort(np.rint(others.get_offsets()[:, 0])), [0, 1, 1, 1, 1])
    assert answer.get_offsets().tolist() == [[0, 3.5]]
    wrong = replace(analysis.worked, answer=0, ruled_out=(0, 2, 1, 1, 1, 0))
    assert "is itself ruled out and does not have the largest logit" in figures.caption_votes(wrong).finding


def test_parts_mark_the_right_element_in_every_row(analysis):
    worked = replace(analysis.worked, around=(0, 5, 1, 4, 2, 3))
    axes = figures.draw_parts(worked, "2", COLOURS).axes
    assert [axis.get_ylabel() for axis in axes] == ["(2,1)", "rest", "sum"]
    for axis, logit in zip(axes, (3.0, 0.5, 3.5), strict=True):
        assert axis.collections[-1].get_offsets().tolist() == [[2, logit]]
    assert "at the top in 1 of 1 irrep; in their sum it leads" in figures.caption_parts(worked).finding


def test_a_specimen_has_a_row_for_each_coset(analysis):
    specimen: Specimen = analysis.specimens[0]
    upper, lower = figures.draw_specimen(specimen, BLUE).axes
    assert upper.collections[0].get_offsets().tolist() == np.transpose([specimen.left, specimen.left_cosets]).tolist()
    assert lower.collections[0].get_offsets().tolist() == np.transpose([specimen.right, specimen.right_cosets]).tolist()


def test_coverage_orders_cosets_by_point(analysis):
    axis = figures.draw_coverage(analysis.coset.circuits, analysis.coset.classes[0], 3, BLUE).axes[0]
    cells = {(text.get_position()[0] - 0.5, text.get_text()) for text in axis.texts}
    assert cells == {(1.0, "1"), (0.0, "1")}  # K sends 3 and 2; 2 comes first
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["2", "3"]
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["1", "2"]
    assert axis.get_xlabel() == "ab maps this"


def test_coverage_falls_back_to_numbers_of_conjugates(analysis):
    circuits = [replace(circuit, description="ab lies in a coset") for circuit in analysis.coset.circuits]
    axis = figures.draw_coverage(circuits, analysis.coset.classes[0], 3, BLUE).axes[0]
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["1", "2", "3"]
    assert axis.get_xlabel() == "conjugate K"
    axis = figures.draw_coverage(circuits, analysis.coset.classes[0], 60, BLUE).axes[0]
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["1", "2"]  # of 60, those in use


@pytest.mark.parametrize(
    ("accuracy", "position"), [((), None), ((1.0, 0.9), None), ((0.0, 1.0, 0.9, 1.0), 3), ((1.0, 1.0), 0)]
)
def test_perfection_must_last(accuracy, position):
    assert stays_at_one(accuracy) == position


def test_captions_do_not_claim_what_failed(analysis):
    curve = replace(analysis.curve, test_accuracy=(0.2, 0.3, 1.0, 0.9876))
    assert figures.caption_training(curve).finding == "Test accuracy does not stay at 100 %; it ends at 98.76\u00a0%."
    first, second = analysis.coset.covered
    facts = analysis.neurons[0].facts
    assert "the neuron raises C" in figures.caption_exemplar(replace(first, out_on=0.5, out_off=-0.2), facts).finding
    assert "it finds other 2 elements" in figures.caption_exemplar(second, facts).check
    assert "1 of 2 circuits" in figures.caption_lifts(analysis.coset.circuits).finding


STATISTICS = {"mean", "std", "var", "median", "average", "quantile", "percentile", "corrcoef", "cov", "polyfit"}


def test_nothing_in_the_report_computes_statistics():
    folder = Path(cosetta.report.__file__).parent
    for path in folder.rglob("*.py"):
        names = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
        names |= {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        assert not names & STATISTICS, path
    for path in (folder / "templates").glob("*.html"):
        expressions = "".join(part.split("}}")[0] for part in path.read_text().split("{{")[1:])
        assert "| sum" not in expressions, path
        assert " / " not in expressions, path


def test_the_report_loads_neither_torch_nor_pyplot():
    code = (
        "import sys, cosetta.report, cosetta.report.terminal\n"
        "assert not {'torch', 'matplotlib'} & set(sys.modules), 'loaded too early'\n"
        "import cosetta.report.html\n"
        "assert not {'torch', 'matplotlib.pyplot', 'cosetta.models'} & set(sys.modules), 'loaded'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
