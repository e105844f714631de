"""The explanation of a network on disk: `analysis.json`, `README.md` and, if wanted, `report.html` in one folder.

The analysis is computed in `analysis.py` and rendered by `report`; here it is written, each file whole or not at all.
`analysis.json` comes last, so a folder that has it has everything that was asked for. How long the analysis took goes
into `timing.json` alone: all other files of equal configurations are equal byte for byte.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

from cosetta import report as rendering
from cosetta._version import __version__
from cosetta.analysis import analyse
from cosetta.config import AnalysisConfig
from cosetta.errors import BadRun
from cosetta.files import FilePath, read_json, write_text, write_whole
from cosetta.groups import Group
from cosetta.models import FoldedModel, Folding, GroupNetwork
from cosetta.parts import PartSummary, summarise_parts, write_folding
from cosetta.report.headline import accuracy_sentence, three_shares, verdict_of_learning
from cosetta.results import Analysis
from cosetta.training.architectures import AUTOGRAD
from cosetta.training.metrics import write_analysis_seconds
from cosetta.training.run_folder import TrainedRun

__all__ = ["FAILED", "Parts", "analyse_run", "explain_run", "failure", "write_explanation"]

FAILED = "failed.json"
"""In the folder of a run that could not be trained or explained; an explanation that succeeds removes it."""


@final
@dataclass(frozen=True, eq=False)
class Parts:
    """What there is to say of a run whose neurons are not functions on the group.

    Args:
        folding: the measurements; its `obstacle` says why there is no analysis.
        summaries: the parts of the site, described.
        path: where they were written.
    """

    folding: Folding
    summaries: tuple[PartSummary, ...]
    path: Path


def analyse_run(run: TrainedRun, group: Group, config: AnalysisConfig | None = None) -> Analysis:
    """Explain a finished run: its network, with its training curve and the command that makes it again.

    A network whose weights do not fold it is folded by measurement first.

    Args:
        run: the run.
        group: the group it was trained on.
        config: thresholds and sample sizes; the defaults if None.

    Returns:
        The analysis.

    Raises:
        BadRun: if a file of the run is missing or damaged, or its neurons are not functions on the group.
    """
    folding = run.folding()
    if folding is not None and folding.obstacle:
        raise BadRun(
            f"the neurons of run '{run.folder.name}' must be functions on the group; {folding.obstacle}: "
            "`cosetta explain` shows its parts"
        )
    return _analysed(run, group, config, folding)


def _analysed(run: TrainedRun, group: Group, config: AnalysisConfig | None, folding: Folding | None) -> Analysis:
    if folding is not None:
        model = folding.model
    else:
        model = run.pair_model() if run.config.architecture in AUTOGRAD else run.network()
    notes = {} if folding is None else {"notes": list(folding.sentences())}
    assert isinstance(model, FoldedModel | GroupNetwork)
    return replace(analyse(model, group, config), curve=run.curve(), run=run.record | notes, command=run.command)


def explain_run(
    run: TrainedRun, group: Group, config: AnalysisConfig | None = None, *, report: bool = True
) -> Analysis | Parts:
    """Analyse a finished run and write what was found into its folder.

    A network whose weights do not fold it is folded by measurement, and `folding.json` says what that found. Where its
    neurons are not functions on the group, that file with the parts of its site is all there is.

    Args:
        run: the run.
        group: the group it was trained on.
        config: thresholds and sample sizes; the defaults if None.
        report: whether to draw `report.html`, which takes about as long as the analysis of an S5 run.

    Returns:
        The analysis, or the parts.

    Raises:
        BadRun: if a file of the run is missing or damaged.
        OSError: if a file cannot be written.

    Example:
        >>> import tempfile
        >>> from cosetta.groups import named_group
        >>> from cosetta.training import Phase, TrainConfig, train
        >>> phase = Phase(max_steps=2, learning_rate=1e-2)
        >>> config = TrainConfig(group="S3", embed_dim=4, width=4, phases=(phase,), checkpoints=0)
        >>> run = train(config, named_group("S3"), Path(tempfile.mkdtemp()) / "run")
        >>> analysis = explain_run(run, named_group("S3"), report=False)
        >>> sorted(path.name for path in run.folder.iterdir() if path.suffix in (".json", ".md", ".html"))
        ['README.md', 'analysis.json', 'config.json', 'timing.json']
    """
    started = time.monotonic()
    folding = run.folding()
    if folding is not None:
        summaries = summarise_parts(folding, group, config) if folding.obstacle else ()
        path = write_folding(folding, summaries, group, run.folder)
        if folding.obstacle:
            for name in ("analysis.json", "report.html", "README.md"):  # of an earlier explanation
                (run.folder / name).unlink(missing_ok=True)
            (run.folder / FAILED).unlink(missing_ok=True)
            write_analysis_seconds(run.folder, time.monotonic() - started)
            return Parts(folding, summaries, path)
    analysis = _analysed(run, group, config, folding)
    write_explanation(analysis, run.folder, report=report, seconds=time.monotonic() - started)
    (run.folder / FAILED).unlink(missing_ok=True)
    return analysis


def failure(folder: FilePath) -> str | None:
    """Why a run could not be trained or explained, as its folder says.

    Args:
        folder: of the run.

    Returns:
        The reason in one line, or None if it did not fail.
    """
    path = Path(folder) / FAILED
    if not path.exists():
        return None
    try:
        return " ".join(read_json(path, _Failed, what="a reason", advice="delete it", schema=1).reason.split())
    except BadRun:
        return f"`{FAILED}` is damaged"


@dataclass(frozen=True)
class _Failed:
    """What is read of the record of a failure."""

    reason: str


def write_explanation(
    analysis: Analysis, folder: FilePath, *, report: bool = True, seconds: float | None = None
) -> None:
    """Write the files of an explanation into a folder.

    Args:
        analysis: what was found.
        folder: where the files go; it must exist.
        report: whether to draw `report.html`; if not, one of an earlier explanation is removed.
        seconds: how long the analysis took, for `timing.json`; None leaves that file alone.

    Raises:
        OSError: if a file cannot be written; files that have their final name are whole.
    """
    folder = Path(folder)
    if not report:
        (folder / "report.html").unlink(missing_ok=True)  # of an earlier explanation, which this one replaces
    else:
        rendering.write_report(analysis, folder / "report.html")  # loads matplotlib only now
    if seconds is not None:
        write_analysis_seconds(folder, seconds)
    write_text(folder / "README.md", _readme(analysis, folder.resolve().name, report))
    write_whole(folder / "analysis.json", lambda path: path.write_bytes(analysis.to_json()))


def _readme(analysis: Analysis, name: str, report: bool) -> str:
    """What the folder is and how to make it again."""
    pairs = "all pairs" if analysis.accuracy_interval is None else f"{analysis.accuracy_pairs:,} random pairs"
    look = "Open `report.html`." if report else f"For `report.html`: `cosetta explain {name}` in the folder above."
    learning = f" {verdict_of_learning(analysis)}".rstrip()
    best = ""
    if analysis.arena is not None and analysis.arena.best:
        record = analysis.account(analysis.arena.best)
        best = f" The shortest account that holds: {record.title} ({record.bits:,.0f} bits)."
    elif analysis.arena is not None:
        best = " No account holds, reproduces the logits and is shorter than the multiplication table."
    text = (
        f"{accuracy_sentence(analysis)}{learning} Accuracy {analysis.accuracy:.6f} and loss {analysis.loss:.3g} on "
        f"{pairs}. {three_shares(analysis)}.{best}"
    ).replace("\u00a0", " ")
    return (
        f"# {name}\n\nA network that multiplies in {analysis.group}, explained by Cosetta {__version__}.\n"
        f"{text}\n\n{look} To make it again:\n\n    {analysis.command}\n"
    )
