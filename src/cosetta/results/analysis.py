"""The whole analysis of one network: the content of `analysis.json`.

The report, the command line and the tests read these objects and compute nothing of their own. Neutral facts of each
neuron come first; what an account says of it is in that account's record. This module imports neither torch nor a
finder.
"""

import json
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, final

from pydantic import TypeAdapter, ValidationError

from cosetta.errors import BadRun
from cosetta.files import read_json
from cosetta.results.arena import AccountRecord, Arena
from cosetta.results.coset import CosetFindings
from cosetta.results.evidence import Evidence
from cosetta.results.frequencies import FrequencyFindings
from cosetta.results.neuron_table import Neurons
from cosetta.results.neurons import LiveNeuron, Neuron
from cosetta.results.schema1 import upgrade
from cosetta.results.worked import Specimen, WorkedProduct
from cosetta.shown import card, short_repr, table

__all__ = ["SCHEMA", "Analysis", "Chance", "TrainingCurve", "load_analysis"]

SCHEMA = 2
"""Number of this layout; raised when a field changes its meaning. Files of schema 1 are still read."""


@final
@dataclass(frozen=True)
class TrainingCurve:
    """Training metrics at the evaluations, thinned to a few hundred points.

    Args:
        step: optimiser steps so far.
        train_loss: cross-entropy on the training pairs, nats.
        test_loss: cross-entropy on the test pairs, nats.
        train_accuracy: in [0, 1].
        test_accuracy: in [0, 1].
    """

    step: tuple[int, ...]
    train_loss: tuple[float, ...]
    test_loss: tuple[float, ...]
    train_accuracy: tuple[float, ...]
    test_accuracy: tuple[float, ...]
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class Chance:
    """Shares of the live neurons in cosets, beside what chance would reach. All in [0, 1].

    Args:
        covered: share that the coset account covers.
        significant: share covered with p < 0.05 for `left`, where the null repeats the choice of the subgroup.
        by_chance: share that random neurons with the same irreps would reach.
        by_threshold: share covered and share of strength covered, for each threshold of the coset variance fraction.
    """

    covered: float
    significant: float
    by_chance: float
    by_threshold: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class Analysis:
    """The whole analysis of one network. It holds no wall time, so that equal configurations give equal bytes.

    `cosetta.notebook.ExplainedNetwork` is one with its network at hand.

    Args:
        group: name of the group.
        order: its number of elements.
        elements: printed label of each element.
        irreps: name of each irrep, with its real dimension and Frobenius-Schur indicator.
        width: number of neurons.
        activation: name of the activation.
        accuracy: accuracy on all pairs, or on a sample if `accuracy_interval` is given, in [0, 1].
        loss: cross-entropy on the same pairs, nats.
        neurons: facts of each neuron and the accounts that cover it.
        coset: what the coset account found.
        evidence: causal tests of the coset account.
        thresholds: every threshold that decided a label.
        unexplained: what the coset account leaves open, in plain sentences.
        accounts: every account, fitted.
        arena: the accounts on one scale; None in files of schema 1 and where it was left out.
        chance: shares of neurons in cosets beside chance; None in files of schema 1.
        frequencies: frequencies, amplitudes and phases of the neurons; None for a group that is not abelian.
        worked: one product followed through the network; None in older files and without live neurons.
        specimens: the strongest neurons that cosets do not cover, with their values; none in older files.
        curve: training metrics, if the run has them.
        run: how the network was made (configuration, versions), as found in `config.json`.
        command: the command that makes this result again.
        accuracy_pairs: number of pairs behind `accuracy`; None in files written before samples were possible.
        accuracy_interval: 95 % interval of the accuracy on all pairs when only a sample was scored, else None.
        schema: number of this layout; an older file that was read is of this one from then on.
    """

    group: str
    order: int
    elements: tuple[str, ...]
    irreps: tuple[tuple[str, int, int], ...]
    width: int
    activation: str
    accuracy: float
    loss: float
    neurons: tuple[Neuron, ...]
    coset: CosetFindings
    evidence: tuple[Evidence, ...]
    thresholds: dict[str, float | int | bool]
    unexplained: tuple[str, ...]
    accounts: tuple[AccountRecord, ...] = ()
    arena: Arena | None = None
    chance: Chance | None = None
    frequencies: FrequencyFindings | None = None
    worked: WorkedProduct | None = None
    specimens: tuple[Specimen, ...] = ()
    curve: TrainingCurve | None = None
    run: dict[str, Any] = field(default_factory=dict)
    command: str = ""
    accuracy_pairs: int | None = None
    accuracy_interval: tuple[float, float] | None = None
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        """Let the neurons be a table as well (`analysis.neurons.to_frame()`)."""
        object.__setattr__(self, "neurons", Neurons(self.neurons, self.coset))

    @property
    def live(self) -> tuple[LiveNeuron, ...]:
        """The neurons that move a logit."""
        return tuple(neuron for neuron in self.neurons if isinstance(neuron, LiveNeuron))

    @property
    def covered_share(self) -> float:
        """Share of the live neurons that the coset account covers, in [0, 1]; 0 without live neurons."""
        return len(self.coset.covered) / max(1, len(self.live))

    @cached_property
    def covered_strength(self) -> float:
        """Share of the network's strength that the neurons covered by cosets carry, in [0, 1]."""
        return sum((self.neurons[finding.neuron].facts.strength for finding in self.coset.covered), 0.0)

    @cached_property
    def strength_by_irrep(self) -> dict[str, float]:
        """Strength of the live neurons by the irrep with most power in `left`, strongest first; in [0, 1]."""
        found: dict[str, float] = {}
        for neuron in self.live:
            found[neuron.facts.irrep] = found.get(neuron.facts.irrep, 0.0) + neuron.facts.strength
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def neuron(self, position: int) -> Neuron:
        """One neuron.

        Args:
            position: in the network, 0 to width - 1.

        Returns:
            Its facts, and the accounts that cover it.

        Raises:
            KeyError: if there is no such neuron.
        """
        if not 0 <= position < len(self.neurons):
            raise KeyError(f"neurons are numbered 0 to {len(self.neurons) - 1}; got {position}")
        return self.neurons[position]

    def row(self, id: str) -> Evidence:
        """One causal test.

        Args:
            id: of the test.

        Returns:
            The test.

        Raises:
            KeyError: if there is none; the message names those there are.
        """
        found = {row.id: row for row in self.evidence}
        if id not in found:
            raise KeyError(f"no test `{id}`; there are {', '.join(found)}")
        return found[id]

    def account(self, id: str) -> AccountRecord:
        """One account.

        Args:
            id: of the account.

        Returns:
            Its record.

        Raises:
            KeyError: if it was not fitted; the message names those that were.
        """
        found = {record.id: record for record in self.accounts}
        if id not in found:
            raise KeyError(f"no account `{id}`; there are {', '.join(found)}")
        return found[id]

    def to_json(self) -> bytes:
        """The analysis as JSON, the content of `analysis.json`.

        Returns:
            UTF-8 text; `load_analysis` reads it back to an equal object.
        """
        return _ANALYSIS.dump_json(self, indent=1)

    def __repr__(self) -> str:
        """Group, size and what was found, in one line."""
        found = f"{len(self.coset.covered)} of {len(self.live)} live neurons on cosets"
        scores = f"accuracy={self.accuracy:.4g}, loss={self.loss:.3g}"
        return f"{type(self).__name__}({self.group!r}, width={self.width}, {scores}, {found})"

    def _repr_html_(self) -> str:
        """What was found, as a notebook shows it; the report has everything."""
        of = f" of {len(self.live)} live neurons ({self.width} in all)"
        by_cosets = f"Cosets cover {len(self.coset.covered)}{of}, {100 * self.covered_strength:.2f} % of the strength."
        classes = [
            (row.subgroup, row.neurons, f"{100 * row.strength:.2f} %", row.circuits) for row in self.coset.classes
        ]
        tables = [table(("class", "neurons", "strength", "circuits"), classes)] if classes else []
        return card(
            f"Network on {self.group} (order {self.order}), {self.width} neurons, {self.activation}",
            f"Accuracy {100 * self.accuracy:.2f} %, loss {self.loss:.3g} nats.",
            by_cosets if not self.coset.refused else f"Cosets: {self.coset.refused}.",
            _best(self),
            tables=tables,
        )


