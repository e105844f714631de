"""What the project promises about itself: layers, public names, documentation, the command line."""

import ast
import doctest
import importlib
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cosetta

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "cosetta"
LAYERS = (
    "errors _version shown files machine config results stopping",
    "groups",
    "harmonics",
    "models",
    "training tracking interventions bounds",
    "measures",
    "hypotheses",
    "evidence programs",
    "analysis certification trajectory description parts",
    "report",
    "explanation",
    "population",
    "sweep",
    "comparison",
    "explorer",
    "notebook",
    "reproduce",
    "cli",
    "__main__",
)
DEPTH = {room: depth for depth, rooms in enumerate(LAYERS) for room in rooms.split()}
MODULES = sorted(m.name for m in pkgutil.walk_packages([str(SOURCE)], "cosetta.") if not m.name.endswith("__main__"))


FILES = {path: ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts) for path in sorted(SOURCE.rglob("*.py"))}
FILES = {path: name.removesuffix(".__init__") for path, name in FILES.items()}


def imported(tree):
    """Modules of this package that some code imports, at any depth and for type checking too, by their whole name."""
    modules = set(FILES.values())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "cosetta")
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "cosetta":
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from names & modules
            if names - modules:  # something that the file itself, or the `__init__` of the room, defines
                yield node.module


def room_of(name):
    return [*name.split("."), "__init__"][1]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_point_down(path):
    room = room_of(FILES[path])
    if room == "__init__":
        return
    names = set(imported(ast.parse(path.read_text())))
    for name in names:
        assert DEPTH[room_of(name)] <= DEPTH[room], f"{room} imports {name}"
    assert room != "report" or not any(name.startswith(("cosetta.models", "torch")) for name in names)
    assert room != "analysis" or not any(room_of(name) == "training" for name in names)


@pytest.mark.parametrize("room", sorted({room_of(name) for name in FILES.values()} - {"__init__"}))
def test_the_files_of_a_room_do_not_import_each_other_in_circles(room):
    inside = {name: path for path, name in FILES.items() if room_of(name) == room}
    graph = {name: set(imported(ast.parse(path.read_text()))) & set(inside) for name, path in inside.items()}
    circle = find_circle(graph)
    assert circle is None, " imports ".join(circle)


def test_rooms_do_not_import_each_other_in_circles():
    graph = {room_of(name): set() for name in FILES.values()}
    for path, name in FILES.items():
        graph[room_of(name)] |= {room_of(target) for target in imported(ast.parse(path.read_text()))}
    rooms = graph.keys() - {"__init__"}
    assert find_circle({room: graph[room] & rooms - {room} for room in rooms}) is None


def test_the_picture_of_layers_is_the_one_that_is_tested():
    picture = re.search(r"```\n(__main__\n.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), flags=re.DOTALL)
    assert picture is not None
    rows = [re.split(" {3,}", line)[0].split() for line in picture[1].splitlines()]
    assert rows[::-1] == [rooms.split() for rooms in LAYERS]


def find_circle(graph):
    """Names that import each other in turn, the first one again at the end, or None."""
    done, path = set(), []

    def walk(name):
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return None
        path.append(name)
        found = next((circle for target in sorted(graph[name]) if (circle := walk(target))), None)
        done.add(path.pop())
        return found

    return next((circle for name in sorted(graph) if (circle := walk(name))), None)


def test_a_circle_of_imports_is_found():
    assert find_circle({"a": {"b"}, "b": {"c"}, "c": set()}) is None
    assert find_circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert find_circle({"a": {"a"}}) == ["a", "a"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_this_package_is_imported_at_the_top_of_files(path):
    """Inside functions only by the command line, which must start fast, and by an `__init__` that loads lazily."""
    if room_of(FILES[path]) in {"cli", "__main__"} or path.name == "__init__.py":
        return
    functions = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, FUNCTION))
    hidden = {(function.name, name) for function in functions for name in imported(function)}
    assert not hidden


FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


@pytest.mark.parametrize(
    "statement", ["import cosetta", "import cosetta.cli", "from cosetta import named_group, irreps"]
)
def test_light_imports(statement):
    heavy = "import sys; print([m for m in ('torch', 'matplotlib', 'polars', 'scipy') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", f"{statement}; {heavy}"], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize("name", cosetta.__all__)
def test_public_names_exist_and_say_what_they_are(name):
    assert name == "__version__" or getattr(cosetta, name).__doc__


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name):
    failures, _ = doctest.testmod(importlib.import_module(name))
    assert failures == 0


def run_cli(*arguments, **environment):
    command = [sys.executable, "-c", "from cosetta.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)


def test_every_command_has_help_and_a_line_in_the_docs():
    from cosetta.cli import app

    documentation = (ROOT / "docs" / "cli.md").read_text()
    shown = run_cli("--help").stdout
    for name in (name for name in app if not name.startswith("-")):
        assert f"`cosetta {name}" in documentation, name
        assert name in shown
        assert "Usage: cosetta" in run_cli(name, "--help").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("subgroups", "S12"), "order"),
        (("irreps", "Banana"), "Banana"),
        (("explain", "nowhere"), "nowhere"),
        (("run", "S5", "--recipe", "slow"), "recipe"),
        (("run", "S5", "--widht", "3"), "widht"),
        (("frobnicate",), "frobnicate"),
    ],
)
def test_bad_input_is_one_line_on_stderr(arguments, message):
    done = run_cli(*arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("cosetta: ")
    assert message in done.stderr
