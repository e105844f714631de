"""Figures, the one-file HTML report and the terminal summary of an analysis.

Everything here renders `cosetta.results.Analysis` and computes nothing of its own. The names below are imported when
first used, so importing this package loads neither torch nor matplotlib.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cosetta.report.html import render_report, write_report
    from cosetta.report.terminal import summary

__all__ = ["render_report", "summary", "write_report"]

_HOME = {
    "render_report": "cosetta.report.html",
    "summary": "cosetta.report.terminal",
    "write_report": "cosetta.report.html",
}


def __getattr__(name: str) -> Any:
    if name == "figures":
        return import_module("cosetta.report.figures")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module `cosetta.report` has no attribute `{name}`")
