"""Programs on disk: `program.json`, and the literals of a written `.py` file. Nothing in a file is executed.

Of a Python file only the literals that are assigned at its top level are read (`ast.literal_eval`); the rest of it is
ignored. Elements are lines of images, so a file is checked against the group that it names.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from cosetta.errors import BadRun, CosettaError
from cosetta.files import FilePath, read_bytes, read_json
from cosetta.groups import Group, Subgroup, read_group
from cosetta.hypotheses.partitions import coset_partition, double_coset_partition
from cosetta.hypotheses.program import TOP, Family, Program, Rule, Weight
from cosetta.programs.permutations import one_line

__all__ = ["SCHEMA", "program_record", "read_program"]

SCHEMA = 1
MAX_BYTES = 2**22
WHAT, ADVICE = "a program of `cosetta decompile`", "decompile the network again"


@final
@dataclass(frozen=True)
class _Family:
    """A family as JSON has it: elements by label, rules as (u, v, weights, words)."""

    name: str
    generators: tuple[str, ...]
    scales: tuple[tuple[int, ...], ...]
    rules: tuple[tuple[str, str, tuple[tuple[int, int, int], ...], str], ...]
    shares: tuple[int, ...] = ()


@final
@dataclass(frozen=True)
class _Program:
    """A program as JSON has it."""

    group: str
    unit: float
    start: tuple[int, ...]
    start_worth: float
    families: tuple[_Family, ...]


@final
@dataclass(frozen=True)
class _File:
    """What is read of program.json."""

    program: _Program


def program_record(program: Program) -> dict[str, Any]:
    """A program as plain data, elements by their labels.

    Args:
        program: the program.

    Returns:
        What `read_program` reads under the key `program`.
    """
    label = program.group.labels
    return {
        "group": program.group.name,
        "unit": program.unit,
        "start": list(program.start),
        "start_worth": program.start_worth,
        "families": [
            {
                "name": family.name,
                "generators": [label[g] for g in family.generators],
                "scales": [list(scale) for scale in family.scales],
                "shares": list(family.shares),
                "rules": [
                    [label[rule.u], label[rule.v], [[w.scale, w.above, w.below] for w in rule.weights], rule.says]
                    for rule in program.rules
                    if rule.family == family.name
                ],
            }
            for family in program.families
        ],
    }


def read_program(path: FilePath, group: Group | None = None) -> Program:
    """A program from `program.json` or from a written Python file, which is not executed.

    Args:
        path: the file.
        group: the group, if it is not one that its name tells.

    Returns:
        The program.

    Raises:
        BadRun: if the file is missing or damaged, or is no program of that group.
        Unsupported: if the group's name is unknown.
        CosettaError: whatever else the group's name is refused with.
    """
    path = Path(path)
    try:
        if path.suffix == ".py":
            program = _from_python(_literals(path), group)
        else:
            record = read_json(path, _File, what=WHAT, advice=ADVICE, schema=SCHEMA, max_bytes=MAX_BYTES)
            program = _from_json(record.program, group)
        _check(program)
    except CosettaError:
        raise
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as problem:
        kind = "" if isinstance(problem, ValueError) else f"{type(problem).__name__}: "  # theirs say what is wrong
        reason = " ".join(f"{kind}{problem}".split())[:200]
        raise BadRun(f"`{path}` must be {WHAT}; {reason}: {ADVICE}") from problem
    return program


def _literals(path: Path) -> dict[str, Any]:
    """Literals that are assigned to names at the top level."""
    content = read_bytes(path, what=WHAT, advice=ADVICE, max_bytes=MAX_BYTES)
    found: dict[str, Any] = {}
    try:
        for node in ast.parse(content.decode("utf-8")).body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                target, value = node.targets[0], node.value
                pairs = [(target, value)]
                if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                    pairs = list(zip(target.elts, value.elts, strict=False))
                for name, literal in pairs:
                    if isinstance(name, ast.Name) and name.id in {"GROUP", "UNIT", "FAMILIES", "START", "WORTH"}:
                        found[name.id] = ast.literal_eval(literal)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError) as problem:
        raise BadRun(f"`{path}` must be {WHAT}; {' '.join(str(problem).split())[:200]}: {ADVICE}") from problem
    missing = {"GROUP", "UNIT", "FAMILIES"} - set(found)
    if missing:
        raise BadRun(f"`{path}` must be {WHAT}; it has no {', '.join(sorted(missing))}: {ADVICE}")
    return found


def _group(name: str, group: Group | None) -> Group:
    """The group that a program names, which is the given one if there is one."""
    if group is not None and group.name != name:
        raise ValueError(f"it is of {name}, and {group.name} was asked for")
    return group or read_group(name)


def _from_python(found: dict[str, Any], group: Group | None) -> Program:
    group = _group(found["GROUP"], group)
    line = one_line(group)
    element = {text: i for i, text in enumerate(line)}
    in_line = sorted(range(group.order), key=line.__getitem__)
    start, families, rules = (), [], []
    if "START" in found:
        numbers = [int(n) for n in found["START"].split()]
        start = tuple(dict(zip(in_line, numbers, strict=True))[i] for i in range(group.order))
    for name, (generators, scales, *shares, text) in found["FAMILIES"].items():
        H = group.subgroup([element[x] for x in generators.split()])
        rows = coset_partition(H, "right")
        order = sorted(range(H.index), key=lambda i: min(line[g] for g in (rows == i).nonzero()[0].tolist()))
        ours = [_in_our_order(scale, order) for scale in scales]
        shared = () if shares in ([], [[TOP]]) else _in_our_order(shares[0], order)
        families.append(Family(name, tuple(element[x] for x in generators.split()), tuple(ours), shared))
        for row in text.strip().split("\n"):
            u, v, weights, says = row.split(" ", 3)
            parts = [[int(n) for n in part.split(",")] for part in weights.split(";")]
            found_weights = tuple(Weight(*(part if len(part) == 3 else (0, *part))) for part in parts)
            rules.append(Rule(name, element[u], element[v], found_weights, f"ab {says}"))
    return Program(
        group, tuple(families), tuple(rules), float(found["UNIT"]), start, float(found["WORTH"]) if start else 0.0
    )


def _in_our_order(values: Sequence[int], order: Sequence[int]) -> tuple[int, ...]:
    by_coset = dict(zip(order, values, strict=True))
    return tuple(by_coset[i] for i in range(len(order)))


def _from_json(found: _Program, group: Group | None) -> Program:
    group = _group(found.group, group)
    families, rules = [], []
    for family in found.families:
        families.append(Family(family.name, tuple(group[x] for x in family.generators), family.scales, family.shares))
        for u, v, weights, says in family.rules:
            rules.append(Rule(family.name, group[u], group[v], tuple(Weight(*w) for w in weights), says))
    return Program(group, tuple(families), tuple(rules), found.unit, found.start, found.start_worth)


def _check(program: Program) -> None:
    """Refuse what no program of ours holds; the message is completed by the caller."""
    numbers = [x for family in program.families for values in (*family.scales, family.shares) for x in values]
    numbers += program.start
    if not program.rules or not all(0 <= x <= TOP for x in numbers):
        raise ValueError(f"it must have rules, and values from 0 to {TOP}")
    if not (0 < program.unit < 1e6 and 0 <= program.start_worth < 1e9):
        raise ValueError(f"UNIT must be positive and WORTH not negative; got {program.unit}, {program.start_worth}")
    if program.start and len(program.start) != program.group.order:
        raise ValueError(f"START must have {program.group.order} values; it has {len(program.start)}")
    for family in program.families:
        index = program.subgroups[family.name].index
        if not family.scales or any(len(scale) != index for scale in family.scales):
            raise ValueError(f"{family.name} has {index} cosets, so each scale must have as many values")
        if family.shares and not _constant_on_double_cosets(family.shares, program.subgroups[family.name]):
            raise ValueError(f"shares of {family.name} must be {TOP} first, a value for each coset, one a double coset")
    if len({rule.coset for rule in program.rules}) < len(program.rules):
        raise ValueError("no two rules may be about one coset")
    for rule in program.rules:
        for weight in rule.weights:
            if not 0 <= weight.scale < len(program.by_name[rule.family].scales):
                raise ValueError(f"a rule of {rule.family} names scale {weight.scale}, which there is not")
            if max(abs(weight.above), abs(weight.below)) > TOP:
                raise ValueError(f"weights must lie in -{TOP} .. {TOP}; got {weight}")


def _constant_on_double_cosets(shares: tuple[int, ...], H: Subgroup) -> bool:
    """Whether there is a value for each coset, `TOP` for H, and the same on each double coset."""
    if len(shares) != H.index or shares[0] != TOP:
        return False
    by_element, parts = np.array(shares)[coset_partition(H, "right")], double_coset_partition(H, H)
    return all(len(set(by_element[parts == part].tolist())) == 1 for part in range(parts.max() + 1))
