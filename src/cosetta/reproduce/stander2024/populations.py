"""Populations: the finished runs of one group and one recipe, each with its analysis, measures and trajectory.

Tables, figures and claims are statements about populations. The run is the unit of every mean and interval.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, final

import numpy as np

from cosetta.config import AnalysisConfig
from cosetta.errors import BadRun
from cosetta.evidence import test_interventions
from cosetta.explanation import explain_run
from cosetta.files import write_whole
from cosetta.groups import Group
from cosetta.hypotheses import CosetCircuit
from cosetta.measures import measure
from cosetta.models import FoldedModel, PairScorer
from cosetta.reproduce.frame.folded_runs import RECORD, FoldedRun, load_folded_run
from cosetta.reproduce.frame.spread import Mean, mean_over_runs
from cosetta.reproduce.stander2024.measures import RunMeasures, folded, measure_run
from cosetta.results import Analysis, DeadNeuron, LiveNeuron, NeuronFacts, load_analysis
from cosetta.training.recipes import RECIPES
from cosetta.training.run_folder import TrainedRun, load_run
from cosetta.trajectory import Trajectory, trajectory

__all__ = [
    "LEAN",
    "Member",
    "Population",
    "Rule",
    "irrep_shares",
    "mean_shares",
    "measure_folder",
    "pooled",
    "population_of",
]

Rule = Literal["argmin", "largest"]
"""How a neuron gets its class: the paper's smallest C_H, or the largest subgroup under the threshold."""

LEAN = AnalysisConfig(arena=False)
"""How runs are explained for a reproduction: no claim asks for the arena."""


@final
@dataclass(frozen=True)
class Member:
    """One run with everything known about it.

    Args:
        run: the run.
        analysis: its explanation.
        measures: what the paper asks for beyond it.
        trajectory: how its neurons formed; None for a folded run, which has no checkpoints.
    """

    run: TrainedRun | FoldedRun
    analysis: Analysis
    measures: RunMeasures
    trajectory: Trajectory | None

    @property
    def name(self) -> str:
        """Name of the run's folder."""
        return self.run.folder.name

    @property
    def model(self) -> FoldedModel:
        """The final network as functions on G."""
        return folded(self.run)

    @property
    def shortened(self) -> bool:
        """Whether it ends before the last step of its recipe, without having generalised."""
        if self.measures.grok_step is not None or self.measures.recipe not in RECIPES:
            return False
        last = self.measures.steps if isinstance(self.run, FoldedRun) else self.run.config.max_steps
        return last < RECIPES[self.measures.recipe](self.measures.group).max_steps


@final
@dataclass(frozen=True)
class Population:
    """The runs of one group and one recipe.

    Args:
        group: the group.
        recipe: name of the recipe.
        members: its runs, by seed; where any has generalised, those that have.
        unlearned: the others, which claims about training count and claims about networks do not: all of the paper's
            networks generalise.
    """

    group: Group
    recipe: str
    members: tuple[Member, ...]
    unlearned: tuple[Member, ...] = ()

    @property
    def name(self) -> str:
        """Group and recipe, such as `S5 fast`."""
        return f"{self.group.name} {self.recipe}"

    @property
    def measures(self) -> tuple[RunMeasures, ...]:
        """The measures of its runs."""
        return tuple(member.measures for member in self.members)

    @property
    def formed(self) -> tuple[tuple[Member, Trajectory], ...]:
        """Its runs that have checkpoints, with how their neurons formed."""
        return tuple((member, member.trajectory) for member in self.members if member.trajectory is not None)

    @property
    def everyone(self) -> tuple[Member, ...]:
        """Its runs, whether they have generalised or not."""
        return (*self.members, *self.unlearned)

    @property
    def runs(self) -> str:
        """How many runs, in words, such as `1 run` or `8 runs`."""
        return f"{len(self.members)} run" + "s" * (len(self.members) != 1)


def population_of(group: Group, recipe: str, members: Sequence[Member]) -> Population:
    """The runs of one group and recipe as a population.

    Args:
        group: the group.
        recipe: name of the recipe.
        members: its runs.

    Returns:
        The population; runs that have not generalised stand apart if any has.
    """
    ordered = sorted(members, key=lambda member: (member.measures.seed, member.name))
    learned = tuple(member for member in ordered if member.measures.grok_step is not None)
    if not learned:
        return Population(group, recipe, tuple(ordered))
    return Population(group, recipe, learned, tuple(m for m in ordered if m.measures.grok_step is None))


