"""`cosetta compare` end to end: what is reused, what is kept, what is left out, and what a new account needs."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from cosetta.comparison import compare, find_targets, gather
from cosetta.files import read_json
from cosetta.hypotheses import ACCOUNTS, AbstractHypothesis
from cosetta.results import Comparison

FAST = ("--analysis.null-samples", "19", "--analysis.control-draws", "5")
SCHEMA1 = Path(__file__).parents[1] / "data" / "analysis_schema1.json"


def result(folder="comparison"):
    return read_json(Path(folder) / "compare.json", Comparison, what="a comparison", advice="mend it", schema=1)


def test_checkpoints_and_runs_are_compared_and_damage_is_one_line_each(command_line, networks, run_folder, tmp_path):
    bad = tmp_path / "bad"
    shutil.copytree(run_folder, bad / "cut")
    (bad / "cut" / "model.safetensors").write_bytes(b"\x08")
    (bad / "cut" / "analysis.json").write_text("{")
    shutil.copytree(run_folder, bad / "unfinished")
    (bad / "unfinished" / "model.safetensors").unlink()
    (bad / "unfinished" / "analysis.json").unlink()
    (bad / "old").mkdir()
    shutil.copy(SCHEMA1, bad / "old" / "analysis.json")
    (bad / "torn").mkdir()
    (bad / "torn" / "model.pt").write_bytes(b"PK\x03\x04")
    status, out, err = command_line("compare", networks, run_folder, bad, *FAST)
    assert (status, err) == (0, "")
    found = result()
    assert [network.name for network in found.networks] == ["cosets", "mixed", run_folder.name]
    assert {line.split(": ")[0] for line in found.skipped} == {"cut", "unfinished", "old", "torn"}
    assert all("\n" not in line for line in found.skipped)
    assert all(f"left out  {name}" in out for name in ("cut", "unfinished", "old", "torn"))
    assert max(map(len, out.splitlines())) <= 80
    assert found.networks[0].irreps is not None
    assert found.entry("cosets", "coset").verdict == "holds"


def test_an_explained_run_is_taken_as_it_is_and_one_with_other_thresholds_is_not(
    command_line, run_folder, monkeypatch, tmp_path
):
    folder = Path(shutil.copytree(run_folder, tmp_path / "run"))
    assert command_line("compare", folder, *FAST)[0] == 0
    assert not list(Path("comparison/analyses").iterdir())
    assert command_line("compare", folder, *FAST, "--analysis.seed", "3")[0] == 0
    assert [path.name for path in Path("comparison/analyses").iterdir()] == ["run.json"]
    assert result().thresholds["seed"] == 3
    monkeypatch.setattr("cosetta.comparison.gathering.analyse_run", never)
    assert command_line("compare", folder, *FAST, "--analysis.seed", "3")[0] == 0  # kept
    kept = Path("comparison/analyses/run.json")
    kept.write_bytes(kept.read_bytes()[:-40])
    status, _, err = command_line("compare", folder, *FAST, "--analysis.seed", "3")  # damaged: made again
    assert (status, "made again" in err) == (1, True)


def never(*_):
    raise ValueError("made again")


def test_an_interruption_loses_only_what_was_in_work(command_line, networks, monkeypatch):
    from cosetta.comparison import gathering

    real, made = gathering.analyse, []

    def interrupted(*arguments):
        if made:
            raise KeyboardInterrupt
        made.append(real(*arguments))
        return made[-1]

    monkeypatch.setattr("cosetta.comparison.gathering.analyse", interrupted)
    assert command_line("compare", networks, *FAST)[0] == 130
    assert [path.name for path in Path("comparison/analyses").iterdir()] == ["cosets.json"]
    assert not Path("comparison/compare.json").exists()
    monkeypatch.setattr("cosetta.comparison.gathering.analyse", lambda *a: made.append(real(*a)) or made[-1])
    assert command_line("compare", networks, *FAST)[0] == 0
    assert len(made) == 2


def test_two_processes_find_what_one_finds(networks, tmp_path, config):
    targets, _ = find_targets([networks])
    alone, _ = gather(targets, config, tmp_path / "one")
    shared, skipped = gather(targets, config, tmp_path / "two", workers=2)
    assert skipped == ()
    assert compare(alone).entries == compare(shared).entries


@dataclass(frozen=True, eq=False)
class Toy(AbstractHypothesis):
    """Every neuron is what it is."""

    id: ClassVar[str] = "toy"
    title: ClassVar[str] = "a <toy> account"
    claim: ClassVar[str] = "each neuron is itself"
    source: ClassVar[str] = "these tests"

    @classmethod
    def fit(cls, facts, config):
        return cls(facts, config, {int(n): "itself" for n in facts.live}, {})

    def functions(self):
        return {name: getattr(self.facts.model, name).double().numpy() for name in self.facts.functions}

    def control(self, generator):
        return None

    @property
    def bits(self):
        return 12345.0


def test_a_new_account_is_a_line_in_the_list(command_line, networks, monkeypatch):
    for module in ("cosetta.analysis", "cosetta.comparison.gathering"):
        monkeypatch.setattr(f"{module}.ACCOUNTS", (*ACCOUNTS, Toy))
    status, out, _ = command_line("compare", networks / "cosets", *FAST)
    entry = result().entry("cosets", "toy")
    assert (status, entry.verdict, entry.fidelity) == (0, "holds", pytest.approx(1))
    assert any(line.startswith("toy") and "12,345" in line for line in out.splitlines())
    page = Path("comparison/compare.html").read_text()
    assert "a &lt;toy&gt; account" in page
    assert "12,345" in page
    assert "toy" in result().agreements[0].accounts


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name one"),
        (("nowhere",), "nowhere"),
        (("nowhere", "--workers", "0"), "`--workers` must be at least 1; got 0"),
        (("nowhere", "--analysis.arena=false"), "arena"),
    ],
)
def test_bad_input_is_one_line(command_line, arguments, message):
    status, out, err = command_line("compare", *arguments)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert message in err


def test_hostile_file_names(command_line, networks, tmp_path):
    name = "a [bold]b <u> ${x}\x1b[31m"
    shutil.copytree(networks / "cosets", tmp_path / "deep" / name)
    status, out, _ = command_line("compare", tmp_path / "deep", *FAST)
    assert status == 0
    assert "[bold]" in out
    assert "\x1b" not in out
    assert "<u>" not in Path("comparison/compare.html").read_text().split("</header>")[0]
    kept = [path.name for path in Path("comparison/analyses").iterdir()]
    assert len(kept) == 1
    assert kept[0].isascii()
    assert json.loads(Path("comparison/compare.json").read_text())["networks"][0]["name"] == name


def test_help_is_light():
    code = (
        "import sys; sys.argv = ['cosetta', 'compare', '--help']\n"
        "from cosetta.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('torch', 'matplotlib', 'polars', 'scipy') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "Usage: cosetta compare" in shown
    assert shown.strip().endswith("[]")
