"""Figures about one run or one neuron, and how that one is chosen: always the clearest, never by hand.

Formation: of each class, the covered neuron with the smallest fraction over all runs, at four checkpoints spread
over the fall of its fraction. Sign paths: the clearest neuron of the subgroup of index 2, with its partner. Heat map:
the run with the median loss.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from cosetta.groups import subgroup_lattice
from cosetta.measures import coset_variance_fraction
from cosetta.reproduce.frame.results import FigureFacts
from cosetta.reproduce.stander2024.populations import Member, Population
from cosetta.results import CosetNeuron, Exemplar
from cosetta.training.run_folder import TrainedRun

__all__ = ["formation", "out_heat_map", "sign_paths"]

MOMENTS = 4
"""Checkpoints in a formation figure, the first and the last among them."""

FLOOR = 1e-8
"""Fractions below this are taken as this when checkpoints are spread over a fall."""


def formation(population: Population, subgroup: str) -> FigureFacts | None:
    """How the clearest neuron of a class formed: its values at four checkpoints, by the coset they end in.

    Args:
        population: the runs.
        subgroup: name of the class.

    Returns:
        The facts, or None if no run has such a neuron.
    """
    candidates = [
        (fraction, member, exemplar)
        for member, _ in population.formed
        for exemplar in member.analysis.coset.exemplars
        if exemplar.subgroup == subgroup and (fraction := _final_fraction(member, exemplar)) is not None
    ]
    if not candidates:
        return None
    fraction, member, exemplar = min(candidates, key=lambda candidate: (candidate[0], candidate[1].name))
    cosets = np.array(exemplar.left_cosets)
    if not isinstance(member.run, TrainedRun):
        return None
    history = _history(member.run, exemplar.neuron, cosets)
    chosen = spread_over_fall([moment["fraction"] for moment in history])
    return FigureFacts(
        name=f"formation-{population.group.name}-{subgroup}",
        kind="formation",
        title=f"How a neuron of {subgroup} formed",
        caption=f"Left values of neuron {exemplar.neuron} of {member.name} by the right coset of {subgroup} that each "
        f"element belongs to: the fraction of the variance inside cosets falls from {history[0]['fraction']:.2f} to "
        f"{history[-1]['fraction']:.1e}. The clearest neuron of its class in {population.runs}; checkpoints are spread "
        "evenly over the fall.",
        data={
            "subgroup": subgroup,
            "run": member.name,
            "neuron": exemplar.neuron,
            "side": "left",
            "moments": [history[i] for i in chosen],
        },
        source="Figures 3, 7, 8",
    )


def spread_over_fall(fractions: Sequence[float], count: int = MOMENTS) -> tuple[int, ...]:
    """Positions spread evenly over the fall of a fraction on a logarithmic scale, the first and the last among them.

    Args:
        fractions: one a checkpoint, in time.
        count: how many to choose.

    Returns:
        Ascending positions, `count` of them or all if there are fewer.

    Example:
        >>> spread_over_fall([1.0, 0.9, 0.1, 0.09, 0.01, 0.001, 0.001])
        (0, 2, 4, 6)
    """
    values = np.log(np.maximum(np.asarray(fractions, dtype=np.float64), FLOOR))
    last = len(values) - 1
    if last < count:
        return tuple(range(last + 1))
    chosen = [0]
    for k, level in enumerate(np.linspace(values[0], values[-1], count)[1:-1]):
        allowed = np.arange(chosen[-1] + 1, last - (count - 3 - k))
        chosen.append(int(allowed[np.argmin(np.abs(values[allowed] - level))]))
    return (*chosen, last)


def sign_paths(population: Population) -> FigureFacts | None:
    """The clearest neuron that knows parity alone, and its partner with the other sign if its run has one.

    Args:
        population: the runs, of a group with one subgroup of index 2.

    Returns:
        The facts, or None if no run has such a neuron or the group has no such subgroup.
    """
    lattice = subgroup_lattice(population.group)
    halves = [cls for cls in lattice.classes if cls.index == 2]
    if len(halves) != 1:
        return None
    even = lattice.members[halves[0].representative]
    candidates = [
        (neuron.left.fraction, member, neuron)
        for member in population.members
        for neuron in member.analysis.coset.covered
        if neuron.left.subgroup == halves[0].name
    ]
    if not candidates:
        return None
    _, member, first = min(candidates, key=lambda candidate: (candidate[0], candidate[1].name, candidate[2].neuron))
    own = [candidate for candidate in candidates if candidate[1] is member]
    model = member.model
    values = {name: getattr(model, name).double().numpy() for name in ("left", "right", "out")}

    def path(n: int) -> dict[str, Any]:
        found: dict[str, Any] = {"neuron": n}
        for name, table in values.items():
            column = table[:, n]
            found[name] = {"even": float(column[even].mean()), "odd": float(column[~even].mean())}
        spread = {
            name: max(float(table[even, n].std()), float(table[~even, n].std())) for name, table in values.items()
        }
        return found | {"spread": spread}

    paths = [path(first.neuron)]
    step = paths[0]["left"]["even"] - paths[0]["left"]["odd"]
    partners = [path(neuron.neuron) for _, _, neuron in sorted(own, key=lambda candidate: candidate[0])]
    coset = first.shared_coset.representative
    same = [n.neuron for _, _, n in own if n.shared_coset.representative == coset]
    partners = [p for p in partners if p["neuron"] in same and (p["left"]["even"] - p["left"]["odd"]) * step < 0]
    paths += partners[:1]
    several = len(own)
    return FigureFacts(
        name=f"sign-paths-{population.group.name}",
        kind="sign_paths",
        title=f"A sign neuron of {population.group.name}" + (" and its partner" if partners else ""),
        caption=f"Neuron {first.neuron} of {member.name} reads little but the parity of a and of b (spread inside a "
        f"parity: left {paths[0]['spread']['left']:.1e}, right {paths[0]['spread']['right']:.1e}): it is silent when "
        f"the product is {'even' if even[coset] else 'odd'}, its shared coset, and fires on one of the two ways to be "
        f"{'odd' if even[coset] else 'even'}. The run has {several} sign neuron{'s' * (several != 1)}; the "
        f"clearest of {population.runs} is shown.",
        data={"run": member.name, "neurons": paths},
    )


def out_heat_map(population: Population) -> FigureFacts | None:
    """Correlations of all out columns of one run, covered neurons ordered by class and shared coset.

    Args:
        population: the runs.

    Returns:
        The facts for the run with the median loss, or None without runs or covered neurons.
    """
    ranked = sorted(population.members, key=lambda member: (member.measures.loss, member.name))
    if not ranked:
        return None
    member = ranked[(len(ranked) - 1) // 2]
    coset = member.analysis.coset
    if not coset.covered:
        return None
    counts = {summary.subgroup: summary.neurons for summary in coset.classes}
    covered = sorted(coset.covered, key=lambda n: (-counts[n.left.subgroup], n.left.subgroup, n.circuit, n.neuron))
    order = [neuron.neuron for neuron in covered]
    out = member.model.out.double().numpy()[:, order]
    matrix = np.corrcoef(out.T).reshape(len(order), len(order)).round(2)
    same = member.measures.out_bins["same-coset"]
    mean = "no two neurons share a coset" if same.mean is None else f"mean {same.mean:.2f} over {same.n} pairs"
    return FigureFacts(
        name=f"out-correlation-{population.group.name}",
        kind="out_correlation",
        title=f"Correlation of out columns in {member.name}",
        caption=f"Correlation of the columns of neurons of one shared coset: {mean}; the blocks along the diagonal are "
        f"circuits. {len(order)} covered neurons of the run with the median loss of {population.runs}.",
        data={
            "run": member.name,
            "group": population.group.name,
            "neurons": order,
            "classes": [neuron.left.subgroup for neuron in covered],
            "cosets": [neuron.circuit for neuron in covered],
            "matrix": matrix.tolist(),
        },
    )


def _final_fraction(member: Member, exemplar: Exemplar) -> float | None:
    finding = member.analysis.coset.by_neuron.get(exemplar.neuron)
    return finding.left.fraction if isinstance(finding, CosetNeuron) else None


def _history(run: TrainedRun, neuron: int, cosets: Int[np.ndarray, " g"]) -> list[dict[str, Any]]:
    """The neuron's left values at each checkpoint and at the end, with the nearest evaluation's accuracy."""
    metrics = run.metrics
    steps, accuracy = metrics["step"].to_numpy(), metrics["test_accuracy"].to_numpy()
    last = int(steps[-1])
    kept = [*((step, path) for step, path in run.checkpoints if step < last), (last, None)]
    return [
        {
            "step": step,
            "accuracy": float(accuracy[np.argmin(np.abs(steps - step))]),
            "fraction": _fraction(values, cosets),
            "values": [float(f"{value:.4g}") for value in values],
            "cosets": cosets.tolist(),
        }
        for step, path in kept
        for values in [run.folded(path).left[:, neuron].double().numpy()]
    ]


def _fraction(values: Float[np.ndarray, " g"], cosets: Int[np.ndarray, " g"]) -> float:
    return float(coset_variance_fraction(values, cosets))
