"""Figures of an analysis: `draw_*` takes results and returns a matplotlib `Figure`, `caption_*` says what it shows.

No function here computes a statistic or reads a file, and none changes matplotlib's global state.
"""

from cosetta.report.figures.accounts import caption_pareto, draw_pareto
from cosetta.report.figures.circuits import caption_coverage, caption_lifts, draw_coverage, draw_lifts
from cosetta.report.figures.classes import (
    caption_classes,
    caption_fractions,
    caption_irreps,
    draw_classes,
    draw_fractions,
    draw_irreps,
)
from cosetta.report.figures.evidence import caption_evidence, draw_evidence
from cosetta.report.figures.exemplar import (
    caption_histograms,
    caption_matrix,
    caption_mirror,
    caption_out,
    draw_histograms,
    draw_matrix,
    draw_mirror,
    draw_out,
)
from cosetta.report.figures.frequencies import caption_frequencies, draw_frequencies
from cosetta.report.figures.neuron import caption_neuron, draw_neuron
from cosetta.report.figures.population import (
    caption_acquisition,
    caption_grok_times,
    caption_shares,
    draw_acquisition,
    draw_grok_times,
    draw_shares,
)
from cosetta.report.figures.style import Caption, to_svg
from cosetta.report.figures.training import caption_training, draw_training

__all__ = [
    "Caption",
    "caption_acquisition",
    "caption_classes",
    "caption_coverage",
    "caption_evidence",
    "caption_fractions",
    "caption_frequencies",
    "caption_grok_times",
    "caption_histograms",
    "caption_irreps",
    "caption_lifts",
    "caption_matrix",
    "caption_mirror",
    "caption_neuron",
    "caption_out",
    "caption_pareto",
    "caption_shares",
    "caption_training",
    "draw_acquisition",
    "draw_classes",
    "draw_coverage",
    "draw_evidence",
    "draw_fractions",
    "draw_frequencies",
    "draw_grok_times",
    "draw_histograms",
    "draw_irreps",
    "draw_lifts",
    "draw_matrix",
    "draw_mirror",
    "draw_neuron",
    "draw_out",
    "draw_pareto",
    "draw_shares",
    "draw_training",
    "to_svg",
]
