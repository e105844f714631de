"""The paper's claims about what neurons write: out columns by shared coset, and what removing neurons does."""

from functools import partial

import numpy as np

from cosetta.reproduce.frame.claims import ClaimRow
from cosetta.reproduce.frame.rules import AllBeyond, Measured, Near, NearAll, Part, plain
from cosetta.reproduce.frame.spread import mean_over_runs
from cosetta.reproduce.stander2024 import paper
from cosetta.reproduce.stander2024.causes import by_length
from cosetta.reproduce.stander2024.facts import unchanged_share
from cosetta.reproduce.stander2024.gcr_rows import NEARLY_ALL
from cosetta.reproduce.stander2024.neuron_rows import FEW
from cosetta.reproduce.stander2024.out_columns import BINS
from cosetta.reproduce.stander2024.populations import Member, Population
from cosetta.reproduce.stander2024.training_rows import ACCURACY, OURS

__all__ = ["output_rows"]

CORRELATION = (0.02, 0.1)
"""Correlations agree within this, or within this part of the paper's, whichever is more."""

SPREAD = 0.05
"""Standard deviations of correlations agree within this."""

NEURONS_OF_24 = 12.0
"""The 24 neurons that the median run loses agree within this."""

Row = ClaimRow[Population]


def output_rows() -> list[Row]:
    """The claims about out columns and removed neurons, which the paper makes of S5.

    Returns:
        The rows.
    """
    low, high = paper.OUT_LEVELS
    apart = high - low
    return [
        *(row for id in paper.TABLE_3 for row in _bin_rows(id, id)),
        *_bin_rows("same-labels", "same-coset"),
        Row(
            "out-levels",
            "Section 4",
            "how far the out column lies lower on the shared coset than off it",
            f"about {low} and +{high}, {apart:.2f} apart",
            _levels,
            Near(apart, 0.2 * apart, "{:.2f}"),
        ),
        Row(
            "out-lowest",
            "Section 4",
            "of all right cosets of H, the out column is lowest on the shared one",
            "all neurons but a few",
            _lowest,
            Near(1.0, FEW),
        ),
        Row(
            "removed-above-1",
            "Figure 5",
            "removing the neurons with C_H >= 1 leaves nearly all runs unchanged",
            "126 of 128 runs, the others 99% and 98%",
            _unchanged,
            Part(NEARLY_ALL, "must lose at most 0.1% accuracy"),
        ),
        Row(
            "removed-above-1e-5",
            "Figure 5",
            "removing the neurons with C_H >= 1e-5 costs the median run 24 neurons and no accuracy",
            "24 neurons, 100%",
            _removed,
            NearAll(
                ((paper.ABLATION["removed above 1e-5"], NEURONS_OF_24), (1.0, ACCURACY)),
                f"within {NEURONS_OF_24:.0f} neurons and {ACCURACY:.0%}; how far C_H falls depends on how long a "
                "run is trained",
            ),
            cause=by_length(_removed_of, paper.ABLATION["removed above 1e-5"], "{:.0f}"),
        ),
        Row(
            "removed-against-chance",
            "Figure 5",
            "the neurons with small C_H carry the network",
            "removing those above a threshold harms little, removing those below it much",
            _harm,
            AllBeyond(
                ((0.0, True),),
                "at the threshold that parts the live neurons most evenly; the interval of the difference to as many "
                "random live neurons must lie above 0",
            ),
        ),
    ]


def _bin_rows(id: str, printed: str) -> list[Row]:
    """Mean and standard deviation of one bin of Table 3, against the paper's numbers of a bin."""
    mean, sd = paper.TABLE_3[printed]
    tolerance = max(CORRELATION[0], CORRELATION[1] * mean)
    rules = (("mean", mean, tolerance), ("sd", sd, SPREAD))
    twin = "same-labels" if id == "same-coset" else ""
    rows = []
    for kind, expected, within in rules:
        what = "mean" if kind == "mean" else "standard deviation"
        rows.append(
            Row(
                f"out-{id}-{kind}",
                "Table 3",
                f"{what} of the correlation of out columns: {BINS[id]}",
                f"{expected:.3f}",
                partial(_bin, id, kind, tolerance if kind == "mean" and abs(mean) < tolerance else 0.0),
                Near(expected, within, "{:.3f}"),
                OURS if id != printed else "",
                twin and f"out-{twin}-{kind}",
                cause=_between if twin and kind == "mean" else None,
            )
        )
    return rows


