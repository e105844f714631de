"""Figures of the reproduction: one drawing function for each kind of `FigureFacts`.

A drawing function documents the layout of the `data` it takes: plain lists, numbers and words, None for what was not
measured. It computes nothing but positions on the page and the median line over runs, and changes no global style.
"""

from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.figure import Figure

from cosetta.errors import Unsupported
from cosetta.report.figures.style import blank, styled
from cosetta.reproduce.frame.results import FigureFacts
from cosetta.reproduce.stander2024.figures.ablation import draw_ablation
from cosetta.reproduce.stander2024.figures.formation import draw_formation
from cosetta.reproduce.stander2024.figures.network import draw_architecture, draw_sign_paths
from cosetta.reproduce.stander2024.figures.outputs import draw_coset_logits, draw_out_correlation, draw_out_groups
from cosetta.reproduce.stander2024.figures.population import draw_census, draw_shares
from cosetta.reproduce.stander2024.figures.training import draw_concentration, draw_entropy, draw_trace_similarity

__all__ = [
    "KINDS",
    "draw",
    "draw_ablation",
    "draw_architecture",
    "draw_census",
    "draw_concentration",
    "draw_coset_logits",
    "draw_entropy",
    "draw_formation",
    "draw_out_correlation",
    "draw_out_groups",
    "draw_shares",
    "draw_sign_paths",
    "draw_trace_similarity",
]

KINDS: dict[str, Callable[[Mapping[str, Any]], Figure]] = {
    "ablation": draw_ablation,
    "architecture": draw_architecture,
    "census": draw_census,
    "concentration": draw_concentration,
    "coset_logits": draw_coset_logits,
    "entropy": draw_entropy,
    "formation": draw_formation,
    "out_correlation": draw_out_correlation,
    "out_groups": draw_out_groups,
    "shares": draw_shares,
    "sign_paths": draw_sign_paths,
    "trace_similarity": draw_trace_similarity,
}
"""Drawing function by kind."""


def draw(facts: FigureFacts) -> Figure:
    """Draw a figure of the reproduction.

    Args:
        facts: its kind and its numbers; without any numbers the figure says that nothing was measured.

    Returns:
        A matplotlib figure, laid out, at most 7.2 inches wide.

    Raises:
        Unsupported: if no function draws this kind.

    Example:
        >>> empty = FigureFacts("entropy-S5", "entropy", "Entropy", "", {"group": "S5", "runs": []})
        >>> draw(empty).texts[0].get_text()
        'not measured: no run has these checkpoints'
    """
    if facts.kind not in KINDS:
        raise Unsupported(f"`kind` must be one of {', '.join(KINDS)}; figure '{facts.name}' has '{facts.kind}'")
    return KINDS[facts.kind](facts.data) if facts.data else _not_measured()


@styled
def _not_measured() -> Figure:
    return blank("not measured")
