"""An analysis with its network at hand: what was found can be drawn, and neurons can be taken out."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

import numpy as np

from cosetta import report
from cosetta.analysis import analyse as find
from cosetta.config import AnalysisConfig
from cosetta.errors import BadNetwork
from cosetta.files import FilePath
from cosetta.groups import Group, cosets, group_of, subgroup_lattice
from cosetta.models import FoldedModel, GroupNetwork
from cosetta.notebook.ablating import Ablated, ablate, chosen_neurons
from cosetta.notebook.panels import Panels, panels
from cosetta.results import Analysis, CosetLabel, CosetNeuron, OneNeuron

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ExplainedNetwork", "analyse", "explained"]


@final
@dataclass(frozen=True, eq=False)
class ExplainedNetwork(Analysis):
    """An analysis, and the network that it is of.

    It is an `Analysis` and reads as one. What it has besides needs the weights, which `analysis.json` does not hold.

    Args:
        model: the network, folded.
        over: the group that it multiplies in.

    Example:
        >>> import torch
        >>> from cosetta.groups import named_group
        >>> from cosetta.models.planted import CosetPlan, plant
        >>> S3 = named_group("S3")
        >>> network = plant(S3, [CosetPlan(S3.subgroup([1]), amplitude=8.0)], torch.Generator().manual_seed(0)).folded
        >>> analysis = analyse(network, S3)
        >>> analysis.accuracy, analysis.ablate(circuits=[0]).neurons == analysis.coset.circuits[0].neurons
        (1.0, True)
    """

    model: FoldedModel = field(kw_only=True)
    over: Group = field(kw_only=True)
    __repr__ = Analysis.__repr__

    def __eq__(self, other: object) -> bool:
        """Whether the same was found, whoever has the network at hand."""
        if not isinstance(other, Analysis):
            return NotImplemented
        return all(getattr(self, one.name) == getattr(other, one.name) for one in fields(Analysis))

    __hash__ = Analysis.__hash__

    def look(self, neuron: int, subgroup: str | None = None) -> OneNeuron:
        """The values of one neuron, in the order of its cosets.

        Args:
            neuron: its position in the network.
            subgroup: by whose right cosets (of left) and left cosets (of right) the elements are ordered, such as `S4`
                or `S4#2`; None takes the subgroups that were found, or none.

        Returns:
            The three functions and the number of each element's coset.

        Raises:
            KeyError: if there is no such neuron or subgroup; the message names what there is.
        """
        known, finding = self.neuron(neuron), self.coset.by_neuron.get(neuron)
        values = {side: getattr(self.model, side)[:, neuron].double().numpy() for side in ("left", "right", "out")}
        covered = finding if isinstance(finding, CosetNeuron) and subgroup is None else None
        names = (subgroup, subgroup)
        if covered is not None:
            names = _name(covered.left), _name(covered.right)
        labels = self._cosets(names[0], "right"), self._cosets(names[1], "left")
        left = _by_mean(labels[0], values["left"])
        right = _by_mean(labels[1], -values["right"])
        inside: tuple[bool, ...] = ()
        if covered is not None:
            mirrored = self.over.table[covered.shared_coset.representative, self.over.inverse]  # b -> g b^-1
            right = left[mirrored]
            inside = tuple((labels[0] == labels[0][covered.shared_coset.representative]).tolist())
        said = finding.sentence if isinstance(finding, CosetNeuron) else finding.reason if finding else "dead"
        return OneNeuron(
            neuron=neuron,
            **{side: tuple(function.tolist()) for side, function in values.items()},
            left_cosets=tuple(left.tolist()),
            right_cosets=tuple(right.tolist()),
            left_subgroup=names[0] or "",
            right_subgroup=names[1] or "",
            in_shared_coset=inside,
            shared_coset=covered.shared_coset.description if covered else "",
            strength=known.facts.strength,
            irrep=known.facts.irrep,
            sentence=said,
            activation=self.activation,
        )

    def _cosets(self, subgroup: str | None, side: Literal["left", "right"]) -> np.ndarray:
        """Coset of each element; one for all if no subgroup is named."""
        if subgroup is None:
            return np.zeros(self.order, dtype=np.int64)
        return cosets(subgroup_lattice(self.over)[subgroup], side=side)

    def plot_neuron(self, neuron: int, subgroup: str | None = None) -> "Figure":
        """Left and right by coset, the pre-activation on all pairs, and the out column of one neuron.

        Args:
            neuron: its position in the network; any neuron, covered or not.
            subgroup: as for `look`.

        Returns:
            A figure that a notebook shows; `savefig` writes it.

        Raises:
            KeyError: if there is no such neuron or subgroup.
        """
        return report.figures.draw_neuron(self.look(neuron, subgroup))

    def plot_product(self) -> Panels:
        """One product worked through: the logit of each element against how many circuits rule it out.

        Returns:
            The panels.

        Raises:
            KeyError: if no neuron is live, so that nothing was worked through.
        """
        if self.worked is None:
            raise KeyError("a product is worked through where neurons are live; none is: look at `analysis.neurons`")
        a, b, product = (self.elements[i] for i in (self.worked.a, self.worked.b, self.worked.product))
        said = f"a = {a}, b = {b}: {report.figures.caption_votes(self.worked).finding}"
        return panels(report.figures.draw_votes(self.worked, product), said)

    def plot_accounts(self) -> Panels:
        """Every account by its length, and by what its ideal recovers of the loss and reproduces of the logits.

        Returns:
            The panels.
        """
        numbers = ", ".join(f"{i} {record.title}" for i, record in enumerate(self.accounts, 1))
        said = f"{report.figures.caption_pareto(self).finding} {numbers}." if self.arena is not None else ""
        return panels(report.figures.draw_pareto(self), said)

    def plot_training(self) -> Panels:
        """Loss and accuracy over the training; a sentence if the network came without its run.

        Returns:
            The panels.
        """
        return panels(report.figures.draw_training(self.curve))

    def ablate(
        self,
        *,
        neurons: Iterable[int] | int = (),
        circuits: Iterable[int] | int = (),
        classes: Iterable[str] | str = (),
        irreps: Iterable[str] | str = (),
        accounts: Iterable[str] | str = (),
        draws: int = 20,
        seed: int = 0,
    ) -> Ablated:
        """Take neurons out: hold them at their mean, and as many other live ones as a control.

        Args:
            neurons: positions of neurons.
            circuits: numbers of circuits (`analysis.coset.circuits`).
            classes: classes of the left subgroup, such as `S4`, `none` (not covered) or `dead`.
            irreps: main irreps, such as `(4,1)`.
            accounts: ids of accounts; all neurons that they cover.
            draws: number of controls.
            seed: of the controls.

        Returns:
            Accuracy and loss before and after, the controls, and the network that is left (`.model`).

        Raises:
            KeyError: if there is no such neuron, circuit, class, irrep or account; the message names those there are.
        """
        chosen = chosen_neurons(self, neurons, circuits, classes, irreps, accounts)
        live = [neuron.neuron for neuron in self.live]
        pairs = self.thresholds.get("evidence_pairs")
        return ablate(self.model, self.over, chosen, live, draws, seed, None if pairs is None else int(pairs))

    def write_report(self, path: FilePath = "report.html") -> Path:
        """Write the report, one HTML file that needs nothing else.

        Args:
            path: the file; its folder must exist.

        Returns:
            The file.
        """
        report.write_report(self, path)
        return Path(path)


def _name(label: CosetLabel) -> str:
    """The subgroup as reports and `SubgroupLattice` name it."""
    return label.subgroup if label.conjugates == 1 else f"{label.subgroup}#{label.conjugate + 1}"


def _by_mean(labels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Coset numbers in ascending order of the mean value."""
    means = np.bincount(labels, weights=values) / np.bincount(labels)
    return np.argsort(np.argsort(means, kind="stable"), kind="stable")[labels]


