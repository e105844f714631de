"""The paper's claims about what neurons write: out columns by shared coset, and what removing neurons does."""

import numpy as np

from cosetta.reproduce.stander2024 import paper
from cosetta.reproduce.stander2024.claim_rules import (
    ACCURACY,
    CORRELATION,
    FEW,
    NEARLY_ALL,
    SPREAD,
    about,
    beyond,
    reason,
    settled,
    verdict,
)
from cosetta.reproduce.stander2024.facts import unchanged_share
from cosetta.reproduce.stander2024.out_columns import BINS
from cosetta.reproduce.stander2024.populations import Population
from cosetta.reproduce.stander2024.results import Claim
from cosetta.reproduce.stander2024.spread import mean_over_runs

__all__ = ["output_claims"]


def output_claims(population: Population) -> list[Claim]:
    """The claims about out columns and removed neurons, which the paper makes of S5.

    Args:
        population: the runs to hold the claims against.

    Returns:
        The claims; each says how many runs are behind it.
    """
    return [*_out_columns(population), *_out_levels(population), *_ablation(population)]


def _out_columns(population: Population) -> list[Claim]:
    claims = []
    noise = mean_over_runs([b.mean for run in population.measures if (b := run.out_bins["random"]).mean is not None])
    for id, numbers in paper.TABLE_3.items():
        bins = [b for run in population.measures if (b := run.out_bins[id]).mean is not None and b.sd is not None]
        means, sds = ([getattr(b, kind) for b in bins] for kind in ("mean", "sd"))
        labels = "" if id == "all-live" else "ours takes covered neurons, the paper all by the smallest C_H"
        tolerance = max(CORRELATION[0], CORRELATION[1] * numbers[0])
        blank = f"random vectors have {noise.says('{:.3f}')} as well: this mean alone shows nothing"
        for what, values, expected, within, extra in (
            ("mean", means, numbers[0], tolerance, blank if abs(numbers[0]) < tolerance else ""),
            ("standard deviation", sds, numbers[1], SPREAD, "that over the pairs of a run"),
        ):
            claims.append(
                about(
                    "Table 3",
                    f"{what} of the correlation of out columns: {BINS[id]}",
                    f"{expected:.3f}",
                    mean_over_runs(values),
                    expected,
                    within,
                    "{:.3f}",
                    (extra, labels, _recipe(population)),
                )
            )
    return claims


def _out_levels(population: Population) -> list[Claim]:
    levels = [run.out_levels for run in population.measures if run.out_levels is not None]
    on, off, lowest, chance = (
        mean_over_runs([getattr(level, name) for level in levels]) for name in ("on", "off", "lowest", "chance")
    )
    low, high = paper.OUT_LEVELS
    return [
        about(
            "Section 4",
            "how far the out column lies lower on the shared coset than off it",
            f"about {low} and +{high}, {high - low:.2f} apart",
            mean_over_runs([level.off - level.on for level in levels]),
            high - low,
            0.2 * (high - low),
            "{:.2f}",
            (f"ours, centred: {on.says('{:.2f}')} and {off.says('{:+.2f}')}", _recipe(population)),
        ),
        about(
            "Section 4",
            "of all right cosets of H, the out column is lowest on the shared one",
            "all neurons but a few",
            lowest,
            1.0,
            FEW,
            notes=(f"share of covered neurons; {chance.says()} for columns that know no coset", _recipe(population)),
        ),
    ]


def _ablation(population: Population) -> list[Claim]:
    runs = len(population.members)
    if not runs:
        return []
    unchanged, worst = unchanged_share(population)
    curves = [run.ablation for run in population.measures]
    at = int(np.argmin(np.abs(np.log10(curves[0].thresholds) + 5)))
    removed = float(np.median([curve.above.removed[at] for curve in curves]))
    accuracy = float(np.median([curve.above.accuracy[at] for curve in curves]))
    near = abs(removed - paper.ABLATION["removed above 1e-5"]) <= 12 and accuracy >= 1 - ACCURACY
    live = [curve.above_live[-1] for curve in curves]
    harmless = verdict(runs, unchanged / runs >= NEARLY_ALL)
    vacuous = "" if any(live) else "nothing was put to the test: no live neuron has so large a C_H; "
    return [
        Claim(
            "Figure 5",
            "removing the neurons with C_H >= 1 leaves nearly all runs unchanged",
            "126 of 128 runs, the others 99% and 98%",
            f"{unchanged} of {population.runs}, lowest accuracy {worst:.2%}; {sum(live)} live neurons removed, at most "
            f"{max(live)} in a run",
            harmless if any(live) else "cannot be checked",
            vacuous + reason(runs, f"at least {NEARLY_ALL:.0%} of the runs must lose at most 0.1% accuracy"),
        ),
        Claim(
            "Figure 5",
            "removing the neurons with C_H >= 1e-5 costs the median run 24 neurons and no accuracy",
            "24 neurons, 100%",
            f"{removed:.0f} neurons, {accuracy:.2%}, {population.runs}",
            verdict(runs, near),
            reason(
                runs,
                f"within 12 neurons and {ACCURACY:.0%}; how far C_H falls depends on how long a run is trained, "
                f"and the recipe is {population.recipe}",
            ),
        ),
        _harm(population),
    ]


def _harm(population: Population) -> Claim:
    """Figure 5 against chance: where about half of the live neurons go, the unconcentrated half or a random one."""
    gains, kept, others = [], [], []
    for run in population.measures:
        curves, live = run.ablation, sum(neuron.status != "dead" for neuron in run.neurons)
        at = int(np.argmin(np.abs(np.array(curves.above_live) - live / 2)))
        gains.append(curves.above.accuracy[at] - curves.random[at])
        kept.append(curves.above.accuracy[at])
        others.append(curves.below.accuracy[at])
    gain, above, below = (mean_over_runs(values) for values in (gains, kept, others))
    rule = (
        "at the threshold that parts the live neurons most evenly; the interval of the difference to as many random "
        f"live neurons must lie above 0; {_recipe(population)}"
    )
    return Claim(
        "Figure 5",
        "the neurons with small C_H carry the network",
        "removing those above a threshold harms little, removing those below it much",
        f"accuracy {above.says()} without those above, {below.says()} without those below; without those above "
        f"{gain.says('{:+.1%}')} more than without as many random ones",
        *settled(gain.n, beyond(gain, 0.0), beyond(gain, 0.0, above=False), rule),
    )


def _recipe(population: Population) -> str:
    return f"recipe {population.recipe}"
