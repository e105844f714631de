"""What papers share that are reproduced from networks made elsewhere: the plan, the loop over runs, the whole.

The `reproduction.py` of such a paper has `expected(plan)`, how long it will take in words, and `reproduce(plan)`.
"""

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, final

import torch

from cosetta._version import __version__
from cosetta.errors import BadRun
from cosetta.reproduce.frame.claims import ClaimRow, decide
from cosetta.reproduce.frame.results import Paper, Reproduction, Table
from cosetta.reproduce.frame.sets import Network, networks_in

__all__ = ["TWICE", "Plan", "Progress", "conclude", "measure_each", "ranked"]

Progress = Callable[[str, int, int], None]
"""Called with the name of a step, how much of it is done, and its total."""

Found = TypeVar("Found")
Subject = TypeVar("Subject")


TWICE = "left out: the other folder has a run of this name, and a run that is counted twice makes intervals too narrow"
"""Why a run is missing that both folders hold."""


@final
@dataclass(frozen=True)
class Plan:
    """What a paper is to be reproduced from.

    Args:
        data: folder of what its authors released; None reproduces what needs none of it.
        networks: folder of folded runs.
        runs: folder of runs.
        quick: whether a first look is enough; each paper says what it leaves out.
    """

    data: Path | None = None
    networks: Path | None = None
    runs: Path | None = None
    quick: bool = False

    def networks_of(self, group: str) -> tuple[list[Network], dict[str, str]]:
        """Finished networks in the folders of folded runs and of runs.

        Args:
            group: name of their group.

        Returns:
            The networks, each name once, and a reason for each folder that is damaged or left out.
        """
        found: dict[str, Network] = {}
        missing: dict[str, str] = {}
        for place in (self.networks, self.runs):
            if place is not None:
                networks, damaged = networks_in(place, (group,))
                twice = [network.name for network in networks if network.name in found]
                missing |= damaged | {f"{place.name}/{name}": TWICE for name in twice}
                found |= {network.name: network for network in networks if network.name not in found}
        return list(found.values()), missing

    def command(self, paper: str) -> str:
        """The command that makes the result again; folders by their names alone.

        Args:
            paper: name of the paper.

        Returns:
            A line for the shell.

        Example:
            >>> Plan(data=Path("there/release"), quick=True).command("wu2024")
            'cosetta reproduce wu2024 --data release --quick'
        """
        places = {"data": self.data, "networks": self.networks, "runs": self.runs}
        said = "".join(f" --{name} {place.name}" for name, place in places.items() if place is not None)
        return f"cosetta reproduce {paper}{said}{' --quick' if self.quick else ''}"


def measure_each(
    networks: Sequence[Network],
    measure: Callable[[Network], Found],
    missing: dict[str, str],
    tell: Progress,
    step: str,
) -> dict[str, list[Found]]:
    """Measure every network.

    Args:
        networks: finished ones.
        measure: what is measured of one.
        missing: those that turn out to be damaged are added to it, each with its reason.
        tell: called before and after each.
        step: name of this step.

    Returns:
        What was measured, by recipe.
    """
    found: dict[str, list[Found]] = {}
    for i, network in enumerate(networks):
        tell(step, i, len(networks))
        try:
            found.setdefault(network.recipe, []).append(measure(network))
        except BadRun as error:
            missing[network.name] = str(error)
        tell(step, i + 1, len(networks))
    return found


def ranked(subjects: Mapping[str, Subject], preference: Sequence[str]) -> dict[str, Subject]:
    """Populations in the order in which they are asked to decide.

    Args:
        subjects: by name.
        preference: names, the one that is to decide first at the front.

    Returns:
        Those that are named in that order, then the others by name.

    Example:
        >>> list(ranked({"a": 1, "z": 2, "own": 3}, ("own", "z")))
        ['own', 'z', 'a']
    """
    places = {name: i for i, name in enumerate(preference)}
    return {name: subjects[name] for name in sorted(subjects, key=lambda name: (places.get(name, len(places)), name))}


def conclude(
    plan: Plan,
    paper: Paper,
    rows: Sequence[ClaimRow[Subject]],
    subjects: Mapping[str, Subject],
    *,
    populations: Mapping[str, int],
    tables: Sequence[Table],
    missing: Mapping[str, str],
    words: tuple[tuple[str, str], ...],
    started: float,
) -> Reproduction:
    """Decide every claim, and put the whole together.

    Args:
        plan: what was asked for.
        paper: what is reproduced.
        rows: its claims.
        subjects: its populations by name, the one that decides first at the front.
        populations: how many runs each has, by the name that the page gives it.
        tables: its tables.
        missing: what could not be read, by name and reason.
        words: terms of the page and what they mean.
        started: `time.monotonic()` at the start.

    Returns:
        The reproduction.
    """
    return Reproduction(
        settings={"quick": plan.quick},
        populations=dict(populations),
        tables=tuple(tables),
        figures=(),
        claims=decide(rows, subjects),
        missing=tuple(f"{name}: {reason}" for name, reason in sorted(missing.items())),
        command=plan.command(paper.key),
        seconds=time.monotonic() - started,
        versions={"cosetta": __version__, "python": platform.python_version(), "torch": str(torch.__version__)},
        paper=paper,
        words=words,
    )