def explained(analysis: Analysis, model: FoldedModel, group: Group) -> ExplainedNetwork:
    """Put the network beside its analysis.

    Args:
        analysis: what was found.
        model: the network it was found in.
        group: the group it multiplies in.

    Returns:
        Both together.

    Raises:
        ValueError: if the analysis is of a network of another size.
    """
    if (analysis.order, analysis.width) != (model.order, model.width):
        raise ValueError(
            f"the analysis must be of this network; it is of {analysis.width} neurons on {analysis.order} elements, "
            f"the network has {model.width} on {model.order}: explain it again"
        )
    values: dict[str, Any] = {one.name: getattr(analysis, one.name) for one in fields(Analysis)}
    return ExplainedNetwork(**values, model=model, over=group)


def analyse(
    model: FoldedModel | GroupNetwork, group: Group | str, config: AnalysisConfig | None = None
) -> ExplainedNetwork:
    """Explain a network neuron by neuron, with causal evidence beside the claims.

    Args:
        model: the network, or its folded form, on any device and in any precision; it is analysed on the CPU. Any other
            architecture is folded first: `analyse(fold(module, group, site=..).model, group)`.
        group: the group it multiplies in, or its name, in the model's element order.
        config: thresholds and sample sizes; the defaults if None.

    Returns:
        The analysis (`cosetta.analysis` says how it is made), with its network at hand.

    Raises:
        ValueError: if the model's order is not the group's.
        BadNetwork: if the model is neither of these: fold it first.

    Example:
        >>> from cosetta import analyse, named_group
        >>> from cosetta.models.planted import random_model
        >>> import torch
        >>> G = named_group("S3")
        >>> analyse(random_model(G, 4, torch.Generator().manual_seed(0)), G).covered_share
        0.0
    """
    group = group_of(group)
    if not isinstance(model, FoldedModel | GroupNetwork):
        raise BadNetwork(
            f"a network must be folded to be analysed; got {type(model).__name__}: give "
            "`cosetta.fold(network, group, site=..).model`"
        )
    analysis = find(model, group, config)
    folded = model.cpu().fold() if isinstance(model, GroupNetwork) else model.to(device="cpu")
    return explained(analysis, folded, group)
