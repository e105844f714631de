"""The one reader of JSON and TOML files: nothing in a file is trusted, and what is wrong is said in one line.

A file may be cut short, edited by hand, of a later version, not text at all, nested a million deep or of any size. The
reader checks, in this order: that it is a file, its size, that it parses (at most `MAX_DEPTH` deep, every number
finite), the number of its layout, and every field's type and range. A number written as a text is not a number here,
and a key that a whole record does not have is refused: it would be lost.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from types import GenericAlias
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from cosetta.errors import BadRun, CosettaError
from cosetta.files.paths import FilePath

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "first_problem",
    "read_bytes",
    "read_json",
    "read_toml",
    "setting_problem",
    "shown",
]

MAX_BYTES = 2**26
"""Largest file that is read if nobody says: 64 MiB; the analysis of an S6 network takes 2."""

MAX_TOML = 2**20
"""Largest TOML file: 1 MiB; it is read by pure Python, at about 1 MB a second."""

MAX_DEPTH = 200
"""Deepest nesting of lists and tables that is read; ours are six deep."""

FEW = 4
"""Most numbers of a tuple that a message shows."""

T = TypeVar("T")


def read_bytes(
    path: FilePath,
    *,
    what: str,
    advice: str,
    error: type[CosettaError] = BadRun,
    max_bytes: int = MAX_BYTES,
) -> bytes:
    """The content of a file of bounded size.

    Args:
        path: the file.
        what: what it must be, for the message: `the whole record of a run`.
        advice: the next step, for the message.
        error: class of the error.
        max_bytes: refuse larger files, before they are read.

    Returns:
        The bytes.

    Raises:
        CosettaError: of class `error`, if there is no such file, it cannot be read, or it is too large.

    Example:
        >>> read_bytes("nowhere.json", what="an analysis", advice="run `cosetta explain` first")
        Traceback (most recent call last):
        cosetta.errors.BadRun: `nowhere.json` must be an analysis; it does not exist: run `cosetta explain` first
    """
    path = Path(path)
    try:
        if not path.is_file():
            reason = "it is no file" if path.exists() else "it does not exist"
        elif (size := path.stat().st_size) > max_bytes:
            reason = f"it has {size:,} bytes, more than {max_bytes:,}"
        else:
            return path.read_bytes()
    except (OSError, ValueError) as problem:  # ValueError: a null character in the name
        reason = getattr(problem, "strerror", None) or str(problem)
    raise error(f"`{path}` must be {what}; {reason}: {advice}")


def read_json(
    path: FilePath,
    kind: type[T] | GenericAlias,
    *,
    what: str,
    advice: str,
    schema: int | None = None,
    error: type[CosettaError] = BadRun,
    max_bytes: int = MAX_BYTES,
    finite: bool = True,
) -> T:
    """A JSON file as a checked object: the only way in which files of ours are read.

    Args:
        path: the file.
        kind: what it holds: a dataclass, a pydantic model, or a type such as `dict[str, float]`. Types are strict:
            `"1"` is no number, `1.5` and `true` are no integers. A dataclass with a field `schema` is the whole file,
            so keys that it or what it holds does not have are refused; one without is a view of some of the keys.
        what: what the file must be, for the message: `a whole analysis`.
        advice: the next step, for the message.
        schema: number that the key `schema` must have; None asks for none.
        error: class of the error.
        max_bytes: refuse larger files, before they are read.
        finite: whether to refuse NaN and infinities, which ours never hold.

    Returns:
        The object.

    Raises:
        CosettaError: of class `error`, in one line that names the file, the field and what stands there.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "shares.json"
        >>> _ = path.write_text('{"schema": 1, "S4": "0.5"}')
        >>> read_json(path.name, dict[str, float], what="a table of shares", advice="make it again")
        Traceback (most recent call last):
        cosetta.errors.BadRun: `shares.json` must be a table of shares; it does not exist: make it again
        >>> try:
        ...     read_json(path, dict[str, float], what="a table of shares", advice="make it again", schema=1)
        ... except BadRun as error:
        ...     print(str(error).replace(str(path), "shares.json"))
        `shares.json` must be a table of shares; `S4` must be a valid number, not '0.5': make it again
    """
    path = Path(path)
    content = read_bytes(path, what=what, advice=advice, error=error, max_bytes=max_bytes)
    try:
        parsed = from_json(content, allow_inf_nan=not finite)
        json.dumps(parsed, allow_nan=not finite)  # 1e999 reads as infinity
        if schema is None or not (reason := _other_schema(parsed, schema)):
            return _adapter(kind).validate_json(content, strict=True, extra="forbid" if _is_whole(kind) else None)
    except ValidationError as problem:
        reason = first_problem(problem)
    except (ValueError, RecursionError) as problem:
        reason = _line(problem)
    raise error(f"`{path}` must be {what}; {reason}: {advice}")


def read_toml(path: FilePath, *, what: str, advice: str, error: type[CosettaError] = BadRun) -> dict[str, Any]:
    """A TOML file as plain data of bounded size and depth.

    Args:
        path: the file.
        what: what it must be, for the message.
        advice: the next step, for the message.
        error: class of the error.

    Returns:
        Values by name.

    Raises:
        CosettaError: of class `error`, in one line.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "run.toml"
        >>> _ = path.write_text("width = 96")
        >>> read_toml(path, what="settings", advice="mend it")
        {'width': 96}
    """
    content = read_bytes(path, what=what, advice=advice, error=error, max_bytes=MAX_TOML)
    try:
        parsed = tomllib.loads(content.decode("utf-8"))
        if _depth_exceeds(parsed, MAX_DEPTH):
            reason = f"it is nested more than {MAX_DEPTH} deep"
        else:
            return parsed
    except RecursionError:
        reason = f"it is nested more than {MAX_DEPTH} deep"
    except ValueError as problem:
        reason = _line(problem)
    raise error(f"`{path}` must be {what}; {reason}: {advice}")


def first_problem(error: ValidationError) -> str:
    """What is wrong with the first field that is wrong.

    Args:
        error: of pydantic.

    Returns:
        One line: the field, what it must be, and what stands there.
    """
    problem = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in problem["loc"])[:100]
    if problem["type"] in ("missing", "missing_argument"):
        return f"`{field}` is missing"
    if problem["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        return f"`{field}` is not known to this version"
    text = problem["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    if text == problem["msg"] or not field:
        return _line(f"`{field}`: {text[0].lower()}{text[1:]}" if field else f"{text[0].lower()}{text[1:]}")
    return _line(f"`{field}` must be {text}, not {shown(problem['input'])}")


def setting_problem(name: str, problem: Mapping[str, Any]) -> str:
    """What is wrong with a setting, in the words of a person who gave it.

    Args:
        name: of the setting.
        problem: one of pydantic's.

    Returns:
        One line: the setting, what it must be, and what arrived.

    Example:
        >>> setting_problem("width", {"type": "greater_than", "msg": "Input should be greater than 0", "input": -5})
        '`width` must be greater than 0; got -5'
    """
    text = problem["msg"].removeprefix("Value error, ")
    kind = _PLAIN_KINDS.get(problem["type"], text.removeprefix("Input should be "))
    reason = f": {text[0].lower()}{text[1:]}" if kind == text else f" must be {kind}"
    return _line(f"`{name}`{reason}; got {shown(problem['input'])}")


_PLAIN_KINDS = {
    "bool_parsing": "true or false",
    "finite_number": "a finite number",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of at most 19 digits",
    "int_type": "a whole number",
}
"""What a value must be, where pydantic's words are those of a programmer."""


