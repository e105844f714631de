"""The paper's claims about whole networks: training, interventions, and the measures of the account by irreps."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from cosetta.reproduce.stander2024 import paper
from cosetta.reproduce.stander2024.arguments import Argument, lower_with_abs, not_one_to_one, out_columns_by_coset
from cosetta.reproduce.stander2024.claim_rules import (
    ACCURACY,
    EXPLAINED,
    FACTOR,
    NEARLY_ALL,
    about,
    reason,
    verdict,
    within_factor,
)
from cosetta.reproduce.stander2024.controls import coset_free_control
from cosetta.reproduce.stander2024.measures import INTERVENTIONS
from cosetta.reproduce.stander2024.populations import Population
from cosetta.reproduce.stander2024.results import Claim, Verdict
from cosetta.reproduce.stander2024.spread import TOO_FEW, mean_over_runs

__all__ = ["network_claims"]

EXTREMES = 100
"""Minimum, mean and maximum of a loss are held against those of the paper's 128 runs from this number of runs on."""


def network_claims(population: Population, slow: Population | None = None) -> tuple[Claim, ...]:
    """Every claim about the networks of one group.

    Args:
        population: the runs to hold the claims against.
        slow: runs of the paper's own recipe, for the claim on when networks generalise; None if there are none.

    Returns:
        The claims that the paper makes of this group; each says how many runs are behind it.
    """
    claims: list[Claim] = []
    if population.group.name == "S5":
        claims += [*_training(population), _grokking(slow), *_interventions(population), _swap_loss(population)]
    gcr = [*(_key_irreps(population) if population.group.name == "S5" else ()), *_gcr(population)]
    claims += [replace(claim, source=paper.GCR) for claim in gcr]
    tests = (("Table 1", lower_with_abs), ("Table 3", out_columns_by_coset), ("Comparison with GCR", not_one_to_one))
    claims += [_argument(section, population, test) for section, test in tests]
    return tuple(replace(claim, statement=f"{population.group.name}: {claim.statement}") for claim in claims)


def _training(population: Population) -> list[Claim]:
    theirs = paper.POPULATION["S5"]
    generalised = mean_over_runs([float(run.grok_step is not None) for run in population.measures])
    accuracy = mean_over_runs([run.accuracy for run in population.measures])
    losses = [run.loss for run in population.measures]
    ours = (
        f"minimum {min(losses):.2g}, median {np.median(losses):.2g}, mean {np.mean(losses):.2g}" if losses else "none"
    )
    near = bool(losses) and within_factor(float(np.median(losses)), theirs["median"])
    every = about("Section 2", "all runs generalise", "128 of 128", generalised, 1.0, 0.0, notes=(_recipe(population),))
    if cut := sum(member.shortened and member.measures.grok_step is None for member in population.members):
        every = replace(every, verdict="cannot be checked", why=f"{cut} ended before their recipe does; {every.why}")
    return [
        every,
        about(
            "Section 2",
            "mean accuracy on all pairs",
            "99.99%",
            accuracy,
            0.9999,
            0.001,
            "{:.3%}",
            (_recipe(population),),
        ),
        Claim(
            "Section 2",
            "loss on all pairs over runs",
            "minimum 2e-06, median 3e-06, mean 1.3e-05",
            f"{ours}, {population.runs}",
            verdict(len(losses), near),
            reason(
                len(losses), f"the medians must be within a factor of {FACTOR:g}; the recipe is {population.recipe}"
            ),
        ),
    ]


def _grokking(slow: Population | None) -> Claim:
    """When runs of the paper's recipe generalise; one that has not, and could have later, leaves the claim open."""
    low, high = paper.GROK_STEPS
    runs = slow.measures if slow else ()
    steps = [run.grok_step for run in runs if run.grok_step is not None]
    waiting = sum(run.grok_step is None and run.steps < high for run in runs)
    never = len(runs) - len(steps) - waiting
    outside = never + sum(not low / 2 <= step <= high for step in steps)
    rule = f"all must lie between half the lower end and the upper end; {outside} do not"
    ended = f"{waiting} ended before {high:,} steps without having generalised; " if waiting else ""
    return Claim(
        "Section 2",
        "runs generalise between about 40,000 and 200,000 steps of the paper's recipe",
        f"{low:,} to {high:,} steps",
        (f"{min(steps):,} to {max(steps):,} steps in {len(steps)}" if steps else "none")
        + f" of {len(runs)} runs of stander2024",
        "cannot be checked" if waiting and not outside else verdict(len(runs), not outside),
        ended + reason(len(runs), rule),
    )


