"""Claims about algebra: the smallest rho-set of each irrep of S5."""

from cosetta.groups import Group, named_group, subgroup_lattice
from cosetta.harmonics import fixed_space_dimension, irreps
from cosetta.report.notation import plural
from cosetta.reproduce.frame.rules import Exact, Measured, plain
from cosetta.reproduce.wu2024 import paper
from cosetta.reproduce.wu2024.subjects import Row, Subject, strong_sets

__all__ = ["minimal_sets", "size_rows"]


def size_rows() -> list[Row]:
    """A row for each irrep that the paper gives a size of.

    Returns:
        The rows.
    """
    exact = minimal_sets(named_group("S5"))
    return [_size_row(name, size, exact[name]) for name, size in paper.MINIMAL_SETS.items()]


def minimal_sets(group: Group) -> dict[str, int]:
    """Points of the smallest rho-set of each irrep: the least index of a subgroup that fixes a vector of it.

    Args:
        group: the group.

    Returns:
        Sizes by irrep.

    Example:
        >>> minimal_sets(named_group("S3"))
        {'(3)': 1, '(2,1)': 3, '(1^3)': 2}
    """
    lattice = subgroup_lattice(group)
    subgroups = [lattice.subgroup(cls.representative) for cls in lattice.classes]
    return {irrep.name: min(H.index for H in subgroups if fixed_space_dimension(irrep, H)) for irrep in irreps(group)}


def _size_row(name: str, size: int, exact: int) -> Row:
    def measured(subject: Subject) -> Measured:
        """The size is algebra, the same whatever the networks; what they have stands beside it."""
        seen = sorted(
            {s.points for n in subject.networks if n.group == "S5" for s in strong_sets(n) if s.irrep == name}
        )
        there = f"; of {plural(len(seen), 'size')} in the networks: {', '.join(map(str, seen))}" if seen else ""
        return Measured(f"{exact}{there}", (plain(float(exact), 1),))

    what = f"points of the smallest rho-set of {name} of S5"
    return Row(f"size-{name}", "Rho-sets", what, str(size), measured, Exact(float(size), 0.0, "exact, by the lattice"))
