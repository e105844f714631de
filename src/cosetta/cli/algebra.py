"""Commands about groups alone: everything about one, its subgroups, its irreps."""

import json
from typing import Annotated

import rich
from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cosetta.cli.tables import SHOWN, add_names, add_numbers, character_tables, cut, plain_table
from cosetta.groups import read_group, subgroup_lattice
from cosetta.harmonics import GroupDescription, describe_group, indicator_shares, small_group_mark
from cosetta.harmonics import irreps as all_irreps
from cosetta.shown import plural

Text = Annotated[
    str,
    Parameter(
        help="A group by name (S5, D8, SL(2,3), C2wrS3, SmallGroup(32,6)), by generators ('(1 2 3),(1 2)' or "
        "'[[1,1],[0,1]] mod 5'), by presentation ('a,b | a^2,b^3,(a b)^5') or by table (FILE.csv, .npy, .parquet)."
    ),
]
Json = Annotated[bool, Parameter(help="Print JSON instead of a table.", negative=())]


NARROW = 80
"""Columns of a terminal below which names of subgroups are folded."""


def group_(group: Text, /, *, json_: Annotated[Json, Parameter(name="--json")] = False) -> None:
    """Show what there is to know about a group: structure, classes, irreps, subgroups and the irreps of their cosets.

    A star marks subgroups H with exactly two double cosets HgH, on whose cosets the group is 2-transitive. `[16,3]`
    after a name that fits several groups is the number in the library of small groups. The last column is the power of
    the centred indicator of H in each irrep, in percent (Table 5 of Stander et al., corrected).
    """
    facts = describe_group(read_group(group))
    if json_:
        print(json.dumps(facts.to_json(), indent=1))
        return
    rich.print(_summary(facts), _class_table(facts), _irrep_table(facts), _subgroup_table(facts), sep="\n")


def _summary(facts: GroupDescription) -> Table:
    """One line a fact."""
    table = Table.grid(padding=(0, 2))
    same = " = ".join(dict.fromkeys(x for x in (facts.name, facts.structure, facts.small_group) if x))
    for title, text in (
        ("group", f"{same}, {'abelian' if facts.is_abelian else 'not abelian'}"),
        ("order", f"{facts.order:,}"),
        ("centre", facts.centre),
        ("derived series", _series(facts)),
        ("nilpotency class", "not nilpotent" if facts.nilpotency_class is None else str(facts.nilpotency_class)),
        ("abelianisation", "x".join(f"C{n}" for n in facts.abelianisation) or "1"),
        ("2-transitive on", _two_transitive(facts)),
    ):
        table.add_row(title, escape(text))
    return table


def _series(facts: GroupDescription) -> str:
    """The derived series with its factors, which are abelian."""
    steps = [f"{name} > [{factor}]" for name, factor in zip(facts.derived_series, facts.derived_factors, strict=False)]
    last = facts.derived_series[-1]
    end = "solvable" if facts.is_solvable else f"not solvable, as {last} is perfect"
    return " ".join([*steps, last]) + f" ({end})"


def _two_transitive(facts: GroupDescription) -> str:
    """The subgroups on whose cosets the group is 2-transitive."""
    if "subgroups" in facts.left_out:
        return "not known, the subgroups were not listed"
    found = [f"{s.name} (index {s.index})" for s in facts.subgroup_classes if s.is_two_transitive]
    return ("cosets of " + ", ".join(found)) if found else "no coset space"


def _class_table(facts: GroupDescription) -> Table:
    """Classes of elements, the first 60."""
    table = plain_table(plural(len(facts.classes), "class of elements", "classes of elements"))
    add_names(table, "representative")
    add_numbers(table, "order", "size")
    for cls in facts.classes[:SHOWN]:
        table.add_row(escape(cls.representative), str(cls.order), str(cls.size))
    return cut(table, len(facts.classes))


def _irrep_table(facts: GroupDescription) -> Table | str:
    """Irreps, the first 60."""
    if "irreps" in facts.left_out:
        return f"irreps were left out: {escape(facts.left_out['irreps'])}"
    table = plain_table(f"{plural(len(facts.irreps), 'irrep')} over the reals")
    add_names(table, "irrep")
    add_numbers(table, "dimension", "type", "kernel")
    for irrep in facts.irreps[:SHOWN]:
        kernel = "faithful" if irrep.kernel_order == 1 else f"order {irrep.kernel_order}"
        table.add_row(escape(irrep.name), str(irrep.dimension), irrep.type, kernel)
    return cut(table, len(facts.irreps))


def _subgroup_table(facts: GroupDescription) -> Table | str:
    """Classes of subgroups, the first 60."""
    if "subgroups" in facts.left_out:
        return f"subgroups were left out: {escape(facts.left_out['subgroups'])}"
    count = len(facts.subgroup_classes)
    table = plain_table(f"{plural(facts.subgroups, 'subgroup')} in {plural(count, 'class')}")
    add_names(table, "subgroup")
    add_numbers(table, "order", "index", "conj.")
    add_names(table, "irreps of its cosets, %")
    _fold_names(table, [f"{s.name} {s.small_group}" for s in facts.subgroup_classes[:SHOWN]])
    for s in facts.subgroup_classes[:SHOWN]:
        shares = "  ".join(f"{name}={share:g}" for name, share in s.shares_percent.items())
        name = " ".join(filter(None, (s.name, s.small_group, "*" * s.is_two_transitive)))
        table.add_row(escape(name), str(s.order), str(s.index), str(s.conjugates), escape(shares))
    return cut(table, count)