def _interventions(population: Population) -> list[Claim]:
    """Table 1, without the untouched networks, whose accuracy and loss are claims of their own."""
    free = coset_free_control()
    claims = []
    for id, theirs in paper.TABLE_1.items():
        if id == "none":
            continue
        name = INTERVENTIONS[id]
        scores = [run.interventions[id] for run in population.measures if id in run.interventions]
        extra = f"a network for Z_53 (n = 1), which has no cosets: {free[id].accuracy:.1%}" if id in free else ""
        claims.append(
            about(
                "Table 1",
                f"accuracy under: {name}",
                f"{theirs.accuracy:.2%}",
                mean_over_runs([score.accuracy for score in scores]),
                theirs.accuracy,
                ACCURACY,
                notes=(extra, _recipe(population)),
            )
        )
        losses = [score.loss for score in scores]
        if theirs.median is not None:
            middle = float(np.median(losses)) if losses else float("nan")
            claims.append(
                Claim(
                    "Table 1",
                    f"median loss under: {name}",
                    f"{theirs.median:.3g}",
                    f"{middle:.3g}, {population.runs}",
                    verdict(len(losses), within_factor(middle, theirs.median)),
                    reason(len(losses), f"within a factor of {FACTOR:g}; the recipe is {population.recipe}"),
                )
            )
            claims.append(_spread_of_losses(name, theirs, losses, population))
    return claims


def _spread_of_losses(name: str, theirs: paper.PaperScores, losses: Sequence[float], population: Population) -> Claim:
    """Minimum, mean and maximum, which only about as many runs as the paper's can be held against."""
    expected = [value for value in (theirs.minimum, theirs.mean, theirs.maximum) if value is not None]
    ours = [min(losses), float(np.mean(losses)), max(losses)] if losses else []
    near = all(within_factor(mine, other) for mine, other in zip(ours, expected, strict=bool(ours)))
    few = len(losses) < EXTREMES
    return Claim(
        "Table 1",
        f"minimum, mean and maximum loss under: {name}",
        ", ".join(f"{value:.3g}" for value in expected),
        ", ".join(f"{value:.3g}" for value in ours) + f", {population.runs}",
        "cannot be checked" if few else verdict(len(losses), near),
        (f"{TOO_FEW}: extremes depend on the number of runs, and {EXTREMES} are needed; " if few else "")
        + f"each within a factor of {FACTOR:g}; {_recipe(population)}",
    )


def _swap_loss(population: Population) -> Claim:
    losses = [s.loss for run in population.measures if (s := run.interventions.get("swap-embeddings")) is not None]
    theirs = paper.TABLE_1["swap-embeddings"].printed
    least = min(losses, default=float("nan"))
    return Claim(
        "Table 1",
        f"loss under: {INTERVENTIONS['swap-embeddings']}",
        f"{theirs:.2f}",
        f"minimum {least:.3g}, {population.runs}",
        verdict(len(losses), within_factor(least, theirs)),
        reason(
            len(losses),
            f"our minimum, which is what the table prints, within a factor of {FACTOR:g}; {_recipe(population)}",
        ),
    )