def _best(analysis: Analysis) -> str:
    """The best account in one line; empty if they did not compete."""
    if analysis.arena is None:
        return ""
    if not analysis.arena.best:
        return "No account holds, reproduces the logits and is shorter than the multiplication table."
    record = analysis.account(analysis.arena.best)
    return f"Shortest account that holds: {record.title} ({record.bits:,.0f} bits)."


_ANALYSIS = TypeAdapter(Analysis)


def load_analysis(path: str | os.PathLike[str]) -> Analysis:
    """Read `analysis.json`, of this schema or of schema 1.

    Args:
        path: the file, or a run folder that holds it.

    Returns:
        The analysis.

    Raises:
        BadRun: if the file is missing, damaged, or of a schema that is not known.
    """
    path = Path(path)
    if not path.exists():
        raise BadRun(f"`{path}` must be an analysis or the folder of a run; it does not exist: check the path")
    path = path / "analysis.json" if path.is_dir() else path
    advice = f"run `cosetta explain {path.parent}` again"
    values = read_json(path, dict, what="a whole analysis", advice=advice)
    schema = values.get("schema")
    if schema == 1:
        analysis = _upgraded(values, path, advice)
    elif schema == SCHEMA:
        analysis = read_json(path, Analysis, what="a whole analysis", advice=advice, schema=SCHEMA)
    else:
        arrived = "none" if schema is None else repr(schema)
        raise BadRun(f"`{path}` must be an analysis of schema 1 or {SCHEMA}; its schema is {arrived}: {advice}")
    if reason := _incoherent(analysis):
        raise BadRun(f"`{path}` must be a whole analysis; {reason}: {advice}")
    return analysis