def _fold_names(table: Table, names: list[str]) -> None:
    """On a narrow terminal, fold the first column at spaces, so that the shares beside it stay whole."""
    if Console().width < NARROW:
        table.columns[0].max_width = max(len(word) for name in [*names, "subgroup"] for word in name.split())


def subgroups(group: Text, /, *, json_: Annotated[Json, Parameter(name="--json")] = False) -> None:
    """List the conjugacy classes of subgroups, with the irrep content of their cosets.

    The last column is the power of the centred indicator of H in each irrep, in percent: what a function that is
    constant on cosets of H, and otherwise plain, is made of (Table 5 of Stander et al., corrected). `[16,3]` after a
    name that fits several groups is the number in the library of small groups.
    """
    G = read_group(group)
    lattice, irreps = subgroup_lattice(G), all_irreps(G)
    rows = []
    for cls in lattice.classes:
        H = lattice.subgroup(cls.representative)
        shares = {
            r.name: round(100 * s, 1) for r, s in zip(irreps, indicator_shares(H, irreps), strict=True) if s > 1e-9
        }
        rows.append(
            {
                "subgroup": cls.name,
                "small_group": small_group_mark(H, cls.name),
                "order": cls.order,
                "index": cls.index,
                "conjugates": len(cls.subgroups),
                "normaliser": lattice.names[cls.normalizer],
                "generators": [G.labels[g] for g in H.generators],
                "indicator_shares_percent": shares if cls.index > 1 else {},
            }
        )
    count = len(lattice.orders)
    if json_:
        print(json.dumps({"group": G.name, "order": G.order, "subgroups": count, "classes": rows}, indent=1))
        return
    table = plain_table(f"{G.name}: {plural(count, 'subgroup')} in {plural(len(rows), 'class')}")
    add_names(table, "subgroup")
    add_numbers(table, "order", "index", "conj.")
    names = [irrep.name for irrep in irreps[1:]]  # the trivial one has no share in a centred indicator
    shown = [f"{row['subgroup']} {row['small_group']}".strip() for row in rows]
    _fold_names(table, shown)
    longest = [max(map(len, texts)) for texts in (shown, [row["normaliser"] for row in rows])]
    in_columns = sum(max(5, len(name)) + 2 for name in names) + sum(longest) + 28 <= Console().width
    if in_columns:
        table.add_column("normaliser", no_wrap=True)
    for name in names if in_columns else ["irreps of its cosets, %"]:
        (add_numbers if in_columns else add_names)(table, name)
    for name, row in zip(shown, rows, strict=True):
        shares = row["indicator_shares_percent"]
        texts = [f"{shares[irrep]:g}" if irrep in shares else "" for irrep in names]
        if not in_columns:
            texts = ["  ".join(f"{irrep}={share:g}" for irrep, share in shares.items())]
        numbers = (str(row[key]) for key in ("order", "index", "conjugates"))
        normaliser = [escape(row["normaliser"])] if in_columns else []
        table.add_row(escape(name), *numbers, *normaliser, *map(escape, texts))
    if in_columns and names:
        table.caption = "right: irreps of the cosets, % of the centred indicator"
    rich.print(table)


def irreps(group: Text, /, *, json_: Annotated[Json, Parameter(name="--json")] = False) -> None:
    """List the irreps over the real numbers, with their type and character.

    An irrep of complex or quaternionic type has twice the dimension that it has over the complex numbers.
    """
    G = read_group(group)
    types = {1: "real", 0: "complex", -1: "quaternionic"}
    classes = [int(cls[0]) for cls in G.conjugacy_classes]
    sizes = [len(cls) for cls in G.conjugacy_classes]
    rows = [
        {
            "irrep": irrep.name,
            "dimension": irrep.dim,
            "type": types[irrep.frobenius_schur],
            "character": [round(float(irrep.character[c]), 6) + 0.0 for c in classes],
        }
        for irrep in all_irreps(G)
    ]
    if json_:
        labels = [G.labels[c] for c in classes]
        print(
            json.dumps({"group": G.name, "order": G.order, "classes": labels, "sizes": sizes, "irreps": rows}, indent=1)
        )
        return
    counts = f"{plural(len(rows), 'irrep')} over the reals, {plural(len(classes), 'class')}"
    title = f"{G.name}: {counts} (size below each)"
    named = [(row["irrep"], str(row["dimension"]), row["type"]) for row in rows]
    headings = [f"{G.labels[c]}\n{size}" for c, size in zip(classes, sizes, strict=True)]
    values = [[f"{x:.4g}" for x in row["character"]] for row in rows]
    rich.print(*character_tables(title, ("irrep", "dimension", "type"), named, headings, values), sep="\n")