def _key_irreps(population: Population) -> list[Claim]:
    claims = []
    for name, theirs in (("(1^5)", 49), ("(4,1)", 49), ("(2,1^3)", 17), ("(3,1,1)", 0)):
        share = theirs / paper.GCR_S5_RUNS
        ours = mean_over_runs([float(name in run.gcr.key) for run in population.measures])
        claims.append(
            about(
                "Section 5",
                f"{name} is a key irrep",
                f"{theirs} of 50 runs",
                ours,
                share,
                0.1,
                "{:.0%}",
                (_recipe(population),),
            )
        )
    one, other = paper.GCR_FIVE_DIMENSIONAL
    claims.append(
        about(
            "Section 5",
            "number of 5-dimensional key irreps of a run",
            f"{(one + other) / paper.GCR_S5_RUNS:.2f}: one is key in {one} and the other in {other} of 50 runs",
            mean_over_runs(
                [float(sum(name in run.gcr.key for name in ("(3,2)", "(2,2,1)"))) for run in population.measures]
            ),
            (one + other) / paper.GCR_S5_RUNS,
            0.2,
            "{:.2f}",
            ("it is not said which is which", _recipe(population)),
        )
    )
    number = mean_over_runs([float(len(run.gcr.key)) for run in population.measures])
    expected = sum(n * runs for n, runs in paper.GCR_KEY_COUNT.items()) / paper.GCR_S5_RUNS
    claims.append(
        about(
            "Section 5",
            "mean number of key irreps",
            f"{expected:.2f}",
            number,
            expected,
            0.5,
            "{:.2f}",
            (_recipe(population),),
        )
    )
    return claims


def _gcr(population: Population) -> list[Claim]:
    four = paper.GCR_TABLE_3.get(population.group.name, {})
    fifty = paper.GCR_MEANS if population.group.name == "S5" else {}
    claims = []
    for kind, what in (
        ("left", "W_a in the key irreps"),
        ("right", "W_b in the key irreps"),
        ("out", "W_U in the key irreps"),
        ("hidden", "activations explained by the key irreps"),
        ("product", "activations explained by rho(ab)"),
        ("excluded", "excluded loss without rho(ab) of the key irreps"),
    ):
        theirs = fifty.get(kind, four[kind])
        form, tolerance = ("{:.1f}", 0.3 * theirs) if kind == "excluded" else ("{:.1%}", EXPLAINED)
        ours = mean_over_runs([run.gcr.total[kind] for run in population.measures])
        where = f"Mean of {paper.GCR_S5_RUNS} runs" if kind in fifty else "Table 3"
        claims.append(about(where, what, form.format(theirs), ours, theirs, tolerance, form, (_recipe(population),)))
    for kind, what in (("restricted", "restricted loss with rho(ab) of the key irreps alone"), ("test", "test loss")):
        losses = [run.test_loss if kind == "test" else run.gcr.total[kind] for run in population.measures]
        middle = float(np.median(losses)) if losses else float("nan")
        near = verdict(len(losses), within_factor(middle, four[kind]))
        rule = f"our median and their mean of 4 runs within a factor of {FACTOR:g}; {_recipe(population)}"
        ours = f"median {middle:.2g}, {population.runs}"
        claims.append(Claim("Table 3", what, f"{four[kind]:.2g}", ours, near, reason(len(losses), rule)))
    restricted = [run.gcr.total["restricted"] < run.test_loss for run in population.measures]
    claims.append(
        Claim(
            "Section 5",
            "with rho(ab) of the key irreps alone the loss is lower than the test loss",
            "lower",
            f"lower in {sum(restricted)} of {population.runs}",
            verdict(len(restricted), sum(restricted) >= NEARLY_ALL * len(restricted)),
            reason(
                len(restricted),
                "in at least 95% of the runs; coset neurons predict it too, since cosets of the "
                "product are functions of the product",
            ),
        )
    )
    return claims


def _argument(section: str, population: Population, test: Callable[[Population], Argument]) -> Claim:
    """An argument as a claim; `arguments.py` has the test."""
    found = test(population)
    verdicts: dict[str, Verdict] = {"holds": "agrees", "fails": "differs", TOO_FEW: "cannot be checked"}
    why = f"control: {found.control}. Does it tell cosets from irreps? {found.decides}"
    few = f"{TOO_FEW}; " if found.verdict == TOO_FEW else ""
    return Claim(section, found.name, found.statement, found.measured, verdicts[found.verdict], few + why)


def _recipe(population: Population) -> str:
    return f"recipe {population.recipe}"
