"""The index of many networks: a row each, from what their analyses state, and a link to each one's page."""

import base64
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cosetta.comparison.targets import Target
from cosetta.errors import BadRun
from cosetta.explorer.packing import SCHEMA, Sidecar, pack
from cosetta.explorer.page import render
from cosetta.report.notation import typeset
from cosetta.report.palette import class_palette, irrep_palette
from cosetta.results import Analysis, TrainingCurve, load_analysis

__all__ = ["index_page", "index_row"]

GROKKED = 0.99
"""Test accuracy from which a run counts as grokked (docs/conventions.md, grok time)."""

SMALL = 0.02
"""Strength below which a class is not shown by itself."""

POINTS = 60
"""Points of a small curve."""


def index_page(rows: Sequence[dict[str, Any]], title: str) -> str:
    """The page of an index.

    Args:
        rows: one a network, from `index_row`.
        title: what the index is of.

    Returns:
        HTML.

    Example:
        >>> index_page([], "runs").startswith("<!doctype html>")
        True
    """
    names = {name for row in rows for name in row.get("classes", {})}
    colours = class_palette(names)
    classes = {name: {"title": typeset(name), "colour": colours[name]} for name in sorted(names)}
    sidecar = Sidecar({"schema": SCHEMA, "key": "index", "title": title, "runs": list(rows), "classes": classes}, {})
    return render("explorer.html", "index.js", [base64.b64encode(pack(sidecar)).decode()])


def index_row(target: Target, page: Path | None, below: Path) -> dict[str, Any]:
    """What the index says of one network.

    Args:
        target: the network.
        page: its page, if there is one.
        below: the folder of the index, from which links go.

    Returns:
        A row; with `problem` in the place of numbers if it has no analysis that can be read.
    """
    link = None if page is None or not page.is_file() else Path(os.path.relpath(page, below)).as_posix()
    row: dict[str, Any] = {"name": target.name, "kind": target.kind, "page": link}
    try:
        return row | _numbers(
            load_analysis(target.path if target.kind != "checkpoint" else (page or target.path).parent)
        )
    except BadRun as error:
        return row | {"problem": " ".join(str(error).split())}


def _numbers(analysis: Analysis) -> dict[str, Any]:
    config = analysis.run.get("config", {})
    irreps = irrep_palette([name for name, _, _ in analysis.irreps], tuple(analysis.strength_by_irrep))
    best = analysis.arena.best if analysis.arena is not None else ""
    record = analysis.account(best) if best else None
    return {
        "group": typeset(analysis.group),
        "order": analysis.order,
        "width": analysis.width,
        "recipe": config.get("recipe"),
        "seed": config.get("seed"),
        "accuracy": analysis.accuracy,
        "loss": analysis.loss,
        "live": len(analysis.live),
        "covered_share": analysis.covered_share,
        "covered_strength": analysis.covered_strength,
        "best": None if record is None else record.title,
        "bits": None if record is None else record.bits,
        "classes": _classes(analysis),
        "irreps": [
            {"title": typeset(name), "colour": irreps[name], "strength": strength}
            for name, strength in analysis.strength_by_irrep.items()
        ],
        "curve": None if analysis.curve is None else _thinned(analysis.curve),
        "grok_step": None if analysis.curve is None else _grok_step(analysis.curve),
    }


def _classes(analysis: Analysis) -> dict[str, float]:
    """Strength by class; those of less than `SMALL` together, as there are more classes than colours."""
    strength = {row.subgroup: row.strength for row in analysis.coset.classes if row.strength >= SMALL}
    rest = sum(row.strength for row in analysis.coset.classes if row.strength < SMALL)
    return strength | ({"other": rest} if rest > 0 else {})


def _thinned(curve: TrainingCurve) -> dict[str, list[float | int]]:
    places = sorted({round(i * (len(curve.step) - 1) / max(1, POINTS - 1)) for i in range(POINTS)})
    return {name: [getattr(curve, name)[i] for i in places] for name in ("step", "train_loss", "test_loss")}


def _grok_step(curve: TrainingCurve) -> int | None:
    """First evaluation with test accuracy 0.99 or more that holds to the end."""
    step = None
    for at, accuracy in zip(reversed(curve.step), reversed(curve.test_accuracy), strict=True):
        if accuracy < GROKKED:
            break
        step = at
    return step
