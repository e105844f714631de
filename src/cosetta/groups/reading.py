r"""A group from whatever a user types: a name, generators, a presentation, or a file with a Cayley table.

| text | read by |
|---|---|
| `S5`, `C7:C3`, `SmallGroup(32,6)` | `named_group` |
| `(1 2 3)(4 5), (1 2)`, `[2,3,1], [2,1,3]`, `[[1,1],[0,1]] mod 5` | `generated_group` |
| `<a, b \\| a^2, b^3, (a b)^5>`, `a^2 = b^3 = (ab)^5 = 1` | `presented_group` |
| `table.csv`, `table.npy`, `table.parquet` | `read_table` |
"""

import re

from cosetta.errors import BadConfig, Unsupported
from cosetta.groups.generated import generated_group
from cosetta.groups.group import Group
from cosetta.groups.named import named_group
from cosetta.groups.notation import MAX_TEXT
from cosetta.groups.presentation import presented_group
from cosetta.groups.spelling import flat_powers
from cosetta.groups.tables import TABLE_SUFFIXES, read_table

__all__ = ["group_of", "is_one_group", "read_group"]

_GENERATORS = re.compile(r"\s*(<|\[|⟨|\(\s*(\d|\)))")
_SIGNS = str.maketrans("⟨⟩〈〉∣−", "<><>|-")


def read_group(text: str) -> Group:
    """The group that a text stands for, see the table at the head of this module.

    Args:
        text: a name, generators, a presentation or the path of a table.

    Returns:
        The group.

    Raises:
        Unsupported: if the text is none of these.

    Example:
        >>> [read_group(text).order for text in ("S4", "(1 2 3 4), (1 2)", "a, b | a^3, b^2, (a b)^4")]
        [24, 24, 24]
    """
    if len(text) > MAX_TEXT:
        raise Unsupported(f"groups are read from at most {MAX_TEXT:,} characters, not {len(text):,}")
    if text.lower().strip().endswith(TABLE_SUFFIXES):
        return read_table(text.strip())
    text = flat_powers(text).translate(_SIGNS)
    if "|" in text or "=" in text:
        return presented_group(text)
    if _GENERATORS.match(text):
        return generated_group(text)
    return named_group(text)


def group_of(group: Group | str) -> Group:
    """A group, or the one that a text stands for.

    Args:
        group: the group or its name, generators, presentation or table.

    Returns:
        The group.

    Raises:
        BadConfig: if it is neither a group nor a text.
        Unsupported: if the text names none.

    Example:
        >>> group_of("S3").order, group_of(group_of("S3")).name
        (6, 'S3')
    """
    if isinstance(group, Group):
        return group
    if not isinstance(group, str):
        raise BadConfig(f"`group` must be a group or its name; got {str(group)[:40]}: give a name, as 'S5'")
    return read_group(group)


def is_one_group(text: str) -> bool:
    """Whether commas in a text belong to one group: generators or a presentation, not a list of names.

    Args:
        text: what stands where groups may be listed.

    Returns:
        Whether the text is to be read whole.

    Example:
        >>> [is_one_group(text) for text in ("S5,A5", "(1 2 3), (1 2)", "a, b | a^2, b^2, (ab)^3")]
        [False, True, True]
    """
    return any(sign in text for sign in "|=∣") or _GENERATORS.match(text) is not None
