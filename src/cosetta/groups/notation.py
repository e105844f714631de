"""Generators written as text: permutations in cycle or one-line notation, matrices modulo a number.

`(1 2 3)(4 5), (1 2)` and `(1,2,3)(4,5);(1,2)` are cycles, `[2,3,1], [2,1,3]` one-line images, both on points from 1;
in cycles of one-digit points the separators may be missing, `(123)(45)`. `[[0,-1],[1,0]], [[1,1],[0,1]] mod 3` are
matrices. Text is read by a small grammar, never evaluated, and its size is checked first.
"""

import json
import re
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from jaxtyping import Int

from cosetta.errors import NotAGroup, Unsupported

__all__ = ["MAX_TEXT", "find_element", "read_matrices", "read_permutations"]

MAX_TEXT = 100_000
"""Most characters of a text with generators."""

MAX_POINTS = 1_000
"""Most points of a permutation given as text; 10,000 elements on them take 40 MB."""

MAX_MATRIX = 16
"""Most rows of a matrix given as text."""

_CYCLE = re.compile(r"\(([^()]*)\)")


def read_permutations(text: str) -> list[list[int]]:
    """Permutations in cycle or one-line notation.

    Args:
        text: permutations on points from 1, separated by commas or semicolons.

    Returns:
        0-based one-line images, all of the degree that the largest point needs.

    Raises:
        NotAGroup: if the text is neither notation, a cycle repeats a point or a line misses one.

    Example:
        >>> read_permutations("(1 2 3)(4 5); (12)")
        [[1, 2, 0, 4, 3], [1, 0, 2, 3, 4]]
        >>> read_permutations("[2, 3, 1]")
        [[1, 2, 0]]
    """
    _check_length(text)
    if text.lstrip().startswith("["):
        lines = _brackets(text)
        for line in lines:
            if not isinstance(line, list) or not all(type(point) is int for point in line):
                raise NotAGroup(f"one-line notation lists the images of 1, 2, .. such as `[2,3,1]`; got `{line}`")
            _check_points(max(line, default=1))
            if sorted(line) != list(range(1, len(line) + 1)):
                raise NotAGroup(f"a one-line permutation must have each point 1..{len(line)} once; got {line}")
        degree = max(map(len, lines), default=1)
        return [[i - 1 for i in line] + list(range(len(line), degree)) for line in lines]
    parts = [part for part in re.split(r"[;,]?\s*(?<=\))\s*[;,]\s*|;", text) if part.strip()]
    cycles = [_cycles(part) for part in parts]
    degree = max((point for permutation in cycles for cycle in permutation for point in cycle), default=1)
    return [_one_line(permutation, degree) for permutation in cycles]


def read_matrices(text: str) -> tuple[list[np.ndarray], int]:
    """Square integer matrices modulo a number.

    Args:
        text: matrices as lists of rows, then `mod` and the modulus.

    Returns:
        The matrices, and the modulus.

    Raises:
        NotAGroup: if the text is not of that form.
        Unsupported: if a matrix has more than 16 rows.

    Example:
        >>> matrices, modulus = read_matrices("[[1,1],[0,1]] mod 5")
        >>> matrices[0].tolist(), modulus
        ([[1, 1], [0, 1]], 5)
    """
    _check_length(text)
    body, _, modulus = text.rpartition("mod")
    if not modulus.strip().isdecimal() or len(modulus.strip()) > 7:
        raise NotAGroup(f"matrices end in `mod p` with p up to a million; got `{text[-40:]}`")
    matrices = []
    for rows in _brackets(body):
        if not isinstance(rows, list) or not rows or not all(isinstance(row, list) for row in rows):
            raise NotAGroup(f"a matrix is a list of rows such as `[[1,1],[0,1]]`; got `{str(rows)[:40]}`")
        size = len(rows)
        if size > MAX_MATRIX:
            raise Unsupported(f"matrices given as text have at most {MAX_MATRIX} rows, not {size}")
        if any(len(row) != size or not all(type(x) is int and abs(x) < 2**31 for x in row) for row in rows):
            raise NotAGroup(f"a matrix must be square with integer entries below 2^31; got `{str(rows)[:40]}`")
        matrices.append(np.array(rows, dtype=np.int64))
    return matrices, int(modulus)


