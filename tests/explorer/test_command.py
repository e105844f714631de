"""`cosetta explore` on runs, checkpoints and folders of them."""

import json
import shutil
from pathlib import Path

import pytest

from cosetta import named_group
from cosetta.config import AnalysisConfig
from cosetta.explanation import explain_run
from cosetta.explorer import unpack
from cosetta.report import write_report
from cosetta.results import load_analysis
from cosetta.training import Phase, TrainConfig, train

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two small runs on S3, the second without an analysis."""
    folder = tmp_path_factory.mktemp("runs")
    S3 = named_group("S3")
    for seed in (0, 1):
        phase = Phase(max_steps=400, learning_rate=1e-2)
        config = TrainConfig(group="S3", seed=seed, embed_dim=8, width=12, phases=(phase,), checkpoints=5)
        trained = train(config, S3, folder / f"S3-{seed}")
    explain_run(train(config, S3, folder / "S3-1"), S3, AnalysisConfig(control_draws=2, null_samples=19), report=False)
    return folder, trained


def test_a_run_gets_a_page_beside_it_and_its_sidecar_is_made_once(runs, command_line, monkeypatch):
    folder, _ = runs
    status, shown, _ = command_line("explore", folder / "S3-1")
    assert status == 0
    page = folder / "S3-1" / "explorer.html"
    assert "explorer.html" in shown.replace("\n", "")
    before = page.read_bytes()
    monkeypatch.setattr("cosetta.explorer.source.make_sidecar", lambda explored: pytest.fail("made twice"))
    assert command_line("explore", folder / "S3-1")[0] == 0
    assert page.read_bytes() == before


def test_the_report_beside_a_page_links_its_neurons_to_it(runs, command_line, tmp_path):
    folder = tmp_path / "S3-1"
    shutil.copytree(runs[0] / "S3-1", folder)
    (folder / "explorer.html").unlink(missing_ok=True)
    write_report(load_analysis(folder), folder / "report.html")
    assert "explorer.html" not in (folder / "report.html").read_text()
    assert command_line("explore", folder)[0] == 0
    linked = (folder / "report.html").read_text()
    assert 'href="explorer.html#/neurons?n=3"' in linked
    assert command_line("explore", folder)[0] == 0
    assert (folder / "report.html").read_text() == linked


def test_a_changed_analysis_makes_the_sidecar_again(runs, command_line, tmp_path):
    folder = tmp_path / "S3-1"
    shutil.copytree(runs[0] / "S3-1", folder)
    assert command_line("explore", folder)[0] == 0
    first = unpack((folder / "explorer.bin").read_bytes()).header
    values = json.loads((folder / "analysis.json").read_text())
    values["loss"] = 0.25
    (folder / "analysis.json").write_text(json.dumps(values))
    assert command_line("explore", folder)[0] == 0
    second = unpack((folder / "explorer.bin").read_bytes()).header
    assert (second["summary"]["loss"], first["key"] == second["key"]) == (0.25, False)


def test_a_damaged_sidecar_is_made_again(runs, command_line, tmp_path):
    folder = tmp_path / "S3-1"
    shutil.copytree(runs[0] / "S3-1", folder)
    (folder / "explorer.bin").write_bytes(b"nonsense")
    assert command_line("explore", folder)[0] == 0
    assert unpack((folder / "explorer.bin").read_bytes()).header["name"] == "S3-1"


def test_two_networks_stand_on_one_page(runs, command_line, tmp_path):
    folder, _ = runs
    status, _, _ = command_line("explore", folder / "S3-0", folder / "S3-1", "--out", tmp_path / "both.html")
    assert status == 0
    assert (tmp_path / "both.html").read_text().count('<script type="application/octet-stream">') == 2


def test_a_checkpoint_of_somebody_else_is_explored(command_line, tmp_path):
    status, _, problem = command_line("explore", DATA / "tiny_chughtai2023")
    assert status == 0, problem
    folder = tmp_path / "runs" / "imported-tiny_chughtai2023"
    assert (folder / "explorer.html").is_file()
    source = unpack((folder / "explorer.bin").read_bytes()).header["source"]
    assert source.startswith("imported")


def test_a_folder_gets_an_index_with_links(runs, command_line, tab):
    folder, _ = runs
    (folder / "broken").mkdir(exist_ok=True)
    (folder / "broken" / "config.json").write_text("{")
    status, shown, _ = command_line("explore", folder)
    assert status == 0
    assert "broken" in shown
    opened = tab(folder / "explorer.html")
    assert opened.page.locator("tbody tr").count() == 3
    opened.page.get_by_role("link", name="S3-1", exact=True).first.click()
    opened.page.wait_for_selector("html[data-view]")
    opened.page.evaluate("location.hash = '#/training'")
    opened.page.wait_for_selector("html[data-view='training']")
    assert "Step" in opened.text(".step-sentence")
    opened.page.locator("input[type=range]").first.fill("0")
    assert opened.text(".step-sentence").startswith("Step 0")
    assert opened.wrong == []


@pytest.mark.parametrize(
    ("arguments", "message"), [((), "name one"), (("nowhere",), "nowhere"), (("a", "--group", "S99999"), "a")]
)
def test_what_cannot_be_explored_is_one_line(arguments, message, command_line):
    status, _, problem = command_line("explore", *arguments)
    assert status == 1
    assert problem.count("\n") == 1
    assert message in problem