def _bin(id: str, kind: str, blank: float, population: Population) -> Measured:
    bins = [run.out_bins[id] for run in population.measures]
    ours = mean_over_runs([value for b in bins if (value := getattr(b, kind)) is not None])
    notes = []
    if blank:
        noise = mean_over_runs([b.mean for r in population.measures if (b := r.out_bins["random"]).mean is not None])
        notes.append(f"random vectors have {noise.says('{:.3f}')} as well: this mean alone shows nothing")
    if kind == "sd":
        notes.append("that over the pairs of a run")
    if id in ("same-coset", "same-class"):
        notes.append("ours takes covered neurons, the paper all by the smallest C_H")
    return Measured(ours.says("{:.3f}"), (ours,), tuple(notes))


def _levels(population: Population) -> Measured:
    levels = [run.out_levels for run in population.measures if run.out_levels is not None]
    on, off, apart = (
        mean_over_runs(values)
        for values in ([x.on for x in levels], [x.off for x in levels], [x.off - x.on for x in levels])
    )
    note = f"ours, centred: {on.says('{:.2f}')} and {off.says('{:+.2f}')}"
    return Measured(apart.says("{:.2f}"), (apart,), (note,))


def _lowest(population: Population) -> Measured:
    levels = [run.out_levels for run in population.measures if run.out_levels is not None]
    lowest, chance = (mean_over_runs(values) for values in ([x.lowest for x in levels], [x.chance for x in levels]))
    note = f"share of covered neurons; {chance.says()} for columns that know no coset"
    return Measured(lowest.says(), (lowest,), (note,))


def _unchanged(population: Population) -> Measured:
    runs = len(population.members)
    if not runs:
        return Measured("not measured", (plain(None, 0),))
    unchanged, worst = unchanged_share(population)
    live = [run.ablation.above_live[-1] for run in population.measures]
    said = (
        f"{unchanged} of {population.runs}, lowest accuracy {worst:.2%}; {sum(live)} live neurons removed, at most "
        f"{max(live)} in a run"
    )
    vacuous = "" if any(live) else "nothing was put to the test: no live neuron has so large a C_H"
    return Measured(said, (plain(unchanged / runs, runs),), open_because=vacuous)


def _removed(population: Population) -> Measured:
    curves = [run.ablation for run in population.measures]
    if not curves:
        return Measured("not measured", (plain(None, 0), plain(None, 0)))
    at = int(np.argmin(np.abs(np.log10(curves[0].thresholds) + 5)))
    removed = float(np.median([curve.above.removed[at] for curve in curves]))
    accuracy = float(np.median([curve.above.accuracy[at] for curve in curves]))
    said = f"{removed:.0f} neurons, {accuracy:.2%}, {population.runs}"
    return Measured(said, (plain(removed, len(curves)), plain(accuracy, len(curves))))


def _removed_of(member: Member) -> float:
    """Neurons of a run with C_H of at least 1e-5."""
    curves = member.measures.ablation
    return float(curves.above.removed[int(np.argmin(np.abs(np.log10(curves.thresholds) + 5)))])


def _between(population: Population) -> str:
    """Whether the paper's number lies between the bins of one shared coset and of one H and K."""
    coset, labels = (
        mean_over_runs([b.mean for r in population.measures if (b := r.out_bins[name]).mean is not None])
        for name in ("same-coset", "same-labels")
    )
    theirs = paper.TABLE_3["same-coset"][0]
    if coset.low is None or labels.high is None or not labels.high < theirs < coset.low:
        return ""
    return (
        f"measure, in part: by one H and K with the smallest C_H, which mixes cosets, it is {labels.says('{:.3f}')}; "
        "the paper's number lies between the two ways to pair neurons"
    )


def _harm(population: Population) -> Measured:
    """Figure 5 against chance: where about half of the live neurons go, the unconcentrated half or a random one."""
    gains, kept, others = [], [], []
    for run in population.measures:
        curves, live = run.ablation, sum(neuron.status != "dead" for neuron in run.neurons)
        at = int(np.argmin(np.abs(np.array(curves.above_live) - live / 2)))
        gains.append(curves.above.accuracy[at] - curves.random[at])
        kept.append(curves.above.accuracy[at])
        others.append(curves.below.accuracy[at])
    gain, above, below = (mean_over_runs(values) for values in (gains, kept, others))
    said = (
        f"accuracy {above.says()} without those above, {below.says()} without those below; without those above "
        f"{gain.says('{:+.1%}')} more than without as many random ones"
    )
    return Measured(said, (gain,))