def _other_schema(parsed: Any, schema: int) -> str:
    """Why this is not a file of this schema, or an empty string."""
    if not isinstance(parsed, dict):
        return f"it holds {shown(parsed)}, no table"
    found = parsed.get("schema")
    if type(found) is int and found == schema:
        return ""
    return f"it must have schema {schema}; it has {'none' if found is None else shown(found)}"


def _is_whole(kind: Any) -> bool:
    """Whether a type describes every key of a file."""
    return is_dataclass(kind) and any(field.name == "schema" for field in fields(kind))


@cache
def _adapter(kind: Any) -> TypeAdapter:
    return TypeAdapter(kind)


def shown(value: Any) -> str:
    """A value of any kind and size for a message.

    Args:
        value: what arrived.

    Returns:
        At most 60 printable characters.

    Example:
        >>> shown([0] * 1000), len(shown("x" * 1000))
        ('a list of 1,000', 60)
        >>> shown((0.9, 1.5))
        '(0.9, 1.5)'
    """
    if isinstance(value, tuple) and 0 < len(value) <= FEW and all(isinstance(x, int | float) for x in value):
        return repr(value)[:60]
    if isinstance(value, dict | list | tuple):
        return f"{'a table' if isinstance(value, dict) else 'a list'} of {len(value):,}"
    return "null" if value is None else repr(value)[:60].encode("ascii", "backslashreplace").decode()


def _line(problem: Exception | str) -> str:
    return " ".join(str(problem).split())[:300].encode("utf-8", "backslashreplace").decode()


def _depth_exceeds(content: Any, limit: int) -> bool:
    """Whether lists and tables are nested deeper than this; level by level, so no depth is too deep to look at."""
    level = [content]
    for _ in range(limit + 1):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