def find_element(
    label: str, labels: Sequence[str], permutations: Int[np.ndarray, "g degree"] | None, group: str
) -> int:
    """The element that a text names: by its label, or as a permutation in any notation.

    Args:
        label: the text.
        labels: printed label of each element.
        permutations: images of the points under each element, or None if they are no permutations.
        group: name of the group, for the error.

    Returns:
        The element.

    Raises:
        KeyError: if there is none, or more than one.

    Example:
        >>> find_element("(1, 2, 3)", ("e", "(123)", "(132)"), np.array([[0, 1, 2], [1, 2, 0], [2, 0, 1]]), "A3")
        1
    """
    found = [a for a, name in enumerate(labels) if name == label.strip()]
    if not found and permutations is not None:
        degree = permutations.shape[1]
        with suppress(NotAGroup, Unsupported):
            lines = [line + list(range(len(line), degree)) for line in read_permutations(label.replace(") (", ")("))]
            if len(lines) == 1 and len(lines[0]) == degree:
                found = np.flatnonzero((permutations == np.array(lines[0])).all(axis=1)).tolist()
    if len(found) != 1:
        near = ", ".join(labels[:4])
        count = "no element" if not found else f"{len(found)} elements"
        raise KeyError(f"{group} has {count} written `{label[:40]}`; its labels are {near}, ..")
    return int(found[0])


def _brackets(text: str) -> list:
    """Nested lists of integers, as JSON."""
    if not re.fullmatch(r"[\[\]\d,;\s-]*", text) or text.count("[") > MAX_TEXT // 10:
        raise NotAGroup(f"lists hold integers and commas alone; got `{text[:40]}`")
    try:
        return json.loads("[" + text.replace(";", ",") + "]")
    except (ValueError, RecursionError):
        raise NotAGroup(f"brackets and commas do not match in `{text[:40]}`") from None


def _cycles(text: str) -> list[list[int]]:
    """Disjoint cycles of one permutation; `e` and `()` are the identity."""
    plain = text.strip().strip(",").strip()
    if plain in {"e", "()"}:
        return []
    if _CYCLE.sub("", plain).strip() or not plain:
        raise NotAGroup(f"permutations are written as cycles `(1 2 3)(4 5)` or lines `[2,3,1]`; got `{plain[:40]}`")
    cycles = []
    for inside in _CYCLE.findall(plain):
        words = re.findall(r"\S+", inside.replace(",", " "))
        if len(words) == 1 and len(words[0]) > 1 and words[0].isdecimal():
            words = list(words[0])
        if not all(word.isdecimal() and 0 < len(word) <= 6 for word in words):
            raise NotAGroup(f"points of a cycle are numbers from 1; got `({inside[:40]})`")
        cycles.append([int(word) for word in words])
    points = [point for cycle in cycles for point in cycle]
    _check_points(max(points, default=1))
    if len(set(points)) < len(points) or min(points, default=1) < 1:
        raise NotAGroup(f"cycles must be disjoint, on points from 1; got `{plain[:40]}`")
    return cycles


def _one_line(cycles: list[list[int]], degree: int) -> list[int]:
    """0-based images."""
    images = list(range(degree))
    for cycle in cycles:
        for point, following in zip(cycle, cycle[1:] + cycle[:1], strict=True):
            images[point - 1] = following - 1
    return images


def _check_length(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise Unsupported(f"generators are read from at most {MAX_TEXT:,} characters, not {len(text):,}")


def _check_points(largest: int) -> None:
    if largest > MAX_POINTS:
        raise Unsupported(f"permutations given as text move points up to {MAX_POINTS:,}, not {largest:,}")
