"""The paper's claims about whole networks: how they train, and Table 1."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from cosetta.report.notation import plural
from cosetta.reproduce.frame.claims import ClaimRow
from cosetta.reproduce.frame.rules import FACTOR, Every, Factors, Measured, Near, Rule, plain
from cosetta.reproduce.frame.spread import mean_over_runs
from cosetta.reproduce.stander2024 import paper
from cosetta.reproduce.stander2024.causes import by_length
from cosetta.reproduce.stander2024.controls import coset_free_control
from cosetta.reproduce.stander2024.measures import INTERVENTIONS
from cosetta.reproduce.stander2024.noise import SCALED
from cosetta.reproduce.stander2024.populations import Member, Population

__all__ = ["ACCURACY", "OWN_RECIPE", "training_rows"]

ACCURACY = 0.02
"""Accuracies agree within this."""

EXTREMES = 100
"""Minimum, mean and maximum of a loss are held against those of the paper's 128 runs from this number of runs on."""

OWN_RECIPE = ("stander2024",)
"""Populations that decide claims about where the paper's training leads, and when."""

OURS = "this project"
"""Source of the claims that the paper does not make."""

_EXTREME_NAMES = ("minimum", "mean", "maximum")

Row = ClaimRow[Population]


def training_rows() -> list[Row]:
    """The claims about training and interventions, which the paper makes of S5.

    Returns:
        The rows.
    """
    theirs = paper.POPULATION["S5"]
    low, high = paper.GROK_STEPS
    return [
        Row("generalise", "Section 2", "all runs generalise", "128 of 128", _generalised, Every(), only=OWN_RECIPE),
        Row(
            "accuracy",
            "Section 2",
            "mean accuracy on all pairs",
            "99.99%",
            _accuracy,
            Near(0.9999, 0.001, "{:.3%}"),
        ),
        Row(
            "loss",
            "Section 2",
            "loss on all pairs over runs",
            "minimum 2e-06, median 3e-06, mean 1.3e-05",
            _final_loss,
            Factors((theirs["median"],), "the medians "),
            cause=_length,
            only=OWN_RECIPE,
        ),
        Row(
            "grok-steps",
            "Section 2",
            "runs generalise between about 40,000 and 200,000 steps of the paper's recipe",
            f"{low:,} to {high:,} steps",
            _grok_steps,
            Every(),
            only=OWN_RECIPE,
        ),
        *_interventions(),
        Row(
            "loss-swap-embeddings",
            "Table 1",
            f"loss under: {INTERVENTIONS['swap-embeddings']}",
            f"{paper.TABLE_1['swap-embeddings'].printed:.2f}",
            _least_swap_loss,
            Factors((paper.TABLE_1["swap-embeddings"].printed,), "our minimum, which is what the table prints, "),
        ),
    ]


def _generalised(population: Population) -> Measured:
    share = mean_over_runs([float(member.measures.grok_step is not None) for member in population.everyone])
    cut = sum(member.shortened for member in population.everyone)
    return Measured(share.says(), (share,), open_because=f"{cut} ended before their recipe does" if cut else "")


def _accuracy(population: Population) -> Measured:
    mean = mean_over_runs([run.accuracy for run in population.measures])
    return Measured(mean.says("{:.3%}"), (mean,))


def _final_loss(population: Population) -> Measured:
    losses = [run.loss for run in population.measures]
    if not losses:
        return Measured("none", (plain(None, 0),))
    middle = float(np.median(losses))
    said = f"minimum {min(losses):.2g}, median {middle:.2g}, mean {np.mean(losses):.2g}, {population.runs}"
    return Measured(said, (plain(middle, len(losses)),))


def _grok_steps(population: Population) -> Measured:
    """A run that has not generalised, and could have later, leaves the claim open unless another refutes it."""
    low, high = paper.GROK_STEPS
    runs = [member.measures for member in population.everyone]
    steps = [run.grok_step for run in runs if run.grok_step is not None]
    waiting = sum(run.grok_step is None and run.steps < high for run in runs)
    never = len(runs) - len(steps) - waiting
    outside = never + sum(not low / 2 <= step <= high for step in steps)
    said = f"{min(steps):,} to {max(steps):,} steps in {len(steps)}" if steps else "none"
    note = f"all must lie between half the lower end and the upper end; {outside} do not"
    ended = f"{waiting} ended before {high:,} steps without having generalised" if waiting and not outside else ""
    held = plain(1.0 if not outside else 0.0, len(runs))
    return Measured(f"{said} of {plural(len(runs), 'run')}", (held,), (note,), ended)