def measure_folder(folder: Path, group: Group) -> Member:
    """Everything about one run, from the files in its folder; what is missing or damaged among them is made again.

    Args:
        folder: a run folder.
        group: the group it was trained on.

    Returns:
        The member.

    Raises:
        BadRun: if the run itself is unfinished, of another group, or damaged.
    """
    if (folder / RECORD).is_file():
        return _measure_folded(load_folded_run(folder), group)
    run = load_run(folder)
    run.check_group(group)
    try:
        analysis = load_analysis(folder)
    except BadRun:
        analysis = explain_run(run, group, LEAN, report=False)
        if not isinstance(analysis, Analysis):
            raise BadRun(f"run '{run.folder.name}' must have neurons that are functions on {group.name}") from None
    return Member(run, analysis, measure_run(run, group, analysis), trajectory(run, group))


def _measure_folded(run: FoldedRun, group: Group) -> Member:
    """Everything about a folded run, from the files in its folder; what is missing or damaged among them is made."""
    run.check_group(group)
    try:
        analysis = load_analysis(run.folder)
    except BadRun:
        analysis = _labelled(run.model, group)
        write_whole(run.folder / "analysis.json", lambda path: path.write_bytes(analysis.to_json()))
    return Member(run, analysis, measure_run(run, group, analysis), None)


def _labelled(model: FoldedModel, group: Group) -> Analysis:
    """The coset account's labels and the interventions: `analyse` without what no claim asks for, in half its time."""
    facts = measure(model, group, LEAN)
    coset = CosetCircuit.fit(facts, LEAN)
    findings = coset.findings()
    neurons = []
    for n in range(facts.width):
        known = NeuronFacts(
            strength=float(facts.strength[n]),
            silent_share=float(facts.silent_share[n]),
            irrep=facts.irreps[facts.irrep[n]].name,
            irrep_shares={},
            rank_shares={name: float(parts.share[n]) for name, parts in facts.rank_one.items()},
            mirror_correlation=float(facts.mirror[n].max()),
        )
        neurons.append(DeadNeuron(n, known) if facts.dead[n] else LiveNeuron(n, known, {}))
    scores = PairScorer(group, max_pairs=LEAN.accuracy_pairs, seed=LEAN.seed)(model)
    return Analysis(
        group=group.name,
        order=group.order,
        elements=group.labels,
        irreps=tuple((irrep.name, irrep.dim, irrep.frobenius_schur) for irrep in facts.irreps),
        width=model.width,
        activation=model.activation,
        accuracy=scores.accuracy,
        loss=scores.loss,
        neurons=tuple(neurons),
        coset=findings,
        evidence=test_interventions(model, group, LEAN, applies=bool(coset.labels)),
        thresholds=LEAN.model_dump(),
        unexplained=(),
        accuracy_pairs=scores.pairs,
    )


def mean_shares(measures: Sequence[RunMeasures], rule: Rule) -> dict[str, Mean]:
    """Mean share of neurons by class over runs, with intervals, largest first.

    Args:
        measures: of the runs.
        rule: how a neuron gets its class.

    Returns:
        Means by class, `none` and `dead` among them; empty without runs.
    """
    return _means([run.shares(rule) for run in measures])


def irrep_shares(measures: Sequence[RunMeasures]) -> dict[str, Mean]:
    """Mean share of neurons by the dominant irrep of the left function, with intervals, largest first.

    Args:
        measures: of the runs.

    Returns:
        Means by irrep, `dead` among them; empty without runs.
    """
    counts = [Counter(neuron.irrep or "dead" for neuron in run.neurons) for run in measures]
    return _means([{name: n / count.total() for name, n in count.items()} for count in counts])


def _means(per_run: Sequence[Mapping[str, float]]) -> dict[str, Mean]:
    names = {name for shares in per_run for name in shares}
    means = {name: mean_over_runs([shares.get(name, 0.0) for shares in per_run]) for name in names}
    return dict(sorted(means.items(), key=lambda item: (-(item[1].value or 0.0), item[0])))


def pooled(values: Sequence[tuple[int, float, float]]) -> tuple[int, float, float] | None:
    """Number, mean and standard deviation of several samples taken together.

    Args:
        values: number, mean and standard deviation (of the population) of each sample.

    Returns:
        Those of the union; None if it is empty.

    Example:
        >>> pooled([(1, 0.0, 0.0), (1, 2.0, 0.0)])
        (2, 1.0, 1.0)
    """
    filled = np.array([value for value in values if value[0]], dtype=np.float64).reshape(-1, 3)
    if not len(filled):
        return None
    n, means, sds = filled.T
    mean = float(n @ means / n.sum())
    square = float(n @ (sds**2 + means**2) / n.sum()) - mean**2
    return int(n.sum()), mean, float(max(square, 0.0) ** 0.5)
