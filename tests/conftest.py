"""Fixtures shared by the whole suite."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cosetta.cli import main
from cosetta.groups.group import Group
from cosetta.groups.named import named_group

SMALL_GROUPS = ("C1", "C2", "C5", "C6", "V4", "S3", "D8", "Q8", "A4", "D10", "S4", "C7:C3")


@pytest.fixture(scope="session")
def small_groups() -> tuple[Group, ...]:
    """The groups that every law is checked on; Q8 is quaternionic, C5 and C7:C3 are complex."""
    return tuple(named_group(name) for name in SMALL_GROUPS)


@pytest.fixture(scope="session", params=SMALL_GROUPS)
def small_group(request: pytest.FixtureRequest) -> Group:
    """Each of the small groups in turn, as one test case each."""
    return named_group(request.param)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep stored lattices out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COSETTA_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run the command line in an empty folder: (exit status, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["cosetta", *map(str, arguments)])
        try:
            main()
            status = 0
        except SystemExit as stop:
            status = stop.code or 0
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser of the machine, one a process; tests that want one are skipped where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[dev]'")
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = next((path for path in map(shutil.which, names) if path), None)
    if executable is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with api.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()
