"""Networks of one group and one way to train, read from folders of runs and of folded runs, for papers that ask little.

What a paper measures of one network is kept beside it, under the paper's name, so that a second call goes on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import final

from cosetta.errors import BadRun
from cosetta.models import FoldedModel
from cosetta.reproduce.frame.folded_runs import RECORD, FoldedRun, load_folded_run
from cosetta.training.run_folder import TrainedRun, load_run

__all__ = ["Network", "networks_in"]


@final
@dataclass(frozen=True)
class Network:
    """A finished network.

    Args:
        run: the run, with all its files or folded.
        group: name of its group.
        recipe: how it was trained.
        seed: of the run.
    """

    run: TrainedRun | FoldedRun
    group: str
    recipe: str
    seed: int

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.run.folder.name

    @property
    def folder(self) -> Path:
        """Its folder."""
        return self.run.folder

    @property
    def model(self) -> FoldedModel:
        """The network as functions on G."""
        return self.run.model if isinstance(self.run, FoldedRun) else self.run.folded()


def networks_in(folder: Path, groups: tuple[str, ...]) -> tuple[list[Network], dict[str, str]]:
    """The finished networks right below a folder.

    Args:
        folder: a folder of run folders, folded runs, or both.
        groups: names of the groups that are wanted.

    Returns:
        The networks by recipe and seed, and a reason for each folder that is damaged.
    """
    found, missing = [], {}
    for path in _candidates(folder):
        try:
            network = _read(path)
        except BadRun as error:
            missing[path.name] = str(error)
        else:
            found += [network] if network.group in groups else []
    return sorted(found, key=lambda network: (network.group, network.recipe, network.seed, network.name)), missing


def _candidates(folder: Path) -> Iterator[Path]:
    """Folders that hold a finished run or a folded one."""
    for path in sorted(folder.iterdir()):
        whole = (path / "config.json").is_file() and (path / "model.safetensors").is_file()
        if whole or (path / RECORD).is_file():
            yield path


def _read(path: Path) -> Network:
    if (path / RECORD).is_file():
        run = load_folded_run(path)
        return Network(run, run.record.group, run.record.recipe, run.record.seed)
    run = load_run(path)
    return Network(run, run.config.group, run.config.recipe, run.config.seed)
