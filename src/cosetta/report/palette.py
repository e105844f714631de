"""Colours, one palette by subgroup class and one by irrep, safe for colour-blind readers.

A class keeps its colour in every figure of every report of the same kind of group: well-known classes have fixed
places, any other takes a place given by its name. Irreps are coloured by their position in the group's own order.
Classes use Tol's muted scheme, irreps that of Okabe and Ito with three dark additions; the tests simulate colour
blindness on both.
"""

from collections.abc import Iterable, Sequence
from zlib import crc32

__all__ = [
    "CLASS_COLOURS",
    "DEAD",
    "IRREP_COLOURS",
    "TRIVIAL",
    "UNEXPLAINED",
    "class_palette",
    "coset_colours",
    "irrep_palette",
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
    "#000000",
)
"""Okabe and Ito's seven, then three darker ones for groups with many irreps; they repeat after ten."""

DEAD = "#D0D0D0"
UNEXPLAINED = "#1A1A1A"
TRIVIAL = "#BDBDBD"
"""Grey for the trivial irrep, which centred functions never hold."""

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


def irrep_palette(names: Sequence[str]) -> dict[str, str]:
    """Colour of each irrep of a group; the first, the trivial one, is grey.

    Args:
        names: all irreps of the group, trivial first.

    Returns:
        Hex colour by name; colours repeat after ten nontrivial irreps.

    Example:
        >>> irrep_palette(["(3)", "(2,1)", "(1^3)"])["(2,1)"]
        '#0072B2'
    """
    colours = {name: IRREP_COLOURS[(i - 1) % len(IRREP_COLOURS)] for i, name in enumerate(names) if i > 0}
    return dict.fromkeys(names[:1], TRIVIAL) | colours


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
