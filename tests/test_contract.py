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
    "errors _version files machine config results",
    "groups",
    "harmonics",
    "models",
    "training tracking interventions bounds",
    "circuits",
    "hypotheses",
    "evidence",
    "analysis trajectory description parts",
    "report",
    "explanation",
    "population",
    "sweep",
    "reproduce",
    "cli",
)
DEPTH = {room: depth for depth, rooms in enumerate(LAYERS) for room in rooms.split()}
MODULES = sorted(m.name for m in pkgutil.walk_packages([str(SOURCE)], "cosetta.") if not m.name.endswith("__main__"))


def imported(path):
    """Modules of this package that a file imports, at any depth, except for type checking."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        yield from (name for name in names if name.split(".")[0] == "cosetta")


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_point_down(path):
    room = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    if room == "__init__":
        return
    for name in imported(path):
        target = [*name.split("."), "_version"][1]
        assert DEPTH[target] <= DEPTH[room], f"{room} imports {name}"
    assert room != "report" or not any(name.startswith(("cosetta.models", "torch")) for name in imported(path))


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


@pytest.mark.parametrize("page", ["README.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md"))])
def test_python_in_the_docs_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space: dict = {}
    for block in re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), flags=re.DOTALL):
        exec(compile(block, page, "exec"), space)


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md"))]
)
def test_links_in_the_docs_lead_somewhere(page):
    text = (ROOT / page).read_text()
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not target.startswith(("http", "mailto")):
            assert ((ROOT / page).parent / target).exists(), target


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
