"""A new account is a file and a line in a list: then it is in every table, with no other change."""

import json
from io import StringIO

import pytest
from rich.console import Console

import cosetta.analysis
import cosetta.cli.census
from cosetta.config import AnalysisConfig
from cosetta.explanation import explain_run
from cosetta.groups import named_group
from cosetta.hypotheses import ACCOUNTS, AbstractHypothesis
from cosetta.population import account_shares, census
from cosetta.report import summary
from cosetta.training import fast, train

TITLE = "silent left hands"


class Toy(AbstractHypothesis):
    """Every even neuron needs no left function."""

    id = "toy"
    title = TITLE
    claim = "left is constant"
    source = "nobody"

    @classmethod
    def fit(cls, facts, config):
        live = facts.live.tolist()
        labels = {n: "no left hand" for n in live if n % 2 == 0}
        return cls(facts, config, labels, {n: "it is odd" for n in live if n % 2})

    def functions(self):
        values = {name: getattr(self.facts.model, name).double().numpy().copy() for name in ("left", "right", "out")}
        values["left"][:, list(self.labels)] = 0
        return values

    def control(self, generator):
        return None

    @property
    def bits(self):
        return 7.0


@pytest.fixture(scope="module")
def explained(tmp_path_factory):
    """A run, explained while the toy is in the list."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cosetta.analysis, "ACCOUNTS", (*ACCOUNTS, Toy))
        config = fast("S3", embed_dim=8, width=8, train_fraction=0.8, checkpoints=0, max_steps=60)
        run = train(config, named_group("S3"), tmp_path_factory.mktemp("runs") / config.run_name)
        analysis = explain_run(run, named_group("S3"), AnalysisConfig(null_samples=19, control_draws=2))
        yield run, analysis


def test_it_is_in_the_file_the_page_and_the_terminal(explained):
    run, analysis = explained
    written = json.loads((run.folder / "analysis.json").read_text())
    assert written["accounts"][-1]["id"] == "toy"
    assert {row["mode"] for row in written["arena"]["contests"] if row["account"] == "toy"} >= {"left", "kept", "alone"}
    page = (run.folder / "report.html").read_text()
    assert page.count(TITLE) == 2  # the table, which numbers it for the figure, and the table of replacements
    assert "no left hand" in page
    out = StringIO()
    Console(file=out, width=120).print(summary(analysis))
    assert TITLE in out.getvalue()


def test_it_is_in_the_tables_of_a_census(explained, capsys):
    run, analysis = explained
    found = census(run.folder)
    row = found.accounts.filter(account="toy").row(0, named=True)
    assert (row["title"], row["covered"], row["bits"]) == (TITLE, len(analysis.account("toy").covered), 7.0)
    assert row["recovered"] == analysis.arena.contest("toy", "alone").recovered
    assert found.accounts.height == len(ACCOUNTS) + 1
    assert account_shares(found).names[-1] == "toy"
    cosetta.cli.census.census(run.folder, out=run.folder.parent / "census")
    assert TITLE in capsys.readouterr().out
    assert (
        "toy" in json.loads((run.folder.parent / "census" / "census.json").read_text())["accounts"]["S3 fast"]["names"]
    )


def test_the_same_configuration_gives_the_same_bytes(explained, tmp_path):
    run, _ = explained
    kept = ("analysis.json", "report.html", "README.md")
    first = {name: (run.folder / name).read_bytes() for name in kept}
    again = train(run.config, named_group("S3"), tmp_path / run.folder.name)
    explain_run(again, named_group("S3"), AnalysisConfig(null_samples=19, control_draws=2))
    assert {name: (again.folder / name).read_bytes() for name in kept} == first
    times = json.loads((again.folder / "timing.json").read_text())
    assert times["analysis_seconds"] > 0
    assert len(times["seconds"]) == again.metrics.height
