import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

import cosetta.report
from cosetta.report import figures
from cosetta.report.figures.training import stays_at_one
from cosetta.results import ClassSummary, Exemplar, FrequencyFindings

IRREPS = ("(3)", "(2,1)", "(1^3)")
NO_CLASS = ClassSummary("S2", 0, 0.0, 0.0, 0, 0, None, {})
NO_WAVES = FrequencyFindings((), (), (), (), None, 0)
NO_VALUES = Exemplar("S2", 0, (), (), (), (), (), (), "", "")

DRAWINGS = {
    "training": lambda a: figures.draw_training(a.curve),
    "classes": lambda a: figures.draw_classes(a.coset.classes, IRREPS),
    "irreps": lambda a: figures.draw_irreps(a.coset.classes, IRREPS),
    "fractions": figures.draw_fractions,
    "histograms": lambda a: figures.draw_histograms(next(iter(a.coset.exemplars), NO_VALUES)),
    "matrix": lambda a: figures.draw_matrix(next(iter(a.coset.exemplars), NO_VALUES)),
    "out": lambda a: figures.draw_out(next(iter(a.coset.exemplars), NO_VALUES)),
    "mirror": lambda a: figures.draw_mirror(next(iter(a.coset.exemplars), NO_VALUES)),
    "coverage": lambda a: figures.draw_coverage(a.coset.circuits, next(iter(a.coset.classes), NO_CLASS), 3, "#332288"),
    "lifts": lambda a: figures.draw_lifts(a.coset.circuits),
    "evidence": lambda a: figures.draw_evidence(a.evidence),
    "pareto": figures.draw_pareto,
    "frequencies": lambda a: figures.draw_frequencies(a.frequencies or NO_WAVES),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_figure_has_named_axes_and_leaves_no_style(name, analysis):
    before = dict(matplotlib.rcParams)
    figure = DRAWINGS[name](analysis)
    svg = figures.to_svg(figure, "key")
    assert dict(matplotlib.rcParams) == before
    assert isinstance(figure, Figure)
    assert svg.startswith("<svg ")
    assert "://" not in svg.replace("http://evil.example", "")
    for axis in figure.axes:
        assert any(sibling.get_ylabel() for sibling in axis.get_shared_y_axes().get_siblings(axis))
    assert any(axis.get_xlabel() for axis in figure.axes)


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_figure_says_when_it_has_nothing_to_show(name, empty):
    figure = DRAWINGS[name](empty)
    assert figure.axes == []
    assert figures.to_svg(figure, "key").count("<text") == 1


def test_bars_are_as_long_as_the_counts(analysis):
    neurons, strength = figures.draw_classes(analysis.coset.classes, IRREPS).axes
    for row, summary in enumerate(analysis.coset.classes):
        at_row = [bar for bar in neurons.patches if np.isclose(bar.get_y() + bar.get_height() / 2, row)]
        drawn = max(bar.get_x() + bar.get_width() for bar in at_row)
        assert np.isclose(drawn, summary.neurons)
    assert [bar.get_width() for bar in strength.patches] == [summary.strength for summary in analysis.coset.classes]


def test_histograms_count_every_element_once(analysis):
    for axis in figures.draw_histograms(analysis.coset.exemplars[0]).axes:
        boxes = [path.get_extents() for collection in axis.collections for path in collection.get_paths()]
        assert sum(round(box.height) for box in boxes) == analysis.order


def test_matrix_is_left_plus_right_in_coset_order(analysis):
    exemplar = analysis.coset.exemplars[0]
    drawn = np.asarray(figures.draw_matrix(exemplar).axes[0].images[0].get_array())
    rows, columns = np.argsort(exemplar.left_cosets, kind="stable"), np.argsort(exemplar.right_cosets, kind="stable")
    assert np.array_equal(drawn, np.add.outer(np.array(exemplar.left)[rows], np.array(exemplar.right)[columns]))
    assert all((drawn[i : i + 2, i : i + 2] == 0).all() for i in (0, 2, 4))  # ab in C
    image = figures.draw_matrix(exemplar).axes[0].images[0]
    assert image.norm.vmin == -image.norm.vmax


def test_coverage_orders_cosets_by_point(analysis):
    axis = figures.draw_coverage(analysis.coset.circuits, analysis.coset.classes[0], 3, "#332288").axes[0]
    cells = {(text.get_position()[0] - 0.5, text.get_text()) for text in axis.texts}
    assert cells == {(1.0, "1"), (0.0, "1")}  # K sends 3 and 2; 2 comes first
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["2", "3", ""]
    assert axis.get_xlabel() == "ab maps this"


def test_coverage_falls_back_to_numbers_of_conjugates(analysis):
    circuits = [replace(circuit, description="ab lies in a coset") for circuit in analysis.coset.circuits]
    axis = figures.draw_coverage(circuits, analysis.coset.classes[0], 3, "#332288").axes[0]
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["1", "2", "3"]
    assert axis.get_xlabel() == "conjugate K"


@pytest.mark.parametrize(
    ("accuracy", "position"), [((), None), ((1.0, 0.9), None), ((0.0, 1.0, 0.9, 1.0), 3), ((1.0, 1.0), 0)]
)
def test_perfection_must_last(accuracy, position):
    assert stays_at_one(accuracy) == position


def test_captions_do_not_claim_what_failed(analysis):
    curve = replace(analysis.curve, test_accuracy=(0.2, 0.3, 1.0, 0.9876))
    assert figures.caption_training(curve).finding == "Test accuracy does not stay at 100 %; it ends at 98.76\u00a0%."
    first, second = analysis.coset.covered
    assert "raises C" in figures.caption_out(replace(first, out_on=0.5, out_off=-0.2)).finding
    assert "finds other 2 elements" in figures.caption_mirror(second).check
    assert "1 of 2 circuits" in figures.caption_lifts(analysis.coset.circuits).finding
    assert figures.caption_evidence(analysis.evidence).finding == "1 of 2 predictions held."


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
