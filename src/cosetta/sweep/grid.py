"""Grids of configurations: the cartesian product of lists of settings.

Any field of `TrainConfig`, and any field of `Phase` (applied to every phase), may have several values, and so may the
group, the recipe and the seed. Seeds vary slowest, so a sweep that is stopped early has all combinations equally often.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from cosetta.errors import BadConfig
from cosetta.groups import Group, is_one_group, read_group
from cosetta.training import RECIPES, TrainConfig

__all__ = ["ALIASES", "grid", "seed_range", "split_list"]

ALIASES = {"frac": "train_fraction", "seeds": "seed", "groups": "group", "recipes": "recipe"}
"""Other names of settings."""

MOST_RUNS = 1_000_000
"""Most runs of one sweep: each is a folder, and the list of them is held in memory."""

_SEQUENCES = {"betas", "phases"}
"""Fields whose single value is itself a sequence."""


def grid(settings: Mapping[str, Any]) -> tuple[TrainConfig, ...]:
    """The configurations of a grid.

    Args:
        settings: by name, one value or a list of values; `group` must be there, `recipe` is `fast` and `seed` 0 if they
            are not. A text is read as on the command line: `0:128` for seeds, commas between values, `none`.

    Returns:
        Every combination once, seeds varying slowest.

    Raises:
        BadConfig: if a name is unknown, a value out of range, or a list empty.
        Unsupported: if a group is unknown.

    Example:
        >>> configs = grid({"group": "S3,S4", "seed": "0:2", "width": [16, 32], "recipe": "fast"})
        >>> [(c.group, c.seed, c.width) for c in configs][:5]
        [('S3', 0, 16), ('S3', 0, 32), ('S4', 0, 16), ('S4', 0, 32), ('S3', 1, 16)]
    """
    named = {ALIASES.get(name, name): value for name, value in settings.items()}
    if len(named) < len(settings):
        both = next(alias for alias in ALIASES if alias in settings and ALIASES[alias] in settings)
        raise BadConfig(f"`{ALIASES[both]}` must be given once; it is given as `{both}` too: leave one out")
    lists = {"seed": "0", "recipe": "fast"} | named
    seeds = seed_range(lists.pop("seed"))
    groups = {group.name: group for group in map(_group, _values("group", lists.pop("group", ())))}
    recipes = dict.fromkeys(_values("recipe", lists.pop("recipe")))
    if unknown := [recipe for recipe in recipes if recipe not in RECIPES]:
        raise BadConfig(f"`recipe` must be one of {', '.join(RECIPES)}; got '{unknown[0]}'")
    fields = [[(name, value) for value in _values(name, values)] for name, values in lists.items()]
    count = math.prod(map(len, (seeds, groups, recipes, *fields)))
    if count > MOST_RUNS:
        raise BadConfig(f"a sweep may have {MOST_RUNS:,} runs; these settings have {count:,} combinations: name fewer")
    made = [
        RECIPES[recipe](group, max(seeds), **dict(chosen))
        for group, recipe in itertools.product(groups.values(), recipes)
        for chosen in itertools.product(*fields)
    ]
    kinds = tuple(dict.fromkeys(made))
    return tuple(config.model_copy(update={"seed": seed}) for seed in seeds for config in kinds)


def seed_range(text: Any) -> tuple[int, ...]:
    """Seeds as written on the command line.

    Args:
        text: `0:128` (the end is not in it), `0,3,7`, `5`, a mixture, a number or a list of those.

    Returns:
        The seeds, each once, in the order given.

    Raises:
        BadConfig: if it is none of these.

    Example:
        >>> seed_range("0:3,10"), seed_range(5), seed_range([1, "4:6"])
        ((0, 1, 2, 10), (5,), (1, 4, 5))
    """
    parts = text if isinstance(text, Sequence) and not isinstance(text, str) else str(text).split(",")
    seeds: dict[int, None] = {}
    for part in map(str, parts):
        first, colon, end = part.strip().partition(":")
        if not (first.isdecimal() and (end.isdecimal() if colon else not end)):
            raise BadConfig(f"`seeds` must be like 0:128, or 0,3,7, or 5; got '{part}'")
        named = range(int(first), int(end) if colon else int(first) + 1)
        if len(seeds) + len(named) > MOST_RUNS:
            raise BadConfig(f"a sweep may have {MOST_RUNS:,} runs; `seeds` '{part}' has {len(named):,}: name fewer")
        seeds |= dict.fromkeys(named)
    if not seeds:
        raise BadConfig(f"`seeds` must name at least one seed; '{text}' is empty: in 0:128 the end is not included")
    return tuple(seeds)


def split_list(text: str) -> tuple[str, ...]:
    """Split at the commas that are outside of brackets.

    Args:
        text: such as `S5,PSL(2,7)`.

    Returns:
        The parts without surrounding spaces; empty parts stay.

    Example:
        >>> split_list("S5, PSL(2,7)")
        ('S5', 'PSL(2,7)')
    """
    parts, depth = [""], 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return tuple(part.strip() for part in parts)


def _group(name: Any) -> Group:
    return read_group(str(name))


def _values(name: str, given: Any) -> tuple[Any, ...]:
    """The values of one setting."""
    if name == "group":
        texts = [given] if isinstance(given, str) else given
        given = [part for text in texts for part in ([text] if is_one_group(str(text)) else split_list(str(text)))]
    elif isinstance(given, str):
        given = [_value(name, part) for part in split_list(given)]
    elif not isinstance(given, Sequence) or (name in _SEQUENCES and not isinstance(given[:1][0], Sequence)):
        given = [given]
    if not given or "" in given:
        raise BadConfig(f"`{name}` must have a value; got {given or 'none'}: separate values by single commas")
    return tuple(None if value == "none" else value for value in given)


def _value(name: str, text: str) -> Any:
    """One value: a number if it reads as one; pairs are joined by a colon, as in 0.9:0.98."""
    if name in _SEQUENCES and ":" in text:
        return tuple(_value("", part) for part in text.split(":"))
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text
