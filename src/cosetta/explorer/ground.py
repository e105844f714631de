"""The part of a sidecar that is about the group: elements, table, irreps, subgroups with their names and places."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from cosetta.explorer.hasse import class_covers, layered
from cosetta.groups import Group, SubgroupLattice
from cosetta.harmonics import Irrep
from cosetta.report.notation import typeset
from cosetta.report.palette import class_palette, irrep_palette

__all__ = ["elements", "irrep_content", "subgroups"]

TYPES = {1: "real", 0: "complex", -1: "quaternionic"}


def elements(
    group: Group, irreps: tuple[Irrep, ...], strongest: Sequence[str] = ()
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What a page needs of the group itself.

    Args:
        group: the group.
        irreps: its irreps.
        strongest: irreps that the network uses, strongest first, which have colours before others.

    Returns:
        Name, labels, classes of elements and irreps as plain JSON; table, classes and permutations as arrays.

    Example:
        >>> from cosetta import irreps, named_group
        >>> header, arrays = elements(named_group("S3"), irreps(named_group("S3")))
        >>> header["name"], [c["label"] for c in header["element_classes"]], arrays["table"].shape
        ('S3', ['e', '(23)', '(123)'], (6, 6))
    """
    colours = irrep_palette([irrep.name for irrep in irreps], strongest)
    header = {
        "name": group.name,
        "title": typeset(group.name),
        "order": group.order,
        "labels": list(group.labels),
        "generators": [int(g) for g in group.generators],
        "element_classes": [
            {
                "label": group.labels[int(members[0])],
                "size": len(members),
                "order": int(group.element_orders[members[0]]),
            }
            for members in group.conjugacy_classes
        ],
        "irreps": [
            {
                "name": irrep.name,
                "title": typeset(irrep.name),
                "dim": irrep.dim,
                "type": TYPES[irrep.frobenius_schur],
                "colour": colours[irrep.name],
            }
            for irrep in irreps
        ],
    }
    arrays: dict[str, np.ndarray] = {
        "table": group.table.astype(np.uint16),
        "element_class": group.class_of.astype(np.uint16),
    }
    if group.permutations is not None and group.permutations.shape[1] < 256:
        arrays["permutations"] = group.permutations.astype(np.uint8)
    return header, arrays


def subgroups(
    lattice: SubgroupLattice, irreps: tuple[Irrep, ...], used: Iterable[str]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What a page needs of the lattice of subgroups.

    Args:
        lattice: the subgroups.
        irreps: the group's irreps.
        used: names of the classes that the analysis counts, which have the colours of its report.

    Returns:
        Classes with names, colours, irreps and places in the Hasse diagram, and the edges between them; membership of
        every subgroup as bits (most significant first) and the class of each.
    """
    used = sorted(set(used))
    colours = class_palette(lattice.class_names) | class_palette(used)
    edges = class_covers(lattice)
    drawing = layered(np.array([c.order for c in lattice.classes]), edges, [_room(c.name) for c in lattice.classes])
    content = irrep_content(lattice, irreps)
    classes = [
        {
            "name": cls.name,
            "title": typeset(cls.name),
            "order": cls.order,
            "index": cls.index,
            "conjugates": len(cls.subgroups),
            "first": int(cls.subgroups[0]),
            "normaliser": int(lattice.class_of[cls.normalizer]),
            "generators": [_generators(lattice, int(position)) for position in cls.subgroups[:60]],
            "colour": colours[cls.name],
            "across": round(float(drawing.across[i]), 3),
            "layer": int(drawing.layer[i]),
            "content": {irreps[k].name: round(float(content[i, k]), 6) for k in np.flatnonzero(content[i] > 1e-9)},
        }
        for i, cls in enumerate(lattice.classes)
    ]
    header = {"classes": classes, "covers": edges.tolist(), "subgroups": len(lattice), "used": used}
    header["bends"] = [[round(x, 3) for x in bends] for bends in drawing.bends]
    return header, {"members": lattice.packed, "subgroup_class": lattice.class_of.astype(np.uint16)}


def irrep_content(lattice: SubgroupLattice, irreps: tuple[Irrep, ...]) -> Float[np.ndarray, "cls irrep"]:
    """How often each irrep occurs in the functions on G/H, H of each class.

    Args:
        lattice: the subgroups.
        irreps: the group's irreps over the reals.

    Returns:
        Multiplicities; the sum over irreps of dim times multiplicity is [G:H].

    Source:
        Frobenius reciprocity: dim of the vectors fixed by H, over the dimension of the commutant.

    Example:
        >>> from cosetta import irreps, named_group, subgroup_lattice
        >>> irrep_content(subgroup_lattice(named_group("S3")), irreps(named_group("S3"))).round(6).tolist()
        [[1.0, 2.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    members = lattice.members[[cls.representative for cls in lattice.classes]].astype(float)
    characters = np.stack([irrep.character / irrep.endomorphism_dim for irrep in irreps])
    return np.clip(members @ characters.T / members.sum(axis=1, keepdims=True), 0, None)


def _room(name: str) -> float:
    """Width of a label of two lines, the second one smaller, in units of 92 pixels (`page/views/lattice.js`)."""
    first, _, rest = typeset(name).partition(" ")
    return max(1.0, (24 + max(7.5 * len(first), 5.6 * len(rest))) / 92)


def _generators(lattice: SubgroupLattice, position: int) -> str:
    """Generators of one subgroup as printed labels."""
    labels = lattice.group.labels
    return ", ".join(labels[int(g)] for g in dict.fromkeys(lattice.generators[position].tolist()) if g) or labels[0]
