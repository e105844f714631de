"""Take neurons out and look at what is left: mean ablation with its control.

The neurons are held at their mean over all pairs. The control takes out as many other live neurons, drawn at random.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from cosetta.groups import Group
from cosetta.interventions import mean_ablate
from cosetta.models import FoldedModel, PairScorer, PairScores
from cosetta.results import Analysis, LiveNeuron
from cosetta.shown import card, table

__all__ = ["Ablated", "ablate", "chosen_neurons"]


@final
@dataclass(frozen=True, eq=False)
class Ablated:
    """A network without some of its neurons.

    Args:
        neurons: positions of the neurons that were taken out.
        before: scores of the network, on all pairs or a sample.
        after: scores without the neurons, on the same pairs.
        controls: scores without as many other live neurons, one for each draw; empty if there are too few others.
        model: the network without the neurons, their mean in its bias.
    """

    neurons: tuple[int, ...]
    before: PairScores
    after: PairScores
    controls: tuple[PairScores, ...]
    model: FoldedModel

    @property
    def accuracy(self) -> float:
        """Accuracy without the neurons, in [0, 1]."""
        return self.after.accuracy

    @property
    def loss(self) -> float:
        """Cross-entropy without the neurons, nats."""
        return self.after.loss

    @property
    def control_accuracy(self) -> float | None:
        """Mean accuracy of the controls, in [0, 1]; None if there are none."""
        return float(np.mean([scores.accuracy for scores in self.controls])) if self.controls else None

    def __repr__(self) -> str:
        """How many neurons, and what became of the accuracy."""
        change = f"accuracy {self.before.accuracy:.4g} -> {self.accuracy:.4g}"
        control = f", control {self.control_accuracy:.4g}" if self.controls else ""
        return f"Ablated({len(self.neurons)} neurons, {change}{control})"

    def _repr_html_(self) -> str:
        """Before, after, and the control, as a notebook shows it."""
        rows = [("the network", f"{100 * self.before.accuracy:.2f} %", f"{self.before.loss:.3g}")]
        rows += [("without these neurons", f"{100 * self.accuracy:.2f} %", f"{self.loss:.3g}")]
        if self.controls:
            loss = np.mean([scores.loss for scores in self.controls])
            name = f"without as many others, mean of {len(self.controls)} draws"
            rows += [(name, f"{100 * (self.control_accuracy or 0.0):.2f} %", f"{loss:.3g}")]
        which = f"Neurons {', '.join(map(str, self.neurons[:12]))}{', ..' * (len(self.neurons) > 12)}."
        title = f"{len(self.neurons)} neurons taken out (held at their mean)"
        return card(title, which, tables=[table(("", "accuracy", "loss, nats"), rows)])


def ablate(
    model: FoldedModel,
    group: Group,
    neurons: Sequence[int],
    live: Sequence[int],
    draws: int = 20,
    seed: int = 0,
    max_pairs: int | None = None,
) -> Ablated:
    """Hold some neurons at their mean, and as many other live ones as a control.

    Args:
        model: the network.
        group: the group it multiplies in.
        neurons: positions of the neurons to take out, each once.
        live: positions of the live neurons, from which the controls are drawn.
        draws: number of controls.
        seed: of the controls, and of the sample of pairs.
        max_pairs: with more pairs than this, a sample is scored; None means all.

    Returns:
        Scores before and after, the controls, and the network that is left.

    Example:
        >>> import torch
        >>> from cosetta.groups import named_group
        >>> from cosetta.models.planted import random_model
        >>> G = named_group("C5")
        >>> ablate(random_model(G, 4, torch.Generator().manual_seed(0)), G, [0, 2], range(4)).model.width
        2
    """
    chosen = set(neurons)
    others = [n for n in live if n not in chosen]
    generator = np.random.default_rng(seed)
    size = sum(n in set(live) for n in neurons)  # dead neurons do nothing: a control of live ones would be unfair
    draws = draws if 0 < size <= len(others) else 0
    controls = [generator.choice(others, size, replace=False).tolist() for _ in range(draws)]
    before, after, *rest = PairScorer(group, max_pairs=max_pairs, seed=seed).without(model, [[], neurons, *controls])
    return Ablated(tuple(neurons), before, after, tuple(rest), mean_ablate(model, neurons))


def chosen_neurons(
    analysis: Analysis,
    neurons: Iterable[int] | int = (),
    circuits: Iterable[int] | int = (),
    classes: Iterable[str] | str = (),
    irreps: Iterable[str] | str = (),
    accounts: Iterable[str] | str = (),
) -> tuple[int, ...]:
    """Positions of neurons that are named in any of these ways.

    Args:
        analysis: what was found in the network.
        neurons: their positions.
        circuits: numbers of circuits.
        classes: classes of the left subgroup, `none`, or `dead`.
        irreps: main irreps of live neurons.
        accounts: ids of accounts; the live neurons that each covers.

    Returns:
        The positions, ascending, each once.

    Raises:
        KeyError: if there is no such neuron, circuit, class, irrep or account; the message names those there are.
    """
    found = {analysis.neuron(n).neuron for n in _listed(neurons)}
    by_circuit = {circuit.circuit: circuit.neurons for circuit in analysis.coset.circuits}
    by_class: dict[str, list[int]] = {}
    by_irrep: dict[str, list[int]] = {name: [] for name, *_ in analysis.irreps}
    for neuron in analysis.neurons:
        by_class.setdefault(analysis.coset.row_of(neuron.neuron), []).append(neuron.neuron)
        if isinstance(neuron, LiveNeuron):
            by_irrep[neuron.facts.irrep].append(neuron.neuron)
    kinds: Sequence[tuple[str, Any, Mapping[Any, Sequence[int]]]] = (
        ("circuit", circuits, by_circuit),
        ("class", classes, by_class),
        ("irrep", irreps, by_irrep),
    )
    for what, wanted, members in kinds:
        for name in _listed(wanted):
            if name not in members:
                there = list(members)
                shown = ", ".join(map(str, there)) if len(there) < 30 else f"{there[0]} to {there[-1]}"
                raise KeyError(f"no {what} `{name}`; there are {shown or 'none'}")
            found |= set(members[name])
    for name in _listed(accounts):
        found |= set(analysis.account(name).covered)
    return tuple(sorted(found))


def _listed(wanted: Any) -> list[Any]:
    """What is named: one thing stands for a list of one."""
    return [wanted] if isinstance(wanted, str | int) else list(wanted)
