"""When two networks run the same program: the symmetries of multiplication, and a form that they do not change.

If x, y and z = xy are renamed as uxw, w^-1 yv and uzv, products stay products; so they do if all three are inverted and
x and y change places. A rule about C becomes one about uCv, or about C^-1. Inner automorphisms are among these; outer
ones (S6 has them) are left out. Two programs are *alike* when such a renaming carries the cosets of one to those of the
other. Weights and scales are not compared.
"""

from collections import Counter

import numpy as np
from jaxtyping import Int

from cosetta.groups import Group
from cosetta.hypotheses.program import Program

__all__ = ["canonical_cosets", "complete_families", "rules_by_family"]

MOST_WORK = 2_000_000_000
"""Images of rules under all renamings that are computed at most: S5 with 118 rules takes 3.4 million, S6 80 million."""


def rules_by_family(program: Program) -> dict[str, int]:
    """How many rules each family has.

    Args:
        program: the program.

    Returns:
        Counts by name, the largest subgroups first.
    """
    counts = Counter(rule.family for rule in program.rules)
    return {family.name: counts[family.name] for family in program.families}


def complete_families(program: Program) -> tuple[str, ...]:
    """Families of which every coset of every conjugate is a rule.

    Args:
        program: the program.

    Returns:
        Their names.

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.programs.building import complete_program
        >>> program = complete_program(named_group("S4"), ["S3", "A4"])
        >>> complete_families(program), complete_families(program.keep(range(1, 18)))
        (('A4', 'S3'), ('S3',))
    """
    counts = rules_by_family(program)
    return tuple(name for name, cosets in _cosets(program).items() if counts[name] == len(cosets))


def canonical_cosets(program: Program) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """The cosets of the rules, in a form that is the same for all programs that are alike.

    Cost: |G|^2 times the number of rules.

    Args:
        program: the program.

    Returns:
        For each family numbers of cosets, the smallest list over all renamings.

    Raises:
        ValueError: if the group is too large for it.

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.programs.building import complete_program
        >>> S4 = complete_program(named_group("S4"), ["S3"])
        >>> form = canonical_cosets(S4.keep([0, 1]))  # one i with two j
        >>> form == canonical_cosets(S4.keep([0, 4])), form == canonical_cosets(S4.keep([0, 5]))
        (True, False)
    """
    group, order = program.group, program.group.order
    if 2 * order**2 * len(program.rules) > MOST_WORK:
        raise ValueError(f"programs are compared by trying all |G|^2 renamings; {group.name} has {order**2:,}")
    known = _cosets(program)
    offsets, total = {}, 0
    for name, cosets in known.items():
        offsets[name], total = total, total + len(cosets)
    tables = [_images(group, list(cosets)) + offsets[name] for name, cosets in known.items()]
    left, right, inverted = (np.concatenate([table[k] for table in tables], axis=-1) for k in range(3))
    own = np.array(
        [offsets[rule.family] + known[rule.family][_key(program, rule)] for rule in program.rules], dtype=int
    )
    best = None
    for start in (own, inverted[0][own]):
        for u in range(order):
            images = np.sort(right[:, left[u][start]], axis=1)
            candidate = images[np.lexsort(images.T[::-1])[0]]
            if best is None or tuple(candidate) < tuple(best):
                best = candidate
    return tuple(
        (name, tuple(int(i) - first for i in best if first <= i < first + len(known[name])))
        for name, first in offsets.items()
        if best is not None
    )


def _cosets(program: Program) -> dict[str, dict[bytes, int]]:
    """Every coset of every conjugate of each family's H, numbered, by which elements it holds."""
    found = {}
    for family in program.families:
        H, table = program.subgroups[family.name], program.group.table
        members = {}
        for u in range(program.group.order):
            row = table[u, H.elements]  # uH
            for v in range(program.group.order):
                inside = np.zeros(program.group.order, dtype=bool)
                inside[table[row, v]] = True
                members.setdefault(inside.tobytes(), None)
        found[family.name] = {key: i for i, key in enumerate(sorted(members))}
    return found


def _key(program: Program, rule) -> bytes:
    return program.cosets_of(rule)[2].tobytes()


def _images(group: Group, cosets: list[bytes]) -> Int[np.ndarray, "3 g coset"]:
    """Number of uC, of Cv and of C^-1 (the same in every row) for every u, v and coset C."""
    inside = np.array([np.frombuffer(key, dtype=bool) for key in cosets])
    number = {key: i for i, key in enumerate(cosets)}

    def of(moved: np.ndarray) -> list[int]:
        return [number[row.tobytes()] for row in np.ascontiguousarray(moved)]

    inverse = group.inverse
    left = [of(inside[:, group.table[inverse[u]]]) for u in range(group.order)]  # z in uC when u^-1 z in C
    right = [of(inside[:, group.table[:, inverse[v]]]) for v in range(group.order)]
    inverted = of(inside[:, inverse])
    return np.array([left, right, [inverted] * group.order])
