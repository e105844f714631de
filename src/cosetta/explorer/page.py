"""The page: one HTML file with its style, its script and the sidecars inside.

A content security policy names the hashes of its script and its style, so nothing else that the file might hold is run;
it may load nothing from anywhere.
"""

import base64
import json
from collections.abc import Sequence

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from cosetta.explorer.bundle import bundle, page_file, source_hash
from cosetta.explorer.packing import pack, unpack
from cosetta.report.palette import COSETS, COSETS_DARK_FROM, DARK, SIGNED, class_palette

__all__ = ["explorer_page"]


def explorer_page(sidecars: Sequence[bytes]) -> str:
    """A page of one network, or of several beside each other.

    Args:
        sidecars: packed, one a network.

    Returns:
        HTML.

    Raises:
        ValueError: if there is none.

    Example:
        >>> page = explorer_page([b"sidecar"])
        >>> page.startswith("<!doctype html>"), "http-equiv" in page
        (True, True)
    """
    if not sidecars:
        raise ValueError("a page must show a network; got none")
    shown = _in_one_palette(sidecars) if len(sidecars) > 1 else sidecars
    return render("explorer.html", "main.js", [base64.b64encode(sidecar).decode() for sidecar in shown])


def _in_one_palette(sidecars: Sequence[bytes]) -> list[bytes]:
    """The same sidecars, a class of subgroups, and an irrep of one group, in one colour in all of them."""
    opened = [unpack(sidecar) for sidecar in sidecars]
    lattices = [sidecar.header["lattice"] or {"used": [], "classes": []} for sidecar in opened]
    colours = class_palette(name for lattice in lattices for name in lattice["used"])
    for lattice in lattices:
        for cls in lattice["classes"]:
            cls["colour"] = colours.get(cls["name"], cls["colour"])
    irreps: dict[tuple[str, str], str] = {}
    for sidecar in opened:
        group = sidecar.header["group"]
        for irrep in group["irreps"]:
            irrep["colour"] = irreps.setdefault((group["name"], irrep["name"]), irrep["colour"])
    return [pack(sidecar) for sidecar in opened]


def render(template: str, script: str, sidecars: Sequence[str]) -> str:
    """A template of `page/` with style, script and data.

    Args:
        template: its name.
        script: the module that runs.
        sidecars: base64, so that no byte of them is markup.

    Returns:
        HTML.
    """
    style, source = page_file("explorer.css"), bundle(script)
    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(page_file(template)).render(
        style=Markup(style),
        style_hash=Markup(source_hash(style)),
        script=Markup(source),
        script_hash=Markup(source_hash(source)),
        sidecars=[Markup(data) for data in sidecars],
        palette=json.dumps({"dark": DARK, "cosets": COSETS, "cosetsDarkFrom": COSETS_DARK_FROM, "signed": SIGNED}),
    )
