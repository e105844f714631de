"""What Chughtai et al. 2023 report of their networks, and the paper's arguments against it, held against ours."""

from collections.abc import Callable
from functools import partial

import numpy as np

from cosetta.reproduce.frame.claims import ClaimRow
from cosetta.reproduce.frame.rules import Factors, Measured, Near, Part, Stated, plain
from cosetta.reproduce.frame.spread import TOO_FEW, mean_over_runs
from cosetta.reproduce.stander2024 import paper
from cosetta.reproduce.stander2024.arguments import Argument, lower_with_abs, not_one_to_one, out_columns_by_coset
from cosetta.reproduce.stander2024.populations import Population

__all__ = ["EXPLAINED", "NEARLY_ALL", "argument_rows", "gcr_rows"]

EXPLAINED = 0.05
"""Shares explained by irreps agree within this."""

NEARLY_ALL = 0.95
"""Share of the runs that "all" or "nearly all" asks for."""

KEY = (("(1^5)", 49), ("(4,1)", 49), ("(2,1^3)", 17), ("(3,1,1)", 0))
"""Key irreps with the number of their 50 runs; which 5-dimensional irrep is which is not said."""

EXPLAINS = (
    ("left", "W_a in the key irreps"),
    ("right", "W_b in the key irreps"),
    ("out", "W_U in the key irreps"),
    ("hidden", "activations explained by the key irreps"),
    ("product", "activations explained by rho(ab)"),
    ("excluded", "excluded loss without rho(ab) of the key irreps"),
)

LOSSES = (("restricted", "restricted loss with rho(ab) of the key irreps alone"), ("test", "test loss"))

Row = ClaimRow[Population]


def gcr_rows(group: str) -> list[Row]:
    """What they report of a group.

    Args:
        group: S5 or S6.

    Returns:
        The rows, with them as the source.
    """
    four = paper.GCR_TABLE_3.get(group, {})
    fifty = paper.GCR_MEANS if group == "S5" else {}
    rows = _key_irreps() if group == "S5" else []
    for kind, what in EXPLAINS:
        theirs = fifty.get(kind, four[kind])
        form, tolerance = ("{:.1f}", 0.3 * theirs) if kind == "excluded" else ("{:.1%}", EXPLAINED)
        where = f"Mean of {paper.GCR_S5_RUNS} runs" if kind in fifty else "Table 3"
        rule = Near(theirs, tolerance, form)
        rows.append(Row(f"gcr-{kind}", where, what, form.format(theirs), partial(_total, kind, form), rule, paper.GCR))
    for kind, what in LOSSES:
        rule = Factors((four[kind],), "our median and their mean of 4 runs ")
        rows.append(Row(f"gcr-{kind}", "Table 3", what, f"{four[kind]:.2g}", partial(_median, kind), rule, paper.GCR))
    said = "must have it; coset neurons predict it too, since cosets of the product are functions of the product"
    what = "with rho(ab) of the key irreps alone the loss is lower than the test loss"
    rows.append(Row("gcr-lower", "Section 5", what, "lower", _lower, Part(NEARLY_ALL, said), paper.GCR))
    return rows


def _key_irreps() -> list[Row]:
    rows = []
    for name, theirs in KEY:
        share = theirs / paper.GCR_S5_RUNS
        said = f"{theirs} of {paper.GCR_S5_RUNS} runs"
        measure = partial(_is_key, name)
        rows.append(
            Row(
                f"key-{name}",
                "Section 5",
                f"{name} is a key irrep",
                said,
                measure,
                Near(share, 0.1, "{:.0%}"),
                paper.GCR,
            )
        )
    one, other = paper.GCR_FIVE_DIMENSIONAL
    five = (one + other) / paper.GCR_S5_RUNS
    said = f"{five:.2f}: one is key in {one} and the other in {other} of 50 runs"
    rows.append(
        Row(
            "key-five",
            "Section 5",
            "number of 5-dimensional key irreps of a run",
            said,
            _five,
            Near(five, 0.2, "{:.2f}"),
            paper.GCR,
        )
    )
    expected = sum(n * runs for n, runs in paper.GCR_KEY_COUNT.items()) / paper.GCR_S5_RUNS
    what, said = "mean number of key irreps", f"{expected:.2f}"
    rows.append(Row("key-count", "Section 5", what, said, _key_count, Near(expected, 0.5, "{:.2f}"), paper.GCR))
    return rows


def _is_key(name: str, population: Population) -> Measured:
    mean = mean_over_runs([float(name in run.gcr.key) for run in population.measures])
    return Measured(mean.says("{:.0%}"), (mean,))


def _five(population: Population) -> Measured:
    mean = mean_over_runs(
        [float(sum(name in run.gcr.key for name in ("(3,2)", "(2,2,1)"))) for run in population.measures]
    )
    return Measured(mean.says("{:.2f}"), (mean,), ("it is not said which is which",))


def _key_count(population: Population) -> Measured:
    mean = mean_over_runs([float(len(run.gcr.key)) for run in population.measures])
    return Measured(mean.says("{:.2f}"), (mean,))


def _total(kind: str, form: str, population: Population) -> Measured:
    mean = mean_over_runs([run.gcr.total[kind] for run in population.measures])
    return Measured(mean.says(form), (mean,))


def _median(kind: str, population: Population) -> Measured:
    losses = [run.test_loss if kind == "test" else run.gcr.total[kind] for run in population.measures]
    middle = float(np.median(losses)) if losses else None
    said = f"median {middle:.2g}, {population.runs}" if middle is not None else "not measured"
    return Measured(said, (plain(middle, len(losses)),))


def _lower(population: Population) -> Measured:
    lower = [run.gcr.total["restricted"] < run.test_loss for run in population.measures]
    share = sum(lower) / len(lower) if lower else None
    return Measured(f"lower in {sum(lower)} of {population.runs}", (plain(share, len(lower)),))


def argument_rows() -> list[Row]:
    """The paper's arguments for cosets that are tests of networks; `arguments.py` has them.

    Returns:
        The rows.
    """
    tests: tuple[tuple[str, str, str, str, Callable[[Population], Argument]], ...] = (
        ("lower-with-abs", "Table 1", "|x| lowers the loss", _ABS, lower_with_abs),
        ("out-by-coset", "Table 3", "out columns group by coset, not by irrep", _OUT, out_columns_by_coset),
        ("one-to-one", "Comparison with GCR", "irreps and subgroups are not one to one", _MIXED, not_one_to_one),
    )
    return [
        Row(id, section, name, said, partial(_argument, test), Stated("the test of the argument"))
        for id, section, name, said, test in tests
    ]


_ABS = "a neuron that fires on both signs rules its coset out twice as often"
_OUT = "two neurons write alike when they share a coset; sharing an irrep is not enough"
_MIXED = "neurons of one irrep use different subgroups, and neurons of one subgroup different irreps"


def _argument(test: Callable[[Population], Argument], population: Population) -> Measured:
    found = test(population)
    value = {"holds": 1.0, "fails": 0.0, TOO_FEW: None}[found.verdict]
    why = f"control: {found.control}. Does it tell cosets from irreps? {found.decides}"
    few = TOO_FEW if found.verdict == TOO_FEW else ""
    return Measured(found.measured, (plain(value, len(population.members)),), (why,), few)
