"""The paper's claims about whole networks: training, interventions, and the measures of the account by irreps."""

from collections.abc import Callable
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
from cosetta.reproduce.stander2024.populations import Population
from cosetta.reproduce.stander2024.results import Claim, Verdict
from cosetta.reproduce.stander2024.spread import TOO_FEW, mean_over_runs

__all__ = ["network_claims"]


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
        claims += [*_training(population, slow), *_interventions(population), _printed_mean(population)]
        claims += _key_irreps(population)
    claims += _gcr(population)
    tests = (("Table 1", lower_with_abs), ("Table 3", out_columns_by_coset), ("Comparison with GCR", not_one_to_one))
    claims += [_argument(section, population, test) for section, test in tests]
    return tuple(replace(claim, statement=f"{population.group.name}: {claim.statement}") for claim in claims)


def _training(population: Population, slow: Population | None) -> list[Claim]:
    theirs = paper.POPULATION["S5"]
    generalised = mean_over_runs([float(run.grok_step is not None) for run in population.measures])
    accuracy = mean_over_runs([run.accuracy for run in population.measures])
    losses = [run.loss for run in population.measures]
    ours = (
        f"minimum {min(losses):.2g}, median {np.median(losses):.2g}, mean {np.mean(losses):.2g}" if losses else "none"
    )
    near = bool(losses) and within_factor(float(np.median(losses)), theirs["median"])
    steps = [run.grok_step for run in slow.measures if run.grok_step is not None] if slow else []
    low, high = paper.GROK_STEPS
    return [
        about("Section 2", "all runs generalise", "128 of 128", generalised, 1.0, 0.0, notes=(_recipe(population),)),
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
        Claim(
            "Population",
            "runs generalise between 40,000 and 200,000 steps of the paper's recipe",
            f"{low:,} to {high:,} steps",
            f"{min(steps):,} to {max(steps):,} steps, {len(steps)} runs of stander2024" if steps else "no such run",
            verdict(len(steps), bool(steps) and low / 2 <= min(steps) and max(steps) <= 1.25 * high),
            reason(len(steps), "all must lie between half the lower and 1.25 of the upper end"),
        ),
    ]


def _interventions(population: Population) -> list[Claim]:
    free = coset_free_control()
    claims = []
    for name, theirs in paper.TABLE_1.items():
        accuracy = mean_over_runs(
            [run.interventions[name].accuracy for run in population.measures if name in run.interventions]
        )
        extra = f"Z_53, which has no cosets: {free[name].accuracy:.1%}" if name in free else ""
        claims.append(
            about(
                "Table 1",
                f"accuracy under: {name}",
                f"{theirs.accuracy:.2%}",
                accuracy,
                theirs.accuracy,
                ACCURACY,
                notes=(extra, _recipe(population)),
            )
        )
        losses = [run.interventions[name].loss for run in population.measures if name in run.interventions]
        if theirs.median is not None and name != "none":
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
    return claims


def _printed_mean(population: Population) -> Claim:
    losses = [run.loss for run in population.measures]
    ours = f"minimum {min(losses):.3g}, mean {np.mean(losses):.3g}, {population.runs}" if losses else "no runs"
    return Claim(
        "Table 1",
        "the printed mean loss of the untouched networks is 1.97e-06",
        "1.97e-06",
        f"the authors' notebooks give minimum 2e-06 and mean 1.3e-05; ours: {ours}",
        "differs",
        "the printed numbers are minima over the 128 runs; minimum, median and mean are all given here",
    )


def _key_irreps(population: Population) -> list[Claim]:
    claims = []
    for name, theirs in (("(1^5)", 49), ("(4,1)", 49), ("(2,1^3)", 17), ("(3,1,1)", 0)):
        share = theirs / paper.GCR_S5_RUNS
        ours = mean_over_runs([float(name in run.gcr.key) for run in population.measures])
        claims.append(
            about(
                "GCR, section 5",
                f"{name} is a key irrep",
                f"{theirs} of 50 runs",
                ours,
                share,
                0.1,
                "{:.0%}",
                (_recipe(population),),
            )
        )
    number = mean_over_runs([float(len(run.gcr.key)) for run in population.measures])
    expected = sum(n * runs for n, runs in paper.GCR_KEY_COUNT.items()) / paper.GCR_S5_RUNS
    claims.append(
        about(
            "GCR, section 5",
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
    theirs = paper.GCR_MEANS if population.group.name == "S5" else paper.GCR_TABLE_3.get(population.group.name, {})
    claims = []
    for kind, what in (
        ("left", "W_a in the key irreps"),
        ("out", "W_U in the key irreps"),
        ("hidden", "activations explained by the key irreps"),
        ("product", "activations explained by rho(ab)"),
    ):
        ours = mean_over_runs([run.gcr.total[kind] for run in population.measures])
        claims.append(
            about(
                "GCR, Table 3", what, f"{theirs[kind]:.1%}", ours, theirs[kind], EXPLAINED, notes=(_recipe(population),)
            )
        )
    excluded = mean_over_runs([run.gcr.total["excluded"] for run in population.measures])
    restricted = [run.gcr.total["restricted"] < run.test_loss for run in population.measures]
    claims.append(
        about(
            "GCR, Table 3",
            "excluded loss without rho(ab) of the key irreps",
            f"{theirs['excluded']:.1f}",
            excluded,
            theirs["excluded"],
            0.3 * theirs["excluded"],
            "{:.1f}",
            (_recipe(population),),
        )
    )
    claims.append(
        Claim(
            "GCR, section 5",
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
