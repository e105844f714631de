"""The commands of docs/importers.md, run on the tiny file that the repository ships."""

import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cosetta import analyse
from cosetta.models.importers import FORMATS, open_checkpoint

ROOT = Path(__file__).parents[3]
TINY = ROOT / "tests" / "data" / "tiny_chughtai2023"
PAGE = (ROOT / "docs" / "importers.md").read_text()
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT / "src")}
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines() if line]


def opens_files():
    from cosetta.cli.run import explain

    return "format" in inspect.signature(explain).parameters


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_of_the_page(command, tmp_path):
    if not opens_files():
        pytest.skip("`cosetta explain` does not open checkpoints yet")
    shutil.copytree(TINY, tmp_path, dirs_exist_ok=True)
    words = [sys.executable, "-c", "from cosetta.cli import main; main()", *command.split()[1:]]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    assert "S4" in done.stdout


def test_the_tiny_file_is_explained_like_one_of_ours():
    opened = open_checkpoint(TINY)
    analysis = analyse(opened.model, opened.group)
    assert (analysis.group, analysis.accuracy) == ("S4", 1.0)
    assert analysis.covered_share > 0


def test_every_format_has_a_row():
    assert all(f"| `{name}` |" in PAGE for name in FORMATS)
