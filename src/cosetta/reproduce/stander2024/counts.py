r"""Tables 4 and 5: numbers of subgroups and irreps, and which irreps the indicator of a subgroup holds.

Both are algebra, computed exactly from the group. The centred indicator of H has the share $d_\rho m_\rho/([G:H]-1)$ in
an irrep, with $m_\rho$ the dimension of its vectors fixed by H. Beyond S7 and A6 the counts are cited.
"""

from collections.abc import Sequence

from cosetta.groups import Group, double_cosets, named_group, subgroup_lattice
from cosetta.harmonics import Irrep, indicator_shares, irreps
from cosetta.reproduce.frame.results import Cell, Column, Table
from cosetta.reproduce.stander2024.paper import TABLE_5

__all__ = ["CITED", "COUNTED", "double_coset_counts", "indicator_table", "subgroup_counts"]

COUNTED = ("S3", "S4", "S5", "S6", "S7", "A5", "A6")
"""Groups whose subgroups are found here; S7 takes seconds the first time, then comes from the cache."""

CITED: dict[str, tuple[int, int, int]] = {
    "S8": (151_221, 296, 22),
    "S9": (1_694_723, 554, 30),
    "S10": (29_594_446, 1_593, 42),
}
"""Subgroups, classes and irreps beyond: OEIS A005432, A000638 and A000041."""


def subgroup_counts(names: Sequence[str] = COUNTED) -> Table:
    """Table 4: subgroups, their classes, and irreps.

    Irreps are counted over the complex numbers, where there are as many as conjugacy classes.

    Args:
        names: groups to count in.

    Returns:
        The table; the rows beyond are marked as cited.

    Example:
        >>> subgroup_counts(["S3"]).rows[0]
        ('S3', 6, 6, 4, 3, 'computed')
    """
    rows: list[tuple[Cell, ...]] = []
    for name in names:
        group = named_group(name)
        lattice = subgroup_lattice(group)
        counts = len(lattice), len(lattice.classes), len(group.conjugacy_classes)
        rows.append((name, group.order, *counts, "computed"))
    orders = {"S8": 40_320, "S9": 362_880, "S10": 3_628_800}
    rows += [(name, orders[name], *counts, "cited") for name, counts in CITED.items()]
    return Table(
        name="table4",
        title="Subgroups grow much faster than irreps",
        columns=(
            Column("group"),
            Column("order", "count"),
            Column("subgroups", "count"),
            Column("classes of subgroups", "count"),
            Column("irreps", "count"),
            Column("from"),
        ),
        rows=tuple(rows),
        notes=(
            "Computed rows are found by cyclic extension and agree with GAP; cited rows are OEIS A005432 (subgroups), "
            "A000638 (classes) and A000041 (irreps).",
            "The authors' own lists of subgroups lack five C4 in S5 and all 36 C5 in S6.",
        ),
        source="Table 4",
    )


def double_coset_counts(group: Group) -> dict[str, int]:
    """Number of double cosets HgH of each class of proper nontrivial subgroups.

    Two means that G acts 2-transitively on the cosets of H, which the paper's proof needs.

    Args:
        group: the group.

    Returns:
        Counts by class, smallest subgroups first.

    Example:
        >>> double_coset_counts(named_group("S3"))
        {'C2': 2, 'C3': 2}
    """
    lattice = subgroup_lattice(group)
    counts = {}
    for cls in lattice.classes:
        if 1 < cls.order < group.order:
            H = lattice.subgroup(cls.representative)
            counts[cls.name] = int(double_cosets(H, H).max()) + 1
    return counts


def indicator_table(group: Group, classes: int | None = None) -> Table:
    """Table 5: irrep content of the centred indicator of each class of subgroups.

    Args:
        group: the group.
        classes: how many classes, largest subgroups first; None is all proper nontrivial ones.

    Returns:
        The table, smallest subgroups first. For S5 a last column says where the paper prints something else.
    """
    lattice, all_irreps = subgroup_lattice(group), irreps(group)
    others = [irrep.name for irrep in all_irreps if not _is_trivial(irrep)]
    kept = [i for i, irrep in enumerate(all_irreps) if irrep.name in others]
    counts = double_coset_counts(group)
    proper = [cls for cls in lattice.classes if cls.name in counts]
    printed = TABLE_5 if group.name == "S5" else {}
    rows: list[tuple[Cell, ...]] = []
    for cls in proper[-classes:] if classes else proper:
        shares = indicator_shares(lattice.subgroup(cls.representative), all_irreps)[kept].tolist()
        row: tuple[Cell, ...] = (cls.name, cls.order, len(cls.subgroups), counts[cls.name], *shares)
        rows.append((*row, _printed(others, shares, printed.get(cls.name, ()))) if printed else row)
    columns = [Column("subgroup"), Column("order", "count"), Column("conjugates", "count")]
    columns += [Column("double cosets", "count"), *(Column(name, "percent") for name in others)]
    notes = (
        "Exact: d m / ([G:H] - 1) with m the dimension of the vectors that H fixes. Every row sums to 1.",
        "The paper's proof covers the classes with two double cosets.",
    )
    if left := len(proper) - len(rows):
        notes += (f"The {left} classes of smaller subgroups are left out.",)
    corrected = [str(row[0]) for row in rows if printed and row[-1] != "same"]
    if corrected:
        notes += (f"Misprinted in the paper, corrected here: {', '.join(corrected)}.",)
    return Table(
        name=f"table5-{group.name}",
        title=f"Irreps in the indicators of the subgroups of {group.name}",
        columns=(*columns, Column("the paper prints")) if printed else tuple(columns),
        rows=tuple(rows),
        notes=notes,
        source="Table 5",
    )


def _printed(names: Sequence[str], shares: Sequence[float], printed: Sequence[float]) -> str:
    """Where the printed percents differ from the exact ones, rounded to one place."""
    if not printed:
        return "not given"
    exact = [round(100 * share, 1) for share in shares]
    wrong = [
        f"{name} {theirs:g} for {ours:g}"
        for name, ours, theirs in zip(names, exact, printed, strict=True)
        if abs(ours - theirs) > 0.051
    ]
    return "; ".join(wrong) or "same"


def _is_trivial(irrep: Irrep) -> bool:
    return irrep.dim == 1 and bool((irrep.character > 0.5).all())