def _upgraded(values: dict[str, Any], path: Path, advice: str) -> Analysis:
    """The analysis in a file of schema 1."""
    try:
        return _ANALYSIS.validate_json(json.dumps(upgrade(values) | {"schema": SCHEMA}), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        reason = f"`{'.'.join(map(str, first['loc']))}`: {first['msg']}"
    except KeyError as error:
        reason = f"`{error.args[0]}` is missing"
    except (ValueError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())
    raise BadRun(f"`{path}` must be a whole analysis of schema 1; {reason}: {advice}")


def _incoherent(analysis: Analysis) -> str:
    """What types cannot say: positions that lead nowhere. Empty if all is well."""
    if [neuron.neuron for neuron in analysis.neurons] != list(range(analysis.width)):
        return f"it has {len(analysis.neurons)} neurons of {analysis.width}"
    live = [neuron.neuron for neuron in analysis.live]
    if not analysis.coset.refused and [finding.neuron for finding in analysis.coset.neurons] != live:
        return f"it has {len(analysis.coset.neurons)} findings of {len(live)} live neurons"
    known = set(live)
    for record in analysis.accounts:
        if not {neuron.neuron for neuron in record.neurons} <= known:
            return f"account `{record.id}` names a neuron that is not live"
    return _misplaced(analysis)


def _misplaced(analysis: Analysis) -> str:
    """What the worked product and the specimens name that is not there. Empty if all is well."""
    elements, circuits, worked = range(analysis.order), {c.circuit for c in analysis.coset.circuits}, analysis.worked
    if worked is not None:
        named = {worked.a, worked.b, worked.product, worked.answer, *worked.around}
        named |= {element for step in worked.chain for element in step.members}
        sizes = {len(worked.logits), len(worked.ruled_out), *(len(part.logits) for part in worked.parts)}
        if not all(element in elements for element in named) or sizes != {analysis.order}:
            return "its worked product names elements that are not in the group"
        if not {step.circuit for step in worked.chain} <= circuits:
            return "its worked product names a circuit that is not there"
    left_open = {finding.neuron for finding in analysis.coset.open}
    if not {specimen.neuron for specimen in analysis.specimens} <= left_open:
        return "a specimen is of a neuron that is not left open"
    if any(len(s.left) != analysis.order or len(s.right) != analysis.order for s in analysis.specimens):
        return "a specimen has not one value for each element"
    return ""
