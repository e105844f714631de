"""The contract of a results file, key by key: what is written is read, and what is more or less is refused by name."""

import json
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from cosetta.errors import BadRun

__all__ = ["check_every_key"]


def records(result: Any, at: tuple = ()) -> Iterator[tuple[tuple, Any]]:
    """Every record in a result with its place in the file, of each class the last one met with the most in it."""
    if is_dataclass(result):
        yield at, result
    children = (
        {field.name: getattr(result, field.name) for field in fields(result)}
        if is_dataclass(result)
        else result
        if isinstance(result, dict)
        else dict(enumerate(result))
        if isinstance(result, tuple | list)
        else {}
    )
    for key, child in children.items():
        yield from records(child, (*at, key))


def changed(value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, dict):
        return {key: changed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [changed(inner) for inner in value]
    return {int: lambda: value + 1, float: lambda: value / 2 + 0.125, str: lambda: value + "x"}.get(
        type(value), lambda: value
    )()


def check_every_key(
    result: Any, path: Path, load: Callable[[Path], Any], known: frozenset[type] = frozenset()
) -> tuple[int, int, frozenset[type]]:
    """Change, remove and add every key of every class of record in a result's file.

    A changed value is read as it stands, or refused; a removed key without a default and an added one are refused by
    name.

    Args:
        result: with a method `to_json`.
        path: where to write it.
        load: reads such a file.
        known: classes of records that need no second look.

    Returns:
        Number of keys whose other value was read, and of keys that must be there, and the classes looked at.
    """
    whole = json.loads(result.to_json())

    def read() -> Any:
        path.write_text(json.dumps(whole))
        return load(path)

    kept, needed, seen = set(), set(), {}
    for at, record in records(result):
        filled = sum(bool(getattr(record, field.name)) for field in fields(record))
        if filled > seen.get(type(record), (-1,))[0]:
            seen[type(record)] = filled, at
    for kind in seen.keys() - known:
        at = seen[kind][1]
        keys = whole
        for key in at:
            keys = keys[key]
        keys["unheard_of"] = 1
        with pytest.raises(BadRun, match=r"unheard_of` is not known to this version"):
            read()
        del keys["unheard_of"]
        for field in fields(kind):
            value = keys.pop(field.name)
            if field.default is MISSING and field.default_factory is MISSING:
                with pytest.raises(BadRun, match=f"{field.name}` is missing"):
                    read()
                needed.add((kind, field.name))
            keys[field.name] = changed(value)
            try:
                assert keys[field.name] == value or json.loads(read().to_json()) == whole, (kind, field.name)
                kept.add((kind, field.name))
            except BadRun:
                pass
            keys[field.name] = value
    return len(kept), len(needed), frozenset(seen)