def _interventions() -> list[Row]:
    """Table 1, without the untouched networks, whose accuracy and loss are claims of their own."""
    rows = []
    for id, theirs in paper.TABLE_1.items():
        if id == "none":
            continue
        name, scaled = INTERVENTIONS[id], id.replace("noise", "scaled")
        has_twin = scaled in SCALED
        rule = Near(theirs.accuracy, ACCURACY)
        said = f"{theirs.accuracy:.2%}"
        twin = f"accuracy-{scaled}" if has_twin else ""
        rows.append(
            Row(
                f"accuracy-{id}",
                "Table 1",
                f"accuracy under: {name}",
                said,
                partial(_scores, id),
                rule,
                twin=twin,
                cause=by_length(partial(_accuracy_under, id), theirs.accuracy),
            )
        )
        if theirs.median is None:
            continue
        median, extremes = (theirs.median,), (theirs.minimum, theirs.mean, theirs.maximum)
        expected = tuple(value for value in extremes if value is not None)
        rows.append(
            Row(
                f"median-loss-{id}",
                "Table 1",
                f"median loss under: {name}",
                f"{theirs.median:.3g}",
                partial(_median_loss, id),
                Factors(median),
                twin=f"median-loss-{scaled}" if has_twin else "",
                cause=partial(_same_factor, id),
            )
        )
        rows.append(
            Row(
                f"loss-spread-{id}",
                "Table 1",
                f"minimum, mean and maximum loss under: {name}",
                ", ".join(f"{value:.3g}" for value in expected),
                partial(_loss_spread, id),
                Factors(expected, "extremes depend on the number of runs; ", EXTREMES),
                cause=partial(_same_factor, id),
            )
        )
        if has_twin:
            rows += _scaled(scaled, said, rule, median, theirs.median)
    return rows


def _scaled(id: str, said: str, rule: Rule, median: tuple[float, ...], printed: float) -> list[Row]:
    """The same numbers held against noise in units of the network's own pre-activations: rows of this project."""
    name = SCALED[id][0]
    return [
        Row(f"accuracy-{id}", "Table 1", f"accuracy under: {name}", said, partial(_scaled_scores, id), rule, OURS),
        Row(
            f"median-loss-{id}",
            "Table 1",
            f"median loss under: {name}",
            f"{printed:.3g}",
            partial(_scaled_loss, id),
            Factors(median),
            OURS,
        ),
    ]


def _accuracy_under(id: str, member: Member) -> float:
    """Accuracy of a run under an intervention; of one without it, that of the untouched network."""
    scores = member.measures.interventions
    return scores.get(id, scores["none"]).accuracy


def _scores(id: str, population: Population) -> Measured:
    free = coset_free_control()
    mean = mean_over_runs([run.interventions[id].accuracy for run in population.measures if id in run.interventions])
    extra = f"a network for Z_53 (n = 1), which has no cosets: {free[id].accuracy:.1%}" if id in free else ""
    return Measured(mean.says(), (mean,), (extra,), _folded_away(id, population))


def _losses(id: str, population: Population) -> list[float]:
    return [run.interventions[id].loss for run in population.measures if id in run.interventions]


def _median_loss(id: str, population: Population) -> Measured:
    return _median_of(_losses(id, population), population)


def _median_of(losses: Sequence[float], population: Population) -> Measured:
    middle = float(np.median(losses)) if losses else None
    said = f"{middle:.3g}, {population.runs}" if middle is not None else "not measured"
    return Measured(said, (plain(middle, len(losses)),))


def _loss_spread(id: str, population: Population) -> Measured:
    losses, theirs = _losses(id, population), paper.TABLE_1[id]
    found = dict(zip(_EXTREME_NAMES, _extremes(losses), strict=True))
    chosen = [found[name] for name in _EXTREME_NAMES if getattr(theirs, name) is not None]
    said = ", ".join(f"{value:.3g}" for value in chosen if value is not None)
    return Measured(f"{said or 'none'}, {population.runs}", tuple(plain(value, len(losses)) for value in chosen))


def _extremes(losses: Sequence[float]) -> tuple[float | None, ...]:
    return (min(losses), float(np.mean(losses)), max(losses)) if losses else (None,) * 3


def _least_swap_loss(population: Population) -> Measured:
    losses = _losses("swap-embeddings", population)
    least = min(losses, default=None)
    said = f"minimum {least:.3g}, {plural(len(losses), 'run')}" if least is not None else "not measured"
    return Measured(said, (plain(least, len(losses)),), (), _folded_away("swap-embeddings", population))


def _scaled_scores(id: str, population: Population) -> Measured:
    mean = mean_over_runs([run.noise.scores[id][0] for run in population.measures])
    scale = mean_over_runs([run.noise.scale for run in population.measures])
    return Measured(
        mean.says(), (mean,), (f"a unit is a quarter of the scale of pre-activations, {scale.says('{:.2f}')}",)
    )


def _scaled_loss(id: str, population: Population) -> Measured:
    return _median_of([run.noise.scores[id][1] for run in population.measures], population)


def _folded_away(id: str, population: Population) -> str:
    """Why the exchange of embeddings cannot be measured on these runs, if it cannot."""
    if not population.members or any(id in run.interventions for run in population.measures):
        return ""
    return "only the folded functions of these networks are kept, not their embeddings"


def _length(population: Population) -> str:
    """That runs of the paper's recipe were stopped before it ends."""
    last, steps = paper.POPULATION["S5"]["steps"], [run.steps for run in population.measures]
    if not steps or np.median(steps) >= last:
        return ""
    return f"size: they ended after a median of {np.median(steps):,.0f} steps, the paper's after {last:,.0f}"


def _same_factor(id: str, population: Population) -> str:
    """That the untouched networks differ by the same factor, so that the intervention is not what differs."""
    theirs, losses = paper.TABLE_1[id].median, _losses(id, population)
    plain_loss, printed = [run.loss for run in population.measures], paper.TABLE_1["none"].median
    if not losses or theirs is None or printed is None:
        return ""
    ratio, base = float(np.median(losses)) / theirs, float(np.median(plain_loss)) / printed
    if base <= 0 or not 1 / FACTOR <= ratio / base <= FACTOR:
        return ""
    return f"size: {ratio:.2g} times the paper's median, and {base:.2g} times it untouched; {_length(population)}"
