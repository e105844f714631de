"""The tutorials run from their first cell to their last, and what a cell ends with can be shown."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TUTORIALS = sorted(path for path in (ROOT / "docs" / "tutorials").glob("*.md") if path.stem != "index")
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(?::[^\n]*\n)*(.*?)^```", flags=re.DOTALL | re.MULTILINE)
SHOWN = ("_repr_html_", "_repr_svg_")


@pytest.fixture(autouse=True)
def a_clean_place(tmp_path, monkeypatch):
    monkeypatch.setenv("COSETTA_CLONE", str(tmp_path))
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    import matplotlib

    matplotlib.use("agg")
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


def run(cell, space, name):
    """Execute a cell as a notebook does; the value of its last line, if that is an expression."""
    tree = ast.parse(cell)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), space)
    return None if last is None else eval(compile(ast.Expression(last.value), name, "eval"), space)


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_every_cell_runs(path):
    space: dict = {}
    cells = CELL.findall(path.read_text())
    assert len(cells) >= 8
    for cell in cells:
        value = run(cell, space, path.name)
        if value is None:
            continue
        assert len(repr(value)) < 5000
        markup = [show() for name in SHOWN if callable(show := getattr(value, name, None))]
        assert not markup or any(markup)


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_it_ends_with_a_picture_and_an_exercise_whose_solution_is_folded_away(path):
    text = path.read_text()
    picture, exercise = text.index("## The picture to keep"), text.index("## Exercise")
    assert picture < exercise
    shown = CELL.findall(text[picture:exercise])[-1]
    assert "plot_" in shown or "draw_" in shown or "plt." in shown
    question, solution = text[exercise:].split("<details>")
    assert "?" in question or "find" in question
    assert "<summary>A solution</summary>" in solution
    assert CELL.search(solution)
    assert solution.rstrip().endswith("</details>")


def test_there_are_four():
    assert len(TUTORIALS) == 4
