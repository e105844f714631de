"""Names of groups as mathematicians write them, in the plain spelling that `named.py` reads.

`S₅`, `Sym(5)`, `ℤ/7ℤ`, `GL_2(3)`, `L2(7)`, `Dih5`, `C₂²`, `(S₃×S₃)⋊C₂` are other spellings of names of ours. What no
rule here or there reads is not guessed at; the error suggests the nearest name.
"""

import difflib
import re
import unicodedata

__all__ = ["flat_powers", "nearest_name", "plain_spelling"]

_SUPERSCRIPTS = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_SIGNS = str.maketrans({"×": "x", "*": "x", "⋊": ":", "≀": "wr", "·": "x", "⨯": "x"})

_RULES = (
    (r"z/\((\d+)\)", r"c\1"),  # Z/(7)
    (r"z/(\d+)z?", r"c\1"),  # Z/7Z, Z/7
    (r"^1$|trivial", "c1"),
    (r"(sym|alt|cyc|dih|dic|heis|he|qd|sd)\((\d+)\)(?!\()", r"\1\2"),  # Sym(5)
    (r"sym(\d+)", r"s\1"),
    (r"alt(\d+)", r"a\1"),
    (r"cyc(\d+)", r"c\1"),
    (r"(?:heis|he)(\d+)", r"heis(\1)"),
    (r"(?<![a-wyz])k4(?!\d)", "v4"),
    (r"sd(\d+)", r"qd\1"),
    (r"(?<![a-wyz])l(?=\d?\()", "psl"),  # L2(7), L(2,7)
    (r"(psl|pgl|agl|sl|gl)(\d+)\((?:gf|f)?\(?(\d+)\)?\)", r"\1(\2,\3)"),  # GL2(3), GL_2(F_3)
    (r"(psl|pgl|agl|sl|gl)\((\d+),(?:gf|f)\(?(\d+)\)?\)", r"\1(\2,\3)"),
)

_KNOWN = (
    *(f"{letter}{n}" for letter in "SAC" for n in range(1, 13)),
    *(f"D{n}" for n in range(6, 26, 2)),
    *("V4", "Q8", "Q16", "Q32", "QD16", "QD32", "Dic3", "Dic5", "F20", "F21", "F42", "M11", "Aff(8)", "AGL(1,9)"),
    *(f"{family}(2,{q})" for family in ("GL", "SL", "PSL", "PGL") for q in (3, 4, 5, 7, 8, 9)),
    *("PSL(3,3)", "AGL(2,3)", "Heis(3)", "Heis(5)", "S4xC2", "A5xC2", "C2^3", "C3^2", "C7:C3", "C2wrS3"),
    *("SmallGroup(32,6)", "SmallGroup(96,64)"),
)


def plain_spelling(text: str) -> str:
    """A name in lower case, without spaces, underscores and braces, with the signs that the grammar of names has.

    Args:
        text: a name as it was typed.

    Returns:
        The plain spelling.

    Example:
        >>> [plain_spelling(text) for text in ("S₅", "Sym(5)", "ℤ/7ℤ", "GL_2(3)", "(S₃×S₃)⋊C₂", "C₂²")]
        ['s5', 's5', 'c7', 'gl(2,3)', '(s3xs3):c2', 'c2^2']
    """
    text = unicodedata.normalize("NFKC", flat_powers(text)).translate(_SIGNS).lower()
    text = "".join(c for c in text if c not in "_{} \t")
    for pattern, replacement in _RULES:
        text = re.sub(pattern, replacement, text)
    return text


def flat_powers(text: str) -> str:
    """A text with `^2` for `²`.

    Args:
        text: any text.

    Returns:
        The text without superscript digits.

    Example:
        >>> flat_powers("a² = 1")
        'a^2 = 1'
    """
    return _SUPERSCRIPTS.sub(lambda match: f"^{unicodedata.normalize('NFKC', match[0])}", text)


def nearest_name(text: str) -> str | None:
    """The known name that looks most like a text.

    Args:
        text: what was typed.

    Returns:
        The name, or None if none is near.

    Example:
        >>> nearest_name("PSL27"), nearest_name("Small(32,6)"), nearest_name("banana")
        ('PSL(2,7)', 'SmallGroup(32,6)', None)
    """
    by_spelling = {plain_spelling(name): name for name in _KNOWN}
    near = difflib.get_close_matches(plain_spelling(text)[:30], by_spelling, n=1, cutoff=0.6)
    return by_spelling[near[0]] if near else None
