"""The numbers behind each figure of the paper, over all runs of a population, with captions that state the finding.

Each caption says what is seen, over how many runs, and the check behind it. What one neuron or one run is chosen for is
in `exemplars.py`. The layout of `data` is what the drawing function of the same kind documents (`figures`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata

from cosetta.harmonics import irreps
from cosetta.population import acquired
from cosetta.reproduce.frame.results import FigureFacts
from cosetta.reproduce.frame.spread import FIVE, Mean, mean_over_runs
from cosetta.reproduce.stander2024 import paper
from cosetta.reproduce.stander2024.populations import Member, Population, Rule, irrep_shares, mean_shares
from cosetta.reproduce.stander2024.tables import out_correlations
from cosetta.trajectory import Trajectory

__all__ = ["architecture", "census_facts", "falling_together", "formation_order", "population_facts", "unchanged_share"]


def architecture(group: str, order: int, embed_dim: int, width: int) -> FigureFacts:
    """Figure 1: the network.

    Args:
        group: name of the group.
        order: its number of elements.
        embed_dim: length of each embedding.
        width: number of neurons.

    Returns:
        The sizes behind the diagram.
    """
    return FigureFacts(
        name=f"architecture-{group}",
        kind="architecture",
        title="The network",
        caption=f"Two embeddings of {order} elements, a linear layer without bias, {width} neurons, an unembedding "
        "with bias. Folding the embeddings into the layer makes each neuron three functions on the group.",
        data={"group": group, "order": order, "embed_dim": embed_dim, "width": width},
        source="Figure 1",
    )


def population_facts(population: Population) -> tuple[FigureFacts, ...]:
    """Every figure that is about all runs of a population.

    Args:
        population: the runs.

    Returns:
        The facts; nothing without runs.
    """
    if not population.members:
        return ()
    facts = [_concentration(population)] if population.formed else []
    facts += [_ablation(population), _shares(population), _out_groups(population)]
    logits = _coset_logits(population)
    facts += [logits] if logits is not None else []
    facts += [_entropy(population), _trace_similarity(population)] if population.formed else []
    return tuple(facts)


def census_facts(group: str, populations: Sequence[Population]) -> tuple[FigureFacts, ...]:
    """Shares of neurons by recipe, by subgroup and by irrep.

    Args:
        group: name of the group.
        populations: of that group, one a recipe.

    Returns:
        Two figures, or none when fewer than two recipes have runs.
    """
    filled = [population for population in populations if population.group.name == group and population.members]
    if len(filled) < 2:
        return ()
    said = ", ".join(f"{population.recipe} {population.runs}" for population in filled)

    def made(by: str, table: Callable[[Population], dict[str, Mean]]) -> FigureFacts:
        return FigureFacts(
            name=f"census-{group}-{by}",
            kind="census",
            title=f"Neurons by {by} and recipe, {group}",
            caption=f"Mean share of neurons by {by} for each way to train ({said}), with 95 % intervals over runs. The "
            "distances between recipes, with permutation tests over runs, are in the table beside it.",
            data={
                "by": by,
                "irreps": [irrep.name for irrep in irreps(filled[0].group)],
                "recipes": {
                    population.recipe: {"runs": len(population.members), "shares": _as_data(table(population))}
                    for population in filled
                },
            },
        )

    return (
        made("subgroup", lambda population: mean_shares(population.measures, "largest")),
        made("irrep", lambda population: irrep_shares(population.measures)),
    )


PAIR = 2
"""Neurons that make a class: a neuron and its partner."""


def formation_order(classes: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """Checkpoint at which each class that lasts has formed.

    Args:
        classes: number of neurons at each checkpoint by class; `none` and `dead` are passed over.

    Returns:
        Positions of checkpoints by class: the first with `PAIR` neurons, of the classes that have as many at the end. A
        single stray neuron is no class.

    Example:
        >>> formation_order({"A5": (0, 2, 2, 7), "S4": (0, 1, 9, 60), "C3": (3, 0, 4, 0), "none": (9, 9, 9, 9)})
        {'A5': 1, 'S4': 2}
    """
    return {
        name: next(i for i, n in enumerate(counts) if n >= PAIR)
        for name, counts in classes.items()
        if name not in ("none", "dead") and counts[-1] >= PAIR
    }


def falling_together(trajectory: Trajectory) -> float | None:
    """Rank correlation of the steps that the median concentration and the test loss take between checkpoints.

    Steps are differences of logarithms: the levels of any two falling curves are correlated, their steps need not be.

    Args:
        trajectory: of a run.

    Returns:
        Spearman's rho in [-1, 1]; None when either takes equal steps or there are fewer than four checkpoints.
    """
    first, second = (
        np.diff(np.log(np.maximum(values, _LEAST)))
        for values in (trajectory.median_concentration, trajectory.test_loss)
    )
    if len(first) < 3 or len(set(first.tolist())) < 2 or len(set(second.tolist())) < 2:
        return None
    return float(np.corrcoef(rankdata(first), rankdata(second))[0, 1])


def unchanged_share(population: Population, tolerance: float = 0.001) -> tuple[int, float]:
    """Runs that keep their accuracy when the neurons with C_H of at least 1 are removed.

    Args:
        population: the runs; at least one.
        tolerance: accuracy that may be lost.

    Returns:
        Number of such runs, and the lowest accuracy of all runs after the removal.
    """
    last = [(run.ablation.above.accuracy[-1], run.ablation.untouched) for run in population.measures]
    return sum(after >= before - tolerance for after, before in last), min(after for after, _ in last)


def _concentration(population: Population) -> FigureFacts:
    rho = mean_over_runs([value for value in (falling_together(t) for _, t in population.formed) if value is not None])
    return FigureFacts(
        name=f"concentration-{population.group.name}-{population.recipe}",
        kind="concentration",
        title=f"Concentration and loss over training, {population.name}",
        caption=f"The median over neurons of the smallest C_H {_trend(population, 'median_concentration')} from the "
        f"first checkpoint to the last, the test loss {_trend(population, 'test_loss')}. Rank correlation of the steps "
        f"that their logarithms take between checkpoints: {rho.says('{:.2f}')}.",
        data={
            "group": population.group.name,
            "runs": [
                _over_steps(*formed, "median_concentration", "test_loss", "test_accuracy")
                for formed in population.formed
            ],
        },
        source="Figure 4",
    )


def _ablation(population: Population) -> FigureFacts:
    curves = [run.ablation for run in population.measures]
    unchanged, worst = unchanged_share(population)
    middle = curves[0].thresholds.index(min(curves[0].thresholds, key=lambda t: abs(np.log10(t) + 5)))
    removed, accuracy = (
        float(np.median([getattr(curve.above, name)[middle] for curve in curves])) for name in ("removed", "accuracy")
    )
    live = [curve.above_live[-1] for curve in curves]
    chance = float(np.median([curve.random[middle] for curve in curves]))
    data: dict[str, Any] = {
        "group": population.group.name,
        "thresholds": list(curves[0].thresholds),
        "runs": len(curves),
        "unchanged_at_1": unchanged,
    }
    for side in ("above", "below"):
        data[side] = {
            name: _bands([getattr(getattr(curve, side), name) for curve in curves]) for name in ("accuracy", "removed")
        }
    pairs = "all pairs" if curves[0].pairs == population.group.order**2 else f"{curves[0].pairs:,} random pairs"
    return FigureFacts(
        name=f"ablation-{population.group.name}-{population.recipe}",
        kind="ablation",
        title=f"Removing neurons by concentration, {population.name}",
        caption=f"Without the neurons with C_H >= 1, {unchanged} of {population.runs} keep their accuracy (lowest "
        f"{worst:.2%}); these are {sum(live)} live neurons in all, at most {max(live)} in a run. Without those with "
        f"C_H >= 1e-5 the median run loses {removed:.0f} neurons and is {accuracy:.2%} right; without as many random "
        f"live neurons it is {chance:.2%} right. Removed neurons contribute nothing; accuracy is on {pairs}. The "
        "opposite direction is a second control.",
        data=data,
        source="Figure 5",
    )


def _shares(population: Population) -> FigureFacts:
    names: tuple[Rule, ...] = ("argmin", "largest")
    rules = {rule: mean_shares(population.measures, rule) for rule in names}
    first = next(iter(rules["largest"].items()))
    return FigureFacts(
        name=f"shares-{population.group.name}-{population.recipe}",
        kind="shares",
        title=f"Neurons by subgroup, {population.name}",
        caption=f"The largest share is that of {first[0]}: {first[1].says()}. Left the paper's rule, the smallest C_H; "
        "right the largest subgroup under the threshold. Intervals resample runs.",
        data={
            "group": population.group.name,
            "runs": len(population.members),
            "rules": {rule: _as_data(means) for rule, means in rules.items()},
            "per_run": {
                rule: {name: [run.shares(rule).get(name, 0.0) for run in population.measures] for name in rules[rule]}
                for rule in names
            },
            "paper": dict(paper.SHARES.get(population.group.name, {})),
        },
        source="Figure 6",
    )


def _out_groups(population: Population) -> FigureFacts:
    table = out_correlations(population)
    bars = [{"name": row[0], "n": row[1], "mean": row[2], "sd": row[3]} for row in table.rows]
    return FigureFacts(
        name=f"out-groups-{population.group.name}-{population.recipe}",
        kind="out_groups",
        title=table.title,
        caption=f"Out columns of two neurons that share a coset correlate by {_said(bars[0]['mean'])} on average, of "
        f"two that share an irrep but no coset by {_said(bars[2]['mean'])}. {population.runs}; bars are means, "
        "whiskers standard deviations over pairs of neurons.",
        data={"bars": bars},
        source="Table 3",
    )


def _coset_logits(population: Population) -> FigureFacts | None:
    measured = [run.coset_logits for run in population.measures if run.coset_logits is not None]
    if not measured:
        return None
    data: dict[str, Any] = {"group": population.group.name, "runs": len(measured), "sizes": list(measured[0].sizes)}
    for side in ("on", "off"):
        boxes = [getattr(logits, side) for logits in measured]
        data[side] = [
            {name: float(np.median([box[i][name] for box in boxes])) for name in FIVE}
            for i in range(len(data["sizes"]))
        ]
    last_on, last_off = data["on"][-1], data["off"][-1]
    parted = "part" if last_on["q75"] < last_off["q25"] else "overlap"
    return FigureFacts(
        name=f"coset-logits-{population.group.name}-{population.recipe}",
        kind="coset_logits",
        title=f"Summed logits on and off the shared coset, {population.name}",
        caption="What the strongest 1, 2 and 4 neurons of a circuit add to the centred logits while one of the four "
        f"fires and the product is elsewhere. With four the boxes {parted}: upper quartile on the coset "
        f"{last_on['q75']:.2f}, lower quartile off it {last_off['q25']:.2f}. Medians over {len(measured)} runs of each "
        f"run's five numbers, from {sum(logits.circuits for logits in measured)} circuits of four neurons or more.",
        data=data,
    )


def _entropy(population: Population) -> FigureFacts:
    first = {
        side: float(np.mean([getattr(trajectory, f"entropy_{side}")[0] for _, trajectory in population.formed]))
        for side in ("left", "right", "out")
    }
    last = {
        side: mean_over_runs([getattr(trajectory, f"entropy_{side}")[-1] for _, trajectory in population.formed])
        for side in ("left", "right", "out")
    }
    return FigureFacts(
        name=f"entropy-{population.group.name}-{population.recipe}",
        kind="entropy",
        title=f"Fourier entropy over training, {population.name}",
        caption="Entropy of the power of a neuron over the irreps, from the first checkpoint to the last: "
        + "; ".join(f"{side} from {first[side]:.2f} to {mean.says('{:.2f}')}" for side, mean in last.items())
        + ". In nats, mean over neurons; 0 is one irrep.",
        data={
            "group": population.group.name,
            "runs": [
                _over_steps(*formed, "entropy_left", "entropy_right", "entropy_out", prefix="entropy_")
                for formed in population.formed
            ],
        },
    )


def _trace_similarity(population: Population) -> FigureFacts:
    first: dict[str, int] = {}
    ties = 0
    for _, trajectory in population.formed:
        steps = acquired(trajectory, "irreps")
        names = [name for name, step in steps.items() if step == min(steps.values())]
        for name in names:
            first[name] = first.get(name, 0) + 1
        ties += len(names) > 1
    order = ", ".join(f"{name} in {n}" for name, n in sorted(first.items(), key=lambda item: -item[1])) or "none"
    return FigureFacts(
        name=f"trace-similarity-{population.group.name}-{population.recipe}",
        kind="trace_similarity",
        title=f"Key irreps over training, {population.name}",
        caption="Cosine of the centred logits with the character of each irrep. Acquired first (it stays at half of "
        f"its final value or more): {order} of {_formed(population)}; in {ties} of them several became so by the same "
        "checkpoint, and each is counted.",
        data={
            "group": population.group.name,
            "irreps": list(population.formed[0][1].trace_similarity),
            "runs": [
                {
                    "seed": member.measures.seed,
                    "step": list(trajectory.step),
                    "similarity": {name: list(v) for name, v in trajectory.trace_similarity.items()},
                }
                for member, trajectory in population.formed
            ],
        },
    )


_LEAST = 1e-12
"""A loss or concentration below this is taken as this when its logarithm is taken."""


def _trend(population: Population, field: str) -> str:
    """In how many runs a curve ends lower than it begins, in words."""
    ends = [getattr(trajectory, field) for _, trajectory in population.formed]
    return f"falls in {sum(values[-1] < values[0] for values in ends)} of {_formed(population)}"


def _formed(population: Population) -> str:
    """How many runs have checkpoints, in words."""
    return f"{len(population.formed)} run" + "s" * (len(population.formed) != 1)


def _over_steps(member: Member, trajectory: Trajectory, *fields: str, prefix: str = "") -> dict[str, Any]:
    values = {field.removeprefix(prefix): list(getattr(trajectory, field)) for field in fields}
    return {"seed": member.measures.seed, "step": list(trajectory.step), **values}


def _bands(rows: Sequence[Sequence[float] | Sequence[int]]) -> dict[str, list[float]]:
    """The five numbers over runs at each threshold."""
    quantiles = np.quantile(np.array(rows, dtype=np.float64), [0, 0.25, 0.5, 0.75, 1], axis=0)
    return dict(zip(FIVE, quantiles.tolist(), strict=True))


def _as_data(means: Mapping[str, Mean]) -> dict[str, Any]:
    """Mean and interval by class, or the mean alone when n is too small."""
    return {
        name: mean.value if mean.low is None else {"mean": mean.value, "low": mean.low, "high": mean.high}
        for name, mean in means.items()
    }


def _said(value: Any) -> str:
    return "not measured" if value is None else f"{value:.2f}"
