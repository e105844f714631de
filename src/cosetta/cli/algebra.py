"""Commands about groups alone: subgroups and irreps."""

import json
from typing import Annotated

import rich
from cyclopts import Parameter
from rich.markup import escape
from rich.table import Table

from cosetta.groups import named_group, subgroup_lattice
from cosetta.harmonics import indicator_shares
from cosetta.harmonics import irreps as all_irreps

Name = Annotated[str, Parameter(help="A group by name: S5, A6, C12, D8 (order 8), Q8, V4, S4xC2, C7:C3.")]
Json = Annotated[bool, Parameter(help="Print JSON instead of a table.", negative=())]


def subgroups(group: Name, /, *, json_: Annotated[Json, Parameter(name="--json")] = False) -> None:
    """List the conjugacy classes of subgroups, with the irrep content of their cosets.

    The last column is the power of the centred indicator of H in each irrep, in percent: what a function that is
    constant on cosets of H, and otherwise plain, is made of (Table 5 of Stander et al., corrected).
    """
    G = named_group(group)
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
    table = Table(title=f"{G.name}: {count} subgroups in {len(rows)} classes", title_justify="left")
    for heading in ("subgroup", "generators", "normaliser"):
        table.add_column(heading)
    for heading in ("order", "index", "conjugates"):
        table.add_column(heading, justify="right")
    table.add_column("irreps of its cosets, %")
    for row in rows:
        shares = "  ".join(f"{name} {share:g}" for name, share in row["indicator_shares_percent"].items())
        texts = (row["subgroup"], " ".join(row["generators"]) or "-", row["normaliser"])
        table.add_row(*map(escape, texts), *(str(row[k]) for k in ("order", "index", "conjugates")), escape(shares))
    rich.print(table)


def irreps(group: Name, /, *, json_: Annotated[Json, Parameter(name="--json")] = False) -> None:
    """List the irreps over the real numbers, with their type and character.

    An irrep of complex or quaternionic type has twice the dimension that it has over the complex numbers.
    """
    G = named_group(group)
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
    table = Table(title=f"{G.name}: {len(rows)} irreps over the reals, {len(classes)} classes", title_justify="left")
    table.add_column("irrep")
    table.add_column("dimension", justify="right")
    table.add_column("type")
    for c, size in zip(classes, sizes, strict=True):
        table.add_column(f"{escape(G.labels[c])}\n{size}", justify="right")
    for row in rows:
        table.add_row(escape(row["irrep"]), str(row["dimension"]), row["type"], *(f"{x:.4g}" for x in row["character"]))
    rich.print(table)
