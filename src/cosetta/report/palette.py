"""Colours, one palette by subgroup class and one by irrep, safe for colour-blind readers; nothing else has a hue.

A class keeps its colour in every figure of every report of the same kind of group: well-known classes have fixed
places, any other takes a place given by its name. Irreps are coloured by their position in the group's own order, or,
where a group has more of them than there are colours, by their strength in the network. Accounts have numbers, tests
have signs, training and test have lines: all of them ink and grey, so that a hue is always a class or an irrep.
Classes use Tol's muted scheme, irreps that of Okabe and Ito with three dark additions. Colours too dark for a dark page
are replaced there (`DARK`); figures and pages name a colour by a variable of the page's style, `variable`. The tests
simulate colour blindness on both palettes, on light and on dark.
"""

from collections.abc import Iterable, Sequence
from zlib import crc32

__all__ = [
    "CLASS_COLOURS",
    "COSETS",
    "COSETS_DARK_FROM",
    "DARK",
    "DEAD",
    "IRREP_COLOURS",
    "SIGNED",
    "TRIVIAL",
    "UNEXPLAINED",
    "class_palette",
    "coset_colours",
    "irrep_palette",
    "variable",
]

CLASS_COLOURS = (
    "#332288",
    "#CC6677",
    "#117733",
    "#88CCEE",
    "#DDCC77",
    "#882255",
    "#44AA99",
    "#999933",
    "#AA4499",
)
"""Tol's muted scheme, nine colours."""

IRREP_COLOURS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#F0E442",
    "#2E1A5E",
    "#6B2D0F",
    "#A74249",
)
"""Okabe and Ito's seven, then three darker ones for groups with many irreps."""

DEAD = "#D0D0D0"
UNEXPLAINED = "#1A1A1A"
TRIVIAL = "#BDBDBD"
"""Grey for the trivial irrep, which centred functions never hold, and for irreps that no colour is left for."""

DARK = {
    "#332288": "#8468D7",
    "#117733": "#2E9048",
    "#882255": "#BA3773",
    "#2E1A5E": "#B884FE",
    "#6B2D0F": "#9D5B3A",
    "#A74249": "#F8ABAB",
    DEAD: "#4C4C49",
    TRIVIAL: "#5C5C58",
    UNEXPLAINED: "#EDEDEA",
}
"""What stands for a colour on a dark page; the others are seen on both. `templates/report.css` repeats this table."""

COSETS = (
    "#440154",
    "#482374",
    "#424086",
    "#375B8D",
    "#2C738E",
    "#238A8D",
    "#1FA188",
    "#35B779",
    "#63CB5F",
    "#9DD93B",
    "#DFE318",
)
"""Stops of the colours of cosets, `coset_colours(11)`, between which the explorer's page goes evenly."""

COSETS_DARK_FROM = 0.3
"""Where they begin on a dark page, on which the darkest of them are not seen."""

SIGNED = {"light": ("#2166AC", "#B2182B"), "dark": ("#5EA0E8", "#F06A5C")}
"""Ends of the colours of signed values, below and above zero, on a light and on a dark page."""

_PLACES = {
    "dead": DEAD,
    "none": UNEXPLAINED,
    **dict(zip(("S4", "F20", "S3xS2", "A4", "A5", "S3", "D8", "D10", "C6"), CLASS_COLOURS, strict=True)),
    **dict(zip(("S5", "S5*", "(S3xS3):C2", "A5*"), CLASS_COLOURS, strict=False)),
    **dict(zip(("S3xS3", "C2xS4", "C2xS4*", "A6"), CLASS_COLOURS[5:], strict=True)),
}
"""Classes of S5 and S6 that trained networks use; within one group no two share a colour."""


def class_palette(names: Iterable[str]) -> dict[str, str]:
    """Colour of each subgroup class; `dead` is light grey and `none` near black.

    Args:
        names: class names; order and repetition do not matter.

    Returns:
        Hex colour by name. Colours repeat only when there are more classes than colours.

    Example:
        >>> class_palette(["S4", "F20"])["S4"] == class_palette(["A4", "S4", "none"])["S4"]
        True
    """
    wanted = sorted(set(names))
    colours = {name: _PLACES[name] for name in wanted if name in _PLACES}
    for name in wanted:
        if name in colours:
            continue
        start = crc32(name.encode()) % len(CLASS_COLOURS)
        ring = CLASS_COLOURS[start:] + CLASS_COLOURS[:start]
        free = [colour for colour in ring if colour not in colours.values()]
        colours[name] = (free or ring)[0]
    return colours


def irrep_palette(names: Sequence[str], strongest: Sequence[str] = ()) -> dict[str, str]:
    """Colour of each irrep of a group; the first, the trivial one, is grey.

    Args:
        names: all irreps of the group, trivial first.
        strongest: irreps that a network uses, strongest first. In a group of more than ten nontrivial irreps the
            colours go to the first ten of these, and the rest is grey.

    Returns:
        Hex colour by name. Without `strongest`, colours repeat after ten nontrivial irreps.

    Example:
        >>> irrep_palette(["(3)", "(2,1)", "(1^3)"])["(2,1)"]
        '#0072B2'
    """
    ranked = list(names[1:])
    if strongest and len(ranked) > len(IRREP_COLOURS):
        first = [name for name in strongest if name in ranked][: len(IRREP_COLOURS)]
        return dict.fromkeys(names, TRIVIAL) | dict(zip(first, IRREP_COLOURS, strict=False))
    colours = {name: IRREP_COLOURS[i % len(IRREP_COLOURS)] for i, name in enumerate(ranked)}
    return dict.fromkeys(names[:1], TRIVIAL) | colours


def variable(colour: str) -> str:
    """A colour of the palettes as a page writes it, so that the page's style may darken or lighten it.

    Args:
        colour: hex colour.

    Returns:
        The CSS variable with the colour itself where no style defines it; any other colour unchanged.

    Example:
        >>> variable("#332288"), variable("#123456")
        ('var(--c332288,#332288)', '#123456')
    """
    upper = colour.upper()
    return f"var(--c{upper[1:].lower()},{colour})" if upper in _ALL else colour


_ALL = {*CLASS_COLOURS, *IRREP_COLOURS, DEAD, UNEXPLAINED, TRIVIAL}


def coset_colours(cosets: int) -> tuple[str, ...]:
    """One colour for each coset, dark to light in the order of the coset numbers.

    Args:
        cosets: how many cosets, at least 0.

    Returns:
        Hex colours from the viridis map, which keeps its order for colour-blind readers and in grey.

    Example:
        >>> coset_colours(2)
        ('#440154', '#dfe318')
    """
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return tuple(to_hex(colormaps["viridis"](0.95 * i / max(1, cosets - 1))) for i in range(cosets))
