"""A run with its network and its analysis, and the command `cosetta run` from Python."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, final

from cosetta.comparison import find_targets
from cosetta.config import AnalysisConfig
from cosetta.errors import BadConfig, BadRun
from cosetta.explanation import Parts, analyse_run, explain_run
from cosetta.explorer import PAGE, explorer_page, open_target
from cosetta.files import FilePath, write_text
from cosetta.files.reading import shown
from cosetta.groups import Group, group_of
from cosetta.models import FoldedModel, GroupNetwork, ModuleModel
from cosetta.notebook.explained import ExplainedNetwork, explained
from cosetta.results import Analysis, load_analysis
from cosetta.shown import card, table
from cosetta.sweep.locks import sole_use
from cosetta.training.architectures import AUTOGRAD
from cosetta.training.config import TrainConfig
from cosetta.training.recipes import RECIPES
from cosetta.training.run_folder import TrainedRun
from cosetta.training.run_folder import load_run as open_run
from cosetta.training.sitting import Progress
from cosetta.training.trainer import train as train_network

__all__ = ["Run", "load_run", "run", "train"]


@final
@dataclass(frozen=True, repr=False)
class Run(TrainedRun):
    """A finished run with its network and its analysis at hand. It is a `TrainedRun` and can be used as one.

    Args:
        folder: where it is.
        record: the content of `config.json`.
    """

    @cached_property
    def model(self) -> GroupNetwork | FoldedModel | ModuleModel:
        """The trained network: `run.model.run_with_cache(a, b)` gives logits and every activation by name.

        The paper's network is a torch module; one of another architecture is read at its site.
        """
        if self.config.architecture not in AUTOGRAD:
            return self.network()
        model = self.pair_model()
        assert isinstance(model, FoldedModel | ModuleModel)
        return model

    @cached_property
    def analysis(self) -> ExplainedNetwork:
        """What the network does: from `analysis.json` if it is of this run, else found now and kept in memory."""
        if (self.folder / "analysis.json").is_file():
            found = load_analysis(self.folder)
            if found.run.get("hash", self.record["hash"]) != self.record["hash"]:
                path = self.folder / "analysis.json"
                raise BadRun(f"`{path}` must be of this run; it is of another: `run.explain()` writes it anew")
        else:
            found = analyse_run(self, self.group)
        return self._explained(found)

    def explain(self, config: AnalysisConfig | None = None, *, report: bool = True) -> ExplainedNetwork | Parts:
        """Analyse the run, with other thresholds if wanted, and write what was found into its folder.

        Args:
            config: thresholds and sample sizes; the defaults if None.
            report: whether to write `report.html` too.

        Returns:
            The analysis; `analysis` is this one from then on. Of a network whose neurons are not functions on the
            group, its parts.

        Raises:
            BadRun: if a file of the run is missing or damaged.
            OSError: if a file cannot be written.
        """
        found = explain_run(self, self.group, config, report=report)
        if isinstance(found, Parts):
            return found
        self.__dict__["analysis"] = self._explained(found)
        return self.analysis

    def explore(self) -> Path:
        """Write the explorer, one page in which the network can be looked at, into the folder of the run.

        Returns:
            The page; open it in any browser.

        Raises:
            BadRun: if a file of the run is missing or damaged, or the network is not made of functions on the group.
            OSError: if the page cannot be written.
        """
        [target], _ = find_targets([self.folder])
        opened = open_target(target, self.folder.parent)
        write_text(opened.folder / PAGE, explorer_page([opened.sidecar]))
        return opened.folder / PAGE

    def _explained(self, analysis: Analysis) -> ExplainedNetwork:
        return explained(analysis, self.folded(), self.group)

    @property
    def report(self) -> Path | None:
        """The report of the run, or None if it has none."""
        path = self.folder / "report.html"
        return path if path.is_file() else None

    def __repr__(self) -> str:
        """Folder, group, recipe and seed."""
        config = self.config
        return f"Run({str(self.folder)!r}, {config.group}, recipe={config.recipe}, seed={config.seed})"

    def _repr_html_(self) -> str:
        """How it was made and what it learned, as a notebook shows it."""
        config, last = self.config, self.metrics.row(-1, named=True)
        rows = [
            ("group", f"{config.group} (order {self.group.order})"),
            ("recipe, seed", f"{config.recipe}, {config.seed}"),
            ("network", f"{config.width} neurons, {config.activation}, embeddings of {config.embed_dim}"),
            ("steps", f"{last['step']:,}"),
            ("accuracy", f"train {100 * last['train_accuracy']:.2f} %, test {100 * last['test_accuracy']:.2f} %"),
            ("loss", f"train {last['train_loss']:.3g}, test {last['test_loss']:.3g} nats"),
            ("again", self.command),
        ]
        return card(f"Run {self.folder.name}", tables=[table((), rows)])


def load_run(folder: FilePath) -> Run:
    """Read a finished run.

    Args:
        folder: the run's folder.

    Returns:
        The run: `run.model` is the network, `run.analysis` what it does, `run.metrics` its training; each is read when
        it is used.

    Raises:
        BadRun: if the folder is no run, its record is damaged, or the run is unfinished.
    """
    found = open_run(folder)
    return Run(found.folder, found.record)


def train(
    config: TrainConfig,
    group: Group | None = None,
    folder: FilePath | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
    threads: int | None = None,
) -> Run:
    """Train a network, or finish what is in the folder.

    Args:
        config: what to train, for example `fast("S5", seed=1)`.
        group: the group that `config.group` names; it is made from its name if None.
        folder: where the run goes, `runs/<run_name>` if None; a finished run is returned as it is, an unfinished one
            resumed.
        progress: called at each evaluation. What it raises stops training and leaves the run resumable.
        threads: CPU threads; None takes one up to S5, whose matrices are small, and all cores from S6 on.

    Returns:
        The finished run.

    Raises:
        BadConfig: if the configuration does not fit the group or the machine.
        BadRun: if the folder belongs to something else, a file in it is damaged, or the loss is no longer finite.
        OSError: if a file cannot be written; what was saved before stays resumable.

    Example:
        >>> import tempfile
        >>> from cosetta.training.recipes import fast
        >>> config = fast("S3", seed=0, embed_dim=8, width=8, max_steps=50)
        >>> train(config, folder=Path(tempfile.mkdtemp()) / config.run_name).model.width
        8
    """
    if not isinstance(config, TrainConfig):
        raise BadConfig(f"`config` must be a TrainConfig; got {shown(config)}: make one, as `fast('S5')`")
    found = train_network(config, group, folder, progress=progress, threads=threads)
    return Run(found.folder, found.record)


def run(
    group: Group | str = "S5",
    *,
    seed: int = 0,
    recipe: str = "fast",
    out: FilePath = "runs",
    report: bool = True,
    analysis: AnalysisConfig | None = None,
    progress: Callable[[Progress], None] | None = None,
    **settings: Any,
) -> Run:
    """Train a network on a group, explain it, and write everything into a folder: `cosetta run` from Python.

    Args:
        group: the group, or its name.
        seed: of the split, the initial weights and the batches.
        recipe: `fast`, `stander2024`, `wu2024` or `chughtai2023`.
        out: the folder that holds the runs; this one has the name that the command line gives it.
        report: whether to write `report.html`.
        analysis: thresholds of the explanation; the defaults if None.
        progress: called at each evaluation of the training; `print` will do.
        **settings: other fields of `TrainConfig`, such as `width=96`.

    Returns:
        The run. A finished run is not trained again, and one that is explained with these thresholds is read.

    Raises:
        Unsupported: if there is no such group.
        BadConfig: if a setting is unknown or out of range.
        BadRun: if another process works on this run, or its folder is damaged.
        OSError: if a file cannot be written.

    Example:
        >>> import tempfile
        >>> small = {"embed_dim": 8, "width": 8, "max_steps": 20}
        >>> found = run("S3", out=tempfile.mkdtemp(), report=False, **small)
        >>> found.config.width, found.analysis.width, found.report
        (8, 8, None)
    """
    if recipe not in RECIPES:
        raise BadConfig(f"`recipe` must be one of {', '.join(RECIPES)}; got '{recipe}'")
    if analysis is not None and not isinstance(analysis, AnalysisConfig):
        raise BadConfig(f"`analysis` must be an AnalysisConfig; got {shown(analysis)}: give AnalysisConfig(..)")
    G = group_of(group)
    config = RECIPES[recipe](G, seed, **settings)
    folder = Path(out) / config.run_name
    with sole_use(folder):
        found = train(config, G, folder, progress=progress)
        if _is_explained(found, analysis, report):
            return found
        found.explain(analysis, report=report)
    return found


def _is_explained(run: Run, config: AnalysisConfig | None, report: bool) -> bool:
    """Whether the folder has what was asked for, with these thresholds."""
    if not (run.folder / "analysis.json").is_file() or (report and run.report is None):
        return False
    try:
        return run.analysis.thresholds == (config or AnalysisConfig()).model_dump()
    except BadRun:
        return False  # damaged or of an earlier version: it is explained again
